// SPDX-License-Identifier: Apache-2.0
#include "preprocessing/neighbourhood-stage.h"

namespace smear {
namespace {

class Sharpen final : public NeighbourhoodStage<imagej::Neighbourhood::sharpen> {
 public:
  static constexpr StageInfo info{
      .name = "sharpen",
      .summary = "Makes contrast between neighbouring pixels stronger.",
      .category = Category::preprocessing,
      .details =
          "The 3 x 3 convolution with -1 around 12, divided by 4, as ImageJ's command of this name "
          "computes it, to the bit: in whole numbers for "
          "8-bit and RGB images, each channel alone, in 32-bit float for the others; outside the "
          "image its edge is repeated.",
      .example = R"(name: sharpen
stages:
  - sharpen
  - save-image: {to: "sharp/{id}.png"}
)",
      .reference = "ImageJ User Guide, Process, https://imagej.net/ij/docs/guide",
  };
};

}  // namespace

void register_sharpen(StageRegistrar& registrar) { registrar.add<Sharpen>(); }

}  // namespace smear
