// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/wand.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <opencv2/core.hpp>

namespace smear::imagej {
namespace {

// Headings along pixel edges, each a turn to the right of the one before.
enum Heading : unsigned { right, down, left, up };

struct Step {
  int dx, dy;              // of a heading
  int left_dx, left_dy;    // from a corner to the pixel ahead on the left
  int right_dx, right_dy;  // and to that on the right
};

constexpr std::array<Step, 4> steps = {{
    {1, 0, 0, -1, 0, 0},
    {0, 1, 0, 0, -1, 0},
    {-1, 0, -1, 0, -1, -1},
    {0, -1, -1, -1, 0, -1},
}};

template <typename T>
void threshold_rows(const cv::Mat& pixels, double lower, double upper, cv::Mat& inside) {
  for (int y = 0; y < pixels.rows; ++y) {
    const T* from = pixels.ptr<T>(y);
    auto* to = inside.ptr<std::uint8_t>(y + 1) + 1;
    for (int x = 0; x < pixels.cols; ++x) to[x] = from[x] >= lower && from[x] <= upper ? 255 : 0;
  }
}

}  // namespace

Outline trace_outline(const cv::Mat& inside, cv::Point start, Connectivity connectivity) {
  const auto stride = static_cast<std::ptrdiff_t>(inside.step);
  // Of the pixel whose upper left corner is where we stand.
  const cv::Point first(start.x + 1, start.y);
  const std::uint8_t* here = inside.data + (first.y + 1) * stride + first.x + 1;
  cv::Point at = first;
  unsigned heading = down;
  Outline outline;
  outline.corners.reserve(64);
  cv::Point low = at;
  cv::Point high = at;
  do {
    const Step& step = steps[heading];
    at.x += step.dx;
    at.y += step.dy;
    here += step.dy * stride + step.dx;
    const bool ahead_left = here[step.left_dy * stride + step.left_dx] != 0;
    const bool ahead_right = here[step.right_dy * stride + step.right_dx] != 0;
    const bool turn_left = ahead_left && (ahead_right || connectivity == Connectivity::eight);
    if (!turn_left && ahead_right) continue;
    heading = (heading + (turn_left ? 3U : 1U)) & 3U;
    outline.corners.push_back(at);
    low = {std::min(low.x, at.x), std::min(low.y, at.y)};
    high = {std::max(high.x, at.x), std::max(high.y, at.y)};
  } while (at != first || heading != down);
  outline.bounds = cv::Rect(low, high);
  return outline;
}

Outline wand(const cv::Mat& inside, cv::Point at, Connectivity connectivity) {
  const auto* row = inside.ptr<std::uint8_t>(at.y + 1) + 1;
  while (row[at.x + 1] != 0) ++at.x;
  return trace_outline(inside, at, connectivity);
}

cv::Mat bordered_threshold(const cv::Mat& pixels, double lower, double upper) {
  cv::Mat inside(pixels.rows + 2, pixels.cols + 2, CV_8UC1, cv::Scalar(0));
  switch (pixels.depth()) {
    case CV_8U: {
      cv::Mat within = inside(cv::Rect(1, 1, pixels.cols, pixels.rows));
      cv::inRange(pixels, std::ceil(std::max(lower, -1.0)), std::floor(std::min(upper, 256.0)),
                  within);
      break;
    }
    case CV_16U: threshold_rows<std::uint16_t>(pixels, lower, upper, inside); break;
    default: threshold_rows<float>(pixels, lower, upper, inside);
  }
  return inside;
}

}  // namespace smear::imagej
