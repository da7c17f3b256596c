// SPDX-License-Identifier: Apache-2.0
#include "codec/codec.h"
#include "smear/stage.h"

namespace smear {
namespace {

class SaveLabels final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "save-labels",
      .summary = "Saves the label image, in which each pixel holds the number of its object.",
      .category = Category::input_output,
      .details =
          "Writes one file a sample: a 16-bit grey PNG, or a 32-bit unsigned TIFF where `to` ends "
          "in .tif. Pixel values are the object numbers, 0 is background. A sample with more than "
          "65535 objects fails with PNG and needs TIFF. The files look black in most viewers, "
          "because object numbers are small beside 65535; `overlay` makes pictures for people.",
      .example = R"(name: save-nuclei
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - watershed
  - save-labels: {to: "labels/{stem}.png"}
)",
      .reference = {},
  };

  void describe(OptionSpec& spec) override {
    spec.output("to", to_).help(
        "Where each label image goes inside the output folder; ends in .png or .tif.");
    spec.input("labels", SlotType::label32).help("The label image to save.");
  }

  void check() const override {
    const auto format = codec::write_format(to_);
    if (!format || *format == codec::WriteFormat::jpeg)
      throw ConfigError("to must end in .png or .tif (JPEG would change the labels), got '" + to_ +
                        "'");
  }

  void process(Sample& sample, const RunContext& run) const override {
    const Image& labels = sample.image("labels");
    run.outputs().save(sample, to_, [&](const std::filesystem::path& path) {
      codec::write_image(path, labels, codec::write_format(to_).value());
    });
  }

 private:
  std::string to_ = "labels/{id}.png";
};

}  // namespace

void register_save_labels(StageRegistrar& registrar) { registrar.add<SaveLabels>(); }

}  // namespace smear
