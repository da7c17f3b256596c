// SPDX-License-Identifier: Apache-2.0
// clamp: every value moves to the nearest one between the limits, for every type, and the input
// stays as it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat clamped(const cv::Mat& pixels, double lower, double upper) {
  return run_on("clamp", {{"lower", lower}, {"upper", upper}}, Image(pixels)).pixels();
}

TEST(Clamp, MovesEachValueToTheNearestLimitForEveryType) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1}) {
    cv::Mat pixels(13, 17, type);
    cv::theRNG().state = 5;
    cv::randu(pixels, 0, 250);
    const cv::Mat before = pixels.clone();
    const cv::Mat result = clamped(pixels(cv::Rect(2, 1, 11, 9)), 60, 200);
    ASSERT_EQ(result.type(), type);
    cv::Mat in;
    cv::Mat out;
    before(cv::Rect(2, 1, 11, 9)).convertTo(in, CV_64F);
    result.convertTo(out, CV_64F);
    auto expected = in.begin<double>();
    if (in.channels() == 1) {
      for (auto value = out.begin<double>(); value != out.end<double>(); ++value, ++expected)
        EXPECT_EQ(*value, std::clamp(*expected, 60.0, 200.0));
    } else {
      for (int y = 0; y < in.rows; ++y)
        for (int x = 0; x < in.cols; ++x)
          for (int c = 0; c < 3; ++c)
            EXPECT_EQ(out.at<cv::Vec3d>(y, x)[c],
                      std::clamp(in.at<cv::Vec3d>(y, x)[c], 60.0, 200.0));
    }
    EXPECT_EQ(cv::norm(pixels, before, cv::NORM_INF), 0.0);
  }
}

TEST(Clamp, TakesLimitsOutsideOfTheTypesRangeAsItsEnds) {
  const cv::Mat bytes = (cv::Mat_<uchar>(1, 3) << 0, 100, 255);
  EXPECT_EQ(cv::norm(clamped(bytes, -50, 1000), bytes, cv::NORM_INF), 0.0);
  EXPECT_EQ(clamped(bytes, 9.6, 99.5).at<uchar>(0, 0), 10);
}

TEST(Clamp, LeavesWhatIsNoNumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const cv::Mat result = clamped(cv::Mat(1, 1, CV_32FC1, cv::Scalar(nan)), 0, 1);
  EXPECT_TRUE(std::isnan(result.at<float>(0, 0)));
}

TEST(Clamp, RefusesCrossedLimitsAndLabels) {
  EXPECT_THROW(make_stage("clamp", {{"lower", 2.0}, {"upper", 1.0}}), ConfigError);
  EXPECT_THROW(clamped(cv::Mat::zeros(2, 2, CV_32SC1), 0, 1), SampleError);
}

}  // namespace
}  // namespace smear::test
