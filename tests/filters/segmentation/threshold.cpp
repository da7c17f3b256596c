// SPDX-License-Identifier: Apache-2.0
// threshold: both limits are inclusive for every grey type, and impossible limits are refused.
#include <gtest/gtest.h>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat thresholded(const cv::Mat& pixels, double lower, double upper) {
  return run_on("threshold", {{"lower", lower}, {"upper", upper}}, Image(pixels), "image", "mask")
      .pixels();
}

TEST(Threshold, IncludesBothLimits) {
  const cv::Mat bytes = (cv::Mat_<uchar>(1, 5) << 0, 9, 10, 20, 21);
  const cv::Mat expected = (cv::Mat_<uchar>(1, 5) << 0, 0, 255, 255, 0);
  EXPECT_TRUE(same_pixels(thresholded(bytes, 10, 20), expected));
  cv::Mat words;
  bytes.convertTo(words, CV_16U, 1000);
  EXPECT_TRUE(same_pixels(thresholded(words, 10000, 20000), expected));
  cv::Mat floats;
  bytes.convertTo(floats, CV_32F, 0.25, -10);
  EXPECT_TRUE(same_pixels(thresholded(floats, -7.5, -5), expected));
}

TEST(Threshold, DoesNotRoundItsLimits) {
  const cv::Mat bytes = (cv::Mat_<uchar>(1, 3) << 10, 11, 12);
  const cv::Mat expected = (cv::Mat_<uchar>(1, 3) << 0, 255, 0);
  EXPECT_TRUE(same_pixels(thresholded(bytes, 10.4, 11.6), expected));
  EXPECT_EQ(cv::countNonZero(thresholded(bytes, 300, 400)), 0);
}

TEST(Threshold, LooksWithinAMaskOnly) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image((cv::Mat_<uchar>(1, 4) << 5, 15, 15, 5)));
  sample.set("within", Image((cv::Mat_<uchar>(1, 4) << 255, 255, 0, 0)));
  run_stage("threshold", {{"lower", 10.0}, {"upper", 20.0}}, sample);
  const cv::Mat expected = (cv::Mat_<uchar>(1, 4) << 0, 255, 0, 0);
  EXPECT_TRUE(same_pixels(sample.image("mask").pixels(), expected));
  sample.set("within", Image(cv::Mat::zeros(2, 2, CV_8UC1)));
  EXPECT_THROW(run_stage("threshold", {{"lower", 10.0}, {"upper", 20.0}}, sample), SampleError);
}

TEST(Threshold, RefusesCrossedLimitsAndColour) {
  EXPECT_THROW(make_stage("threshold", {{"lower", 2.0}, {"upper", 1.0}}), ConfigError);
  EXPECT_THROW(thresholded(cv::Mat::zeros(2, 2, CV_8UC3), 0, 1), SampleError);
}

TEST(Threshold, ReadsAViewIntoALargerImage) {
  cv::Mat large = cv::Mat::zeros(6, 6, CV_8UC1);
  large(cv::Rect(2, 2, 2, 2)).setTo(50);
  EXPECT_EQ(cv::countNonZero(thresholded(large(cv::Rect(1, 1, 3, 3)), 50, 50)), 4);
}

}  // namespace
}  // namespace smear::test
