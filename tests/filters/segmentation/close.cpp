// SPDX-License-Identifier: Apache-2.0
// close: large gaps stay and what does not fit the element goes; it is idempotent and never takes a
// pixel away.
#include <gtest/gtest.h>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat result_of(const cv::Mat& image, double radius) {
  return run_on("close", {{"radius", radius}}, Image(image), "mask", "mask").pixels();
}

TEST(Close, FillsACrackAndKeepsAWideGap) {
  cv::Mat whole = empty_mask(60, 40);
  whole(cv::Rect(0, 0, 30, 40)).setTo(255);
  whole(cv::Rect(50, 0, 10, 40)).setTo(255);
  cv::Mat cracked = whole.clone();
  cracked.col(15).setTo(0);
  EXPECT_TRUE(same_pixels(result_of(cracked, 3), whole));
}

TEST(Close, EqualsItsTwoStepsAndChangesNothingTheSecondTime) {
  const cv::Mat mask = random_mask(40, 30, 0.2, 11);
  cv::Mat grey(30, 40, CV_16UC1);
  cv::theRNG().state = 5;
  cv::randu(grey, 0, 65536);
  for (const auto& image : {mask, grey}) {
    const Options options{{"radius", 1.5}};
    const Image first = run_on("dilate", options, Image(image), "mask", "mask");
    const cv::Mat expected = run_on("erode", options, first, "mask", "mask").pixels();
    const cv::Mat once = result_of(image, 1.5);
    EXPECT_TRUE(same_pixels(once, expected));
    EXPECT_FALSE(same_pixels(once, image));
    EXPECT_TRUE(same_pixels(result_of(once, 1.5), once));
    EXPECT_EQ(cv::countNonZero(once < image), 0);
  }
}

TEST(Close, RefusesLabels) { EXPECT_THROW(result_of(empty_labels(3, 3), 1.0), SampleError); }

}  // namespace
}  // namespace smear::test
