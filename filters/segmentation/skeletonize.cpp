// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/skeleton.h"

#include "segmentation/mask-stage.h"

namespace smear {
namespace {

class Skeletonize final : public MaskStage {
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

  Skeletonize() : MaskStage(info.name) {}

 private:
  void change(cv::Mat& mask) const override { imagej::skeletonize(mask, 255); }
};

}  // namespace

void register_skeletonize(StageRegistrar& registrar) { registrar.add<Skeletonize>(); }

}  // namespace smear
