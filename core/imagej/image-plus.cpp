// SPDX-License-Identifier: Apache-2.0
#include "imagej/image-plus.h"

#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <utility>

#include "smear/errors.h"

namespace smear::imagej {
namespace {

ImageType type_of(const cv::Mat& pixels) {
  switch (pixels.type()) {
    case CV_8UC1: return ImageType::grey8;
    case CV_16UC1: return ImageType::grey16;
    case CV_32FC1: return ImageType::grey32;
    case CV_8UC3: return ImageType::rgb;
    default: throw SampleError("ImageJ has no image type for these pixels");
  }
}

// NaN does not count; without any number there is no range.
DisplayRange range_of_floats(const cv::Mat& pixels) {
  float min = std::numeric_limits<float>::max();
  float max = std::numeric_limits<float>::lowest();
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* row = pixels.ptr<float>(y);
    for (int x = 0; x < pixels.cols; ++x) {
      if (row[x] < min) min = row[x];
      if (row[x] > max) max = row[x];
    }
  }
  if (min > max) return {std::nan(""), std::nan("")};
  return {min, max};
}

}  // namespace

std::string_view name_of(ImageType type) {
  switch (type) {
    case ImageType::grey8: return "8-bit";
    case ImageType::grey16: return "16-bit";
    case ImageType::grey32: return "32-bit";
    case ImageType::rgb: return "RGB";
  }
  return "";
}

ImagePlus::ImagePlus(std::string new_title, cv::Mat pixels)
    : title(std::move(new_title)), type(type_of(pixels)) {
  stack.push_back({std::move(pixels), ""});
  reset_display_range();
}

cv::Mat& ImagePlus::writable(int plane) {
  auto& pixels = stack[static_cast<std::size_t>(plane)].pixels;
  if (pixels.u == nullptr || pixels.u->refcount != 1 || pixels.isSubmatrix())
    pixels = pixels.clone();
  return pixels;
}

void ImagePlus::reset_display_range() {
  range = {0.0, 255.0};
  if (type != ImageType::grey16 && type != ImageType::grey32) return;
  if (type == ImageType::grey32)
    range = range_of_floats(pixels());
  else
    cv::minMaxLoc(pixels(), &range.min, &range.max);
}

}  // namespace smear::imagej
