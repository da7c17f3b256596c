// SPDX-License-Identifier: Apache-2.0
// save-image: every kind of image goes into the format that the name asks for, and reads back.
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "filters/io/recorded-outputs.h"

namespace smear::test {
namespace {

TEST(SaveImage, SavesEveryKindOfImageThatTheFormatHolds) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1, CV_32SC1}) {
    cv::Mat pixels(5, 7, type);
    cv::randu(pixels, 0, 200);
    Sample sample = sample_with("image", Image(pixels, PixelSize{0.25, 0.25}));
    const auto outputs = run_saving("save-image", {{"to", "x/{id}.TIF"}}, sample);
    ASSERT_EQ(outputs.images.size(), 1U);
    EXPECT_EQ(outputs.images[0].name_template, "x/{id}.TIF");
    EXPECT_EQ(outputs.images[0].header.format, "TIFF");
    EXPECT_EQ(outputs.images[0].image.pixels().type(), type);
    EXPECT_EQ(cv::norm(outputs.images[0].image.pixels(), pixels, cv::NORM_INF), 0.0);
    EXPECT_EQ(outputs.images[0].image.pixel_size(), (PixelSize{0.25, 0.25}));
  }
}

TEST(SaveImage, SavesPngWithoutBeingTold) {
  Sample sample = sample_with("image", Image(cv::Mat::ones(3, 4, CV_8UC3)));
  const auto outputs = run_saving("save-image", {}, sample);
  EXPECT_EQ(outputs.images.at(0).name_template, "images/{id}.png");
  EXPECT_EQ(outputs.images.at(0).header.format, "PNG");
}

TEST(SaveImage, SavesJpegAtTheQualityAskedFor) {
  cv::Mat pixels(64, 64, CV_8UC3);
  cv::randu(pixels, 0, 255);
  Sample sample = sample_with("image", Image(pixels));
  const auto size = [&](std::int64_t quality) {
    const auto outputs =
        run_saving("save-image", {{"to", "{id}.jpg"}, {"quality", quality}}, sample);
    EXPECT_EQ(outputs.images.at(0).header.format, "JPEG");
    return outputs.images.at(0).size;
  };
  EXPECT_LT(size(20) * 2, size(95));
}

TEST(SaveImage, RefusesWhatTheFormatCannotHold) {
  Sample real = sample_with("image", Image(cv::Mat::ones(3, 4, CV_32FC1)));
  EXPECT_THROW(run_saving("save-image", {{"to", "{id}.png"}}, real), SampleError);
  EXPECT_THROW(run_saving("save-image", {{"to", "{id}.jpg"}}, real), SampleError);
}

TEST(SaveImage, RefusesOtherExtensionsQualitiesAndAnEmptySlot) {
  for (const char* to : {"{id}.gif", "{id}", "", "png"})
    EXPECT_THROW(make_stage("save-image", {{"to", std::string(to)}}), ConfigError) << to;
  EXPECT_THROW(make_stage("save-image", {{"quality", std::int64_t{0}}}), ConfigError);
  EXPECT_THROW(make_stage("save-image", {{"quality", std::int64_t{101}}}), ConfigError);
  Sample empty(SampleId{"image.png", 0});
  EXPECT_THROW(run_saving("save-image", {}, empty), SampleError);
}

}  // namespace
}  // namespace smear::test
