// SPDX-License-Identifier: Apache-2.0
// smear-scale: finds the radius of painted red cells of 4 to 60 pixels within 6 %, whether alone,
// touching, overlapping or every second one elongated, keeps plausible pixel sizes, and says where
// it cannot know.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <string>

#include "harness/painted-smear.h"

namespace smear::test {
namespace {

struct Scale {
  double radius = 0.0;
  std::string source;
  std::size_t warnings = 0;
  std::optional<PixelSize> of_image;
  std::optional<PixelSize> of_density;
};

Scale scale_of(const cv::Mat& image, std::optional<PixelSize> known = std::nullopt) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(image, known));
  run_stage("background", {}, sample);
  run_stage("optical-density", {}, sample);
  const std::size_t before = sample.warnings().size();
  run_stage("smear-scale", {}, sample);
  const Table& table = sample.table("scale");
  EXPECT_EQ(table.rows(), 1U);
  return {table.reals("red_cell_radius_px").at(0), table.texts("source").at(0),
          sample.warnings().size() - before, sample.image("image").pixel_size(),
          sample.image("density-green").pixel_size()};
}

enum class Field { alone, pale, touching, overlapping, elongated };

/// A field of red cells of this radius, on an image that holds some dozens of them.
cv::Mat field(Field kind, double r, const Density& stain = pink_red_cell) {
  const int width = static_cast<int>(std::max(120.0, 15.0 * r));
  const int height = static_cast<int>(std::max(100.0, 12.0 * r));
  PaintedSmear smear(width, height);
  const double pitch = kind == Field::touching      ? 2.0 * r
                       : kind == Field::overlapping ? 4 * r
                                                    : 2.7 * r;
  const double jitter = kind == Field::touching ? 0.0 : 0.2 * r;
  double angle = 0.0;
  bool every_second = false;
  for (const cv::Point2d place : spread(width, height, pitch, 1.3 * r, jitter)) {
    angle += 1.1;
    every_second = !every_second;
    if (kind == Field::overlapping) {
      const cv::Point2d half(0.75 * r * std::cos(angle), 0.75 * r * std::sin(angle));
      smear.red_cell(place - half, r, stain);
      smear.red_cell(place + half, r, stain);
    } else if (kind == Field::elongated && every_second) {
      smear.red_ellipse(place, 1.12 * r, r / 1.12, angle, stain);
    } else {
      smear.red_cell(place, r, stain, kind == Field::pale ? 0.7 : 0.2, 0.5);
    }
  }
  return smear.image();
}

const char* name_of(Field kind) {
  constexpr const char* names[]{"alone", "pale", "touching", "overlapping", "elongated"};
  return names[static_cast<int>(kind)];
}

TEST(SmearScale, FindsTheRadiusOfRedCells) {
  for (const Field kind :
       {Field::alone, Field::pale, Field::touching, Field::overlapping, Field::elongated})
    for (const double radius : {4.0, 6.0, 9.0, 14.0, 22.0, 35.0, 60.0}) {
      // In these small cells have hardly an outline of their own.
      if (kind == Field::touching && radius < 6.0) continue;
      if (kind == Field::overlapping && radius < 9.0) continue;
      const Scale found = scale_of(field(kind, radius));
      EXPECT_NEAR(found.radius, radius, 0.06 * radius) << name_of(kind);
      EXPECT_EQ(found.source, "estimated") << name_of(kind) << " " << radius;
      EXPECT_EQ(found.warnings, 0U) << name_of(kind) << " " << radius;
      ASSERT_TRUE(found.of_image && found.of_density) << name_of(kind) << " " << radius;
      EXPECT_NEAR(found.of_image->x_um, 3.75 / found.radius, 1e-6);
      EXPECT_EQ(*found.of_image, *found.of_density);
    }
}

TEST(SmearScale, FindsItInAnyStain) {
  for (const Density& stain : {pink_red_cell, brown_red_cell, grey_red_cell})
    EXPECT_NEAR(scale_of(field(Field::alone, 12.0, stain)).radius, 12.0, 0.7) << cv::Mat(stain).t();
}

TEST(SmearScale, IsNotMovedByWhiteCells) {
  const double r = 10.0;
  PaintedSmear smear(260, 200);
  const cv::Point2d white(130, 100);
  for (const cv::Point2d place : away_from(spread(260, 200, 2.8 * r, r, 0.2 * r), white, 3.2 * r))
    smear.red_cell(place, r, pink_red_cell);
  smear.disk(white, 2.1 * r, blue_cytoplasm);
  smear.disk(white, 1.6 * r, purple_nucleus);
  EXPECT_NEAR(scale_of(smear.image()).radius, r, 0.06 * r);
}

TEST(SmearScale, IsTheSameInAMirror) {
  for (const Field kind : {Field::alone, Field::overlapping})
    for (const double radius : {7.0, 25.0}) {
      const cv::Mat image = field(kind, radius);
      const double expected = scale_of(image).radius;
      for (const int axis : {-1, 0, 1}) {
        cv::Mat mirrored;
        cv::flip(image, mirrored, axis);
        EXPECT_NEAR(scale_of(mirrored).radius, expected, 0.01 * expected) << axis;
      }
      EXPECT_NEAR(scale_of(image.t()).radius, expected, 0.01 * expected);
    }
}

TEST(SmearScale, KeepsAKnownPixelSize) {
  const PixelSize known{0.3, 0.3};
  const Scale found = scale_of(field(Field::alone, 9.0), known);
  EXPECT_EQ(found.source, "image");
  EXPECT_EQ(found.warnings, 0U);
  EXPECT_NEAR(found.radius, 12.5, 1e-6);
  EXPECT_EQ(found.of_image, known);
}

TEST(SmearScale, WarnsOfAnImplausiblePixelSizeAndEstimatesIt) {
  for (const double size : {9.0, 0.001}) {
    const Scale found = scale_of(field(Field::alone, 9.0), PixelSize{size, size});
    EXPECT_EQ(found.source, "estimated") << size;
    EXPECT_EQ(found.warnings, 1U) << size;
    EXPECT_NEAR(found.radius, 9.0, 0.54) << size;
  }
}

TEST(SmearScale, IsUnknownWithoutRedCells) {
  cv::Mat noise(200, 260, CV_8UC3);
  cv::RNG generator(3);
  generator.fill(noise, cv::RNG::UNIFORM, 0, 256);
  cv::Mat grain(200, 260, CV_8UC3);
  generator.fill(grain, cv::RNG::NORMAL, 220, 6);
  const auto even = [](int level) { return cv::Mat(200, 260, CV_8UC3, cv::Scalar::all(level)); };
  for (const cv::Mat& image :
       {noise, grain, even(0), even(200), even(255), cv::Mat(1, 1, CV_8UC3, cv::Scalar::all(90))}) {
    const Scale found = scale_of(image);
    EXPECT_EQ(found.source, "unknown") << image.size() << cv::mean(image);
    EXPECT_EQ(found.warnings, 1U) << cv::mean(image);
    EXPECT_FALSE(found.of_image) << cv::mean(image);
    EXPECT_FALSE(found.of_density) << cv::mean(image);
  }
}

}  // namespace
}  // namespace smear::test
