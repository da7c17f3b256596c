// SPDX-License-Identifier: Apache-2.0
// ImageJ's distance map where its two passes are exact: along lines, and of images without
// background. tests/imagej compares whole maps with ImageJ's.
#include "imagej/operations/distance-map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace smear::imagej {
namespace {

// Of a line with background at the places given, the distance to the nearest of them.
void check_line(int width, const std::vector<int>& places) {
  cv::Mat pixels(1, width, CV_8UC1, cv::Scalar(255));
  for (const int place : places) pixels.at<std::uint8_t>(0, place) = 0;
  const cv::Mat map = distance_map(pixels, 0);
  for (int x = 0; x < width; ++x) {
    int nearest = width;
    for (const int place : places) nearest = std::min(nearest, std::abs(x - place));
    ASSERT_EQ(map.at<float>(0, x), static_cast<float>(nearest)) << "column " << x << " of " << width;
  }
}

TEST(DistanceMap, IsExactAlongALine) {
  check_line(1, {0});
  check_line(7, {6});
  check_line(64, {0, 9, 10, 40});
}

// Sides above 13570 pixels do not fit into 16 bits together with what is not known.
TEST(DistanceMap, HoldsInTheLargestImages) {
  check_line(13570, {5});
  check_line(13571, {5});
  check_line(40000, {39999});
  check_line(40000, {20, 30000});
}

TEST(DistanceMap, LooksBothWaysUpAndDown) {
  cv::Mat pixels(20000, 3, CV_8UC1, cv::Scalar(255));
  pixels.row(0) = 0;
  pixels.row(19999) = 0;
  const cv::Mat map = distance_map(pixels, 0);
  for (int y = 0; y < 20000; ++y)
    ASSERT_EQ(map.at<float>(y, 1), static_cast<float>(std::min(y, 19999 - y))) << "row " << y;
}

// ImageJ leaves the root of the largest int where there is no background.
TEST(DistanceMap, WithoutBackgroundIsAsFarAsAnIntGoes) {
  for (const int side : {1, 5, 14000}) {
    const cv::Mat map = distance_map(cv::Mat(2, side, CV_8UC1, cv::Scalar(255)), 0);
    EXPECT_EQ(map.at<float>(1, side - 1), std::sqrt(2147483647.0F));
  }
}

}  // namespace
}  // namespace smear::imagej
