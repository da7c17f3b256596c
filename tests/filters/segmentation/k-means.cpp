// SPDX-License-Identifier: Apache-2.0
// k-means: finds clusters that are known, reaches a fixed point that OpenCV's k-means confirms,
// numbers them by brightness, and honours `within`, `select` and each colour space.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "harness/stages.h"

namespace smear::test {
namespace {

Sample clustered(const Options& options, const cv::Mat& image, const cv::Mat& within = {}) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(image, PixelSize{0.2, 0.2}));
  if (!within.empty()) sample.set("within", Image(within));
  run_stage("k-means", options, sample);
  return sample;
}

Options options(int clusters, const std::string& space) {
  return {{"clusters", std::int64_t{clusters}}, {"space", space}};
}

/// Vertical bands of these colours, with noise.
cv::Mat bands(const std::vector<cv::Scalar>& colours, int noise) {
  constexpr int width = 12;
  cv::Mat image(30, width * static_cast<int>(colours.size()), CV_8UC3);
  cv::RNG rng(5);
  for (std::size_t i = 0; i < colours.size(); ++i)
    image(cv::Rect(static_cast<int>(i) * width, 0, width, 30)).setTo(colours[i]);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      for (int c = 0; c < 3; ++c)
        image.at<cv::Vec3b>(y, x)[c] = cv::saturate_cast<std::uint8_t>(
            image.at<cv::Vec3b>(y, x)[c] + rng.uniform(-noise, noise + 1));
  return image;
}

const cv::Scalar background(235, 225, 230);
const cv::Scalar red_cell(205, 150, 165);
const cv::Scalar nucleus(95, 50, 130);

/// Both outputs are 0 and one warning says why.
void expect_empty(const Options& chosen, const cv::Mat& image) {
  const Sample sample = clustered(chosen, image);
  EXPECT_EQ(cv::countNonZero(sample.image("mask").pixels()), 0);
  EXPECT_EQ(cv::countNonZero(sample.image("clusters").pixels()), 0);
  EXPECT_EQ(sample.image("clusters").pixels().size(), image.size());
  EXPECT_EQ(sample.warnings().size(), 1U);
}

TEST(KMeans, NumbersKnownClustersFromTheDarkest) {
  const cv::Mat image = bands({background, nucleus, red_cell}, 6);
  const std::array<int, 3> expected{3, 1, 2};
  for (const std::string space : {"rgb", "lab"}) {
    Options o = options(3, space);
    o["select"] = std::vector<double>{1, 3};
    const Sample sample = clustered(o, image);
    for (int y = 0; y < image.rows; ++y)
      for (int x = 0; x < image.cols; ++x) {
        const int cluster = expected[static_cast<std::size_t>(x / 12)];
        ASSERT_EQ(sample.image("clusters").pixels().at<int>(y, x), cluster) << space;
        ASSERT_EQ(sample.image("mask").pixels().at<std::uint8_t>(y, x), cluster == 2 ? 0 : 255);
      }
    EXPECT_EQ(sample.image("mask").pixel_size(), (PixelSize{0.2, 0.2}));
  }
}

TEST(KMeans, ChromaticityTellsStainsApartWhateverTheirAmount) {
  // Two stains, each from thin to thick: by brightness they overlap fully.
  cv::Mat image(20, 60, CV_8UC3);
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 60; ++x) {
      const cv::Vec3d stain = y < 10 ? cv::Vec3d(0.8, 0.5, 0.33) : cv::Vec3d(0.1, 0.95, 0.3);
      const double amount = 0.2 + 0.01 * x;
      for (int c = 0; c < 3; ++c)
        image.at<cv::Vec3b>(y, x)[c] =
            static_cast<std::uint8_t>(std::lround(255 * std::pow(10.0, -amount * stain[c])));
    }
  const cv::Mat clusters =
      clustered(options(2, "od-chromaticity"), image).image("clusters").pixels();
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 60; ++x)
      ASSERT_EQ(clusters.at<int>(y, x) == clusters.at<int>(0, 0), y < 10) << x << "," << y;
}

TEST(KMeans, ReachesAFixedPointThatOpenCvConfirms) {
  cv::Mat image(50, 60, CV_8UC3);
  cv::RNG rng(9);
  rng.fill(image, cv::RNG::NORMAL, cv::Scalar(150, 140, 160), cv::Scalar(40, 50, 30));
  for (const int k : {2, 3, 5, 8}) {
    const cv::Mat clusters = clustered(options(k, "rgb"), image).image("clusters").pixels();
    cv::Mat samples;
    image.reshape(1, static_cast<int>(image.total())).convertTo(samples, CV_32F);
    cv::Mat labels = clusters.clone().reshape(1, static_cast<int>(image.total())) - 1;
    const cv::Mat before = labels.clone();
    cv::Mat centres;
    cv::kmeans(samples, k, labels, cv::TermCriteria(cv::TermCriteria::COUNT, 100, 0), 1,
               cv::KMEANS_USE_INITIAL_LABELS, centres);
    // Started from our clusters, it finds next to nothing to change.
    EXPECT_LE(cv::countNonZero(labels != before), 3) << k;
  }
}

TEST(KMeans, ClustersGreyImagesByLevel) {
  for (const int type : {CV_8UC1, CV_16UC1, CV_32FC1}) {
    const double scale = CV_MAT_DEPTH(type) == CV_16U   ? 200.0
                         : CV_MAT_DEPTH(type) == CV_32F ? 0.001
                                                        : 1.0;
    cv::Mat levels(10, 30, CV_32FC1);
    for (int y = 0; y < 10; ++y)
      for (int x = 0; x < 30; ++x)
        levels.at<float>(y, x) = static_cast<float>(
            std::array<int, 3>{220, 40, 130}[static_cast<std::size_t>(x / 10)] + y);
    cv::Mat image;
    levels.convertTo(image, type, scale);
    const cv::Mat clusters = clustered(options(3, "lab"), image).image("clusters").pixels();
    EXPECT_EQ(clusters.at<int>(5, 5), 3);
    EXPECT_EQ(clusters.at<int>(5, 15), 1);
    EXPECT_EQ(clusters.at<int>(5, 25), 2);
  }
}

TEST(KMeans, FindsFewDarkPixelsAmongMany) {
  cv::Mat image = bands({background, background, red_cell, red_cell}, 8);
  image(cv::Rect(5, 5, 5, 4)).setTo(nucleus);
  const cv::Mat mask = clustered(options(3, "rgb"), image).image("mask").pixels();
  EXPECT_EQ(cv::countNonZero(mask), 20);
  EXPECT_EQ(cv::countNonZero(mask(cv::Rect(5, 5, 5, 4))), 20);
}

TEST(KMeans, LooksWithinTheMaskOnly) {
  const cv::Mat image = bands({background, nucleus, red_cell}, 4);
  cv::Mat within = cv::Mat::zeros(image.size(), CV_8UC1);
  within(cv::Rect(0, 3, 24, 20)).setTo(255);
  const Sample sample = clustered(options(2, "lab"), image, within);
  const cv::Mat& clusters = sample.image("clusters").pixels();
  EXPECT_EQ(clusters.at<int>(10, 5), 2);
  EXPECT_EQ(clusters.at<int>(10, 15), 1);
  EXPECT_EQ(cv::countNonZero(clusters), 24 * 20);
  EXPECT_EQ(cv::countNonZero(clusters(cv::Rect(24, 0, 12, 30))), 0);
  EXPECT_EQ(cv::countNonZero(sample.image("mask").pixels()), 12 * 20);
}

TEST(KMeans, GivesEmptyOutputsForAnEmptyMask) {
  const Sample sample =
      clustered({}, bands({background, nucleus}, 3), cv::Mat::zeros(30, 24, CV_8UC1));
  EXPECT_EQ(cv::countNonZero(sample.image("mask").pixels()), 0);
  EXPECT_EQ(cv::countNonZero(sample.image("clusters").pixels()), 0);
  EXPECT_EQ(sample.warnings().size(), 1U);
}

TEST(KMeans, TakesExactlyAsManyColoursAsClusters) {
  // By equal steps of brightness two of these fall into one step and another step stays empty.
  cv::Mat image(1, 4, CV_8UC3);
  const std::array<int, 4> levels{10, 12, 14, 250};
  for (int x = 0; x < 4; ++x)
    image.at<cv::Vec3b>(0, x) =
        cv::Vec3b::all(static_cast<std::uint8_t>(levels[static_cast<std::size_t>(x)]));
  const cv::Mat clusters = clustered(options(4, "rgb"), image).image("clusters").pixels();
  for (int x = 0; x < 4; ++x) EXPECT_EQ(clusters.at<int>(0, x), x + 1);
  expect_empty(options(5, "rgb"), image);
}

TEST(KMeans, FitsLargeImagesOnPartOfTheirPixels) {
  cv::Mat image;
  cv::resize(bands({background, nucleus, red_cell}, 5), image, {900, 700}, 0, 0, cv::INTER_NEAREST);
  const cv::Mat clusters = clustered(options(3, "lab"), image).image("clusters").pixels();
  EXPECT_EQ(cv::countNonZero(clusters == 1), 300 * 700);
  EXPECT_EQ(cv::countNonZero(clusters == 2), 300 * 700);
  EXPECT_EQ(cv::countNonZero(clusters == 3), 300 * 700);
}

TEST(KMeans, ReadsPixelsThatLieApart) {
  const cv::Mat whole = bands({background, nucleus, red_cell}, 20);
  const cv::Mat part = whole(cv::Rect(2, 3, 29, 20));
  for (const std::string space : {"rgb", "lab", "od-chromaticity"}) {
    const cv::Mat expected = clustered(options(3, space), part.clone()).image("clusters").pixels();
    EXPECT_EQ(cv::norm(clustered(options(3, space), part).image("clusters").pixels(), expected,
                       cv::NORM_INF),
              0.0);
  }
}

TEST(KMeans, FindsNothingWhereThereAreFewerColoursThanClusters) {
  for (const std::string space : {"rgb", "lab", "od-chromaticity"})
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 20), cv::Size(9, 9)})
      for (const double level : {0.0, 100.0, 255.0})
        expect_empty(options(2, space), cv::Mat(size, CV_8UC3, cv::Scalar::all(level)));
}

TEST(KMeans, RefusesImagesItCannotDivide) {
  cv::Mat missing(4, 4, CV_32FC1, cv::Scalar(1));
  missing.at<float>(1, 1) = std::nanf("");
  EXPECT_THROW(clustered({}, missing), SampleError);
  EXPECT_THROW(clustered({}, cv::Mat::ones(4, 4, CV_32SC1)), SampleError);
  EXPECT_THROW(clustered({}, bands({background, nucleus}, 3), cv::Mat::zeros(3, 3, CV_8UC1)),
               SampleError);
}

TEST(KMeans, RefusesBadOptions) {
  EXPECT_THROW(make_stage("k-means", {{"clusters", std::int64_t{1}}}), ConfigError);
  EXPECT_THROW(make_stage("k-means", {{"space", std::string("hsv")}}), ConfigError);
  EXPECT_THROW(make_stage("k-means", {{"select", std::vector<double>{4}}}), ConfigError);
  EXPECT_THROW(make_stage("k-means", {{"select", std::vector<double>{0.5}}}), ConfigError);
  EXPECT_THROW(make_stage("k-means", {{"select", std::vector<double>{}}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
