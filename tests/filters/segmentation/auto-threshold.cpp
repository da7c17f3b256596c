// SPDX-License-Identifier: Apache-2.0
// auto-threshold: each method against its definition computed naively, on every grey type, and
// with images that have no threshold.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

using Histogram = std::vector<double>;

/// Two overlapping bell-shaped classes of unequal size, the same every time.
cv::Mat two_classes() {
  cv::RNG generator(7);
  cv::Mat image(120, 160, CV_8UC1);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) {
      const bool object = x < 40;
      const double value = (object ? 90 : 190) + generator.gaussian(object ? 18 : 12);
      image.at<uchar>(y, x) = cv::saturate_cast<uchar>(value);
    }
  return image;
}

Histogram histogram_of(const cv::Mat& image) {
  Histogram histogram(256, 0.0);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) histogram[image.at<uchar>(y, x)] += 1.0;
  return histogram;
}

struct Side {
  double number = 0.0;
  double mean = 0.0;
};
Side side(const Histogram& h, int from, int to) {
  Side s;
  for (int i = from; i <= to; ++i) {
    s.number += h[static_cast<std::size_t>(i)];
    s.mean += i * h[static_cast<std::size_t>(i)];
  }
  if (s.number > 0) s.mean /= s.number;
  return s;
}

int first_bin(const Histogram& h) {
  int i = 0;
  while (h[static_cast<std::size_t>(i)] == 0) ++i;
  return i;
}
int last_bin(const Histogram& h) {
  int i = 255;
  while (h[static_cast<std::size_t>(i)] == 0) --i;
  return i;
}

/// The split after which `criterion` is largest; the first of equals.
int best_split(const Histogram& h, const std::function<double(int)>& criterion) {
  int best = first_bin(h);
  double largest = criterion(best);
  for (int t = best + 1; t < last_bin(h); ++t)
    if (const double value = criterion(t); value > largest + 1e-12) {
      largest = value;
      best = t;
    }
  return best;
}

double entropy(const Histogram& h, int from, int to, double alpha = 1.0) {
  const double total = side(h, from, to).number;
  double sum = 0.0;
  for (int i = from; i <= to; ++i) {
    const double p = h[static_cast<std::size_t>(i)] / total;
    if (p > 0) sum += alpha == 1.0 ? -p * std::log(p) : std::pow(p, alpha);
  }
  return alpha == 1.0 ? sum : std::log(sum) / (1.0 - alpha);
}

/// The largest value in the mask of dark objects: the threshold, as it can be seen from outside.
int threshold_found(const std::string& method, const cv::Mat& image) {
  const cv::Mat mask =
      run_on("auto-threshold", {{"method", method}}, Image(image), "image", "mask").pixels();
  double largest = 0.0;
  cv::minMaxLoc(image, nullptr, &largest, nullptr, nullptr, mask);
  return static_cast<int>(largest);
}

TEST(AutoThreshold, OtsuMaximisesTheVarianceBetweenClasses) {
  const cv::Mat image = two_classes();
  const Histogram h = histogram_of(image);
  EXPECT_EQ(threshold_found("otsu", image), best_split(h, [&](int t) {
              const Side a = side(h, 0, t);
              const Side b = side(h, t + 1, 255);
              return a.number * b.number * (a.mean - b.mean) * (a.mean - b.mean);
            }));
}

TEST(AutoThreshold, MaximumEntropyMaximisesTheSumOfEntropies) {
  const cv::Mat image = two_classes();
  const Histogram h = histogram_of(image);
  EXPECT_EQ(threshold_found("maximum-entropy", image),
            best_split(h, [&](int t) { return entropy(h, 0, t) + entropy(h, t + 1, 255); }));
}

TEST(AutoThreshold, YenMaximisesItsCorrelation) {
  const cv::Mat image = two_classes();
  const Histogram h = histogram_of(image);
  const double total = side(h, 0, 255).number;
  const auto squares = [&](int from, int to) {
    double sum = 0.0;
    for (int i = from; i <= to; ++i) sum += std::pow(h[static_cast<std::size_t>(i)] / total, 2);
    return sum;
  };
  EXPECT_EQ(threshold_found("yen", image), best_split(h, [&](int t) {
              const double p = side(h, 0, t).number / total;
              return -std::log(squares(0, t) * squares(t + 1, 255)) + 2 * std::log(p * (1 - p));
            }));
}

/// A bright field with few dark objects: fewer than one pixel in a hundred.
cv::Mat sparse_objects() {
  cv::RNG generator(11);
  cv::Mat image(400, 500, CV_8UC1);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) {
      const bool object = y < 3 && x < 200;
      const double value = object ? 60 + generator.gaussian(20) : 220 + generator.gaussian(6);
      image.at<uchar>(y, x) = cv::saturate_cast<uchar>(value);
    }
  return image;
}

/// A steep decay on a flat floor: iterations that start at the mean creep towards the middle.
cv::Mat long_decay() {
  cv::Mat image(1, 0, CV_8UC1);
  for (int value = 20; value < 250; ++value) {
    const int count = static_cast<int>(20000 * std::exp((20 - value) / 8.0)) + 10;
    cv::hconcat(image, cv::Mat(1, count, CV_8UC1, cv::Scalar(value)), image);
  }
  return image;
}

/// Images whose histograms differ: two classes, few dark objects, few bright ones, a long decay.
std::vector<cv::Mat> varied_images() {
  const cv::Mat sparse = sparse_objects();
  const cv::Mat decay = long_decay();
  return {two_classes(), ~two_classes(), sparse, ~sparse, decay, ~decay};
}

TEST(AutoThreshold, IsodataIsTheLowestBinJustBelowTheMidpointOfTheMeans) {
  for (const cv::Mat& image : varied_images()) {
    const Histogram h = histogram_of(image);
    int expected = first_bin(h);
    const auto above = [&](int t) {
      return (side(h, 0, t).mean + side(h, t + 1, 255).mean) / 2 - t;
    };
    while (above(expected) < 0 || above(expected) >= 1) ++expected;
    EXPECT_TRUE(same_pixels(run_on("auto-threshold", {{"method", std::string("isodata")}},
                                   Image(image), "image", "mask")
                                .pixels(),
                            image <= expected));
  }
  // Between distant classes any bin of the gap would do, but one class beside the midpoint, 100,
  // must stay on its side: 101 is above it and bright.
  cv::Mat image(1, 30, CV_8UC1, cv::Scalar(50));
  image.colRange(10, 20).setTo(101);
  image.colRange(20, 30).setTo(199);
  EXPECT_EQ(threshold_found("isodata", image), 50);
}

/// Li and Tam's iteration as ImageJ writes it down; `steps` counts its rounds.
int li_and_tam(const Histogram& h, int& steps) {
  double next = side(h, 0, 255).mean;
  double old = 0.0;
  int threshold = 0;
  steps = 0;
  do {
    old = next;
    threshold = static_cast<int>(old + 0.5);
    const double a = side(h, 0, threshold).mean;
    const double b = side(h, threshold + 1, 255).mean;
    next = static_cast<int>((a - b) / (std::log(a) - std::log(b)) + 0.5);
    ++steps;
  } while (std::abs(next - old) > 0.5);
  return threshold;
}

TEST(AutoThreshold, LiIsWhereTheCrossEntropyIterationEnds) {
  int most_steps = 0;
  for (const cv::Mat& image : varied_images()) {
    int steps = 0;
    const int expected = li_and_tam(histogram_of(image), steps);
    most_steps = std::max(most_steps, steps);
    EXPECT_TRUE(same_pixels(
        run_on("auto-threshold", {{"method", std::string("li")}}, Image(image), "image", "mask")
            .pixels(),
        image <= expected));
  }
  EXPECT_GE(most_steps, 15);  // one of them converges slowly
}

TEST(AutoThreshold, MomentsKeepsTheFirstThreeMoments) {
  const cv::Mat image = two_classes();
  const Histogram h = histogram_of(image);
  const double total = side(h, 0, 255).number;
  std::array<double, 4> m{};
  for (int k = 0; k < 4; ++k)
    for (int i = 0; i < 256; ++i)
      m[static_cast<std::size_t>(k)] += std::pow(i, k) * h[static_cast<std::size_t>(i)] / total;
  // Two values z0 < z1 with fractions p and 1 - p have the same moments: Tsai 1985.
  const double d = m[2] - m[1] * m[1];
  const double c0 = (m[1] * m[3] - m[2] * m[2]) / d;
  const double c1 = (m[1] * m[2] - m[3]) / d;
  const double root = std::sqrt(c1 * c1 - 4 * c0);
  const double z0 = (-c1 - root) / 2;
  const double z1 = (-c1 + root) / 2;
  const double p = (z1 - m[1]) / (z1 - z0);
  const int t = threshold_found("moments", image);
  EXPECT_LE(side(h, 0, t - 1).number / total, p);
  EXPECT_GT(side(h, 0, t).number / total, p);
}

TEST(AutoThreshold, HuangMinimisesTheFuzzyEntropy) {
  const cv::Mat image = two_classes();
  const Histogram h = histogram_of(image);
  const double range = last_bin(h) - first_bin(h);
  const auto fuzziness = [&](int i, double mean) {
    const double mu = 1.0 / (1.0 + std::abs(i - std::round(mean)) / range);
    return mu == 1.0 ? 0.0 : -mu * std::log(mu) - (1 - mu) * std::log(1 - mu);
  };
  EXPECT_EQ(threshold_found("huang", image), best_split(h, [&](int t) {
              double sum = 0.0;
              for (int i = 0; i < 256; ++i)
                sum += h[static_cast<std::size_t>(i)] *
                       fuzziness(i, i <= t ? side(h, 0, t).mean : side(h, t + 1, 255).mean);
              return -sum;
            }));
}

/// The bin with the greatest Euclidean distance below the line from the tail's empty end to the
/// peak, and from there one bin towards the tail.
int farthest_from_the_line(const Histogram& h) {
  const int low = std::max(first_bin(h) - 1, 0);
  const int high = std::min(last_bin(h) + 1, 255);
  const int peak = static_cast<int>(std::max_element(h.begin(), h.end()) - h.begin());
  const int end = peak - low < high - peak ? high : low;
  const auto at = [&](int bin) { return h[static_cast<std::size_t>(bin)]; };
  const double slope = (at(peak) - at(end)) / (peak - end);
  int best = end;
  double largest = 0.0;
  const int step = end < peak ? 1 : -1;
  for (int bin = end; bin != peak; bin += step) {
    const double below = at(end) + slope * (bin - end) - at(bin);
    if (const double distance = below / std::hypot(1.0, slope); distance > largest + 1e-9) {
      largest = distance;
      best = bin;
    }
  }
  return best - step;
}

TEST(AutoThreshold, TriangleIsTheBinFarthestFromTheLine) {
  for (const cv::Mat& image : varied_images())
    EXPECT_TRUE(same_pixels(run_on("auto-threshold", {{"method", std::string("triangle")}},
                                   Image(image), "image", "mask")
                                .pixels(),
                            image <= farthest_from_the_line(histogram_of(image))));
}

// The tail holds 0.3 % of the pixels, fewer than a line to a quantile would see.
TEST(AutoThreshold, TriangleFindsTheFootOfThePeakOverASparseTail) {
  const int t = threshold_found("triangle", sparse_objects());
  EXPECT_GE(t, 197);
  EXPECT_LE(t, 206);
}

TEST(AutoThreshold, TriangleLiesAtTheFootOfTheTail) {
  // A peak at 200 and a long flat tail below, to 179: that bin is farthest from the line.
  cv::Mat image(1, 0, CV_8UC1);
  for (int value = 20; value <= 220; ++value) {
    const int count = value < 180 ? 10 : 510 - 20 * std::abs(value - 200);
    cv::hconcat(image, cv::Mat(1, count, CV_8UC1, cv::Scalar(value)), image);
  }
  EXPECT_EQ(threshold_found("triangle", image), 178);
}

// The mean of the optima of orders 1/2, 1 and 2, weighted as Sahoo, Wilkins and Yeager say.
TEST(AutoThreshold, RenyiEntropyIsSahoosMeanOfThreeOptima) {
  for (const cv::Mat& image : varied_images()) {
    const Histogram h = histogram_of(image);
    std::array<int, 3> t{};
    for (std::size_t k = 0; k < 3; ++k)
      t[k] = best_split(h, [&](int split) {
        const double alpha = k == 0 ? 0.5 : k == 1 ? 1.0 : 2.0;
        return entropy(h, 0, split, alpha) + entropy(h, split + 1, 255, alpha);
      });
    std::ranges::sort(t);
    const bool low_near = t[1] - t[0] <= 5;
    const bool high_near = t[2] - t[1] <= 5;
    const std::array<double, 3> beta = low_near == high_near ? std::array<double, 3>{1, 2, 1}
                                       : low_near            ? std::array<double, 3>{0, 1, 3}
                                                             : std::array<double, 3>{3, 1, 0};
    const double total = side(h, 0, 255).number;
    const double p0 = side(h, 0, t[0]).number / total;
    const double p2 = side(h, 0, t[2]).number / total;
    const double w = (p2 - p0) / 4;
    const double mean =
        t[0] * (p0 + w * beta[0]) + t[1] * w * beta[1] + t[2] * (1 - p2 + w * beta[2]);
    EXPECT_TRUE(same_pixels(run_on("auto-threshold", {{"method", std::string("renyi-entropy")}},
                                   Image(image), "image", "mask")
                                .pixels(),
                            image <= static_cast<int>(mean)))
        << mean;
  }
}

TEST(AutoThreshold, EveryMethodSeparatesTwoDistantClasses) {
  const cv::Mat image = two_classes();
  for (const auto* method : {"otsu", "li", "triangle", "huang", "yen", "isodata", "maximum-entropy",
                             "renyi-entropy", "moments"}) {
    const int t = threshold_found(method, image);
    EXPECT_GT(t, 90) << method;
    EXPECT_LT(t, 190) << method;
  }
}

TEST(AutoThreshold, EveryMethodSplitsEveryTinyHistogram) {
  for (const auto* method : {"otsu", "li", "triangle", "huang", "yen", "isodata", "maximum-entropy",
                             "renyi-entropy", "moments"})
    for (const auto& [dark, bright] : {std::pair{0, 255}, {0, 1}, {254, 255}, {100, 101}})
      for (const int dark_pixels : {1, 500, 999}) {
        cv::Mat image(1, 1000, CV_8UC1, cv::Scalar(bright));
        image.colRange(0, dark_pixels).setTo(dark);
        const cv::Mat mask = run_on("auto-threshold", {{"method", std::string(method)}},
                                    Image(image), "image", "mask")
                                 .pixels();
        EXPECT_TRUE(same_pixels(mask, image == dark))
            << method << " " << dark << " " << dark_pixels;
      }
}

TEST(AutoThreshold, BrightObjectsAreTheOthers) {
  const cv::Mat image = two_classes();
  const auto mask = [&](const std::string& objects) {
    return run_on("auto-threshold", {{"objects", objects}}, Image(image), "image", "mask").pixels();
  };
  EXPECT_TRUE(same_pixels(mask("dark"), ~mask("bright")));
}

TEST(AutoThreshold, SixteenBitAndFloatImagesOfTheSameContentGiveTheSameMask) {
  const cv::Mat image = two_classes();
  for (const auto* method : {"otsu", "isodata", "huang", "maximum-entropy"}) {
    const Options options{{"method", std::string(method)}};
    const cv::Mat expected =
        run_on("auto-threshold", options, Image(image), "image", "mask").pixels();
    cv::Mat words;
    image.convertTo(words, CV_16U, 1, 3000);  // a bin a value, as for 8 bit
    EXPECT_TRUE(same_pixels(
        run_on("auto-threshold", options, Image(words), "image", "mask").pixels(), expected))
        << method;
    cv::Mat floats;
    image.convertTo(floats, CV_32F, 1 / 255.0);  // bins of equal width: one value may change side
    const cv::Mat mask = run_on("auto-threshold", options, Image(floats), "image", "mask").pixels();
    EXPECT_LT(cv::countNonZero(mask != expected), 60) << method;
  }
}

TEST(AutoThreshold, WithinRestrictsHistogramAndResult) {
  cv::Mat image = two_classes();
  cv::Mat within(image.size(), CV_8UC1, cv::Scalar(255));
  within.colRange(80, 160).setTo(0);
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(image));
  sample.set("within", Image(within));
  run_stage("auto-threshold", {}, sample);
  const cv::Mat mask = sample.image("mask").pixels();
  EXPECT_EQ(cv::countNonZero(mask.colRange(80, 160)), 0);
  // The same as the part alone: what lies outside has no say.
  const cv::Mat alone =
      run_on("auto-threshold", {}, Image(image.colRange(0, 80)), "image", "mask").pixels();
  EXPECT_TRUE(same_pixels(mask.colRange(0, 80), alone));
}

TEST(AutoThreshold, ScaleAndLimitsMoveTheThreshold) {
  cv::Mat ramp(1, 256, CV_8UC1);
  for (int x = 0; x < 256; ++x) ramp.at<uchar>(0, x) = static_cast<uchar>(x);
  const auto dark = [&](const Options& options) {
    return cv::countNonZero(
        run_on("auto-threshold", options, Image(ramp), "image", "mask").pixels());
  };
  EXPECT_EQ(dark({}), 128);
  EXPECT_EQ(dark({{"scale", 0.5}}), 64);  // 127 / 2 = 63.5
  EXPECT_EQ(dark({{"limits", std::vector<double>{10, 50}}}), 51);
  EXPECT_EQ(dark({{"limits", std::vector<double>{200, 220}}}), 201);
}

TEST(AutoThreshold, FindsNothingInAnImageWithoutContrast) {
  for (const int type : {CV_8UC1, CV_16UC1, CV_32FC1}) {
    Sample sample(SampleId{"image.png", 0});
    sample.set("image", Image(cv::Mat(5, 4, type, cv::Scalar(9))));
    run_stage("auto-threshold", {}, sample);
    EXPECT_EQ(cv::countNonZero(sample.image("mask").pixels()), 0);
    EXPECT_EQ(sample.warnings().size(), 1U);
  }
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(two_classes()));
  run_stage("auto-threshold", {{"minimum_contrast", 120.0}}, sample);
  EXPECT_EQ(cv::countNonZero(sample.image("mask").pixels()), 0);
  EXPECT_EQ(sample.warnings().size(), 1U);
  run_stage("auto-threshold", {{"minimum_contrast", 80.0}}, sample);
  EXPECT_GT(cv::countNonZero(sample.image("mask").pixels()), 0);
}

// The weights are those of the details; a colour of each side is told from the other by them alone.
TEST(AutoThreshold, ThresholdsTheWeightedGreyOfAnRgbImage) {
  const cv::Vec3b dark(250, 20, 40);     // 0.299 R + 0.587 G + 0.114 B = 91.05, though R is high
  const cv::Vec3b bright(100, 200, 90);  // 157.56
  cv::Mat pixels(8, 8, CV_8UC3, cv::Scalar(bright[0], bright[1], bright[2]));
  pixels(cv::Rect(2, 3, 3, 2)).setTo(cv::Scalar(dark[0], dark[1], dark[2]));
  const Image mask = run_on("auto-threshold", {}, Image(pixels), "image", "mask");
  cv::Mat expected = cv::Mat::zeros(8, 8, CV_8UC1);
  expected(cv::Rect(2, 3, 3, 2)).setTo(255);
  EXPECT_EQ(cv::norm(mask.pixels(), expected, cv::NORM_INF), 0.0);
}

// Worked out by ImageJ 1.53t for this image: setAutoThreshold(METHOD); getThreshold(lower, upper).
TEST(AutoThreshold, AsImageJHasEveryMethodOfImageJ) {
  cv::Mat image(16, 16, CV_8UC1);
  for (int i = 0; i < 256; ++i)
    image.at<uchar>(i / 16, i % 16) = static_cast<uchar>(i < 96 ? 40 + i % 24 : 120 + i % 80);
  const std::map<std::string, int> upper = {{"default", 106},
                                            {"huang", 63},
                                            {"intermodes", 105},
                                            {"isodata", 105},
                                            {"ij-isodata", 106},
                                            {"li", 96},
                                            {"maximum-entropy", 147},
                                            {"mean", 119},
                                            {"min-error", 76},
                                            {"minimum", 92},
                                            {"moments", 129},
                                            {"otsu", 119},
                                            {"percentile", 135},
                                            {"renyi-entropy", 145},
                                            {"shanbhag", 148},
                                            {"triangle", 65},
                                            {"yen", 145}};
  for (const auto& [method, level] : upper) {
    const Options options{{"method", method}, {"definition", std::string("imagej")}};
    const cv::Mat mask = run_on("auto-threshold", options, Image(image), "image", "mask").pixels();
    EXPECT_TRUE(same_pixels(mask, image <= level)) << method;
    auto bright = options;
    bright.emplace("objects", std::string("bright"));
    EXPECT_TRUE(same_pixels(
        run_on("auto-threshold", bright, Image(image), "image", "mask").pixels(), image > level))
        << method;
  }
}

TEST(AutoThreshold, SaysWhatImageJLacks) {
  EXPECT_THROW(make_stage("auto-threshold", {{"method", std::string("shanbhag")}}), ConfigError);
  EXPECT_THROW(
      make_stage("auto-threshold", {{"definition", std::string("imagej")}, {"scale", 2.0}}),
      ConfigError);
  const Options options{{"definition", std::string("imagej")}};
  EXPECT_THROW(
      run_on("auto-threshold", options, Image(cv::Mat::zeros(3, 3, CV_8UC3)), "image", "mask"),
      SampleError);
}

TEST(AutoThreshold, RefusesNansOtherSizesAndBadLimits) {
  const auto run = [](const cv::Mat& m) {
    run_on("auto-threshold", {}, Image(m), "image", "mask");
  };
  EXPECT_THROW(run(cv::Mat::zeros(3, 3, CV_32SC1)), SampleError);
  EXPECT_THROW(run(cv::Mat(3, 3, CV_32FC1, cv::Scalar(NAN))), SampleError);
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(two_classes()));
  sample.set("within", Image(cv::Mat::zeros(3, 3, CV_8UC1)));
  EXPECT_THROW(run_stage("auto-threshold", {}, sample), SampleError);
  EXPECT_THROW(make_stage("auto-threshold", {{"limits", std::vector<double>{3}}}), ConfigError);
  EXPECT_THROW(make_stage("auto-threshold", {{"limits", std::vector<double>{3, 1}}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
