// SPDX-License-Identifier: Apache-2.0
#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

class RemoveSmall final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "remove-small",
      .summary = "Removes objects that are too small, or too large.",
      .category = Category::segmentation,
      .details =
          "Keeps the objects with min_area <= area <= max_area, in pixels. Of a mask, an "
          "object is a connected component. Of a label image it is all pixels of a label; "
          "the labels that stay are renumbered 1..n in their old order. To work on labels, "
          "wire them: `inputs: {mask: labels}, outputs: {mask: labels}`.",
      .example = R"(name: without-debris
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - remove-small: {min_area: 50}
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("min_area", min_area_).at_least(0).unit("px").help("Smallest area that stays.");
    spec.integer("max_area", max_area_)
        .at_least(0)
        .unit("px")
        .help("Largest area that stays; 0 sets no limit.");
    spec.integer("connectivity", connectivity_)
        .range(4, 8)
        .help("Neighbours of a pixel of a mask: 4 or 8.");
    spec.input("mask", SlotType::mask | SlotType::label32).help("A mask or labels.");
    spec.output_like("mask", "mask");
  }

  void check() const override {
    segmentation::check_connectivity(connectivity_);
    if (max_area_ > 0 && min_area_ > max_area_)
      throw ConfigError(
          fmt::format("min_area must not be above max_area, got {} and {}", min_area_, max_area_));
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& objects = sample.image("mask");
    if (objects.type() != PixelType::label32) segmentation::check_mask(info.name, objects);
    sample.set("mask",
               objects.with_pixels(segmentation::select_objects(
                   objects.pixels(), connectivity_, [this](const segmentation::Region& region) {
                     return region.area >= min_area_ &&
                            (max_area_ == 0 || region.area <= max_area_);
                   })));
  }

 private:
  std::int64_t min_area_ = 30;
  std::int64_t max_area_ = 0;
  int connectivity_ = 8;
};

}  // namespace

void register_remove_small(StageRegistrar& registrar) { registrar.add<RemoveSmall>(); }

}  // namespace smear
