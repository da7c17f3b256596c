// SPDX-License-Identifier: Apache-2.0
// resize: agrees with OpenCV where that has the same convention and with closed forms elsewhere,
// scales the pixel size, and refuses to interpolate labels.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <span>

#include "harness/stages.h"

namespace smear::test {
namespace {

Options to_size(std::int64_t width, std::int64_t height, const std::string& interpolation) {
  return {{"width", width}, {"height", height}, {"interpolation", interpolation}};
}

cv::Mat noise(int width, int height, int type) {
  cv::Mat result(height, width, type);
  cv::theRNG().state = 7;
  cv::randu(result, 0, 250);
  return result;
}

cv::Mat resized(const cv::Mat& input, cv::Size size, const std::string& interpolation) {
  const Image result =
      run_on("resize", to_size(size.width, size.height, interpolation), Image(input));
  EXPECT_EQ(result.pixels().size(), size);
  EXPECT_EQ(result.pixels().type(), input.type());
  return result.pixels();
}

const std::vector<cv::Size> sizes{{40, 30}, {80, 60}, {13, 7}, {100, 91},
                                  {17, 90}, {1, 1},   {3, 30}};

TEST(Resize, BilinearAgreesWithOpenCv) {
  const cv::Mat input = noise(40, 30, CV_32FC1);
  for (const auto& size : sizes) {
    cv::Mat expected;
    cv::resize(input, expected, size, 0, 0, cv::INTER_LINEAR);
    EXPECT_LT(cv::norm(resized(input, size, "bilinear"), expected, cv::NORM_INF), 1e-3) << size;
  }
}

/// The input pixel whose centre is nearest to that of output pixel `i`; of two, the larger one.
/// In units of 1 / (2 * out) input pixels, all centres are whole numbers.
int nearest_to(int i, int in, int out) {
  const int wanted = (2 * i + 1) * in;
  int best = 0;
  for (int j = 1; j < in; ++j)
    if (std::abs((2 * j + 1) * out - wanted) <= std::abs((2 * best + 1) * out - wanted)) best = j;
  return best;
}

TEST(Resize, NearestTakesThePixelWithTheNearestCentreForEveryType) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1, CV_32SC1}) {
    const cv::Mat input = noise(40, 30, type);
    for (const auto& size : sizes) {
      const cv::Mat result = resized(input, size, "nearest");
      for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x)
          ASSERT_EQ(
              std::memcmp(result.ptr(y, x),
                          input.ptr(nearest_to(y, 30, size.height), nearest_to(x, 40, size.width)),
                          input.elemSize()),
              0)
              << size << " at " << x << "," << y;
    }
  }
}

/// The mean over output pixel (x, y)'s rectangle, by adding up the covered parts of all inputs.
double covered_mean(const cv::Mat& input, cv::Size size, int x, int y) {
  const double sx = static_cast<double>(input.cols) / size.width;
  const double sy = static_cast<double>(input.rows) / size.height;
  double sum = 0.0;
  for (int v = 0; v < input.rows; ++v)
    for (int u = 0; u < input.cols; ++u) {
      const double w = std::min(u + 1.0, (x + 1) * sx) - std::max<double>(u, x * sx);
      const double h = std::min(v + 1.0, (y + 1) * sy) - std::max<double>(v, y * sy);
      if (w > 0.0 && h > 0.0) sum += w * h * static_cast<double>(input.at<float>(v, u));
    }
  return sum / (sx * sy);
}

TEST(Resize, AreaAveragesOverTheCoveredRectangle) {
  const cv::Mat input = noise(40, 30, CV_32FC1);
  for (const auto& size : sizes) {
    const cv::Mat result = resized(input, size, "area");
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        ASSERT_NEAR(result.at<float>(y, x), covered_mean(input, size, x, y), 1e-3)
            << size << " at " << x << "," << y;
  }
}

TEST(Resize, BicubicReproducesAQuadraticAndSharpensAStepAsCatmullRomDoes) {
  cv::Mat quadratic(20, 20, CV_32FC1);
  const auto value = [](double x, double y) { return 3 + 2 * x - y + 0.5 * x * x - 0.25 * x * y; };
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 20; ++x) quadratic.at<float>(y, x) = static_cast<float>(value(x, y));
  const cv::Mat result = resized(quadratic, {50, 30}, "bicubic");
  for (int y = 5; y < 25; ++y)
    for (int x = 6; x < 44; ++x)
      EXPECT_NEAR(result.at<float>(y, x), value((x + 0.5) * 0.4 - 0.5, (y + 0.5) * 2 / 3 - 0.5),
                  1e-3);

  cv::Mat step(1, 8, CV_32FC1, cv::Scalar(0));
  step.colRange(4, 8).setTo(1);
  const cv::Mat sharp = resized(step, {16, 1}, "bicubic");
  EXPECT_NEAR(sharp.at<float>(0, 6), -0.0703125, 1e-6);  // t = 3/4: the weight of the fourth tap
  EXPECT_NEAR(sharp.at<float>(0, 9), 1.0703125, 1e-6);
}

TEST(Resize, AntialiasingWeightsAllPixelsByTheStretchedTriangle) {
  const cv::Mat input = noise(60, 45, CV_32FC1);
  for (const cv::Size size : {cv::Size(16, 15), cv::Size(59, 7), cv::Size(1, 1)}) {
    auto options = to_size(size.width, size.height, "bilinear");
    options["antialias"] = true;
    const cv::Mat result = run_on("resize", options, Image(input)).pixels();
    const double step_x = 60.0 / size.width;
    const double step_y = 45.0 / size.height;
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        double sum = 0.0;
        double weights = 0.0;
        for (int v = 0; v < input.rows; ++v)
          for (int u = 0; u < input.cols; ++u) {
            const double dx = std::abs((u + 0.5) / step_x - (x + 0.5));
            const double dy = std::abs((v + 0.5) / step_y - (y + 0.5));
            const double weight = std::max(0.0, 1.0 - dx) * std::max(0.0, 1.0 - dy);
            sum += weight * static_cast<double>(input.at<float>(v, u));
            weights += weight;
          }
        EXPECT_NEAR(result.at<float>(y, x), sum / weights, 1e-3) << size << x << "," << y;
      }
  }
}

TEST(Resize, AntialiasingChangesNothingWhereTheImageGrows) {
  const cv::Mat input = noise(20, 10, CV_8UC3);
  for (const std::string interpolation : {"bilinear", "bicubic"}) {
    auto options = to_size(33, 25, interpolation);
    options["antialias"] = true;
    const cv::Mat result = run_on("resize", options, Image(input)).pixels();
    EXPECT_EQ(cv::norm(result, resized(input, {33, 25}, interpolation), cv::NORM_INF), 0.0);
  }
  auto options = to_size(7, 4, "bicubic");
  options["antialias"] = true;
  const cv::Mat flat(31, 40, CV_8UC1, cv::Scalar(77));
  const cv::Mat shrunk = run_on("resize", options, Image(flat)).pixels();
  EXPECT_EQ(cv::norm(shrunk, cv::Mat(4, 7, CV_8UC1, cv::Scalar(77)), cv::NORM_INF), 0.0);
}

TEST(Resize, RoundsAndClipsWholeNumbersOfEveryType) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1}) {
    cv::Mat input = noise(40, 30, type);
    if (type == CV_16UC1) input *= 262;
    for (const std::string interpolation : {"bilinear", "bicubic", "area"})
      for (const auto& size : sizes) {
        const cv::Mat result = resized(input, size, interpolation);
        std::vector<cv::Mat> channels;
        cv::split(input, channels);
        for (int c = 0; c < input.channels(); ++c) {
          cv::Mat values;
          channels[static_cast<std::size_t>(c)].convertTo(values, CV_32F);
          cv::Mat expected;
          resized(values, size, interpolation).convertTo(expected, input.depth());
          cv::Mat actual;
          cv::extractChannel(result, actual, c);
          EXPECT_EQ(cv::norm(actual, expected, cv::NORM_INF), 0.0) << interpolation << size;
        }
      }
  }
}

TEST(Resize, HandlesOnePixelAndViewsIntoLargerImages) {
  for (const std::string interpolation : {"nearest", "bilinear", "bicubic", "area"}) {
    const cv::Mat flat =
        resized(cv::Mat(1, 1, CV_8UC3, cv::Scalar(9, 8, 7)), {5, 4}, interpolation);
    EXPECT_EQ(cv::norm(flat, cv::Mat(4, 5, CV_8UC3, cv::Scalar(9, 8, 7)), cv::NORM_INF), 0.0);
    const cv::Mat large = noise(40, 30, CV_8UC3);
    const cv::Mat view = large(cv::Rect(3, 4, 21, 17));
    EXPECT_EQ(cv::norm(resized(view, {30, 9}, interpolation),
                       resized(view.clone(), {30, 9}, interpolation), cv::NORM_INF),
              0.0);
  }
}

TEST(Resize, FindsTheSizeAndScalesThePixelSize) {
  const Image image(noise(40, 30, CV_8UC1), PixelSize{0.5, 0.25});
  const auto size_of = [&](const Options& options) {
    return run_on("resize", options, image).pixels().size();
  };
  using Int = std::int64_t;
  EXPECT_EQ(size_of({{"width", Int{20}}}), cv::Size(20, 15));
  EXPECT_EQ(size_of({{"height", Int{45}}}), cv::Size(60, 45));
  EXPECT_EQ(size_of({{"factor", 0.55}}), cv::Size(22, 17));
  EXPECT_EQ(size_of({{"factor", 0.001}}), cv::Size(1, 1));
  EXPECT_EQ(size_of({{"width", Int{20}}, {"height", Int{20}}, {"keep_aspect", true}}),
            cv::Size(20, 15));
  EXPECT_EQ(size_of({{"width", Int{200}}, {"height", Int{60}}, {"keep_aspect", true}}),
            cv::Size(80, 60));
  const Image result = run_on("resize", to_size(20, 60, "area"), image);
  EXPECT_EQ(result.pixel_size(), (PixelSize{1.0, 0.125}));
}

TEST(Resize, RefusesToInterpolateLabels) {
  const cv::Mat labels(8, 8, CV_32SC1, cv::Scalar(3));
  for (const std::string interpolation : {"bilinear", "bicubic", "area"})
    EXPECT_THROW(run_on("resize", to_size(4, 4, interpolation), Image(labels)), SampleError);
}

// Scans of one bit a pixel hold the same values as a mask and are images all the same.
TEST(Resize, MakesBlackAndWhiteImagesGrey) {
  cv::Mat mask(8, 8, CV_8UC1, cv::Scalar(0));
  mask(cv::Rect(0, 0, 3, 8)).setTo(255);
  cv::Mat expected(4, 4, CV_8UC1, cv::Scalar(0));
  expected.col(0).setTo(255);
  expected.col(1).setTo(128);  // 127.5 to even
  for (const std::string interpolation : {"bilinear", "area"}) {
    const Image result = run_on("resize", to_size(4, 4, interpolation), Image(mask));
    EXPECT_EQ(cv::norm(result.pixels(), expected, cv::NORM_INF), 0.0) << interpolation;
  }
  // The centre lies on the border of two pixels, of which the right one counts.
  expected.col(1).setTo(0);
  EXPECT_EQ(cv::norm(run_on("resize", to_size(4, 4, "nearest"), Image(mask)).pixels(), expected,
                     cv::NORM_INF),
            0.0);
}

// Worked out by ImageJ 1.53t: Size..., width=5 height=4.
TEST(Resize, AlignedAsImageJComputesWhatImageJDoes) {
  cv::Mat image(7, 9, CV_8UC1);
  for (int i = 0; i < 63; ++i) image.at<uchar>(i / 9, i % 9) = static_cast<uchar>(i * 37 % 251);
  const auto with = [&](const std::string& interpolation, bool average) {
    auto options = to_size(5, 4, interpolation);
    options.emplace("alignment", std::string("imagej"));
    options.emplace("antialias", average);
    return run_on("resize", options, Image(image, PixelSize{1.0, 1.0}));
  };
  const Image bilinear = with("bilinear", false);
  const std::array<uchar, 20> expected{0,   57, 124, 191, 19, 123, 180, 121, 63, 129,
                                       204, 73, 139, 143, 31, 159, 216, 32,  99, 165};
  EXPECT_TRUE(std::ranges::equal(expected, std::span(bilinear.pixels().data, 20)));
  EXPECT_EQ(bilinear.pixel_size(), (PixelSize{9.0 / 5.0, 7.0 / 4.0}));
  const Image bicubic = with("bicubic", true);
  const std::array<uchar, 20> averaged{50,  122, 160, 119, 70, 168, 137, 100, 124, 133,
                                       125, 136, 140, 87,  95, 161, 104, 98,  174, 159};
  EXPECT_TRUE(std::ranges::equal(averaged, std::span(bicubic.pixels().data, 20)));
  EXPECT_THROW(with("area", false), ConfigError);
}

TEST(Resize, RefusesContradictoryAndExcessiveSizes) {
  EXPECT_THROW(make_stage("resize"), ConfigError);
  EXPECT_THROW(make_stage("resize", {{"factor", 2.0}, {"width", std::int64_t{5}}}), ConfigError);
  EXPECT_THROW(make_stage("resize", {{"factor", -1.0}}), ConfigError);
  EXPECT_THROW(run_on("resize", to_size(100000, 100000, "nearest"), Image(noise(4, 4, CV_8UC1))),
               SampleError);
}

}  // namespace
}  // namespace smear::test
