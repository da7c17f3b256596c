// SPDX-License-Identifier: Apache-2.0
// optical-density: equals log10(B / max(I, 0.5)) in each channel, with and without a background,
// is 0 where image and background agree, and refuses backgrounds of another size and types that it
// does not take.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

constexpr std::array<const char*, 3> slots{"density-red", "density-green", "density-blue"};

/// Every level in every channel, each at another place.
cv::Mat all_levels() {
  cv::Mat image(16, 16, CV_8UC3);
  for (int i = 0; i < 256; ++i)
    image.at<cv::Vec3b>(i / 16, i % 16) =
        cv::Vec3b(static_cast<uchar>(i), static_cast<uchar>(255 - i), static_cast<uchar>(i * 7));
  return image;
}

Sample with(const cv::Mat& image, const cv::Mat& background = {}) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(image, PixelSize{0.25, 0.25}));
  if (!background.empty()) sample.set("background", Image(background));
  return sample;
}

void expect_densities(const Sample& sample, const cv::Mat& image, const cv::Mat& background) {
  for (int c = 0; c < 3; ++c) {
    const Image& density = sample.image(slots[c]);
    ASSERT_EQ(density.type(), PixelType::float32);
    EXPECT_EQ(density.pixel_size(), (PixelSize{0.25, 0.25}));
    for (int y = 0; y < image.rows; ++y)
      for (int x = 0; x < image.cols; ++x) {
        const double level = image.at<cv::Vec3b>(y, x)[c];
        const double light = background.at<cv::Vec3b>(y, x)[c];
        ASSERT_NEAR(density.pixels().at<float>(y, x), std::log10(light / std::max(level, 0.5)),
                    1e-5)
            << slots[c] << " " << level << " of " << light;
      }
  }
}

TEST(OpticalDensity, IsTheClosedFormOfImageAndBackground) {
  const cv::Mat image = all_levels();
  cv::Mat background(image.size(), CV_8UC3);
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x)
      background.at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<uchar>(255 - x), static_cast<uchar>(100 + 9 * y),
                    static_cast<uchar>(1 + x * y));
  Sample sample = with(image, background);
  run_stage("optical-density", {}, sample);
  expect_densities(sample, image, background);
}

TEST(OpticalDensity, TakesTheLevelWhiteWhereThereIsNoBackground) {
  const cv::Mat image = all_levels();
  Sample sample = with(image);
  run_stage("optical-density", {}, sample);
  expect_densities(sample, image, cv::Mat(image.size(), CV_8UC3, cv::Scalar::all(255)));
  run_stage("optical-density", {{"white", 180.0}}, sample);
  expect_densities(sample, image, cv::Mat(image.size(), CV_8UC3, cv::Scalar::all(180)));
  EXPECT_THROW(make_stage("optical-density", {{"white", 0.0}}), ConfigError);
}

TEST(OpticalDensity, OfTheEmptySlideIsZero) {
  cv::Mat image = all_levels();
  image.setTo(cv::Scalar(231, 200, 1), image == cv::Scalar(0, 0, 0));
  image = cv::max(image, 1);
  Sample sample = with(image, image);
  run_stage("optical-density", {}, sample);
  for (const char* slot : slots)
    EXPECT_EQ(cv::norm(sample.image(slot).pixels(), cv::NORM_INF), 0.0) << slot;
}

TEST(OpticalDensity, IsZeroBehindTheBackgroundStageWithoutNoise) {
  Sample sample = with(cv::Mat(50, 70, CV_8UC3, cv::Scalar(230, 220, 225)));
  run_stage("background", {}, sample);
  run_stage("optical-density", {}, sample);
  for (const char* slot : slots)
    EXPECT_EQ(cv::norm(sample.image(slot).pixels(), cv::NORM_INF), 0.0) << slot;
}

TEST(OpticalDensity, IsFiniteForBlackPixelsAndABlackBackground) {
  const cv::Mat black(4, 4, CV_8UC3, cv::Scalar::all(0));
  for (const int light : {0, 1, 255}) {
    Sample sample = with(black, cv::Mat(4, 4, CV_8UC3, cv::Scalar::all(light)));
    run_stage("optical-density", {}, sample);
    for (const char* slot : slots)
      EXPECT_TRUE(cv::checkRange(sample.image(slot).pixels())) << slot << " " << light;
  }
}

TEST(OpticalDensity, TakesAGreyImageForOneWhoseChannelsAreEqual) {
  cv::Mat grey;
  cv::extractChannel(all_levels(), grey, 0);
  cv::Mat rgb;
  cv::merge(std::vector<cv::Mat>{grey, grey, grey}, rgb);
  const cv::Mat light(grey.size(), CV_8UC1, cv::Scalar(212));
  Sample sample = with(grey, light);
  run_stage("optical-density", {}, sample);
  expect_densities(sample, rgb, cv::Mat(grey.size(), CV_8UC3, cv::Scalar::all(212)));
}

TEST(OpticalDensity, RefusesABackgroundOfAnotherSizeAndDeepImages) {
  const cv::Mat image = all_levels();
  Sample smaller = with(image, cv::Mat(15, 16, CV_8UC3, cv::Scalar::all(255)));
  EXPECT_THROW(run_stage("optical-density", {}, smaller), SampleError);
  for (const int type : {CV_16UC1, CV_32FC1, CV_32SC1}) {
    Sample deep = with(cv::Mat(16, 16, type, cv::Scalar(200)));
    EXPECT_THROW(run_stage("optical-density", {}, deep), SampleError) << type;
    Sample deep_light = with(image, cv::Mat(16, 16, type, cv::Scalar(200)));
    EXPECT_THROW(run_stage("optical-density", {}, deep_light), SampleError) << type;
  }
}

}  // namespace
}  // namespace smear::test
