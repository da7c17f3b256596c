// SPDX-License-Identifier: Apache-2.0
// smear-fields: counts of synthetic smears agree with their truth, whatever way up, scale, light
// and compression they come in, the shape of a white cell too, and images without cells have none.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <opencv2/imgproc.hpp>

#include "codec/codec.h"
#include "pipelines/smear-run.h"
#include "synth/smear-painter.h"

namespace smear::test {
namespace {

Pipeline smear_fields() {
  return load_pipeline(std::filesystem::path(SMEAR_PIPELINES) / "smear-fields.yaml", registry());
}

/// The cells of each image of a run.
std::map<std::string, std::vector<Row>> cells_of(const Workplace& place) {
  std::map<std::string, std::vector<Row>> result;
  for (const Row& row : read_csv(place / "out" / "cells.csv"))
    result[row.at("image")].push_back(row);
  return result;
}

/// Number of cells of each class.
std::map<std::string, int> counts_of(const std::vector<Row>& cells) {
  std::map<std::string, int> result;
  for (const Row& cell : cells) ++result[cell.at("class")];
  return result;
}

// --- against the truth

struct Tally {
  int truth = 0;
  int found = 0;    ///< with a cell of this class at their place
  int claimed = 0;  ///< cells of this class that were reported and that no edge cuts
};

bool take(const synth::CellTruth& truth, const std::string& name, std::vector<Row>& cells) {
  Row* best = nullptr;
  double least = truth.radius * 0.6;
  for (Row& cell : cells) {
    if (cell["class"] != name) continue;
    const double distance = std::hypot(number(cell, "centroid_x_px") - truth.x,
                                       number(cell, "centroid_y_px") - truth.y);
    if (distance >= least) continue;
    least = distance;
    best = &cell;
  }
  if (best == nullptr) return false;
  (*best)["class"] = "taken";
  return true;
}

void add(Tally& tally, const std::vector<synth::CellTruth>& truth, synth::CellClass true_class,
         const std::string& name, std::vector<Row> cells) {
  for (const Row& cell : cells)
    if (cell.at("class") == name && number(cell, "touches_edge") == 0) ++tally.claimed;
  for (const synth::CellTruth& cell : truth) {
    if (cell.cell_class != true_class || cell.cut_by_border) continue;
    ++tally.truth;
    if (take(cell, name, cells)) ++tally.found;
  }
}

class SmearFieldsTruth : public testing::TestWithParam<synth::SmearSettings> {};

TEST_P(SmearFieldsTruth, AgreesWithTheCounts) {
  constexpr int images = 8;
  const Workplace place("fields-truth");
  std::filesystem::create_directories(place / "in");
  std::map<std::string, std::vector<synth::CellTruth>> truth;
  for (int i = 0; i < images; ++i) {
    const auto smear = synth::paint_smear(GetParam(), static_cast<std::uint64_t>(i));
    const std::string name = std::to_string(i) + ".png";
    codec::write_png(place / "in" / name, Image(smear.image.pixels()));  // no pixel size
    truth[name] = smear.cells;
  }
  const RunSummary summary = place.run(smear_fields(), "out", place / "in");
  EXPECT_EQ(summary.done, images);
  EXPECT_EQ(summary.quarantined, 0);

  Tally red;
  Tally white;
  Tally platelets;
  const auto cells = cells_of(place);
  for (const auto& [name, true_cells] : truth) {
    const auto found = cells.contains(name) ? cells.at(name) : std::vector<Row>{};
    add(red, true_cells, synth::CellClass::red, "red-cell", found);
    add(white, true_cells, synth::CellClass::white, "white-cell", found);
    add(platelets, true_cells, synth::CellClass::platelet, "platelet", found);
  }
  ASSERT_GT(red.truth, 200);
  EXPECT_NEAR(red.claimed, red.truth, 0.05 * red.truth);
  EXPECT_GT(red.found, 0.95 * red.truth);
  ASSERT_GT(white.truth, 8);
  EXPECT_NEAR(white.claimed, white.truth, 0.1 * white.truth);
  EXPECT_GE(white.found, 0.9 * white.truth);
  ASSERT_GT(platelets.truth, 8);
  EXPECT_GE(2.0 * platelets.found, 0.6 * (platelets.truth + platelets.claimed))
      << "F1 of platelets";
}

INSTANTIATE_TEST_SUITE_P(
    Smears, SmearFieldsTruth,
    testing::Values(synth::SmearSettings{.width = 320, .height = 240, .seed = 51},
                    synth::SmearSettings{.width = 320, .height = 240, .seed = 52, .abnormal = 1.0},
                    synth::SmearSettings{
                        .width = 480, .height = 360, .seed = 53, .red_radius = 16.0},
                    synth::SmearSettings{.width = 320, .height = 240, .seed = 54, .density = 1.5}));

// --- the same smear, taken otherwise

using Change = std::function<cv::Mat(const cv::Mat&)>;

Change flipped(int axis) {
  return [axis](const cv::Mat& image) {
    cv::Mat result;
    cv::flip(image, result, axis);
    return result;
  };
}

Change scaled(double factor) {
  return [factor](const cv::Mat& image) {
    cv::Mat result;
    cv::resize(image, result, {}, factor, factor, factor < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
    return result;
  };
}

/// Light that falls by 20 % from one corner to the other, or everywhere to `level`.
Change lit(double level, double slope) {
  return [=](const cv::Mat& image) {
    cv::Mat result(image.size(), CV_8UC3);
    for (int y = 0; y < image.rows; ++y)
      for (int x = 0; x < image.cols; ++x) {
        const double way = 0.5 * x / image.cols + 0.5 * y / image.rows;
        for (int c = 0; c < 3; ++c)
          result.at<cv::Vec3b>(y, x)[c] =
              cv::saturate_cast<uchar>(image.at<cv::Vec3b>(y, x)[c] * (level - slope * way));
      }
    return result;
  };
}

cv::Mat as_it_is(const cv::Mat& image) { return image; }

struct Variant {
  std::string name;
  Change change;
  double tolerance;  ///< of the number of red cells
  bool jpeg = false;
};

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all{
      {"mirrored", flipped(1), 0.02}, {"upside-down", flipped(0), 0.02},
      {"turned", flipped(-1), 0.02},  {"half", scaled(0.5), 0.05},
      {"smaller", scaled(0.7), 0.05}, {"larger", scaled(1.4), 0.05},
      {"double", scaled(2.0), 0.05},  {"gradient", lit(1.0, 0.2), 0.05},
      {"dark", lit(0.8, 0.0), 0.05},  {"jpeg", as_it_is, 0.05, true}};
  return all;
}

TEST(SmearFields, CountsTheSameHoweverTheSmearIsTaken) {
  const Workplace place("fields-variants");
  std::filesystem::create_directories(place / "in");
  constexpr int images = 4;
  for (int i = 0; i < images; ++i) {
    const cv::Mat image =
        synth::paint_smear(
            {.width = 400, .height = 300, .seed = 61, .abnormal = 0.3, .red_radius = 12.0},
            static_cast<std::uint64_t>(i))
            .image.pixels();
    const std::string end = "-" + std::to_string(i);
    codec::write_png(place / "in" / ("plain" + end + ".png"), Image(image));
    for (const Variant& variant : variants()) {
      const Image changed(variant.change(image));
      if (variant.jpeg)
        codec::write_jpeg(place / "in" / (variant.name + end + ".jpg"), changed, 90);
      else
        codec::write_png(place / "in" / (variant.name + end + ".png"), changed);
    }
  }
  EXPECT_EQ(place.run(smear_fields(), "out", place / "in").quarantined, 0);
  std::map<std::string, std::map<std::string, int>> counts;
  for (const auto& [image, cells] : cells_of(place))
    for (const auto& [name, count] : counts_of(cells))
      counts[image.substr(0, image.rfind('-'))][name] += count;
  const int red = counts["plain"]["red-cell"];
  const int white = counts["plain"]["white-cell"];
  const int platelets = counts["plain"]["platelet"];
  ASSERT_GT(red, 100);
  ASSERT_GT(white, 5);
  ASSERT_GT(platelets, 5);
  for (const Variant& variant : variants()) {
    auto& found = counts[variant.name];
    EXPECT_NEAR(found["red-cell"], red, variant.tolerance * red) << variant.name;
    EXPECT_NEAR(found["white-cell"], white, 0.05 * white) << variant.name;
    if (variant.name == "half" || variant.name == "smaller" || variant.name == "larger" ||
        variant.name == "double")
      continue;
    EXPECT_NEAR(found["platelet"], platelets, std::max(1.0, 0.05 * platelets)) << variant.name;
  }
}

TEST(SmearFields, MeasuresTheSameShapeOfAWhiteCellHoweverItIsTaken) {
  const Workplace place("fields-shape");
  std::filesystem::create_directories(place / "in");
  constexpr int images = 4;
  constexpr int edge = 320;
  for (int i = 0; i < images; ++i) {
    const cv::Mat image =
        synth::paint_smear({.width = edge, .height = edge, .seed = 71, .red_radius = 14.0},
                           static_cast<std::uint64_t>(i))
            .image.pixels();
    const std::string end = std::to_string(i) + ".png";
    codec::write_png(place / "in" / ("plain" + end), Image(image));
    codec::write_png(place / "in" / ("mirror" + end), Image(flipped(1)(image)));
    cv::Mat turned;
    cv::rotate(image, turned, cv::ROTATE_90_CLOCKWISE);
    codec::write_png(place / "in" / ("turned" + end), Image(turned));
    codec::write_png(place / "in" / ("dark" + end), Image(lit(0.8, 0.0)(image)));
    codec::write_jpeg(place / "in" / ("jpeg" + end), Image(image), 90);  // told by its bytes
  }
  EXPECT_EQ(place.run(smear_fields(), "out", place / "in").quarantined, 0);
  const auto cells = cells_of(place);
  int compared = 0;
  const auto where = [&](const std::string& variant, double x, double y) {
    if (variant == "mirror") return cv::Point2d(edge - 1 - x, y);
    if (variant == "turned") return cv::Point2d(edge - 1 - y, x);
    return cv::Point2d(x, y);
  };
  for (int i = 0; i < images; ++i)
    for (const Row& cell : cells.at("plain" + std::to_string(i) + ".png")) {
      if (cell.at("class") != "white-cell" || number(cell, "touches_edge") != 0) continue;
      for (const char* variant : {"mirror", "turned", "dark", "jpeg"}) {
        const cv::Point2d expected =
            where(variant, number(cell, "centroid_x_px"), number(cell, "centroid_y_px"));
        const Row* same = nullptr;
        for (const Row& other : cells.at(variant + std::to_string(i) + ".png"))
          if (other.at("class") == "white-cell" &&
              std::hypot(number(other, "centroid_x_px") - expected.x,
                         number(other, "centroid_y_px") - expected.y) < 5.0)
            same = &other;
        ASSERT_NE(same, nullptr) << variant << i << expected;
        ++compared;
        for (const char* measure : {"area_px", "circularity", "solidity", "boundary_roughness"})
          EXPECT_NEAR(number(*same, measure), number(cell, measure), 0.03 * number(cell, measure))
              << variant << i << " " << measure << " at " << expected;
      }
    }
  EXPECT_GT(compared, 12);
}

// --- images without cells

TEST(SmearFields, FindsNothingWhereNothingIs) {
  const Workplace place("fields-nothing");
  std::filesystem::create_directories(place / "in");
  const auto write = [&](const std::string& name, const cv::Mat& image) {
    codec::write_png(place / "in" / (name + ".png"), Image(image));
  };
  for (const int level : {0, 200, 255})
    write("even" + std::to_string(level), cv::Mat(240, 320, CV_8UC3, cv::Scalar::all(level)));
  cv::Mat noise(240, 320, CV_8UC3);
  cv::Mat grain(240, 320, CV_8UC3);
  cv::RNG generator(3);
  generator.fill(noise, cv::RNG::UNIFORM, 0, 256);
  generator.fill(grain, cv::RNG::NORMAL, 220, 6);
  write("noise", noise);
  write("grain", grain);
  write("pixel", cv::Mat(1, 1, CV_8UC3, cv::Scalar(120, 60, 140)));
  write("line", cv::Mat(1, 300, CV_8UC3, cv::Scalar(120, 60, 140)));
  for (std::uint64_t i = 0; i < 3; ++i)
    write("empty" + std::to_string(i),
          synth::paint_smear({.width = 320, .height = 240, .seed = 5, .density = 0.0}, i)
              .image.pixels());
  const RunSummary summary = place.run(smear_fields(), "out", place / "in");
  EXPECT_EQ(summary.done, 10);
  EXPECT_EQ(summary.quarantined, 0);
  for (const auto& [image, cells] : cells_of(place))
    for (const auto& [name, count] : counts_of(cells))
      ADD_FAILURE() << image << " has " << count << " " << name;
}

/// Black on the image, or white on a black plate, as microscopes' programs burn it in.
cv::Mat with_scale_bar(const cv::Mat& image, bool plate) {
  cv::Mat result = image.clone();
  const cv::Scalar ink = cv::Scalar::all(plate ? 255 : 0);
  const int x = image.cols - 95;
  const int y = image.rows - 34;
  if (plate) result(cv::Rect(x - 5, y - 3, 100, 37)).setTo(cv::Scalar::all(0));
  cv::rectangle(result, {x, y + 4}, {x + 80, y + 9}, ink, cv::FILLED);
  cv::putText(result, "20 um", {x + 10, y + 28}, cv::FONT_HERSHEY_SIMPLEX, 0.55, ink, 2);
  return result;
}

TEST(SmearFields, TakesNoScaleBarForACell) {
  const Workplace place("fields-bar");
  std::filesystem::create_directories(place / "in");
  constexpr int images = 3;
  for (int i = 0; i < images; ++i) {
    const cv::Mat image =
        synth::paint_smear({.width = 400, .height = 300, .seed = 85}, static_cast<std::uint64_t>(i))
            .image.pixels();
    const std::string end = "-" + std::to_string(i) + ".png";
    codec::write_png(place / "in" / ("plain" + end), Image(image));
    codec::write_png(place / "in" / ("bar" + end), Image(with_scale_bar(image, false)));
    codec::write_png(place / "in" / ("plate" + end), Image(with_scale_bar(image, true)));
  }
  EXPECT_EQ(place.run(smear_fields(), "out", place / "in").quarantined, 0);
  auto cells = cells_of(place);
  const cv::Rect corner(300, 263, 100, 37);
  for (int i = 0; i < images; ++i)
    for (const std::string variant : {"bar", "plate"}) {
      const auto outside = [&](const std::string& name) {
        std::map<std::string, int> counts;
        for (const Row& cell : cells[name + "-" + std::to_string(i) + ".png"])
          if (number(cell, "centroid_x_px") < corner.x - 20 ||
              number(cell, "centroid_y_px") < corner.y - 20)
            ++counts[cell.at("class")];
        return counts;
      };
      auto plain = outside("plain");
      auto found = outside(variant);
      EXPECT_NEAR(found["red-cell"], plain["red-cell"], 0.05 * plain["red-cell"]) << variant << i;
      EXPECT_EQ(found["white-cell"], plain["white-cell"]) << variant << i;
      for (const Row& cell : cells[variant + "-" + std::to_string(i) + ".png"]) {
        const cv::Point at(static_cast<int>(number(cell, "centroid_x_px")),
                           static_cast<int>(number(cell, "centroid_y_px")));
        EXPECT_FALSE(cell.at("class") == "white-cell" && corner.contains(at)) << variant << i << at;
      }
    }
}

TEST(SmearFields, FindsCellsButNoWhiteOnesInAGreyPhotograph) {
  const Workplace place("fields-grey");
  std::filesystem::create_directories(place / "in");
  const auto smear = synth::paint_smear({.width = 320, .height = 240, .seed = 81}, 0);
  cv::Mat green;
  cv::Mat grey;
  cv::extractChannel(smear.image.pixels(), green, 1);
  cv::merge(std::vector<cv::Mat>{green, green, green}, grey);
  codec::write_png(place / "in" / "grey.png", Image(grey));
  codec::write_png(place / "in" / "one-channel.png", Image(green));
  EXPECT_EQ(place.run(smear_fields(), "out", place / "in").quarantined, 0);
  auto cells = cells_of(place);
  const auto counts = counts_of(cells["grey.png"]);
  EXPECT_EQ(counts_of(cells["one-channel.png"]), counts);
  EXPECT_FALSE(counts.contains("white-cell"));
  EXPECT_FALSE(counts.contains("platelet"));
  const auto red = std::ranges::count_if(smear.cells, [](const synth::CellTruth& cell) {
    return cell.cell_class == synth::CellClass::red;
  });
  ASSERT_TRUE(counts.contains("red-cell"));
  EXPECT_GT(counts.at("red-cell"), 0.8 * static_cast<double>(red));
}

}  // namespace
}  // namespace smear::test
