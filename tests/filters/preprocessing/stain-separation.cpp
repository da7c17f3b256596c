// SPDX-License-Identifier: Apache-2.0
// stain-separation: concentrations mixed by Beer and Lambert's law come back, the image is rebuilt
// from them, and vectors that cannot be told apart are refused.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

using Stains = std::array<std::array<double, 3>, 3>;

std::array<double, 3> unit(const std::array<double, 3>& v) {
  const double length = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  return {v[0] / length, v[1] / length, v[2] / length};
}

/// Intensity through stains of these concentrations, channel by channel: white * 10^-OD.
cv::Vec3d transmitted(const Stains& stains, const std::array<double, 3>& concentrations,
                      const cv::Vec3d& white) {
  cv::Vec3d result;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    double density = 0.0;
    for (std::size_t s = 0; s < 3; ++s) density += concentrations[s] * stains[s][channel];
    result[static_cast<int>(channel)] = white[static_cast<int>(channel)] * std::pow(10.0, -density);
  }
  return result;
}

/// First concentration grows to the right, second downwards.
cv::Mat mixture(const Stains& stains, const cv::Vec3d& white) {
  cv::Mat image(31, 41, CV_8UC3);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) {
      const cv::Vec3d level = transmitted(stains, {0.015 * x, 0.015 * y, 0.0}, white);
      for (int c = 0; c < 3; ++c)
        image.at<cv::Vec3b>(y, x)[c] = static_cast<std::uint8_t>(std::lround(level[c]));
    }
  return image;
}

Sample separated(const Options& options, const cv::Mat& image) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(image, PixelSize{0.1, 0.1}));
  run_stage("stain-separation", options, sample);
  return sample;
}

void expect_mixture(const Sample& sample) {
  const cv::Mat& first = sample.image("stain-1").pixels();
  const cv::Mat& second = sample.image("stain-2").pixels();
  ASSERT_EQ(first.type(), CV_32FC1);
  for (int y = 0; y < first.rows; ++y)
    for (int x = 0; x < first.cols; ++x) {
      // Rounding to 8 bit costs half a level of at least 40.
      EXPECT_NEAR(first.at<float>(y, x), 0.015 * x, 0.015) << x << "," << y;
      EXPECT_NEAR(second.at<float>(y, x), 0.015 * y, 0.015) << x << "," << y;
      EXPECT_NEAR(sample.image("stain-3").pixels().at<float>(y, x), 0.0, 0.015) << x << "," << y;
    }
}

const Stains haematoxylin_eosin{
    {{0.644211, 0.716556, 0.266844}, {0.092789, 0.954111, 0.283111}, {}}};
const Stains giemsa{{{0.834750, 0.513556, 0.196330}, {0.092789, 0.954111, 0.283111}, {}}};

TEST(StainSeparation, RecoversMixedConcentrationsOfThePresets) {
  expect_mixture(separated({{"preset", std::string("haematoxylin-eosin")}},
                           mixture(haematoxylin_eosin, cv::Vec3d::all(255))));
  expect_mixture(
      separated({{"preset", std::string("giemsa")}}, mixture(giemsa, cv::Vec3d::all(255))));
}

TEST(StainSeparation, TakesAnyVectorsAndATintedBackground) {
  const Stains stains{{unit({0.3, 0.1, 0.8}), unit({0.9, 0.5, 0.1}), {}}};
  const Options options{{"preset", std::string("custom")},
                        {"vector_1", std::vector<double>{0.6, 0.2, 1.6}},
                        {"vector_2", std::vector<double>{0.9, 0.5, 0.1}},
                        {"white", std::vector<double>{240, 220, 250}}};
  expect_mixture(separated(options, mixture(stains, {240, 220, 250})));
}

TEST(StainSeparation, RebuildsEveryColourFromThreeStains) {
  const Stains stains{
      {unit({0.65, 0.70, 0.29}), unit({0.07, 0.99, 0.11}), unit({0.27, 0.57, 0.78})}};
  cv::Mat image(16, 16, CV_8UC3);
  for (int i = 0; i < 256; ++i)
    image.at<cv::Vec3b>(i / 16, i % 16) =
        cv::Vec3b(static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(255 - i),
                  static_cast<std::uint8_t>(i * 37 % 256));
  const Sample sample = separated({{"preset", std::string("custom")},
                                   {"vector_1", std::vector<double>{0.65, 0.70, 0.29}},
                                   {"vector_2", std::vector<double>{0.07, 0.99, 0.11}},
                                   {"vector_3", std::vector<double>{0.27, 0.57, 0.78}}},
                                  image);
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x) {
      const auto at = [&](const char* slot) {
        return static_cast<double>(sample.image(slot).pixels().at<float>(y, x));
      };
      const cv::Vec3d rebuilt =
          transmitted(stains, {at("stain-1"), at("stain-2"), at("stain-3")}, cv::Vec3d::all(255));
      for (int c = 0; c < 3; ++c)
        EXPECT_NEAR(rebuilt[c], std::max<double>(image.at<cv::Vec3b>(y, x)[c], 0.5), 0.01);
    }
}

TEST(StainSeparation, PutsTheChosenStainIntoImageAndKeepsThePixelSize) {
  const cv::Mat image = mixture(giemsa, cv::Vec3d::all(255));
  for (const int stain : {1, 2, 3}) {
    const Sample sample = separated({{"stain", std::int64_t{stain}}}, image);
    const cv::Mat& chosen = sample.image("stain-" + std::to_string(stain)).pixels();
    EXPECT_EQ(cv::norm(sample.image("image").pixels(), chosen, cv::NORM_INF), 0.0);
    EXPECT_EQ(sample.image("image").pixel_size(), (PixelSize{0.1, 0.1}));
  }
}

TEST(StainSeparation, GivesFiniteNumbersForBlackAndWhiteAndTinyImages) {
  for (const double level : {0.0, 255.0}) {
    const Sample sample = separated({}, cv::Mat(1, 1, CV_8UC3, cv::Scalar::all(level)));
    for (const char* slot : {"image", "stain-1", "stain-2", "stain-3"})
      EXPECT_TRUE(std::isfinite(sample.image(slot).pixels().at<float>(0, 0)));
  }
  EXPECT_EQ(separated({}, cv::Mat(1, 1, CV_8UC3, cv::Scalar::all(255)))
                .image("image")
                .pixels()
                .at<float>(0, 0),
            0.0F);
}

TEST(StainSeparation, ReadsPixelsThatLieApart) {
  const cv::Mat whole = mixture(giemsa, cv::Vec3d::all(255));
  const cv::Mat part = whole(cv::Rect(5, 4, 20, 10));
  const cv::Mat expected = separated({}, part.clone()).image("image").pixels();
  EXPECT_EQ(cv::norm(separated({}, part).image("image").pixels(), expected, cv::NORM_INF), 0.0);
}

TEST(StainSeparation, RefusesBadVectors) {
  const std::vector<double> a{0.6, 0.7, 0.3};
  const std::vector<double> b{0.1, 0.9, 0.3};
  const std::string custom = "custom";
  const auto make = [](const Options& options) { make_stage("stain-separation", options); };
  EXPECT_NO_THROW(make({{"preset", custom}, {"vector_1", a}, {"vector_2", b}}));
  EXPECT_THROW(make({{"preset", custom}}), ConfigError);
  EXPECT_THROW(make({{"preset", custom}, {"vector_1", a}}), ConfigError);
  EXPECT_THROW(make({{"preset", custom}, {"vector_1", a}, {"vector_2", a}}), ConfigError);
  EXPECT_THROW(make({{"preset", custom}, {"vector_1", a}, {"vector_2", b}, {"vector_3", b}}),
               ConfigError);
  EXPECT_THROW(
      make({{"preset", custom}, {"vector_1", a}, {"vector_2", std::vector<double>{0, 0, 0}}}),
      ConfigError);
  EXPECT_THROW(make({{"preset", custom}, {"vector_1", a}, {"vector_2", std::vector<double>{1, 2}}}),
               ConfigError);
  EXPECT_THROW(make({{"vector_1", a}}), ConfigError);
  EXPECT_THROW(make({{"white", std::vector<double>{240, 240}}}), ConfigError);
  EXPECT_THROW(make({{"white", std::vector<double>{0}}}), ConfigError);
  EXPECT_THROW(make({{"stain", std::int64_t{4}}}), ConfigError);
}

TEST(StainSeparation, RefusesGreyImages) {
  EXPECT_THROW(separated({}, cv::Mat::zeros(4, 4, CV_8UC1)), SampleError);
}

}  // namespace
}  // namespace smear::test
