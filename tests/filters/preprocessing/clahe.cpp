// SPDX-License-Identifier: Apache-2.0
// clahe: one tile equals OpenCV's, many tiles come near it, mirrored images give mirrored results,
// and colour images keep their colour.
#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat clahe(double clip_limit, std::int64_t tiles, const cv::Mat& pixels) {
  const Options options{{"clip_limit", clip_limit}, {"tiles", tiles}};
  const Image result = run_on("clahe", options, Image(pixels));
  EXPECT_EQ(result.pixels().type(), pixels.type());
  return result.pixels();
}

cv::Mat opencv_clahe(double clip_limit, int tiles, const cv::Mat& pixels) {
  cv::Mat result;
  cv::createCLAHE(clip_limit, {tiles, tiles})->apply(pixels, result);
  return result;
}

/// Discs of different brightness on a slope, with noise.
cv::Mat scene(int width, int height) {
  cv::Mat result(height, width, CV_8UC1);
  for (int x = 0; x < width; ++x) result.col(x).setTo(60 + 80 * x / width);
  for (int i = 0; i < 12; ++i)
    cv::circle(result, {(i * 37) % width, (i * 53) % height}, 6 + i, 40 + i * 15, cv::FILLED);
  cv::Mat noise(height, width, CV_8UC1);
  cv::theRNG().state = 5;
  cv::randu(noise, 0, 12);
  return result + noise;
}

TEST(Clahe, WithOneTileEqualsOpenCvToOneLevel) {
  for (const double clip_limit : {2.0, 8.0, 256.0}) {
    const cv::Mat image = scene(128, 96);
    EXPECT_LE(
        cv::norm(clahe(clip_limit, 1, image), opencv_clahe(clip_limit, 1, image), cv::NORM_INF), 1);
  }
}

// OpenCV's whole-number clipping matters in small tiles: these have 4800 pixels.
TEST(Clahe, WithManyTilesComesNearOpenCv) {
  const cv::Mat image = scene(640, 480);
  cv::Mat difference;
  cv::absdiff(clahe(3.0, 8, image), opencv_clahe(3.0, 8, image), difference);
  EXPECT_LT(cv::mean(difference)[0], 1.0);
  EXPECT_GT(cv::norm(clahe(3.0, 8, image), image, cv::NORM_INF), 20);
}

TEST(Clahe, MirrorsWithTheImage) {
  const cv::Mat image = scene(128, 96);
  cv::Mat mirrored;
  cv::flip(image, mirrored, -1);
  cv::Mat result;
  cv::flip(clahe(2.0, 8, mirrored), result, -1);
  EXPECT_LE(cv::norm(result, clahe(2.0, 8, image), cv::NORM_INF), 1);
}

TEST(Clahe, BoundsTheGainByTheClipLimit) {
  // Levels 100 to 109 only: equalization without a limit would spread them over the whole range.
  cv::Mat narrow(40, 100, CV_8UC1);
  for (int x = 0; x < 100; ++x) narrow.col(x).setTo(100 + x / 10);
  const auto spread = [&](double clip_limit) {
    const cv::Mat result = clahe(clip_limit, 1, narrow);
    return result.at<uchar>(0, 99) - result.at<uchar>(0, 0);
  };
  // Each level adds at most its clipped bin and its part of the excess, in mean bins.
  for (const double clip_limit : {1.0, 3.0, 6.0})
    EXPECT_NEAR(spread(clip_limit), 9 * (clip_limit + 1 - clip_limit * 10 / 256), 1.5);
  EXPECT_NEAR(spread(256.0), 0.9 * 255, 1.0);
}

TEST(Clahe, KeepsRangeAndDepthOfDeepImages) {
  cv::Mat real;
  scene(120, 90).convertTo(real, CV_32F, 0.01, -3.0);
  const cv::Mat result = clahe(2.0, 6, real);
  double low = 0.0;
  double high = 0.0;
  cv::minMaxLoc(real, &low, &high);
  double result_low = 0.0;
  double result_high = 0.0;
  cv::minMaxLoc(result, &result_low, &result_high);
  EXPECT_GE(result_low, low - 1e-5);
  EXPECT_LE(result_high, high + 1e-5);
  EXPECT_GT(cv::norm(result, real, cv::NORM_INF), 0.1);

  // A 16-bit image is the float image of its values.
  cv::Mat deep;
  scene(120, 90).convertTo(deep, CV_16U, 200, 1000);
  cv::Mat as_float;
  deep.convertTo(as_float, CV_32F);
  cv::Mat expected;
  clahe(2.0, 6, as_float).convertTo(expected, CV_16U);
  EXPECT_LE(cv::norm(clahe(2.0, 6, deep), expected, cv::NORM_INF), 1);
}

TEST(Clahe, ChangesOnlyTheLightnessOfColours) {
  const cv::Mat grey = scene(96, 96);
  cv::Mat rgb;
  cv::merge(std::vector<cv::Mat>{grey * 0.8 + 40, grey * 0.6 + 40, grey * 0.7 + 50}, rgb);
  const cv::Mat result = clahe(3.0, 8, rgb);
  cv::Mat before;
  cv::Mat after;
  cv::cvtColor(rgb, before, cv::COLOR_RGB2Lab);
  cv::cvtColor(result, after, cv::COLOR_RGB2Lab);
  cv::Mat difference;
  cv::absdiff(before, after, difference);
  const cv::Scalar mean = cv::mean(difference);
  EXPECT_GT(mean[0], 5.0);
  EXPECT_LT(mean[1], 1.0);
  EXPECT_LT(mean[2], 1.0);
}

TEST(Clahe, HandlesViewsAndExtremeImages) {
  const cv::Mat large = scene(128, 96);
  const cv::Mat view = large(cv::Rect(3, 5, 71, 53));
  EXPECT_EQ(cv::norm(clahe(2.0, 7, view), clahe(2.0, 7, view.clone()), cv::NORM_INF), 0.0);
  EXPECT_EQ(clahe(2.0, 1, cv::Mat::zeros(1, 1, CV_8UC1)).total(), 1U);
  const cv::Mat white(9, 9, CV_8UC3, cv::Scalar::all(255));
  EXPECT_LE(cv::norm(clahe(2.0, 3, white), white, cv::NORM_INF), 1.0);
}

TEST(Clahe, RefusesTooManyTilesConstantDeepImagesAndLabels) {
  EXPECT_THROW(clahe(2.0, 8, cv::Mat::zeros(7, 100, CV_8UC1)), SampleError);
  EXPECT_THROW(clahe(2.0, 2, cv::Mat::zeros(9, 9, CV_16UC1)), SampleError);
  EXPECT_THROW(clahe(2.0, 2, cv::Mat::zeros(9, 9, CV_32FC1)), SampleError);
  EXPECT_THROW(clahe(2.0, 2, cv::Mat::zeros(9, 9, CV_32SC1)), SampleError);
  EXPECT_THROW(make_stage("clahe", {{"clip_limit", 0.5}}), ConfigError);
  EXPECT_THROW(make_stage("clahe", {{"tiles", std::int64_t{0}}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
