// SPDX-License-Identifier: Apache-2.0
// mask-combine: the truth table of each operation, and masks that do not fit together.
#include <gtest/gtest.h>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat combined(const std::string& operation, const cv::Mat& mask, const cv::Mat& other) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("mask", Image(mask));
  sample.set("other", Image(other));
  run_stage("mask-combine", {{"operation", operation}}, sample);
  return sample.image("mask").pixels();
}

TEST(MaskCombine, FollowsTheTruthTable) {
  const cv::Mat a = (cv::Mat_<uchar>(1, 4) << 0, 0, 255, 255);
  const cv::Mat b = (cv::Mat_<uchar>(1, 4) << 0, 255, 0, 255);
  EXPECT_TRUE(same_pixels(combined("and", a, b), (cv::Mat_<uchar>(1, 4) << 0, 0, 0, 255)));
  EXPECT_TRUE(same_pixels(combined("or", a, b), (cv::Mat_<uchar>(1, 4) << 0, 255, 255, 255)));
  EXPECT_TRUE(same_pixels(combined("subtract", a, b), (cv::Mat_<uchar>(1, 4) << 0, 0, 255, 0)));
  EXPECT_TRUE(same_pixels(combined("xor", a, b), (cv::Mat_<uchar>(1, 4) << 0, 255, 255, 0)));
}

TEST(MaskCombine, RefusesOtherSizesAndTypes) {
  EXPECT_THROW(combined("and", empty_mask(3, 3), empty_mask(3, 4)), SampleError);
  EXPECT_THROW(combined("and", empty_mask(3, 3), empty_labels(3, 3)), SampleError);
}

}  // namespace
}  // namespace smear::test
