// SPDX-License-Identifier: Apache-2.0
// resample, as plugins call it: the sum that its header says, the pixel size scaled along, and
// what it refuses. What the kernels give is tested with the stage `resize`, which uses it.
#include "smear/resample.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

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

/// A file of raw RGB bytes with a PPM header.
void write_ppm(const std::filesystem::path& file, const cv::Mat& pixels) {
  std::ofstream stream(file, std::ios::binary);
  stream << "P6 " << pixels.cols << ' ' << pixels.rows << " 255\n";
  for (int y = 0; y < pixels.rows; ++y)
    stream.write(reinterpret_cast<const char*>(pixels.ptr(y)), 3L * pixels.cols);
}

// Larger, smaller, one of each, by whole and by odd factors, down to one pixel.
TEST(ResampleAsPillow, GivesPillowsBytes) {
  if (std::system("/usr/bin/python3 -c 'import PIL.Image' 2>/dev/null") != 0)
    GTEST_SKIP() << "there is no Pillow (Debian: python3-pil)";
  const auto folder = std::filesystem::path(testing::TempDir()) / "resample-as-pillow";
  std::filesystem::create_directories(folder);
  cv::Mat pixels(61, 97, CV_8UC3);
  cv::RNG random(7);
  random.fill(pixels, cv::RNG::UNIFORM, 0, 256);
  write_ppm(folder / "in.ppm", pixels);
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{
           {128, 128}, {32, 32}, {97, 30}, {40, 61}, {194, 20}, {1, 1}, {48, 200}}) {
    const auto command = "cd '" + folder.string() +
                         "' && /usr/bin/python3 -c \"from PIL import Image; "
                         "Image.open('in.ppm').resize((" +
                         std::to_string(width) + ", " + std::to_string(height) +
                         "), Image.BILINEAR).save('expected.ppm')\"";
    ASSERT_EQ(std::system(command.c_str()), 0);
    write_ppm(folder / "found.ppm", resample_as_pillow(Image(pixels), width, height).pixels());
    const auto bytes = [&](const char* name) {
      std::ifstream stream(folder / name, std::ios::binary);
      std::string header;
      for (int word = 0; word < 4; ++word) stream >> header;
      stream.get();
      return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    const auto expected = bytes("expected.ppm");
    ASSERT_EQ(expected.size(), 3U * static_cast<std::size_t>(width * height));
    EXPECT_EQ(bytes("found.ppm"), expected) << width << " x " << height;
  }
  std::filesystem::remove_all(folder);
}

TEST(ResampleAsPillow, RefusesWhatPillowWouldNotScaleSo) {
  const Image deep(cv::Mat(4, 4, CV_16UC1, cv::Scalar(1)));
  EXPECT_THROW((void)resample_as_pillow(deep, 2, 2), SampleError);
  const Image grey(cv::Mat(4, 4, CV_8UC1, cv::Scalar(77)));
  EXPECT_THROW((void)resample_as_pillow(grey, 0, 2), SampleError);
  EXPECT_EQ(cv::norm(resample_as_pillow(grey, 7, 3).pixels(), cv::NORM_INF), 77.0);
}

}  // namespace
}  // namespace smear::test
