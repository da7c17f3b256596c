// SPDX-License-Identifier: Apache-2.0
// Sets of selections keep their order, names and bytes, and equal sets give equal files.
#include "imagej/files/roi-set.h"

#include <gmock/gmock.h>

#include <span>

#include "core/codec/made-files.h"
#include "imagej/files/roi-file.h"
#include "imagej/operations/measure.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class RoiSetTest : public smear::test::CodecTest {};

Roi named(const std::string& name, int x = 1) {
  Roi roi;
  roi.bounds = {x, 2, 3, 4};
  roi.name = name;
  return roi;
}

std::vector<std::string> names_of(const std::vector<Roi>& rois) {
  std::vector<std::string> names;
  for (const auto& roi : rois) names.push_back(roi.name);
  return names;
}

TEST_F(RoiSetTest, KeepsOrderNamesAndBytes) {
  const std::vector<Roi> rois{named("0002-0070", 7), named("0001-0060", 8), named("\xC2\xB5 9", 9)};
  save_roi_set(rois, path("RoiSet.zip"));
  const auto read = load_rois(path("RoiSet.zip"));
  EXPECT_EQ(names_of(read), names_of(rois));
  ASSERT_EQ(read.size(), rois.size());
  for (std::size_t i = 0; i < rois.size(); ++i) EXPECT_EQ(encode_roi(read[i]), encode_roi(rois[i]));
}

TEST_F(RoiSetTest, GivesEqualBytesForEqualSets) {
  const std::vector<Roi> rois{named("a"), named("b", 5)};
  save_roi_set(rois, path("one.zip"));
  save_roi_set(rois, path("two.zip"));
  EXPECT_EQ(test::bytes_of(path("one.zip")), test::bytes_of(path("two.zip")));
}

TEST_F(RoiSetTest, NumbersAllButTheLastOfOneName) {
  save_roi_set({named("a"), named("a"), named("a"), named("b"), named("a-1"), named("x.roi")},
               path("set.zip"));
  EXPECT_THAT(names_of(load_rois(path("set.zip"))),
              ElementsAre("a-2", "a-3", "a", "b", "a-1", "x"));
}

TEST_F(RoiSetTest, LeavesTheNameInsideAsItWas) {
  save_roi_set({named("a"), named("a", 5)}, path("set.zip"));
  const auto read = load_rois(path("set.zip"));
  // As in ImageJ's sets: the entries have names of their own, the selections inside share one.
  ASSERT_THAT(names_of(read), ElementsAre("a-1", "a"));
  EXPECT_EQ(decode_roi(std::as_bytes(std::span(read[0].stored))).name, "a");
  save_roi_set(read, path("again.zip"));
  const auto again = load_rois(path("again.zip"));
  EXPECT_THAT(names_of(again), ElementsAre("a-1", "a"));
  EXPECT_EQ(again[0].stored, read[0].stored);
}

TEST_F(RoiSetTest, MeasuresSubPixelBoxesInWholePixels) {
  Roi box = Roi::rectangle({2, 3, 21, 16});
  box.exact_bounds = cv::Rect2d(2.5, 3.25, 20.5, 15.5);
  box.name = "box";
  Roi oval = Roi::oval({5, 6, 22, 31});
  oval.exact_bounds = cv::Rect2d(5.5, 6.5, 21.3, 30.2);
  oval.name = "oval";
  save_roi_set({box, oval}, path("set.zip"));
  const auto read = load_rois(path("set.zip"));
  EXPECT_EQ(length_of(read[0]), 74.0);
  EXPECT_NEAR(length_of(read[1]), 83.8535, 5e-5);
}

TEST_F(RoiSetTest, RefusesToFillFittedCurves) {
  Roi curve = Roi::polygon(RoiType::polygon, {{1, 1}, {30, 5}, {20, 25}});
  curve.name = "curve";
  curve.options = 1;
  save_roi_set({curve}, path("set.zip"));
  EXPECT_THAT([&] { mask_of(load_rois(path("set.zip")).front()); },
              ThrowsMessage<SampleError>(HasSubstr("Fit Spline")));
}

ImagePlus ramp() {
  ImagePlus image;
  image.title = "ramp";
  image.stack.emplace_back();
  image.stack[0].pixels = cv::Mat(60, 60, CV_8UC1);
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 60; ++x)
      image.stack[0].pixels.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(4 * x);
  return image;
}

// Values of ImageJ 1.53t.
TEST_F(RoiSetTest, IsMeasuredAlongLinesAndByGroup) {
  Roi line = Roi::polygon(RoiType::polyline, {{3, 4}, {40, 8}, {33, 40}, {12, 30}});
  line.name = "line";
  line.group = 5;
  Roi angle = Roi::polygon(RoiType::angle, {{3, 4}, {40, 8}, {33, 40}});
  angle.name = "angle";
  save_roi_set({line, angle}, path("set.zip"));
  const ImagePlus image = ramp();
  ResultsTable table;
  for (const auto& roi : load_rois(path("set.zip"))) {
    table.add_row();
    add_line_measurements(measuring_plane(image, nullptr, false), roi, {}, table);
  }
  EXPECT_EQ(std::get<double>(*table.get("Area", 0)), 93.0);
  EXPECT_NEAR(std::get<double>(*table.get("Length", 0)), 93.2317, 5e-5);
  EXPECT_EQ(std::get<double>(*table.get("Group", 0)), 5.0);
  EXPECT_EQ(std::get<double>(*table.get("Area", 1)), 0.0);
  EXPECT_NEAR(std::get<double>(*table.get("Angle", 1)), 83.8311, 5e-5);
}

TEST_F(RoiSetTest, OneSelectionMayBeARoi) {
  save_roi_set({named("inner")}, path("outer.roi"));
  EXPECT_THAT(names_of(load_rois(path("outer.roi"))), ElementsAre("inner"));
  save_roi_set({named("")}, path("nameless.roi"));
  EXPECT_THAT(names_of(load_rois(path("nameless.roi"))), ElementsAre("nameless"));
  EXPECT_THAT(
      [&] {
        save_roi_set({named("a"), named("b")}, path("two.roi"));
      },
      ThrowsMessage<SampleError>(HasSubstr(".zip")));
}

TEST_F(RoiSetTest, RefusesWhatIsNoSet) {
  EXPECT_THAT([&] { save_roi_set({}, path("none.zip")); },
              ThrowsMessage<SampleError>(HasSubstr("no selections")));
  EXPECT_THAT([&] { load_rois(put("text.zip", "hello")); },
              ThrowsMessage<SampleError>(HasSubstr("neither")));
  EXPECT_THAT([&] { load_rois(put("cut.zip", "PK\3\4 and no more")); },
              ThrowsMessage<SampleError>(HasSubstr("cannot be read")));
  save_roi_set({named("a")}, path("set.zip"));
  auto bytes = test::bytes_of(path("set.zip"));
  for (std::size_t i = 40; i < 60; ++i) bytes[i] = 'x';
  EXPECT_THROW(load_rois(put("damaged.zip", bytes)), SampleError);
}

TEST(ShowAllOverlay, MarksTheFirstSelection) {
  const auto overlay = show_all_overlay({named("a"), named("b")});
  EXPECT_EQ(overlay[0].options, 0x28);
  EXPECT_EQ(overlay[0].label_colour, 0xFFFFFFFFU);
  EXPECT_EQ(overlay[1], named("b"));
  EXPECT_EQ(overlay[0].options & ~show_all_overlay({named("a")}, false)[0].options, 8U);
  EXPECT_TRUE(show_all_overlay({}).empty());
}

}  // namespace
}  // namespace smear::imagej
