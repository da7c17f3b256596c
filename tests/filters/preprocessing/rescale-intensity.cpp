// SPDX-License-Identifier: Apache-2.0
// rescale-intensity: the percentiles are those of the sorted values, and become the ends of the
// type's range; per channel or for all channels together.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat rescaled(double low, double high, bool joint, const cv::Mat& pixels) {
  const Options options{{"low", low}, {"high", high}, {"joint", joint}};
  const Image result = run_on("rescale-intensity", options, Image(pixels));
  EXPECT_EQ(result.pixels().type(), pixels.type());
  return result.pixels();
}

double percentile(std::vector<double> values, double percent) {
  std::ranges::sort(values);
  const double position = percent / 100.0 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (position - static_cast<double>(below)) * (values[above] - values[below]);
}

cv::Mat expected(double low, double high, const cv::Mat& pixels, double top) {
  cv::Mat values;
  pixels.convertTo(values, CV_64F);
  values = values.clone().reshape(1, 1);
  const std::vector<double> all(values.begin<double>(), values.end<double>());
  const double l = percentile(all, low);
  const double h = percentile(all, high);
  for (auto& v : cv::Mat_<double>(values)) {
    v = std::clamp(top * (v - l) / (h - l), 0.0, top);
    if (top > 1.0) v = std::floor(v + 0.5);
  }
  cv::Mat result;
  values.reshape(pixels.channels(), pixels.rows).convertTo(result, pixels.depth());
  return result;
}

cv::Mat noise(int type, double maximum) {
  cv::Mat large(40, 50, type);
  cv::theRNG().state = 3;
  cv::randn(large, cv::Scalar(0.4, 0.5, 0.6) * maximum, cv::Scalar::all(0.1 * maximum));
  return large(cv::Rect(5, 6, 31, 22));  // not continuous
}

TEST(RescaleIntensity, StretchesBetweenPercentilesForEveryGreyType) {
  const std::vector<std::pair<double, double>> limits{
      {0, 100}, {1, 99}, {0.175, 99.825}, {37.3, 38}};
  for (const auto& [low, high] : limits) {
    const cv::Mat grey = noise(CV_8UC1, 255);
    EXPECT_LE(
        cv::norm(rescaled(low, high, false, grey), expected(low, high, grey, 255), cv::NORM_INF),
        0);
    const cv::Mat deep = noise(CV_16UC1, 65535);
    EXPECT_LE(
        cv::norm(rescaled(low, high, false, deep), expected(low, high, deep, 65535), cv::NORM_INF),
        1);
    const cv::Mat real = noise(CV_32FC1, 2.5);
    EXPECT_LT(
        cv::norm(rescaled(low, high, false, real), expected(low, high, real, 1), cv::NORM_INF),
        1e-5);
  }
}

TEST(RescaleIntensity, StretchesChannelsAloneOrTogether) {
  const cv::Mat rgb = noise(CV_8UC3, 255);
  std::vector<cv::Mat> channels;
  cv::split(rgb, channels);
  for (auto& channel : channels) channel = expected(2, 98, channel, 255);
  cv::Mat alone;
  cv::merge(channels, alone);
  EXPECT_EQ(cv::norm(rescaled(2, 98, false, rgb), alone, cv::NORM_INF), 0.0);
  const cv::Mat together = expected(2, 98, rgb, 255);
  EXPECT_EQ(cv::norm(rescaled(2, 98, true, rgb), together, cv::NORM_INF), 0.0);
  EXPECT_GT(cv::norm(alone, together, cv::NORM_INF), 10.0);
}

TEST(RescaleIntensity, LeavesAMaskAMask) {
  cv::Mat mask(10, 10, CV_8UC1, cv::Scalar(0));
  mask.rowRange(0, 3).setTo(255);
  EXPECT_EQ(cv::norm(rescaled(1, 99, false, mask), mask, cv::NORM_INF), 0.0);
}

TEST(RescaleIntensity, RefusesConstantImagesAndChannels) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1})
    EXPECT_THROW(rescaled(1, 99, false, cv::Mat(5, 5, type, cv::Scalar::all(9))), SampleError);
  std::vector<cv::Mat> channels;
  cv::split(noise(CV_8UC3, 255), channels);
  channels[1].setTo(7);
  cv::Mat rgb;
  cv::merge(channels, rgb);
  EXPECT_THROW(rescaled(1, 99, false, rgb), SampleError);
  EXPECT_NO_THROW(rescaled(1, 99, true, rgb));
  EXPECT_THROW(rescaled(1, 99, false, cv::Mat::zeros(5, 5, CV_32SC1)), SampleError);
}

TEST(RescaleIntensity, RefusesPercentilesInTheWrongOrder) {
  EXPECT_THROW(make_stage("rescale-intensity", {{"low", 50.0}, {"high", 50.0}}), ConfigError);
  EXPECT_THROW(make_stage("rescale-intensity", {{"high", 101.0}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
