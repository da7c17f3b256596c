// SPDX-License-Identifier: Apache-2.0
// anisotropic-diffusion: one step equals the discretised equation written out, noise goes while
// edges stay, and nothing flows over the border.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

Options options(const std::string& method, std::int64_t iterations, double conductance) {
  return {{"method", method}, {"iterations", iterations}, {"conductance", conductance}};
}

cv::Mat diffused(const Options& how, const cv::Mat& pixels) {
  const Image result = run_on("anisotropic-diffusion", how, Image(pixels));
  EXPECT_EQ(result.pixels().type(), pixels.type());
  return result.pixels();
}

/// Two halves, 60 and 180, with noise of standard deviation 6.
cv::Mat noisy_step(int type) {
  cv::Mat noise(48, 64, CV_32FC1);
  cv::theRNG().state = 11;
  cv::randn(noise, 0, 6);
  cv::Mat grey(48, 64, CV_32FC1, cv::Scalar(60));
  grey.colRange(32, 64).setTo(180);
  grey += noise;
  cv::Mat result;
  cv::merge(std::vector<cv::Mat>(static_cast<std::size_t>(CV_MAT_CN(type)), grey), result);
  result.convertTo(result, CV_MAT_DEPTH(type));
  return result;
}

double deviation(const cv::Mat& pixels) {
  cv::Mat values;
  cv::extractChannel(pixels, values, 0);
  cv::Scalar mean;
  cv::Scalar result;
  cv::meanStdDev(values, mean, result);
  return result[0];
}

TEST(AnisotropicDiffusion, GradientStepEqualsTheEquationOnARampAlongX) {
  // Constant along y, so that the equation is one-dimensional.
  cv::Mat pixels(6, 12, CV_32FC1);
  const auto value = [](int x) {
    x = std::clamp(x, 0, 11);
    return static_cast<double>(static_cast<float>(10 + 3 * x + ((x * 7) % 5)));
  };
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 12; ++x) pixels.at<float>(y, x) = static_cast<float>(value(x));
  double squares = 0.0;
  for (int x = 0; x < 12; ++x) squares += std::pow((value(x + 1) - value(x - 1)) / 2, 2) / 12;
  const double conductance = 1.5;
  const double k2 = 2 * squares * conductance * conductance;
  const auto flow = [&](int x) {
    const double d = value(x + 1) - value(x);
    return d * std::exp(-d * d / k2);
  };
  const cv::Mat result = diffused(options("gradient", 1, conductance), pixels);
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 12; ++x)
      EXPECT_NEAR(result.at<float>(y, x), value(x) + 0.125 * (flow(x) - flow(x - 1)), 1e-4) << x;
}

TEST(AnisotropicDiffusion, SmoothsNoiseAndKeepsTheEdge) {
  for (const std::string method : {"curvature", "gradient"})
    for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1}) {
      const cv::Mat before = noisy_step(type);
      const cv::Mat after = diffused(options(method, 15, 1.0), before);
      const cv::Rect left(0, 0, 28, 48);
      EXPECT_LT(deviation(after(left)), 0.75 * deviation(before(left))) << method << type;
      EXPECT_GT(cv::mean(after.colRange(33, 36))[0] - cv::mean(after.colRange(28, 31))[0], 110);
    }
}

TEST(AnisotropicDiffusion, GradientFlowKeepsTheMean) {
  const cv::Mat before = noisy_step(CV_32FC1);
  const cv::Mat after = diffused(options("gradient", 20, 5.0), before);
  EXPECT_NEAR(cv::mean(after)[0], cv::mean(before)[0], 1e-3);
}

TEST(AnisotropicDiffusion, AnEdgeInOneChannelHoldsTheOthersBack) {
  cv::Mat weak(20, 20, CV_8UC1, cv::Scalar(100));
  weak.colRange(10, 20).setTo(110);
  cv::Mat strong(20, 20, CV_8UC1, cv::Scalar(20));
  strong.colRange(10, 20).setTo(220);
  cv::Mat rgb;
  cv::merge(std::vector<cv::Mat>{weak, strong, weak}, rgb);
  const cv::Mat result = diffused(options("gradient", 10, 1.0), rgb);
  cv::Mat red;
  cv::extractChannel(result, red, 0);
  EXPECT_EQ(cv::norm(red, weak, cv::NORM_INF), 0.0);
}

TEST(AnisotropicDiffusion, KeepsConstantImagesOfEveryTypeAndViews) {
  for (const std::string method : {"curvature", "gradient"})
    for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1}) {
      const cv::Mat large(20, 30, type, cv::Scalar::all(77));
      for (const cv::Size size : {cv::Size(3, 3), cv::Size(3, 15), cv::Size(20, 3)}) {
        const cv::Mat view = large(cv::Rect({2, 1}, size));
        EXPECT_EQ(cv::norm(diffused(options(method, 3, 1.0), view), view, cv::NORM_INF), 0.0);
      }
    }
}

TEST(AnisotropicDiffusion, LeavesItsInputAloneAlsoWithoutIterations) {
  const cv::Mat pixels = noisy_step(CV_32FC1);
  const cv::Mat before = pixels.clone();
  diffused(options("curvature", 3, 2.0), pixels);
  EXPECT_EQ(cv::norm(pixels, before, cv::NORM_INF), 0.0);
  EXPECT_EQ(cv::norm(diffused(options("curvature", 0, 2.0), pixels), before, cv::NORM_INF), 0.0);
}

TEST(AnisotropicDiffusion, RefusesUnstableStepsTinyImagesAndLabels) {
  EXPECT_THROW(make_stage("anisotropic-diffusion", {{"time_step", 0.126}}), ConfigError);
  EXPECT_THROW(make_stage("anisotropic-diffusion", {{"time_step", 0.0}}), ConfigError);
  EXPECT_THROW(make_stage("anisotropic-diffusion", {{"conductance", 0.0}}), ConfigError);
  EXPECT_THROW(diffused({}, cv::Mat::zeros(2, 9, CV_8UC1)), SampleError);
  EXPECT_THROW(diffused({}, cv::Mat::zeros(9, 9, CV_32SC1)), SampleError);
}

}  // namespace
}  // namespace smear::test
