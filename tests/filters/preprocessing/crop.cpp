// SPDX-License-Identifier: Apache-2.0
// crop: the rectangle's pixels come out unchanged for every type, and rectangles that do not lie
// inside the image are refused.
#include <gtest/gtest.h>

#include <cstring>
#include <opencv2/core.hpp>

#include "harness/stages.h"

namespace smear::test {
namespace {

Options rectangle(std::int64_t x, std::int64_t y, std::int64_t width, std::int64_t height) {
  return {{"x", x}, {"y", y}, {"width", width}, {"height", height}};
}

TEST(Crop, CutsOutTheRectangleForEveryType) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1, CV_32SC1}) {
    cv::Mat pixels(9, 12, type);
    cv::randu(pixels, 0, 200);
    const Image result = run_on("crop", rectangle(2, 3, 10, 6), Image(pixels, PixelSize{0.1, 0.2}));
    ASSERT_EQ(result.pixels().size(), cv::Size(10, 6));
    ASSERT_EQ(result.pixels().type(), type);
    EXPECT_EQ(result.pixel_size(), (PixelSize{0.1, 0.2}));
    EXPECT_TRUE(result.pixels().isContinuous());
    const auto bytes = pixels.elemSize();
    for (int y = 0; y < 6; ++y)
      EXPECT_EQ(std::memcmp(result.pixels().ptr(y), pixels.ptr(y + 3) + 2 * bytes, 10 * bytes), 0);
  }
}

TEST(Crop, CentresWithTheSmallerMarginAtTheLeftAndTop) {
  cv::Mat pixels(5, 6, CV_8UC1);
  for (int i = 0; i < 30; ++i) pixels.at<uchar>(i / 6, i % 6) = static_cast<uchar>(i);
  const Options options{{"centred", true}, {"width", std::int64_t{3}}, {"height", std::int64_t{2}}};
  const Image result = run_on("crop", options, Image(pixels));
  EXPECT_EQ(result.pixels().at<uchar>(0, 0), 1 * 6 + 1);
  EXPECT_EQ(result.pixels().at<uchar>(1, 2), 2 * 6 + 3);
}

TEST(Crop, AcceptsTheWholeImageAndRefusesWhatIsOutside) {
  const Image image(cv::Mat::zeros(5, 6, CV_8UC1));
  EXPECT_EQ(run_on("crop", rectangle(0, 0, 6, 5), image).pixels().size(), cv::Size(6, 5));
  EXPECT_EQ(run_on("crop", rectangle(5, 4, 1, 1), image).pixels().size(), cv::Size(1, 1));
  EXPECT_THROW(run_on("crop", rectangle(1, 0, 6, 5), image), SampleError);
  EXPECT_THROW(run_on("crop", rectangle(0, 1, 6, 5), image), SampleError);
  EXPECT_THROW(run_on("crop", rectangle(1000000, 0, 1000000, 1), image), SampleError);
  const Options wide{{"centred", true}, {"width", std::int64_t{7}}, {"height", std::int64_t{1}}};
  EXPECT_THROW(run_on("crop", wide, image), SampleError);
}

TEST(Crop, RefusesAnEmptyRectangleAndAPlaceBesideCentred) {
  EXPECT_THROW(make_stage("crop", rectangle(0, 0, 0, 4)), ConfigError);
  EXPECT_THROW(make_stage("crop", rectangle(-1, 0, 4, 4)), ConfigError);
  Options both = rectangle(1, 0, 4, 4);
  both["centred"] = true;
  EXPECT_THROW(make_stage("crop", both), ConfigError);
}

}  // namespace
}  // namespace smear::test
