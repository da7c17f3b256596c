// SPDX-License-Identifier: Apache-2.0
// The pipelines that are shipped: count-cells and nuclei find what synthetic smears hold according
// to their exact truth and nuclei finds none on blank fields, preprocess-256 makes images of that
// size, and no sample fails.
#include <gtest/gtest.h>

#include <cmath>

#include "codec/codec.h"
#include "pipelines/smear-run.h"

namespace smear::test {
namespace {

Pipeline shipped(const std::string& name) {
  return load_pipeline(std::filesystem::path(SMEAR_PIPELINES) / (name + ".yaml"), registry());
}

/// What became of one class of true cells; those that the image's border cuts do not count.
struct Tally {
  int truth = 0;
  int found = 0;    ///< with a cell of this class at their place
  int claimed = 0;  ///< cells of this class that were reported and that no border cuts
};

bool touches_border(const Row& cell, const synth::SmearSettings& settings) {
  const double left = number(cell, "bbox_x");
  const double top = number(cell, "bbox_y");
  return left == 0 || top == 0 || left + number(cell, "bbox_width") == settings.width ||
         top + number(cell, "bbox_height") == settings.height;
}

/// Takes the nearest cell within 0.6 radii, if it has the class and is nobody else's.
bool take_match(const Row& truth, const std::string& found_class, std::vector<Row>& cells) {
  Row* best = nullptr;
  double least = number(truth, "radius_px") * 0.6;
  for (Row& cell : cells) {
    if (cell["image"] != truth.at("image") || cell["class"] != found_class) continue;
    const double distance = std::hypot(number(cell, "centroid_x_px") - number(truth, "x_px"),
                                       number(cell, "centroid_y_px") - number(truth, "y_px"));
    if (distance >= least) continue;
    least = distance;
    best = &cell;
  }
  if (best == nullptr) return false;
  (*best)["class"] = "taken";
  return true;
}

Tally tally(const Workplace& place, const synth::SmearSettings& settings,
            const std::string& true_class, const std::string& found_class) {
  std::vector<Row> cells = read_csv(place / "out" / "cells.csv");
  Tally result;
  for (const Row& cell : cells)
    if (cell.at("class") == found_class && !touches_border(cell, settings)) ++result.claimed;
  for (const Row& truth : read_csv(place / "smears" / "truth" / "cells.csv")) {
    if (truth.at("class") != true_class || truth.at("cut_by_border") != "0") continue;
    ++result.truth;
    if (take_match(truth, found_class, cells)) ++result.found;
  }
  return result;
}

class CountCells : public testing::TestWithParam<synth::SmearSettings> {};

TEST_P(CountCells, FindsRedAndWhiteCells) {
  const Workplace place("count-cells");
  place.write_smears(12, GetParam());
  const RunSummary summary = place.run(shipped("count-cells"), "out");
  EXPECT_EQ(summary.done, 12);
  EXPECT_EQ(summary.quarantined, 0);

  const Tally red = tally(place, GetParam(), "red", "red-cell");
  ASSERT_GT(red.truth, 400);
  EXPECT_GT(red.found, 0.93 * red.truth);
  EXPECT_NEAR(red.claimed, red.truth, 0.1 * red.truth);

  const Tally white = tally(place, GetParam(), "white", "white-cell");
  ASSERT_GT(white.truth, 12);
  EXPECT_GE(white.found, 0.9 * white.truth);
  EXPECT_NEAR(white.claimed, white.truth, 0.1 * white.truth + 1);
}

INSTANTIATE_TEST_SUITE_P(
    SmearSizes, CountCells,
    testing::Values(synth::SmearSettings{.seed = 21},
                    synth::SmearSettings{.width = 480, .height = 360, .seed = 22, .abnormal = 0.5},
                    synth::SmearSettings{.seed = 23, .red_radius = 8.0}));

TEST(CountCellsOnNothing, FindsNextToNothingInAnEmptyField) {
  const Workplace place("empty");
  place.write_smears(4, {.seed = 5, .density = 0.0});
  EXPECT_EQ(place.run(shipped("count-cells"), "out").quarantined, 0);
  EXPECT_LE(read_csv(place / "out" / "cells.csv").size(), 4U);
}

/// The pieces of a mask as large as those that nuclei.yaml reports.
std::vector<cv::Point2d> centres_of_pieces(const cv::Mat& mask) {
  cv::Mat labels;
  cv::Mat statistics;
  cv::Mat centres;
  const int pieces = cv::connectedComponentsWithStats(mask, labels, statistics, centres);
  std::vector<cv::Point2d> result;
  for (int i = 1; i < pieces; ++i)
    if (statistics.at<int>(i, cv::CC_STAT_AREA) >= 60)
      result.emplace_back(centres.at<double>(i, 0), centres.at<double>(i, 1));
  return result;
}

/// Whether one of the rows of this image has its centroid within `reach` pixels.
bool is_near_one(const std::vector<Row>& nuclei, const std::string& image, cv::Point2d centre,
                 double reach) {
  return std::ranges::any_of(nuclei, [&](const Row& row) {
    return row.at("image") == image && std::hypot(number(row, "centroid_x_px") - centre.x,
                                                  number(row, "centroid_y_px") - centre.y) < reach;
  });
}

TEST(Nuclei, AreNoneOnABlankField) {
  const Workplace place("blank");
  std::filesystem::create_directories(place / "blank");
  for (const int level : {0, 200, 255})
    codec::write_png(place / "blank" / (std::to_string(level) + ".png"),
                     Image(cv::Mat(90, 120, CV_8UC3, cv::Scalar::all(level))));
  const RunSummary summary = place.run(shipped("nuclei"), "out", place / "blank");
  EXPECT_EQ(summary.done, 3);
  EXPECT_TRUE(read_csv(place / "out" / "nuclei.csv").empty());
}

TEST(Nuclei, CoverTheTrueOnes) {
  const Workplace place("nuclei");
  place.write_smears(12, {.seed = 31});
  EXPECT_EQ(place.run(shipped("nuclei"), "out").done, 12);
  const std::vector<Row> nuclei = read_csv(place / "out" / "nuclei.csv");

  double true_pieces = 0.0;
  double met = 0.0;
  double common = 0.0;
  double sum = 0.0;
  for (const auto& entry : std::filesystem::directory_iterator(place / "smears/truth/nuclei")) {
    const cv::Mat truth = codec::read_image(entry.path()).pixels() > 0;
    const std::string name = entry.path().stem().string() + ".jpg.png";
    const cv::Mat found = codec::read_image(place / "out" / "labels" / name).pixels() > 0;
    common += cv::countNonZero(truth & found);
    sum += cv::countNonZero(truth) + cv::countNonZero(found);
    for (const cv::Point2d centre : centres_of_pieces(truth)) {
      ++true_pieces;
      if (is_near_one(nuclei, entry.path().stem().string() + ".jpg", centre, 4.0)) ++met;
    }
  }
  EXPECT_GT(2.0 * common / sum, 0.85) << "Dice coefficient of all pixels";
  ASSERT_GT(true_pieces, 12);
  EXPECT_GE(met, 0.9 * true_pieces);
  EXPECT_NEAR(static_cast<double>(nuclei.size()), true_pieces, 0.15 * true_pieces);
}

TEST(Preprocess256, KeepsTheLevelsOfSixteenBitImagesAndScansOfOneBit) {
  const Workplace place("deep");
  std::filesystem::create_directories(place / "deep");
  cv::Mat deep(300, 400, CV_16UC1, cv::Scalar(40000));
  deep(cv::Rect(100, 80, 60, 60)).setTo(20000);
  codec::write_png(place / "deep" / "deep.png", Image(deep));
  cv::Mat bits(300, 400, CV_8UC1, cv::Scalar(255));
  bits(cv::Rect(100, 80, 60, 60)).setTo(0);
  codec::write_png(place / "deep" / "bits.png", Image(bits));
  EXPECT_EQ(place.run(shipped("preprocess-256"), "out", place / "deep").done, 2);
  const Image result = codec::read_image(place / "out" / "images" / "deep.png.png");
  ASSERT_EQ(result.type(), PixelType::grey16);
  EXPECT_NEAR(result.pixels().at<std::uint16_t>(250, 250), 245 * 257, 2);
  EXPECT_NEAR(result.pixels().at<std::uint16_t>(94, 83), 245 * 257 / 2, 2);
}

TEST(Preprocess256, MakesWhiteImagesOf256Pixels) {
  const Workplace place("preprocess");
  place.write_smears(3, {.width = 480, .height = 360, .seed = 41});
  EXPECT_EQ(place.run(shipped("preprocess-256"), "out").done, 3);
  int images = 0;
  for (const auto& entry : std::filesystem::directory_iterator(place / "out" / "images")) {
    const Image image = codec::read_image(entry.path());
    EXPECT_EQ(image.pixels().size(), cv::Size(256, 256));
    ASSERT_EQ(image.type(), PixelType::rgb8);
    // The middle of the three channels' brightest tenth is the background's white of 245.
    std::vector<cv::Mat> channels;
    cv::split(image.pixels(), channels);
    for (const cv::Mat& channel : channels) {
      std::vector<uchar> values(channel.begin<uchar>(), channel.end<uchar>());
      const auto rank = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 8 / 10);
      std::nth_element(values.begin(), rank, values.end());
      EXPECT_NEAR(*rank, 245, 6);
    }
    ++images;
  }
  EXPECT_EQ(images, 3);
}

}  // namespace
}  // namespace smear::test
