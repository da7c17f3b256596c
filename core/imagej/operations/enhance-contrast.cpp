// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/enhance-contrast.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>

namespace smear::imagej {
namespace {

// Calls `take(pixel)` with a pointer to each pixel within the region and the mask.
template <typename T, typename Take>
void for_each_selected(const cv::Mat& plane, const cv::Rect& region, const cv::Mat& mask,
                       Take take) {
  for (int y = 0; y < region.height; ++y) {
    const T* row = plane.ptr<T>(region.y + y) + region.x * plane.channels();
    const auto* inside = mask.empty() ? nullptr : mask.ptr<std::uint8_t>(y);
    for (int x = 0; x < region.width; ++x)
      if (inside == nullptr || inside[x] != 0) take(row + x * plane.channels());
  }
}

ContrastHistogram histogram_of_floats(const cv::Mat& plane, const cv::Rect& region,
                                      const cv::Mat& mask) {
  double least = std::numeric_limits<double>::max();
  double most = -std::numeric_limits<double>::max();
  for_each_selected<float>(plane, region, mask, [&](const float* pixel) {
    const auto value = static_cast<double>(*pixel);
    // Infinity and NaN count for nothing.
    if (!std::isfinite(value)) return;
    least = std::min(least, value);
    most = std::max(most, value);
  });
  ContrastHistogram histogram{std::vector<int>(256), least, (most - least) / 256.0, 0};
  const double scale = 256.0 / (most - least);
  for_each_selected<float>(plane, region, mask, [&](const float* pixel) {
    const auto value = static_cast<double>(*pixel);
    if (!std::isfinite(value)) return;
    const double bin = scale * (value - least);
    ++histogram.bins[bin >= 0.0 ? static_cast<std::size_t>(std::min(bin, 255.0)) : 0];
    ++histogram.count;
  });
  return histogram;
}

template <typename T>
void apply_table(cv::Mat& plane, const cv::Rect& region, const std::vector<T>& table) {
  for (int y = region.y; y < region.y + region.height; ++y) {
    T* row = plane.ptr<T>(y) + region.x * plane.channels();
    for (int x = 0; x < region.width * plane.channels(); ++x) row[x] = table[row[x]];
  }
}

template <typename T, typename Value>
void apply(cv::Mat& plane, const cv::Rect& region, Value value) {
  std::vector<T> table(static_cast<std::size_t>(std::numeric_limits<T>::max()) + 1);
  for (std::size_t i = 0; i < table.size(); ++i)
    table[i] = static_cast<T>(value(static_cast<int>(i)));
  apply_table(plane, region, table);
}

template <typename T>
void normalize(cv::Mat& plane, const cv::Rect& region, const DisplayRange& limits) {
  constexpr int most = std::numeric_limits<T>::max();
  apply<T>(plane, region, [&](int i) {
    if (i <= limits.min) return 0;
    if (i >= limits.max) return most;
    return static_cast<int>((i - limits.min) / (limits.max - limits.min) * most);
  });
}

template <typename T>
void equalize(cv::Mat& plane, const cv::Rect& region, const ContrastHistogram& histogram) {
  constexpr int most = std::numeric_limits<T>::max();
  std::vector<double> roots;
  for (const int bin : histogram.bins) roots.push_back(std::sqrt(static_cast<double>(bin)));
  // Trapezia: the first and the last bin count half.
  double sum = roots.front();
  for (int i = 1; i < most; ++i) sum += 2.0 * roots[static_cast<std::size_t>(i)];
  sum += roots.back();
  const double scale = most / sum;
  std::vector<T> table(static_cast<std::size_t>(most) + 1);
  sum = roots.front();
  for (std::size_t i = 1; i < static_cast<std::size_t>(most); ++i) {
    sum += roots[i];
    table[i] = static_cast<T>(std::floor(sum * scale + 0.5));
    sum += roots[i];
  }
  table.back() = static_cast<T>(most);
  apply_table(plane, region, table);
}

}  // namespace

ContrastHistogram histogram_of(const cv::Mat& plane, const cv::Rect& region, const cv::Mat& mask,
                               bool weighted_rgb) {
  if (plane.depth() == CV_32F) return histogram_of_floats(plane, region, mask);
  ContrastHistogram histogram{std::vector<int>(plane.depth() == CV_8U ? 256 : 65536), 0.0, 1.0, 0};
  const auto count = [&](int bin) {
    ++histogram.bins[static_cast<std::size_t>(bin)];
    ++histogram.count;
  };
  if (plane.depth() == CV_16U) {
    for_each_selected<std::uint16_t>(plane, region, mask, [&](const auto* p) { count(*p); });
  } else if (plane.channels() == 1) {
    for_each_selected<std::uint8_t>(plane, region, mask, [&](const auto* p) { count(*p); });
  } else {
    const double red = weighted_rgb ? 0.299 : 1.0 / 3.0;
    const double green = weighted_rgb ? 0.587 : 1.0 / 3.0;
    const double blue = weighted_rgb ? 0.114 : 1.0 / 3.0;
    for_each_selected<std::uint8_t>(plane, region, mask, [&](const auto* p) {
      count(static_cast<int>(p[0] * red + p[1] * green + p[2] * blue + 0.5));
    });
  }
  return histogram;
}

std::optional<DisplayRange> contrast_limits(const ContrastHistogram& histogram, double saturated) {
  const int allowed = saturated > 0.0 ? static_cast<int>(histogram.count * saturated / 200.0) : 0;
  const auto size = static_cast<int>(histogram.bins.size());
  const auto at = [&](int bin) { return histogram.bins[static_cast<std::size_t>(bin)]; };
  int low = 0;
  for (int sum = at(0); sum <= allowed && low < size - 1;) sum += at(++low);
  int high = size - 1;
  for (int sum = at(high); sum <= allowed && high > 0;) sum += at(--high);
  if (high <= low) return std::nullopt;
  return DisplayRange{histogram.least + low * histogram.width,
                      histogram.least + high * histogram.width};
}

void normalize_contrast(cv::Mat& plane, const cv::Rect& region, const DisplayRange& limits) {
  switch (plane.depth()) {
    case CV_8U: normalize<std::uint8_t>(plane, region, limits); return;
    case CV_16U: normalize<std::uint16_t>(plane, region, limits); return;
    default: break;
  }
  const double scale = limits.max > limits.min ? 1.0 / (limits.max - limits.min) : 1.0;
  for (int y = region.y; y < region.y + region.height; ++y) {
    auto* row = plane.ptr<float>(y);
    for (int x = region.x; x < region.x + region.width; ++x) {
      const double value = (static_cast<double>(row[x]) - limits.min) * scale;
      row[x] = static_cast<float>(value < 0.0 ? 0.0 : value > 1.0 ? 1.0 : value);
    }
  }
}

void stretch_colours(cv::Mat& plane, const cv::Rect& region, const DisplayRange& limits) {
  const int low = static_cast<int>(limits.min);
  const int high = static_cast<int>(limits.max);
  apply<std::uint8_t>(plane, region, [&](int i) {
    const double value = std::max(0, i - low) * 256.0 / (high - low);
    return static_cast<int>(std::min(value, 255.0));
  });
}

void equalize_contrast(cv::Mat& plane, const cv::Rect& region, const ContrastHistogram& histogram) {
  if (plane.depth() == CV_8U)
    equalize<std::uint8_t>(plane, region, histogram);
  else
    equalize<std::uint16_t>(plane, region, histogram);
}

}  // namespace smear::imagej
