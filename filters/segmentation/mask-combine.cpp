// SPDX-License-Identifier: Apache-2.0
#include <opencv2/core.hpp>

#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

class MaskCombine final : public Stage {
 public:
  enum class Operation { intersection, join, difference, exclusive };

  static constexpr StageInfo info{
      .name = "mask-combine",
      .summary = "Combines two masks pixel by pixel.",
      .category = Category::segmentation,
      .details =
          "The result is 255 where `mask` and `other` fulfil the operation and 0 elsewhere. "
          "Pixels above 0 count as inside. Both must have the same size.",
      .example = R"(name: cells-without-nuclei
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - threshold: {lower: 0, upper: 100, outputs: {mask: nuclei}}
  - mask-combine: {operation: subtract, inputs: {other: nuclei}}
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.choice<Operation>("operation", operation_,
                           {{Operation::intersection, "and", "inside both"},
                            {Operation::join, "or", "inside one or both"},
                            {Operation::difference, "subtract", "inside mask and outside other"},
                            {Operation::exclusive, "xor", "inside one of them only"}})
        .required()
        .help("Which pixels are in the result.");
    spec.input("mask", SlotType::mask);
    spec.input("other", SlotType::mask);
    spec.output("mask", SlotType::mask);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& mask = sample.image("mask");
    const Image& other = sample.image("other");
    segmentation::check_mask(info.name, mask);
    segmentation::check_mask(info.name, other);
    segmentation::check_same_size(info.name, mask, "mask", other, "other");
    sample.set("mask", mask.with_pixels(combined(mask.pixels() > 0, other.pixels() > 0)));
  }

 private:
  [[nodiscard]] cv::Mat combined(const cv::Mat& a, const cv::Mat& b) const {
    switch (operation_) {
      case Operation::intersection: return a & b;
      case Operation::join: return a | b;
      case Operation::difference: return a & ~b;
      case Operation::exclusive: return a ^ b;
    }
    throw SampleError("mask-combine: an operation that does not exist");
  }

  Operation operation_ = Operation::intersection;
};

}  // namespace

void register_mask_combine(StageRegistrar& registrar) { registrar.add<MaskCombine>(); }

}  // namespace smear
