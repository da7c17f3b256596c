// SPDX-License-Identifier: Apache-2.0
// flat-field: a polynomial illumination known in closed form is taken out of background and cells
// alike, whatever the cells, the noise and the pixel type, and images without background pass.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

/// Relative illumination: a vignette whose brightest point is off the centre, on a slope.
double shading(double x, double y) {
  return 1.0 + 0.08 * x - 0.05 * y - 0.18 * x * x + 0.06 * x * y - 0.12 * y * y;
}

/// Where there are cells: discs on a square grid, with the given part of the area.
bool in_cell(int x, int y, double coverage) {
  constexpr int pitch = 32;
  const double radius = pitch * std::sqrt(coverage / 3.14159265);
  return std::hypot(x % pitch - pitch / 2, y % pitch - pitch / 2) < radius;
}

struct Scene {
  cv::Mat shaded;
  cv::Mat even;
};

/// Background `background` and cells `cell` (per channel) under `shading`, and the same without.
Scene scene(int width, int height, const cv::Vec3d& background, const cv::Vec3d& cell,
            double coverage, double noise = 0.0) {
  Scene result{cv::Mat(height, width, CV_32FC3), cv::Mat(height, width, CV_32FC3)};
  cv::RNG rng(7);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const cv::Vec3d level = in_cell(x, y, coverage) ? cell : background;
      const double factor = shading(2.0 * x / (width - 1) - 1.0, 2.0 * y / (height - 1) - 1.0);
      for (int c = 0; c < 3; ++c) {
        result.even.at<cv::Vec3f>(y, x)[c] = static_cast<float>(level[c]);
        result.shaded.at<cv::Vec3f>(y, x)[c] =
            static_cast<float>(level[c] * factor + (noise > 0.0 ? rng.gaussian(noise) : 0.0));
      }
    }
  return result;
}

cv::Mat to_8_bit(const cv::Mat& image) {
  cv::Mat result;
  image.convertTo(result, CV_8U);
  return result;
}

const cv::Vec3d pale(215, 205, 210);
const cv::Vec3d red_cell(200, 130, 150);

TEST(FlatField, TakesAKnownVignetteOffBackgroundAndCells) {
  for (const double coverage : {0.0, 0.3, 0.6}) {
    const Scene s = scene(224, 224, pale, red_cell, coverage);
    const cv::Mat result =
        run_on("flat-field", {{"white", 210.0}}, Image(to_8_bit(s.shaded))).pixels();
    ASSERT_EQ(result.type(), CV_8UC3);
    for (int y = 0; y < 224; ++y)
      for (int x = 0; x < 224; ++x)
        for (int c = 0; c < 3; ++c)
          ASSERT_NEAR(result.at<cv::Vec3b>(y, x)[c],
                      210.0 * s.even.at<cv::Vec3f>(y, x)[c] / pale[c], 2.0)
              << "coverage " << coverage << " at " << x << "," << y << " channel " << c;
  }
}

TEST(FlatField, BearsNoiseAndBrightSpecks) {
  Scene s = scene(320, 240, pale, red_cell, 0.4, 3.0);
  for (int i = 0; i < 40; ++i)
    cv::circle(s.shaded, {(i * 73) % 320, (i * 41) % 240}, 2, cv::Scalar::all(255), cv::FILLED);
  const cv::Mat result =
      run_on("flat-field", {{"white", 200.0}}, Image(to_8_bit(s.shaded))).pixels();
  // Means of 16 x 16 blocks of background, all over the image, must be 200.
  for (int top = 0; top < 240; top += 80)
    for (int left = 0; left < 320; left += 80) {
      double sum = 0.0;
      int count = 0;
      for (int y = top; y < top + 80; ++y)
        for (int x = left; x < left + 80; ++x) {
          const int green = result.at<cv::Vec3b>(y, x)[1];
          if (in_cell(x, y, 0.45) || green > 215) continue;
          sum += green;
          ++count;
        }
      EXPECT_NEAR(sum / count, 200.0, 1.0) << left << "," << top;
    }
}

TEST(FlatField, KeepsTheMeanBackgroundOfEveryChannelByDefault) {
  const Scene s = scene(200, 150, pale, red_cell, 0.3);
  // The mean of `shading` over the square is 1 - 0.18/3 - 0.12/3 = 0.9.
  const cv::Vec3b corner =
      run_on("flat-field", {}, Image(to_8_bit(s.shaded))).pixels().at<cv::Vec3b>(0, 0);
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(corner[c], 0.9 * pale[c], 2.0);
}

TEST(FlatField, TakesEveryPixelType) {
  const Scene s = scene(150, 100, pale, red_cell, 0.3);
  cv::Mat green;
  cv::extractChannel(s.shaded, green, 1);
  struct Case {
    int type;
    double scale;
    double tolerance;
  };
  for (const auto& [type, scale, tolerance] :
       {Case{CV_8UC1, 1.0, 2.0}, Case{CV_16UC1, 200.0, 20.0}, Case{CV_32FC1, 0.001, 1e-4}}) {
    cv::Mat input;
    green.convertTo(input, type, scale);
    // Of 16-bit images white is told in 8-bit levels, and the scale is part of the input alone.
    const double white = 180.0 * scale / (type == CV_16UC1 ? 257.0 : 1.0);
    const cv::Mat result = run_on("flat-field", {{"white", white}}, Image(input)).pixels();
    ASSERT_EQ(result.type(), type);
    cv::Mat values;
    result.convertTo(values, CV_64F);
    EXPECT_NEAR(values.at<double>(0, 0), 180.0 * scale, tolerance);
    EXPECT_NEAR(values.at<double>(99, 149), 180.0 * scale, tolerance);
    EXPECT_NEAR(values.at<double>(48, 80), 180.0 * scale * 130 / 205, tolerance);
  }
}

TEST(FlatField, ReadsPixelsThatLieApart) {
  const Scene s = scene(96, 96, pale, red_cell, 0.3);
  const cv::Mat whole = to_8_bit(s.shaded);
  const cv::Mat part = whole(cv::Rect(10, 5, 64, 80));
  ASSERT_FALSE(part.isContinuous());
  const cv::Mat expected = run_on("flat-field", {}, Image(part.clone())).pixels();
  EXPECT_EQ(cv::norm(run_on("flat-field", {}, Image(part)).pixels(), expected, cv::NORM_INF), 0.0);
}

TEST(FlatField, KeepsAConstantImageAndScalesItToWhite) {
  for (const cv::Size size :
       {cv::Size(1, 1), cv::Size(1, 40), cv::Size(40, 1), cv::Size(2, 2), cv::Size(57, 31)}) {
    const cv::Mat flat(size, CV_8UC3, cv::Scalar(200, 180, 160));
    EXPECT_EQ(cv::norm(run_on("flat-field", {}, Image(flat)).pixels(), flat, cv::NORM_INF), 0.0)
        << size;
    const cv::Mat white = run_on("flat-field", {{"white", 240.0}}, Image(flat)).pixels();
    EXPECT_EQ(cv::norm(white, cv::Mat(size, CV_8UC3, cv::Scalar::all(240)), cv::NORM_INF), 0.0)
        << size;
  }
}

TEST(FlatField, TakesWhiteAsAnEightBitLevel) {
  const auto background = [](int type, double level, double white) {
    const cv::Mat flat(20, 30, type, cv::Scalar(level));
    cv::Mat values;
    run_on("flat-field", {{"white", white}}, Image(flat)).pixels().convertTo(values, CV_64F);
    EXPECT_LT(cv::norm(values, cv::Mat(20, 30, CV_64F, cv::Scalar(values.at<double>(0, 0)))), 1e-6);
    return values.at<double>(0, 0);
  };
  EXPECT_EQ(background(CV_8UC1, 200, 245), 245.0);
  EXPECT_EQ(background(CV_16UC1, 30000, 245), 245.0 * 257.0);
  EXPECT_EQ(background(CV_16UC1, 30000, 255), 65535.0);
  EXPECT_NEAR(background(CV_32FC1, 0.5, 0.75), 0.75, 1e-6);
  EXPECT_THROW(background(CV_16UC1, 30000, 60000), SampleError);
}

TEST(FlatField, PassesABlackImageWithAWarning) {
  for (const int type : {CV_8UC3, CV_32FC1}) {
    const cv::Mat black = cv::Mat::zeros(30, 40, type);
    Sample sample(SampleId{"black.png", 0});
    sample.set("image", Image(black));
    run_stage("flat-field", {{"white", 240.0}}, sample);
    EXPECT_EQ(cv::norm(sample.image("image").pixels(), black, cv::NORM_INF), 0.0);
    EXPECT_EQ(sample.warnings().size(), 1U);
  }
}

TEST(FlatField, DoesNotFollowBackgroundThatIsInOneCornerOnly) {
  // The background is the left third, on a parabola that would be below zero at the right edge.
  cv::Mat image(90, 90, CV_8UC1);
  cv::RNG rng(3);
  for (int y = 0; y < 90; ++y)
    for (int x = 0; x < 90; ++x)
      image.at<std::uint8_t>(y, x) =
          cv::saturate_cast<std::uint8_t>(x < 30                     ? 240 - x * x / 20
                                          : (x / 8 + y / 8) % 2 == 0 ? 60
                                                                     : 120);
  const cv::Mat result = run_on("flat-field", {}, Image(image)).pixels();
  EXPECT_LE(cv::norm(result, image, cv::NORM_INF), 1.0);
}

TEST(FlatField, AmplifiesNoiseAtMostAboutFourfold) {
  // Light falls to a twelfth towards the right edge.
  cv::Mat image(64, 64, CV_32FC1);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x)
      image.at<float>(y, x) = 240.0F - 220.0F * static_cast<float>(x) / 63.0F;
  const cv::Mat result =
      run_on("flat-field", {{"order", std::int64_t{1}}, {"white", 240.0}}, Image(image)).pixels();
  EXPECT_NEAR(result.at<float>(32, 10), 240.0F, 0.1F);
  EXPECT_NEAR(result.at<float>(32, 63), 20.0F * 4.0F, 0.1F);
}

TEST(FlatField, LeavesItsInputAlone) {
  const cv::Mat image = to_8_bit(scene(64, 64, pale, red_cell, 0.3).shaded);
  const cv::Mat before = image.clone();
  run_on("flat-field", {{"white", 255.0}}, Image(image));
  EXPECT_EQ(cv::norm(image, before, cv::NORM_INF), 0.0);
}

TEST(FlatField, RefusesBadOptionsAndLabels) {
  EXPECT_THROW(make_stage("flat-field", {{"order", std::int64_t{4}}}), ConfigError);
  EXPECT_THROW(make_stage("flat-field", {{"white", -1.0}}), ConfigError);
  EXPECT_THROW(run_on("flat-field", {}, Image(cv::Mat::ones(8, 8, CV_32SC1))), SampleError);
}

}  // namespace
}  // namespace smear::test
