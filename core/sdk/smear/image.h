// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "smear/export.h"

namespace smear {

/// What one pixel of an `Image` is.
enum class PixelType {
  grey8,    ///< CV_8UC1, 0..255
  rgb8,     ///< CV_8UC3, red first
  grey16,   ///< CV_16UC1, 0..65535
  float32,  ///< CV_32FC1, any finite value
  label32,  ///< CV_32SC1, 0 is background, objects are 1..n
};

/// "grey8", "rgb8", ... as users see it in `smear check` and in messages.
SMEAR_SDK_API std::string_view name_of(PixelType type);

/// Edge lengths of one pixel, in micrometres; both are positive.
struct PixelSize {
  double x_um = 0.0;
  double y_um = 0.0;
  bool operator==(const PixelSize&) const = default;
};

/// A two-dimensional image: pixels and, where known, how large they are.
///
/// A value type whose copies share their pixels. Nobody writes into pixels that a second owner may
/// hold, so a stage builds its result in a new `cv::Mat` and never writes into an input.
class SMEAR_SDK_API Image {
 public:
  Image() = default;

  /// Takes over `pixels`, whose type must be one of `PixelType`'s.
  /// Throws `SampleError` for an empty matrix or another type.
  explicit Image(cv::Mat pixels, std::optional<PixelSize> pixel_size = std::nullopt);

  [[nodiscard]] const cv::Mat& pixels() const { return pixels_; }
  [[nodiscard]] PixelType type() const;
  [[nodiscard]] int width() const { return pixels_.cols; }
  [[nodiscard]] int height() const { return pixels_.rows; }
  [[nodiscard]] int channels() const { return pixels_.channels(); }
  [[nodiscard]] bool empty() const { return pixels_.empty(); }
  [[nodiscard]] const std::optional<PixelSize>& pixel_size() const { return pixel_size_; }

  /// The same calibration on other pixels of the same size: what most filters return.
  [[nodiscard]] Image with_pixels(cv::Mat pixels) const;

 private:
  cv::Mat pixels_;
  std::optional<PixelSize> pixel_size_;
};

/// The `PixelType` of a matrix, if it is one.
SMEAR_SDK_API std::optional<PixelType> pixel_type_of(const cv::Mat& pixels);

}  // namespace smear
