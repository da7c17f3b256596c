// SPDX-License-Identifier: Apache-2.0
// invert: each type is mirrored in its own range, and twice is the same as not at all.
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat inverted(const cv::Mat& pixels) { return run_on("invert", {}, Image(pixels)).pixels(); }

TEST(Invert, MirrorsWholeNumbersInTheirRange) {
  const cv::Mat grey = (cv::Mat_<uchar>(1, 4) << 0, 1, 200, 255);
  const cv::Mat grey_expected = (cv::Mat_<uchar>(1, 4) << 255, 254, 55, 0);
  EXPECT_EQ(cv::norm(inverted(grey), grey_expected, cv::NORM_INF), 0.0);
  const cv::Mat deep = (cv::Mat_<ushort>(1, 3) << 0, 1000, 65535);
  const cv::Mat deep_expected = (cv::Mat_<ushort>(1, 3) << 65535, 64535, 0);
  EXPECT_EQ(cv::norm(inverted(deep), deep_expected, cv::NORM_INF), 0.0);
  const cv::Mat rgb(2, 3, CV_8UC3, cv::Scalar(10, 20, 250));
  const cv::Mat rgb_expected(2, 3, CV_8UC3, cv::Scalar(245, 235, 5));
  EXPECT_EQ(cv::norm(inverted(rgb), rgb_expected, cv::NORM_INF), 0.0);
}

TEST(Invert, MirrorsFloatsBetweenTheirMinimumAndMaximum) {
  const cv::Mat values = (cv::Mat_<float>(1, 4) << -3.0F, -1.0F, 2.0F, 5.0F);
  const cv::Mat expected = (cv::Mat_<float>(1, 4) << 5.0F, 3.0F, 0.0F, -3.0F);
  EXPECT_EQ(cv::norm(inverted(values), expected, cv::NORM_INF), 0.0);
  const cv::Mat wide = (cv::Mat_<float>(1, 2) << 1e-9F, 1.0F);
  EXPECT_EQ(inverted(wide).at<float>(0, 1), 1e-9F);
  const cv::Mat flat(3, 3, CV_32FC1, cv::Scalar(7.5));
  EXPECT_EQ(cv::norm(inverted(flat), flat, cv::NORM_INF), 0.0);
}

TEST(Invert, IsItsOwnInverseAlsoOnAView) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1}) {
    cv::Mat large(20, 20, type);
    cv::randu(large, 0, 256);
    const cv::Mat view = large(cv::Rect(2, 3, 11, 9));
    const cv::Mat before = large.clone();
    EXPECT_LT(cv::norm(inverted(inverted(view)), view, cv::NORM_INF), 1e-4);
    EXPECT_EQ(cv::norm(large, before, cv::NORM_INF), 0.0);
  }
}

TEST(Invert, RefusesLabels) { EXPECT_THROW(inverted(cv::Mat::zeros(3, 3, CV_32SC1)), SampleError); }

}  // namespace
}  // namespace smear::test
