// SPDX-License-Identifier: Apache-2.0
// compare-images: errors against closed forms, SSIM against its definition window by window, for
// grey and RGB images of any size, and what does not compare is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

struct Likeness {
  double mse;
  double psnr_db;
  double ssim;
};

Likeness compared(const Image& image, const Image& reference) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", image);
  sample.set("reference", reference);
  run_stage("compare-images", {}, sample);
  const Table& table = sample.table("comparison");
  EXPECT_EQ(table.rows(), 1U);
  return {table.reals("mse").at(0), table.reals("psnr_db").at(0), table.reals("ssim").at(0)};
}

Likeness compared(const cv::Mat& image, const cv::Mat& reference) {
  return compared(Image(image), Image(reference));
}

cv::Mat level(int value, int rows = 24, int columns = 30, int type = CV_8UC3) {
  return {rows, columns, type, cv::Scalar::all(value)};
}

cv::Mat noise(int rows, int columns, int type, double low, double high, int seed) {
  cv::Mat result(rows, columns, type);
  cv::RNG generator(static_cast<std::uint64_t>(seed));
  generator.fill(result, cv::RNG::UNIFORM, low, high);
  return result;
}

/// The definition, window by window, of one channel.
double naive_ssim(const cv::Mat& a, const cv::Mat& b, int channel) {
  int window = std::min({11, a.rows, a.cols});
  if (window % 2 == 0) --window;
  const auto weight = [&](int y, int x) {
    const int v = y - window / 2;
    const int u = x - window / 2;
    return std::exp(-(u * u + v * v) / 4.5);
  };
  const auto at = [&](const cv::Mat& image, int y, int x) {
    return image.ptr<uchar>(y)[x * image.channels() + channel] / 255.0;
  };
  double sum = 0.0;
  int places = 0;
  for (int top = 0; top + window <= a.rows; ++top)
    for (int left = 0; left + window <= a.cols; ++left) {
      double total = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
      for (int y = 0; y < window; ++y)
        for (int x = 0; x < window; ++x) {
          const double w = weight(y, x);
          const double p = at(a, top + y, left + x);
          const double q = at(b, top + y, left + x);
          total += w;
          ma += w * p;
          mb += w * q;
          aa += w * p * p;
          bb += w * q * q;
          ab += w * p * q;
        }
      ma /= total;
      mb /= total;
      sum += (2 * ma * mb + 1e-4) * (2 * (ab / total - ma * mb) + 9e-4) /
             ((ma * ma + mb * mb + 1e-4) * (aa / total - ma * ma + bb / total - mb * mb + 9e-4));
      ++places;
    }
  return sum / places;
}

TEST(CompareImages, OfLevelsFollowsTheClosedForms) {
  const Likeness likeness = compared(level(51), level(204));
  EXPECT_NEAR(likeness.mse, 0.36, 1e-12);
  EXPECT_NEAR(likeness.psnr_db, -10.0 * std::log10(0.36), 1e-10);
  EXPECT_NEAR(likeness.ssim, (2 * 0.2 * 0.8 + 1e-4) / (0.04 + 0.64 + 1e-4), 1e-10);
  EXPECT_NEAR(compared(level(0), level(255)).psnr_db, 0.0, 1e-12);
}

TEST(CompareImages, WeighsEveryChannelAlike) {
  const cv::Mat black = level(0);
  for (const cv::Scalar& colour : {cv::Scalar(255, 0, 0), {0, 255, 0}, {0, 0, 255}}) {
    const Likeness likeness = compared(cv::Mat(black.size(), CV_8UC3, colour), black);
    EXPECT_NEAR(likeness.mse, 1.0 / 3.0, 1e-12);
    EXPECT_NEAR(likeness.ssim, (2.0 + 1e-4 / 1.0001) / 3.0, 1e-10);
  }
}

TEST(CompareImages, OfEqualImagesIsPerfectAndHasNoPsnr) {
  const cv::Mat image = noise(20, 33, CV_8UC3, 0, 256, 1);
  const Likeness likeness = compared(image, image.clone());
  EXPECT_EQ(likeness.mse, 0.0);
  EXPECT_TRUE(std::isnan(likeness.psnr_db));
  EXPECT_NEAR(likeness.ssim, 1.0, 1e-12);
}

TEST(CompareImages, FollowsTheDefinitionOfSsimAtAnySize) {
  for (const cv::Size size : {cv::Size(31, 24), {11, 11}, {40, 10}, {5, 12}, {2, 3}, {1, 1}})
    for (const int type : {CV_8UC1, CV_8UC3}) {
      const cv::Mat a = noise(size.height, size.width, type, 40, 220, 1);
      const cv::Mat b = a + noise(size.height, size.width, type, 0, 60, 2);
      double expected = 0.0;
      for (int c = 0; c < a.channels(); ++c) expected += naive_ssim(a, b, c) / a.channels();
      EXPECT_NEAR(compared(a, b).ssim, expected, 1e-9) << size << " " << a.channels();
      EXPECT_NEAR(compared(b, a).ssim, expected, 1e-9) << size << " " << a.channels();
    }
}

TEST(CompareImages, FallsWithNoise) {
  const cv::Mat image = noise(64, 64, CV_8UC1, 60, 200, 1);
  Likeness before{0.0, 1e9, 1.0};
  for (const int amount : {5, 20, 55}) {
    const Likeness likeness =
        compared(cv::Mat(image + noise(64, 64, CV_8UC1, 0, amount, 2)), image);
    EXPECT_GT(likeness.mse, before.mse);
    EXPECT_LT(likeness.psnr_db, before.psnr_db);
    EXPECT_LT(likeness.ssim, before.ssim);
    before = likeness;
  }
}

TEST(CompareImages, RefusesWhatDoesNotCompare) {
  const auto reason = [](const Image& image, const Image& reference) {
    try {
      (void)compared(image, reference);
    } catch (const SampleError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const Image rgb(level(9, 8, 6));
  EXPECT_EQ(reason(rgb, Image(level(9, 6, 8))),
            "compare-images needs 'image' and 'reference' of the same size, got 6 x 8 and 8 x 6");
  EXPECT_THAT(reason(rgb, Image(level(9, 8, 6, CV_8UC1))),
              testing::HasSubstr("got rgb8 and grey8"));
}

}  // namespace
}  // namespace smear::test
