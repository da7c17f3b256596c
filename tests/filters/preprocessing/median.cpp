// SPDX-License-Identifier: Apache-2.0
// median: equals sorting every window, for each type, radius and shape of image, also where the
// window is larger than the image.
#include <gtest/gtest.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

template <typename Value>
cv::Mat sorted_windows(const cv::Mat& input, int radius) {
  const int channels = input.channels();
  cv::Mat result(input.size(), input.type());
  for (int y = 0; y < input.rows; ++y)
    for (int x = 0; x < input.cols; ++x)
      for (int c = 0; c < channels; ++c) {
        std::vector<Value> window;
        for (int v = y - radius; v <= y + radius; ++v)
          for (int u = x - radius; u <= x + radius; ++u)
            window.push_back(input.ptr<Value>(
                std::clamp(v, 0, input.rows - 1))[std::clamp(u, 0, input.cols - 1) * channels + c]);
        std::ranges::sort(window);
        result.ptr<Value>(y)[x * channels + c] = window[window.size() / 2];
      }
  return result;
}

cv::Mat sorted_windows(const cv::Mat& input, int radius) {
  if (input.depth() == CV_8U) return sorted_windows<uchar>(input, radius);
  if (input.depth() == CV_16U) return sorted_windows<ushort>(input, radius);
  return sorted_windows<float>(input, radius);
}

cv::Mat median(int radius, const cv::Mat& pixels) {
  const Image result = run_on("median", {{"radius", std::int64_t{radius}}}, Image(pixels));
  EXPECT_EQ(result.pixels().type(), pixels.type());
  return result.pixels();
}

TEST(Median, EqualsSortingEveryWindow) {
  const std::vector<cv::Size> sizes{{23, 17}, {1, 1}, {1, 9}, {9, 1}, {2, 2}, {5, 40}};
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1})
    for (const auto& size : sizes) {
      cv::Mat large(size.height + 3, size.width + 3, type);
      cv::randu(large, 0, type == CV_16UC1 ? 65536 : 256);
      const cv::Mat view = large(cv::Rect(cv::Point(1, 2), size));
      for (const int radius : {0, 1, 2, 3, 6, 11})
        EXPECT_EQ(cv::norm(median(radius, view), sorted_windows(view, radius), cv::NORM_INF), 0.0)
            << "type " << type << " size " << size << " radius " << radius;
    }
}

// 8-bit medians count in 16 bits: the largest radius must not overflow them.
TEST(Median, IsExactAtTheLargestRadius) {
  cv::Mat pixels(12, 300, CV_8UC1, cv::Scalar(0));
  pixels.colRange(150, 300).setTo(255);
  const cv::Mat result = median(100, pixels);
  EXPECT_EQ(cv::norm(result, pixels, cv::NORM_INF), 0.0);
}

TEST(Median, RemovesSpecksAndKeepsMasksMasks) {
  cv::Mat mask(20, 20, CV_8UC1, cv::Scalar(0));
  mask.rowRange(0, 10).setTo(255);
  const cv::Mat clean = mask.clone();
  mask.at<uchar>(15, 4) = 255;
  mask.at<uchar>(3, 3) = 0;
  EXPECT_EQ(cv::norm(median(1, mask), clean, cv::NORM_INF), 0.0);
}

TEST(Median, RefusesLabelsAndBadRadii) {
  EXPECT_THROW(median(1, cv::Mat::zeros(5, 5, CV_32SC1)), SampleError);
  EXPECT_THROW(make_stage("median", {{"radius", std::int64_t{-1}}}), ConfigError);
  EXPECT_THROW(make_stage("median", {{"radius", std::int64_t{101}}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
