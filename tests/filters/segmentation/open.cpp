// SPDX-License-Identifier: Apache-2.0
// open: large objects stay and what does not fit the element goes; it is idempotent and never adds
// a pixel.
#include <gtest/gtest.h>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat result_of(const cv::Mat& image, double radius) {
  return run_on("open", {{"radius", radius}}, Image(image), "mask", "mask").pixels();
}

TEST(Open, RemovesSpecksAndKeepsADiskAndASheetAtTheEdge) {
  cv::Mat disk = empty_mask(60, 40);
  paint_disk<uchar>(disk, 255, {20, 20}, 5);
  disk(cv::Rect(50, 0, 10, 40)).setTo(255);
  cv::Mat specked = disk.clone();
  specked(cv::Rect(35, 8, 3, 3)).setTo(255);
  specked.row(30).colRange(28, 45).setTo(255);
  EXPECT_TRUE(same_pixels(result_of(specked, 5), disk));
}

TEST(Open, EqualsItsTwoStepsAndChangesNothingTheSecondTime) {
  const cv::Mat mask = random_mask(40, 30, 0.8, 11);
  cv::Mat grey(30, 40, CV_16UC1);
  cv::theRNG().state = 5;
  cv::randu(grey, 0, 65536);
  for (const auto& image : {mask, grey}) {
    const Options options{{"radius", 1.5}};
    const Image first = run_on("erode", options, Image(image), "mask", "mask");
    const cv::Mat expected = run_on("dilate", options, first, "mask", "mask").pixels();
    const cv::Mat once = result_of(image, 1.5);
    EXPECT_TRUE(same_pixels(once, expected));
    EXPECT_FALSE(same_pixels(once, image));
    EXPECT_TRUE(same_pixels(result_of(once, 1.5), once));
    EXPECT_EQ(cv::countNonZero(once > image), 0);
  }
}

TEST(Open, RefusesLabels) { EXPECT_THROW(result_of(empty_labels(3, 3), 1.0), SampleError); }

}  // namespace
}  // namespace smear::test
