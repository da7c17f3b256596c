// SPDX-License-Identifier: Apache-2.0
// Cells as optical densities: what overlaps adds up, red cells are pale in the middle, granules and
// nuclei show, and a layer that holds a part of a cell gets that part.
#include "synth/cell-painter.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "synth/cell-maker.h"

namespace smear::synth {
namespace {

AbsorbanceLayer empty_layer(int width, int height) {
  return {cv::Mat::zeros(height, width, CV_32FC3), 0, 0};
}

cv::Mat painted(const std::vector<Cell>& cells, int width = 100, int height = 100) {
  AbsorbanceLayer layer = empty_layer(width, height);
  Random random(1);
  const Palette palette = Palette::draw(random);
  for (const Cell& cell : cells) paint_cell(cell, palette, layer);
  return layer.density;
}

Cell red_at(float x, float y, double radius, std::uint64_t seed) {
  Random random(seed);
  Cell cell = CellMaker(radius, 1.0, random).red(random);
  cell.centre = {x, y};
  return cell;
}

Cell white_at(float x, float y, double red_radius, Subtype subtype) {
  for (std::uint64_t seed = 1;; ++seed) {
    Random random(seed);
    Cell cell = CellMaker(red_radius, 1.0, random).white(subtype == Subtype::blast ? 1.0 : 0.0, random);
    cell.centre = {x, y};
    if (cell.subtype == subtype) return cell;
  }
}

TEST(CellPainter, AddsTheDensitiesOfCellsThatOverlap) {
  const Cell lower = red_at(45.0F, 50.0F, 15.0, 1);
  const Cell upper = red_at(60.0F, 52.0F, 15.0, 2);
  const cv::Mat apart = painted({lower}) + painted({upper});
  const cv::Mat together = painted({lower, upper});
  EXPECT_LT(cv::norm(together, apart, cv::NORM_INF), 1e-5);
  EXPECT_GT(together.at<cv::Vec3f>(51, 53)[1], painted({lower}).at<cv::Vec3f>(51, 53)[1] + 0.05F);
}

TEST(CellPainter, LeavesWhatIsFarFromTheCellAlone) {
  const Cell cell = red_at(50.0F, 50.0F, 15.0, 3);
  const cv::Mat density = painted({cell});
  for (int y = 0; y < 100; ++y)
    for (int x = 0; x < 100; ++x)
      if ((x - 50) * (x - 50) + (y - 50) * (y - 50) > 32 * 32) {
        ASSERT_EQ(density.at<cv::Vec3f>(y, x), cv::Vec3f(0, 0, 0)) << x << "," << y;
      }
}

TEST(CellPainter, PaintsAPaleMiddleIntoRedCellsWithPallor) {
  Cell cell = red_at(50.0F, 50.0F, 20.0, 4);
  cell.pallor_offset = {};
  cell.pallor = 0.9F;
  const cv::Mat pale = painted({cell});
  cell.pallor = 0.0F;
  const cv::Mat full = painted({cell});
  const float pale_middle = pale.at<cv::Vec3f>(50, 50)[1];
  EXPECT_LT(pale_middle, 0.3F * full.at<cv::Vec3f>(50, 50)[1]);
  EXPECT_LT(pale_middle, 0.4F * pale.at<cv::Vec3f>(50, 64)[1]);
}

TEST(CellPainter, PaintsNucleiDenserThanCytoplasm) {
  for (const Subtype subtype : {Subtype::neutrophil, Subtype::lymphocyte, Subtype::monocyte,
                                Subtype::eosinophil, Subtype::blast}) {
    const Cell cell = white_at(50.0F, 50.0F, 18.0, subtype);
    const cv::Mat density = painted({cell});
    double nucleus = 0.0;
    double cytoplasm = 0.0;
    int nucleus_pixels = 0;
    int cytoplasm_pixels = 0;
    for (int y = 0; y < 100; ++y)
      for (int x = 0; x < 100; ++x) {
        const Point p{static_cast<float>(x) - 50.0F, static_cast<float>(y) - 50.0F};
        const float depth = cell.depth(p);
        if (depth < 1.0F) continue;
        const float green = density.at<cv::Vec3f>(y, x)[1];
        const float nuclear = cell.nucleus_depth(p, depth);
        if (nuclear > 1.0F) nucleus += green, ++nucleus_pixels;
        if (nuclear < -1.0F) cytoplasm += green, ++cytoplasm_pixels;
      }
    ASSERT_GT(nucleus_pixels, 100) << name_of(subtype);
    ASSERT_GT(cytoplasm_pixels, 50) << name_of(subtype);
    EXPECT_GT(nucleus / nucleus_pixels, 1.2 * cytoplasm / cytoplasm_pixels) << name_of(subtype);
  }
}

TEST(CellPainter, PaintsEosinophilsOrange) {
  const Cell cell = white_at(50.0F, 50.0F, 18.0, Subtype::eosinophil);
  const cv::Mat density = painted({cell});
  cv::Vec3d sum(0, 0, 0);
  for (int y = 0; y < 100; ++y)
    for (int x = 0; x < 100; ++x) {
      const Point p{static_cast<float>(x) - 50.0F, static_cast<float>(y) - 50.0F};
      const float depth = cell.depth(p);
      if (depth > 1.0F && cell.nucleus_depth(p, depth) < -1.0F)
        sum += cv::Vec3d(density.at<cv::Vec3f>(y, x));
    }
  EXPECT_GT(sum[1], 2.0 * sum[0]);
  EXPECT_GT(sum[2], 2.0 * sum[0]);
}

TEST(CellPainter, PaintsThePartOfACellThatALayerHolds) {
  Random random(1);
  const Palette palette = Palette::draw(random);
  const Cell cell = white_at(50.0F, 50.0F, 18.0, Subtype::neutrophil);
  const cv::Mat whole = painted({cell});
  for (const int top : {0, 13, 37, 60, 80}) {
    AbsorbanceLayer band = empty_layer(70, 20);
    band.left = 10;
    band.top = top;
    paint_cell(cell, palette, band);
    EXPECT_EQ(cv::norm(band.density, whole(cv::Rect(10, top, 70, 20)), cv::NORM_INF), 0.0) << top;
  }
}

}  // namespace
}  // namespace smear::synth
