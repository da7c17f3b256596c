// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/rank-filters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "smear/errors.h"

namespace smear::imagej {
namespace {

// The circular neighbourhood, from its top row on.
struct Circle {
  explicit Circle(double radius) {
    const auto widths = circle_half_widths(radius);
    reach = static_cast<int>(widths.size()) - 1;
    for (int dy = -reach; dy <= reach; ++dy)
      half_widths.push_back(widths[static_cast<std::size_t>(std::abs(dy))]);
    for (const int width : half_widths) count += 2 * width + 1;
  }
  [[nodiscard]] int rows() const { return 2 * reach + 1; }
  [[nodiscard]] int half_width(int row) const { return half_widths[static_cast<std::size_t>(row)]; }

  int reach = 0;
  int count = 0;
  std::vector<int> half_widths;
};

template <typename T>
T to_pixel(float value) {
  if constexpr (std::is_same_v<T, float>) {
    return value;
  } else {
    value += 0.5F;
    // NaN becomes 0, as in Java.
    if (!(value >= 0.0F)) return 0;
    return static_cast<T>(std::min(value, static_cast<float>(std::numeric_limits<T>::max())));
  }
}

// `padded` is the region with circle.reach pixels around it, `out` has the region's size.

void extreme(const cv::Mat& padded, const Circle& circle, bool largest, cv::Mat& out) {
  cv::Mat element = cv::Mat::zeros(circle.rows(), circle.rows(), CV_8U);
  for (int row = 0; row < circle.rows(); ++row) {
    const int width = circle.half_width(row);
    element.row(row).colRange(circle.reach - width, circle.reach + width + 1) = 1;
  }
  const cv::Mat inner = padded(cv::Rect(circle.reach, circle.reach, out.cols, out.rows));
  if (largest)
    cv::dilate(inner, out, element, {-1, -1}, 1, cv::BORDER_REPLICATE);
  else
    cv::erode(inner, out, element, {-1, -1}, 1, cv::BORDER_REPLICATE);
}

// Running sums along each row, which begin anew for small circles. In 32 bits, what is added and
// taken away when decides the last digits.
template <typename T>
class Sums {
 public:
  Sums(const cv::Mat& padded, const Circle& circle) : padded_(padded), circle_(circle) {}

  void at(int x, int y) {
    if (x == 0 || circle_.reach < 2)
      start(x, y);
    else
      move(x, y);
  }
  double sum = 0.0;
  double squares = 0.0;

 private:
  void start(int x, int y) {
    sum = 0.0;
    squares = 0.0;
    for (int row = 0; row < circle_.rows(); ++row) {
      const int width = circle_.half_width(row);
      const T* middle = padded_.ptr<T>(y + row) + x + circle_.reach;
      for (int dx = -width; dx <= width; ++dx) add(middle[dx]);
    }
  }
  void move(int x, int y) {
    double change = 0.0;
    double change_of_squares = 0.0;
    for (int row = 0; row < circle_.rows(); ++row) {
      const int width = circle_.half_width(row);
      const T* middle = padded_.ptr<T>(y + row) + x + circle_.reach;
      const auto gone = static_cast<double>(middle[-width - 1]);
      change -= gone;
      change_of_squares -= gone * gone;
      const auto come = static_cast<double>(middle[width]);
      change += come;
      change_of_squares += come * come;
    }
    sum += change;
    squares += change_of_squares;
    if (std::isnan(sum)) start(x, y);
  }
  void add(T pixel) {
    const auto value = static_cast<double>(pixel);
    sum += value;
    squares += value * value;
  }

  const cv::Mat& padded_;
  const Circle& circle_;
};

template <typename T>
void moments(const cv::Mat& padded, const Circle& circle, bool variance, cv::Mat& out) {
  Sums<T> sums(padded, circle);
  const int n = circle.count;
  for (int y = 0; y < out.rows; ++y) {
    T* to = out.ptr<T>(y);
    for (int x = 0; x < out.cols; ++x) {
      sums.at(x, y);
      const double value = variance ? (sums.squares - sums.sum * sums.sum / n) / n : sums.sum / n;
      to[x] = to_pixel<T>(static_cast<float>(value));
    }
  }
}

template <typename T>
void median_by_selection(const cv::Mat& padded, const Circle& circle, cv::Mat& out) {
  std::vector<T> values(static_cast<std::size_t>(circle.count));
  const auto middle = values.begin() + circle.count / 2;
  for (int y = 0; y < out.rows; ++y)
    for (int x = 0; x < out.cols; ++x) {
      T* next = values.data();
      for (int row = 0; row < circle.rows(); ++row) {
        const int width = circle.half_width(row);
        const T* first = padded.ptr<T>(y + row) + x + circle.reach - width;
        next = std::copy_n(first, 2 * width + 1, next);
      }
      std::nth_element(values.begin(), middle, values.end());
      out.at<T>(y, x) = *middle;
    }
}

// A histogram that moves along a row together with how many of its values are below a level.
class MovingMedian {
 public:
  explicit MovingMedian(int count) : half_(count / 2) {}
  void clear() {
    bins_.fill(0);
    level_ = 0;
    below_ = 0;
  }
  void add(std::uint8_t value) {
    ++bins_[value];
    below_ += value < level_ ? 1 : 0;
  }
  void remove(std::uint8_t value) {
    --bins_[value];
    below_ -= value < level_ ? 1 : 0;
  }
  std::uint8_t median() {
    while (below_ > half_) below_ -= bins_[--level_];
    while (below_ + bins_[level_] <= half_) below_ += bins_[level_++];
    return static_cast<std::uint8_t>(level_);
  }

 private:
  std::array<int, 256> bins_{};
  std::size_t level_ = 0;
  int below_ = 0;
  int half_;
};

void median_of_bytes(const cv::Mat& padded, const Circle& circle, cv::Mat& out) {
  MovingMedian moving(circle.count);
  for (int y = 0; y < out.rows; ++y) {
    moving.clear();
    for (int row = 0; row < circle.rows(); ++row) {
      const int width = circle.half_width(row);
      const auto* middle = padded.ptr<std::uint8_t>(y + row) + circle.reach;
      for (int dx = -width; dx <= width; ++dx) moving.add(middle[dx]);
    }
    auto* to = out.ptr<std::uint8_t>(y);
    to[0] = moving.median();
    for (int x = 1; x < out.cols; ++x) {
      for (int row = 0; row < circle.rows(); ++row) {
        const int width = circle.half_width(row);
        const auto* middle = padded.ptr<std::uint8_t>(y + row) + circle.reach + x;
        moving.remove(middle[-width - 1]);
        moving.add(middle[width]);
      }
      to[x] = moving.median();
    }
  }
}

void median(const cv::Mat& padded, const Circle& circle, cv::Mat& out) {
  switch (padded.depth()) {
    case CV_8U: median_of_bytes(padded, circle, out); break;
    case CV_16U: median_by_selection<std::uint16_t>(padded, circle, out); break;
    default: median_by_selection<float>(padded, circle, out);
  }
}

void apply(const cv::Mat& padded, const Circle& circle, RankFilter filter, cv::Mat& out) {
  switch (filter) {
    case RankFilter::minimum: extreme(padded, circle, false, out); return;
    case RankFilter::maximum: extreme(padded, circle, true, out); return;
    case RankFilter::median: median(padded, circle, out); return;
    default: break;
  }
  const bool variance = filter == RankFilter::variance;
  switch (padded.depth()) {
    case CV_8U: moments<std::uint8_t>(padded, circle, variance, out); break;
    case CV_16U: moments<std::uint16_t>(padded, circle, variance, out); break;
    default: moments<float>(padded, circle, variance, out);
  }
}

// Calls `work(padded, inner, out)` on each channel of the region: with and without what lies
// around it, and where the result is to go.
template <typename Work>
void for_each_channel(cv::Mat& plane, const cv::Rect& region, const Circle& circle, Work work) {
  const int reach = circle.reach;
  cv::Mat padded;
  // Takes what there is around the region from the image.
  cv::copyMakeBorder(plane(region), padded, reach, reach, reach, reach, cv::BORDER_REPLICATE);
  for (int channel = 0; channel < plane.channels(); ++channel) {
    cv::Mat one = padded;
    if (plane.channels() > 1) cv::extractChannel(padded, one, channel);
    cv::Mat out(region.size(), one.type());
    work(one, one(cv::Rect({reach, reach}, region.size())), out);
    cv::Mat target = plane(region);
    if (plane.channels() > 1)
      cv::insertChannel(out, target, channel);
    else
      out.copyTo(target);
  }
}

template <typename T>
void keep_inliers(const cv::Mat& pixels, float threshold, bool bright, cv::Mat& medians) {
  for (int y = 0; y < pixels.rows; ++y) {
    const T* from = pixels.ptr<T>(y);
    T* to = medians.ptr<T>(y);
    for (int x = 0; x < pixels.cols; ++x) {
      const auto value = static_cast<float>(from[x]);
      const auto middle = static_cast<float>(to[x]);
      const bool outlier = bright ? value - threshold > middle : value + threshold < middle;
      if (!outlier) to[x] = from[x];
    }
  }
}

}  // namespace

std::vector<int> circle_half_widths(double radius) {
  // Radii whose circles would look square are made a little larger.
  if (radius >= 1.5 && radius < 1.75)
    radius = 1.75;
  else if (radius >= 2.5 && radius < 2.85)
    radius = 2.85;
  const int square = static_cast<int>(radius * radius) + 1;
  const int reach = static_cast<int>(std::sqrt(square + 1e-10));
  std::vector<int> widths;
  for (int y = 0; y <= reach; ++y)
    widths.push_back(static_cast<int>(std::sqrt(square - y * y + 1e-10)));
  return widths;
}

namespace {

// ImageJ's results then depend on the order in which it comes to the pixels.
void refuse_nan(const cv::Mat& plane) {
  if (plane.depth() != CV_32F) return;
  for (int y = 0; y < plane.rows; ++y)
    if (std::any_of(plane.ptr<float>(y), plane.ptr<float>(y) + plane.cols,
                    [](float value) { return std::isnan(value); }))
      throw SampleError(
          "the image has pixels that are not-a-number (NaN), which mean, median, minimum, maximum "
          "and outliers are not computed of here; filter before NaN Background");
}

}  // namespace

void rank_filter(cv::Mat& plane, const cv::Rect& region, RankFilter filter, double radius) {
  if (filter != RankFilter::variance) refuse_nan(plane);
  const Circle circle(radius);
  for_each_channel(plane, region, circle,
                   [&](const cv::Mat& padded, const cv::Mat& /*inner*/, cv::Mat& out) {
                     apply(padded, circle, filter, out);
                   });
}

void remove_outliers(cv::Mat& plane, const cv::Rect& region, double radius, double threshold,
                     bool bright) {
  refuse_nan(plane);
  const Circle circle(radius);
  const auto limit = static_cast<float>(threshold);
  for_each_channel(plane, region, circle,
                   [&](const cv::Mat& padded, const cv::Mat& inner, cv::Mat& out) {
                     median(padded, circle, out);
                     switch (inner.depth()) {
                       case CV_8U: keep_inliers<std::uint8_t>(inner, limit, bright, out); break;
                       case CV_16U: keep_inliers<std::uint16_t>(inner, limit, bright, out); break;
                       default: keep_inliers<float>(inner, limit, bright, out);
                     }
                   });
}

}  // namespace smear::imagej
