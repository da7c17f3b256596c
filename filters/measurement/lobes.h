// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <vector>

/// How many lobes a nucleus has.
namespace smear::measurement {

/// Floods the distances to the background from their peaks down, as a watershed does. Where two
/// floods meet, the one with the lower peak is a lobe of its own if the place is at most `neck`
/// times as high as its peak; otherwise it becomes part of the other. That is the h-maxima
/// transform with an `h` in proportion to the peak, so that size plays no part.
class Lobes {
 public:
  /// `nucleus` is an 8-bit mask whose pixels above 0 are the nucleus; its frame is background.
  Lobes(const cv::Mat& nucleus, double neck) : neck_(neck) {
    // The squares of the distances are whole numbers: they sort by counting, and equal ones are.
    cv::Mat distance;
    cv::distanceTransform(nucleus, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
    height_.reserve(distance.total());
    for (int y = 0; y < distance.rows; ++y)
      for (int x = 0; x < distance.cols; ++x) {
        const float value = distance.at<float>(y, x);
        height_.push_back(static_cast<int>(std::lround(value * value)));
      }
    flood(nucleus.cols);
  }

  /// The lobes of at least this part of the nucleus's area. A nucleus has one at least.
  [[nodiscard]] int count(double smallest_part) {
    std::vector<double> areas(peak_.size(), 0.0);
    for (std::size_t i = 0; i < peak_.size(); ++i)
      areas[index(root(lobe_, static_cast<int>(i)))] += static_cast<double>(area_[i]);
    const double whole = std::accumulate(areas.begin(), areas.end(), 0.0);
    const auto large = [&](double area) { return area > 0.0 && area >= smallest_part * whole; };
    const auto found = static_cast<int>(std::ranges::count_if(areas, large));
    return peak_.empty() ? 0 : std::max(1, found);
  }

 private:
  static constexpr int none = -1;
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }

  static int root(std::vector<int>& parents, int i) {
    while (parents[index(i)] != i) i = parents[index(i)] = parents[index(parents[index(i)])];
    return i;
  }

  /// The pixels above 0, the highest first, those of one height in raster order.
  [[nodiscard]] std::vector<int> from_the_top() const {
    std::vector<std::size_t> place(index(*std::ranges::max_element(height_)) + 2, 0);
    for (const int height : height_) ++place[index(height)];
    std::size_t higher = 0;
    for (std::size_t height = place.size(); height-- > 0;)
      higher += std::exchange(place[height], higher);
    std::vector<int> order(place[0]);
    for (std::size_t pixel = 0; pixel < height_.size(); ++pixel)
      if (height_[pixel] > 0) order[place[index(height_[pixel])]++] = static_cast<int>(pixel);
    return order;
  }

  void flood(int columns) {
    const std::array<int, 8> neighbours{-columns - 1, -columns, -columns + 1, -1, 1,
                                        columns - 1,  columns,  columns + 1};
    std::vector<int> owner(height_.size(), none);
    for (const int pixel : from_the_top()) {
      int& mine = owner[index(pixel)];
      for (const int offset : neighbours) {
        const int theirs = owner[index(pixel + offset)];
        if (theirs == none || theirs == mine) continue;
        if (mine == none)
          mine = theirs;
        else
          meet(mine, theirs, height_[index(pixel)]);
      }
      if (mine == none) {
        mine = static_cast<int>(peak_.size());
        peak_.push_back(height_[index(pixel)]);
        area_.push_back(0);
        flood_.push_back(mine);
        lobe_.push_back(mine);
      }
      ++area_[index(mine)];
    }
  }

  /// The root of a flood is always the one with its highest peak.
  void meet(int a, int b, int height) {
    int upper = root(flood_, a);
    int lower = root(flood_, b);
    if (upper == lower) return;
    int place = a;  // where the lower one touches the upper one
    if (peak_[index(upper)] < peak_[index(lower)]) {
      std::swap(upper, lower);
      place = b;
    }
    flood_[index(lower)] = upper;
    if (height > neck_ * neck_ * peak_[index(lower)])
      lobe_[index(root(lobe_, lower))] = root(lobe_, place);
  }

  double neck_;
  std::vector<int> height_;  ///< squares of the distances, a pixel
  // A peak:
  std::vector<int> peak_;           ///< its height
  std::vector<int> flood_;          ///< parents; those that met have one root
  std::vector<int> lobe_;           ///< parents; those of one lobe have one root
  std::vector<std::int64_t> area_;  ///< number of pixels flooded from it
};

}  // namespace smear::measurement
