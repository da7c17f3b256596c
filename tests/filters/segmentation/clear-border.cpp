// SPDX-License-Identifier: Apache-2.0
// clear-border: objects with a pixel on any of the four edges go, and only they.
#include <gtest/gtest.h>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat cleared(const cv::Mat& objects) {
  return run_on("clear-border", {}, Image(objects), "mask", "mask").pixels();
}

TEST(ClearBorder, RemovesWhatTouchesAnyEdge) {
  cv::Mat inner = empty_mask(40, 30);
  inner(cv::Rect(1, 1, 4, 4)).setTo(255);
  inner(cv::Rect(35, 25, 4, 4)).setTo(255);
  for (const cv::Rect edge : {cv::Rect(0, 12, 3, 3), cv::Rect(37, 12, 3, 3), cv::Rect(15, 0, 3, 3),
                              cv::Rect(15, 27, 3, 3)}) {
    cv::Mat mask = inner.clone();
    mask(edge).setTo(255);
    EXPECT_TRUE(same_pixels(cleared(mask), inner)) << edge;
  }
}

TEST(ClearBorder, TreatsTouchingLabelsApart) {
  cv::Mat labels = empty_labels(20, 10);
  labels(cv::Rect(0, 2, 5, 5)).setTo(1);
  labels(cv::Rect(5, 2, 5, 5)).setTo(2);
  labels(cv::Rect(13, 2, 5, 5)).setTo(3);
  cv::Mat expected = empty_labels(20, 10);
  expected(cv::Rect(5, 2, 5, 5)).setTo(1);
  expected(cv::Rect(13, 2, 5, 5)).setTo(2);
  EXPECT_TRUE(same_pixels(cleared(labels), expected));
  EXPECT_EQ(cv::countNonZero(cleared(labels > 0)), 25);
}

TEST(ClearBorder, LeavesNothingOfAFullOrTinyMask) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(5, 2), cv::Size(9, 9)})
    EXPECT_EQ(cv::countNonZero(cleared(cv::Mat(size, CV_8UC1, cv::Scalar(255)))), 0);
}

TEST(ClearBorder, RefusesWhatHasNoObjects) {
  EXPECT_THROW(cleared(cv::Mat::zeros(3, 3, CV_8UC3)), SampleError);
}

}  // namespace
}  // namespace smear::test
