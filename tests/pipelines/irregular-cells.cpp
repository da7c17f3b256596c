// SPDX-License-Identifier: Apache-2.0
// Sets of synthetic smears whose white cells are made more and more irregular, segmented by
// smear-fields: measures of shape rank the sets in that order, and so do the distances of the
// sets from the smooth one.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>

#include "codec/codec.h"
#include "pipelines/smear-run.h"
#include "study/distances.h"
#include "study/quantile.h"
#include "synth/smear-painter.h"

namespace smear::test {
namespace {

constexpr std::array measures{"area_px", "circularity", "solidity", "boundary_roughness"};

/// The measures of the white cells that no edge cuts, a row a cell.
using Cells = std::vector<std::array<double, measures.size()>>;

Cells cells_of_smears(double irregularity, std::uint64_t seed) {
  constexpr int images = 40;
  const Workplace place("irregular");
  std::filesystem::create_directories(place / "in");
  for (int i = 0; i < images; ++i) {
    const auto smear = synth::paint_smear({.width = 224,
                                           .height = 224,
                                           .seed = seed,
                                           .abnormal = 0.5,
                                           .red_radius = 12.0,
                                           .density = 1.5,
                                           .irregularity = irregularity},
                                          static_cast<std::uint64_t>(i));
    codec::write_png(place / "in" / (std::to_string(i) + ".png"), Image(smear.image.pixels()));
  }
  const Pipeline pipeline =
      load_pipeline(std::filesystem::path(SMEAR_PIPELINES) / "smear-fields.yaml", registry());
  EXPECT_EQ(place.run(pipeline, "out", place / "in").done, images);
  Cells cells;
  for (const Row& row : read_csv(place / "out" / "cells.csv")) {
    if (row.at("class") != "white-cell" || number(row, "touches_edge") != 0) continue;
    std::transform(measures.begin(), measures.end(), cells.emplace_back().begin(),
                   [&](const char* measure) { return number(row, measure); });
  }
  return cells;
}

/// Of four sets: smooth, smooth with other cells, irregular and very irregular.
class IrregularCells : public testing::Test {
 protected:
  static const std::vector<Cells>& sets() {
    static const std::vector<Cells> all{cells_of_smears(0.0, 91), cells_of_smears(0.0, 92),
                                        cells_of_smears(2.5, 93), cells_of_smears(5.0, 94)};
    return all;
  }

  static std::vector<double> values(std::size_t set, std::size_t measure) {
    std::vector<double> result;
    for (const auto& cell : sets()[set]) result.push_back(cell[measure]);
    return result;
  }
  static double median(std::size_t set, std::size_t measure) {
    auto sorted = values(set, measure);
    std::ranges::sort(sorted);
    return study::quantile(sorted, 0.5);
  }
  static study::Features features(std::size_t set) {
    study::Features result(static_cast<int>(sets()[set].size()), measures.size());
    for (int i = 0; i < result.rows; ++i)
      std::ranges::copy(sets()[set][static_cast<std::size_t>(i)], result[i]);
    return result;
  }
};

TEST_F(IrregularCells, MeasuresRankTheSets) {
  for (const Cells& cells : sets()) ASSERT_GT(cells.size(), 20U);
  const std::size_t roughness = 3;
  EXPECT_LT(median(0, roughness), median(2, roughness));
  EXPECT_LT(median(2, roughness), median(3, roughness));
  for (const std::size_t measure : {1, 2}) {
    EXPECT_GT(median(0, measure), median(2, measure)) << measures[measure];
    EXPECT_GT(median(2, measure), median(3, measure)) << measures[measure];
  }
}

TEST_F(IrregularCells, WassersteinDistancesFromTheSmoothSetGrow) {
  for (const std::size_t measure : {1, 2, 3}) {
    const auto distance = [&](std::size_t set) {
      return study::wasserstein_distance(values(0, measure), values(set, measure));
    };
    EXPECT_EQ(distance(0), 0.0);
    EXPECT_LT(distance(1), distance(2)) << measures[measure];
    EXPECT_LT(distance(2), distance(3)) << measures[measure];
  }
}

TEST_F(IrregularCells, FrechetDistancesFromTheSmoothSetGrow) {
  const study::Standardization standard(features(0));
  const auto distance = [&](std::size_t set) {
    return study::frechet_distance(standard(features(0)), standard(features(set)));
  };
  EXPECT_NEAR(distance(0), 0.0, 1e-9);
  EXPECT_LT(distance(1), distance(2));
  EXPECT_LT(distance(2), distance(3));
}

}  // namespace
}  // namespace smear::test
