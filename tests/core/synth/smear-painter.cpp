// SPDX-License-Identifier: Apache-2.0
// Synthetic smears: the same settings give the same pixels, and the ground truth agrees with itself
// and with the picture.
#include "synth/smear-painter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <opencv2/core.hpp>
#include <set>

#include "smear/errors.h"

namespace smear::synth {
namespace {

bool same_pixels(const Image& a, const Image& b) {
  return a.pixels().size() == b.pixels().size() && a.type() == b.type() &&
         std::memcmp(a.pixels().data, b.pixels().data,
                     a.pixels().total() * a.pixels().elemSize()) == 0;
}

SmearSettings field(std::uint64_t seed, int width = 224, int height = 224) {
  SmearSettings settings;
  settings.width = width;
  settings.height = height;
  settings.seed = seed;
  return settings;
}

// FNV-1a over all bytes.
std::uint64_t hash_of(const Image& image) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const std::size_t bytes = image.pixels().total() * image.pixels().elemSize();
  for (std::size_t i = 0; i < bytes; ++i) hash = (hash ^ image.pixels().data[i]) * 0x100000001b3U;
  return hash;
}

TEST(SmearPainter, PaintsTheSameSmearAgain) {
  const SyntheticSmear first = paint_smear(field(7), 3);
  const SyntheticSmear again = paint_smear(field(7), 3);
  EXPECT_TRUE(same_pixels(first.image, again.image));
  EXPECT_TRUE(same_pixels(first.labels, again.labels));
  EXPECT_TRUE(same_pixels(first.nuclei, again.nuclei));
  EXPECT_EQ(first.cells.size(), again.cells.size());
}

// A figure that GCC and Clang at every level of optimisation agree on: a compiler or processor that
// gives other pixels shows here. Whoever changes the picture on purpose changes it.
TEST(SmearPainter, PaintsTheSamePixelsOnEveryMachine) {
  SmearSettings settings = field(1);
  settings.abnormal = 0.5;
  std::uint64_t all = 0;
  for (std::uint64_t index = 1; index <= 5; ++index)
    all = 31 * all + hash_of(paint_smear(settings, index).image);
  EXPECT_EQ(all, 13547839091737659368U);
}

TEST(SmearPainter, PaintsAnotherSmearForAnotherSeedOrIndex) {
  const SyntheticSmear smear = paint_smear(field(7), 3);
  EXPECT_FALSE(same_pixels(smear.labels, paint_smear(field(8), 3).labels));
  EXPECT_FALSE(same_pixels(smear.labels, paint_smear(field(7), 4).labels));
  EXPECT_FALSE(same_pixels(smear.image, paint_smear(field(8), 3).image));
}

TEST(SmearPainter, GivesImagesOfTheSizeAndTypesPromised) {
  const SyntheticSmear smear = paint_smear(field(2, 300, 170), 1);
  EXPECT_EQ(smear.image.type(), PixelType::rgb8);
  EXPECT_EQ(smear.labels.type(), PixelType::grey16);
  EXPECT_EQ(smear.nuclei.type(), PixelType::grey8);
  for (const Image* image : {&smear.image, &smear.labels, &smear.nuclei}) {
    EXPECT_EQ(image->width(), 300);
    EXPECT_EQ(image->height(), 170);
  }
  // Red cells of 9 px radius are 7.5 micrometres wide.
  ASSERT_TRUE(smear.image.pixel_size().has_value());
  EXPECT_NEAR(smear.image.pixel_size()->x_um * 18.0, 7.5, 1e-9);
}

TEST(SmearPainter, CountsTheLabelledPixelsOfEveryCell) {
  for (std::uint64_t index = 1; index <= 12; ++index) {
    SmearSettings settings = field(5, 260, 180);
    settings.abnormal = 0.3;
    const SyntheticSmear smear = paint_smear(settings, index);
    std::vector<std::int64_t> area(smear.cells.size(), 0);
    std::vector<std::int64_t> nucleus(smear.cells.size(), 0);
    std::vector<cv::Rect> box(smear.cells.size());
    for (int y = 0; y < 180; ++y)
      for (int x = 0; x < 260; ++x) {
        const int label = smear.labels.pixels().at<std::uint16_t>(y, x);
        const int nuclear = smear.nuclei.pixels().at<std::uint8_t>(y, x);
        ASSERT_TRUE(nuclear == 0 || nuclear == 255);
        if (label == 0) {
          ASSERT_EQ(nuclear, 0) << "a nucleus outside every cell";
          continue;
        }
        ASSERT_LE(static_cast<std::size_t>(label), smear.cells.size());
        const auto i = static_cast<std::size_t>(label - 1);
        ++area[i];
        nucleus[i] += nuclear / 255;
        box[i] = area[i] == 1 ? cv::Rect(x, y, 1, 1) : box[i] | cv::Rect(x, y, 1, 1);
      }
    for (std::size_t i = 0; i < smear.cells.size(); ++i) {
      const CellTruth& cell = smear.cells[i];
      EXPECT_GT(cell.visible_area, 0) << i;
      EXPECT_EQ(cell.visible_area, area[i]) << i;
      EXPECT_EQ(cell.nucleus_area, nucleus[i]) << i;
      EXPECT_EQ(cell.box, box[i]) << i;
      EXPECT_LE(cell.visible_area, cell.full_area) << i;
    }
  }
}

TEST(SmearPainter, StatesWhatIsConsistentWithinACell) {
  std::set<CellClass> seen;
  bool overlapped = false;
  for (std::uint64_t index = 1; index <= 10; ++index)
    for (const CellTruth& cell : paint_smear(field(11), index).cells) {
      seen.insert(cell.cell_class);
      const bool white = cell.cell_class == CellClass::white;
      EXPECT_TRUE(white || cell.nucleus_area == 0);
      EXPECT_FALSE(cell.abnormal);
      EXPECT_GE(cell.irregularity, 0.0);
      const bool inside = cell.x - 2 * cell.radius > 0 && cell.y - 2 * cell.radius > 0 &&
                          cell.x + 2 * cell.radius < 223 && cell.y + 2 * cell.radius < 223;
      EXPECT_FALSE(inside && cell.cut_by_border);
      const double circle = std::numbers::pi * cell.radius * cell.radius;
      if (cell.cell_class != CellClass::platelet) {
        EXPECT_NEAR(static_cast<double>(cell.full_area) / circle, 1.0, 0.1);
      }
      overlapped = overlapped || (inside && cell.visible_area < cell.full_area);
      if (white && inside) {
        const double share =
            static_cast<double>(cell.nucleus_area) / static_cast<double>(cell.full_area);
        EXPECT_GT(share, 0.15);
        EXPECT_LT(share, 0.85);
      }
    }
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_TRUE(overlapped);
}

TEST(SmearPainter, MarksWhatReachesOverTheBorderAsCut) {
  for (std::uint64_t index = 1; index <= 10; ++index)
    for (const CellTruth& cell : paint_smear(field(12), index).cells) {
      const bool centre_outside = cell.x < -1 || cell.y < -1 || cell.x > 224 || cell.y > 224;
      EXPECT_TRUE(!centre_outside || cell.cut_by_border);
      EXPECT_TRUE(!cell.cut_by_border || cell.visible_area < cell.full_area);
    }
}

TEST(SmearPainter, DrawsTheFractionOfBlastsAskedFor) {
  for (const double fraction : {0.0, 0.4, 1.0}) {
    SmearSettings settings = field(21);
    settings.red_radius = 3.0;
    settings.abnormal = fraction;
    int white = 0;
    int abnormal = 0;
    for (std::uint64_t index = 1; index <= 14; ++index)
      for (const CellTruth& cell : paint_smear(settings, index).cells) {
        white += cell.cell_class == CellClass::white ? 1 : 0;
        abnormal += cell.abnormal ? 1 : 0;
        EXPECT_EQ(cell.abnormal, cell.subtype == Subtype::blast);
      }
    ASSERT_GT(white, 150);
    // Four standard deviations of a binomial share.
    const double tolerance = 4.0 * std::sqrt(fraction * (1.0 - fraction) / white);
    EXPECT_NEAR(static_cast<double>(abnormal) / white, fraction, tolerance + 1e-12);
  }
}

TEST(SmearPainter, DrawsBlastsWithLargerAndMoreIrregularNucleiThanLymphocytes) {
  SmearSettings settings = field(22);
  settings.red_radius = 5.0;
  settings.abnormal = 0.5;
  double least_blast = 1.0;
  double most_lymphocyte = 0.0;
  double blast_nuclei = 0.0;
  double lymphocyte_nuclei = 0.0;
  int blasts = 0;
  int lymphocytes = 0;
  for (std::uint64_t index = 1; index <= 10; ++index)
    for (const CellTruth& cell : paint_smear(settings, index).cells) {
      if (cell.cut_by_border) continue;
      if (cell.subtype == Subtype::blast) {
        least_blast = std::min(least_blast, cell.irregularity);
        blast_nuclei += static_cast<double>(cell.nucleus_area);
        ++blasts;
      } else if (cell.subtype == Subtype::lymphocyte) {
        most_lymphocyte = std::max(most_lymphocyte, cell.irregularity);
        lymphocyte_nuclei += static_cast<double>(cell.nucleus_area);
        ++lymphocytes;
      }
    }
  ASSERT_GT(blasts, 5);
  ASSERT_GT(lymphocytes, 5);
  EXPECT_GT(least_blast, most_lymphocyte);
  EXPECT_GT(blast_nuclei / blasts, 1.5 * lymphocyte_nuclei / lymphocytes);
}

// All else of a cell stays as it is, so that sets of several irregularities compare in pairs.
TEST(SmearPainter, MultipliesTheIrregularityOfWhiteCellsAlone) {
  SmearSettings settings = field(23);
  settings.abnormal = 0.5;
  const auto cells_with = [&](double irregularity, CellClass cell_class) {
    settings.irregularity = irregularity;
    std::vector<CellTruth> cells;
    for (std::uint64_t index = 1; index <= 5; ++index)
      for (const CellTruth& cell : paint_smear(settings, index).cells)
        if (cell.cell_class == cell_class && !cell.cut_by_border) cells.push_back(cell);
    return cells;
  };
  const auto ordinary = cells_with(1.0, CellClass::white);
  ASSERT_GT(ordinary.size(), 4U);
  for (const double factor : {0.0, 0.5, 1.5}) {
    const auto others = cells_with(factor, CellClass::white);
    ASSERT_EQ(others.size(), ordinary.size()) << factor;
    for (std::size_t i = 0; i < others.size(); ++i) {
      EXPECT_DOUBLE_EQ(others[i].irregularity, factor * ordinary[i].irregularity);
      EXPECT_EQ(others[i].radius, ordinary[i].radius);
      EXPECT_EQ(others[i].subtype, ordinary[i].subtype);
      EXPECT_EQ(others[i].x, ordinary[i].x);
    }
  }
  const auto red = cells_with(1.0, CellClass::red);
  const auto other_red = cells_with(1.5, CellClass::red);
  ASSERT_EQ(other_red.size(), red.size());
  for (std::size_t i = 0; i < red.size(); ++i) EXPECT_EQ(other_red[i].full_area, red[i].full_area);
}

TEST(SmearPainter, RefusesAnIrregularityOutOfRange) {
  for (const double bad : {-0.1, 5.1, std::nan("")}) {
    SmearSettings settings = field(1);
    settings.irregularity = bad;
    EXPECT_THROW((void)paint_smear(settings, 1), ConfigError) << bad;
  }
  SmearSettings settings = field(1);
  settings.irregularity = 5.0;
  EXPECT_NO_THROW((void)paint_smear(settings, 1));
}

// Mean green level of the pixels that `mask` selects.
double green(const Image& image, const cv::Mat& mask) { return cv::mean(image.pixels(), mask)[1]; }

TEST(SmearPainter, PaintsCellsDarkerThanTheBackgroundAndNucleiDarkest) {
  for (std::uint64_t index = 1; index <= 10; ++index) {
    const SyntheticSmear smear = paint_smear(field(31), index);
    const cv::Mat labels = smear.labels.pixels();
    const double background = green(smear.image, labels == 0);
    EXPECT_GT(background, 180.0);
    for (std::size_t i = 0; i < smear.cells.size(); ++i) {
      const cv::Mat own = labels == static_cast<double>(i + 1);
      // Of a few pixels at the border or under another cell the blur leaves too little.
      if (smear.cells[i].visible_area < 20) continue;
      EXPECT_LT(green(smear.image, own), background - 10.0) << index << ": " << i + 1;
      if (smear.cells[i].nucleus_area < 60) continue;
      EXPECT_LT(green(smear.image, own & smear.nuclei.pixels()), 0.55 * background) << index;
    }
  }
}

TEST(SmearPainter, LightsTheMiddleBrighterThanTheCornersOnAverage) {
  double middle = 0.0;
  double corners = 0.0;
  SmearSettings empty = field(42, 120, 120);
  empty.density = 0.0;
  for (std::uint64_t index = 1; index <= 10; ++index) {
    const cv::Mat image = paint_smear(empty, index).image.pixels();
    middle += cv::mean(image(cv::Rect(50, 50, 20, 20)))[1];
    for (const int x : {0, 100})
      for (const int y : {0, 100}) corners += cv::mean(image(cv::Rect(x, y, 20, 20)))[1] / 4.0;
  }
  EXPECT_GT(middle / 10, corners / 10 + 5.0);
}

TEST(SmearPainter, HasNoiseThatDiffersBetweenPixelsAndChannels) {
  SmearSettings empty = field(43, 64, 64);
  empty.density = 0.0;
  cv::Mat planes[3];
  cv::split(paint_smear(empty, 1).image.pixels(), planes);
  cv::Mat red_minus_green;
  cv::subtract(planes[0], planes[1], red_minus_green, cv::noArray(), CV_32F);
  cv::Scalar mean;
  cv::Scalar deviation;
  cv::meanStdDev(red_minus_green, mean, deviation);
  EXPECT_GT(deviation[0], 1.0);
  EXPECT_LT(deviation[0], 5.0);
}

TEST(SmearPainter, PaintsInBandsWithoutSeams) {
  // The band's height is 256 rows. Without cells, rows differ by light and noise only.
  SmearSettings empty = field(51, 64, 600);
  empty.density = 0.0;
  const SyntheticSmear smear = paint_smear(empty, 1);
  EXPECT_TRUE(smear.cells.empty());
  EXPECT_EQ(cv::countNonZero(smear.labels.pixels()), 0);
  for (int y = 1; y < 600; ++y) {
    const cv::Scalar step =
        cv::mean(smear.image.pixels().row(y)) - cv::mean(smear.image.pixels().row(y - 1));
    EXPECT_LT(std::abs(step[1]), 2.5) << y;
  }
}

TEST(SmearPainter, ScalesCellsWithTheRadiusAskedFor) {
  for (const double radius : {3.0, 9.0, 40.0}) {
    SmearSettings settings = field(61, 700, 700);
    settings.red_radius = radius;
    double sum = 0.0;
    int reds = 0;
    for (const CellTruth& cell : paint_smear(settings, 1).cells)
      if (cell.cell_class == CellClass::red) {
        sum += cell.radius;
        ++reds;
      }
    ASSERT_GT(reds, 10);
    EXPECT_NEAR(sum / reds / radius, 1.0, 0.06);
  }
}

TEST(SmearPainter, HoldsAboutTwoWhiteCellsAndTensOfRedOnesInAField) {
  int white = 0;
  int red = 0;
  constexpr int fields = 60;
  for (std::uint64_t index = 1; index <= fields; ++index)
    for (const CellTruth& cell : paint_smear(field(71), index).cells) {
      const bool centred = cell.x >= 0 && cell.y >= 0 && cell.x < 224 && cell.y < 224;
      white += centred && cell.cell_class == CellClass::white ? 1 : 0;
      red += centred && cell.cell_class == CellClass::red ? 1 : 0;
    }
  EXPECT_NEAR(static_cast<double>(white) / fields, 2.0, 0.75);
  EXPECT_GT(static_cast<double>(red) / fields, 40.0);
  EXPECT_LT(static_cast<double>(red) / fields, 80.0);
}

TEST(SmearPainter, PaintsTheSmallestSizeAndCellsLargerThanTheImage) {
  EXPECT_EQ(paint_smear(field(1, 32, 32), 1).image.width(), 32);
  SmearSettings huge = field(1, 32, 32);
  huge.red_radius = 400.0;
  for (std::uint64_t index = 1; index <= 10; ++index)
    EXPECT_EQ(paint_smear(huge, index).labels.height(), 32);
}

TEST(SmearPainter, RefusesSettingsOutOfRange) {
  for (const int edge : {-5, 0, 31, 8193}) {
    EXPECT_THROW(paint_smear(field(1, edge, 224), 1), ConfigError) << edge;
    EXPECT_THROW(paint_smear(field(1, 224, edge), 1), ConfigError) << edge;
  }
  for (const double fraction : {-0.1, 1.1, std::nan("")}) {
    SmearSettings settings;
    settings.abnormal = fraction;
    EXPECT_THROW(paint_smear(settings, 1), ConfigError) << fraction;
  }
  for (const double radius : {-1.0, 2.9, 401.0, std::nan("")}) {
    SmearSettings settings;
    settings.red_radius = radius;
    EXPECT_THROW(paint_smear(settings, 1), ConfigError) << radius;
  }
  SmearSettings dense;
  dense.density = 3.1;
  EXPECT_THROW(paint_smear(dense, 1), ConfigError);
}

TEST(SmearPainter, RefusesMoreCellsThanLabelsCanNumber) {
  SmearSettings settings = field(1, 8192, 8192);
  settings.red_radius = 9.0;
  EXPECT_THROW(checked(settings), ConfigError);
  settings.red_radius = 0.0;
  EXPECT_NEAR(checked(settings).red_radius, 72.0, 1e-9);
  EXPECT_EQ(checked(field(1, 1024, 224)).red_radius, 9.0);
}

}  // namespace
}  // namespace smear::synth
