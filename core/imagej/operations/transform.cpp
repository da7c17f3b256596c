// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/transform.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <opencv2/core.hpp>

namespace smear::imagej {
namespace {

template <typename T>
T stored(double value) {
  if constexpr (std::is_same_v<T, float>) {
    return static_cast<float>(value);
  } else {
    if (!(value > -0.5)) return 0;
    constexpr double most = std::numeric_limits<T>::max();
    return static_cast<T>(std::min(std::floor(value + 0.5), most));
  }
}

// Which places count as in the image, along a side: from `first` to the side's length less `slack`,
// which is outside.
struct Limits {
  double first;
  double slack;
};

// ImageJ lets places a little before the first pixel pass, by as much as the method asks.
Limits limits_of(Interpolation how) {
  return how == Interpolation::bicubic ? Limits{-1.0, 0.0} : Limits{-0.01, 0.0};
}

int nearest(double place, int size) { return std::min(static_cast<int>(place + 0.5), size - 1); }

// Takes every pixel of `region` from where `source_of(x, y)` says.
template <typename T, typename SourceOf>
void take_from(cv::Mat& pixels, const cv::Rect& region, Interpolation how, const Limits& limits,
               const cv::Scalar& outside, const SourceOf& source_of) {
  const cv::Mat before = pixels.clone();
  const int channels = pixels.channels();
  for (int y = region.y; y < region.y + region.height; ++y) {
    auto* row = pixels.ptr<T>(y);
    for (int x = region.x; x < region.x + region.width; ++x) {
      const cv::Point2d at = source_of(x, y);
      const bool inside = at.x >= limits.first && at.x < before.cols - limits.slack &&
                          at.y >= limits.first && at.y < before.rows - limits.slack;
      for (int channel = 0; channel < channels; ++channel) {
        T& to = row[x * channels + channel];
        if (!inside)
          to = stored<T>(outside[channel]);
        else if (how == Interpolation::none)
          to = before.ptr<T>(
              nearest(at.y, before.rows))[nearest(at.x, before.cols) * channels + channel];
        else
          to = stored<T>(interpolated(before, channel, at.x, at.y, how));
      }
    }
  }
}

template <typename SourceOf>
void take(cv::Mat& pixels, const cv::Rect& region, Interpolation how, const Limits& limits,
          const cv::Scalar& outside, const SourceOf& source_of) {
  switch (pixels.depth()) {
    case CV_8U: take_from<std::uint8_t>(pixels, region, how, limits, outside, source_of); break;
    case CV_16U: take_from<std::uint16_t>(pixels, region, how, limits, outside, source_of); break;
    default: take_from<float>(pixels, region, how, limits, outside, source_of);
  }
}

}  // namespace

void rotate(cv::Mat& pixels, const cv::Rect& region, double angle, Interpolation interpolation,
            const cv::Scalar& outside) {
  const double centre_x = region.x + (region.width - 1) / 2.0;
  const double centre_y = region.y + (region.height - 1) / 2.0;
  const double radians = -angle / (180.0 / std::numbers::pi);
  const double ca = std::cos(radians);
  const double sa = std::sin(radians);
  const double a = centre_y * sa - centre_x * ca;
  const double b = -centre_x * sa - centre_y * ca;
  take(pixels, region, interpolation, limits_of(interpolation), outside, [&](int x, int y) {
    const double c = a - y * sa + centre_x;
    const double d = b + y * ca + centre_y;
    return cv::Point2d(x * ca + c, x * sa + d);
  });
}

void translate(cv::Mat& pixels, const cv::Rect& region, double right, double down,
               Interpolation interpolation, const cv::Scalar& outside) {
  Interpolation how = interpolation;
  if (right == std::floor(right) && down == std::floor(down)) how = Interpolation::none;
  if (how == Interpolation::none) {
    right = std::trunc(right);
    down = std::trunc(down);
  }
  const Limits limits = how == Interpolation::bilinear ? Limits{0.0, 1.0} : limits_of(how);
  take(pixels, region, how, limits, outside,
       [&](int x, int y) { return cv::Point2d(x - right, y - down); });
}

cv::Mat on_canvas(const cv::Mat& pixels, cv::Size size, cv::Point offset,
                  const cv::Scalar& outside) {
  cv::Mat result(size, pixels.type(), outside);
  const cv::Rect place = cv::Rect(offset, pixels.size()) & cv::Rect({0, 0}, size);
  if (!place.empty()) pixels(place - offset).copyTo(result(place));
  return result;
}

}  // namespace smear::imagej
