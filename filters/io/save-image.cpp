// SPDX-License-Identifier: Apache-2.0
#include "codec/codec.h"
#include "smear/stage.h"

namespace smear {
namespace {

class SaveImage final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "save-image",
      .summary = "Saves the image as PNG, JPEG or TIFF.",
      .category = Category::input_output,
      .details =
          "Writes one file a sample, in the format that the extension of `to` names. PNG holds "
          "8-bit grey and RGB, 16-bit grey and labels up to 65535, without loss. JPEG holds 8-bit "
          "grey and RGB, with loss; below quality 90 colour is stored at half resolution. TIFF "
          "holds every kind of image without loss, 32-bit float and labels too (deflate).\n\n"
          "The pixel size, where known, is stored as the resolution of the file. Other slots are "
          "saved by wiring: `inputs: {image: mask}`.",
      .example = R"(name: save-smoothed
stages:
  - gaussian-blur: {sigma: 2}
  - save-image: {to: "smooth/{stem}.tif"}
)",
      .reference = {},
  };

  void describe(OptionSpec& spec) override {
    spec.output("to", to_).help(
        "Where each image goes inside the output folder; ends in .png, .jpg or .tif.");
    spec.integer("quality", quality_).range(1, 100).help("JPEG quality.");
    spec.input("image", accepted())
        .help("The image to save; what it may be depends on the format.");
  }

  void check() const override {
    if (!codec::write_format(to_))
      throw ConfigError("to must end in .png, .jpg or .tif, got '" + to_ + "'");
  }

  void process(Sample& sample, const RunContext& run) const override {
    const Image& image = sample.image("image");
    run.outputs().save(sample, to_, [&](const std::filesystem::path& path) {
      codec::write_image(path, image, codec::write_format(to_).value(), quality_);
    });
  }

 private:
  // So that a plan is refused where the format cannot hold what the slot does.
  [[nodiscard]] SlotType accepted() const {
    const auto format = codec::write_format(to_);
    if (format == codec::WriteFormat::jpeg) return SlotType::grey8 | SlotType::rgb8;
    if (format == codec::WriteFormat::png) return without(SlotType::every_image, SlotType::float32);
    return SlotType::every_image;
  }

  std::string to_ = "images/{id}.png";
  int quality_ = 90;
};

}  // namespace

void register_save_image(StageRegistrar& registrar) { registrar.add<SaveImage>(); }

}  // namespace smear
