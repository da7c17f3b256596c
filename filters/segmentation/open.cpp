// SPDX-License-Identifier: Apache-2.0
#include "segmentation/structuring-element.h"

namespace smear {
namespace {

class Open final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "open",
      .summary = "Removes what the structuring element does not fit into.",
      .category = Category::segmentation,
      .details =
          "Opening: an erosion, then a dilation with the same element. The element is a flat disk "
          "(all pixels whose centres lie within the radius) or a square. Pixels outside the "
          "image take no part in a minimum or maximum. A mask stays a mask; of an RGB image "
          "each channel is treated alone. To work on the current image instead of the mask, "
          "wire it: `inputs: {mask: image}, outputs: {mask: image}`.",
      .example = R"(name: open-objects
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - open: {radius: 3}
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
)",
      .reference = "P. Soille, Morphological Image Analysis, 2nd ed., Springer, 2004",
  };

  void describe(OptionSpec& spec) override {
    element_.describe(spec);
    segmentation::describe_morphology_slots(spec);
  }

  void process(Sample& sample, const RunContext&) const override {
    segmentation::apply_morphology(sample, element_, cv::MORPH_OPEN);
  }

 private:
  segmentation::StructuringElement element_;
};

}  // namespace

void register_open(StageRegistrar& registrar) { registrar.add<Open>(); }

}  // namespace smear
