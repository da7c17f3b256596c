// SPDX-License-Identifier: Apache-2.0
// segment-platelets: finds violet dots that lie alone at any magnification, but none in red or
// white cells, and no fragments with the colour of red cells.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "harness/painted-smear.h"

namespace smear::test {
namespace {

constexpr double scales[]{9.0, 14.0, 30.0};

cv::Mat platelets(Sample sample, const Options& options = {}) {
  run_stage("segment-platelets", options, sample);
  const cv::Mat labels = sample.image("platelets").pixels();
  EXPECT_EQ(labels.type(), CV_32SC1);
  EXPECT_TRUE(in_raster_order(labels));
  return labels;
}

/// Red cells in columns, with columns between them that are free.
struct Field {
  double r;
  PaintedSmear smear;
  std::vector<cv::Point2d> red_cells;
  std::vector<cv::Point2d> gaps;

  explicit Field(double radius, const Density& red = pink_red_cell)
      : r(radius), smear(static_cast<int>(20 * radius), static_cast<int>(12 * radius)) {
    for (int x = 0; x < 4; ++x)
      for (int y = 0; y < 4; ++y) {
        red_cells.emplace_back((2 + 5 * x) * r, (1.5 + 2.8 * y) * r);
        gaps.emplace_back((4.5 + 5 * x) * r, (2 + 2.6 * y) * r);
        smear.red_cell(red_cells.back(), r, red);
      }
  }
};

TEST(SegmentPlatelets, FindsVioletDotsAtAnyMagnification) {
  for (const double r : scales)
    for (const Density& red : {pink_red_cell, brown_red_cell, grey_red_cell})
      for (const double size : {0.3, 0.45}) {
        Field field(r, red);
        cv::Mat truth = empty_mask(static_cast<int>(20 * r), static_cast<int>(12 * r));
        for (const cv::Point2d place : field.gaps) {
          field.smear.disk(place, size * r, violet_platelet);
          paint_disk<uchar>(truth, 255, place, size * r);
        }
        const cv::Mat labels = platelets(prepared(field.smear.image(), r));
        const auto what = testing::Message() << r << cv::Mat(red).t() << size;
        EXPECT_EQ(count_labels(labels), 16) << what;
        for (const cv::Point2d place : field.gaps)
          EXPECT_GT(
              labels.at<int>(static_cast<int>(place.y + 0.5), static_cast<int>(place.x + 0.5)), 0)
              << what << place;
      }
}

TEST(SegmentPlatelets, FindsTheSameNumberInAScaledImage) {
  Field field(14.0);
  for (std::size_t i = 0; i < field.gaps.size(); ++i)
    field.smear.disk(field.gaps[i], (0.3 + 0.015 * static_cast<double>(i)) * 14.0, violet_platelet);
  const cv::Mat image = field.smear.image();
  for (const double factor : {0.75, 1.5, 2.0}) {
    cv::Mat scaled;
    cv::resize(image, scaled, {}, factor, factor, factor < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
    EXPECT_EQ(count_labels(platelets(prepared(scaled, 14.0 * factor))), 16) << factor;
  }
}

TEST(SegmentPlatelets, FindsNoneAmongRedCellsOnly) {
  for (const double r : scales)
    for (const Density& red : {pink_red_cell, brown_red_cell, grey_red_cell})
      EXPECT_EQ(count_labels(platelets(prepared(Field(r, red).smear.image(), r))), 0)
          << r << cv::Mat(red).t();
}

TEST(SegmentPlatelets, LeavesOutDotsInRedCells) {
  for (const double r : scales) {
    Field field(r);
    for (const cv::Point2d place : field.red_cells)
      field.smear.disk(place + cv::Point2d(0.2 * r, 0.1 * r), 0.35 * r, violet_platelet);
    EXPECT_EQ(count_labels(platelets(prepared(field.smear.image(), r))), 0) << r;
  }
}

TEST(SegmentPlatelets, LeavesOutFragmentsOfRedCells) {
  for (const double r : scales)
    for (const Density& red : {pink_red_cell, brown_red_cell, grey_red_cell}) {
      Field field(r, red);
      for (const cv::Point2d place : field.gaps) field.smear.red_cell(place, 0.4 * r, red, 0.0);
      EXPECT_EQ(count_labels(platelets(prepared(field.smear.image(), r))), 0)
          << r << cv::Mat(red).t();
    }
}

TEST(SegmentPlatelets, LeavesOutWhiteCells) {
  for (const double r : scales) {
    PaintedSmear smear(static_cast<int>(16 * r), static_cast<int>(12 * r));
    const cv::Point2d white(8 * r, 6 * r);
    const auto places =
        away_from(spread(static_cast<int>(16 * r), static_cast<int>(12 * r), 2.8 * r, 1.1 * r),
                  white, 3.3 * r);
    for (const cv::Point2d place : places) smear.red_cell(place, r, pink_red_cell);
    smear.disk(white, 2.0 * r, pale_cytoplasm);
    smear.disk(white + cv::Point2d(-0.5 * r, 0), 1.0 * r, purple_nucleus);
    smear.disk(white + cv::Point2d(1.3 * r, 0.3 * r), 0.35 * r, violet_platelet);
    Sample sample = prepared(smear.image(), r);
    run_stage("segment-white-cells", {}, sample);
    EXPECT_EQ(count_labels(platelets(sample)), 0) << r;
  }
}

TEST(SegmentPlatelets, KeepsTheLimitsOfArea) {
  const double r = 14.0;
  Field field(r);
  for (const cv::Point2d place : field.gaps) field.smear.disk(place, 0.4 * r, violet_platelet);
  const Sample sample = prepared(field.smear.image(), r);
  EXPECT_EQ(count_labels(platelets(sample, {{"min_area", 0.3}})), 0);
  EXPECT_EQ(count_labels(platelets(sample, {{"max_area", 0.08}})), 0);
  EXPECT_EQ(count_labels(platelets(sample, {{"contrast", 1.0}})), 0);
}

TEST(SegmentPlatelets, FindsNoneWhereTheScaleIsUnknownAndWarns) {
  Field field(10.0);
  for (const cv::Point2d place : field.gaps) field.smear.disk(place, 4.0, violet_platelet);
  Sample sample = sample_of(field.smear.image());
  run_stage("background", {}, sample);
  run_stage("optical-density", {}, sample);
  run_stage("segment-platelets", {}, sample);
  EXPECT_EQ(cv::countNonZero(sample.image("platelets").pixels()), 0);
  EXPECT_EQ(sample.warnings().size(), 1U);
}

TEST(SegmentPlatelets, FindsNoneInBlankNoisyAndTinyImages) {
  cv::Mat noise(120, 160, CV_8UC3);
  cv::Mat grain(120, 160, CV_8UC3);
  cv::RNG generator(3);
  generator.fill(noise, cv::RNG::UNIFORM, 0, 256);
  generator.fill(grain, cv::RNG::NORMAL, 220, 5);
  const auto even = [](int level) { return cv::Mat(120, 160, CV_8UC3, cv::Scalar::all(level)); };
  for (const cv::Mat& image : {noise, grain, even(0), even(200), even(255),
                               cv::Mat(1, 1, CV_8UC3, cv::Scalar(120, 60, 140)),
                               cv::Mat(1, 30, CV_8UC3, cv::Scalar(120, 60, 140))})
    for (const double r : {5.0, 14.0})
      EXPECT_EQ(count_labels(platelets(prepared(image, r))), 0) << r << cv::mean(image);
}

}  // namespace
}  // namespace smear::test
