// SPDX-License-Identifier: Apache-2.0
// Which selections of the ROI Manager, of overlays and of images are one object, and what macros
// may not leave open of their style.
#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <string>

#include "imagej/macro/interpreter.h"
#include "imagej/macro/no-host.h"
#include "imagej/macro/parser.h"
#include "imagej/session.h"
#include "smear/errors.h"

namespace smear::imagej::test {
namespace {

Session after(const std::string& macro) {
  Session session;
  session.open(ImagePlus("image", cv::Mat::zeros(40, 50, CV_8UC1)));
  NoHost host;
  run_macro(*parse_macro(macro, "test.ijm"), session, host, {});
  return session;
}

std::string error_of(const std::string& macro) {
  try {
    after(macro);
  } catch (const Error& e) {
    return e.what();
  }
  return "done";
}

const std::string select = "makeRectangle(4, 5, 6, 7); ";

TEST(SharedSelections, OverlayAddSelectionSharesTheSelection) {
  const auto session = after(select + "Overlay.addSelection; Roi.setName(\"a\");");
  EXPECT_EQ(session.active().overlay.at(0).name, "a");
}

TEST(SharedSelections, AddSelectionCopiesIt) {
  const auto session = after(select + "run(\"Add Selection...\"); Roi.setName(\"a\");");
  EXPECT_EQ(session.active().overlay.at(0).name, "");
  EXPECT_EQ(session.active().overlay.at(0).stroke_colour, 0xffffff00U);
  EXPECT_EQ(session.active().roi->stroke_colour, 0U);
}

TEST(SharedSelections, TheManagerCopiesAndNamesTheSelection) {
  const auto session = after(select + "roiManager(\"add\"); Roi.setStrokeColor(\"red\");");
  EXPECT_EQ(session.roi_manager.rois.at(0).stroke_colour, 0U);
  EXPECT_EQ(session.active().roi->name, "0008-0007");
}

TEST(SharedSelections, ShowAllSharesWhatTheManagerHolds) {
  const auto session = after(select +
                             "roiManager(\"add\"); roiManager(\"Show All\"); "
                             "roiManager(\"select\", 0); Roi.setStrokeColor(\"red\");");
  EXPECT_EQ(session.roi_manager.rois.at(0).stroke_colour, 0xffff0000U);
  EXPECT_EQ(session.active().overlay.at(0).stroke_colour, 0xffff0000U);
}

TEST(SharedSelections, CopiesOfAnImageHaveCopies) {
  const auto session = after(select +
                             "Overlay.addSelection; run(\"Select None\"); "
                             "run(\"Duplicate...\", \"title=b\"); run(\"Select All\"); "
                             "Roi.setName(\"a\");");
  EXPECT_EQ(session.images().front().overlay.at(0).name, "");
}

TEST(SharedSelections, AddSelectionDependsOnNoEarlierCall) {
  const std::string styled = "run(\"Add Selection...\", \"stroke=red width=2 fill=none\"); ";
  EXPECT_EQ(error_of(select + styled + styled), "done");
  EXPECT_NE(error_of(select + styled + "run(\"Add Selection...\");").find("the call before"),
            std::string::npos);
  EXPECT_NE(error_of(select + "run(\"Add Selection...\", \"stroke=red\");").find("together"),
            std::string::npos);
}

TEST(SharedSelections, ColoursMustBeKnown) {
  EXPECT_NE(error_of(select + "roiManager(\"add\"); roiManager(\"Set Color\", \"brown\");")
                .find("no colour 'brown'"),
            std::string::npos);
}

}  // namespace
}  // namespace smear::imagej::test
