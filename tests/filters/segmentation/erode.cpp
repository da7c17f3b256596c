// SPDX-License-Identifier: Apache-2.0
// erode: the minimum over a disk or a square, against a naive loop, on every kind of image.
#include <gtest/gtest.h>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

/// Pixels outside the image are left out.
cv::Mat naive(const cv::Mat& image, double radius, bool box) {
  cv::Mat result = image.clone();
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      for (int v = 0; v < image.rows; ++v)
        for (int u = 0; u < image.cols; ++u) {
          const int dx = std::abs(u - x);
          const int dy = std::abs(v - y);
          const bool near =
              box ? dx <= radius && dy <= radius : dx * dx + dy * dy <= radius * radius;
          if (near)
            result.at<uchar>(y, x) = std::min(result.at<uchar>(y, x), image.at<uchar>(v, u));
        }
  return result;
}

cv::Mat result_of(const cv::Mat& image, double radius, const std::string& shape = "disk") {
  return run_on("erode", {{"radius", radius}, {"shape", shape}}, Image(image), "mask", "mask")
      .pixels();
}

TEST(Erode, EqualsTheNaiveLoop) {
  const cv::Mat mask = random_mask(23, 17, 0.5, 3);
  cv::Mat grey(17, 23, CV_8UC1);
  cv::theRNG().state = 5;
  cv::randu(grey, 0, 256);
  for (const double radius : {0.0, 1.0, 1.5, 2.0, 3.7, 40.0})
    for (const auto* shape : {"disk", "box"})
      for (const auto& image : {mask, grey})
        EXPECT_TRUE(same_pixels(result_of(image, radius, shape),
                                naive(image, radius, std::string(shape) == "box")))
            << shape << " " << radius;
}

TEST(Erode, TakesEveryTypeAndTinyImages) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1})
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 7), cv::Size(5, 1)}) {
      const cv::Mat flat(size, type, cv::Scalar::all(77));
      EXPECT_TRUE(same_pixels(result_of(flat, 2.0), flat));
    }
}

TEST(Erode, RefusesLabelsAndANegativeRadius) {
  EXPECT_THROW(result_of(empty_labels(3, 3), 1.0), SampleError);
  EXPECT_THROW(make_stage("erode", {{"radius", -1.0}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
