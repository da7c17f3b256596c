// SPDX-License-Identifier: Apache-2.0
// overlay: outlines are the inner boundaries of the objects in the colours of their classes, and
// everything else is the image.
#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <random>

#include "filters/io/recorded-outputs.h"

namespace smear::test {
namespace {

const cv::Vec3b kGreen{0x00, 0x9E, 0x73};
const cv::Vec3b kVermilion{0xD5, 0x5E, 0x00};
const cv::Vec3b kBlue{0x00, 0x72, 0xB2};

Options unsaved(Options options = {}) {
  options.emplace("to", std::string());
  return options;
}

Sample sample_of(const cv::Mat& image, const cv::Mat& labels) {
  Sample sample = sample_with("image", Image(image));
  sample.set("labels", Image(labels));
  return sample;
}

cv::Mat overlay(Sample& sample, const Options& options = {}) {
  run_stage("overlay", unsaved(options), sample);
  return sample.image("overlay").pixels();
}

/// Discs that touch each other and the edge, in no order.
cv::Mat discs(int width, int height) {
  cv::Mat labels = cv::Mat::zeros(height, width, CV_32SC1);
  std::mt19937 random(3);
  for (int label = 1; label <= 9; ++label) {
    const int cx = static_cast<int>(random() % static_cast<unsigned>(width));
    const int cy = static_cast<int>(random() % static_cast<unsigned>(height));
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        if ((x - cx) * (x - cx) + (y - cy) * (y - cy) < 90) labels.at<int>(y, x) = label;
  }
  return labels;
}

/// By definition: in layer t lies what has another label within t steps along the axes.
bool near_another(const cv::Mat& labels, int y, int x, int thickness) {
  for (int dy = -thickness; dy <= thickness; ++dy)
    for (int dx = -thickness; dx <= thickness; ++dx) {
      if (std::abs(dx) + std::abs(dy) > thickness) continue;
      if (y + dy < 0 || y + dy >= labels.rows || x + dx < 0 || x + dx >= labels.cols) continue;
      if (labels.at<int>(y + dy, x + dx) != labels.at<int>(y, x)) return true;
    }
  return false;
}

Table classes(const std::vector<std::int64_t>& labels, const std::vector<std::string>& names) {
  Table table;
  table.add("label", labels);
  table.add("class", names);
  return table;
}

TEST(Overlay, DrawsInnerBoundariesOfEveryThickness) {
  cv::Mat image(41, 53, CV_8UC3);
  cv::randu(image, 0, 255);
  const cv::Mat labels = discs(53, 41);
  for (const int thickness : {1, 2, 4}) {
    Sample sample = sample_of(image, labels);
    const cv::Mat result = overlay(sample, {{"thickness", std::int64_t{thickness}}});
    for (int y = 0; y < 41; ++y)
      for (int x = 0; x < 53; ++x) {
        const bool line = labels.at<int>(y, x) > 0 && near_another(labels, y, x, thickness);
        EXPECT_EQ(result.at<cv::Vec3b>(y, x), line ? kGreen : image.at<cv::Vec3b>(y, x))
            << x << "," << y << " thickness " << thickness;
      }
  }
}

TEST(Overlay, LeavesItsInputsAlone) {
  cv::Mat image(20, 20, CV_8UC3, cv::Scalar(9, 8, 7));
  cv::Mat labels = discs(20, 20);
  const cv::Mat image_before = image.clone();
  const cv::Mat labels_before = labels.clone();
  Sample sample = sample_of(image, labels);
  overlay(sample, {{"thickness", std::int64_t{3}}, {"numbers", true}, {"fill", 0.5}});
  EXPECT_EQ(cv::norm(image, image_before, cv::NORM_INF), 0.0);
  EXPECT_EQ(cv::norm(labels, labels_before, cv::NORM_INF), 0.0);
}

TEST(Overlay, FillsWithTheOpacityAskedFor) {
  const cv::Mat image(9, 9, CV_8UC3, cv::Scalar(100, 200, 50));
  cv::Mat labels = cv::Mat::zeros(9, 9, CV_32SC1);
  labels(cv::Rect(2, 2, 5, 5)) = 1;
  Sample sample = sample_of(image, labels);
  const cv::Mat result = overlay(sample, {{"fill", 0.25}});
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(result.at<cv::Vec3b>(4, 4)[c],
                0.75 * image.at<cv::Vec3b>(4, 4)[c] + 0.25 * kGreen[c], 1.0);
  EXPECT_EQ(result.at<cv::Vec3b>(2, 2), kGreen);
  EXPECT_EQ(result.at<cv::Vec3b>(0, 0), image.at<cv::Vec3b>(0, 0));
  EXPECT_EQ(overlay(sample, {{"fill", 1.0}}).at<cv::Vec3b>(4, 4), kGreen);
}

TEST(Overlay, ColoursByClass) {
  const cv::Mat labels = (cv::Mat_<int>(1, 9) << 1, 0, 2, 0, 3, 0, 4, 0, 5);
  Sample sample = sample_of(cv::Mat::zeros(1, 9, CV_8UC3), labels);
  // Rows in any order; label 5 has no row, label 7 no pixel.
  sample.set("objects",
             classes({3, 1, 2, 4, 7}, {"white-cell", "red-cell", "platelet", "", "red-cell"}));
  const cv::Mat result = overlay(sample, {{"colour", std::string("yellow")}});
  EXPECT_EQ(result.at<cv::Vec3b>(0, 0), kGreen);
  EXPECT_EQ(result.at<cv::Vec3b>(0, 2), kBlue);
  EXPECT_EQ(result.at<cv::Vec3b>(0, 4), kVermilion);
  const cv::Vec3b yellow{0xF0, 0xE4, 0x42};
  EXPECT_EQ(result.at<cv::Vec3b>(0, 6), yellow);
  EXPECT_EQ(result.at<cv::Vec3b>(0, 8), yellow);
}

TEST(Overlay, GivesAClassItsColourWhateverElseThereIs) {
  const auto colour_of = [](const std::vector<std::string>& names, int index) {
    cv::Mat labels = cv::Mat::zeros(1, 2 * static_cast<int>(names.size()), CV_32SC1);
    std::vector<std::int64_t> numbers;
    for (int i = 0; i < static_cast<int>(names.size()); ++i) {
      labels.at<int>(0, 2 * i) = i + 1;
      numbers.push_back(i + 1);
    }
    Sample sample = sample_of(cv::Mat::zeros(labels.size(), CV_8UC3), labels);
    sample.set("objects", classes(numbers, names));
    return overlay(sample).at<cv::Vec3b>(0, 2 * index);
  };
  EXPECT_EQ(colour_of({"blast"}, 0), colour_of({"red-cell", "atypical", "blast"}, 2));
  // Names that are not listed leave the listed ones' colours alone.
  for (const char* name : {"blast", "atypical", "smudge", "debris", "x"})
    for (const auto& taken : {kGreen, kVermilion, kBlue}) EXPECT_NE(colour_of({name}, 0), taken);
}

TEST(Overlay, ShowsGreyAsItIsAndDeepImagesStretched) {
  const cv::Mat none = cv::Mat::zeros(1, 3, CV_32SC1);
  Sample grey = sample_of((cv::Mat_<uchar>(1, 3) << 10, 20, 30), none);
  EXPECT_EQ(overlay(grey).at<cv::Vec3b>(0, 1), cv::Vec3b(20, 20, 20));
  Sample deep = sample_of((cv::Mat_<std::uint16_t>(1, 3) << 1000, 1100, 1500), none);
  EXPECT_EQ(overlay(deep).at<cv::Vec3b>(0, 0), cv::Vec3b(0, 0, 0));
  EXPECT_EQ(overlay(deep).at<cv::Vec3b>(0, 1), cv::Vec3b(51, 51, 51));
  EXPECT_EQ(overlay(deep).at<cv::Vec3b>(0, 2), cv::Vec3b(255, 255, 255));
  Sample real = sample_of((cv::Mat_<float>(1, 3) << -1, 0, 4), none);
  EXPECT_EQ(overlay(real).at<cv::Vec3b>(0, 1), cv::Vec3b(51, 51, 51));
  Sample flat = sample_of(cv::Mat(1, 3, CV_32FC1, cv::Scalar(7)), none);
  EXPECT_EQ(overlay(flat).at<cv::Vec3b>(0, 1), cv::Vec3b(0, 0, 0));
}

TEST(Overlay, EnlargesThePictureAndItsPixelSize) {
  Sample sample =
      sample_with("image", Image(cv::Mat(4, 5, CV_8UC3, cv::Scalar::all(80)), PixelSize{0.6, 0.3}));
  cv::Mat labels = cv::Mat::zeros(4, 5, CV_32SC1);
  labels.at<int>(2, 3) = 1;
  sample.set("labels", Image(labels));
  const cv::Mat result = overlay(sample, {{"scale", std::int64_t{3}}});
  EXPECT_EQ(result.size(), cv::Size(15, 12));
  EXPECT_NEAR(sample.image("overlay").pixel_size()->x_um, 0.2, 1e-12);
  EXPECT_NEAR(sample.image("overlay").pixel_size()->y_um, 0.1, 1e-12);
  // The pixel became a square of 3 whose middle is inside.
  EXPECT_EQ(result.at<cv::Vec3b>(6, 9), kGreen);
  EXPECT_EQ(result.at<cv::Vec3b>(8, 11), kGreen);
  EXPECT_EQ(result.at<cv::Vec3b>(7, 10), cv::Vec3b(80, 80, 80));
  EXPECT_EQ(result.at<cv::Vec3b>(5, 9), cv::Vec3b(80, 80, 80));
}

TEST(Overlay, WritesNumbersNearTheirObjectsOnly) {
  const cv::Mat image(60, 120, CV_8UC3, cv::Scalar::all(150));
  cv::Mat labels = cv::Mat::zeros(60, 120, CV_32SC1);
  labels(cv::Rect(5, 10, 40, 40)) = 1;
  Sample sample = sample_of(image, labels);
  const cv::Mat with = overlay(sample, {{"numbers", true}});
  const cv::Mat without = overlay(sample, {});
  cv::Mat changed;
  cv::absdiff(with, without, changed);
  const cv::Rect middle(15, 20, 20, 20);
  EXPECT_GT(cv::countNonZero(changed(middle).clone().reshape(1)), 20);
  changed(middle).setTo(0);
  EXPECT_EQ(cv::countNonZero(changed.reshape(1)), 0);
}

TEST(Overlay, TakesOddSizesAndNoObjects) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 9), cv::Size(9, 1)}) {
    const cv::Mat image(size, CV_8UC3, cv::Scalar::all(3));
    Sample empty = sample_of(image, cv::Mat::zeros(size, CV_32SC1));
    EXPECT_EQ(cv::norm(overlay(empty, {{"numbers", true}, {"fill", 1.0}}), image, cv::NORM_INF), 0);
    // An object that fills the image has no boundary in it.
    Sample full = sample_of(image, cv::Mat::ones(size, CV_32SC1));
    EXPECT_EQ(cv::norm(overlay(full), image, cv::NORM_INF), 0);
  }
  Sample negative =
      sample_of(cv::Mat::zeros(2, 2, CV_8UC3), cv::Mat(2, 2, CV_32SC1, cv::Scalar(-4)));
  negative.set("objects", classes({1}, {"red-cell"}));
  EXPECT_EQ(cv::norm(overlay(negative, {{"numbers", true}}), cv::NORM_INF), 0);
}

TEST(Overlay, SavesInTheFormatOfTheName) {
  Sample sample = sample_of(cv::Mat::zeros(8, 8, CV_8UC3), cv::Mat::zeros(8, 8, CV_32SC1));
  const auto jpeg = run_saving("overlay", {}, sample);
  EXPECT_EQ(jpeg.images.at(0).name_template, "overlays/{id}.jpg");
  EXPECT_EQ(jpeg.images.at(0).header.format, "JPEG");
  const auto png = run_saving("overlay", {{"to", std::string("{stem}.png")}}, sample);
  EXPECT_EQ(png.images.at(0).header.format, "PNG");
  EXPECT_TRUE(run_saving("overlay", {{"to", std::string()}}, sample).images.empty());
}

TEST(Overlay, RefusesWhatDoesNotFit) {
  Sample sizes = sample_of(cv::Mat::zeros(8, 8, CV_8UC3), cv::Mat::zeros(8, 9, CV_32SC1));
  EXPECT_THROW(overlay(sizes), SampleError);
  Sample large =
      sample_of(cv::Mat::zeros(1100, 1100, CV_8UC1), cv::Mat::zeros(1100, 1100, CV_32SC1));
  EXPECT_THROW(overlay(large, {{"scale", std::int64_t{16}}}), SampleError);
  Sample numbers =
      sample_of(cv::Mat::zeros(1, 1, CV_8UC1), cv::Mat(1, 1, CV_32SC1, cv::Scalar(2'000'000'000)));
  EXPECT_THROW(overlay(numbers, {{"numbers", true}}), SampleError);
  Sample not_text = sample_of(cv::Mat::zeros(1, 1, CV_8UC1), cv::Mat::zeros(1, 1, CV_32SC1));
  Table table;
  table.add("label", std::vector<std::int64_t>{1});
  table.add("class", std::vector<double>{1.0});
  not_text.set("objects", table);
  EXPECT_THROW(overlay(not_text), SampleError);
  EXPECT_THROW(make_stage("overlay", {{"to", std::string("{id}.gif")}}), ConfigError);
  EXPECT_THROW(make_stage("overlay", {{"classes", std::string("a,b,c,d,e,f,g,h")}}), ConfigError);
  EXPECT_THROW(make_stage("overlay", {{"fill", 1.5}}), ConfigError);
  EXPECT_THROW(make_stage("overlay", {{"scale", std::int64_t{0}}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
