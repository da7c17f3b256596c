// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace smear::imagej {
namespace {

using Range = std::optional<std::pair<double, double>>;

// ImageJ weighs pixels by their value and this: where all are 0, the centre of mass is the
// centroid.
constexpr double tiny = std::numeric_limits<double>::denorm_min();

double deviation_of(double n, double sum, double sum_of_squares) {
  if (n <= 1.0) return 0.0;
  const double variance = (n * sum_of_squares - sum * sum) / n;
  return variance > 0.0 ? std::sqrt(variance / (n - 1.0)) : 0.0;
}

// Sums of powers of the values, and of places times values.
struct Sums {
  double first = 0.0;
  double second = 0.0;
  double third = 0.0;
  double fourth = 0.0;
  double x = 0.0;
  double y = 0.0;
};

template <typename Visit>
void visit_mask(const cv::Rect& box, const cv::Mat& mask, const Visit& visit) {
  for (int y = 0; y < box.height; ++y) {
    const auto* inside = mask.empty() ? nullptr : mask.ptr<std::uint8_t>(y);
    for (int x = 0; x < box.width; ++x)
      if (inside == nullptr || inside[x] != 0) visit(box.x + x, box.y + y);
  }
}

void set_moments(const Sums& sums, Statistics& result) {
  const double n = result.count;
  const double mean = result.mean;
  const double mean2 = mean * mean;
  const double variance = sums.second / n - mean2;
  const double deviation = std::sqrt(variance);
  result.xm = sums.x / sums.first + 0.5;
  result.ym = sums.y / sums.first + 0.5;
  result.skewness =
      ((sums.third - 3.0 * mean * sums.second) / n + 2.0 * mean * mean2) / (variance * deviation);
  result.kurtosis = ((sums.fourth - 4.0 * mean * sums.third + 6.0 * mean2 * sums.second) / n -
                     3.0 * mean2 * mean2) /
                        (variance * variance) -
                    3.0;
}

// `value_at(x, y)`: the pixel's value.
template <typename Value>
void add_moments_of(const Value& value_at, const cv::Rect& box, const cv::Mat& mask, double low,
                    double high, Statistics& result, double least = tiny) {
  Sums sums;
  visit_mask(box, mask, [&](int x, int y) {
    const double value = value_at(x, y);
    if (!(value >= low && value <= high)) return;
    const double v = value + least;
    const double v2 = v * v;
    sums.first += v;
    sums.second += v2;
    sums.third += v * v2;
    sums.fourth += v2 * v2;
    sums.x += x * v;
    sums.y += y * v;
  });
  set_moments(sums, result);
}

template <typename T>
void add_moments(const cv::Mat& pixels, const cv::Rect& box, const cv::Mat& mask, double low,
                 double high, Statistics& result) {
  const auto value = [&](int x, int y) -> double { return pixels.ptr<T>(y)[x]; };
  // Not in 16 bits, where there is no centre of mass then.
  add_moments_of(value, box, mask, low, high, result,
                 std::is_same_v<T, std::uint16_t> ? 0.0 : tiny);
}

// Levels of a histogram that begins at `first`: what whole numbers give.
void add_levels(const std::vector<int>& histogram, int first, Statistics& result) {
  double sum = 0.0;
  double squares = 0.0;
  std::int64_t n = 0;
  int most = 0;
  bool any = false;
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    const int count = histogram[i];
    if (count == 0) continue;
    const double level = first + static_cast<double>(i);
    if (!any) result.min = level;
    any = true;
    result.max = level;
    n += count;
    sum += level * count;
    squares += level * level * count;
    if (count > most) {
      most = count;
      result.mode = level;
    }
  }
  result.count = static_cast<double>(n);
  result.mean = sum / result.count;
  result.std_dev = deviation_of(result.count, sum, squares);
  const double half = result.count / 2.0;
  double up_to = 0.0;
  for (std::size_t i = 0; i < histogram.size() && up_to <= half; ++i) {
    up_to += histogram[i];
    result.median = first + static_cast<double>(i);
  }
}

// Whole pixels of `box` and `mask` in the limits, their centroid and the levels' extremes.
template <typename T>
std::vector<int> histogram_of(const cv::Mat& pixels, const cv::Rect& box, const cv::Mat& mask,
                              double low, double high, int& first, Statistics& result) {
  int least = 0;
  int last = 255;
  if constexpr (sizeof(T) > 1) {
    least = std::numeric_limits<T>::max();
    last = 0;
    visit_mask(box, mask, [&](int x, int y) {
      least = std::min<int>(least, pixels.ptr<T>(y)[x]);
      last = std::max<int>(last, pixels.ptr<T>(y)[x]);
    });
    if (last < least) least = last;
  }
  first = least;
  std::vector<int> histogram(static_cast<std::size_t>(last - least + 1), 0);
  std::int64_t x_sum = 0;
  std::int64_t y_sum = 0;
  std::int64_t n = 0;
  visit_mask(box, mask, [&](int x, int y) {
    const T value = pixels.ptr<T>(y)[x];
    if (!(value >= low && value <= high)) return;
    ++histogram[static_cast<std::size_t>(value - first)];
    ++n;
    x_sum += x;
    y_sum += y;
  });
  result.x = static_cast<double>(x_sum) / static_cast<double>(n) + 0.5;
  result.y = static_cast<double>(y_sum) / static_cast<double>(n) + 0.5;
  return histogram;
}

template <typename T>
double fraction_of(const cv::Mat& pixels, const cv::Rect& box, const cv::Mat& mask,
                   const Range& thresholds) {
  std::int64_t all = 0;
  std::int64_t within = 0;
  visit_mask(box, mask, [&](int x, int y) {
    const double value = pixels.ptr<T>(y)[x];
    ++all;
    within += thresholds ? value >= thresholds->first && value <= thresholds->second : value != 0.0;
  });
  return 100.0 * static_cast<double>(within) / static_cast<double>(all);
}

template <typename T>
Statistics of_whole_numbers(const cv::Mat& pixels, const cv::Rect& box, const cv::Mat& mask,
                            double low, double high, const StatisticsNeeds& needs) {
  Statistics result;
  int first = 0;
  const auto histogram = histogram_of<T>(pixels, box, mask, low, high, first, result);
  add_levels(histogram, first, result);
  if (result.count == 0.0) {
    // What ImageJ leaves where no pixel is within the limits.
    result.min = sizeof(T) == 1 ? std::numeric_limits<double>::quiet_NaN() : first;
    result.max = sizeof(T) == 1 ? std::numeric_limits<double>::quiet_NaN() : 0.0;
    result.median = std::numeric_limits<double>::quiet_NaN();
  }
  if (needs.moments) add_moments<T>(pixels, box, mask, low, high, result);
  return result;
}

// The bin of 256 between minimum and maximum that has most.
double mode_of(const std::vector<float>& values, double min, double max) {
  std::array<int, 256> bins{};
  const double scale = 256.0 / (max - min);
  for (const float value : values) {
    double bin = scale * (value - min);
    if (!(bin == bin)) bin = 0.0;  // as Java casts NaN
    ++bins[static_cast<std::size_t>(std::clamp(bin, 0.0, 255.0))];
  }
  const auto most = std::ranges::max_element(bins) - bins.begin();
  const double size = (max - min) / 256.0;
  return min + static_cast<double>(most) * size + (size != 1.0 ? size / 2.0 : 0.0);
}

Statistics of_floats(const cv::Mat& pixels, const cv::Rect& box, const cv::Mat& mask, double low,
                     double high, const StatisticsNeeds& needs) {
  Statistics result;
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(box.area()));
  double sum = 0.0;
  double squares = 0.0;
  double x_sum = 0.0;
  double y_sum = 0.0;
  visit_mask(box, mask, [&](int x, int y) {
    const float value = pixels.ptr<float>(y)[x];
    if (!(value >= low && value <= high)) return;
    values.push_back(value);
    sum += value;
    squares += static_cast<double>(value) * value;
    x_sum += x;
    y_sum += y;
  });
  const auto n = static_cast<double>(values.size());
  result.count = n;
  result.mean = sum / n;
  result.std_dev = deviation_of(n, sum, squares);
  result.x = x_sum / n + 0.5;
  result.y = y_sum / n + 0.5;
  if (values.empty()) {
    result.min = std::numeric_limits<double>::max();
    result.max = -result.min;
    result.mode = result.median = std::numeric_limits<double>::quiet_NaN();
    result.xm = result.ym = result.skewness = result.kurtosis = result.mode;
    return result;
  }
  const auto [min, max] = std::ranges::minmax(values);
  result.min = min;
  result.max = max;
  result.mode = mode_of(values, min, max);
  if (needs.median) {
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    result.median =
        values.size() % 2 == 0 ? (values[middle - 1] + values[middle]) / 2.0F : values[middle];
  }
  if (needs.moments) add_moments<float>(pixels, box, mask, low, high, result);
  return result;
}

// Values are those of the rounded greys, but moments those of greys with fractions, whose mean is
// then not quite the mean that they are taken about; and no part of the area counts as not 0.
Statistics of_colours(const cv::Mat& pixels, const cv::Rect& box, const cv::Mat& mask,
                      const Range& limits, StatisticsNeeds needs, bool weighted) {
  const double r = weighted ? 0.299 : 1.0 / 3.0;
  const double g = weighted ? 0.587 : 1.0 / 3.0;
  const double b = weighted ? 0.114 : 1.0 / 3.0;
  const auto value = [&](int x, int y) {
    const auto& colour = pixels.ptr<cv::Vec3b>(y)[x];
    return colour[0] * r + colour[1] * g + colour[2] * b;
  };
  const auto value_as_float = [&](int x, int y) -> double {
    return static_cast<float>(value(x, y));
  };
  cv::Mat grey(pixels.size(), CV_8UC1);
  for (int y = box.y; y < box.y + box.height; ++y) {
    auto* to = grey.ptr<std::uint8_t>(y);
    for (int x = box.x; x < box.x + box.width; ++x)
      to[x] = static_cast<std::uint8_t>(value(x, y) + 0.5);
  }
  const bool moments = std::exchange(needs.moments, false);
  Statistics result = statistics_of(grey, box, mask, limits, std::nullopt, needs);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (moments)
    add_moments_of(value_as_float, box, mask, limits ? limits->first : -infinity,
                   limits ? limits->second : infinity, result, 0.0);
  result.area_fraction = 0.0;
  return result;
}

}  // namespace

Statistics statistics_of(const cv::Mat& pixels, const cv::Rect& box, const cv::Mat& mask,
                         const Range& limits, const Range& thresholds, const StatisticsNeeds& needs,
                         bool weighted) {
  if (pixels.channels() == 3) return of_colours(pixels, box, mask, limits, needs, weighted);
  // Infinite pixels do not count, as those that are no number.
  constexpr double most = std::numeric_limits<float>::max();
  const double low = limits ? limits->first : -most;
  const double high = limits ? limits->second : most;
  Statistics result;
  switch (pixels.depth()) {
    case CV_8U:
      result = of_whole_numbers<std::uint8_t>(pixels, box, mask, low, high, needs);
      if (needs.area_fraction)
        result.area_fraction = fraction_of<std::uint8_t>(pixels, box, mask, thresholds);
      break;
    case CV_16U:
      result = of_whole_numbers<std::uint16_t>(pixels, box, mask, low, high, needs);
      if (needs.area_fraction)
        result.area_fraction = fraction_of<std::uint16_t>(pixels, box, mask, thresholds);
      break;
    default:
      result = of_floats(pixels, box, mask, low, high, needs);
      if (needs.area_fraction)
        result.area_fraction = fraction_of<float>(pixels, box, mask, thresholds);
  }
  return result;
}

}  // namespace smear::imagej
