// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/z-project.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <utility>

namespace smear::imagej {
namespace {

struct Named {
  std::string_view name;
  std::string_view prefix;
  Projection projection;
};

constexpr std::array projections{
    Named{"Average Intensity", "AVG_", Projection::average},
    Named{"Max Intensity", "MAX_", Projection::maximum},
    Named{"Min Intensity", "MIN_", Projection::minimum},
    Named{"Sum Slices", "SUM_", Projection::sum},
    Named{"Standard Deviation", "STD_", Projection::standard_deviation},
    Named{"Median", "MED_", Projection::median},
};

double sum_of(const std::vector<float>& values) {
  double sum = 0.0;
  for (const float v : values) sum += v;
  return sum;
}

double deviation_of(const std::vector<float>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0.0;
  double squares = 0.0;
  for (const double v : values) {
    sum += v;
    squares += v * v;
  }
  const double spread = (n * squares - sum * sum) / n;
  return spread > 0.0 ? std::sqrt(spread / (n - 1.0)) : 0.0;
}

double median_of(std::vector<float>& values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2.0F;
}

double projected(std::vector<float>& values, Projection projection) {
  switch (projection) {
    case Projection::average: return sum_of(values) / static_cast<double>(values.size());
    case Projection::maximum: return *std::ranges::max_element(values);
    case Projection::minimum: return *std::ranges::min_element(values);
    case Projection::sum: return sum_of(values);
    case Projection::standard_deviation: return deviation_of(values);
    case Projection::median: return median_of(values);
  }
  return 0.0;
}

}  // namespace

std::optional<Projection> projection_named(std::string_view name) {
  const auto found = std::ranges::find(projections, name, &Named::name);
  if (found == projections.end()) return std::nullopt;
  return found->projection;
}

const std::vector<std::string>& projection_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& one : projections) all.emplace_back(one.name);
    return all;
  }();
  return names;
}

std::string_view prefix_of(Projection projection) {
  return std::ranges::find(projections, projection, &Named::projection)->prefix;
}

cv::Mat project(std::vector<cv::Mat> planes, Projection projection) {
  if (projection == Projection::average && planes.front().depth() == CV_32F) {
    // ImageJ 1.53t loses the last one.
    if (planes.size() == 1)
      return {planes.front().size(), CV_32FC1,
              cv::Scalar(std::numeric_limits<double>::quiet_NaN())};
    planes.pop_back();
  }
  std::vector<cv::Mat> floats(planes.size());
  for (std::size_t i = 0; i < planes.size(); ++i) planes[i].convertTo(floats[i], CV_32F);
  cv::Mat result(planes.front().size(), CV_32FC1);
  std::vector<float> values(planes.size());
  for (int y = 0; y < result.rows; ++y)
    for (int x = 0; x < result.cols; ++x) {
      for (std::size_t i = 0; i < floats.size(); ++i) values[i] = floats[i].at<float>(y, x);
      result.at<float>(y, x) = static_cast<float>(projected(values, projection));
    }
  const int depth = planes.front().depth();
  if (depth == CV_32F || (depth == CV_16U && projection == Projection::median) ||
      projection == Projection::sum || projection == Projection::standard_deviation)
    return result;
  // Values are at least 0: adding a half and truncating rounds them.
  for (int y = 0; y < result.rows; ++y)
    for (int x = 0; x < result.cols; ++x)
      result.at<float>(y, x) = std::floor(result.at<float>(y, x) + 0.5F);
  cv::Mat whole;
  result.convertTo(whole, depth);
  return whole;
}

}  // namespace smear::imagej
