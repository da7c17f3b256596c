// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <opencv2/core/mat.hpp>

/// Haralick's measures of texture.
namespace smear::measurement {

/// Means over the four directions; NaN where no two pixels lie at the distance.
struct Texture {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  double contrast = unknown;     ///< sum of p (i - j)^2
  double homogeneity = unknown;  ///< sum of p / (1 + (i - j)^2), the inverse difference moment
  double energy = unknown;       ///< sum of p^2, the angular second moment
  double entropy = unknown;      ///< - sum of p log2 p
  double correlation = unknown;  ///< of i and j; NaN where all pixels have one level
};

/// How often two levels lie beside each other, in either order, at one offset.
/// ITK's filter keeps a general histogram and looks at each pixel's neighbourhood through an
/// iterator; it drops what lies outside its limits instead of clamping it.
class Cooccurrence {
 public:
  static constexpr int levels = 32;
  /// Marks pixels that take no part.
  static constexpr std::uint8_t outside = 255;

  /// `image` is 8 bit, values are levels or `outside`.
  Cooccurrence(const cv::Mat& image, int right, int down) {
    const int first = std::max(0, -right);
    const int last = image.cols - std::max(0, right);
    for (int y = 0; y + down < image.rows; ++y) {
      const auto* here = image.ptr<std::uint8_t>(y);
      const auto* there = image.ptr<std::uint8_t>(y + down) + right;
      for (int x = first; x < last; ++x)
        if (here[x] != outside && there[x] != outside) ++counts_[here[x]][there[x]];
    }
    for (const auto& row : counts_)
      for (const std::int64_t count : row) pairs_ += count;
  }

  [[nodiscard]] bool empty() const { return pairs_ == 0; }

  [[nodiscard]] Texture texture() const {
    Texture sum{0.0, 0.0, 0.0, 0.0, 0.0};
    double mean = 0.0;
    double square = 0.0;
    double product = 0.0;
    for (int i = 0; i < levels; ++i)
      for (int j = 0; j < levels; ++j) {
        const double p = probability(i, j);
        if (p == 0.0) continue;
        const double step = (i - j) * (i - j);
        sum.contrast += p * step;
        sum.homogeneity += p / (1.0 + step);
        sum.energy += p * p;
        sum.entropy -= p * std::log2(p);
        mean += p * i;
        square += p * i * i;
        product += p * i * j;
      }
    const double variance = square - mean * mean;
    sum.correlation = is_uniform() ? Texture::unknown : (product - mean * mean) / variance;
    return sum;
  }

 private:
  /// Each pair counts in both orders.
  [[nodiscard]] double probability(int i, int j) const {
    const auto count = counts_[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] +
                       counts_[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)];
    return static_cast<double>(count) / (2.0 * static_cast<double>(pairs_));
  }

  [[nodiscard]] bool is_uniform() const {
    for (std::size_t i = 0; i < levels; ++i)
      if (counts_[i][i] == pairs_) return true;
    return false;
  }

  std::array<std::array<std::int64_t, levels>, levels> counts_{};
  std::int64_t pairs_ = 0;
};

/// The measures of the co-occurrences at this distance (of the columns, of the rows or of both),
/// each the mean over those of the four directions in which two pixels lie so.
inline Texture texture_of(const cv::Mat& image, int distance) {
  Texture mean{0.0, 0.0, 0.0, 0.0, 0.0};
  int directions = 0;
  for (const auto& [right, down] : {std::pair{1, 0}, {1, 1}, {0, 1}, {-1, 1}}) {
    const Cooccurrence pairs(image, right * distance, down * distance);
    if (pairs.empty()) continue;
    const Texture one = pairs.texture();
    mean.contrast += one.contrast;
    mean.homogeneity += one.homogeneity;
    mean.energy += one.energy;
    mean.entropy += one.entropy;
    mean.correlation += one.correlation;
    ++directions;
  }
  if (directions == 0) return {};
  for (double* value :
       {&mean.contrast, &mean.homogeneity, &mean.energy, &mean.entropy, &mean.correlation})
    *value /= directions;
  return mean;
}

}  // namespace smear::measurement
