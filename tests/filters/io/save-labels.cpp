// SPDX-License-Identifier: Apache-2.0
// save-labels: object numbers are stored exactly, as 16-bit PNG or 32-bit TIFF.
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "filters/io/recorded-outputs.h"

namespace smear::test {
namespace {

TEST(SaveLabels, StoresNumbersIn16BitPng) {
  const cv::Mat labels = (cv::Mat_<int>(2, 2) << 0, 1, 300, 65535);
  Sample sample = sample_with("labels", Image(labels));
  const auto outputs = run_saving("save-labels", {}, sample);
  const auto& saved = outputs.images.at(0);
  EXPECT_EQ(saved.name_template, "labels/{id}.png");
  EXPECT_EQ(saved.header.format, "PNG");
  EXPECT_EQ(saved.header.bits, 16);
  const cv::Mat expected = (cv::Mat_<std::uint16_t>(2, 2) << 0, 1, 300, 65535);
  EXPECT_EQ(cv::norm(saved.image.pixels(), expected, cv::NORM_INF), 0.0);
}

TEST(SaveLabels, StoresMoreObjectsIn32BitTiffOnly) {
  const cv::Mat labels = (cv::Mat_<int>(1, 2) << 65536, 2'000'000'000);
  Sample sample = sample_with("labels", Image(labels));
  const auto outputs = run_saving("save-labels", {{"to", "{id}.tif"}}, sample);
  EXPECT_EQ(outputs.images.at(0).header.bits, 32);
  EXPECT_EQ(outputs.images.at(0).image.type(), PixelType::label32);
  EXPECT_EQ(cv::norm(outputs.images.at(0).image.pixels(), labels, cv::NORM_INF), 0.0);
  EXPECT_THROW(run_saving("save-labels", {}, sample), SampleError);
}

TEST(SaveLabels, StoresAnImageWithoutObjects) {
  Sample sample = sample_with("labels", Image(cv::Mat::zeros(1, 1, CV_32SC1)));
  const auto outputs = run_saving("save-labels", {}, sample);
  EXPECT_EQ(outputs.images.at(0).image.pixels().at<std::uint16_t>(0, 0), 0);
}

TEST(SaveLabels, RefusesJpegAndOtherExtensions) {
  for (const char* to : {"{id}.jpg", "{id}.bmp", "{id}"})
    EXPECT_THROW(make_stage("save-labels", {{"to", std::string(to)}}), ConfigError) << to;
}

}  // namespace
}  // namespace smear::test
