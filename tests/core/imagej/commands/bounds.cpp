// SPDX-License-Identifier: Apache-2.0
// Numbers and selections that commands refuse rather than compute nonsense of, or for minutes.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <string>
#include <tuple>

#include "imagej/command.h"
#include "imagej/session.h"
#include "smear/errors.h"

namespace smear::imagej::test {
namespace {

class NoHost final : public Host {
 public:
  void save(const std::string&, const std::function<void(const std::filesystem::path&)>&) override {
  }
  std::filesystem::path locate(const std::string& path) override { return path; }
  void print(const std::string&) override {}
};

/// What a command says of its options or of the image; "done" where it has worked.
std::string error_of(Session& session, const std::string& name, const std::string& options) {
  const Command& command = *CommandTable::instance().find(name, Command::Form::run);
  NoHost host;
  try {
    const Values values = parse_options(command, options);
    if (command.check) command.check(values);
    execute(command, session, values, host);
  } catch (const Error& e) {
    return e.what();
  }
  return "done";
}

Session session_with(const Roi& roi) {
  Session session;
  ImagePlus image("image", cv::Mat::zeros(80, 100, CV_8UC1));
  image.roi = roi;
  session.open(std::move(image));
  return session;
}

Session session_of_stack(std::size_t slices) {
  Session session;
  ImagePlus image("stack", cv::Mat::zeros(8, 10, CV_8UC1));
  image.stack.resize(slices, image.stack.front());
  image.slices = static_cast<int>(slices);
  session.open(std::move(image));
  return session;
}

bool says(const std::string& error, const std::string& part) {
  return error.find(part) != std::string::npos;
}

const Roi flat = Roi::polygon(RoiType::polygon, {{10, 10}, {20, 10}, {30, 10}});
const Roi slanted = Roi::polygon(RoiType::polygon, {{10, 10}, {20, 20}, {30, 30}});
const Roi triangle = Roi::polygon(RoiType::polygon, {{20, 20}, {60, 25}, {50, 60}});

TEST(Substack, RefusesRangesThatAreNone) {
  for (const char* slices :
       {"4-2", "0-2", "0", "1-", "-3", "a", "1,,2", "1-5-0", "1-2-3-4", "1.5"}) {
    Session session = session_of_stack(5);
    const auto error = error_of(session, "Make Substack...", std::string("slices=") + slices);
    EXPECT_TRUE(says(error, "Make Substack...: ") && says(error, "got '")) << slices << error;
    EXPECT_EQ(session.images().size(), 1U) << slices;
  }
}

TEST(Substack, ComparesWithTheStackBeforeItCopies) {
  for (const char* slices : {"1-2147483647", "3,6", "1-6-2"}) {
    Session session = session_of_stack(5);
    const auto error = error_of(session, "Make Substack...", std::string("slices=") + slices);
    EXPECT_TRUE(says(error, "there is no slice")) << error;
  }
}

TEST(Substack, TakesEveryNth) {
  Session session = session_of_stack(12);
  ASSERT_EQ(error_of(session, "Make Substack...", "slices=1-9-2"), "done");
  EXPECT_EQ(session.active().stack.size(), 5U);
  Session far = session_of_stack(5);
  ASSERT_EQ(error_of(far, "Make Substack...", "slices=2-5-2147483647"), "done");
  EXPECT_EQ(far.active().stack.size(), 1U);
}

TEST(Slices, CountInTheirDirection) {
  Session session = session_of_stack(3);
  session.active().slices = 1;
  session.active().frames = 3;
  ASSERT_EQ(error_of(session, "Delete Slice", ""), "done");
  EXPECT_EQ(session.active().frames, 2);
  EXPECT_EQ(session.active().slices, 1);
  ASSERT_EQ(error_of(session, "Add Slice", ""), "done");
  EXPECT_EQ(session.active().frames, 3);
  EXPECT_EQ(session.active().slices, 1);
}

TEST(Slices, OfTwoDirectionsAreRefused) {
  Session session = session_of_stack(4);
  session.active().slices = session.active().frames = 2;
  EXPECT_TRUE(says(error_of(session, "Delete Slice", ""), "hyperstack"));
}

TEST(Size, KeepsTheNumberOfSlices) {
  Session session = session_of_stack(4);
  EXPECT_TRUE(says(error_of(session, "Size...", "width=5 height=4 depth=1 interpolation=None"),
                   "write depth=4"));
  EXPECT_EQ(error_of(session, "Size...", "width=5 height=4 depth=4 interpolation=None"), "done");
  EXPECT_EQ(error_of(session, "Size...", "width=6 height=4 interpolation=None"), "done");
  EXPECT_EQ(session.active().stack.size(), 4U);
}

TEST(RankFilters, RefuseNan) {
  for (const char* name : {"Median...", "Mean...", "Minimum...", "Maximum..."}) {
    Session session;
    cv::Mat pixels(9, 9, CV_32FC1, cv::Scalar(1.0));
    pixels.at<float>(4, 4) = std::nanf("");
    session.open(ImagePlus("image", pixels));
    EXPECT_TRUE(says(error_of(session, name, "radius=1"), "NaN")) << name;
    EXPECT_EQ(error_of(session, "Variance...", "radius=1"), "done");
  }
}

TEST(Calculator, RefusesFloatsOfColoursAndGreys) {
  Session session;
  session.open(ImagePlus("a", cv::Mat(4, 5, CV_8UC3, cv::Scalar::all(9))));
  session.open(ImagePlus("b", cv::Mat(4, 5, CV_8UC1, cv::Scalar::all(9))));
  EXPECT_TRUE(says(
      error_of(session, "Image Calculator...", "image1=a operation=Add image2=b create 32-bit"),
      "'a', which is RGB"));
  EXPECT_EQ(
      error_of(session, "Image Calculator...", "image1=b operation=Add image2=a create 32-bit"),
      "done");
}

TEST(Duplicate, TakesWhatBelongsToASlice) {
  Session session = session_of_stack(3);
  ImagePlus& image = session.active();
  image.stack[1].label = "second";
  image.calibration.x_origin = 3.5;
  for (const int position : {1, 2, 0}) {
    image.overlay.push_back(Roi::rectangle({position, position, 2, 2}));
    image.overlay.back().position = position;
  }
  image.overlay.push_back(Roi::rectangle({8, 6, 2, 2}));
  image.show(1);
  image.roi = Roi::rectangle({1, 1, 5, 5});
  ASSERT_EQ(error_of(session, "Duplicate...", "title=x"), "done");
  const ImagePlus& copy = session.active();
  EXPECT_EQ(copy.properties.at("Slice_Label"), "second");
  EXPECT_EQ(copy.calibration.x_origin, 2.5);
  ASSERT_EQ(copy.overlay.size(), 2U);
  EXPECT_EQ(copy.overlay[0].bounds, cv::Rect(1, 1, 2, 2));
  EXPECT_EQ(copy.overlay[0].position, 1);
  EXPECT_EQ(copy.overlay[1].bounds, cv::Rect(-1, -1, 2, 2));
}

TEST(Duplicate, RefusesRotatedRectangles) {
  Roi roi = triangle;
  roi.subtype = RoiSubtype::rotated_rectangle;
  Session session = session_with(roi);
  EXPECT_TRUE(says(error_of(session, "Duplicate...", "title=x"), "straightens"));
}

TEST(Turn, TakesTheOriginAlong) {
  for (const auto& [name, x, y] :
       {std::tuple{"Rotate 90 Degrees Right", 83.0, 3.5}, {"Rotate 90 Degrees Left", -4.0, 95.5}}) {
    Session session = session_with(triangle);
    Calibration& scale = session.active().calibration;
    scale.x_origin = 3.5;
    scale.y_origin = -4.0;
    scale.unit = "mm";
    scale.y_unit = "cm";
    ASSERT_EQ(error_of(session, name, ""), "done");
    EXPECT_EQ(scale.x_origin, x) << name;
    EXPECT_EQ(scale.y_origin, y) << name;
    EXPECT_EQ(scale.unit, "cm");
  }
}

TEST(Overlay, IsNotLeftBehind) {
  for (const auto& [name, options] :
       {std::pair{"Rotate 90 Degrees Right", ""},
        {"Size...", "width=5 height=4 interpolation=None"},
        {"Scale...", "x=0.5 y=0.5 width=50 height=40 interpolation=None create title=x"}}) {
    Session session = session_with(triangle);
    session.active().overlay.push_back(triangle);
    EXPECT_TRUE(says(error_of(session, name, options), "Remove Overlay")) << name;
  }
}

TEST(Scale, TakesTheOriginAlong) {
  Session session = session_with(triangle);
  session.active().roi.reset();
  session.active().calibration.x_origin = 3.5;
  ASSERT_EQ(error_of(session, "Scale...",
                     "x=0.5 y=0.5 width=50 height=40 interpolation=None create title=x"),
            "done");
  EXPECT_EQ(session.active().calibration.x_origin, 1.75);
}

TEST(SelectionWithoutArea, IsRefused) {
  for (const Roi& roi : {flat, slanted})
    for (const auto& [name, options] : {std::pair{"Scale... ", "x=2 y=2 centered"},
                                        {"Enlarge...", "enlarge=3"},
                                        {"Enlarge...", "enlarge=-3"},
                                        {"Make Band...", "band=3"},
                                        {"Fit Circle", ""},
                                        {"Fit Ellipse", ""}}) {
      Session session = session_with(roi);
      EXPECT_TRUE(says(error_of(session, name, options), "its area is 0"))
          << name << ": " << error_of(session, name, options);
    }
}

TEST(Selection, GrowsWithinBounds) {
  Session session = session_with(triangle);
  EXPECT_TRUE(says(error_of(session, "Enlarge...", "enlarge=10000"), "1000 is the most"));
  EXPECT_TRUE(says(error_of(session, "Make Band...", "band=255"), "254 are the most"));
  session.active().calibration.pixel_width = 1e-300;
  EXPECT_TRUE(says(error_of(session, "Make Band...", "band=10000"), "254 are the most"));
  EXPECT_EQ(error_of(session, "Enlarge...", "enlarge=-10000 pixel"), "done");
}

TEST(Selection, StaysNearTheImage) {
  for (const auto& [name, options] : {std::pair{"Translate... ", "x=1e10 y=0"},
                                      {"Translate... ", "x=0 y=-1e10"},
                                      {"Specify...", "width=5 height=5 x=1e10 y=0"},
                                      {"Specify...", "width=5 height=5 x=0 y=-1e10"},
                                      {"Rotate...", "angle=1e10"}}) {
    Session session = session_with(triangle);
    EXPECT_NE(error_of(session, name, options), "done") << name << options;
  }
  Session session = session_with(triangle);
  ASSERT_EQ(error_of(session, "Scale... ", "x=1000 y=1"), "done");
  EXPECT_TRUE(says(error_of(session, "Scale... ", "x=1000 y=1"), "reach further"));
  Session moved = session_with(triangle);
  ASSERT_EQ(error_of(moved, "Translate... ", "x=900000 y=0"), "done");
  EXPECT_TRUE(says(error_of(moved, "Translate... ", "x=900000 y=0"), "lie further"));
}

TEST(FiltersOfStacks, AskWhichSlices) {
  for (const auto* name :
       {"Invert", "Find Edges", "Flip Vertically", "North", "Despeckle", "Log"}) {
    Session session = session_of_stack(3);
    EXPECT_TRUE(says(error_of(session, name, ""), "say 'slice'")) << name;
    EXPECT_EQ(error_of(session, name, "slice"), "done") << name;
    EXPECT_EQ(error_of(session, name, "stack"), "done") << name;
  }
}

TEST(PixelMacro, TakesNumbersOnly) {
  Session session = session_with(triangle);
  for (const auto* code :
       {"code=[v=v+random]", "code=[run(v)]", "code=[v=getPixel(x,y)]", "code=[v='a']",
        "code=[v=newArray(3)]", "code=[print(v)]", "code=[function f() {}]", "code=[v=(v]"})
    EXPECT_NE(error_of(session, "Macro...", code), "done") << code;
  EXPECT_EQ(error_of(session, "Macro...", "code=[v=v+sqrt(x)]"), "done");
  EXPECT_TRUE(says(error_of(session, "Macro...", "code=[v=q]"), "q"));
}

TEST(Arrangements, RefuseWhatTheyDoNotCompute) {
  Session session = session_of_stack(3);
  EXPECT_TRUE(
      says(error_of(session, "Make Montage...", "columns=2 rows=2 scale=1"), "do not fill"));
  EXPECT_TRUE(
      says(error_of(session, "Make Montage...", "columns=3 rows=1 scale=1 label"), "fonts"));
  EXPECT_NE(error_of(session, "Bin...", "x=2 y=2 z=2 bin=Max"), "done");
  EXPECT_TRUE(says(error_of(session, "Bin...", "x=20 y=2 bin=Max"), "no whole block"));
  EXPECT_TRUE(says(error_of(session, "Combine...", "stack1=stack stack2=stack"), "takes two"));
  EXPECT_TRUE(says(error_of(session, "Concatenate...", "title=x image1=stack"), "takes two"));
}

TEST(Lines, WiderThanAPixelAreNotDrawnOrMeasured) {
  Roi line = Roi::line({3, 4}, {30, 20});
  line.stroke_width = 3.0;
  Session session = session_with(line);
  for (const auto* name : {"Draw", "Fill"})
    EXPECT_TRUE(says(error_of(session, name, "slice"), "wider than one pixel")) << name;
  EXPECT_TRUE(says(error_of(session, "Measure", ""), "wider than one pixel"));
}

}  // namespace
}  // namespace smear::imagej::test
