// SPDX-License-Identifier: Apache-2.0
// stain-classes: marks painted nuclei of any stain among red cells of any stain, and none in
// images of red cells only, blank or grey ones.
#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <string>

#include "harness/painted-smear.h"

namespace smear::test {
namespace {

constexpr int width = 320;
constexpr int height = 240;
constexpr double r = 12.0;

struct Stains {
  std::string name;
  Density red_cell;
  Density nucleus;
  Density cytoplasm;
};

std::vector<Stains> all_stains() {
  std::vector<Stains> result;
  for (const auto& [red_name, red] :
       {std::pair("pink", pink_red_cell), std::pair("brown", brown_red_cell),
        std::pair("grey", grey_red_cell)})
    for (const auto& [nucleus_name, nucleus] :
         {std::pair("purple", purple_nucleus), std::pair("blue", blue_nucleus)})
      for (const Density& cytoplasm : {pale_cytoplasm, blue_cytoplasm}) {
        if (nucleus == blue_nucleus && cytoplasm == blue_cytoplasm) continue;
        result.push_back({std::string(red_name) + " " + nucleus_name +
                              (cytoplasm == pale_cytoplasm ? " pale" : " blue"),
                          red, nucleus, cytoplasm});
      }
  return result;
}

const std::vector<cv::Point2d> white_cells{{80, 70}, {230, 90}, {140, 180}};

/// A field with red cells and up to three white ones.
cv::Mat field(const Stains& stains, int whites) {
  PaintedSmear smear(width, height);
  auto places = spread(width, height, 2.7 * r, r, 0.2 * r);
  for (int i = 0; i < whites; ++i) places = away_from(places, white_cells[i], 3.2 * r);
  for (const cv::Point2d place : places) smear.red_cell(place, r, stains.red_cell);
  for (int i = 0; i < whites; ++i) {
    smear.disk(white_cells[i], 2.0 * r, stains.cytoplasm);
    smear.disk(white_cells[i], 1.3 * r, stains.nucleus);
  }
  return smear.image();
}

cv::Mat true_nuclei(int whites) {
  cv::Mat mask = empty_mask(width, height);
  for (int i = 0; i < whites; ++i) paint_disk<uchar>(mask, 255, white_cells[i], 1.3 * r);
  return mask;
}

Sample classified(const cv::Mat& image, const Options& options = {}) {
  Sample sample = sample_of(image);
  run_stage("gaussian-blur", {{"sigma", 0.7}}, sample);
  run_stage("background", {}, sample);
  run_stage("optical-density", {}, sample);
  run_stage("stain-classes", options, sample);
  return sample;
}

TEST(StainClasses, FindsNucleiOfAnyStain) {
  for (const Stains& stains : all_stains())
    for (const int whites : {1, 3}) {
      const Sample sample = classified(field(stains, whites));
      EXPECT_GT(iou(sample.image("nuclei").pixels(), true_nuclei(whites)), 0.9)
          << stains.name << " " << whites;
      EXPECT_EQ(sample.table("stains").integers("nuclei_found").at(0), 1) << stains.name;
    }
}

TEST(StainClasses, TheMapIsZeroInRedCellsAndOneInNuclei) {
  for (const Stains& stains : all_stains()) {
    const Sample sample = classified(field(stains, 3));
    const cv::Mat map = sample.image("nuclear-stain").pixels();
    ASSERT_EQ(map.type(), CV_32FC1);
    cv::Mat inside;
    cv::erode(true_nuclei(3), inside, cv::Mat(), {-1, -1}, 2);
    EXPECT_NEAR(cv::mean(map, inside)[0], 1.0, 0.15) << stains.name;
    EXPECT_TRUE(same_pixels(sample.image("nuclei").pixels(), map >= 0.5F)) << stains.name;
    const Table& table = sample.table("stains");
    EXPECT_NEAR(table.reals("nuclei_share").at(0), 0.25, 0.24) << stains.name;
    EXPECT_GT(table.reals("nuclei_mean").at(0), table.reals("red_cell_mean").at(0)) << stains.name;
  }
}

TEST(StainClasses, AHigherThresholdGivesFewerNuclei) {
  const cv::Mat image = field(all_stains().front(), 3);
  int last = width * height + 1;
  for (const double threshold : {-10.0, 0.3, 0.5, 0.8, 10.0}) {
    const int area =
        cv::countNonZero(classified(image, {{"threshold", threshold}}).image("nuclei").pixels());
    EXPECT_LE(area, last);
    last = area;
  }
  EXPECT_EQ(last, 0);
}

TEST(StainClasses, FindsNoneAmongRedCellsOnly) {
  for (const Density& stain : {pink_red_cell, brown_red_cell, grey_red_cell})
    for (const double pallor : {0.0, 0.4, 0.8})
      for (const double noise : {1.0, 3.0}) {
        PaintedSmear smear(width, height);
        for (const cv::Point2d place : spread(width, height, 2.3 * r, r, 0.4 * r))
          smear.red_cell(place, r, stain, pallor);
        const Sample sample = classified(smear.image(noise));
        EXPECT_EQ(cv::countNonZero(sample.image("nuclei").pixels()), 0)
            << cv::Mat(stain).t() << pallor << " " << noise;
        EXPECT_EQ(sample.table("stains").integers("nuclei_found").at(0), 0);
      }
}

TEST(StainClasses, FindsNoneInBlankAndGreyImages) {
  cv::RNG generator(3);
  cv::Mat grain(height, width, CV_8UC3);
  generator.fill(grain, cv::RNG::NORMAL, 220, 5);
  cv::Mat grey;
  cv::Mat grey_field;
  cv::extractChannel(field(all_stains().front(), 3), grey, 1);
  cv::merge(std::vector<cv::Mat>{grey, grey, grey}, grey_field);
  const auto even = [](int level) {
    return cv::Mat(height, width, CV_8UC3, cv::Scalar::all(level));
  };
  const std::vector<std::pair<std::string, cv::Mat>> images{
      {"grain", grain},     {"grey", grey_field},
      {"black", even(0)},   {"even", even(200)},
      {"white", even(255)}, {"one pixel", cv::Mat(1, 1, CV_8UC3, cv::Scalar(90, 40, 120))}};
  for (const auto& [name, image] : images) {
    const Sample sample = classified(image);
    EXPECT_EQ(cv::countNonZero(sample.image("nuclei").pixels()), 0) << name;
    EXPECT_EQ(cv::norm(sample.image("nuclear-stain").pixels(), cv::NORM_INF), 0.0) << name;
    EXPECT_EQ(sample.table("stains").integers("nuclei_found").at(0), 0) << name;
  }
}

TEST(StainClasses, IsTheSameInAMirror) {
  const cv::Mat image = field(all_stains().front(), 3);
  const cv::Mat expected = classified(image).image("nuclei").pixels();
  for (const int axis : {-1, 0, 1}) {
    cv::Mat mirrored;
    cv::Mat back;
    cv::flip(image, mirrored, axis);
    cv::flip(classified(mirrored).image("nuclei").pixels(), back, axis);
    EXPECT_GT(iou(back, expected), 0.99) << axis;
  }
}

TEST(StainClasses, FindsTheNucleusOfACrop) {
  for (const Stains& stains : all_stains())
    for (const bool neighbours : {false, true}) {
      PaintedSmear smear(120, 120);
      if (neighbours)
        for (const cv::Point2d place : {cv::Point2d(14, 20), {100, 15}, {12, 104}, {105, 100}})
          smear.red_cell(place, 18, stains.red_cell);
      smear.disk({60, 60}, 38, stains.cytoplasm);
      smear.disk({58, 62}, 26, stains.nucleus);
      cv::Mat truth = empty_mask(120, 120);
      paint_disk<uchar>(truth, 255, {58, 62}, 26);
      const Sample sample = classified(smear.image(), {{"content", "white-cell"}});
      EXPECT_GT(iou(sample.image("nuclei").pixels(), truth), 0.9) << stains.name << neighbours;
    }
}

TEST(StainClasses, RefusesDensitiesOfDifferentSizes) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("density-red", Image(cv::Mat::zeros(8, 8, CV_32FC1)));
  sample.set("density-green", Image(cv::Mat::zeros(8, 8, CV_32FC1)));
  sample.set("density-blue", Image(cv::Mat::zeros(8, 9, CV_32FC1)));
  EXPECT_THROW(run_stage("stain-classes", {}, sample), SampleError);
}

}  // namespace
}  // namespace smear::test
