// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/bin.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <opencv2/core.hpp>
#include <type_traits>

#include "smear/errors.h"

namespace smear::imagej {
namespace {

template <typename T>
T sum_of(const std::vector<T>& values) {
  if constexpr (std::is_same_v<T, float>) {
    return std::accumulate(values.begin(), values.end(), 0.0F);
  } else {
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    return static_cast<T>(std::min(sum, static_cast<double>(std::numeric_limits<T>::max())));
  }
}

template <typename T>
T average_of(const std::vector<T>& values) {
  const auto n = static_cast<float>(values.size());
  if constexpr (std::is_same_v<T, float>) {
    return std::accumulate(values.begin(), values.end(), 0.0F) / n;
  } else {
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    return static_cast<T>(mean + 0.5);
  }
}

template <typename T>
T value_of(std::vector<T>& values, Binning binning) {
  switch (binning) {
    case Binning::average: return average_of(values);
    case Binning::median: {
      std::ranges::sort(values);
      const std::size_t half = (values.size() + 1) / 2;
      const T value = values[half > 2 ? half - 2 : 0];
      // ImageJ looks for the greatest value from 0 on.
      return std::max(value, T{});
    }
    case Binning::min: return *std::ranges::min_element(values);
    case Binning::max: return *std::ranges::max_element(values);
    case Binning::sum: break;
  }
  return sum_of(values);
}

template <typename T>
void bin_into(const cv::Mat& pixels, cv::Size block, Binning binning, cv::Mat& result) {
  const int channels = pixels.channels();
  std::vector<T> values(static_cast<std::size_t>(block.area()));
  for (int y = 0; y < result.rows; ++y)
    for (int x = 0; x < result.cols; ++x)
      for (int channel = 0; channel < channels; ++channel) {
        auto to = values.begin();
        for (int dy = 0; dy < block.height; ++dy)
          for (int dx = 0; dx < block.width; ++dx)
            *to++ =
                pixels.ptr<T>(y * block.height + dy)[(x * block.width + dx) * channels + channel];
        result.ptr<T>(y)[x * channels + channel] = value_of(values, binning);
      }
}

}  // namespace

const std::vector<std::string>& binning_names() {
  static const std::vector<std::string> names{"Average", "Median", "Min", "Max", "Sum"};
  return names;
}

Binning binning_named(std::string_view name) {
  const auto found = std::ranges::find(binning_names(), name);
  if (found == binning_names().end())
    throw ConfigError(
        fmt::format("bin is one of {}, got '{}'", fmt::join(binning_names(), ", "), name));
  return static_cast<Binning>(found - binning_names().begin());
}

cv::Mat binned(const cv::Mat& pixels, cv::Size block, Binning binning) {
  const cv::Size size(pixels.cols / block.width, pixels.rows / block.height);
  if (size.empty())
    throw SampleError(
        fmt::format("{} x {} pixels are no whole block of {} x {}; make the blocks smaller",
                    pixels.cols, pixels.rows, block.width, block.height));
  cv::Mat result(size, pixels.type());
  switch (pixels.depth()) {
    case CV_8U: bin_into<std::uint8_t>(pixels, block, binning, result); break;
    case CV_16U: bin_into<std::uint16_t>(pixels, block, binning, result); break;
    default: bin_into<float>(pixels, block, binning, result);
  }
  return result;
}

}  // namespace smear::imagej
