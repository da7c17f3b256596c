// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/unsharp-mask.h"

#include "imagej/operations/gaussian-blur.h"

namespace smear::imagej {

void unsharp_mask(cv::Mat& values, const cv::Rect& region, double sigma, float weight) {
  const cv::Mat original = values(region).clone();
  gaussian_blur(values, region, sigma, sigma, gaussian_accuracy_unsharp);
  for (int y = 0; y < region.height; ++y) {
    const auto* sharp = original.ptr<float>(y);
    auto* blurred = values.ptr<float>(region.y + y) + region.x;
    for (int x = 0; x < region.width; ++x)
      blurred[x] = (sharp[x] - weight * blurred[x]) / (1.0F - weight);
  }
}

}  // namespace smear::imagej
