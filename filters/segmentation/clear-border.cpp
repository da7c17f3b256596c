// SPDX-License-Identifier: Apache-2.0
#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

class ClearBorder final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "clear-border",
      .summary = "Removes objects that touch the edge of the image.",
      .category = Category::segmentation,
      .details =
          "An object with a pixel in the first or last row or column is cut off by the "
          "image's edge and is removed whole. Of a mask, an object is a connected "
          "component; of a label image it is all pixels of a label, and the labels that "
          "stay are renumbered 1..n in their old order. To work on labels, wire them: "
          "`inputs: {mask: labels}, outputs: {mask: labels}`.",
      .example = R"(name: whole-objects-only
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - clear-border
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("connectivity", connectivity_)
        .range(4, 8)
        .help("Neighbours of a pixel of a mask: 4 or 8.");
    spec.input("mask", SlotType::mask | SlotType::label32).help("A mask or labels.");
    spec.output_like("mask", "mask");
  }

  void check() const override { segmentation::check_connectivity(connectivity_); }

  void process(Sample& sample, const RunContext&) const override {
    const Image& objects = sample.image("mask");
    if (objects.type() != PixelType::label32) segmentation::check_mask(info.name, objects);
    const cv::Mat& pixels = objects.pixels();
    sample.set("mask", objects.with_pixels(segmentation::select_objects(
                           pixels, connectivity_, [&](const segmentation::Region& region) {
                             return !region.touches_edge_of(pixels);
                           })));
  }

 private:
  int connectivity_ = 8;
};

}  // namespace

void register_clear_border(StageRegistrar& registrar) { registrar.add<ClearBorder>(); }

}  // namespace smear
