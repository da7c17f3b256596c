// SPDX-License-Identifier: Apache-2.0
// measure: closed forms for squares, disks and ellipses, naive counts and OpenCV's figures for
// random objects, in pixels and in micrometres of square and other pixels.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

using std::numbers::pi;

Table measured(const cv::Mat& labels, std::optional<PixelSize> size = std::nullopt,
               const cv::Mat& image = {}, const Options& options = {}) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("labels", Image(labels, size));
  if (!image.empty()) sample.set("image", Image(image));
  run_stage("measure", options, sample);
  return sample.table("objects");
}

double value(const Table& table, const std::string& column, std::size_t row = 0) {
  for (const auto& c : table.columns())
    if (c.name == column && std::holds_alternative<std::vector<std::int64_t>>(c.values))
      return static_cast<double>(table.integers(column).at(row));
  return table.reals(column).at(row);
}

/// An ellipse with the given semi-axes, turned by an angle.
cv::Mat ellipse(double a, double b, double degrees) {
  cv::Mat labels = empty_labels(140, 140);
  const double c = std::cos(degrees * pi / 180);
  const double s = std::sin(degrees * pi / 180);
  paint(labels, 1, [&](double x, double y) {
    const double u = ((x - 70) * c + (y - 69) * s) / a;
    const double v = ((y - 69) * c - (x - 70) * s) / b;
    return u * u + v * v <= 1;
  });
  return labels;
}

/// An irregular object with holes and several pieces.
cv::Mat irregular(unsigned seed) {
  cv::Mat labels = empty_labels(30, 24);
  labels.setTo(1, random_mask(30, 24, 0.6, seed));
  labels.row(3).setTo(0);
  return labels;
}

std::vector<cv::Point> pixel_corners(const cv::Mat& labels) {
  std::vector<cv::Point> corners;
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x)
      if (labels.at<int>(y, x) > 0)
        for (const cv::Point corner : {cv::Point(0, 0), {1, 0}, {0, 1}, {1, 1}})
          corners.push_back(cv::Point(x, y) + corner);
  return corners;
}

/// Crofton's formula with the lines through pixel centres in four directions.
double naive_perimeter(const cv::Mat& labels, double dx, double dy) {
  const auto at = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < labels.cols && y < labels.rows && labels.at<int>(y, x) > 0;
  };
  const auto intercepts = [&](int step_x, int step_y) {
    int count = 0;
    for (int y = -1; y <= labels.rows; ++y)
      for (int x = -1; x <= labels.cols; ++x)
        if (at(x, y) != at(x + step_x, y + step_y)) ++count;
    return count;
  };
  return pi / 4 / 2 *
         (dy * intercepts(1, 0) + dx * intercepts(0, 1) +
          dx * dy / std::hypot(dx, dy) * (intercepts(1, 1) + intercepts(1, -1)));
}

TEST(Measure, ASquareHasItsClosedForm) {
  cv::Mat labels = empty_labels(30, 20);
  labels(cv::Rect(3, 4, 10, 10)).setTo(1);
  const Table t = measured(labels);
  ASSERT_EQ(t.rows(), 1U);
  EXPECT_EQ(value(t, "label"), 1);
  EXPECT_EQ(value(t, "area_px"), 100);
  EXPECT_EQ(value(t, "bbox_x"), 3);
  EXPECT_EQ(value(t, "bbox_y"), 4);
  EXPECT_EQ(value(t, "bbox_width"), 10);
  EXPECT_EQ(value(t, "bbox_height"), 10);
  EXPECT_DOUBLE_EQ(value(t, "centroid_x_px"), 7.5);
  EXPECT_DOUBLE_EQ(value(t, "centroid_y_px"), 8.5);
  EXPECT_DOUBLE_EQ(value(t, "solidity"), 1.0);
  EXPECT_DOUBLE_EQ(value(t, "feret_max_px"), std::sqrt(200.0));
  EXPECT_DOUBLE_EQ(value(t, "feret_min_px"), 10.0);
  EXPECT_NEAR(value(t, "major_axis_px"), 4 * 10 / std::sqrt(12.0), 1e-9);
  EXPECT_NEAR(value(t, "minor_axis_px"), 4 * 10 / std::sqrt(12.0), 1e-9);
  EXPECT_NEAR(value(t, "aspect_ratio"), 1.0, 1e-9);
  EXPECT_FALSE(t.has("area_um2"));
  EXPECT_FALSE(t.has("intensity_mean"));
}

TEST(Measure, ALineHasTheWidthOfAPixel) {
  cv::Mat labels = empty_labels(200, 150);
  labels.row(140).colRange(20, 180).setTo(1);
  const Table t = measured(labels);
  EXPECT_NEAR(value(t, "major_axis_px"), 4 * 160 / std::sqrt(12.0), 1e-6);
  EXPECT_NEAR(value(t, "minor_axis_px"), 4 / std::sqrt(12.0), 1e-6);
  EXPECT_NEAR(value(t, "aspect_ratio"), 160, 1e-4);
  EXPECT_DOUBLE_EQ(value(t, "feret_min_px"), 1.0);
  EXPECT_DOUBLE_EQ(value(t, "solidity"), 1.0);
}

TEST(Measure, ASinglePixelHasNoMissingValue) {
  const Table t = measured(cv::Mat(1, 1, CV_32SC1, cv::Scalar(1)), PixelSize{0.5, 0.5},
                           cv::Mat(1, 1, CV_8UC1, cv::Scalar(9)));
  EXPECT_NEAR(value(t, "perimeter_px"), pi / 4 * (2 + std::sqrt(2.0)), 1e-9);
  EXPECT_DOUBLE_EQ(value(t, "circularity"), 1.0);
  EXPECT_DOUBLE_EQ(value(t, "feret_max_px"), std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(value(t, "intensity_std"), 0.0);
  for (const auto& column : t.columns())
    EXPECT_TRUE(std::isfinite(value(t, column.name))) << column.name;
}

TEST(Measure, DisksAndEllipsesComeCloseToGeometry) {
  struct Case {
    double a, b, degrees;
  };
  for (const auto& [a, b, degrees] :
       {Case{30, 30, 0}, Case{50, 20, 0}, Case{50, 20, 30}, Case{40, 30, 77}, Case{60, 15, 135}}) {
    const Table t = measured(ellipse(a, b, degrees));
    const double h = (a - b) * (a - b) / ((a + b) * (a + b));
    const double perimeter = pi * (a + b) * (1 + 3 * h / (10 + std::sqrt(4 - 3 * h)));  // Ramanujan
    EXPECT_NEAR(value(t, "area_px") / (pi * a * b), 1, 0.01);
    EXPECT_NEAR(value(t, "perimeter_px") / perimeter, 1, 0.02) << a << " " << degrees;
    EXPECT_NEAR(value(t, "circularity"), 4 * pi * pi * a * b / (perimeter * perimeter), 0.03);
    EXPECT_NEAR(value(t, "major_axis_px"), 2 * a, 0.5);
    EXPECT_NEAR(value(t, "minor_axis_px"), 2 * b, 0.5);
    EXPECT_NEAR(value(t, "aspect_ratio"), a / b, 0.05);
    EXPECT_NEAR(value(t, "feret_max_px"), 2 * a, 1.5);
    EXPECT_NEAR(value(t, "feret_min_px"), 2 * b, 1.5);
    EXPECT_GT(value(t, "solidity"), 0.95);
    EXPECT_NEAR(value(t, "centroid_x_px"), 70, 0.01);
    EXPECT_NEAR(value(t, "centroid_y_px"), 69, 0.01);
  }
}

TEST(Measure, PerimeterEqualsANaiveCountOfIntercepts) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    const cv::Mat labels = irregular(seed);
    const Table t = measured(labels, PixelSize{0.5, 0.3});
    EXPECT_NEAR(value(t, "perimeter_px"), naive_perimeter(labels, 1, 1), 1e-9);
    EXPECT_NEAR(value(t, "perimeter_um"), naive_perimeter(labels, 0.5, 0.3), 1e-9);
  }
}

TEST(Measure, HullAndFeretEqualThoseOfAllPixelCorners) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    cv::Mat labels = irregular(seed);
    cv::Mat round = empty_mask(30, 24);
    paint_disk<uchar>(round, 255, {15, 12}, 3.0 + seed);
    labels.setTo(0, round == 0);
    const auto corners = pixel_corners(labels);
    std::vector<cv::Point> hull;
    cv::convexHull(corners, hull);
    const Table t = measured(labels);
    EXPECT_NEAR(value(t, "solidity"), value(t, "area_px") / cv::contourArea(hull), 1e-9);
    double longest = 0.0;
    for (const auto& a : corners)
      for (const auto& b : corners) longest = std::max(longest, cv::norm(a - b));
    EXPECT_NEAR(value(t, "feret_max_px"), longest, 1e-9);
    double narrowest = 1e9;
    for (double angle = 0; angle < pi; angle += 1e-3) {
      double low = 1e9;
      double high = -1e9;
      for (const auto& p : hull) {
        const double along = p.x * std::cos(angle) + p.y * std::sin(angle);
        low = std::min(low, along);
        high = std::max(high, along);
      }
      narrowest = std::min(narrowest, high - low);
    }
    EXPECT_LE(value(t, "feret_min_px"), narrowest + 1e-9);
    EXPECT_NEAR(value(t, "feret_min_px"), narrowest, 0.05);
  }
}

TEST(Measure, AxesAndCentroidFollowOpenCvsMoments) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    const cv::Mat labels = irregular(seed);
    const cv::Moments m = cv::moments(labels > 0, true);
    const cv::Matx22d covariance{m.mu20 / m.m00 + 1 / 12.0, m.mu11 / m.m00, m.mu11 / m.m00,
                                 m.mu02 / m.m00 + 1 / 12.0};
    cv::Vec2d eigenvalues;
    cv::eigen(covariance, eigenvalues);
    const Table t = measured(labels);
    EXPECT_NEAR(value(t, "major_axis_px"), 4 * std::sqrt(eigenvalues[0]), 1e-6);
    EXPECT_NEAR(value(t, "minor_axis_px"), 4 * std::sqrt(eigenvalues[1]), 1e-6);
    EXPECT_NEAR(value(t, "centroid_x_px"), m.m10 / m.m00, 1e-9);
    EXPECT_NEAR(value(t, "centroid_y_px"), m.m01 / m.m00, 1e-9);
  }
}

TEST(Measure, IntensitiesEqualOpenCvsForEveryType) {
  cv::Mat labels = empty_labels(30, 24);
  labels(cv::Rect(2, 2, 9, 7)).setTo(1);
  labels(cv::Rect(15, 8, 12, 13)).setTo(2);
  cv::Mat colour(24, 30, CV_8UC3);
  cv::theRNG().state = 9;
  cv::randu(colour, 0, 256);
  cv::Mat bytes;
  cv::Mat words;
  cv::Mat floats;
  cv::extractChannel(colour, bytes, 1);
  bytes.convertTo(words, CV_16U, 257);
  bytes.convertTo(floats, CV_32F, 0.001, 10);
  for (const auto& image : {colour, bytes, words, floats}) {
    const Table t = measured(labels, std::nullopt, image);
    const auto names = image.channels() == 3 ? std::vector<std::string>{"red", "green", "blue"}
                                             : std::vector<std::string>{"intensity"};
    for (std::size_t row = 0; row < 2; ++row)
      for (std::size_t c = 0; c < names.size(); ++c) {
        cv::Mat channel;
        cv::extractChannel(image, channel, static_cast<int>(c));
        const cv::Mat here = labels == static_cast<int>(row) + 1;
        cv::Scalar mean;
        cv::Scalar deviation;
        cv::meanStdDev(channel, mean, deviation, here);
        double smallest = 0.0;
        double largest = 0.0;
        cv::minMaxLoc(channel, &smallest, &largest, nullptr, nullptr, here);
        const double n = cv::countNonZero(here);
        EXPECT_NEAR(value(t, names[c] + "_mean", row), mean[0], 1e-6);
        // OpenCV divides by n.
        EXPECT_NEAR(value(t, names[c] + "_std", row) / deviation[0], std::sqrt(n / (n - 1)), 1e-6);
        EXPECT_EQ(value(t, names[c] + "_min", row), smallest);
        EXPECT_EQ(value(t, names[c] + "_max", row), largest);
      }
  }
}

TEST(Measure, SquarePixelsScaleEveryLength) {
  const Table t = measured(ellipse(50, 20, 30), PixelSize{0.25, 0.25});
  for (const auto* name : {"perimeter", "feret_max", "feret_min", "major_axis", "minor_axis",
                           "centroid_x", "centroid_y"})
    EXPECT_NEAR(value(t, std::string(name) + "_um"), 0.25 * value(t, std::string(name) + "_px"),
                1e-9)
        << name;
  EXPECT_NEAR(value(t, "area_um2"), value(t, "area_px") / 16, 1e-9);
}

TEST(Measure, OtherPixelsGiveTheRealShape) {
  // 60 x 30 pixels of 0.5 x 1 um: a disk of radius 15 um.
  const Table t = measured(ellipse(30, 15, 0), PixelSize{0.5, 1.0});
  EXPECT_NEAR(value(t, "area_um2") / (pi * 15 * 15), 1, 0.01);
  EXPECT_NEAR(value(t, "perimeter_um") / (2 * pi * 15), 1, 0.05);
  EXPECT_GT(value(t, "circularity"), 0.93);
  EXPECT_NEAR(value(t, "aspect_ratio"), 1.0, 0.02);
  EXPECT_NEAR(value(t, "major_axis_um"), 30, 0.3);
  EXPECT_NEAR(value(t, "feret_max_um"), 30, 1.2);
  EXPECT_NEAR(value(t, "feret_min_um"), 30, 1.2);
  EXPECT_NEAR(value(t, "centroid_x_um"), 35, 1e-6);
  EXPECT_NEAR(value(t, "centroid_y_um"), 69, 1e-6);
  EXPECT_NEAR(value(t, "major_axis_px"), 60, 0.5);
}

TEST(Measure, LeavesSmallAndLargeObjectsOutOfTableAndLabels) {
  cv::Mat labels = empty_labels(40, 10);
  labels(cv::Rect(1, 1, 2, 2)).setTo(1);
  labels(cv::Rect(10, 1, 5, 5)).setTo(2);
  labels(cv::Rect(20, 1, 8, 8)).setTo(3);
  labels(cv::Rect(30, 1, 5, 6)).setTo(4);
  Sample sample(SampleId{"image.png", 0});
  sample.set("labels", Image(labels));
  run_stage("measure", {{"min_area", std::int64_t{25}}, {"max_area", std::int64_t{40}}}, sample);
  EXPECT_EQ(sample.table("objects").integers("label"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(sample.table("objects").integers("area_px"), (std::vector<std::int64_t>{25, 30}));
  cv::Mat expected = empty_labels(40, 10);
  expected.setTo(1, labels == 2);
  expected.setTo(2, labels == 4);
  EXPECT_TRUE(same_pixels(sample.image("labels").pixels(), expected));
  EXPECT_EQ(cv::countNonZero(labels), 4 + 25 + 64 + 30);  // the input is as it was
}

TEST(Measure, KeepsLabelsWithGapsAndReadsAView) {
  cv::Mat large = empty_labels(30, 20);
  large(cv::Rect(10, 5, 3, 3)).setTo(40);
  large(cv::Rect(5, 12, 2, 2)).setTo(7);
  const Table t = measured(large(cv::Rect(4, 4, 20, 12)));
  EXPECT_EQ(t.integers("label"), (std::vector<std::int64_t>{7, 40}));
  EXPECT_EQ(t.integers("bbox_x"), (std::vector<std::int64_t>{1, 6}));
}

TEST(Measure, AnEmptyImageGivesAnEmptyTableWithAllColumns) {
  cv::Mat labels = empty_labels(9, 7);
  const cv::Mat image = cv::Mat::zeros(7, 9, CV_8UC3);
  const Table none = measured(labels, PixelSize{1, 1}, image);
  labels.at<int>(3, 3) = 1;
  const Table one = measured(labels, PixelSize{1, 1}, image);
  EXPECT_EQ(none.rows(), 0U);
  ASSERT_EQ(none.columns().size(), one.columns().size());
  for (std::size_t i = 0; i < one.columns().size(); ++i)
    EXPECT_EQ(none.columns()[i].values.index(), one.columns()[i].values.index());
}

TEST(Measure, RefusesWhatIsNoLabelImageOrDoesNotFit) {
  EXPECT_THROW(measured(empty_mask(4, 4)), SampleError);
  EXPECT_THROW(measured(cv::Mat(4, 4, CV_32SC1, cv::Scalar(-1))), SampleError);
  EXPECT_THROW(measured(empty_labels(4, 4), std::nullopt, empty_mask(4, 5)), SampleError);
  EXPECT_THROW(measured(empty_labels(4, 4), std::nullopt, empty_labels(4, 4)), SampleError);
  EXPECT_THROW(
      make_stage("measure", {{"min_area", std::int64_t{9}}, {"max_area", std::int64_t{3}}}),
      ConfigError);
}

}  // namespace
}  // namespace smear::test
