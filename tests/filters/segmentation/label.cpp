// SPDX-License-Identifier: Apache-2.0
// label: components equal those of a naive flood fill and are numbered in raster order.
#include <gtest/gtest.h>

#include <functional>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat labelled(const cv::Mat& mask, int connectivity) {
  return run_on("label", {{"connectivity", std::int64_t{connectivity}}}, Image(mask), "mask",
                "labels")
      .pixels();
}

cv::Mat naive(const cv::Mat& mask, int connectivity) {
  cv::Mat labels = empty_labels(mask.cols, mask.rows);
  int count = 0;
  const std::function<void(int, int)> fill = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= mask.cols || y >= mask.rows) return;
    if (mask.at<uchar>(y, x) == 0 || labels.at<int>(y, x) > 0) return;
    labels.at<int>(y, x) = count;
    for (int v = -1; v <= 1; ++v)
      for (int u = -1; u <= 1; ++u)
        if (connectivity == 8 || u == 0 || v == 0) fill(x + u, y + v);
  };
  for (int y = 0; y < mask.rows; ++y)
    for (int x = 0; x < mask.cols; ++x)
      if (mask.at<uchar>(y, x) > 0 && labels.at<int>(y, x) == 0) {
        ++count;
        fill(x, y);
      }
  return labels;
}

TEST(Label, EqualsANaiveFloodFillInRasterOrder) {
  for (unsigned seed = 0; seed < 5; ++seed)
    for (const int connectivity : {4, 8}) {
      const cv::Mat mask = random_mask(33, 21, 0.4, seed);
      EXPECT_TRUE(same_pixels(labelled(mask, connectivity), naive(mask, connectivity)));
    }
}

TEST(Label, CountsADiagonalAsOneOrTwo) {
  const cv::Mat diagonal = (cv::Mat_<uchar>(2, 2) << 255, 0, 0, 255);
  EXPECT_TRUE(same_pixels(labelled(diagonal, 8), (cv::Mat_<int>(2, 2) << 1, 0, 0, 1)));
  EXPECT_TRUE(same_pixels(labelled(diagonal, 4), (cv::Mat_<int>(2, 2) << 1, 0, 0, 2)));
}

TEST(Label, HandlesEmptyFullAndTinyMasks) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 6), cv::Size(7, 5)}) {
    EXPECT_EQ(cv::countNonZero(labelled(cv::Mat::zeros(size, CV_8UC1), 8)), 0);
    const cv::Mat full = labelled(cv::Mat(size, CV_8UC1, cv::Scalar(255)), 8);
    EXPECT_TRUE(same_pixels(full, cv::Mat::ones(size, CV_32SC1)));
  }
}

TEST(Label, RefusesWhatIsNoMask) {
  EXPECT_THROW(labelled(cv::Mat::zeros(3, 3, CV_16UC1), 8), SampleError);
  EXPECT_THROW(make_stage("label", {{"connectivity", std::int64_t{5}}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
