// SPDX-License-Identifier: Apache-2.0
// normalize: grey images of every type get zero mean and unit variance, or the range 0 to 1;
// constant and RGB images are refused.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat normalized(const std::string& method, const cv::Mat& pixels) {
  const Image result = run_on("normalize", {{"method", method}}, Image(pixels));
  EXPECT_EQ(result.type(), PixelType::float32);
  return result.pixels();
}

cv::Mat noise(int type) {
  cv::Mat large(40, 50, type);
  cv::theRNG().state = 3;
  cv::randu(large, 20, 230);
  return large(cv::Rect(5, 6, 31, 22));  // not continuous
}

TEST(Normalize, SubtractsTheMeanAndDividesByTheUnbiasedDeviation) {
  for (const int type : {CV_8UC1, CV_16UC1, CV_32FC1}) {
    cv::Mat values;
    noise(type).convertTo(values, CV_64F);
    const double n = static_cast<double>(values.total());
    const double mean = cv::sum(values)[0] / n;
    const cv::Mat centred = values - mean;
    const double deviation = std::sqrt(centred.dot(centred) / (n - 1));
    cv::Mat result;
    normalized("z-score", noise(type)).convertTo(result, CV_64F);
    EXPECT_LT(cv::norm(result, centred / deviation, cv::NORM_INF), 1e-5);
  }
}

TEST(Normalize, MapsTheRangeToZeroToOne) {
  const cv::Mat values = (cv::Mat_<float>(1, 4) << -3.0F, -1.0F, 2.0F, 5.0F);
  const cv::Mat expected = (cv::Mat_<float>(1, 4) << 0.0F, 0.25F, 0.625F, 1.0F);
  EXPECT_LT(cv::norm(normalized("min-max", values), expected, cv::NORM_INF), 1e-6);
  for (const int type : {CV_8UC1, CV_16UC1, CV_32FC1}) {
    double minimum = 0.0;
    double maximum = 0.0;
    cv::minMaxLoc(normalized("min-max", noise(type)), &minimum, &maximum);
    EXPECT_NEAR(minimum, 0.0, 1e-6);
    EXPECT_NEAR(maximum, 1.0, 1e-6);
  }
}

TEST(Normalize, KeepsThePixelSize) {
  const Image result = run_on("normalize", {}, Image(noise(CV_8UC1), PixelSize{0.1, 0.2}));
  EXPECT_EQ(result.pixel_size(), (PixelSize{0.1, 0.2}));
}

TEST(Normalize, RefusesConstantColourAndLabelImages) {
  for (const std::string method : {"z-score", "min-max"}) {
    EXPECT_THROW(normalized(method, cv::Mat(5, 5, CV_8UC1, cv::Scalar(9))), SampleError);
    EXPECT_THROW(normalized(method, cv::Mat::zeros(1, 1, CV_32FC1)), SampleError);
    EXPECT_THROW(normalized(method, cv::Mat::zeros(5, 5, CV_32SC1)), SampleError);
    try {
      normalized(method, cv::Mat::zeros(5, 5, CV_8UC3));
      FAIL() << "an RGB image was accepted";
    } catch (const SampleError& error) {
      EXPECT_NE(std::string(error.what()).find("to-grey"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace smear::test
