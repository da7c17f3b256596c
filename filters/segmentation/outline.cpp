// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/binary.h"

#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

class Outline final : public Stage {
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

  void describe(OptionSpec& spec) override {
    spec.input("mask", SlotType::mask);
    spec.output("mask", SlotType::mask);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& mask = sample.image("mask");
    segmentation::check_mask(info.name, mask);
    cv::Mat result = mask.pixels().clone();
    imagej::outline(result, {0, 0, result.cols, result.rows}, 255, false);
    sample.set("mask", mask.with_pixels(std::move(result)));
  }
};

}  // namespace

void register_outline(StageRegistrar& registrar) { registrar.add<Outline>(); }

}  // namespace smear
