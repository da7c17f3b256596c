// SPDX-License-Identifier: Apache-2.0
// remove-small: areas at the limits stay, of masks and of labels, and labels stay gapless.
#include <gtest/gtest.h>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

cv::Mat selected(const cv::Mat& objects, std::int64_t min_area, std::int64_t max_area,
                 std::int64_t connectivity = 8) {
  return run_on("remove-small",
                {{"min_area", min_area}, {"max_area", max_area}, {"connectivity", connectivity}},
                Image(objects), "mask", "mask")
      .pixels();
}

/// Bars of 1 to 9 pixels, one a row, in labels 1..9.
cv::Mat bars() {
  cv::Mat labels = empty_labels(12, 19);
  for (int n = 1; n <= 9; ++n) labels.row(2 * n).colRange(1, 1 + n).setTo(n);
  return labels;
}

TEST(RemoveSmall, KeepsAreasAtTheLimits) {
  const cv::Mat labels = bars();
  const cv::Mat expected = (labels >= 3) & (labels <= 6);
  EXPECT_TRUE(same_pixels(selected(labels > 0, 3, 6), expected));
  EXPECT_TRUE(same_pixels(selected(labels > 0, 3, 0), labels >= 3));
}

TEST(RemoveSmall, RenumbersLabelsInTheirOrder) {
  const cv::Mat labels = bars();
  cv::Mat expected = empty_labels(labels.cols, labels.rows);
  for (int n = 3; n <= 6; ++n) expected.setTo(n - 2, labels == n);
  EXPECT_TRUE(same_pixels(selected(labels, 3, 6), expected));
}

TEST(RemoveSmall, CountsALabelInTwoPiecesAsOneObject) {
  cv::Mat labels = empty_labels(9, 3);
  labels.at<int>(1, 1) = labels.at<int>(1, 7) = 4;
  EXPECT_EQ(cv::countNonZero(selected(labels, 2, 0)), 2);
  EXPECT_EQ(cv::countNonZero(selected(labels > 0, 2, 0)), 0);
}

TEST(RemoveSmall, ConnectivityDecidesWhatIsOneObject) {
  const cv::Mat diagonal = (cv::Mat_<uchar>(2, 2) << 255, 0, 0, 255);
  EXPECT_EQ(cv::countNonZero(selected(diagonal, 2, 0, 8)), 2);
  EXPECT_EQ(cv::countNonZero(selected(diagonal, 2, 0, 4)), 0);
}

TEST(RemoveSmall, RefusesCrossedLimitsAndImpossibleLabels) {
  EXPECT_THROW(
      make_stage("remove-small", {{"min_area", std::int64_t{9}}, {"max_area", std::int64_t{3}}}),
      ConfigError);
  EXPECT_THROW(selected((cv::Mat_<int>(1, 2) << -1, 1), 1, 0), SampleError);
  EXPECT_THROW(selected((cv::Mat_<int>(1, 2) << 2000000000, 1), 1, 0), SampleError);
  EXPECT_THROW(selected(cv::Mat::zeros(2, 2, CV_32FC1), 1, 0), SampleError);
}

}  // namespace
}  // namespace smear::test
