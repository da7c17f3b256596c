// SPDX-License-Identifier: Apache-2.0
// The shipped pipelines on real smears, where they are there: every image is done, and white cells
// are found where people marked them. The images are no part of this project; CMake's
// SMEAR_TEST_DATA says where they are.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <opencv2/core.hpp>
#include <set>

#include "pipelines/smear-run.h"

namespace smear::test {
namespace {

TEST(RealSmears, AreAllCountedWithoutFailure) {
  const std::filesystem::path folder =
      std::filesystem::path(SMEAR_TEST_DATA) / "leukemia" / "benign";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no real smears in " << folder;
  const Workplace place("real");
  const auto pipeline =
      load_pipeline(std::filesystem::path(SMEAR_PIPELINES) / "count-cells.yaml", registry());
  const auto summary = place.run(pipeline, "out", folder);
  EXPECT_EQ(summary.quarantined, 0);
  const auto samples = read_csv(place / "out/samples.csv");
  EXPECT_EQ(static_cast<std::int64_t>(samples.size()), summary.files);
  std::map<std::string, int> cells;
  for (const auto& cell : read_csv(place / "out/cells.csv")) ++cells[cell.at("class")];
  // By eye a field has some tens of red cells and several white ones.
  EXPECT_GT(cells["red-cell"], 30 * summary.files);
  EXPECT_GT(cells["white-cell"], 2 * summary.files);
}

/// Marked white cells of one smear; those at the edge or smudged may be found or not.
struct Marks {
  std::vector<cv::Point2d> must;
  std::vector<cv::Point2d> optional;
};

double between(cv::Point2d a, cv::Point2d b) { return std::hypot(a.x - b.x, a.y - b.y); }

/// For each of the found places the mark that it is matched with, or -1: as many pairs as possible
/// that are at most `reach` apart, one to one.
std::vector<int> matched(const std::vector<cv::Point2d>& marks,
                         const std::vector<cv::Point2d>& found, double reach) {
  std::vector<int> mark_of(found.size(), -1);
  for (int mark = 0; mark < static_cast<int>(marks.size()); ++mark) {
    std::vector<bool> tried(found.size(), false);
    const std::function<bool(int)> place = [&](int m) {
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (tried[i] || between(marks[static_cast<std::size_t>(m)], found[i]) > reach) continue;
        tried[i] = true;
        if (mark_of[i] >= 0 && !place(mark_of[i])) continue;
        mark_of[i] = m;
        return true;
      }
      return false;
    };
    place(mark);
  }
  return mark_of;
}

TEST(RealSmears, HaveTheirWhiteCellsWherePeopleMarkedThem) {
  const std::filesystem::path folder = std::filesystem::path(SMEAR_TEST_DATA) / "leukemia";
  if (!std::filesystem::exists(folder / "white-cells.csv"))
    GTEST_SKIP() << "no marked smears in " << folder;
  const Workplace place("marked");
  std::filesystem::create_directories(place / "in");
  std::map<std::string, Marks> marks;
  for (const Row& row : read_csv(folder / "white-cells.csv")) {
    Marks& of_image = marks[row.at("image")];
    (row.at("kind") == "must" ? of_image.must : of_image.optional)
        .emplace_back(number(row, "x"), number(row, "y"));
  }
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
    if (marks.contains(file.path().stem().string()))
      std::filesystem::copy_file(file.path(), place / ("in/" + file.path().filename().string()));
  const auto pipeline =
      load_pipeline(std::filesystem::path(SMEAR_PIPELINES) / "smear-fields.yaml", registry());
  EXPECT_EQ(place.run(pipeline, "out", place / "in").done, static_cast<int>(marks.size()));

  std::map<std::string, std::vector<cv::Point2d>> found;
  for (const Row& cell : read_csv(place / "out/cells.csv"))
    if (cell.at("class") == "white-cell")
      found[std::filesystem::path(cell.at("image")).stem().string()].emplace_back(
          number(cell, "centroid_x_px"), number(cell, "centroid_y_px"));
  double hits = 0.0;
  double missed = 0.0;
  double extra = 0.0;
  for (const auto& [image, of_image] : marks) {
    const auto& cells = found[image];
    const std::vector<int> mark_of = matched(of_image.must, cells, 12.0);
    double here = 0.0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (mark_of[i] >= 0)
        ++here;
      else if (std::ranges::none_of(of_image.optional, [&](cv::Point2d mark) {
                 return between(mark, cells[i]) <= 18.0;
               }))
        ++extra;
    }
    hits += here;
    missed += static_cast<double>(of_image.must.size()) - here;
  }
  EXPECT_GE(2.0 * hits / (2.0 * hits + missed + extra), 0.85)
      << hits << " found, " << missed << " missed, " << extra << " extra";
}

}  // namespace
}  // namespace smear::test
