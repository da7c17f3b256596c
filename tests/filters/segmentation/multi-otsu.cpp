// SPDX-License-Identifier: Apache-2.0
// multi-otsu: equals an exhaustive search over all thresholds, finds well separated classes in
// every pixel type, and honours `within` and `select`.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <set>

#include "harness/stages.h"

namespace smear::test {
namespace {

Sample divided(const Options& options, const cv::Mat& image, const cv::Mat& within = {}) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(image, PixelSize{0.2, 0.2}));
  if (!within.empty()) sample.set("within", Image(within));
  run_stage("multi-otsu", options, sample);
  return sample;
}

Options with_classes(int classes) { return {{"classes", std::int64_t{classes}}}; }

/// The sum of squared deviations from the class means of the division at these thresholds (the
/// lowest level of each upper class): what Otsu's criterion minimises, by its definition.
double within_class_variance(const std::array<int, 256>& histogram,
                             const std::vector<int>& starts) {
  double total = 0.0;
  for (std::size_t c = 0; c <= starts.size(); ++c) {
    const int from = c == 0 ? 0 : starts[c - 1];
    const int to = c == starts.size() ? 256 : starts[c];
    double n = 0.0;
    double mean = 0.0;
    for (int i = from; i < to; ++i) {
      n += histogram[static_cast<std::size_t>(i)];
      mean += static_cast<double>(i) * histogram[static_cast<std::size_t>(i)];
    }
    mean = n > 0.0 ? mean / n : 0.0;
    for (int i = from; i < to; ++i)
      total += histogram[static_cast<std::size_t>(i)] * (i - mean) * (i - mean);
  }
  return total;
}

/// The least variance over every choice of `count` starts among the levels that occur.
double least_variance(const std::array<int, 256>& histogram, std::vector<int>& starts, int count,
                      int from = 1) {
  if (count == 0) return within_class_variance(histogram, starts);
  double least = 1e300;
  for (int level = from; level < 256; ++level) {
    if (histogram[static_cast<std::size_t>(level)] == 0) continue;
    starts.push_back(level);
    least = std::min(least, least_variance(histogram, starts, count - 1, level + 1));
    starts.pop_back();
  }
  return least;
}

/// 2 to 5 humps; few enough levels for the exhaustive search.
cv::Mat humps(std::uint64_t seed, int levels) {
  cv::Mat image(40, 50, CV_8UC1);
  cv::RNG rng(seed);
  const int count = 2 + static_cast<int>(seed % 4);
  for (auto it = image.begin<std::uint8_t>(); it != image.end<std::uint8_t>(); ++it) {
    const int hump = rng.uniform(0, count);
    const double level = levels * (hump + 0.5) / count + rng.gaussian(levels / (4.0 * count));
    *it = cv::saturate_cast<std::uint8_t>(std::clamp(std::round(level), 0.0, levels - 1.0) *
                                          std::max(1, 255 / levels));
  }
  return image;
}

TEST(MultiOtsu, EqualsTheExhaustiveSearch) {
  struct Case {
    int classes;
    int levels;
  };
  for (const auto& [classes, levels] : {Case{2, 256}, Case{3, 100}, Case{4, 32}, Case{5, 20}})
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
      const cv::Mat image = humps(seed, levels);
      std::array<int, 256> histogram{};
      for (auto it = image.begin<std::uint8_t>(); it != image.end<std::uint8_t>(); ++it)
        ++histogram[*it];
      const Sample sample = divided(with_classes(classes), image);
      const cv::Mat& result = sample.image("classes").pixels();
      // The lowest level of each class; classes are runs of levels, numbered upwards.
      std::array<int, 256> class_of{};
      for (int y = 0; y < image.rows; ++y)
        for (int x = 0; x < image.cols; ++x) {
          int& known = class_of[image.at<std::uint8_t>(y, x)];
          ASSERT_TRUE(known == 0 || known == result.at<int>(y, x));
          known = result.at<int>(y, x);
        }
      std::vector<int> starts;
      int last = 1;
      for (int level = 0; level < 256; ++level) {
        const int here = class_of[static_cast<std::size_t>(level)];
        if (here == 0 || here == last) continue;
        ASSERT_EQ(here, last + 1);
        starts.push_back(level);
        last = here;
      }
      ASSERT_EQ(last, classes);
      std::vector<int> none;
      const double least = least_variance(histogram, none, classes - 1);
      EXPECT_NEAR(within_class_variance(histogram, starts), least, 1e-6 * least)
          << classes << " classes, seed " << seed;
    }
}

TEST(MultiOtsu, FindsSeparateClassesInEveryPixelType) {
  cv::Mat step(30, 40, CV_32FC1);
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 40; ++x)
      step.at<float>(y, x) = static_cast<float>(20 + 70 * (x / 10) + y % 3);
  struct Case {
    int type;
    double scale;
    double shift;
  };
  for (const auto& [type, scale, shift] :
       {Case{CV_8UC1, 1, 0}, Case{CV_16UC1, 200, 0}, Case{CV_16UC1, 1, 50000},
        Case{CV_32FC1, 0.001, -0.1}, Case{CV_32FC1, 1e6, 0}}) {
    cv::Mat image;
    step.convertTo(image, type, scale, shift);
    const Sample sample =
        divided({{"classes", std::int64_t{4}}, {"select", std::vector<double>{2, 4}}}, image);
    for (int y = 0; y < 30; ++y)
      for (int x = 0; x < 40; ++x) {
        ASSERT_EQ(sample.image("classes").pixels().at<int>(y, x), x / 10 + 1)
            << type << " * " << scale;
        ASSERT_EQ(sample.image("mask").pixels().at<std::uint8_t>(y, x), x / 10 % 2 == 1 ? 255 : 0);
      }
    EXPECT_EQ(sample.image("mask").pixel_size(), (PixelSize{0.2, 0.2}));
  }
}

TEST(MultiOtsu, DividesNeighbouring16BitLevelsExactly) {
  cv::Mat image(1, 6, CV_16UC1);
  const std::array<int, 6> levels{40000, 40001, 40100, 40101, 40254, 40255};
  for (int x = 0; x < 6; ++x)
    image.at<std::uint16_t>(0, x) = static_cast<std::uint16_t>(levels[static_cast<std::size_t>(x)]);
  const cv::Mat classes = divided(with_classes(5), image).image("classes").pixels();
  EXPECT_EQ(classes.at<int>(0, 0), 1);
  EXPECT_EQ(classes.at<int>(0, 5), 5);
  EXPECT_EQ(std::set<int>(classes.begin<int>(), classes.end<int>()).size(), 5U);
}

TEST(MultiOtsu, LooksWithinTheMaskOnly) {
  // The right half is far brighter and would take a class of its own.
  cv::Mat image(20, 40, CV_8UC1, cv::Scalar(250));
  image(cv::Rect(0, 0, 10, 20)).setTo(30);
  image(cv::Rect(10, 0, 10, 20)).setTo(40);
  cv::Mat within = cv::Mat::zeros(image.size(), CV_8UC1);
  within(cv::Rect(5, 0, 10, 20)).setTo(255);
  const cv::Mat everywhere = divided(with_classes(2), image).image("classes").pixels();
  EXPECT_EQ(everywhere.at<int>(3, 12), 1);
  const Sample sample = divided(with_classes(2), image, within);
  const cv::Mat& classes = sample.image("classes").pixels();
  EXPECT_EQ(classes.at<int>(3, 2), 0);
  EXPECT_EQ(classes.at<int>(3, 7), 1);
  EXPECT_EQ(classes.at<int>(3, 12), 2);
  EXPECT_EQ(classes.at<int>(3, 30), 0);
  EXPECT_EQ(cv::countNonZero(sample.image("mask").pixels()), 5 * 20);
}

TEST(MultiOtsu, GivesEmptyOutputsForAnEmptyMask) {
  for (const int type : {CV_8UC1, CV_16UC1, CV_32FC1}) {
    const Sample sample =
        divided({}, cv::Mat(9, 8, type, cv::Scalar(7)), cv::Mat::zeros(9, 8, CV_8UC1));
    EXPECT_EQ(cv::countNonZero(sample.image("mask").pixels()), 0);
    EXPECT_EQ(cv::countNonZero(sample.image("classes").pixels()), 0);
    EXPECT_EQ(sample.warnings().size(), 1U);
  }
}

TEST(MultiOtsu, ReadsPixelsThatLieApart) {
  const cv::Mat whole = humps(3, 64);
  const cv::Mat part = whole(cv::Rect(4, 3, 31, 22));
  const cv::Mat expected = divided({}, part.clone()).image("classes").pixels();
  EXPECT_EQ(cv::norm(divided({}, part).image("classes").pixels(), expected, cv::NORM_INF), 0.0);
}

TEST(MultiOtsu, FindsNothingWhereThereAreFewerValuesThanClasses) {
  const auto expect_empty = [](int classes, const cv::Mat& image) {
    const Sample sample = divided(with_classes(classes), image);
    EXPECT_EQ(cv::countNonZero(sample.image("mask").pixels()), 0);
    EXPECT_EQ(cv::countNonZero(sample.image("classes").pixels()), 0);
    EXPECT_EQ(sample.image("classes").pixels().size(), image.size());
    EXPECT_EQ(sample.warnings().size(), 1U);
  };
  for (const int type : {CV_8UC1, CV_16UC1, CV_32FC1})
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 30), cv::Size(12, 12)})
      expect_empty(2, cv::Mat(size, type, cv::Scalar(5)));
  cv::Mat two(4, 4, CV_8UC1, cv::Scalar(0));
  two.at<std::uint8_t>(0, 0) = 255;
  expect_empty(3, two);
  const Sample enough = divided(with_classes(2), two);
  EXPECT_TRUE(enough.warnings().empty());
  EXPECT_EQ(cv::countNonZero(enough.image("mask").pixels()), 15);
}

TEST(MultiOtsu, RefusesImagesItCannotDivide) {
  cv::Mat missing(4, 4, CV_32FC1, cv::Scalar(1));
  missing.at<float>(1, 1) = std::nanf("");
  EXPECT_THROW(divided(with_classes(2), missing), SampleError);
  EXPECT_THROW(divided({}, cv::Mat::zeros(4, 4, CV_8UC3)), SampleError);
  EXPECT_THROW(divided({}, humps(1, 64), cv::Mat::zeros(3, 3, CV_8UC1)), SampleError);
}

TEST(MultiOtsu, RefusesBadOptions) {
  EXPECT_THROW(make_stage("multi-otsu", with_classes(1)), ConfigError);
  EXPECT_THROW(make_stage("multi-otsu", with_classes(6)), ConfigError);
  EXPECT_THROW(make_stage("multi-otsu", {{"select", std::vector<double>{4}}}), ConfigError);
  EXPECT_THROW(make_stage("multi-otsu", {{"select", std::vector<double>{1.5}}}), ConfigError);
  EXPECT_THROW(make_stage("multi-otsu", {{"select", std::vector<double>{}}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
