// SPDX-License-Identifier: Apache-2.0
// to-grey: every component agrees with its definition on a grid through the colour cube, and grey
// images count as colours of three equal channels.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

/// All colours whose channels are multiples of 15, which has grey, black, white and the corners.
cv::Mat colour_cube() {
  cv::Mat result(18 * 18, 18, CV_8UC3);
  for (int r = 0; r < 18; ++r)
    for (int g = 0; g < 18; ++g)
      for (int b = 0; b < 18; ++b)
        result.at<cv::Vec3b>(r * 18 + g, b) = cv::Vec3b(
            static_cast<uchar>(r * 15), static_cast<uchar>(g * 15), static_cast<uchar>(b * 15));
  return result;
}

cv::Mat grey(const std::string& component, const cv::Mat& pixels) {
  return run_on("to-grey", {{"component", component}}, Image(pixels)).pixels();
}

void expect_component(const std::string& component, double tolerance,
                      const std::function<double(double, double, double)>& expected) {
  const cv::Mat cube = colour_cube();
  const cv::Mat result = grey(component, cube);
  ASSERT_EQ(result.type(), CV_8UC1);
  for (int y = 0; y < cube.rows; ++y)
    for (int x = 0; x < cube.cols; ++x) {
      const auto rgb = cube.at<cv::Vec3b>(y, x);
      ASSERT_NEAR(result.at<uchar>(y, x), expected(rgb[0], rgb[1], rgb[2]), tolerance)
          << component << " of " << rgb;
    }
}

TEST(ToGrey, TakesChannelsMeansTheLargestAndTheSmallest) {
  expect_component("weighted", 0, [](double r, double g, double b) {
    return std::floor(r * 0.299 + g * 0.587 + b * 0.114 + 0.5);
  });
  expect_component("unweighted", 0,
                   [](double r, double g, double b) { return std::floor((r + g + b) / 3 + 0.5); });
  expect_component("red", 0, [](double r, double, double) { return r; });
  expect_component("green", 0, [](double, double g, double) { return g; });
  expect_component("blue", 0, [](double, double, double b) { return b; });
  expect_component("value", 0, [](double r, double g, double b) { return std::max({r, g, b}); });
  expect_component("minimum", 0, [](double r, double g, double b) { return std::min({r, g, b}); });
}

// The tolerance is for truncation: the expected value is below the whole number by up to one.
TEST(ToGrey, TakesHueAndSaturationTruncated) {
  expect_component("hue", 0.5 + 1e-4, [](double r, double g, double b) {
    // The angle of the colour around the grey axis of the hexagonal cone, a sector at a time.
    const double top = std::max({r, g, b});
    const double range = top - std::min({r, g, b});
    if (range == 0.0) return 0.5;
    double sector = r == top   ? (g - b) / range
                    : g == top ? 2 + (b - r) / range
                               : 4 + (r - g) / range;
    if (sector < 0) sector += 6;
    return sector / 6 * 255 - 0.5;
  });
  expect_component("saturation", 0.5 + 1e-4, [](double r, double g, double b) {
    const double top = std::max({r, g, b});
    return top == 0.0 ? 0.5 : (top - std::min({r, g, b})) / top * 255 - 0.5;
  });
}

TEST(ToGrey, KnowsTheHuesOfThePrimaries) {
  const cv::Mat colours = (cv::Mat_<cv::Vec3b>(1, 4) << cv::Vec3b(255, 0, 0), cv::Vec3b(0, 255, 0),
                           cv::Vec3b(0, 0, 255), cv::Vec3b(255, 255, 0));
  const cv::Mat expected = (cv::Mat_<uchar>(1, 4) << 0, 85, 170, 42);
  EXPECT_EQ(cv::norm(grey("hue", colours), expected, cv::NORM_INF), 0.0);
}

std::array<double, 3> lab_of(double r, double g, double b) {
  const auto linear = [](double v) {
    v /= 255.0;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  };
  const auto f = [](double t) {
    return t > 216.0 / 24389.0 ? std::cbrt(t) : (24389.0 / 27.0 * t + 16.0) / 116.0;
  };
  const double lr = linear(r);
  const double lg = linear(g);
  const double lb = linear(b);
  const double x = f((0.412453 * lr + 0.357580 * lg + 0.180423 * lb) / 0.950456);
  const double y = f(0.212671 * lr + 0.715160 * lg + 0.072169 * lb);
  const double z = f((0.019334 * lr + 0.119193 * lg + 0.950227 * lb) / 1.088754);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

TEST(ToGrey, TakesTheComponentsOfLabToOneLevel) {
  expect_component("lightness", 1.0, [](double r, double g, double b) {
    return std::round(lab_of(r, g, b)[0] * 2.55);
  });
  expect_component("lab-a", 1.0, [](double r, double g, double b) {
    return std::round(lab_of(r, g, b)[1] + 128);
  });
  expect_component("lab-b", 1.0, [](double r, double g, double b) {
    return std::round(lab_of(r, g, b)[2] + 128);
  });
}

// Values published for the primaries of sRGB: L* a* b* of red, green, blue, yellow.
TEST(ToGrey, KnowsTheLabOfThePrimaries) {
  const cv::Mat colours = (cv::Mat_<cv::Vec3b>(1, 4) << cv::Vec3b(255, 0, 0), cv::Vec3b(0, 255, 0),
                           cv::Vec3b(0, 0, 255), cv::Vec3b(255, 255, 0));
  const cv::Mat lightness = (cv::Mat_<uchar>(1, 4) << 136, 224, 82, 248);
  const cv::Mat a = (cv::Mat_<uchar>(1, 4) << 208, 42, 207, 106);
  const cv::Mat b = (cv::Mat_<uchar>(1, 4) << 195, 211, 20, 222);
  EXPECT_EQ(cv::norm(grey("lightness", colours), lightness, cv::NORM_INF), 0.0);
  EXPECT_EQ(cv::norm(grey("lab-a", colours), a, cv::NORM_INF), 0.0);
  EXPECT_EQ(cv::norm(grey("lab-b", colours), b, cv::NORM_INF), 0.0);
}

TEST(ToGrey, CountsGreyAsThreeEqualChannels) {
  cv::Mat ramp(1, 256, CV_8UC1);
  for (int i = 0; i < 256; ++i) ramp.at<uchar>(0, i) = static_cast<uchar>(i);
  cv::Mat rgb;
  cv::merge(std::vector<cv::Mat>{ramp, ramp, ramp}, rgb);
  for (const std::string component : {"weighted", "unweighted", "red", "green", "blue", "hue",
                                      "saturation", "value", "lightness", "lab-a", "lab-b"})
    EXPECT_EQ(cv::norm(grey(component, ramp), grey(component, rgb), cv::NORM_INF), 0.0)
        << component;
  EXPECT_EQ(cv::norm(grey("weighted", ramp), ramp, cv::NORM_INF), 0.0);
}

TEST(ToGrey, PassesDeepGreyThroughAndRefusesItsColour) {
  for (const int type : {CV_16UC1, CV_32FC1}) {
    const cv::Mat deep(3, 4, type, cv::Scalar(300));
    EXPECT_EQ(grey("weighted", deep).type(), type);
    EXPECT_EQ(cv::norm(grey("green", deep), deep, cv::NORM_INF), 0.0);
    for (const std::string component : {"hue", "saturation", "lightness", "lab-a", "lab-b"})
      EXPECT_THROW(grey(component, deep), SampleError);
  }
  try {
    grey("lab-a", cv::Mat::zeros(3, 3, CV_16UC1));
  } catch (const SampleError& error) {
    EXPECT_NE(std::string(error.what()).find("convert the image to 8-bit RGB"), std::string::npos);
  }
  EXPECT_THROW(grey("weighted", cv::Mat::zeros(3, 3, CV_32SC1)), SampleError);
  EXPECT_THROW(make_stage("to-grey", {{"component", std::string("luma")}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
