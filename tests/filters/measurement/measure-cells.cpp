// SPDX-License-Identifier: Apache-2.0
// measure-cells: one table of all classes with measure's figures; outlines of disks, ellipses and
// stars against closed forms, at any size, mirrored and turned; nuclei and lobes of known shape;
// texture against Haralick's own example and ITK.
#include <gtest/gtest.h>
#include <itkHistogramToTextureFeaturesFilter.h>
#include <itkScalarImageToCooccurrenceMatrixFilter.h>

#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

using std::numbers::pi;

const std::vector<std::string> every_density{"density-red", "density-green", "density-blue"};

/// What a test gives the stage, by slot.
using Slots = std::map<std::string, cv::Mat>;

Sample run(const Slots& slots, std::optional<PixelSize> size = std::nullopt,
           const Options& options = {}) {
  Sample sample(SampleId{"image.png", 0});
  for (const auto& [slot, pixels] : slots) sample.set(slot, Image(pixels, size));
  run_stage("measure-cells", options, sample);
  return sample;
}

Table measured(const Slots& slots, std::optional<PixelSize> size = std::nullopt) {
  return run(slots, size).table("objects");
}

double value(const Table& table, const std::string& column, std::size_t row = 0) {
  for (const auto& c : table.columns())
    if (c.name == column && std::holds_alternative<std::vector<std::int64_t>>(c.values))
      return static_cast<double>(table.integers(column).at(row));
  return table.reals(column).at(row);
}

bool missing(const Table& table, const std::string& column, std::size_t row = 0) {
  return std::isnan(value(table, column, row));
}

/// The pixels around a centre whose distance from it is at most `radius(angle)`.
template <typename Radius>
cv::Mat blob(int side, cv::Point2d centre, const Radius& radius) {
  cv::Mat labels = empty_labels(side, side);
  paint(labels, 1, [&](double x, double y) {
    return std::hypot(x - centre.x, y - centre.y) <= radius(std::atan2(y - centre.y, x - centre.x));
  });
  return labels;
}

cv::Mat disk(int side, cv::Point2d centre, double radius) {
  return blob(side, centre, [&](double) { return radius; });
}

/// r = R (1 + a cos kt), in fine steps.
struct Star {
  double radius, a;
  int k;

  double at(double angle) const { return radius * (1 + a * std::cos(k * angle)); }
  std::vector<cv::Point2f> outline() const {
    std::vector<cv::Point2f> points;
    for (int i = 0; i < 20000; ++i) {
      const double angle = 2 * pi * i / 20000;
      points.emplace_back(static_cast<float>(at(angle) * std::cos(angle)),
                          static_cast<float>(at(angle) * std::sin(angle)));
    }
    return points;
  }
  double roughness() const {
    std::vector<cv::Point2f> hull;
    cv::convexHull(outline(), hull);
    return cv::arcLength(outline(), true) / cv::arcLength(hull, true);
  }
  /// From the circle of the same area, which has the same moments for k > 2.
  double deviation() const {
    const double circle = radius * std::sqrt(1 + a * a / 2);
    double squares = 0.0;
    double length = 0.0;
    for (int i = 0; i < 20000; ++i) {
      const double angle = 2 * pi * i / 20000;
      const double step = std::hypot(at(angle), radius * a * k * std::sin(k * angle));
      squares += step * (at(angle) - circle) * (at(angle) - circle);
      length += step;
    }
    return std::sqrt(squares / length) / circle;
  }
};

TEST(MeasureCells, PutsTheClassesInOneLabelImage) {
  Slots slots;
  for (const char* slot : {"white-cells", "red-cells", "platelets"})
    slots[slot] = empty_labels(30, 10);
  slots["white-cells"](cv::Rect(0, 0, 5, 5)).setTo(1);
  slots["white-cells"](cv::Rect(6, 0, 5, 5)).setTo(2);
  slots["red-cells"](cv::Rect(3, 3, 6, 6)).setTo(1);   // under both white cells
  slots["red-cells"](cv::Rect(20, 2, 4, 4)).setTo(3);  // there is no 2
  slots["platelets"](cv::Rect(7, 7, 6, 2)).setTo(1);   // under a red cell
  slots["platelets"](cv::Rect(21, 3, 2, 2)).setTo(2);  // covered
  slots["platelets"](cv::Rect(26, 5, 2, 2)).setTo(3);
  cv::Mat expected = empty_labels(30, 10);
  expected(cv::Rect(7, 7, 6, 2)).setTo(5);
  expected(cv::Rect(3, 3, 6, 6)).setTo(3);
  expected(cv::Rect(20, 2, 4, 4)).setTo(4);
  expected(cv::Rect(26, 5, 2, 2)).setTo(6);
  expected(cv::Rect(0, 0, 5, 5)).setTo(1);
  expected(cv::Rect(6, 0, 5, 5)).setTo(2);
  const cv::Mat reds = slots["red-cells"].clone();

  const Sample sample = run(slots, PixelSize{0.1, 0.1});
  EXPECT_TRUE(same_pixels(sample.image("labels").pixels(), expected));
  EXPECT_EQ(sample.image("labels").pixel_size(), (PixelSize{0.1, 0.1}));
  EXPECT_TRUE(same_pixels(slots["red-cells"], reds));  // the input is as it was
  const Table& t = sample.table("objects");
  EXPECT_EQ(t.integers("label"), (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(t.texts("class"), (std::vector<std::string>{"white-cell", "white-cell", "red-cell",
                                                        "red-cell", "platelet", "platelet"}));
  EXPECT_EQ(t.integers("touches_edge"), (std::vector<std::int64_t>{1, 1, 0, 0, 0, 0}));
}

TEST(MeasureCells, AClassMayBeAbsent) {
  cv::Mat one = empty_labels(9, 9);
  one(cv::Rect(2, 2, 4, 4)).setTo(1);
  for (const auto& [slot, name] : {std::pair{"white-cells", "white-cell"},
                                   {"red-cells", "red-cell"},
                                   {"platelets", "platelet"}})
    EXPECT_EQ(measured({{slot, one}}).texts("class"), std::vector<std::string>{name});
}

TEST(MeasureCells, HasTheColumnsOfMeasure) {
  cv::Mat whites = empty_labels(60, 50);
  cv::Mat reds = empty_labels(60, 50);
  paint_disk(whites, 1, {18.3, 20.1}, 12.0);
  whites(cv::Rect(10, 20, 30, 5)).setTo(1);
  paint_disk(reds, 2, {45.0, 33.0}, 9.5);
  paint_disk(reds, 1, {58.0, 3.0}, 6.5);
  cv::Mat image(50, 60, CV_8UC3);
  cv::theRNG().state = 4;
  cv::randu(image, 0, 256);
  for (const auto size : {std::optional<PixelSize>{}, {PixelSize{0.2, 0.2}}, {{0.2, 0.3}}}) {
    const Sample sample =
        run({{"white-cells", whites}, {"red-cells", reds}, {"image", image}}, size);
    Sample same(SampleId{"image.png", 0});
    same.set("labels", sample.image("labels"));
    same.set("image", Image(image));
    run_stage("measure", {}, same);
    const Table& t = sample.table("objects");
    for (const auto& column : same.table("objects").columns())
      for (std::size_t row = 0; row < 3; ++row)
        EXPECT_EQ(value(t, column.name, row), value(same.table("objects"), column.name, row))
            << column.name;
  }
}

TEST(MeasureCells, AConvexOutlineIsNotRoughAtAnySize) {
  for (const double radius : {8.0, 9.3, 12.0, 15.0, 20.0, 31.7, 45.0, 60.0, 240.0})
    for (const cv::Point2d off : {cv::Point2d(0, 0), {0.5, 0.5}, {0.31, 0.77}}) {
      const int side = static_cast<int>(2 * radius) + 9;
      const Table t =
          measured({{"red-cells", disk(side, cv::Point2d(side / 2, side / 2) + off, radius)}});
      EXPECT_GE(value(t, "boundary_roughness"), 1.0);
      EXPECT_LT(value(t, "boundary_roughness"), 1.005) << radius;
      EXPECT_LT(value(t, "boundary_deviation") * radius, 0.2) << radius;
      EXPECT_LT(value(t, "boundary_deviation"), 0.025) << radius;
    }
}

TEST(MeasureCells, AnEllipseIsNeitherRoughNorDeviant) {
  for (const double ratio : {1.2, 1.5, 2.0, 3.0})
    for (const double degrees : {0.0, 20.0, 45.0, 90.0}) {
      const double a = 40.0;
      const double b = a / ratio;
      const Table t = measured({{"white-cells", blob(100, {50.2, 49.7}, [&](double angle) {
                                   const double u = angle - degrees * pi / 180;
                                   return a * b / std::hypot(b * std::cos(u), a * std::sin(u));
                                 })}});
      EXPECT_LT(value(t, "boundary_roughness"), 1.01) << ratio << " " << degrees;
      EXPECT_LT(value(t, "boundary_deviation"), 0.01) << ratio << " " << degrees;
    }
}

TEST(MeasureCells, StarsHaveTheirClosedForms) {
  for (const double radius : {15.0, 25.0, 40.0, 60.0})
    for (const auto& [a, k] : {std::pair{0.05, 4},
                               {0.1, 3},
                               {0.1, 5},
                               {0.2, 3},
                               {0.15, 5},
                               {0.2, 5},
                               {0.1, 8},
                               {0.06, 10}}) {
      const Star star{radius, a, k};
      const Table t = measured(
          {{"white-cells", blob(180, {90.3, 89.6}, [&](double angle) { return star.at(angle); })}});
      EXPECT_NEAR(value(t, "boundary_roughness") / star.roughness(), 1, 0.015)
          << radius << " " << a << " " << k;
      EXPECT_NEAR(value(t, "boundary_deviation") / star.deviation(), 1, 0.12)
          << radius << " " << a << " " << k;
    }
}

TEST(MeasureCells, MirroredAndTurnedCellsAreTheSame) {
  cv::Mat cell = blob(120, {57.3, 61.8}, [](double angle) {
    return 36 * (1 + 0.15 * std::cos(3 * angle + 0.4) + 0.08 * std::sin(7 * angle));
  });
  cell.setTo(0, random_mask(120, 120, 0.05, 3));
  cv::Mat mask = empty_mask(120, 120);
  mask.setTo(128, cell > 0);
  paint_disk<uchar>(mask, 255, {48.0, 66.0}, 12.3);
  paint_disk<uchar>(mask, 255, {66.0, 52.0}, 10.2);
  cv::Mat density(120, 120, CV_32FC1);
  cv::theRNG().state = 7;
  cv::randu(density, 0.1, 1.4);
  const auto turned = [](const cv::Mat& image, int times, bool mirrored) {
    cv::Mat result = image.clone();
    for (int i = 0; i < times; ++i) cv::rotate(result.clone(), result, cv::ROTATE_90_CLOCKWISE);
    if (mirrored) cv::flip(result.clone(), result, 1);
    return result;
  };
  Slots slots{{"white-cells", cell}, {"mask", mask}};
  for (const auto& slot : every_density) slots[slot] = density;
  const Table t = measured(slots);
  ASSERT_EQ(value(t, "lobes"), 2);
  for (int times = 0; times < 4; ++times)
    for (const bool mirrored : {false, true}) {
      Slots same = slots;
      for (auto& [slot, pixels] : same) pixels = turned(pixels, times, mirrored);
      const Table u = measured(same);
      for (const auto* name : {"area_px",
                               "perimeter_px",
                               "circularity",
                               "solidity",
                               "feret_max_px",
                               "feret_min_px",
                               "major_axis_px",
                               "minor_axis_px",
                               "boundary_roughness",
                               "boundary_deviation",
                               "nucleus_area_px",
                               "nucleus_cytoplasm_ratio",
                               "nucleus_cell_ratio",
                               "nucleus_circularity",
                               "nucleus_solidity",
                               "lobes",
                               "chromatin_contrast",
                               "chromatin_homogeneity",
                               "chromatin_energy",
                               "chromatin_entropy",
                               "chromatin_correlation",
                               "optical_density_mean",
                               "integrated_optical_density",
                               "nucleus_optical_density_mean"})
        EXPECT_NEAR(value(u, name) / value(t, name), 1, 1e-9) << name << times << mirrored;
    }
}

TEST(MeasureCells, TheOutlineOfACutCellRunsAlongTheEdge) {
  const cv::Mat whole = disk(120, {60, 60}, 30);
  const Table half = measured({{"red-cells", whole(cv::Rect(60, 0, 60, 120)).clone()}});
  EXPECT_EQ(value(half, "touches_edge"), 1);
  EXPECT_LT(value(half, "boundary_roughness"), 1.005);
  EXPECT_GT(value(half, "boundary_deviation"), 0.02);  // a half disk is no ellipse
  const Table all = measured({{"red-cells", cv::Mat(40, 40, CV_32SC1, cv::Scalar(1))}});
  EXPECT_LT(value(all, "boundary_roughness"), 1.001);
  EXPECT_EQ(value(measured({{"red-cells", whole}}), "touches_edge"), 0);
}

TEST(MeasureCells, HolesAndLoosePixelsAreNoOutline) {
  const cv::Mat whole = disk(100, {50, 50}, 30);
  cv::Mat holed = whole.clone();
  holed.setTo(0, disk(100, {45, 52}, 12) > 0);
  cv::Mat loose = whole.clone();
  loose(cv::Rect(2, 2, 4, 4)).setTo(1);
  const double expected = value(measured({{"red-cells", whole}}), "boundary_roughness");
  EXPECT_NEAR(value(measured({{"red-cells", holed}}), "boundary_roughness"), expected, 2e-3);
  EXPECT_NEAR(value(measured({{"red-cells", loose}}), "boundary_roughness"), expected, 2e-3);
}

TEST(MeasureCells, OtherPixelsGiveTheRealOutline) {
  // 80 x 40 pixels of 0.5 x 1 um: a disk of radius 20 um.
  cv::Mat labels = empty_labels(100, 60);
  paint(labels, 1, [](double x, double y) { return std::hypot((x - 50) / 2, y - 30) <= 20; });
  const Table t = measured({{"white-cells", labels}}, PixelSize{0.5, 1.0});
  EXPECT_LT(value(t, "boundary_roughness"), 1.01);
  EXPECT_LT(value(t, "boundary_deviation"), 0.015);
}

TEST(MeasureCells, TinyAndThinCellsHaveAnOutline) {
  Slots slots{{"white-cells", cv::Mat(1, 1, CV_32SC1, cv::Scalar(1))},
              {"mask", cv::Mat(1, 1, CV_8UC1, cv::Scalar(255))},
              {"image", cv::Mat(1, 1, CV_8UC3, cv::Scalar(1, 2, 3))}};
  for (const auto& slot : every_density) slots[slot] = cv::Mat(1, 1, CV_32FC1, cv::Scalar(0.5));
  const Table one = measured(slots, PixelSize{0.1, 0.1});
  EXPECT_NEAR(value(one, "boundary_roughness"), 1.0, 1e-6);
  EXPECT_LT(value(one, "boundary_deviation"), 0.2);
  EXPECT_EQ(value(one, "lobes"), 1);
  EXPECT_TRUE(missing(one, "nucleus_cytoplasm_ratio"));
  EXPECT_TRUE(missing(one, "chromatin_contrast"));
  EXPECT_NEAR(value(one, "nucleus_optical_density_mean"), 0.5, 1e-6);

  cv::Mat lines = empty_labels(120, 60);
  lines.row(5).colRange(10, 110).setTo(1);
  for (int i = 0; i < 40; ++i) lines.at<int>(10 + i, 20 + i) = 2;
  lines.at<int>(40, 5) = 3;
  lines(cv::Rect(100, 40, 2, 1)).setTo(4);
  const Table t = measured({{"platelets", lines}});
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_NEAR(value(t, "boundary_roughness", row), 1.0, 0.02) << row;
    EXPECT_TRUE(std::isfinite(value(t, "boundary_deviation", row))) << row;
  }
}

TEST(MeasureCells, MeasuresTheNucleiOfWhiteCells) {
  cv::Mat whites = empty_labels(80, 40);
  whites(cv::Rect(5, 5, 30, 30)).setTo(1);
  whites(cv::Rect(40, 5, 20, 20)).setTo(2);
  cv::Mat reds = empty_labels(80, 40);
  reds(cv::Rect(62, 5, 15, 15)).setTo(1);
  cv::Mat mask = empty_mask(80, 40);
  mask.setTo(128, whites > 0);
  mask(cv::Rect(10, 10, 10, 12)).setTo(255);
  mask(cv::Rect(0, 30, 8, 8)).setTo(255);  // 15 pixels of it in the cell
  mask(cv::Rect(62, 5, 9, 9)).setTo(255);  // in a red cell
  const Table t =
      measured({{"white-cells", whites}, {"red-cells", reds}, {"mask", mask}}, PixelSize{0.5, 0.5});
  EXPECT_EQ(value(t, "nucleus_area_px"), 135);
  EXPECT_EQ(value(t, "nucleus_area_um2"), 135 / 4.0);
  EXPECT_DOUBLE_EQ(value(t, "nucleus_cytoplasm_ratio"), 135.0 / (900 - 135));
  EXPECT_DOUBLE_EQ(value(t, "nucleus_cell_ratio"), 135.0 / 900);
  EXPECT_EQ(value(t, "lobes"), 2);
  // A cell without a nucleus.
  for (const auto* name : {"nucleus_area_px", "nucleus_area_um2", "nucleus_cytoplasm_ratio",
                           "nucleus_cell_ratio", "lobes"}) {
    EXPECT_EQ(value(t, name, 1), 0) << name;
    EXPECT_TRUE(missing(t, name, 2)) << name;
  }
  for (const auto* name : {"nucleus_circularity", "nucleus_solidity"})
    EXPECT_TRUE(missing(t, name, 1) && missing(t, name, 2)) << name;
  EXPECT_FALSE(t.has("chromatin_contrast"));
  EXPECT_FALSE(t.has("optical_density_mean"));

  // A nucleus's shape is what measure gives for it.
  cv::Mat nucleus = empty_labels(80, 40);
  nucleus.setTo(1, (mask == 255) & (whites == 1));
  Sample sample(SampleId{"image.png", 0});
  sample.set("labels", Image(nucleus));
  run_stage("measure", {}, sample);
  EXPECT_EQ(value(t, "nucleus_circularity"), value(sample.table("objects"), "circularity"));
  EXPECT_EQ(value(t, "nucleus_solidity"), value(sample.table("objects"), "solidity"));
}

/// The lobes of the nucleus whose pixels are 255.
double lobes(const cv::Mat& nucleus, const Options& options = {}) {
  cv::Mat whites(nucleus.size(), CV_32SC1, cv::Scalar(1));
  return value(run({{"white-cells", whites}, {"mask", nucleus}}, {}, options).table("objects"),
               "lobes");
}

TEST(MeasureCells, CountsLobesAtAnySize) {
  for (const double r : {5.0, 8.0, 13.0, 25.0}) {
    const int side = static_cast<int>(13 * r);
    const auto c = [&](double x, double y) { return cv::Point2d(side / 2.0 + x, side / 2.0 + y); };
    cv::Mat one = empty_mask(side, side);
    paint_disk<uchar>(one, 255, c(0, 0), r);
    EXPECT_EQ(lobes(one), 1) << r;

    cv::Mat kidney = empty_mask(side, side);  // a monocyte's
    paint_disk<uchar>(kidney, 255, c(0, 0), 2 * r);
    paint_disk<uchar>(kidney, 0, c(2 * r, 0), r);
    EXPECT_EQ(lobes(kidney), 1) << r;

    cv::Mat two = empty_mask(side, side);  // 1.7 radii apart: the neck has half their width
    paint_disk<uchar>(two, 255, c(-0.85 * r, 0), r);
    paint_disk<uchar>(two, 255, c(0.85 * r, 0), r);
    EXPECT_EQ(lobes(two), 2) << r;
    EXPECT_EQ(lobes(two, {{"lobe_neck", 0.4}}), 1) << r;

    for (int n = 3; n <= 5; ++n) {  // a neutrophil's: on an arc, joined by threads
      cv::Mat many = empty_mask(side, side);
      cv::Point2d before;
      for (int i = 0; i < n; ++i) {
        const cv::Point2d here = c(4 * r * std::cos(1.2 * i), 4 * r * std::sin(1.2 * i));
        const double angle = i;
        paint(many, uchar{255}, [&](double x, double y) {
          const double u = (x - here.x) * std::cos(angle) + (y - here.y) * std::sin(angle);
          const double v = (y - here.y) * std::cos(angle) - (x - here.x) * std::sin(angle);
          return std::hypot(u / 1.3, v) <= r * (1 - 0.08 * i);
        });
        if (i > 0) cv::line(many, before, here, 255, std::max(1, static_cast<int>(r / 4)));
        before = here;
      }
      EXPECT_EQ(lobes(many), n) << r;
    }
  }
}

TEST(MeasureCells, SpecksAndSmallHolesMakeNoLobes) {
  cv::Mat nucleus = empty_mask(100, 60);
  paint_disk<uchar>(nucleus, 255, {30, 30}, 20);
  nucleus(cv::Rect(60, 20, 7, 7)).setTo(255);  // 4 % of the nucleus
  EXPECT_EQ(lobes(nucleus), 1);
  nucleus(cv::Rect(75, 20, 10, 10)).setTo(255);  // 7 %
  EXPECT_EQ(lobes(nucleus), 2);
  cv::Mat holed = empty_mask(100, 60);
  paint_disk<uchar>(holed, 255, {30, 30}, 20);
  holed.setTo(0, random_mask(100, 60, 0.05, 1));
  EXPECT_EQ(lobes(holed), 1);
  cv::Mat dust = empty_mask(100, 60);
  for (int i = 0; i < 40; ++i) dust.at<uchar>(2 + 4 * (i / 10), 2 + 4 * (i % 10)) = 255;
  EXPECT_EQ(lobes(dust), 1);
  EXPECT_EQ(lobes(cv::Mat(20, 30, CV_8UC1, cv::Scalar(255))), 1);
  EXPECT_EQ(lobes(empty_mask(20, 30)), 0);
}

struct Features {
  double contrast = 0, homogeneity = 0, energy = 0, entropy = 0, correlation = 0;
};

void expect_texture(const Table& t, const Features& f) {
  constexpr double tolerance = 1e-9;
  EXPECT_NEAR(value(t, "chromatin_contrast"), f.contrast, tolerance);
  EXPECT_NEAR(value(t, "chromatin_homogeneity"), f.homogeneity, tolerance);
  EXPECT_NEAR(value(t, "chromatin_energy"), f.energy, tolerance);
  EXPECT_NEAR(value(t, "chromatin_entropy"), f.entropy, tolerance);
  EXPECT_NEAR(value(t, "chromatin_correlation"), f.correlation, tolerance);
}

/// Levels of the co-occurrence matrix as densities in the middle of their range.
cv::Mat densities_of(const cv::Mat& levels) {
  cv::Mat density;
  levels.convertTo(density, CV_32F, 0.05, 0.025);
  return density;
}

TEST(MeasureCells, TextureOfHaralicksExample) {
  const cv::Mat levels = (cv::Mat_<uchar>(4, 4) << 0, 0, 1, 1, 0, 0, 1, 1, 0, 2, 2, 2, 2, 2, 3, 3);
  // The four matrices of his figure 3.
  const std::array<cv::Matx44d, 4> matrices{
      cv::Matx44d{4, 2, 1, 0, 2, 4, 0, 0, 1, 0, 6, 1, 0, 0, 1, 2},
      {6, 0, 2, 0, 0, 4, 2, 0, 2, 2, 2, 2, 0, 0, 2, 0},
      {4, 1, 0, 0, 1, 2, 2, 0, 0, 2, 4, 1, 0, 0, 1, 0},
      {2, 1, 3, 0, 1, 2, 1, 0, 3, 1, 0, 2, 0, 0, 2, 0}};
  Features f;
  for (const auto& m : matrices) {
    double pairs = 0;
    for (const double count : m.val) pairs += count;
    double mean = 0;
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) mean += i * m(i, j) / pairs;
    double variance = 0;
    double covariance = 0;
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) {
        const double p = m(i, j) / pairs;
        f.contrast += p * (i - j) * (i - j) / 4;
        f.homogeneity += p / (1 + (i - j) * (i - j)) / 4;
        f.energy += p * p / 4;
        if (p > 0) f.entropy -= p * std::log(p) / std::log(2.0) / 4;
        variance += p * (i - mean) * (i - mean);
        covariance += p * (i - mean) * (j - mean);
      }
    f.correlation += covariance / variance / 4;
  }
  expect_texture(measured({{"white-cells", cv::Mat(4, 4, CV_32SC1, cv::Scalar(1))},
                           {"mask", cv::Mat(4, 4, CV_8UC1, cv::Scalar(255))},
                           {"density-green", densities_of(levels)}}),
                 f);
}

/// ITK's figures: the mean over the four directions at distance `d`. Not the correlation, which it
/// divides by the square of the variance.
Features itk_texture(cv::Mat levels, cv::Mat mask, int d) {
  using ByteImage = itk::Image<unsigned char, 2>;
  const auto image_of = [](const cv::Mat& pixels) {
    auto image = ByteImage::New();
    image->SetRegions(ByteImage::SizeType{{static_cast<itk::SizeValueType>(pixels.cols),
                                           static_cast<itk::SizeValueType>(pixels.rows)}});
    image->Allocate();
    std::copy(pixels.begin<uchar>(), pixels.end<uchar>(), image->GetBufferPointer());
    return image;
  };
  using Matrix = itk::Statistics::ScalarImageToCooccurrenceMatrixFilter<ByteImage>;
  using Texture = itk::Statistics::HistogramToTextureFeaturesFilter<Matrix::HistogramType>;
  Features f;
  for (const auto& [x, y] : {std::pair{d, 0}, {d, d}, {0, d}, {-d, d}}) {
    auto matrix = Matrix::New();
    matrix->SetInput(image_of(levels));
    matrix->SetMaskImage(image_of(mask));
    matrix->SetInsidePixelValue(255);
    matrix->SetNumberOfBinsPerAxis(32);
    matrix->SetPixelValueMinMax(0, 31);
    matrix->SetOffset(Matrix::OffsetType{{x, y}});
    matrix->Update();
    auto texture = Texture::New();
    texture->SetInput(matrix->GetOutput());
    texture->Update();
    f.contrast += texture->GetInertia() / 4;
    f.homogeneity += texture->GetInverseDifferenceMoment() / 4;
    f.energy += texture->GetEnergy() / 4;
    f.entropy += texture->GetEntropy() / 4;
  }
  return f;
}

TEST(MeasureCells, TextureEqualsItks) {
  for (unsigned seed = 0; seed < 3; ++seed) {
    cv::Mat noise(90, 100, CV_8UC1);
    cv::theRNG().state = seed + 20;
    cv::randu(noise, 0, 256);
    cv::Mat levels;
    cv::GaussianBlur(noise, noise, {}, 1.5);
    cv::normalize(noise, levels, 0, 31, cv::NORM_MINMAX);
    cv::Mat mask = random_mask(100, 90, 0.9, seed);
    mask.setTo(0, disk(100, {50, 45}, 20.0 + 10 * seed).rowRange(0, 90) == 0);
    const double radius = std::sqrt(cv::countNonZero(mask) / pi);
    const Table t = measured({{"white-cells", cv::Mat(90, 100, CV_32SC1, cv::Scalar(1))},
                              {"mask", mask},
                              {"density-green", densities_of(levels)}});
    const Features f = itk_texture(levels, mask, static_cast<int>(std::lround(radius / 12)));
    EXPECT_NEAR(value(t, "chromatin_contrast"), f.contrast, 1e-9);
    EXPECT_NEAR(value(t, "chromatin_homogeneity"), f.homogeneity, 1e-9);
    EXPECT_NEAR(value(t, "chromatin_energy"), f.energy, 1e-9);
    EXPECT_NEAR(value(t, "chromatin_entropy"), f.entropy, 1e-9);
  }
}

TEST(MeasureCells, TextureIsThatOfTheNucleusWhateverTheBrightness) {
  // A nucleus on a background of 200, and the same with a brighter and a darker lamp.
  cv::Mat grain(80, 80, CV_32FC1);
  cv::theRNG().state = 11;
  cv::randn(grain, 0, 40);
  cv::GaussianBlur(grain, grain, {}, 1.5);
  grain += 80;
  cv::Mat mask = empty_mask(80, 80);
  paint_disk<uchar>(mask, 255, {40, 40}, 30);
  const auto under = [&](double gain) {
    cv::Mat green;
    grain.convertTo(green, CV_8U, gain);
    cv::Mat density(80, 80, CV_32FC1, cv::Scalar(-1.0));  // around it: noise that is not seen
    for (int y = 0; y < 80; ++y)
      for (int x = 0; x < 80; ++x)
        if (mask.at<uchar>(y, x) > 0)
          density.at<float>(y, x) =
              static_cast<float>(std::log10(200 * gain / green.at<uchar>(y, x)));
    return measured({{"white-cells", cv::Mat(80, 80, CV_32SC1, cv::Scalar(1))},
                     {"mask", mask},
                     {"density-green", density}});
  };
  const Table t = under(1.0);
  for (const double gain : {0.8, 0.9, 1.1, 1.2})
    for (const auto* name : {"chromatin_contrast", "chromatin_homogeneity", "chromatin_energy",
                             "chromatin_entropy", "chromatin_correlation"})
      // Whole numbers from 50 to 130 are all that is left of the densities.
      EXPECT_NEAR(value(under(gain), name) / value(t, name), 1, 0.05) << name << " " << gain;
}

TEST(MeasureCells, TextureOfWhatHasNone) {
  const cv::Mat white(30, 30, CV_32SC1, cv::Scalar(1));
  const cv::Mat mask(30, 30, CV_8UC1, cv::Scalar(255));
  const Table flat = measured({{"white-cells", white},
                               {"mask", mask},
                               {"density-green", cv::Mat(30, 30, CV_32FC1, cv::Scalar(0.61))}});
  EXPECT_EQ(value(flat, "chromatin_contrast"), 0);
  EXPECT_EQ(value(flat, "chromatin_homogeneity"), 1);
  EXPECT_EQ(value(flat, "chromatin_energy"), 1);
  EXPECT_EQ(value(flat, "chromatin_entropy"), 0);
  EXPECT_TRUE(missing(flat, "chromatin_correlation"));

  // Out of the limits, infinite and no number.
  cv::Mat wild(30, 30, CV_32FC1, cv::Scalar(-3));
  wild.colRange(15, 30).setTo(9);
  wild.at<float>(3, 3) = std::numeric_limits<float>::quiet_NaN();
  wild.at<float>(3, 20) = std::numeric_limits<float>::infinity();
  cv::Mat tame(30, 30, CV_32FC1, cv::Scalar(0.01));
  tame.colRange(15, 30).setTo(1.59);
  const Table a = measured({{"white-cells", white}, {"mask", mask}, {"density-green", wild}});
  const Table b = measured({{"white-cells", white}, {"mask", mask}, {"density-green", tame}});
  EXPECT_EQ(value(a, "chromatin_contrast"), value(b, "chromatin_contrast"));
  EXPECT_EQ(value(a, "chromatin_entropy"), value(b, "chromatin_entropy"));
}

TEST(MeasureCells, DensitiesAreMeansAndSums) {
  cv::Mat whites = empty_labels(40, 30);
  whites(cv::Rect(2, 2, 10, 10)).setTo(1);
  cv::Mat reds = empty_labels(40, 30);
  reds(cv::Rect(20, 5, 12, 9)).setTo(1);
  cv::Mat mask = empty_mask(40, 30);
  mask(cv::Rect(4, 4, 5, 5)).setTo(255);
  Slots slots{{"white-cells", whites}, {"red-cells", reds}, {"mask", mask}};
  cv::theRNG().state = 5;
  cv::Mat mean = cv::Mat::zeros(30, 40, CV_64FC1);
  for (const auto& slot : every_density) {
    slots[slot].create(30, 40, CV_32FC1);
    cv::randu(slots[slot], 0.0, 1.0);
    cv::Mat part;
    slots[slot].convertTo(part, CV_64F, 1 / 3.0);
    mean += part;
  }
  const Table t = measured(slots);
  EXPECT_NEAR(value(t, "optical_density_mean", 0), cv::mean(mean, whites == 1)[0], 1e-9);
  EXPECT_NEAR(value(t, "optical_density_mean", 1), cv::mean(mean, reds == 1)[0], 1e-9);
  EXPECT_NEAR(value(t, "integrated_optical_density", 0), 100 * cv::mean(mean, whites == 1)[0],
              1e-9);
  EXPECT_NEAR(value(t, "nucleus_optical_density_mean", 0), cv::mean(mean, mask)[0], 1e-9);
  EXPECT_TRUE(missing(t, "nucleus_optical_density_mean", 1));
  slots.erase("density-blue");
  EXPECT_FALSE(measured(slots).has("optical_density_mean"));
  EXPECT_TRUE(measured(slots).has("chromatin_contrast"));
}

TEST(MeasureCells, AnImageWithoutCellsGivesAnEmptyTableWithAllColumns) {
  Slots slots{{"mask", empty_mask(12, 9)}, {"image", cv::Mat::zeros(9, 12, CV_8UC3)}};
  for (const char* slot : {"white-cells", "red-cells", "platelets"})
    slots[slot] = empty_labels(12, 9);
  for (const auto& slot : every_density) slots[slot] = cv::Mat::zeros(9, 12, CV_32FC1);
  const Table none = measured(slots, PixelSize{1, 1});
  slots["white-cells"](cv::Rect(2, 2, 4, 4)).setTo(1);
  const Table one = measured(slots, PixelSize{1, 1});
  EXPECT_EQ(none.rows(), 0U);
  EXPECT_EQ(one.rows(), 1U);
  ASSERT_EQ(none.columns().size(), one.columns().size());
  for (std::size_t i = 0; i < one.columns().size(); ++i) {
    EXPECT_EQ(none.columns()[i].name, one.columns()[i].name);
    EXPECT_EQ(none.columns()[i].values.index(), one.columns()[i].values.index());
  }
}

TEST(MeasureCells, RefusesWhatDoesNotFit) {
  const cv::Mat cells = empty_labels(6, 5);
  EXPECT_THROW(measured({{"mask", empty_mask(6, 5)}}), SampleError);
  EXPECT_THROW(measured({{"white-cells", empty_mask(6, 5)}}), SampleError);
  EXPECT_THROW(measured({{"white-cells", cv::Mat(5, 6, CV_32SC1, cv::Scalar(-1))}}), SampleError);
  EXPECT_THROW(measured({{"red-cells", cv::Mat(5, 6, CV_32SC1, cv::Scalar(31))}}), SampleError);
  EXPECT_THROW(measured({{"white-cells", cells}, {"red-cells", empty_labels(5, 6)}}), SampleError);
  EXPECT_THROW(measured({{"white-cells", cells}, {"mask", empty_mask(5, 5)}}), SampleError);
  EXPECT_THROW(measured({{"white-cells", cells}, {"mask", cv::Mat::zeros(5, 6, CV_8UC3)}}),
               SampleError);
  EXPECT_THROW(measured({{"white-cells", cells}, {"image", empty_mask(6, 4)}}), SampleError);
  EXPECT_THROW(measured({{"white-cells", cells}, {"image", cells}}), SampleError);
  EXPECT_THROW(measured({{"white-cells", cells},
                         {"mask", empty_mask(6, 5)},
                         {"density-green", cv::Mat::zeros(5, 7, CV_32FC1)}}),
               SampleError);
  EXPECT_THROW(measured({{"white-cells", cells},
                         {"mask", empty_mask(6, 5)},
                         {"density-green", empty_mask(6, 5)}}),
               SampleError);
  EXPECT_THROW(make_stage("measure-cells", {{"lobe_neck", 1.5}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
