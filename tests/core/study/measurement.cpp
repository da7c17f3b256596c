// SPDX-License-Identifier: Apache-2.0
// From tables to measures: which cells count, what is missing where an image failed, and the
// numbers against ones worked out by hand.
#include "study/measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>

#include "smear/errors.h"

namespace smear::study {
namespace {

namespace fs = std::filesystem;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::NanSensitiveDoubleEq;
using ::testing::Not;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int replicates = 200;

class Measurement : public testing::Test {
 protected:
  Measurement() : folder_(fs::temp_directory_path() / ("measurement-" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~Measurement() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  [[nodiscard]] Measured read(const std::vector<std::string>& images) const {
    return read_measured(folder_, images);
  }

  fs::path folder_;
};

/// One image a row of cells.
Measured cells(const std::vector<std::vector<std::array<double, 4>>>& images) {
  Measured measured;
  measured.images = measured.done = images.size();
  for (const auto& image : images) {
    Features features(static_cast<int>(image.size()), 4);
    for (int row = 0; row < features.rows; ++row)
      for (int f = 0; f < 4; ++f)
        features(row, f) = image[static_cast<std::size_t>(row)][static_cast<std::size_t>(f)];
    measured.cells.push_back(image.empty() ? Features() : features);
  }
  return measured;
}

/// Real cells that vary in each feature, around these means.
Reference reference(double area, double circularity) {
  std::vector<std::array<double, 4>> all;
  for (int i = 0; i < 24; ++i)
    all.push_back({area + 5.0 * std::sin(i), circularity + 0.05 * std::cos(2.0 * i),
                   0.9 + 0.01 * std::sin(3.0 * i), 1.05 + 0.02 * std::cos(5.0 * i)});
  return {cells({all}), 6, "real images"};
}

TEST_F(Measurement, CellsAreWholeWhiteOnes) {
  write("cells.csv",
        "image,class,touches_edge,area_px,circularity,solidity,boundary_roughness\n"
        "a.png,white-cell,0,100,0.8,0.95,1.02\n"
        "a.png,red-cell,0,50,0.9,0.97,1.01\n"
        "b.png,white-cell,1,70,0.5,0.85,1.2\n"
        "b.png,white-cell,0,120,0.7,0.9,1.1\n"
        "b.png,white-cell,0,130,,0.9,1.1\n"
        "other.png,white-cell,0,1,1,1,1\n");
  const auto measured = read({"b.png", "a.png"});
  EXPECT_EQ(measured.cell_count(), 2);
  ASSERT_EQ(measured.cells[0].rows, 1);
  EXPECT_EQ(measured.cells[0](0, 0), 120);
  EXPECT_EQ(measured.cells[0](0, 3), 1.1);
  ASSERT_EQ(measured.cells[1].rows, 1);
  EXPECT_EQ(measured.cells[1](0, 1), 0.8);
}

TEST_F(Measurement, AnImageThatFailedHasNoValues) {
  write("sharpness.csv", "image,laplacian_variance\na.png,10\n\"c,1.png\",30\n");
  write("classification.csv", "image,class,probability\na.png,benign,0.25\n\"c,1.png\",x,0.75\n");
  const auto measured = read({"a.png", "b.png", "c,1.png"});
  EXPECT_EQ(measured.images, 3U);
  EXPECT_EQ(measured.done, 2U);
  EXPECT_THAT(measured.values.at("sharpness"), ElementsAre(10.0, NanSensitiveDoubleEq(nan), 30.0));
  EXPECT_THAT(measured.values.at("malignancy"), ElementsAre(0.25, NanSensitiveDoubleEq(nan), 0.75));
  EXPECT_THAT(measured.values.at("cells_per_image"),
              ElementsAre(0.0, NanSensitiveDoubleEq(nan), 0.0));
  EXPECT_THAT(measured.values, Not(testing::Contains(Key("mse"))));
}

TEST(Estimator, MeansAreOverImagesAndShapesOverCells) {
  auto measured = cells({{{10, 0.5, 0.9, 1.1}, {20, 0.7, 0.9, 1.1}},
                         {},
                         {{100, 1.0, 1.0, 1.0}},
                         {{30, 0.6, 0.9, 1.1}},
                         {{40, 0.8, 0.9, 1.0}},
                         {{40, 0.8, 0.9, 1.0}}});
  measured.values["sharpness"] = {1.0, nan, 4.0, nan, nan, nan};
  const Estimator estimator(reference(100, 0.8), reference(60, 0.9), 6);
  const auto estimates = estimator(measured, resamples(6, replicates, 1));
  EXPECT_THAT(estimates.at("sharpness").value, DoubleEq(2.5));
  EXPECT_THAT(estimates.at("area").value, DoubleEq(40.0));
  EXPECT_NEAR(estimates.at("circularity").value, 4.4 / 6, 1e-12);
  EXPECT_EQ(estimates.at("area").replicates.size(), std::size_t{replicates});
}

TEST(Estimator, CellsOfAFewImagesSayNothingOfShapes) {
  const std::array<double, 4> cell{10, 0.5, 0.9, 1.1};
  const std::vector<std::array<double, 4>> many(20, cell);
  const Estimator estimator(reference(100, 0.8), reference(60, 0.9), 6);
  const auto of = [&](const Measured& measured) {
    return estimator(measured, resamples(measured.images, 20, 1));
  };
  EXPECT_FALSE(of(cells({many, {}, {}, many, many, many})).contains("area"));
  EXPECT_TRUE(of(cells({many, {}, many, many, many, many})).contains("area"));
}

TEST(Estimator, ReplicatesOfDistancesAreCentredOnTheEstimate) {
  std::vector<std::vector<std::array<double, 4>>> images;
  for (int i = 0; i < 12; ++i)
    images.push_back({{90.0 + 3 * i, 0.7 + 0.01 * i, 0.9 + 0.002 * i, 1.1 - 0.003 * i}});
  const Estimator estimator(reference(100, 0.8), reference(60, 0.9), 6);
  const auto estimates = estimator(cells(images), resamples(12, replicates, 1));
  for (const char* name : {"frechet_malignant", "wasserstein_benign.area"}) {
    const auto& estimate = estimates.at(name);
    double sum = 0.0;
    for (const double replicate : estimate.replicates) sum += replicate;
    EXPECT_NEAR(sum / replicates, estimate.value, 1e-9 * std::abs(estimate.value)) << name;
  }
}

TEST(Estimator, DistancesVanishForTheReferenceItselfAndGrowWithTheShift) {
  const auto malignant = reference(100, 0.8);
  const auto benign = reference(60, 0.9);
  const Estimator estimator(malignant, benign, 6);
  const auto estimates_of = [&](const Features& features) {
    Measured measured;
    measured.images = measured.done = 6;
    for (int image = 0; image < 6; ++image)
      measured.cells.emplace_back(features.rowRange(4 * image, 4 * image + 4).clone());
    return estimator(measured, resamples(6, 20, 1));
  };
  const auto same = estimates_of(malignant.cells());
  EXPECT_NEAR(same.at("frechet_malignant").value, 0.0, 1e-9);
  EXPECT_NEAR(same.at("wasserstein_malignant.area").value, 0.0, 1e-9);
  // Both references differ in their means alone: the Wasserstein distance is the shift, the squared
  // Frechet distance the squared shift in standard deviations.
  EXPECT_NEAR(same.at("wasserstein_benign.area").value, 40.0, 1e-9);
  EXPECT_NEAR(same.at("wasserstein_benign.circularity").value, 0.1, 1e-9);
  cv::Scalar mean;
  cv::Scalar deviation;
  cv::meanStdDev(malignant.cells().col(0), mean, deviation);
  const double n = malignant.cells().rows;
  double expected = 0.0;
  for (const auto& [column, shift] : {std::pair(0, 40.0), std::pair(1, 0.1)}) {
    cv::meanStdDev(malignant.cells().col(column), mean, deviation);
    expected += shift * shift / (deviation[0] * deviation[0]);
  }
  // Whether the deviation is divided by n or by n - 1 is the standardization's choice.
  EXPECT_NEAR(same.at("frechet_benign").value, expected, 1.5 * expected / n);
}

TEST(Estimator, TooFewCellsSayNothingOfShapes) {
  auto measured = cells({{{10, 0.5, 0.9, 1.1}, {20, 0.7, 0.9, 1.1}}});
  measured.values["sharpness"] = {1.0};
  const Estimator estimator(reference(100, 0.8), reference(60, 0.9), 6);
  const auto estimates = estimator(measured, resamples(1, 20, 1));
  EXPECT_THAT(estimates, ElementsAre(Key("sharpness")));
}

TEST(Reference, NeedsEnoughCells) {
  try {
    (void)Reference(cells({{{10, 0.5, 0.9, 1.1}}}), 6, "malignant images");
    FAIL() << "one cell was enough";
  } catch (const RunError& e) {
    EXPECT_THAT(e.what(), HasSubstr("only 1 whole white cells were found in 1 malignant images"));
  }
}

}  // namespace
}  // namespace smear::study
