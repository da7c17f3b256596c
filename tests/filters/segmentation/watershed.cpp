// SPDX-License-Identifier: Apache-2.0
// watershed: touching disks are split, single ones are not, peaks equal those of the h-maxima
// transform computed by its definition, and every pixel belongs to a peak that floods it first.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <set>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat split(const cv::Mat& mask, const Options& options = {}) {
  return run_on("watershed", options, Image(mask), "mask", "labels").pixels();
}

int count(const cv::Mat& labels) {
  double largest = 0.0;
  cv::minMaxLoc(labels, nullptr, &largest);
  return static_cast<int>(largest);
}

/// The distance to the nearest background pixel, by looking at all of them.
cv::Mat naive_distance(const cv::Mat& mask) {
  cv::Mat distance = cv::Mat::zeros(mask.size(), CV_32FC1);
  for (int y = 0; y < mask.rows; ++y)
    for (int x = 0; x < mask.cols; ++x) {
      int nearest = std::numeric_limits<int>::max();
      for (int v = 0; v < mask.rows; ++v)
        for (int u = 0; u < mask.cols; ++u)
          if (mask.at<uchar>(v, u) == 0)
            nearest = std::min(nearest, (u - x) * (u - x) + (v - y) * (v - y));
      distance.at<float>(y, x) = std::sqrt(static_cast<float>(nearest));
    }
  return distance;
}

/// Raises `marker` under `limit` by 3 x 3 dilations until nothing changes.
cv::Mat reconstructed(cv::Mat marker, const cv::Mat& limit) {
  for (;;) {
    cv::Mat next;
    cv::dilate(marker, next, cv::Mat::ones(3, 3, CV_8UC1));
    next = cv::min(next, limit);
    if (cv::norm(next, marker, cv::NORM_INF) == 0.0) return marker;
    marker = next;
  }
}

/// Number of connected plateaus of the mask without a higher neighbour in the h-maxima transform.
int naive_peak_count(const cv::Mat& mask, float h) {
  const cv::Mat distance = naive_distance(mask);
  const cv::Mat transformed =
      h > 0 ? reconstructed(cv::max(distance - h, 0.0F), distance) : distance;
  cv::Mat plateaus;
  const int parts = cv::connectedComponents(mask, plateaus, 8);
  cv::Mat slightly_lower = transformed.clone();
  for (int y = 0; y < mask.rows; ++y)
    for (int x = 0; x < mask.cols; ++x)
      slightly_lower.at<float>(y, x) = std::nextafter(transformed.at<float>(y, x), -1.0F);
  const cv::Mat maxima = (transformed > reconstructed(slightly_lower, transformed)) & (mask > 0);
  cv::Mat labels;
  const int peaks = cv::connectedComponents(maxima, labels, 8) - 1;
  // A part that is not higher than h has no peak of its own in the transform, but one object.
  int flat = 0;
  for (int part = 1; part < parts; ++part)
    if (cv::countNonZero(maxima & (plateaus == part)) == 0) ++flat;
  return peaks + flat;
}

cv::Mat blobs(unsigned seed) {
  cv::RNG generator(seed);
  cv::Mat mask = empty_mask(64, 48);
  for (int i = 0; i < 14; ++i)
    paint_disk<uchar>(mask, 255, {generator.uniform(0.0, 64.0), generator.uniform(0.0, 48.0)},
                      generator.uniform(2.0, 9.0));
  return mask;
}

TEST(Watershed, SplitsTwoTouchingDisksAndKeepsASingleOne) {
  cv::Mat one = empty_mask(120, 80);
  paint_disk<uchar>(one, 255, {40, 40}, 20);
  EXPECT_EQ(count(split(one)), 1);
  cv::Mat two = one.clone();
  paint_disk<uchar>(two, 255, {74, 40}, 20);
  const cv::Mat labels = split(two);
  ASSERT_EQ(count(labels), 2);
  EXPECT_EQ(labels.at<int>(40, 40), 1);
  EXPECT_EQ(labels.at<int>(40, 74), 2);
  // The neck is midway: the halves are equal but for the column in the middle.
  EXPECT_NEAR(cv::countNonZero(labels == 1), cv::countNonZero(labels == 2), 22);
  EXPECT_EQ(count(split(two, {{"h", 15.0}})), 1);
}

TEST(Watershed, FindsThePeaksOfTheHMaximaTransform) {
  for (unsigned seed = 0; seed < 6; ++seed)
    for (const double h : {0.0, 0.3, 1.0, 2.0, 50.0}) {
      const cv::Mat mask = blobs(seed);
      EXPECT_EQ(count(split(mask, {{"h", h}})), naive_peak_count(mask, static_cast<float>(h)))
          << seed << " " << h;
    }
}

TEST(Watershed, PartitionsTheMaskIntoConnectedObjectsInRasterOrder) {
  for (unsigned seed = 0; seed < 6; ++seed) {
    const cv::Mat mask = blobs(seed);
    const cv::Mat labels = split(mask, {{"h", 0.3}});
    EXPECT_TRUE(same_pixels(labels > 0, mask));
    int seen = 0;
    for (int y = 0; y < labels.rows; ++y)
      for (int x = 0; x < labels.cols; ++x) {
        EXPECT_LE(labels.at<int>(y, x), seen + 1);
        seen = std::max(seen, labels.at<int>(y, x));
      }
    for (int label = 1; label <= seen; ++label) {
      cv::Mat parts;
      EXPECT_EQ(cv::connectedComponents(labels == label, parts, 8), 2) << seed << " " << label;
    }
  }
}

TEST(Watershed, GivesEachPixelToAMarkerThatFloodsItFirst) {
  const cv::Mat mask = blobs(3);
  cv::Mat markers = empty_labels(mask.cols, mask.rows);
  cv::RNG generator(1);
  for (int i = 1; i <= 12; ++i)
    markers.at<int>(generator.uniform(0, mask.rows), generator.uniform(0, mask.cols)) = i;
  markers.setTo(0, mask == 0);
  Sample sample(SampleId{"image.png", 0});
  sample.set("mask", Image(mask));
  sample.set("markers", Image(markers));
  run_stage("watershed", {}, sample);
  const cv::Mat labels = sample.image("labels").pixels();

  // How high the lowest pixel is on the best way from a marker: a reconstruction from it.
  const cv::Mat distance = naive_distance(mask);
  const auto level_from = [&](const cv::Mat& here) {
    cv::Mat start = cv::Mat::zeros(mask.size(), CV_32FC1);
    distance.copyTo(start, here);
    return reconstructed(start, distance);
  };
  const cv::Mat best = level_from(markers > 0);
  std::set<int> used;
  for (int marker = 1; marker <= 12; ++marker) {
    const cv::Mat here = markers == marker;
    if (cv::countNonZero(here) == 0) continue;
    double label = 0;
    cv::minMaxLoc(labels, nullptr, &label, nullptr, nullptr, here);
    EXPECT_TRUE(used.insert(static_cast<int>(label)).second);
    const cv::Mat own = labels == label;
    EXPECT_EQ(cv::norm(best, level_from(here), cv::NORM_INF, own), 0.0);
  }
  EXPECT_EQ(static_cast<int>(used.size()), count(labels));
  EXPECT_TRUE(same_pixels(labels > 0, best > 0));
}

TEST(Watershed, LeavesALineThatSeparatesOnlyWhatTouched) {
  for (unsigned seed = 0; seed < 6; ++seed) {
    const cv::Mat mask = blobs(seed);
    const cv::Mat whole = split(mask);
    const cv::Mat cut = split(mask, {{"line", true}});
    EXPECT_EQ(count(cut), count(whole));
    EXPECT_EQ(cv::countNonZero((cut > 0) & (mask == 0)), 0);
    for (int y = 1; y < cut.rows; ++y)
      for (int x = 1; x < cut.cols; ++x) {
        std::set<int> together{cut.at<int>(y, x), cut.at<int>(y - 1, x), cut.at<int>(y, x - 1),
                               cut.at<int>(y - 1, x - 1)};
        together.erase(0);
        EXPECT_LE(together.size(), 1U);
      }
    cv::Mat parts;
    const int objects = cv::connectedComponents(mask, parts, 8) - 1;
    if (objects == count(whole)) {
      EXPECT_TRUE(same_pixels(cut, whole));
    }
  }
  cv::Mat bar = empty_mask(41, 11);
  paint_disk<uchar>(bar, 255, {10, 5}, 5);
  paint_disk<uchar>(bar, 255, {30, 5}, 5);
  bar.row(5).colRange(10, 31).setTo(255);
  const cv::Mat cut = split(bar, {{"line", true}});
  EXPECT_EQ(count(cut), 2);
  EXPECT_EQ(cv::countNonZero((cut == 0) & (bar > 0)), 1);
}

TEST(Watershed, CountsTheSameInAMirror) {
  for (unsigned seed = 0; seed < 6; ++seed) {
    const cv::Mat mask = blobs(seed);
    const int expected = count(split(mask, {{"h", 0.5}}));
    for (const int axis : {-1, 0, 1}) {
      cv::Mat mirrored;
      cv::flip(mask, mirrored, axis);
      EXPECT_EQ(count(split(mirrored, {{"h", 0.5}})), expected) << seed << " " << axis;
    }
    EXPECT_EQ(count(split(mask.t(), {{"h", 0.5}})), expected) << seed;
  }
}

TEST(Watershed, SmoothingRemovesThePeaksOfARaggedOutline) {
  cv::Mat ragged = empty_mask(120, 40);
  ragged(cv::Rect(10, 10, 100, 20)).setTo(255);
  for (int x = 15; x < 110; x += 10) ragged(cv::Rect(x, 10, 2, 2)).setTo(0);
  EXPECT_GT(count(split(ragged, {{"h", 0.0}})), 4);
  EXPECT_EQ(count(split(ragged, {{"h", 0.3}, {"smooth", 5.0}})), 1);
}

TEST(Watershed, TakesLowPeaksOnlyWhereAPartHasNoOther) {
  cv::Mat mask = empty_mask(120, 60);
  paint_disk<uchar>(mask, 255, {30, 30}, 15);
  paint_disk<uchar>(mask, 255, {50, 30}, 6);  // touches the large one
  paint_disk<uchar>(mask, 255, {90, 30}, 6);  // stands alone
  EXPECT_EQ(count(split(mask, {{"h", 0.5}})), 3);
  EXPECT_EQ(count(split(mask, {{"h", 0.5}, {"min_peak", 8.0}})), 2);
}

TEST(Watershed, SplitsAtAGapOfTheCore) {
  Sample sample(SampleId{"image.png", 0});
  cv::Mat mask = empty_mask(60, 30);
  mask(cv::Rect(5, 5, 50, 20)).setTo(255);
  cv::Mat core = mask.clone();
  core.col(36).setTo(0);
  sample.set("mask", Image(mask));
  run_stage("watershed", {}, sample);
  EXPECT_EQ(count(sample.image("labels").pixels()), 1);
  sample.set("core", Image(core));
  run_stage("watershed", {}, sample);
  const cv::Mat labels = sample.image("labels").pixels();
  EXPECT_TRUE(same_pixels(labels > 0, mask));
  ASSERT_EQ(count(labels), 2);
  EXPECT_EQ(cv::countNonZero(labels.colRange(0, 36) == 2), 0);
  EXPECT_EQ(cv::countNonZero(labels.colRange(37, 60) == 1), 0);
  sample.set("core", Image(empty_mask(60, 31)));
  EXPECT_THROW(run_stage("watershed", {}, sample), SampleError);
}

TEST(Watershed, AddsThePeaksOutsideTheMarkers) {
  cv::Mat mask = empty_mask(150, 60);
  for (const double x : {25.0, 60.0, 120.0}) paint_disk<uchar>(mask, 255, {x, 30}, 20);
  cv::Mat markers = empty_labels(150, 60);
  markers(cv::Rect(15, 20, 20, 20)).setTo(7);
  Sample sample(SampleId{"image.png", 0});
  sample.set("mask", Image(mask));
  sample.set("markers", Image(markers));
  run_stage("watershed", {}, sample);
  EXPECT_EQ(count(sample.image("labels").pixels()), 1);
  run_stage("watershed", {{"add_peaks", true}}, sample);
  const cv::Mat labels = sample.image("labels").pixels();
  ASSERT_EQ(count(labels), 3);
  EXPECT_TRUE(same_pixels(labels > 0, mask));
  const std::set<int> cells{labels.at<int>(30, 25), labels.at<int>(30, 60),
                            labels.at<int>(30, 120)};
  EXPECT_EQ(cells.size(), 3U);
}

TEST(Watershed, GivesNoLabelWhereNoMarkerIs) {
  cv::Mat mask = empty_mask(40, 20);
  mask(cv::Rect(2, 2, 10, 10)).setTo(255);
  mask(cv::Rect(20, 2, 10, 10)).setTo(255);
  cv::Mat markers = empty_mask(40, 20);
  markers(cv::Rect(22, 4, 2, 2)).setTo(255);
  markers(cv::Rect(34, 15, 2, 2)).setTo(255);  // in the background
  Sample sample(SampleId{"image.png", 0});
  sample.set("mask", Image(mask));
  sample.set("markers", Image(markers));
  run_stage("watershed", {}, sample);
  const cv::Mat labels = sample.image("labels").pixels();
  EXPECT_EQ(count(labels), 1);
  EXPECT_EQ(cv::countNonZero(labels), 100);
  EXPECT_EQ(labels.at<int>(5, 25), 1);
}

TEST(Watershed, HandlesEmptyFullAndTinyMasks) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 6), cv::Size(7, 5)})
    for (const bool line : {false, true}) {
      const Options options{{"line", line}};
      EXPECT_EQ(cv::countNonZero(split(cv::Mat::zeros(size, CV_8UC1), options)), 0);
      EXPECT_TRUE(same_pixels(split(cv::Mat(size, CV_8UC1, cv::Scalar(255)), options),
                              cv::Mat::ones(size, CV_32SC1)));
    }
}

TEST(Watershed, RefusesWhatIsNoMaskAndMarkersOfAnotherSize) {
  EXPECT_THROW(split(cv::Mat::zeros(3, 3, CV_8UC3)), SampleError);
  EXPECT_THROW(make_stage("watershed", {{"h", -1.0}}), ConfigError);
  Sample sample(SampleId{"image.png", 0});
  sample.set("mask", Image(empty_mask(4, 4)));
  sample.set("markers", Image(empty_mask(4, 5)));
  EXPECT_THROW(run_stage("watershed", {}, sample), SampleError);
}

}  // namespace
}  // namespace smear::test
