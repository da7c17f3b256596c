// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <span>

#include "learning/batch-stage.h"
#include "model.h"
#include "stages/stages.h"

namespace smear::classifier {
namespace {

class Score final : public learning::BatchStage {
 public:
  static constexpr StageInfo info{
      .name = "classifier.score",
      .summary = "Tells the probability of a class, and the most probable one, of an image.",
      .category = Category::measurement,
      .details =
          "One row an image, to be saved by `save-table`. The image is prepared as in training: "
          "scaled to the model's size as Pillow's BILINEAR does, its lower right corner painted "
          "over where the model was trained so (`blank_corner`), and divided by 255. It should "
          "show what the images of the training did, a field of the same magnification.\n\n"
          "- `class`: the most probable class of the model; the first of equals.\n"
          "- `probability`: of the class that the option `class` names, by the softmax of the "
          "network's outputs.\n\n"
          "How far probabilities can be believed, `smear model show` tells: the model holds its "
          "accuracy and calibration on images that were held out of its training.",
      .example = R"(name: malignancy
stages:
  - classifier.score: {model: model.safetensors}
  - save-table: {slot: classification, to: malignancy.csv}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.model("model", file_)
        .required()
        .help("The model file that `smear train-classifier` made.");
    spec.text("class", class_).help("Whose probability; by default the model's last class.");
    describe_device(spec);
    spec.input("image", SlotType::rgb8).help("Of any size.");
    spec.output("classification", SlotType::table).help("One row.");
  }

  void open() override {
    model_ = shared_model(file_, device());
    const auto& architecture = model_->network.architecture();
    position_ =
        class_.empty() ? std::ssize(architecture.classes) - 1 : architecture.class_index(class_);
  }

  void process_batch(std::span<Sample*> samples, const RunContext& /*run*/) const override {
    const auto inputs = inputs_of(samples, model_->preprocessing, model_->network.device());
    const auto probabilities = model_->network.probabilities(inputs);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const auto row = probabilities[static_cast<std::int64_t>(i)];
      const auto most = row.argmax().item<std::int64_t>();
      Table table;
      table.add("class",
                std::vector<std::string>{
                    model_->network.architecture().classes[static_cast<std::size_t>(most)]});
      table.add("probability", std::vector<double>{row[position_].item<double>()});
      samples[i]->set("classification", std::move(table));
    }
  }

 private:
  std::string file_;
  std::string class_;
  std::int64_t position_ = 0;
  std::shared_ptr<const Model> model_;
};

}  // namespace

void register_score(PluginRegistrar& registrar) { registrar.add<Score>(); }

}  // namespace smear::classifier
