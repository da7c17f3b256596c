// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/resize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <opencv2/core.hpp>
#include <type_traits>
#include <vector>

#include "smear/errors.h"

namespace smear::imagej {
namespace {

// Catmull-Rom, the cubic of a = 0.5.
double cubic(double x) {
  constexpr double a = 0.5;
  if (x < 0.0) x = -x;
  if (x < 1.0) return x * x * (x * (-a + 2.0) + (a - 3.0)) + 1.0;
  if (x < 2.0) return -a * x * x * x + 5.0 * a * x * x - 8.0 * a * x + 4.0 * a;
  return 0.0;
}

// Calls `work` with a zero of the type that the matrix consists of.
template <typename Work>
auto by_depth(const cv::Mat& pixels, const Work& work) {
  switch (pixels.depth()) {
    case CV_8U: return work(std::uint8_t{});
    case CV_16U: return work(std::uint16_t{});
    default: return work(float{});
  }
}

template <typename T>
T stored(double value) {
  if constexpr (std::is_same_v<T, float>) {
    return static_cast<float>(value);
  } else {
    // Written so that NaN, as in Java, becomes 0.
    if (!(value > -0.5)) return 0;
    constexpr double most = std::numeric_limits<T>::max();
    return static_cast<T>(std::min(std::floor(value + 0.5), most));
  }
}

// Values of one channel around a place, by row pointers.
template <typename T>
struct Source {
  const cv::Mat& pixels;
  int channels;
  int channel;

  [[nodiscard]] double at(int x, int y) const {
    return static_cast<double>(pixels.ptr<T>(y)[x * channels + channel]);
  }
};

double clamped(double x, int size) {
  if (x < 0.0) return 0.0;
  return x >= size - 1.0 ? size - 1.001 : x;
}

// Of a place within the image.
template <typename T>
double between(const Source<T>& source, double x, double y) {
  const int left = static_cast<int>(x);
  const int top = static_cast<int>(y);
  const double across = x - left;
  const double down = y - top;
  const int right = std::min(left + 1, source.pixels.cols - 1);
  const int bottom = std::min(top + 1, source.pixels.rows - 1);
  const double first = source.at(left, top);
  const double second = source.at(left, bottom);
  const double above = first + across * (source.at(right, top) - first);
  const double below = second + across * (source.at(right, bottom) - second);
  return above + down * (below - above);
}

template <typename T>
double bilinear(const Source<T>& source, double x, double y) {
  return between(source, clamped(x, source.pixels.cols), clamped(y, source.pixels.rows));
}

template <typename T>
double bicubic(const Source<T>& source, double x, double y) {
  const int left = static_cast<int>(std::floor(x));
  const int top = static_cast<int>(std::floor(y));
  if (left <= 0 || left >= source.pixels.cols - 2 || top <= 0 || top >= source.pixels.rows - 2)
    return bilinear(source, x, y);
  double sum = 0.0;
  for (int j = 0; j < 4; ++j) {
    const int row = top - 1 + j;
    double part = 0.0;
    for (int i = 0; i < 4; ++i) {
      const int column = left - 1 + i;
      part += source.at(column, row) * cubic(x - column);
    }
    sum += part * cubic(y - row);
  }
  return sum;
}

// What a pixel of a reduced line is made of: from pixel `first` on, these shares.
struct Shares {
  int first = 0;
  std::vector<float> weights;
};

float share(double distance, Interpolation how) {
  switch (how) {
    case Interpolation::none: return distance < 0.5 ? 1.0F : 0.0F;
    case Interpolation::bilinear: return 1.0F - static_cast<float>(distance);
    default: return static_cast<float>(cubic(distance));
  }
}

// A part of a line.
struct Span {
  int begin;
  int length;
};

// `size` is the length of the whole line.
std::vector<Shares> shares_of(int size, const Span& from, int to, Interpolation how) {
  // Pixels that lie on the very end of the range would get a share that is rounding error.
  constexpr double guard = 1e-8;
  const double scale = from.length / static_cast<double>(to);
  const double reach = scale * (how == Interpolation::none       ? 0.5
                                : how == Interpolation::bilinear ? 1.0
                                                                 : 2.0);
  std::vector<Shares> all(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double centre = from.begin + (i + 0.5) * scale - 0.5;
    const int low = static_cast<int>(std::ceil(centre - reach + guard));
    const int high = static_cast<int>(std::floor(centre + reach - guard));
    auto& [first, weights] = all[static_cast<std::size_t>(i)];
    first = std::clamp(low, 0, size - 1);
    weights.assign(static_cast<std::size_t>(std::clamp(high, 0, size - 1) - first + 1), 0.0F);
    double sum = 0.0;
    for (int source = low; source <= high; ++source) {
      const float weight = share(std::abs((source - centre) / scale), how);
      sum += weight;
      weights[static_cast<std::size_t>(std::clamp(source, 0, size - 1) - first)] += weight;
    }
    for (float& weight : weights) weight = static_cast<float>(weight / sum);
  }
  return all;
}

cv::Mat reduced_across(const cv::Mat& values, const Span& from, int width, Interpolation how) {
  const auto all = shares_of(values.cols, from, width, how);
  cv::Mat result(values.rows, width, CV_32FC1);
  for (int y = 0; y < values.rows; ++y) {
    const auto* source = values.ptr<float>(y);
    auto* to = result.ptr<float>(y);
    for (const auto& [first, weights] : all) {
      float sum = 0.0F;
      for (std::size_t i = 0; i < weights.size(); ++i)
        sum += source[static_cast<std::size_t>(first) + i] * weights[i];
      *to++ = sum;
    }
  }
  return result;
}

cv::Mat reduced_down(const cv::Mat& values, const Span& from, int height, Interpolation how) {
  const auto all = shares_of(values.rows, from, height, how);
  cv::Mat result = cv::Mat::zeros(height, values.cols, CV_32FC1);
  for (int y = 0; y < height; ++y) {
    const auto& [first, weights] = all[static_cast<std::size_t>(y)];
    auto* to = result.ptr<float>(y);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const auto* source = values.ptr<float>(first + static_cast<int>(i));
      for (int x = 0; x < values.cols; ++x) to[x] += source[x] * weights[i];
    }
  }
  return result;
}

// Whether ImageJ stretches this image, which is one pixel wide or high, from end to end.
bool is_line(const cv::Mat& pixels, Interpolation how) {
  return how != Interpolation::none && (pixels.cols == 1 || pixels.rows == 1);
}

// `along`: the side that ImageJ stretches, of one pixel by one the height.
std::vector<double> places_along_line(const Span& from, int to, bool along) {
  std::vector<double> result(static_cast<std::size_t>(to), from.begin);
  // One pixel has no ends: ImageJ divides 0 by 0.
  if (to == 1 && (along || from.length > 1)) result[0] = std::numeric_limits<double>::quiet_NaN();
  for (int i = 1; i < to; ++i)
    result[static_cast<std::size_t>(i)] =
        from.begin + i * ((from.length - 1) / static_cast<double>(to - 1));
  return result;
}

// Where a pixel of the result lies in the source, along one side of `whole` pixels.
std::vector<double> places(const Span& from, int to, int whole, Interpolation how) {
  const double source_centre = from.begin + from.length / 2.0;
  const double scale = to / static_cast<double>(from.length);
  double centre = to / 2.0;
  if (how != Interpolation::none && to != whole) centre += scale / 4.0;
  std::vector<double> result(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i)
    result[static_cast<std::size_t>(i)] = (i - centre) / scale + source_centre;
  return result;
}

template <typename T>
void interpolate_all(const cv::Mat& pixels, const cv::Rect& region, Interpolation how,
                     cv::Mat& result) {
  const int channels = pixels.channels();
  const bool line = is_line(pixels, how);
  const Span across{region.x, region.width};
  const Span down{region.y, region.height};
  const bool upright = pixels.cols == 1;
  const auto xs = line ? places_along_line(across, result.cols, !upright)
                       : places(across, result.cols, pixels.cols, how);
  const auto ys = line ? places_along_line(down, result.rows, upright)
                       : places(down, result.rows, pixels.rows, how);
  for (int y = 0; y < result.rows; ++y) {
    auto* to = result.ptr<T>(y);
    const double at_y = ys[static_cast<std::size_t>(y)];
    for (const double at_x : xs)
      for (int channel = 0; channel < channels; ++channel) {
        const Source<T> source{pixels, channels, channel};
        if (line) {
          const bool nowhere = std::isnan(at_x) || std::isnan(at_y);
          *to++ = stored<T>(nowhere ? std::numeric_limits<double>::quiet_NaN()
                                    : between(source, at_x, at_y));
          continue;
        }
        switch (how) {
          case Interpolation::none:
            *to++ =
                pixels.ptr<T>(static_cast<int>(at_y))[static_cast<int>(at_x) * channels + channel];
            break;
          case Interpolation::bilinear: *to++ = stored<T>(bilinear(source, at_x, at_y)); break;
          default: *to++ = stored<T>(bicubic(source, at_x, at_y));
        }
      }
  }
}

template <typename T>
void round_into(const cv::Mat& values, cv::Mat& result) {
  constexpr float most = std::numeric_limits<T>::max();
  for (int y = 0; y < values.rows; ++y) {
    const auto* from = values.ptr<float>(y);
    auto* to = result.ptr<T>(y);
    for (int x = 0; x < values.cols; ++x) {
      const float value = from[x] + 0.5F;
      to[x] = static_cast<T>(value >= 0.0F ? std::min(value, most) : 0.0F);
    }
  }
}

// One channel, by means where it becomes smaller and by interpolation where it becomes larger.
cv::Mat averaged(const cv::Mat& channel, cv::Rect region, cv::Size size, Interpolation how) {
  cv::Mat values;
  channel.convertTo(values, CV_32F);
  if (size.width < region.width) {
    values = reduced_across(values, {region.x, region.width}, size.width, how);
    values = values.rowRange(region.y, region.y + region.height);
    region = {0, 0, size.width, region.height};
  }
  if (size.height < region.height) {
    values = reduced_down(values, {region.y, region.height}, size.height, how);
    values = values.colRange(region.x, region.x + region.width);
    region = {0, 0, region.width, size.height};
  }
  if (values.size() != size || region != cv::Rect({0, 0}, size)) {
    cv::Mat larger(size, CV_32FC1);
    interpolate_all<float>(values, region, how, larger);
    values = larger;
  }
  if (channel.depth() == CV_32F) return values;
  cv::Mat result(size, channel.type());
  if (channel.depth() == CV_8U)
    round_into<std::uint8_t>(values, result);
  else
    round_into<std::uint16_t>(values, result);
  return result;
}

}  // namespace

Interpolation interpolation_named(std::string_view name) {
  if (name == "None") return Interpolation::none;
  if (name == "Bilinear") return Interpolation::bilinear;
  if (name == "Bicubic") return Interpolation::bicubic;
  throw ConfigError(fmt::format("interpolation is None, Bilinear or Bicubic, got '{}'", name));
}

cv::Mat resize(const cv::Mat& pixels, const cv::Rect& selected, cv::Size size,
               Interpolation interpolation, bool average) {
  if (selected.size() == size) return pixels(selected).clone();
  // ImageJ stretches lines as a whole, whatever is selected.
  const cv::Rect region = is_line(pixels, interpolation) ? cv::Rect({}, pixels.size()) : selected;
  if (average && (size.width < region.width || size.height < region.height)) {
    std::vector<cv::Mat> channels;
    cv::split(pixels, channels);
    for (auto& channel : channels) channel = averaged(channel, region, size, interpolation);
    cv::Mat result;
    cv::merge(channels, result);
    return result;
  }
  cv::Mat result(size, pixels.type());
  by_depth(pixels, [&](auto zero) {
    interpolate_all<decltype(zero)>(pixels, region, interpolation, result);
  });
  return result;
}

double interpolated(const cv::Mat& pixels, int channel, double x, double y, Interpolation how) {
  return by_depth(pixels, [&](auto zero) {
    const Source<decltype(zero)> source{pixels, pixels.channels(), channel};
    return how == Interpolation::bicubic ? bicubic(source, x, y) : bilinear(source, x, y);
  });
}

}  // namespace smear::imagej
