// SPDX-License-Identifier: Apache-2.0
#include "imagej/session-stage.h"
#include "imagej/session-state.h"

namespace smear {
namespace {

class ToSlots final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "imagej.to-slots",
      .summary = "Gives ImageJ's active image to the stages that do not know ImageJ.",
      .category = Category::imagej,
      .details =
          "Writes the active image's current plane to slot `image`: 8-bit as grey8, 16-bit as "
          "grey16, 32-bit as float32, RGB as rgb8. Pixels are handed on as they are: no colour "
          "table "
          "changes them. The pixel size is kept where the image has a unit of length (inch, m, cm, "
          "mm, micron, nm). The state stays in slot `imagej`.",
      .example = R"(name: threshold-in-imagej-count-here
input: {imagej: true}
stages:
  - imagej.8-bit
  - imagej.make-binary
  - imagej.to-slots: {outputs: {image: mask}}
  - label
  - measure
  - save-table: {to: cells.csv}
)",
      .reference = {},
  };

  void describe(OptionSpec& spec) override {
    spec.input(imagej::session_slot, SlotType::state);
    spec.output("image", SlotType::any_image);
  }

  void process(Sample& sample, const RunContext&) const override {
    const auto* state =
        dynamic_cast<const imagej::SessionState*>(sample.state(imagej::session_slot).get());
    if (state == nullptr) throw SampleError("slot 'imagej' does not hold ImageJ's state");
    const auto& active = state->session.active();
    sample.set("image", Image(active.pixels(), pixel_size_of(active.calibration)));
  }

 private:
  static std::optional<PixelSize> pixel_size_of(const imagej::Calibration& calibration) {
    static const std::map<std::string, double> micrometres{
        {"inch", 25400.0}, {"m", 1e6},  {"meter", 1e6},     {"cm", 1e4},        {"mm", 1e3},
        {"micron", 1.0},   {"um", 1.0}, {"\xC2\xB5m", 1.0}, {"\xCE\xBCm", 1.0}, {"nm", 1e-3}};
    const auto unit = micrometres.find(calibration.unit);
    if (unit == micrometres.end() || !(calibration.pixel_width > 0.0) ||
        !(calibration.pixel_height > 0.0))
      return std::nullopt;
    return PixelSize{calibration.pixel_width * unit->second,
                     calibration.pixel_height * unit->second};
  }
};

}  // namespace

void register_to_slots(StageRegistrar& registrar) { registrar.add<ToSlots>(); }

}  // namespace smear
