// SPDX-License-Identifier: Apache-2.0
#include "segmentation/mask-operations.h"
#include "smear/stage.h"

namespace smear {
namespace {

class FillHoles final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "fill-holes",
      .summary = "Fills the holes of a mask's objects.",
      .category = Category::segmentation,
      .details =
          "A hole is a connected component of the background that does not reach the edge "
          "of the image. With connectivity 4, the default, background pixels are connected "
          "by their edges, so that an object closed by diagonal steps (8-connected) holds "
          "its hole; with 8 they are connected by corners too. Holes of more than "
          "`max_area` pixels stay open.",
      .example = R"(name: whole-cells
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - fill-holes
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
)",
      .reference = "P. Soille, Morphological Image Analysis, 2nd ed., Springer, 2004, 6.3.7",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("connectivity", connectivity_)
        .range(4, 8)
        .help("Neighbours of a background pixel: 4 or 8.");
    spec.integer("max_area", max_area_)
        .at_least(0)
        .unit("px")
        .help("Largest hole that is filled; 0 fills all.");
    spec.input("mask", SlotType::mask);
    spec.output("mask", SlotType::mask);
  }

  void check() const override { segmentation::check_connectivity(connectivity_); }

  // ITK's BinaryFillholeImageFilter takes over twice as long and knows no largest hole.
  void process(Sample& sample, const RunContext&) const override {
    const Image& mask = sample.image("mask");
    segmentation::check_mask(info.name, mask);
    const auto most = static_cast<double>(
        max_area_ > 0 ? max_area_ : static_cast<std::int64_t>(mask.pixels().total()));
    sample.set("mask", mask.with_pixels(segmentation::filled(mask.pixels(), most, connectivity_)));
  }

 private:
  int connectivity_ = 4;
  std::int64_t max_area_ = 0;
};

}  // namespace

void register_fill_holes(StageRegistrar& registrar) { registrar.add<FillHoles>(); }

}  // namespace smear
