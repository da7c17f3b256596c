// SPDX-License-Identifier: Apache-2.0
#include "preprocessing/neighbourhood-stage.h"

namespace smear {
namespace {

class Smooth final : public NeighbourhoodStage<imagej::Neighbourhood::smooth> {
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
};

}  // namespace

void register_smooth(StageRegistrar& registrar) { registrar.add<Smooth>(); }

}  // namespace smear
