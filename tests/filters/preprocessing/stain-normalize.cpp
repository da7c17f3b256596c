// SPDX-License-Identifier: Apache-2.0
// stain-normalize: Reinhard's result has the target's statistics in l-alpha-beta, Macenko's turns
// two known stains into two others, references read from a file count, and poor images pass.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>

#include "codec/codec.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using Colour = std::array<double, 3>;

Colour unit(const Colour& v) {
  const double length = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  return {v[0] / length, v[1] / length, v[2] / length};
}

/// A colour as the formulas of the paper give it, one number after the other.
Colour l_alpha_beta(const cv::Vec3b& p) {
  const double r = std::max<double>(p[0], 1) / 255;
  const double g = std::max<double>(p[1], 1) / 255;
  const double b = std::max<double>(p[2], 1) / 255;
  const double l = std::log10(0.3811 * r + 0.5783 * g + 0.0402 * b);
  const double m = std::log10(0.1967 * r + 0.7244 * g + 0.0782 * b);
  const double s = std::log10(0.0241 * r + 0.1288 * g + 0.8444 * b);
  return {(l + m + s) / std::sqrt(3), (l + m - 2 * s) / std::sqrt(6), (l - m) / std::sqrt(2)};
}

struct Statistics {
  std::vector<double> mean{0, 0, 0};
  std::vector<double> deviation{0, 0, 0};
};

Statistics statistics(const cv::Mat& image) {
  Statistics result;
  const auto n = static_cast<double>(image.total());
  for (const bool second : {false, true})
    for (int y = 0; y < image.rows; ++y)
      for (int x = 0; x < image.cols; ++x) {
        const Colour lab = l_alpha_beta(image.at<cv::Vec3b>(y, x));
        for (std::size_t c = 0; c < 3; ++c) {
          if (second)
            result.deviation[c] += std::pow(lab[c] - result.mean[c], 2) / n;
          else
            result.mean[c] += lab[c] / n;
        }
      }
  for (double& d : result.deviation) d = std::sqrt(d);
  return result;
}

/// Two stains by Beer and Lambert's law: bands of each alone, of both, and bare background.
cv::Mat two_stains(const Colour& first, const Colour& second, double strength_1, double strength_2,
                   double white = 255.0) {
  cv::Mat image(80, 100, CV_8UC3);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) {
      const double level = (x % 50) / 49.0;
      const double a = y < 20 || (y >= 40 && y < 60) ? strength_1 * level : 0.0;
      const double b = y >= 20 && y < 60 ? strength_2 * (y < 40 ? level : (x % 7) / 6.0) : 0.0;
      for (int c = 0; c < 3; ++c) {
        const auto i = static_cast<std::size_t>(c);
        image.at<cv::Vec3b>(y, x)[c] = static_cast<std::uint8_t>(
            std::lround(white * std::pow(10.0, -(a * first[i] + b * second[i]))));
      }
    }
  return image;
}

const Colour blue = unit({0.80, 0.50, 0.33});
const Colour pink = unit({0.15, 0.95, 0.30});
const Colour other_blue = unit({0.70, 0.68, 0.20});
const Colour other_pink = unit({0.25, 0.85, 0.45});

std::vector<double> joined(const Colour& a, const Colour& b) {
  return {a[0], a[1], a[2], b[0], b[1], b[2]};
}

const std::string reinhard = "reinhard";
const std::string macenko = "macenko";

Sample normalized(const Options& options, const cv::Mat& image) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(image));
  run_stage("stain-normalize", options, sample);
  return sample;
}

class StainNormalize : public testing::Test {
 protected:
  StainNormalize() { fs::create_directories(folder_); }
  ~StainNormalize() override { fs::remove_all(folder_); }

  std::string saved(const std::string& name, const cv::Mat& image) const {
    const fs::path path = folder_ / name;
    codec::write_png(path, Image(image));
    return path.string();
  }

  fs::path folder_ = fs::path(testing::TempDir()) /
                     (std::string("stain normalize ") +
                      testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(StainNormalize, ReinhardReachesTheTargetStatistics) {
  const std::vector<double> mean{-0.30, -0.01, 0.004};
  const std::vector<double> deviation{0.10, 0.02, 0.006};
  const cv::Mat image = two_stains(blue, pink, 0.5, 0.5);
  const cv::Mat result =
      normalized({{"method", reinhard}, {"target_mean", mean}, {"target_deviation", deviation}},
                 image)
          .image("image")
          .pixels();
  const Statistics reached = statistics(result);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(reached.mean[c], mean[c], 0.002) << c;
    EXPECT_NEAR(reached.deviation[c], deviation[c], 0.002) << c;
  }
}

TEST_F(StainNormalize, ReinhardTakesTheStatisticsOfAReference) {
  const cv::Mat reference = two_stains(other_blue, other_pink, 0.4, 0.5, 240);
  const std::string file = saved("reference image.png", reference);
  const Statistics reached = statistics(
      normalized({{"method", reinhard}, {"reference", file}}, two_stains(blue, pink, 0.6, 0.4, 230))
          .image("image")
          .pixels());
  const Statistics wanted = statistics(reference);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(reached.mean[c], wanted.mean[c], 0.01) << c;
    EXPECT_NEAR(reached.deviation[c], wanted.deviation[c], 0.01) << c;
  }
}

TEST_F(StainNormalize, AnImageIsItsOwnStandard) {
  const cv::Mat image = two_stains(blue, pink, 0.7, 0.5);
  const std::string file = saved("self.png", image);
  for (const auto& method : {reinhard, macenko})
    EXPECT_LE(
        cv::norm(
            normalized({{"method", method}, {"reference", file}}, image).image("image").pixels(),
            image, cv::NORM_INF),
        2.0)
        << method;
}

TEST_F(StainNormalize, ReinhardOnlyShiftsAConstantImage) {
  const cv::Mat flat(10, 12, CV_8UC3, cv::Scalar(180, 120, 200));
  const std::vector<double> mean{-0.5, -0.02, -0.01};
  const cv::Mat result =
      normalized({{"method", reinhard}, {"target_mean", mean}}, flat).image("image").pixels();
  const Colour lab = l_alpha_beta(result.at<cv::Vec3b>(0, 0));
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(lab[c], mean[c], 0.005);
  EXPECT_EQ(
      cv::norm(result, cv::Mat(result.size(), CV_8UC3, cv::Scalar(result.at<cv::Vec3b>(0, 0))),
               cv::NORM_INF),
      0.0);
}

TEST_F(StainNormalize, MacenkoTurnsTwoStainsIntoTwoOthers) {
  for (const double white : {255.0, 235.0}) {
    const cv::Mat image = two_stains(blue, pink, 0.4, 0.5, white);
    // The strongest 1 % is the full strength, which more than 1 % of the pixels have.
    const cv::Mat expected = two_stains(other_blue, other_pink, 0.6, 0.35, white);
    const cv::Mat result = normalized({{"target_vectors", joined(other_blue, other_pink)},
                                       {"target_strengths", std::vector<double>{0.6, 0.35}},
                                       {"white", std::vector<double>{white}}},
                                      image)
                               .image("image")
                               .pixels();
    // 8-bit input blurs the directions a little.
    EXPECT_LE(cv::norm(result, expected, cv::NORM_INF), 4.0) << white;
    EXPECT_LE(cv::norm(result, expected, cv::NORM_L1) / static_cast<double>(3 * expected.total()),
              1.0)
        << white;
    EXPECT_GT(cv::norm(result, image, cv::NORM_INF), 30.0) << white;
  }
}

TEST_F(StainNormalize, MacenkoTakesTheStainsOfAReference) {
  const std::string file = saved("reference.png", two_stains(other_blue, other_pink, 0.6, 0.35));
  const cv::Mat result =
      normalized({{"reference", file}}, two_stains(blue, pink, 0.4, 0.5)).image("image").pixels();
  EXPECT_LE(cv::norm(result, two_stains(other_blue, other_pink, 0.6, 0.35), cv::NORM_INF), 5.0);
}

TEST_F(StainNormalize, MacenkoNeedsNoBackground) {
  const cv::Rect inside(10, 0, 40, 60);
  const cv::Mat image = two_stains(blue, pink, 0.4, 0.5)(inside);
  const cv::Mat expected = two_stains(other_blue, other_pink, 0.4, 0.5)(inside);
  const cv::Mat result = normalized({{"target_vectors", joined(other_blue, other_pink)},
                                     {"target_strengths", std::vector<double>{0.4, 0.5}}},
                                    image)
                             .image("image")
                             .pixels();
  EXPECT_LE(cv::norm(result, expected, cv::NORM_INF), 5.0);
}

TEST_F(StainNormalize, MacenkoPassesImagesWithoutTwoStains) {
  cv::Mat one(60, 60, CV_8UC3);
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 60; ++x)
      for (int c = 0; c < 3; ++c)
        one.at<cv::Vec3b>(y, x)[c] = static_cast<std::uint8_t>(
            std::lround(255 * std::pow(10.0, -0.01 * x * blue[static_cast<std::size_t>(c)])));
  const std::vector<cv::Mat> images{one,
                                    cv::Mat(1, 1, CV_8UC3, cv::Scalar(90, 40, 120)),
                                    cv::Mat(1, 60, CV_8UC3, cv::Scalar(90, 40, 120)),
                                    cv::Mat(50, 50, CV_8UC3, cv::Scalar(90, 40, 120)),
                                    cv::Mat(50, 50, CV_8UC3, cv::Scalar::all(0)),
                                    cv::Mat(50, 50, CV_8UC3, cv::Scalar::all(255))};
  for (const cv::Mat& image : images) {
    const Sample sample = normalized({{"alpha", 5.0}}, image);
    EXPECT_EQ(cv::norm(sample.image("image").pixels(), image, cv::NORM_INF), 0.0) << image.size();
    EXPECT_EQ(sample.warnings().size(), 1U) << image.size();
  }
}

TEST_F(StainNormalize, ReinhardTakesBlackWhiteAndTinyImages) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 9), cv::Size(20, 10)})
    for (const double level : {0.0, 255.0}) {
      const cv::Mat result =
          normalized({{"method", reinhard}}, cv::Mat(size, CV_8UC3, cv::Scalar::all(level)))
              .image("image")
              .pixels();
      // Both become the target's mean colour, which is that of no extreme.
      EXPECT_GT(cv::mean(result)[1], 150.0);
      EXPECT_LT(cv::mean(result)[1], 250.0);
    }
}

TEST_F(StainNormalize, LeavesItsInputAloneAndReadsPixelsThatLieApart) {
  const cv::Mat whole = two_stains(blue, pink, 0.4, 0.5);
  const cv::Mat before = whole.clone();
  const cv::Mat part = whole(cv::Rect(3, 2, 90, 70));
  for (const auto& method : {reinhard, macenko}) {
    const cv::Mat expected = normalized({{"method", method}}, part.clone()).image("image").pixels();
    EXPECT_EQ(cv::norm(normalized({{"method", method}}, part).image("image").pixels(), expected,
                       cv::NORM_INF),
              0.0);
  }
  EXPECT_EQ(cv::norm(whole, before, cv::NORM_INF), 0.0);
}

TEST_F(StainNormalize, RefusesBadOptionsReferencesAndGreyImages) {
  const auto make = [](const Options& options) { make_stage("stain-normalize", options); };
  EXPECT_THROW(make({{"target_vectors", joined(blue, blue)}}), ConfigError);
  EXPECT_THROW(make({{"target_vectors", std::vector<double>(6, 0.0)}}), ConfigError);
  EXPECT_THROW(make({{"target_mean", std::vector<double>{1, 2}}}), ConfigError);
  EXPECT_THROW(make({{"white", std::vector<double>{240, 240}}}), ConfigError);
  EXPECT_THROW(make({{"reference", saved("grey.png", cv::Mat::zeros(9, 9, CV_8UC1))}}),
               ConfigError);
  EXPECT_THROW(
      make({{"reference", saved("bare.png", cv::Mat(30, 30, CV_8UC3, cv::Scalar::all(250)))}}),
      ConfigError);
  const fs::path text = folder_ / "text.png";
  std::ofstream(text) << "no image";
  EXPECT_THROW(make({{"reference", text.string()}}), ConfigError);
  EXPECT_THROW(normalized({}, cv::Mat::zeros(9, 9, CV_8UC1)), SampleError);
}

}  // namespace
}  // namespace smear::test
