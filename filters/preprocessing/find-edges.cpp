// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/neighbourhood.h"
#include "smear/stage.h"

namespace smear {
namespace {

class FindEdges final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "find-edges",
      .summary = "Shows where brightness changes: the magnitude of its gradient.",
      .category = Category::preprocessing,
      .details =
          "The square root of the sum of the squares of both Sobel derivatives, as ImageJ's "
          "command of this name computes it, to the bit: in whole numbers for "
          "8-bit and RGB images, each channel alone, in 32-bit float for the others; outside the "
          "image its edge is repeated.",
      .example = R"(name: find-edges
stages:
  - find-edges
  - save-image: {to: "edges/{id}.png"}
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
                                 imagej::Neighbourhood::edges);
    sample.set("image", image.with_pixels(std::move(result)));
  }
};

}  // namespace

void register_find_edges(StageRegistrar& registrar) { registrar.add<FindEdges>(); }

}  // namespace smear
