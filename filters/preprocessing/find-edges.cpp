// SPDX-License-Identifier: Apache-2.0
#include "preprocessing/neighbourhood-stage.h"

namespace smear {
namespace {

class FindEdges final : public NeighbourhoodStage<imagej::Neighbourhood::edges> {
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
};

}  // namespace

void register_find_edges(StageRegistrar& registrar) { registrar.add<FindEdges>(); }

}  // namespace smear
