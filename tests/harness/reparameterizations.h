// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "smear/plugin.h"

/// A stage and a kind of model that use reparameterizations, and two reparameterizations, all
/// without LibTorch: for tests of what the config does with them.
namespace smear {
class Registry;
}

namespace smear::test {

/// As `mean` is: it has no options.
class Plain : public Configurable {
 public:
  static constexpr ReparameterizationInfo info{
      .name = "standard", .summary = "Plain.", .details = "z = mu.", .reference = {}};
  void describe(OptionSpec& /*spec*/) override {}
};

/// As `temperature-bias` is.
class Warm final : public Configurable {
 public:
  static constexpr ReparameterizationInfo info{
      .name = "warm", .summary = "With a temperature.", .details = "z = mu.", .reference = {}};
  void describe(OptionSpec& spec) override {
    spec.real("temperature", temperature).range(0.0, 100.0).help("How far from the mean.");
    spec.file("scales", scales).help("A factor a dimension.");
    spec.reals("bias", bias).length(0, 2).help("Added.");
  }
  void check() const override {
    if (temperature == 13.0) throw ConfigError("temperature 13 is unlucky");
    checked = true;
  }
  double temperature = 1.0;
  std::string scales;
  std::vector<double> bias;
  mutable bool checked = false;
};

/// Has an option of the name of one that `Draws` has.
class Clash final : public Configurable {
 public:
  static constexpr ReparameterizationInfo info{
      .name = "clash", .summary = "Clashes.", .details = "z = mu.", .reference = {}};
  void describe(OptionSpec& spec) override { spec.integer("draws", draws); }
  int draws = 0;
};

/// As `reparameterize` is.
class Draws final : public Stage {
 public:
  static constexpr StageInfo info{.name = "draw",
                                  .summary = "Draws.",
                                  .category = Category::model,
                                  .details = "Draws.",
                                  .example = "stages:\n  - draw: {function: warm}\n",
                                  .reference = {}};
  void describe(OptionSpec& spec) override {
    spec.reparameterization("function", function).help("How z is drawn.");
    spec.integer("draws", draws).range(1, 9).help("How many.");
    spec.model("model", model).help("The trained model.");
    spec.text("device", device).help("Where it computes.");
    spec.input("image", SlotType::any_image);
  }
  void check() const override {
    if (function.object == nullptr) throw ConfigError("the function is not there yet");
    if (const auto* warm = dynamic_cast<const Warm*>(function.object.get()); warm && !warm->checked)
      throw ConfigError("the function is not checked yet");
  }
  void process(Sample& /*sample*/, const RunContext& /*run*/) const override {}

  ReparameterizationChoice function;
  int draws = 1;
  std::string model;
  std::string device = "cpu";
};

/// As `vae.encode` is: `mu` holds the mean of each channel, `logvar` the number of each.
class Encode final : public Stage {
 public:
  static constexpr StageInfo info{.name = "encode",
                                  .summary = "Encodes.",
                                  .category = Category::model,
                                  .details = "Encodes.",
                                  .example = "stages:\n  - encode\n",
                                  .reference = {}};
  void describe(OptionSpec& spec) override {
    spec.input("image", SlotType::any_image);
    spec.output("mu", SlotType::tensor);
    spec.output("logvar", SlotType::tensor);
  }
  void process(Sample& sample, const RunContext& /*run*/) const override {
    const Image& image = sample.image("image");
    const auto channels = image.channels();
    const cv::Mat pixels = image.pixels().reshape(1, image.width() * image.height());
    Tensor mu{{channels}, {}};
    Tensor logvar{{channels}, {}};
    for (int c = 0; c < channels; ++c) {
      double sum = 0.0;
      for (int i = 0; i < pixels.rows; ++i) sum += pixels.at<unsigned char>(i, c);
      mu.values.push_back(static_cast<float>(sum / pixels.rows));
      logvar.values.push_back(static_cast<float>(c));
    }
    sample.set("mu", mu);
    sample.set("logvar", logvar);
  }
};

/// As `vae` is.
class Trainee final : public ModelKind {
 public:
  static constexpr ModelKindInfo info{.name = "trainee",
                                      .summary = "Is trained.",
                                      .details = "It learns.",
                                      .example = "model: trainee\n",
                                      .reference = {}};
  void describe(OptionSpec& spec) override {
    spec.integer("epochs", epochs).range(1, 1000).help("How often.");
    spec.reparameterization("reparameterization", function).help("How z is drawn.");
    spec.texts("layers", layers).length(1, 3).help("Names.");
    spec.model("start", start).help("A model to start from.");
  }
  void check() const override {
    if (epochs == 13) throw ConfigError("13 epochs are unlucky");
  }
  TrainingEnd train(const TrainingJob& /*job*/, TrainingObserver& /*observer*/,
                    const std::atomic<bool>& /*stop*/) override {
    return TrainingEnd::complete;
  }

  int epochs = 300;
  ReparameterizationChoice function;
  std::vector<std::string> layers{"a"};
  std::string start;
};

/// The built-in stages and all of these, built in too.
Registry registry_with_reparameterizations();

}  // namespace smear::test
