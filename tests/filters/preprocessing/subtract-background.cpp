// SPDX-License-Identifier: Apache-2.0
// subtract-background: equals a naive rolling ball at full resolution, a rolling ball written down
// pixel by pixel at reduced resolution, and takes a plane off dark and bright objects alike.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

using Grid = std::vector<std::vector<float>>;

Grid grid_of(const cv::Mat& image, float sign) {
  Grid grid(static_cast<std::size_t>(image.rows),
            std::vector<float>(static_cast<std::size_t>(image.cols)));
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      grid[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] =
          sign * static_cast<float>(image.at<std::uint8_t>(y, x));
  return grid;
}

/// Every ball, one after the other, pushed up from below until it touches: the definition.
Grid naive_roll(const Grid& in, double radius, int half) {
  const int rows = static_cast<int>(in.size());
  const int cols = static_cast<int>(in[0].size());
  Grid out(in.size(), std::vector<float>(in[0].size(), std::numeric_limits<float>::lowest()));
  const auto over_patch = [&](int cx, int cy,
                              const std::function<void(std::size_t, std::size_t, float)>& f) {
    for (int y = std::max(cy - half, 0); y <= std::min(cy + half, rows - 1); ++y)
      for (int x = std::max(cx - half, 0); x <= std::min(cx + half, cols - 1); ++x)
        f(static_cast<std::size_t>(y), static_cast<std::size_t>(x),
          static_cast<float>(std::sqrt(
              std::max(0.0, radius * radius - (x - cx) * (x - cx) - (y - cy) * (y - cy)))));
  };
  for (int cy = -half; cy < rows + half; ++cy)
    for (int cx = -half; cx < cols + half; ++cx) {
      float z = std::numeric_limits<float>::max();
      over_patch(cx, cy, [&](auto y, auto x, float h) { z = std::min(z, in[y][x] - h); });
      over_patch(cx, cy, [&](auto y, auto x, float h) { out[y][x] = std::max(out[y][x], z + h); });
    }
  return out;
}

cv::Mat textured(cv::Size size) {
  cv::Mat image(size, CV_8UC1);
  cv::RNG rng(11);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      image.at<std::uint8_t>(y, x) = cv::saturate_cast<std::uint8_t>(
          120 + 0.6 * x + 20 * std::sin(0.15 * y) + rng.uniform(-20, 21) -
          ((x / 9 + y / 7) % 5 == 0 ? 60 : 0));
  return image;
}

TEST(SubtractBackground, EqualsTheNaiveRollingBall) {
  struct Case {
    double radius;
    int half;  // radius less 24 % of it, truncated
  };
  const cv::Mat image = textured({61, 47});
  for (const auto& [radius, half] : {Case{10.0, 8}, Case{5.0, 4}, Case{1.0, 1}})
    for (const bool dark : {false, true}) {
      const cv::Mat result = run_on("subtract-background",
                                    {{"radius", radius},
                                     {"smooth", false},
                                     {"objects", std::string(dark ? "dark" : "bright")}},
                                    Image(image))
                                 .pixels();
      const Grid ball = naive_roll(grid_of(image, dark ? -1.0F : 1.0F), radius, half);
      for (int y = 0; y < image.rows; ++y)
        for (int x = 0; x < image.cols; ++x) {
          const float background = (dark ? -1.0F : 1.0F) *
                                   ball[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
          const float value = static_cast<float>(image.at<std::uint8_t>(y, x)) - background +
                              (dark ? 255.5F : 0.5F);
          ASSERT_EQ(result.at<std::uint8_t>(y, x),
                    static_cast<int>(std::clamp(value, 0.0F, 255.0F)))
              << radius << (dark ? " dark " : " bright ") << x << "," << y;
        }
    }
}

TEST(SubtractBackground, RollsOnBlockMinimaForALargeBall) {
  // Radius 50: blocks of 4, ball 12.5 trimmed by 4 to 9. Sizes that are no multiple of 4.
  const cv::Mat image = textured({103, 81});
  const cv::Mat result =
      run_on("subtract-background",
             {{"radius", 50.0}, {"smooth", false}, {"objects", std::string("bright")}},
             Image(image))
          .pixels();
  Grid blocks(21, std::vector<float>(26, 255.0F));
  for (int y = 0; y < 81; ++y)
    for (int x = 0; x < 103; ++x) {
      auto& block = blocks[static_cast<std::size_t>(y / 4)][static_cast<std::size_t>(x / 4)];
      block = std::min(block, static_cast<float>(image.at<std::uint8_t>(y, x)));
    }
  const Grid ball = naive_roll(blocks, 12.5, 9);
  for (int y = 0; y < 81; ++y)
    for (int x = 0; x < 103; ++x) {
      // The bilinear surface through the block centres, at 1.5 + 4 i, extended at the border.
      const int i = std::clamp(static_cast<int>(std::floor((x - 1.5) / 4)), 0, 24);
      const int j = std::clamp(static_cast<int>(std::floor((y - 1.5) / 4)), 0, 19);
      const double u = (x - 1.5) / 4 - i;
      const double v = (y - 1.5) / 4 - j;
      const auto at = [&](int jj, int ii) {
        return static_cast<double>(
            ball[static_cast<std::size_t>(jj)][static_cast<std::size_t>(ii)]);
      };
      const double background = (1 - v) * ((1 - u) * at(j, i) + u * at(j, i + 1)) +
                                v * ((1 - u) * at(j + 1, i) + u * at(j + 1, i + 1));
      const double expected = std::clamp(image.at<std::uint8_t>(y, x) - background, 0.0, 255.0);
      ASSERT_NEAR(result.at<std::uint8_t>(y, x), expected, 0.502) << x << "," << y;
    }
}

TEST(SubtractBackground, FindsTheBackgroundInTheMeanOf3x3) {
  // A ball bridges no peak, but a pit pulls it down: by as much as is left of it in the mean.
  cv::Mat image(40, 40, CV_32FC1, cv::Scalar(100));
  image.at<float>(20, 20) = 190.0F;
  const cv::Mat result =
      run_on("subtract-background", {{"radius", 500.0}, {"objects", std::string("bright")}},
             Image(image))
          .pixels();
  EXPECT_NEAR(result.at<float>(20, 20), 90.0F, 0.2F);
  image.at<float>(20, 20) = 10.0F;  // a pit of 90, of which the mean of nine leaves 10
  const cv::Mat pit = run_on("subtract-background",
                             {{"radius", 5.0}, {"objects", std::string("bright")}}, Image(image))
                          .pixels();
  EXPECT_NEAR(pit.at<float>(20, 20), 10.0F - 90.0F, 1e-3F);
  EXPECT_NEAR(pit.at<float>(20, 35), 0.0F, 1e-3F);
}

TEST(SubtractBackground, TakesAPlaneOffAndKeepsTheObjects) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1}) {
    cv::Mat plane(160, 200, CV_32FC1);
    for (int y = 0; y < 160; ++y)
      for (int x = 0; x < 200; ++x)
        plane.at<float>(y, x) =
            150.0F + 0.2F * static_cast<float>(x) + 0.1F * static_cast<float>(y);
    cv::circle(plane, {100, 80}, 9, cv::Scalar(60), cv::FILLED);
    const float level_there = 150.0F + 20.0F + 8.0F;
    cv::Mat colours;
    cv::merge(std::vector<cv::Mat>(static_cast<std::size_t>(CV_MAT_CN(type)), plane), colours);
    cv::Mat image;
    colours.convertTo(image, CV_MAT_DEPTH(type));
    const cv::Mat result = run_on("subtract-background", {{"radius", 40.0}}, Image(image)).pixels();
    ASSERT_EQ(result.type(), type);
    cv::Mat first;
    cv::extractChannel(result, first, 0);
    first.convertTo(first, CV_64F);
    const double white = CV_MAT_DEPTH(type) == CV_8U    ? 255.0
                         : CV_MAT_DEPTH(type) == CV_16U ? 65535.0
                                                        : 0.0;
    EXPECT_NEAR(first.at<double>(20, 30), white, 3.0);
    EXPECT_NEAR(first.at<double>(140, 170), white, 3.0);
    EXPECT_NEAR(first.at<double>(80, 100), white - level_there + 60.0, 4.0);
  }
}

TEST(SubtractBackground, TakesImagesOfAnySize) {
  for (const cv::Size size :
       {cv::Size(1, 1), cv::Size(1, 50), cv::Size(50, 1), cv::Size(3, 2), cv::Size(9, 5)})
    for (const double radius : {0.5, 5.0, 20.0, 60.0, 250.0}) {
      const cv::Mat flat(size, CV_8UC1, cv::Scalar(90));
      const cv::Mat bright =
          run_on("subtract-background", {{"radius", radius}, {"objects", std::string("bright")}},
                 Image(flat))
              .pixels();
      EXPECT_EQ(cv::countNonZero(bright), 0) << size << radius;
      const cv::Mat dark =
          run_on("subtract-background", {{"radius", radius}}, Image(flat)).pixels();
      EXPECT_EQ(cv::countNonZero(dark != 255), 0) << size << radius;
    }
}

TEST(SubtractBackground, LeavesItsInputAloneAndReadsPixelsThatLieApart) {
  const cv::Mat whole = textured({80, 60});
  const cv::Mat before = whole.clone();
  const cv::Mat part = whole(cv::Rect(7, 3, 50, 40));
  const cv::Mat expected =
      run_on("subtract-background", {{"radius", 15.0}}, Image(part.clone())).pixels();
  const cv::Mat result = run_on("subtract-background", {{"radius", 15.0}}, Image(part)).pixels();
  EXPECT_EQ(cv::norm(result, expected, cv::NORM_INF), 0.0);
  EXPECT_EQ(cv::norm(whole, before, cv::NORM_INF), 0.0);
}

TEST(SubtractBackground, RefusesBadOptionsAndLabels) {
  EXPECT_THROW(make_stage("subtract-background", {{"radius", 0.0}}), ConfigError);
  EXPECT_THROW(make_stage("subtract-background", {{"objects", std::string("red")}}), ConfigError);
  EXPECT_THROW(run_on("subtract-background", {}, Image(cv::Mat::ones(8, 8, CV_32SC1))),
               SampleError);
}

}  // namespace
}  // namespace smear::test
