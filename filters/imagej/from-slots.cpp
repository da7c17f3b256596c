// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "imagej/session-stage.h"
#include "imagej/session-state.h"

namespace smear {
namespace {

class FromSlots final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "imagej.from-slots",
      .summary = "Opens an image of this pipeline in ImageJ's state.",
      .category = Category::imagej,
      .details =
          "The image becomes the active one of a new state in slot `imagej`, with the file's name "
          "as "
          "its title, and nothing else open. Grey and RGB images of all types are taken. A pixel "
          "size "
          "becomes the calibration, in microns.",
      .example = R"(name: flatten-here-threshold-in-imagej
stages:
  - flat-field
  - imagej.from-slots
  - imagej.8-bit
  - imagej.make-binary
  - imagej.save-as: {format: Tiff, path: "{id}.tif"}
)",
      .reference = {},
  };

  void describe(OptionSpec& spec) override {
    spec.input("image", SlotType::any_image);
    spec.output(imagej::session_slot, SlotType::state);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    imagej::ImagePlus plus(std::filesystem::path(sample.id().path).filename().string(),
                           image.pixels());
    if (image.pixel_size()) {
      plus.calibration.pixel_width = image.pixel_size()->x_um;
      plus.calibration.pixel_height = image.pixel_size()->y_um;
      plus.calibration.unit = "\xC2\xB5m";
    }
    imagej::Session session;
    session.open(std::move(plus));
    sample.set(imagej::session_slot, std::make_shared<imagej::SessionState>(std::move(session)));
  }
};

}  // namespace

void register_from_slots(StageRegistrar& registrar) { registrar.add<FromSlots>(); }

}  // namespace smear
