// SPDX-License-Identifier: Apache-2.0
// segment-red-cells: counts painted red cells exactly, alone, with pale centres, overlapping and
// cut by the edge, splits no ellipse, and leaves out white cells and platelets.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "harness/painted-smear.h"

namespace smear::test {
namespace {

constexpr double scales[]{5.0, 9.0, 14.0, 30.0};

cv::Mat red_cells(Sample sample, const Options& options = {}) {
  run_stage("segment-red-cells", options, sample);
  const cv::Mat labels = sample.image("red-cells").pixels();
  EXPECT_EQ(labels.type(), CV_32SC1);
  return labels;
}

cv::Mat red_cells(const PaintedSmear& smear, double r) {
  return red_cells(prepared(smear.image(), r));
}

/// Room for `columns` x `rows` cells or groups that are `pitch` radii apart.
struct Grid {
  int width;
  int height;
  std::vector<cv::Point2d> places;

  Grid(int columns, int rows, double pitch, double r)
      : width(static_cast<int>(columns * pitch * r)), height(static_cast<int>(rows * pitch * r)) {
    cv::RNG generator(2);
    for (int y = 0; y < rows; ++y)
      for (int x = 0; x < columns; ++x)
        places.emplace_back((x + 0.5) * pitch * r + generator.uniform(-0.1, 0.1) * r,
                            (y + 0.5) * pitch * r + generator.uniform(-0.1, 0.1) * r);
  }
};

TEST(SegmentRedCells, CountsCellsThatStandAlone) {
  for (const double r : scales)
    for (const Density& stain : {pink_red_cell, brown_red_cell, grey_red_cell})
      for (const double pallor : {0.0, 0.5, 0.85}) {
        const Grid grid(6, 5, 2.8, r);
        PaintedSmear smear(grid.width, grid.height);
        cv::Mat truth = empty_mask(grid.width, grid.height);
        for (const cv::Point2d place : grid.places) {
          smear.red_cell(place, r, stain, pallor, 0.5);
          paint_disk<uchar>(truth, 255, place, r);
        }
        const cv::Mat labels = red_cells(smear, r);
        const auto what = testing::Message() << r << cv::Mat(stain).t() << pallor;
        EXPECT_EQ(count_labels(labels), 30) << what;
        // Outlines are right to 0.75 pixels, or 3 % of the radius.
        EXPECT_GT(dice(labels > 0, truth), 1.0 - std::max(0.75 / r, 0.03)) << what;
      }
}

TEST(SegmentRedCells, CountsCellsThatTouch) {
  for (const double r : scales) {
    const Grid grid(7, 6, 2.0, r);
    PaintedSmear smear(static_cast<int>(grid.width + 4 * r), static_cast<int>(grid.height + 4 * r));
    for (const cv::Point2d place : grid.places)
      smear.red_cell(place + cv::Point2d(2 * r, 2 * r), r, pink_red_cell, 0.5, 0.45);
    EXPECT_EQ(count_labels(red_cells(smear, r)), 42) << r;
  }
}

TEST(SegmentRedCells, PartsPairsAndChainsThatOverlap) {
  for (const double r : scales)
    for (const int length : {2, 3})
      for (const double distance : {1.4, 1.6, 1.9}) {
        const Grid grid(4, 3, 2.4 + (length - 1) * distance, r);
        PaintedSmear smear(grid.width, grid.height);
        double angle = 0.3;
        for (const cv::Point2d place : grid.places) {
          angle += 0.9;
          for (int i = 0; i < length; ++i) {
            const double along = (i - 0.5 * (length - 1)) * distance * r;
            smear.red_cell(place + cv::Point2d(along * std::cos(angle), along * std::sin(angle)), r,
                           pink_red_cell);
          }
        }
        EXPECT_EQ(count_labels(red_cells(smear, r)), 12 * length)
            << r << " " << length << " " << distance;
      }
}

TEST(SegmentRedCells, DoesNotSplitEllipses) {
  for (const double r : scales)
    for (const double stretch : {1.1, 1.2, 1.3}) {
      if (r < 6.0 && stretch > 1.25) continue;
      const Grid grid(5, 4, 3.1, r);
      PaintedSmear smear(grid.width, grid.height);
      double angle = 0.0;
      for (const cv::Point2d place : grid.places)
        smear.red_ellipse(place, stretch * r, r / stretch, angle += 0.7, pink_red_cell, 0.3);
      EXPECT_EQ(count_labels(red_cells(smear, r)), 20) << r << " " << stretch;
    }
}

TEST(SegmentRedCells, CountsCellsThatTheEdgeCuts) {
  for (const double r : scales)
    for (const double inside : {-0.4, 0.0, 0.5}) {  // of the centre, radii from the edge
      const int width = static_cast<int>(14 * r);
      const int height = static_cast<int>(11 * r);
      PaintedSmear smear(width, height);
      int expected = 1;
      smear.red_cell({0.5 * width, 0.5 * height}, r, pink_red_cell);
      for (double x = 2 * r; x < width - 1.5 * r; x += 2.6 * r, expected += 2) {
        smear.red_cell({x, inside * r}, r, pink_red_cell);
        smear.red_cell({x, height - 1 - inside * r}, r, pink_red_cell);
      }
      EXPECT_EQ(count_labels(red_cells(smear, r)), expected) << r << " " << inside;
    }
}

TEST(SegmentRedCells, LeavesOutWhiteCellsAndPlatelets) {
  for (const double r : scales) {
    const int width = static_cast<int>(16 * r);
    const int height = static_cast<int>(13 * r);
    const cv::Point2d white(8 * r, 6.5 * r);
    const cv::Point2d platelet(8 * r, 10.6 * r);
    PaintedSmear smear(width, height);
    auto places = away_from(spread(width, height, 2.7 * r, 1.1 * r), white, 3.2 * r);
    places = away_from(places, platelet, 2.0 * r);
    for (const cv::Point2d place : places) smear.red_cell(place, r, pink_red_cell);
    smear.disk(white, 2.0 * r, blue_cytoplasm);
    smear.disk(white, 1.3 * r, purple_nucleus);
    smear.disk(platelet, 0.75 * r, violet_platelet);
    Sample sample = prepared(smear.image(), r);
    run_stage("segment-white-cells", {}, sample);
    cv::Mat platelets = empty_labels(width, height);
    paint_disk<int>(platelets, 1, platelet, 0.8 * r);
    sample.set("platelets", Image(platelets));
    const cv::Mat labels = red_cells(sample);
    EXPECT_EQ(count_labels(labels), static_cast<int>(places.size())) << r;
    EXPECT_EQ(cv::countNonZero((labels > 0) & (platelets > 0)), 0) << r;
    EXPECT_EQ(cv::countNonZero((labels > 0) & (sample.image("white-cells").pixels() > 0)), 0) << r;
  }
}

TEST(SegmentRedCells, CountsTheSameInAMirror) {
  const double r = 11.0;
  PaintedSmear smear(300, 230);
  for (const cv::Point2d place : spread(300, 230, 2.1 * r, 0.5 * r, 0.35 * r))
    smear.red_cell(place, r, pink_red_cell);
  const cv::Mat image = smear.image();
  const int expected = count_labels(red_cells(prepared(image, r)));
  for (const int axis : {-1, 0, 1}) {
    cv::Mat mirrored;
    cv::flip(image, mirrored, axis);
    EXPECT_NEAR(count_labels(red_cells(prepared(mirrored, r))), expected, 0.02 * expected) << axis;
  }
}

TEST(SegmentRedCells, FindsNoneAndWarnsWhereTheScaleIsUnknown) {
  PaintedSmear smear(200, 160);
  for (const cv::Point2d place : spread(200, 160, 28, 12)) smear.red_cell(place, 10, pink_red_cell);
  Sample sample = sample_of(smear.image());
  run_stage("background", {}, sample);
  run_stage("optical-density", {}, sample);
  run_stage("segment-red-cells", {}, sample);
  EXPECT_EQ(cv::countNonZero(sample.image("red-cells").pixels()), 0);
  EXPECT_EQ(sample.warnings().size(), 1U);
}

TEST(SegmentRedCells, FindsNoneInAnEmptyField) {
  for (const double r : scales) {
    EXPECT_EQ(count_labels(red_cells(PaintedSmear(200, 150), r)), 0) << r;
    for (const int level : {200, 255})
      EXPECT_EQ(
          count_labels(red_cells(prepared(cv::Mat(150, 200, CV_8UC3, cv::Scalar::all(level)), r))),
          0)
          << r << " " << level;
  }
}

TEST(SegmentRedCells, TakesTinyImages) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 30), cv::Size(5, 4)})
    EXPECT_EQ(red_cells(prepared(cv::Mat(size, CV_8UC3, cv::Scalar(220, 140, 160)), 5.0)).size(),
              size);
}

}  // namespace
}  // namespace smear::test
