// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/skeleton.h"

#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

class Skeletonize final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "skeletonize",
      .summary = "Thins a mask's objects to lines one pixel wide.",
      .category = Category::segmentation,
      .details =
          "Removes pixels from the outlines of the objects, pass by pass, until lines one pixel "
          "wide are "
          "left that keep how the objects hang together: ImageJ's Skeletonize, to the bit.",
      .example = R"(name: skeletonize
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - fill-holes
  - skeletonize
  - save-image: {inputs: {image: mask}, to: "skeletonize/{id}.tif"}
)",
      .reference = "ImageJ User Guide, Process > Binary, https://imagej.net/ij/docs/guide",
  };

  void describe(OptionSpec& spec) override {
    spec.input("mask", SlotType::mask);
    spec.output("mask", SlotType::mask);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& mask = sample.image("mask");
    segmentation::check_mask(info.name, mask);
    cv::Mat result = mask.pixels().clone();
    imagej::skeletonize(result, 255);
    sample.set("mask", mask.with_pixels(std::move(result)));
  }
};

}  // namespace

void register_skeletonize(StageRegistrar& registrar) { registrar.add<Skeletonize>(); }

}  // namespace smear
