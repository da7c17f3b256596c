// SPDX-License-Identifier: Apache-2.0
// white-cell-crops: the cell in the middle of crops from synthetic smears is the true one, with the
// same shape however the crop is turned, lit and compressed, and blank crops have none.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "codec/codec.h"
#include "harness/painted-smear.h"
#include "pipelines/smear-run.h"
#include "synth/smear-painter.h"

namespace smear::test {
namespace {

Pipeline white_cell_crops() {
  return load_pipeline(std::filesystem::path(SMEAR_PIPELINES) / "white-cell-crops.yaml",
                       registry());
}

struct Crop {
  cv::Mat image;
  cv::Mat body;     ///< the true cell, without what the edge of the crop or of another hides
  cv::Mat nucleus;  ///< its true nucleus
};

/// Crops of six red cell radii around white cells that lie alone.
std::vector<Crop> crops(std::uint64_t seed, double abnormal, std::size_t number) {
  constexpr double r = 18.0;
  constexpr int edge = 108;
  std::vector<Crop> result;
  for (std::uint64_t index = 0; result.size() < number && index < 20; ++index) {
    const auto smear = synth::paint_smear(
        {.width = 480, .height = 480, .seed = seed, .abnormal = abnormal, .red_radius = r}, index);
    for (std::size_t i = 0; i < smear.cells.size() && result.size() < number; ++i) {
      const synth::CellTruth& cell = smear.cells[i];
      if (cell.cell_class != synth::CellClass::white || cell.cut_by_border) continue;
      if (static_cast<double>(cell.visible_area) < 0.97 * static_cast<double>(cell.full_area))
        continue;
      const cv::Rect box(static_cast<int>(cell.x) - edge / 2, static_cast<int>(cell.y) - edge / 2,
                         edge, edge);
      if ((box & cv::Rect(0, 0, 480, 480)) != box) continue;
      const bool alone = std::ranges::none_of(smear.cells, [&](const synth::CellTruth& other) {
        return &other != &cell && other.cell_class == synth::CellClass::white &&
               std::hypot(other.x - cell.x, other.y - cell.y) <
                   cell.radius + other.radius + 0.5 * r;
      });
      if (!alone) continue;
      Crop crop;
      crop.image = smear.image.pixels()(box).clone();
      cv::Mat labels;
      smear.labels.pixels()(box).convertTo(labels, CV_32S);
      crop.body = labels == static_cast<int>(i) + 1;
      crop.nucleus = (smear.nuclei.pixels()(box) > 0) & crop.body;
      result.push_back(crop);
    }
  }
  return result;
}

TEST(WhiteCellCrops, CoversTheTrueCellAndNucleus) {
  for (const double abnormal : {0.0, 1.0}) {
    const Workplace place("crops-truth");
    std::filesystem::create_directories(place / "in");
    const std::vector<Crop> all = crops(91, abnormal, 16);
    ASSERT_EQ(all.size(), 16U);
    for (std::size_t i = 0; i < all.size(); ++i)
      codec::write_png(place / "in" / (std::to_string(i) + ".png"), Image(all[i].image));
    EXPECT_EQ(place.run(white_cell_crops(), "out", place / "in").done, 16);
    EXPECT_EQ(read_csv(place / "out" / "cells.csv").size(), 16U);
    double bodies = 0.0;
    double nuclei = 0.0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const cv::Mat mask =
          codec::read_image(place / "out" / "masks" / (std::to_string(i) + ".png")).pixels();
      const double body = dice(mask > 0, all[i].body);
      const double nucleus = dice(mask == 255, all[i].nucleus);
      EXPECT_GT(body, 0.8) << i << " " << abnormal;
      EXPECT_GT(nucleus, 0.8) << i << " " << abnormal;
      bodies += body / static_cast<double>(all.size());
      nuclei += nucleus / static_cast<double>(all.size());
    }
    EXPECT_GT(bodies, 0.94) << abnormal;
    EXPECT_GT(nuclei, 0.93) << abnormal;
  }
}

TEST(WhiteCellCrops, MeasuresTheSameShapeHoweverTheCropIsTaken) {
  const Workplace place("crops-shape");
  std::filesystem::create_directories(place / "in");
  std::vector<Crop> all = crops(92, 0.4, 12);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const cv::Mat& image = all[i].image;
    const auto write = [&](const std::string& name, const cv::Mat& changed) {
      codec::write_png(place / "in" / (name + "-" + std::to_string(i) + ".png"), Image(changed));
    };
    cv::Mat changed;
    write("plain", image);
    cv::flip(image, changed, 1);
    write("mirrored", changed.clone());
    cv::flip(image, changed, 0);
    write("upside-down", changed.clone());
    cv::rotate(image, changed, cv::ROTATE_90_CLOCKWISE);
    write("right", changed.clone());
    cv::rotate(image, changed, cv::ROTATE_90_COUNTERCLOCKWISE);
    write("left", changed.clone());
    image.convertTo(changed, CV_8U, 0.8);
    write("dark", changed.clone());
    image.convertTo(changed, CV_8U, 1.0 / 1.2);
    write("less-light", changed.clone());
    codec::write_jpeg(place / "in" / ("jpeg-" + std::to_string(i) + ".jpg"), Image(image), 90);
  }
  EXPECT_EQ(place.run(white_cell_crops(), "out", place / "in").quarantined, 0);
  std::map<std::string, std::map<std::string, Row>> cells;  // by crop, then by variant
  for (const Row& row : read_csv(place / "out" / "cells.csv")) {
    const std::string& image = row.at("image");
    const auto dash = image.rfind('-');
    cells[image.substr(dash + 1, image.rfind('.') - dash - 1)][image.substr(0, dash)] = row;
  }
  ASSERT_EQ(cells.size(), all.size());
  for (const auto& [crop, variants] : cells) {
    EXPECT_EQ(variants.size(), 8U) << crop;
    for (const auto& [variant, row] : variants)
      for (const char* measure : {"area_px", "circularity", "solidity", "boundary_roughness"}) {
        const double expected = number(variants.at("plain"), measure);
        EXPECT_NEAR(number(row, measure), expected, 0.03 * expected)
            << variant << " " << crop << " " << measure;
      }
  }
}

TEST(WhiteCellCrops, FindsNothingInBlankCropsAndFailsOnNone) {
  const Workplace place("crops-nothing");
  std::filesystem::create_directories(place / "in");
  const auto write = [&](const std::string& name, const cv::Mat& image) {
    codec::write_png(place / "in" / (name + ".png"), Image(image));
  };
  for (const int level : {0, 200, 255})
    write("even" + std::to_string(level), cv::Mat(80, 80, CV_8UC3, cv::Scalar::all(level)));
  write("pixel", cv::Mat(1, 1, CV_8UC3, cv::Scalar(120, 60, 140)));
  const RunSummary summary = place.run(white_cell_crops(), "out", place / "in");
  EXPECT_EQ(summary.done, 4);
  EXPECT_EQ(summary.quarantined, 0);
  for (const Row& row : read_csv(place / "out" / "cells.csv"))
    ADD_FAILURE() << row.at("image") << " has a cell of " << row.at("area_px") << " pixels";
}

}  // namespace
}  // namespace smear::test
