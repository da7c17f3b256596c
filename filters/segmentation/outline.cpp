// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/binary.h"

#include "segmentation/mask-stage.h"

namespace smear {
namespace {

class Outline final : public MaskStage {
 public:
  static constexpr StageInfo info{
      .name = "outline",
      .summary = "Leaves the outermost pixels of a mask's objects.",
      .category = Category::segmentation,
      .details =
          "Clears every pixel of an object whose 8 neighbours all belong to it: the outline that "
          "stays is "
          "one pixel wide and lies inside the object. ImageJ's Outline, to the bit, the edge of "
          "the "
          "image included, whose pixels stay.",
      .example = R"(name: outline
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - fill-holes
  - outline
  - save-image: {inputs: {image: mask}, to: "outline/{id}.tif"}
)",
      .reference = "ImageJ User Guide, Process > Binary, https://imagej.net/ij/docs/guide",
  };

  Outline() : MaskStage(info.name) {}

 private:
  void change(cv::Mat& mask) const override {
    imagej::outline(mask, {0, 0, mask.cols, mask.rows}, 255, false);
  }
};

}  // namespace

void register_outline(StageRegistrar& registrar) { registrar.add<Outline>(); }

}  // namespace smear
