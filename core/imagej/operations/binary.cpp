// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/binary.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace smear::imagej {
namespace {

// 1 where a pixel is not `own`, of the region and the pixels round it; `outside` beyond the image.
cv::Mat others(const cv::Mat& pixels, const cv::Rect& region, std::uint8_t own,
               std::uint8_t outside) {
  cv::Mat result(region.height + 2, region.width + 2, CV_8UC1, cv::Scalar(outside));
  const cv::Rect wanted(region.x - 1, region.y - 1, region.width + 2, region.height + 2);
  const cv::Rect there = wanted & cv::Rect(0, 0, pixels.cols, pixels.rows);
  for (int y = there.y; y < there.y + there.height; ++y) {
    const auto* from = pixels.ptr<std::uint8_t>(y) + there.x;
    auto* to = result.ptr<std::uint8_t>(y - wanted.y) + (there.x - wanted.x);
    for (int x = 0; x < there.width; ++x) to[x] = from[x] != own ? 1 : 0;
  }
  return result;
}

// Pixels of `region` of level `own` with enough neighbours of the other level take that level;
// `before` are the pixels as they were, which may be `pixels`.
void turn_part(const cv::Mat& before, cv::Mat& pixels, const cv::Rect& region, std::uint8_t own,
               std::uint8_t outside, int count) {
  const cv::Mat other = others(before, region, own, outside);
  const auto turned = static_cast<std::uint8_t>(255 - own);
  std::vector<std::uint8_t> sums(static_cast<std::size_t>(other.cols));
  for (int y = 0; y < region.height; ++y) {
    const auto* above = other.ptr<std::uint8_t>(y);
    const auto* middle = other.ptr<std::uint8_t>(y + 1);
    const auto* under = other.ptr<std::uint8_t>(y + 2);
    auto* sum = sums.data();
    for (int x = 0; x < other.cols; ++x)
      sum[x] = static_cast<std::uint8_t>(above[x] + middle[x] + under[x]);
    auto* row = pixels.ptr<std::uint8_t>(region.y + y) + region.x;
    for (int x = 0; x < region.width; ++x) {
      const auto around = static_cast<std::uint8_t>(sum[x] + sum[x + 1] + sum[x + 2]);
      row[x] = row[x] == own && around >= count ? turned : row[x];
    }
  }
}

// One step. ImageJ takes the image's last column and row along where the region ends just before
// them.
void turn_pixels(cv::Mat& pixels, const cv::Rect& region, std::uint8_t own, std::uint8_t outside,
                 int count) {
  const cv::Point end = region.br();
  const bool column = end.x == pixels.cols - 1;
  const bool row = end.y == pixels.rows - 1;
  const cv::Mat before = column || row ? pixels.clone() : pixels;
  turn_part(before, pixels, region, own, outside, count);
  if (column) turn_part(before, pixels, {end.x, region.y, 1, region.height}, own, outside, count);
  if (row) turn_part(before, pixels, {region.x, end.y, region.width, 1}, own, outside, count);
}

}  // namespace

std::uint8_t object_level(bool black_background, bool inverting_lut) {
  return black_background != inverting_lut ? 255 : 0;
}

bool is_binary(const cv::Mat& pixels) {
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* row = pixels.ptr<std::uint8_t>(y);
    unsigned other = 0;
    // 0 and 255 are the levels that stay within 0 and 1 after adding 1.
    for (int x = 0; x < pixels.cols; ++x) other |= static_cast<std::uint8_t>(row[x] + 1U) & ~1U;
    if (other != 0) return false;
  }
  return true;
}

void erode(cv::Mat& pixels, const cv::Rect& region, std::uint8_t object, const Morphology& how) {
  for (int i = 0; i < how.iterations; ++i)
    turn_pixels(pixels, region, object, how.pad_edges ? 0 : 1, how.count);
}

void dilate(cv::Mat& pixels, const cv::Rect& region, std::uint8_t object, const Morphology& how) {
  for (int i = 0; i < how.iterations; ++i)
    turn_pixels(pixels, region, static_cast<std::uint8_t>(255 - object), 0, how.count);
}

void fill_holes(cv::Mat& pixels, std::uint8_t object) {
  const auto background = static_cast<std::uint8_t>(255 - object);
  constexpr std::uint8_t reached = 127;
  cv::Mat framed;
  cv::copyMakeBorder(pixels, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(background));
  cv::floodFill(framed, cv::Point(0, 0), cv::Scalar(reached), nullptr, {}, {}, 4);
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* from = framed.ptr<std::uint8_t>(y + 1) + 1;
    auto* to = pixels.ptr<std::uint8_t>(y);
    for (int x = 0; x < pixels.cols; ++x) to[x] = from[x] == reached ? background : object;
  }
}

void outline(cv::Mat& pixels, const cv::Rect& region, std::uint8_t object, bool turned) {
  const cv::Mat before = pixels.clone();
  const cv::Rect inner = region & cv::Rect(1, 1, pixels.cols - 2, pixels.rows - 2);
  const auto flip = static_cast<std::uint8_t>(turned ? 255 : 0);
  const auto background = static_cast<std::uint8_t>(255 - object);
  for (int y = inner.y; y < inner.y + inner.height; ++y) {
    const auto* above = before.ptr<std::uint8_t>(y - 1);
    const auto* middle = before.ptr<std::uint8_t>(y);
    const auto* under = before.ptr<std::uint8_t>(y + 1);
    auto* row = pixels.ptr<std::uint8_t>(y);
    for (int x = inner.x; x < inner.x + inner.width; ++x) {
      bool surrounded = true;
      for (int dx = -1; dx <= 1; ++dx)
        surrounded &=
            above[x + dx] == object && middle[x + dx] == object && under[x + dx] == object;
      row[x] = static_cast<std::uint8_t>((surrounded ? background : middle[x]) ^ flip);
    }
  }
}

}  // namespace smear::imagej
