// SPDX-License-Identifier: Apache-2.0
// background: a known illumination behind cells is recovered to two grey levels in grey and RGB,
// images without background get a white one and a warning, other types are refused.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

/// Levels of the empty slide, highest off the middle, between about 140 and 235.
double level(int x, int y, const cv::Size& size, int channel) {
  const double u = 2.0 * x / (size.width - 1) - 1.0;
  const double v = 2.0 * y / (size.height - 1) - 1.0;
  return (225.0 - 6.0 * channel) *
         (1.0 + 0.05 * u - 0.04 * v - 0.14 * u * u + 0.05 * u * v - 0.10 * v * v);
}

/// Whether a red cell lies here; together they cover the given part of the image.
bool in_cell(int x, int y, double coverage) {
  constexpr int pitch = 30;
  const double radius = pitch * std::sqrt(coverage / CV_PI);
  return std::hypot(x % pitch - pitch / 2.0, y % pitch - pitch / 2.0) < radius;
}

struct Scene {
  cv::Mat image;
  cv::Mat empty;  ///< the slide without cells
};

Scene scene(const cv::Size& size, double coverage, double noise, bool red_as_well = true) {
  const cv::Vec3d transmittance(red_as_well ? 0.85 : 1.0, 0.55, 0.65);
  Scene result{cv::Mat(size, CV_8UC3), cv::Mat(size, CV_8UC3)};
  cv::RNG generator(5);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      for (int c = 0; c < 3; ++c) {
        const double light = level(x, y, size, c);
        const double seen = in_cell(x, y, coverage) ? light * transmittance[c] : light;
        result.empty.at<cv::Vec3b>(y, x)[c] = cv::saturate_cast<uchar>(light);
        result.image.at<cv::Vec3b>(y, x)[c] =
            cv::saturate_cast<uchar>(seen + (noise > 0 ? generator.gaussian(noise) : 0.0));
      }
  return result;
}

struct Found {
  cv::Mat background;
  std::size_t warnings = 0;
};

Found background_of(const cv::Mat& image, const Options& options = {}) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(image));
  run_stage("background", options, sample);
  return {sample.image("background").pixels(), sample.warnings().size()};
}

TEST(Background, RecoversTheIlluminationBehindCells) {
  for (const cv::Size size : {cv::Size(320, 240), cv::Size(224, 224), cv::Size(640, 480)})
    for (const double coverage : {0.0, 0.3, 0.5, 0.7})
      for (const double noise : {0.0, 2.0}) {
        const Scene painted = scene(size, coverage, noise);
        const Found found = background_of(painted.image);
        ASSERT_EQ(found.background.type(), CV_8UC3);
        EXPECT_LE(cv::norm(found.background, painted.empty, cv::NORM_INF), 2.0)
            << size << " " << coverage << " " << noise;
        EXPECT_EQ(found.warnings, 0U) << size << " " << coverage << " " << noise;
      }
}

TEST(Background, TakesGreyImagesToo) {
  const Scene painted = scene({320, 240}, 0.5, 2.0);
  for (int channel = 0; channel < 3; ++channel) {
    cv::Mat grey;
    cv::Mat empty;
    cv::extractChannel(painted.image, grey, channel);
    cv::extractChannel(painted.empty, empty, channel);
    const Found found = background_of(grey);
    ASSERT_EQ(found.background.type(), CV_8UC1);
    EXPECT_LE(cv::norm(found.background, empty, cv::NORM_INF), 2.0) << channel;
  }
}

TEST(Background, OrderOneFitsASlopeAndOrderThreeAnObliqueVignette) {
  cv::Mat slope(120, 160, CV_8UC1);
  cv::Mat oblique(120, 160, CV_8UC1);
  for (int y = 0; y < 120; ++y)
    for (int x = 0; x < 160; ++x) {
      const double u = x / 79.5 - 1.0;
      const double v = y / 59.5 - 1.0;
      slope.at<uchar>(y, x) = cv::saturate_cast<uchar>(200.0 + 25.0 * u - 12.0 * v);
      oblique.at<uchar>(y, x) =
          cv::saturate_cast<uchar>(220.0 - 20.0 * u * u - 14.0 * v * v * v + 8.0 * u * u * v);
    }
  EXPECT_LE(
      cv::norm(background_of(slope, {{"order", std::int64_t{1}}}).background, slope, cv::NORM_INF),
      1.0);
  EXPECT_LE(cv::norm(background_of(oblique, {{"order", std::int64_t{3}}}).background, oblique,
                     cv::NORM_INF),
            2.0);
  EXPECT_THROW(make_stage("background", {{"order", std::int64_t{0}}}), ConfigError);
  EXPECT_THROW(make_stage("background", {{"order", std::int64_t{4}}}), ConfigError);
}

TEST(Background, OfAnEmptySlideIsTheSlide) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 9), cv::Size(80, 60)})
    for (const int value : {180, 255}) {
      const cv::Mat even(size, CV_8UC3, cv::Scalar(value, value - 10, value - 5));
      EXPECT_EQ(cv::norm(background_of(even).background, even, cv::NORM_INF), 0.0)
          << size << " " << value;
    }
}

TEST(Background, OfABlackImageIsWhiteWithAWarning) {
  for (const int type : {CV_8UC1, CV_8UC3}) {
    const Found found = background_of(cv::Mat(60, 80, type, cv::Scalar::all(0)));
    EXPECT_EQ(cv::norm(found.background, cv::Mat(60, 80, type, cv::Scalar::all(255)), cv::NORM_INF),
              0.0);
    EXPECT_EQ(found.warnings, 1U);
  }
}

TEST(Background, RefusesOtherTypes) {
  for (const int type : {CV_16UC1, CV_32FC1, CV_32SC1})
    EXPECT_THROW(background_of(cv::Mat(8, 8, type, cv::Scalar(100))), SampleError) << type;
}

}  // namespace
}  // namespace smear::test
