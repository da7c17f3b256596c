// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagej/operations/neighbourhood.h"
#include "smear/stage.h"

namespace smear {

/// A stage that filters every pixel by its 3 x 3 neighbourhood, as ImageJ does.
template <imagej::Neighbourhood filter>
class NeighbourhoodStage : public Stage {
 public:
  void describe(OptionSpec& spec) final {
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const final {
    const Image& image = sample.image("image");
    cv::Mat result = image.pixels().clone();
    imagej::filter_neighbourhood(result, {0, 0, result.cols, result.rows}, filter);
    sample.set("image", image.with_pixels(std::move(result)));
  }
};

}  // namespace smear
