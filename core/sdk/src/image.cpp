// SPDX-License-Identifier: Apache-2.0
#include "smear/image.h"

#include "smear/errors.h"

namespace smear {

std::string_view name_of(PixelType type) {
  switch (type) {
    case PixelType::grey8: return "grey8";
    case PixelType::rgb8: return "rgb8";
    case PixelType::grey16: return "grey16";
    case PixelType::float32: return "float32";
    case PixelType::label32: return "label32";
  }
  return "unknown";
}

std::optional<PixelType> pixel_type_of(const cv::Mat& pixels) {
  switch (pixels.type()) {
    case CV_8UC1: return PixelType::grey8;
    case CV_8UC3: return PixelType::rgb8;
    case CV_16UC1: return PixelType::grey16;
    case CV_32FC1: return PixelType::float32;
    case CV_32SC1: return PixelType::label32;
    default: return std::nullopt;
  }
}

Image::Image(cv::Mat pixels, std::optional<PixelSize> pixel_size)
    : pixels_(std::move(pixels)), pixel_size_(pixel_size) {
  if (pixels_.empty()) throw SampleError("an image without pixels");
  if (!pixel_type_of(pixels_))
    throw SampleError("a kind of pixel that no slot holds (" + std::to_string(pixels_.channels()) +
                      " channels, OpenCV depth " + std::to_string(pixels_.depth()) + ")");
}

PixelType Image::type() const {
  const auto type = pixel_type_of(pixels_);
  if (!type) throw SampleError("an image without pixels");
  return *type;
}

Image Image::with_pixels(cv::Mat pixels) const { return Image(std::move(pixels), pixel_size_); }

}  // namespace smear
