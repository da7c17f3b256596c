// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "smear/stage.h"

/// What `erode`, `dilate`, `open` and `close` have in common.
namespace smear::segmentation {

/// The pixels whose centres are within `radius` of the middle one, as OpenCV takes an element:
/// 1 inside, 0 outside, origin in the middle.
inline cv::Mat disk(double radius) {
  const int reach = static_cast<int>(std::floor(radius));
  cv::Mat element = cv::Mat::ones(2 * reach + 1, 2 * reach + 1, CV_8UC1);
  for (int y = -reach; y <= reach; ++y)
    for (int x = -reach; x <= reach; ++x)
      if (x * x + y * y > radius * radius) element.at<std::uint8_t>(y + reach, x + reach) = 0;
  return element;
}

/// A flat structuring element and the options that choose it.
class StructuringElement {
 public:
  enum class Shape { disk, box };

  void describe(OptionSpec& spec) {
    spec.real("radius", radius_)
        .range(0.0, 100.0)
        .unit("px")
        .help("How far the element reaches from its centre; 0 leaves the image as it is.");
    spec.choice<Shape>("shape", shape_,
                       {{Shape::disk, "disk", "pixels whose centres are within the radius"},
                        {Shape::box, "box", "a square of side 2 * floor(radius) + 1"}})
        .help("The structuring element's outline.");
  }

  /// The element as OpenCV takes it.
  [[nodiscard]] cv::Mat kernel() const {
    if (shape_ == Shape::disk) return disk(radius_);
    const int side = 2 * static_cast<int>(std::floor(radius_)) + 1;
    return cv::Mat::ones(side, side, CV_8UC1);
  }

 private:
  double radius_ = 1.0;
  Shape shape_ = Shape::disk;
};

/// Declares the slot that a morphological stage reads and writes.
inline void describe_morphology_slots(OptionSpec& spec) {
  spec.input("mask", SlotType::any_image).help("A mask, or an image whose grey values count.");
  spec.output_like("mask", "mask");
}

/// Runs one of `cv::MORPH_*`. OpenCV is over ten times faster here than ITK, whose filters keep a
/// moving histogram. Its default border takes no part in minima and maxima.
inline void apply_morphology(Sample& sample, const StructuringElement& element,
                             cv::MorphTypes operation) {
  const Image& image = sample.image("mask");
  if (image.type() == PixelType::label32)
    throw SampleError("erode, dilate, open and close work on masks and images, not on labels");
  cv::Mat result;
  cv::morphologyEx(image.pixels(), result, operation, element.kernel());
  sample.set("mask", image.with_pixels(std::move(result)));
}

}  // namespace smear::segmentation
