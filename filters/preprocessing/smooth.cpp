// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/neighbourhood.h"
#include "smear/stage.h"

namespace smear {
namespace {

class Smooth final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "smooth",
      .summary = "Replaces each pixel by the mean of its 3 x 3 neighbourhood.",
      .category = Category::preprocessing,
      .details =
          "The mean of 3 x 3 pixels, as ImageJ's command of this name computes it, to the bit: in "
          "whole numbers for "
          "8-bit and RGB images, each channel alone, in 32-bit float for the others; outside the "
          "image its edge is repeated.",
      .example = R"(name: smooth
stages:
  - smooth
  - save-image: {to: "smooth/{id}.png"}
)",
      .reference = "ImageJ User Guide, Process, https://imagej.net/ij/docs/guide",
  };

  void describe(OptionSpec& spec) override {
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    cv::Mat result = image.pixels().clone();
    imagej::filter_neighbourhood(result, {0, 0, result.cols, result.rows},
                                 imagej::Neighbourhood::smooth);
    sample.set("image", image.with_pixels(std::move(result)));
  }
};

}  // namespace

void register_smooth(StageRegistrar& registrar) { registrar.add<Smooth>(); }

}  // namespace smear
