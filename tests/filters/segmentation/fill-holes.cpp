// SPDX-License-Identifier: Apache-2.0
// fill-holes: background that a naive flood from the edge does not reach is filled.
#include <gtest/gtest.h>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat filled(const cv::Mat& mask, const Options& options = {}) {
  return run_on("fill-holes", options, Image(mask), "mask", "mask").pixels();
}

/// Grows the outside until nothing changes.
cv::Mat naive(const cv::Mat& mask, bool corners) {
  cv::Mat outside = empty_mask(mask.cols + 2, mask.rows + 2);
  outside.at<uchar>(0, 0) = 255;
  const auto is_object = [&](int x, int y) {
    return x >= 1 && y >= 1 && x <= mask.cols && y <= mask.rows && mask.at<uchar>(y - 1, x - 1) > 0;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (int y = 0; y < outside.rows; ++y)
      for (int x = 0; x < outside.cols; ++x) {
        if (outside.at<uchar>(y, x) > 0 || is_object(x, y)) continue;
        for (int v = -1; v <= 1; ++v)
          for (int u = -1; u <= 1; ++u) {
            if (!corners && u != 0 && v != 0) continue;
            if (x + u < 0 || y + v < 0 || x + u >= outside.cols || y + v >= outside.rows) continue;
            if (outside.at<uchar>(y + v, x + u) == 0) continue;
            outside.at<uchar>(y, x) = 255;
            changed = true;
          }
      }
  }
  return ~outside(cv::Rect(1, 1, mask.cols, mask.rows));
}

TEST(FillHoles, EqualsAFloodFromTheEdge) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    const cv::Mat mask = random_mask(31, 22, 0.55, seed);
    EXPECT_TRUE(same_pixels(filled(mask), naive(mask, false)));
    EXPECT_TRUE(same_pixels(filled(mask, {{"connectivity", std::int64_t{8}}}), naive(mask, true)));
  }
}

TEST(FillHoles, LeavesHolesAboveTheLargestAreaOpen) {
  cv::Mat mask(30, 30, CV_8UC1, cv::Scalar(255));
  mask(cv::Rect(3, 3, 2, 2)).setTo(0);
  mask(cv::Rect(10, 10, 5, 1)).setTo(0);
  const cv::Mat result = filled(mask, {{"max_area", std::int64_t{4}}});
  EXPECT_EQ(cv::countNonZero(result == 0), 5);
  EXPECT_EQ(result.at<uchar>(3, 3), 255);
}

TEST(FillHoles, HandlesMasksWithoutHoles) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(9, 1), cv::Size(8, 8)})
    for (const int value : {0, 255}) {
      const cv::Mat mask(size, CV_8UC1, cv::Scalar(value));
      EXPECT_TRUE(same_pixels(filled(mask), mask));
    }
}

TEST(FillHoles, RefusesWhatIsNoMaskAndAnotherConnectivity) {
  EXPECT_THROW(filled(cv::Mat::zeros(3, 3, CV_8UC3)), SampleError);
  EXPECT_THROW(make_stage("fill-holes", {{"connectivity", std::int64_t{6}}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
