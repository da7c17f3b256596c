// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/neighbourhood.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

namespace smear::imagej {
namespace {

// The nine pixels, row by row.
template <typename T>
struct Nine {
  T p1, p2, p3, p4, p5, p6, p7, p8, p9;
};

struct Bytes {
  using Pixel = std::uint8_t;
  using Number = int;
  static int cut(int value) { return std::clamp(value, 0, 255); }

  static int edges(const Nine<int>& n) {
    const int a = n.p1 + 2 * n.p2 + n.p3 - n.p7 - 2 * n.p8 - n.p9;
    const int b = n.p1 + 2 * n.p4 + n.p7 - n.p3 - 2 * n.p6 - n.p9;
    return cut(static_cast<int>(std::sqrt(static_cast<double>(a * a + b * b))));
  }
  static int smooth(const Nine<int>& n) {
    return (n.p1 + n.p2 + n.p3 + n.p4 + n.p5 + n.p6 + n.p7 + n.p8 + n.p9 + 4) / 9;
  }
  static int sharpen(const Nine<int>& n) {
    const int sum = 12 * n.p5 - n.p1 - n.p2 - n.p3 - n.p4 - n.p6 - n.p7 - n.p8 - n.p9;
    return cut((sum + 2) / 4);
  }
};

template <typename T>
struct Floats {
  using Pixel = T;
  using Number = float;
  static T rounded(float value) {
    if constexpr (std::is_same_v<T, float>)
      return value;
    else
      return cut(static_cast<double>(value + 0.5F));
  }
  static T cut(double value) {
    if constexpr (std::is_same_v<T, float>)
      return static_cast<float>(value);
    else
      return static_cast<T>(std::clamp(value, 0.0, 65535.0));
  }

  static T edges(const Nine<float>& n) {
    const double a = static_cast<double>(n.p1 + 2.0F * n.p2 + n.p3 - n.p7 - 2.0F * n.p8 - n.p9);
    const double b = static_cast<double>(n.p1 + 2.0F * n.p4 + n.p7 - n.p3 - 2.0F * n.p6 - n.p9);
    // Not rounded, unlike the others.
    return cut(std::sqrt(a * a + b * b));
  }
  static T smooth(const Nine<float>& n) {
    return rounded((n.p1 + n.p2 + n.p3 + n.p4 + n.p5 + n.p6 + n.p7 + n.p8 + n.p9) * 0.11111111F);
  }
  static T sharpen(const Nine<float>& n) {
    // In this order, which decides the last bit.
    return rounded((-n.p1 - n.p2 - n.p3 - n.p4 + 12.0F * n.p5 - n.p6 - n.p7 - n.p8 - n.p9) * 0.25F);
  }
};

// RGB images are sharpened without rounding.
struct Colours : Bytes {
  static int sharpen(const Nine<int>& n) {
    const int sum = 12 * n.p5 - n.p1 - n.p2 - n.p3 - n.p4 - n.p6 - n.p7 - n.p8 - n.p9;
    return cut(sum / 4);
  }
};

template <typename Types, typename Filter>
void run(const cv::Mat& padded, cv::Mat target, Filter filter) {
  using Pixel = typename Types::Pixel;
  using Number = typename Types::Number;
  const int channels = target.channels();
  const int width = target.cols * channels;
  const auto number = [](Pixel pixel) { return static_cast<Number>(pixel); };
  for (int y = 0; y < target.rows; ++y) {
    // Those of the left neighbours; the others are one and two pixels on.
    const Pixel* above = padded.ptr<Pixel>(y);
    const Pixel* here = padded.ptr<Pixel>(y + 1);
    const Pixel* below = padded.ptr<Pixel>(y + 2);
    Pixel* to = target.ptr<Pixel>(y);
    for (int x = 0; x < width; ++x) {
      const int middle = x + channels;
      const int right = middle + channels;
      to[x] = static_cast<Pixel>(
          filter(Nine<Number>{number(above[x]), number(above[middle]), number(above[right]),
                              number(here[x]), number(here[middle]), number(here[right]),
                              number(below[x]), number(below[middle]), number(below[right])}));
    }
  }
}

template <typename Types>
void dispatch(const cv::Mat& padded, const cv::Mat& target, Neighbourhood filter) {
  using N = Nine<typename Types::Number>;
  switch (filter) {
    case Neighbourhood::edges:
      run<Types>(padded, target, [](const N& n) { return Types::edges(n); });
      break;
    case Neighbourhood::smooth:
      run<Types>(padded, target, [](const N& n) { return Types::smooth(n); });
      break;
    case Neighbourhood::sharpen:
      run<Types>(padded, target, [](const N& n) { return Types::sharpen(n); });
      break;
  }
}

// `part` of the plane, from what it was `before`.
void filter_part(const cv::Mat& before, const cv::Rect& part, Neighbourhood filter,
                 cv::Mat& plane) {
  if (part.empty()) return;
  cv::Mat padded;
  // Takes what there is around the part from the image.
  cv::copyMakeBorder(before(part), padded, 1, 1, 1, 1, cv::BORDER_REPLICATE);
  const cv::Mat target = plane(part);
  switch (plane.depth()) {
    case CV_8U:
      plane.channels() > 1 ? dispatch<Colours>(padded, target, filter)
                           : dispatch<Bytes>(padded, target, filter);
      break;
    case CV_16U: dispatch<Floats<std::uint16_t>>(padded, target, filter); break;
    default: dispatch<Floats<float>>(padded, target, filter);
  }
}

}  // namespace

void filter_neighbourhood(cv::Mat& plane, const cv::Rect& region, Neighbourhood filter) {
  if (plane.cols == 1) return;
  const bool colours = plane.channels() > 1;
  const bool bytes = plane.depth() == CV_8U;
  cv::Rect inner = region;
  if (colours && filter == Neighbourhood::sharpen)
    inner &= cv::Rect(1, 1, plane.cols - 2, plane.rows - 2);
  const cv::Mat before = plane.clone();
  filter_part(before, inner, filter, plane);
  // ImageJ takes the image's last column and row along where the region ends just before them.
  const bool beyond =
      bytes && (filter == Neighbourhood::edges || (filter == Neighbourhood::smooth && !colours));
  if (!beyond) return;
  const cv::Point end = region.br();
  if (end.x == plane.cols - 1)
    filter_part(before, {end.x, region.y, 1, region.height}, filter, plane);
  if (end.y == plane.rows - 1)
    filter_part(before, {region.x, end.y, region.width, 1}, filter, plane);
}

}  // namespace smear::imagej
