// SPDX-License-Identifier: Apache-2.0
// sharpness: the variance of the Laplacian against naive sums and closed forms; blur lowers it.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

double sharpness(const cv::Mat& image) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(image));
  run_stage("sharpness", {}, sample);
  const Table& table = sample.table("sharpness");
  EXPECT_EQ(table.rows(), 1U);
  return table.reals("laplacian_variance").at(0);
}

cv::Mat noise(int rows, int columns, int type) {
  cv::Mat result(rows, columns, type);
  cv::RNG generator(4);
  generator.fill(result, cv::RNG::UNIFORM, 0, 256);
  return result;
}

double grey(const cv::Mat& image, int y, int x) {
  if (image.channels() == 1) return image.at<uchar>(y, x);
  const auto rgb = image.at<cv::Vec3b>(y, x);
  return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}

int mirrored(int i, int count) {
  if (count == 1) return 0;
  if (i < 0) return -i;
  return i < count ? i : 2 * count - 2 - i;
}

double naive_sharpness(const cv::Mat& image) {
  double sum = 0.0;
  double squares = 0.0;
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) {
      double laplacian = -4.0 * grey(image, y, x);
      for (const int step : {-1, 1}) {
        laplacian += grey(image, mirrored(y + step, image.rows), x);
        laplacian += grey(image, y, mirrored(x + step, image.cols));
      }
      sum += laplacian;
      squares += laplacian * laplacian;
    }
  const auto n = static_cast<double>(image.total());
  return squares / n - sum / n * (sum / n);
}

TEST(Sharpness, FollowsItsDefinitionAtAnySize) {
  for (const cv::Size size : {cv::Size(31, 17), {3, 3}, {2, 5}, {1, 7}, {1, 1}})
    for (const int type : {CV_8UC1, CV_8UC3}) {
      const cv::Mat image = noise(size.height, size.width, type);
      const double expected = naive_sharpness(image);
      EXPECT_NEAR(sharpness(image), expected, 1e-4 * expected + 1e-6) << size << " " << type;
    }
}

TEST(Sharpness, OfALevelIsZeroAndOfAChessboardItsClosedForm) {
  EXPECT_EQ(sharpness(cv::Mat(9, 9, CV_8UC1, cv::Scalar(77))), 0.0);
  EXPECT_NEAR(sharpness(cv::Mat(9, 9, CV_8UC3, cv::Scalar(200, 40, 90))), 0.0, 1e-6);
  cv::Mat board(10, 10, CV_8UC1);
  for (int y = 0; y < 10; ++y)
    for (int x = 0; x < 10; ++x) board.at<uchar>(y, x) = (x + y) % 2 == 0 ? 100 : 110;
  EXPECT_NEAR(sharpness(board), 1600.0, 1e-3);  // the Laplacian is +40 or -40 everywhere
}

TEST(Sharpness, FallsWithBlurAndGrowsWithTheSquareOfContrast) {
  const cv::Mat image = noise(40, 40, CV_8UC3);
  double before = sharpness(image);
  for (const double sigma : {0.5, 1.0, 2.0}) {
    cv::Mat blurred;
    cv::GaussianBlur(image, blurred, {}, sigma);
    EXPECT_LT(sharpness(blurred), before);
    before = sharpness(blurred);
  }
  cv::Mat strong(20, 20, CV_8UC1, cv::Scalar(0));
  strong(cv::Rect(5, 5, 8, 9)).setTo(200);
  EXPECT_NEAR(sharpness(strong), 16.0 * sharpness(strong / 4), 1e-2);
}

}  // namespace
}  // namespace smear::test
