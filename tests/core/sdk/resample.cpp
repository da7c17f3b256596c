// SPDX-License-Identifier: Apache-2.0
// resample, as plugins call it: the sum that its header says, the pixel size scaled along, and
// what it refuses. What the kernels give is tested with the stage `resize`, which uses it.
#include "smear/resample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <vector>

#include "smear/errors.h"

namespace smear::test {
namespace {

cv::Mat noise(int width, int height, int type) {
  cv::Mat result(height, width, type);
  cv::theRNG().state = 11;
  cv::randu(result, 0, 256);
  return result;
}

/// Along one axis, the triangle stretched by the step, summed in double precision.
std::vector<double> shrunk(const std::vector<double>& values, int out) {
  const double step = static_cast<double>(values.size()) / out;
  std::vector<double> result;
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * step - 0.5;
    double sum = 0.0;
    double weights = 0.0;
    for (std::size_t j = 0; j < values.size(); ++j) {
      const double weight = 1.0 - std::abs(static_cast<double>(j) - centre) / step;
      if (weight <= 0.0) continue;
      sum += weight * values[j];
      weights += weight;
    }
    result.push_back(sum / weights);
  }
  return result;
}

TEST(Resample, ShrinksByTheStretchedTriangle) {
  const cv::Mat input = noise(67, 41, CV_32FC1);
  const int width = 20;
  const int height = 13;
  cv::Mat narrow(41, width, CV_64FC1);
  for (int y = 0; y < 41; ++y) {
    const auto row = shrunk({input.ptr<float>(y), input.ptr<float>(y) + 67}, width);
    for (int x = 0; x < width; ++x) narrow.at<double>(y, x) = row[static_cast<std::size_t>(x)];
  }
  const Image result = resample(Image(input), width, height, Interpolation::bilinear, true);
  for (int x = 0; x < width; ++x) {
    std::vector<double> column;
    for (int y = 0; y < 41; ++y) column.push_back(narrow.at<double>(y, x));
    const auto expected = shrunk(column, height);
    for (int y = 0; y < height; ++y)
      EXPECT_NEAR(result.pixels().at<float>(y, x), expected[static_cast<std::size_t>(y)], 1e-3);
  }
}

TEST(Resample, KeepsTheInputAndScalesThePixelSize) {
  const cv::Mat input = noise(40, 30, CV_8UC3);
  const Image image(input.clone(), PixelSize{0.5, 0.25});
  const Image result = resample(image, 20, 60, Interpolation::area);
  EXPECT_EQ(result.pixels().size(), cv::Size(20, 60));
  EXPECT_EQ(result.type(), PixelType::rgb8);
  EXPECT_EQ(result.pixel_size(), (PixelSize{1.0, 0.125}));
  EXPECT_EQ(cv::norm(image.pixels(), input, cv::NORM_INF), 0.0);
  EXPECT_FALSE(resample(Image(input), 20, 60, Interpolation::area).pixel_size());
}

TEST(Resample, RefusesLabelsAndEmptySizes) {
  const Image labels(cv::Mat(8, 8, CV_32SC1, cv::Scalar(3)));
  EXPECT_THROW(resample(labels, 4, 4, Interpolation::bilinear), SampleError);
  EXPECT_EQ(resample(labels, 4, 4, Interpolation::nearest).pixels().at<int>(3, 3), 3);
  const Image image(noise(8, 8, CV_8UC1));
  EXPECT_THROW(resample(image, 0, 4, Interpolation::nearest), SampleError);
  EXPECT_THROW(resample(image, 4, -1, Interpolation::bilinear), SampleError);
}

}  // namespace
}  // namespace smear::test
