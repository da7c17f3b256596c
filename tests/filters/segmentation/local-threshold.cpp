// SPDX-License-Identifier: Apache-2.0
// local-threshold: agrees with a naive Gaussian mean, finds a gap that one threshold for the whole
// image misses, and keeps to the mask it looks within.
#include <gtest/gtest.h>

#include <cmath>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat thresholded(const cv::Mat& pixels, const Options& options) {
  return run_on("local-threshold", options, Image(pixels), "image", "mask").pixels();
}

cv::Mat noise(int width, int height, int type) {
  cv::Mat result(height, width, type);
  cv::theRNG().state = 11;
  cv::randu(result, 0, 255);
  return result;
}

/// The Gaussian mean at a pixel, edges repeated.
double naive_mean(const cv::Mat& values, int x, int y, double sigma) {
  const int reach = static_cast<int>(std::ceil(4 * sigma));
  double sum = 0.0;
  double weights = 0.0;
  for (int v = -reach; v <= reach; ++v)
    for (int u = -reach; u <= reach; ++u) {
      const double weight = std::exp(-(u * u + v * v) / (2 * sigma * sigma));
      sum += weight * values.at<double>(std::clamp(y + v, 0, values.rows - 1),
                                        std::clamp(x + u, 0, values.cols - 1));
      weights += weight;
    }
  return sum / weights;
}

TEST(LocalThreshold, AgreesWithANaiveMean) {
  for (const int type : {CV_8UC1, CV_16UC1, CV_32FC1}) {
    const cv::Mat pixels = noise(23, 17, type);
    const cv::Mat dark = thresholded(
        pixels, {{"sigma", 2.5}, {"offset", -3.0}, {"limits", std::vector<double>{40, 210}}});
    const cv::Mat bright = thresholded(pixels, {{"sigma", 2.5},
                                                {"offset", -3.0},
                                                {"objects", "bright"},
                                                {"limits", std::vector<double>{40, 210}}});
    cv::Mat values;
    pixels.convertTo(values, CV_64F);
    values = cv::min(cv::max(values, 40.0), 210.0);
    for (int y = 0; y < values.rows; ++y)
      for (int x = 0; x < values.cols; ++x) {
        const double excess = values.at<double>(y, x) - naive_mean(values, x, y, 2.5) + 3.0;
        if (std::abs(excess) < 1e-3) continue;
        EXPECT_EQ(dark.at<uchar>(y, x), excess < 0 ? 255 : 0) << x << "," << y;
        EXPECT_EQ(bright.at<uchar>(y, x), excess > 0 ? 255 : 0) << x << "," << y;
      }
  }
}

TEST(LocalThreshold, FindsAGapDarkerThanTheBackgroundElsewhere) {
  cv::Mat pixels(40, 80, CV_8UC1, cv::Scalar(240));
  pixels(cv::Rect(10, 8, 18, 24)).setTo(100);
  pixels(cv::Rect(31, 8, 18, 24)).setTo(100);
  pixels(cv::Rect(28, 8, 3, 24)).setTo(170);  // the gap
  const cv::Mat mask =
      thresholded(pixels, {{"sigma", 4.0}, {"limits", std::vector<double>{0, 180}}});
  EXPECT_EQ(mask.at<uchar>(20, 29), 0);
  EXPECT_EQ(mask.at<uchar>(20, 25), 255);
  EXPECT_EQ(mask.at<uchar>(20, 33), 255);
}

TEST(LocalThreshold, LooksWithinAMaskOnly) {
  const cv::Mat pixels = noise(30, 20, CV_8UC1);
  const cv::Mat within = random_mask(30, 20, 0.5, 4);
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(pixels));
  sample.set("within", Image(within));
  run_stage("local-threshold", {}, sample);
  EXPECT_TRUE(same_pixels(sample.image("mask").pixels(), thresholded(pixels, {}) & within));
}

TEST(LocalThreshold, FindsNothingInAConstantImageOfAnySize) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(7, 1), cv::Size(9, 12)}) {
    const cv::Mat flat(size, CV_8UC1, cv::Scalar(120));
    EXPECT_EQ(cv::countNonZero(thresholded(flat, {{"offset", -1.0}})), 0) << size;
    EXPECT_EQ(cv::countNonZero(thresholded(flat, {{"offset", 1.0}})), size.area()) << size;
  }
}

TEST(LocalThreshold, RefusesWhatItCannotHandle) {
  EXPECT_THROW(make_stage("local-threshold", {{"limits", std::vector<double>{1}}}), ConfigError);
  EXPECT_THROW(make_stage("local-threshold", {{"limits", std::vector<double>{2, 1}}}), ConfigError);
  EXPECT_THROW(thresholded(cv::Mat::zeros(4, 4, CV_8UC3), {}), SampleError);
  EXPECT_THROW(thresholded(cv::Mat::zeros(4, 4, CV_32SC1), {}), SampleError);
  cv::Mat infinite = cv::Mat::zeros(4, 4, CV_32FC1);
  infinite.at<float>(1, 1) = std::numeric_limits<float>::infinity();
  EXPECT_THROW(thresholded(infinite, {}), SampleError);
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(cv::Mat::zeros(4, 4, CV_8UC1)));
  sample.set("within", Image(cv::Mat::zeros(4, 5, CV_8UC1)));
  EXPECT_THROW(run_stage("local-threshold", {}, sample), SampleError);
}

}  // namespace
}  // namespace smear::test
