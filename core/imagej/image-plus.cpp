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

void ImagePlus::show(int plane) {
  if (is_composite()) {
    const auto channel = static_cast<std::size_t>(channel_of(plane));
    channel_ranges = ranges_of_channels();
    range = channel_ranges[channel];
    lut = luts_of_channels()[channel];
  }
  current = plane;
}

std::vector<Lut> ImagePlus::luts_of_channels() const {
  std::vector<Lut> luts = channel_luts;
  if (mode == "grayscale") luts.assign(static_cast<std::size_t>(channels), Lut::grey());
  for (int c = static_cast<int>(luts.size()); c < channels; ++c) luts.push_back(Lut::of_channel(c));
  luts.resize(static_cast<std::size_t>(channels));
  return luts;
}

std::vector<DisplayRange> ImagePlus::ranges_of_channels() const {
  std::vector<DisplayRange> ranges = channel_ranges;
  ranges.resize(static_cast<std::size_t>(channels), range);
  return ranges;
}

void ImagePlus::set_display_range(DisplayRange to) {
  range = to;
  if (type == ImageType::grey32) range = {static_cast<float>(to.min), static_cast<float>(to.max)};
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
