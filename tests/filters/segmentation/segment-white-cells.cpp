// SPDX-License-Identifier: Apache-2.0
// segment-white-cells: nucleus and body of painted white cells cover the painted ones, blasts that
// touch come apart, lobes stay together, and red cells are no cytoplasm.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <set>
#include <string>

#include "harness/painted-smear.h"

namespace smear::test {
namespace {

/// A field with red cells of radius `r` around white ones, which are painted in it and in `bodies`
/// and `nuclei`, the truth. Lengths are in red cell radii, places in pixels.
struct Field {
  double r;
  PaintedSmear smear;
  cv::Mat bodies;
  cv::Mat nuclei;

  Field(double radius, const std::vector<cv::Point2d>& kept_free, double free_radius,
        const Density& red = pink_red_cell)
      : r(radius),
        smear(static_cast<int>(22 * radius), static_cast<int>(17 * radius)),
        bodies(empty_mask(static_cast<int>(22 * radius), static_cast<int>(17 * radius))),
        nuclei(bodies.clone()) {
    auto places = spread(bodies.cols, bodies.rows, 2.6 * r, 0.6 * r, 0.2 * r);
    for (const cv::Point2d place : kept_free) places = away_from(places, place, free_radius * r);
    for (const cv::Point2d place : places) smear.red_cell(place, r, red);
  }

  [[nodiscard]] cv::Point2d at(double x, double y) const { return {x * r, y * r}; }

  void body(cv::Point2d centre, double radius, const Density& stain) {
    smear.disk(centre, radius * r, stain);
    paint_disk<uchar>(bodies, 255, centre, radius * r);
  }
  void nucleus(cv::Point2d centre, double radius, const Density& stain = purple_nucleus) {
    smear.disk(centre, radius * r, stain);
    paint_disk<uchar>(nuclei, 255, centre, radius * r);
  }
};

struct Found {
  cv::Mat labels;
  cv::Mat mask;
};

Found segment(Sample sample, const Options& options = {}) {
  run_stage("segment-white-cells", options, sample);
  return {sample.image("white-cells").pixels(), sample.image("mask").pixels()};
}
Found segment(const Field& field) { return segment(prepared(field.smear.image(), field.r)); }

/// The labels under these points.
std::set<int> labels_at(const cv::Mat& labels, const std::vector<cv::Point2d>& points) {
  std::set<int> result;
  for (const cv::Point2d p : points)
    result.insert(labels.at<int>(static_cast<int>(p.y), static_cast<int>(p.x)));
  return result;
}

void expect_consistent(const Found& found) {
  ASSERT_EQ(found.labels.type(), CV_32SC1);
  ASSERT_EQ(found.mask.type(), CV_8UC1);
  EXPECT_TRUE(same_pixels(found.labels > 0, found.mask > 0));
  EXPECT_EQ(cv::countNonZero((found.mask != 0) & (found.mask != 128) & (found.mask != 255)), 0);
  EXPECT_TRUE(in_raster_order(found.labels));
  for (int label = 1; label <= count_labels(found.labels); ++label) {
    cv::Mat parts;
    EXPECT_EQ(cv::connectedComponents(found.labels == label, parts, 8), 2) << label;
    EXPECT_GT(cv::countNonZero((found.labels == label) & (found.mask == 255)), 0) << label;
  }
}

constexpr double scales[]{7.0, 12.0, 24.0};

/// One cell around each place, of the same size, that together are what was painted.
void expect_two_alike(const Found& found, const Field& field, cv::Point2d a, cv::Point2d b) {
  expect_consistent(found);
  EXPECT_EQ(count_labels(found.labels), 2);
  EXPECT_EQ(labels_at(found.labels, {a, b}), (std::set{1, 2}));
  const int first = cv::countNonZero(found.labels == 1);
  EXPECT_NEAR(cv::countNonZero(found.labels == 2), first, 0.1 * first);
  EXPECT_GT(dice(found.mask > 0, field.bodies), 0.9);
}

TEST(SegmentWhiteCells, CoversNucleusAndBodyOfAnyStain) {
  for (const double r : scales)
    for (const Density& red : {pink_red_cell, brown_red_cell, grey_red_cell})
      for (const Density& cytoplasm : {pale_cytoplasm, blue_cytoplasm}) {
        const std::vector<cv::Point2d> places{{5.5 * r, 5 * r}, {16 * r, 6 * r}, {10 * r, 12 * r}};
        Field field(r, places, 3.3, red);
        for (const cv::Point2d place : places) {
          field.body(place, 2.0, cytoplasm);
          field.nucleus(place + field.at(0.2, -0.1), 1.3);
        }
        const Found found = segment(field);
        const auto what = testing::Message() << r << cv::Mat(red).t() << cv::Mat(cytoplasm).t();
        expect_consistent(found);
        EXPECT_EQ(count_labels(found.labels), 3) << what;
        EXPECT_GT(dice(found.mask > 0, field.bodies), 0.9) << what;
        EXPECT_GT(dice(found.mask == 255, field.nuclei), 0.9) << what;
      }
}

TEST(SegmentWhiteCells, PartsBlastsThatTouch) {
  for (const double r : scales)
    for (const double distance : {2.4, 2.6, 2.9})  // nuclei overlap, touch, lie apart
      for (const double angle : {0.0, 0.8, 1.57}) {
        const cv::Point2d middle(11 * r, 8.5 * r);
        const cv::Point2d half(0.5 * distance * r * std::cos(angle),
                               0.5 * distance * r * std::sin(angle));
        Field field(r, {middle}, 4.6);
        for (const cv::Point2d place : {middle - half, middle + half})
          field.body(place, 1.5, blue_cytoplasm);
        for (const cv::Point2d place : {middle - half, middle + half}) field.nucleus(place, 1.3);
        const Found found = segment(field);
        SCOPED_TRACE(testing::Message() << r << " " << distance << " " << angle);
        expect_two_alike(found, field, middle - half, middle + half);
      }
}

TEST(SegmentWhiteCells, PartsAClumpOfThreeBlasts) {
  for (const double r : scales) {
    const std::vector<cv::Point2d> places{
        {9.6 * r, 7.7 * r}, {12.4 * r, 7.7 * r}, {11 * r, 10.1 * r}};
    Field field(r, {{11 * r, 8.5 * r}}, 5.0);
    for (const cv::Point2d place : places) field.body(place, 1.5, blue_cytoplasm);
    for (const cv::Point2d place : places) field.nucleus(place, 1.35);
    const Found found = segment(field);
    EXPECT_EQ(count_labels(found.labels), 3) << r;
    EXPECT_EQ(labels_at(found.labels, places), (std::set{1, 2, 3})) << r;
  }
}

TEST(SegmentWhiteCells, KeepsLobesInOneBodyTogether) {
  for (const double r : {12.0, 24.0})
    for (const int lobes : {2, 3, 4}) {
      const cv::Point2d middle(11 * r, 8.5 * r);
      Field field(r, {middle}, 3.4);
      field.body(middle, 2.1, pale_cytoplasm);
      for (int i = 0; i < lobes; ++i) {
        const double angle = 2.0 * CV_PI * i / lobes;
        field.nucleus(middle + field.at(0.95 * std::cos(angle), 0.95 * std::sin(angle)), 0.8);
      }
      const Found found = segment(field);
      expect_consistent(found);
      EXPECT_EQ(count_labels(found.labels), 1) << r << " " << lobes;
      EXPECT_GT(dice(found.mask > 0, field.bodies), 0.9) << r << " " << lobes;
      EXPECT_GT(dice(found.mask == 255, field.nuclei), 0.9) << r << " " << lobes;
    }
}

TEST(SegmentWhiteCells, PartsWhiteCellsWithCytoplasmThatTouch) {
  for (const double r : scales)
    for (const double distance : {3.6, 3.9})
      for (const double angle : {0.0, 0.8, 1.57}) {
        const cv::Point2d middle(11 * r, 8.5 * r);
        const cv::Point2d half(0.5 * distance * r * std::cos(angle),
                               0.5 * distance * r * std::sin(angle));
        Field field(r, {middle - half, middle + half}, 3.3);
        for (const cv::Point2d place : {middle - half, middle + half})
          field.body(place, 2.0, pale_cytoplasm);
        for (const cv::Point2d place : {middle - half, middle + half}) field.nucleus(place, 1.2);
        const Found found = segment(field);
        SCOPED_TRACE(testing::Message() << r << " " << distance << " " << angle);
        expect_two_alike(found, field, middle - half, middle + half);
      }
}

TEST(SegmentWhiteCells, LeavesOutRedCellsThatTouch) {
  for (const double r : scales)
    for (const Density& red : {pink_red_cell, brown_red_cell, grey_red_cell}) {
      const cv::Point2d middle(11 * r, 8.5 * r);
      Field field(r, {middle}, 4.4, red);
      for (int i = 0; i < 6; ++i)
        field.smear.red_cell(
            middle + field.at(2.95 * std::cos(i * CV_PI / 3), 2.95 * std::sin(i * CV_PI / 3)), r,
            red);
      field.body(middle, 2.0, pale_cytoplasm);
      field.nucleus(middle, 1.2);
      const Found found = segment(field);
      EXPECT_EQ(count_labels(found.labels), 1) << r << cv::Mat(red).t();
      EXPECT_GT(dice(found.mask > 0, field.bodies), 0.9) << r << cv::Mat(red).t();
    }
}

TEST(SegmentWhiteCells, FindsTheSameInAMirror) {
  const double r = 12.0;
  const std::vector<cv::Point2d> places{{66, 60}, {190, 72}, {120, 140}, {153, 140}};
  Field field(r, places, 3.3);
  for (const cv::Point2d place : places) field.body(place, 1.6, blue_cytoplasm);
  for (const cv::Point2d place : places) field.nucleus(place, 1.3);
  const cv::Mat image = field.smear.image();
  const Found expected = segment(prepared(image, r));
  for (const int axis : {-1, 0, 1}) {
    cv::Mat mirrored;
    cv::Mat back;
    cv::flip(image, mirrored, axis);
    const Found found = segment(prepared(mirrored, r));
    expect_consistent(found);
    EXPECT_EQ(count_labels(found.labels), count_labels(expected.labels)) << axis;
    cv::flip(found.mask, back, axis);
    EXPECT_GT(dice(back > 0, expected.mask > 0), 0.98) << axis;
    EXPECT_GT(dice(back == 255, expected.mask == 255), 0.98) << axis;
  }
}

TEST(SegmentWhiteCells, DropsWhatIsSmallerThanTheLimits) {
  const double r = 12.0;
  Field field(r, {{132, 102}}, 3.3);
  field.body({132, 102}, 2.0, pale_cytoplasm);
  field.nucleus({132, 102}, 1.2);  // 1.44 and 4 red cell areas
  const Sample sample = prepared(field.smear.image(), r);
  EXPECT_EQ(count_labels(segment(sample).labels), 1);
  EXPECT_EQ(count_labels(segment(sample, {{"min_nucleus", 2.0}}).labels), 0);
  EXPECT_EQ(count_labels(segment(sample, {{"min_cell", 6.0}}).labels), 0);
  EXPECT_EQ(count_labels(segment(sample, {{"min_nucleus", 1.0}, {"min_cell", 3.0}}).labels), 1);
}

TEST(SegmentWhiteCells, CentralTakesTheCellInTheMiddleOfACrop) {
  for (const double r : {12.0, 24.0, 48.0})
    for (const Density& red : {pink_red_cell, grey_red_cell}) {
      const int edge = static_cast<int>(7 * r);
      PaintedSmear smear(edge, edge);
      const cv::Point2d middle(3.4 * r, 3.55 * r);
      for (const cv::Point2d place : {cv::Point2d(0.6, 0.7), {6.3, 0.8}, {0.5, 6.2}})
        smear.red_cell(place * r, r, red);
      smear.disk(cv::Point2d(6.9, 6.9) * r, 1.6 * r, blue_cytoplasm);  // another, cut one
      smear.disk(cv::Point2d(6.9, 6.9) * r, 1.2 * r, purple_nucleus);
      smear.disk(middle, 2.0 * r, pale_cytoplasm);
      smear.disk(middle, 1.2 * r, purple_nucleus);
      cv::Mat body = empty_mask(edge, edge);
      cv::Mat nucleus = body.clone();
      paint_disk<uchar>(body, 255, middle, 2.0 * r);
      paint_disk<uchar>(nucleus, 255, middle, 1.2 * r);

      Sample sample = sample_of(smear.image());
      run_stage("gaussian-blur", {{"sigma", 0.7}}, sample);
      run_stage("background", {}, sample);
      run_stage("optical-density", {}, sample);
      run_stage("stain-classes", {{"content", "white-cell"}}, sample);
      const Found found = segment(sample, {{"cells", "central"}});
      expect_consistent(found);
      EXPECT_EQ(count_labels(found.labels), 1) << r << cv::Mat(red).t();
      EXPECT_GT(dice(found.mask > 0, body), 0.9) << r << cv::Mat(red).t();
      EXPECT_GT(dice(found.mask == 255, nucleus), 0.9) << r << cv::Mat(red).t();
    }
}

TEST(SegmentWhiteCells, FindsNoneWhereThereIsNone) {
  PaintedSmear red_only(220, 160);
  for (const cv::Point2d place : spread(220, 160, 26, 8, 3))
    red_only.red_cell(place, 10, pink_red_cell);
  for (const char* cells : {"all", "central"})
    for (const cv::Mat& image : {red_only.image(), cv::Mat(60, 80, CV_8UC3, cv::Scalar::all(0)),
                                 cv::Mat(60, 80, CV_8UC3, cv::Scalar::all(255)),
                                 cv::Mat(1, 1, CV_8UC3, cv::Scalar(120, 60, 140)),
                                 cv::Mat(1, 40, CV_8UC3, cv::Scalar(120, 60, 140))}) {
      const Found found = segment(prepared(image), {{"cells", cells}});
      EXPECT_EQ(found.labels.size(), image.size());
      EXPECT_EQ(cv::countNonZero(found.labels), 0) << cells << image.size() << cv::mean(image);
      EXPECT_EQ(cv::countNonZero(found.mask), 0) << cells << image.size() << cv::mean(image);
    }
}

TEST(SegmentWhiteCells, RefusesInputsOfDifferentSizes) {
  Sample sample = prepared(cv::Mat(40, 50, CV_8UC3, cv::Scalar::all(200)));
  sample.set("nuclei", Image(empty_mask(50, 41)));
  EXPECT_THROW(run_stage("segment-white-cells", {}, sample), SampleError);
}

}  // namespace
}  // namespace smear::test
