// SPDX-License-Identifier: Apache-2.0
#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

class Label final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "label",
      .summary = "Numbers the connected components of a mask.",
      .category = Category::segmentation,
      .details =
          "Pixels above 0 that touch have the same number, by edges or corners "
          "(connectivity 8) or by edges only (4). Components are numbered 1..n in raster "
          "order: rows from the top, each from the left, by their first pixel.",
      .example = R"(name: label-objects
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - label
  - measure
  - save-table: {slot: objects, to: objects.csv}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("connectivity", connectivity_).range(4, 8).help("Neighbours of a pixel: 4 or 8.");
    spec.input("mask", SlotType::mask);
    spec.output("labels", SlotType::label32);
  }

  void check() const override { segmentation::check_connectivity(connectivity_); }

  void process(Sample& sample, const RunContext&) const override {
    const Image& mask = sample.image("mask");
    segmentation::check_mask(info.name, mask);
    sample.set("labels", mask.with_pixels(segmentation::components(mask.pixels(), connectivity_)));
  }

 private:
  int connectivity_ = 8;
};

}  // namespace

void register_label(StageRegistrar& registrar) { registrar.add<Label>(); }

}  // namespace smear
