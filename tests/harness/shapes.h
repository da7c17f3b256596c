// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core.hpp>

/// Masks and label images of known geometry, for tests of segmentation and measurement.
namespace smear::test {

/// Sets the pixels whose centres fulfil `inside(x, y)`; pixel (0, 0) has its centre at (0, 0).
template <typename Pixel, typename Inside>
void paint(cv::Mat& image, Pixel value, const Inside& inside) {
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      if (inside(static_cast<double>(x), static_cast<double>(y))) image.at<Pixel>(y, x) = value;
}

/// Draws a filled disk.
template <typename Pixel>
void paint_disk(cv::Mat& image, Pixel value, cv::Point2d centre, double radius) {
  paint(image, value, [&](double x, double y) {
    return (x - centre.x) * (x - centre.x) + (y - centre.y) * (y - centre.y) <= radius * radius;
  });
}

inline cv::Mat empty_mask(int width, int height) { return cv::Mat::zeros(height, width, CV_8UC1); }
inline cv::Mat empty_labels(int width, int height) {
  return cv::Mat::zeros(height, width, CV_32SC1);
}

/// A mask in which each pixel is set with the given probability, always the same for a seed.
inline cv::Mat random_mask(int width, int height, double probability, unsigned seed) {
  cv::RNG generator(seed);
  cv::Mat mask = empty_mask(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      if (generator.uniform(0.0, 1.0) < probability) mask.at<unsigned char>(y, x) = 255;
  return mask;
}

/// True where both have the same size, type and pixels.
inline bool same_pixels(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0.0;
}

}  // namespace smear::test
