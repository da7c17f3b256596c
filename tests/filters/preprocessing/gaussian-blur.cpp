// SPDX-License-Identifier: Apache-2.0
// gaussian-blur: a unit impulse becomes the sampled Gaussian, and bad options are refused.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

TEST(GaussianBlur, TurnsAnImpulseIntoTheGaussianOfThatSigma) {
  // The recursive filter above sigma 8 is an approximation, and so has a wider tolerance.
  cv::Mat impulse = cv::Mat::zeros(193, 193, CV_32F);
  impulse.at<float>(96, 96) = 1.0F;
  for (const double sigma : {0.8, 1.5, 4.0, 8.0, 8.1, 10.0, 12.0}) {
    const double tolerance = (sigma > 8.0 ? 0.001 : 0.0005) / (sigma * sigma);
    const Image result = run_on("gaussian-blur", {{"sigma", sigma}}, Image(impulse));
    for (int y = 0; y < 193; ++y)
      for (int x = 0; x < 193; ++x) {
        const double r2 = (x - 96) * (x - 96) + (y - 96) * (y - 96);
        const double expected =
            std::exp(-r2 / (2 * sigma * sigma)) / (2 * std::numbers::pi * sigma * sigma);
        EXPECT_NEAR(result.pixels().at<float>(y, x), expected, tolerance) << x << "," << y;
      }
    EXPECT_NEAR(cv::sum(result.pixels())[0], 1.0, 1e-3) << sigma;
  }
}

TEST(GaussianBlur, KeepsAConstantImageOfEveryType) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1}) {
    const cv::Mat flat(20, 30, type, cv::Scalar::all(77));
    for (const double sigma : {3.0, 8.1, 12.0}) {
      const Image result = run_on("gaussian-blur", {{"sigma", sigma}}, Image(flat));
      EXPECT_EQ(result.pixels().type(), type);
      EXPECT_LT(cv::norm(result.pixels(), flat, cv::NORM_INF), 1e-3) << sigma;
    }
  }
}

TEST(GaussianBlur, LeavesItsInputAlone) {
  cv::Mat pixels(16, 16, CV_8UC1);
  cv::randu(pixels, 0, 256);
  const cv::Mat before = pixels.clone();
  run_on("gaussian-blur", {{"sigma", 2.0}}, Image(pixels));
  EXPECT_EQ(cv::norm(pixels, before, cv::NORM_INF), 0.0);
}

TEST(GaussianBlur, RefusesANegativeSigmaAndATinyImageForALargeOne) {
  EXPECT_THROW(make_stage("gaussian-blur", {{"sigma", -1.0}}), ConfigError);
  EXPECT_THROW(run_on("gaussian-blur", {{"sigma", 9.0}}, Image(cv::Mat::zeros(3, 9, CV_8UC1))),
               SampleError);
}

}  // namespace
}  // namespace smear::test
