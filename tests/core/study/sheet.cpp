// SPDX-License-Identifier: Apache-2.0
// Contact sheets: where pictures stand, how they are scaled, and what is refused.
#include "study/sheet.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace smear::study {
namespace {

const cv::Vec3b white(255, 255, 255);
const cv::Vec3b grey(224, 224, 224);
const cv::Vec3b red(200, 10, 20);
const cv::Vec3b blue(10, 20, 200);

Image plain(int width, int height, const cv::Vec3b& colour) {
  return Image(cv::Mat(height, width, CV_8UC3, cv::Scalar(colour[0], colour[1], colour[2])));
}

int count(const Image& sheet, const cv::Vec3b& colour) {
  cv::Mat mask;
  const cv::Scalar value(colour[0], colour[1], colour[2]);
  cv::inRange(sheet.pixels(), value, value, mask);
  return cv::countNonZero(mask);
}

cv::Rect place(const Image& sheet, const cv::Vec3b& colour) {
  cv::Mat mask;
  const cv::Scalar value(colour[0], colour[1], colour[2]);
  cv::inRange(sheet.pixels(), value, value, mask);
  return cv::boundingRect(mask);
}

bool same(const Image& a, const Image& b) {
  return a.pixels().size() == b.pixels().size() && cv::norm(a.pixels(), b.pixels()) == 0.0;
}

TEST(Sheet, PicturesFillSquaresSideBySide) {
  const auto sheet = contact_sheet({{"", {plain(64, 64, red), plain(64, 64, red)}},
                                    {"", {plain(128, 128, blue), plain(128, 128, blue)}}},
                                   96);
  EXPECT_EQ(sheet.type(), PixelType::rgb8);
  EXPECT_EQ(count(sheet, red), 2 * 96 * 96);
  EXPECT_EQ(count(sheet, blue), 2 * 96 * 96);
  EXPECT_EQ(count(sheet, red) + count(sheet, blue) + count(sheet, white),
            sheet.width() * sheet.height());
  EXPECT_EQ(place(sheet, red).y, place(sheet, blue).y);
  EXPECT_LT(place(sheet, red).br().x, place(sheet, blue).x);
}

TEST(Sheet, ProportionsAreKept) {
  const auto sheet = contact_sheet({{"", {plain(60, 30, red)}}}, 96);
  EXPECT_EQ(place(sheet, red).size(), cv::Size(96, 48));
  EXPECT_EQ(count(sheet, grey), 96 * 48);
  EXPECT_EQ(place(contact_sheet({{"", {plain(1, 500, red)}}}, 96), red).size(), cv::Size(1, 96));
}

TEST(Sheet, AMissingPictureIsGreyAndAShorterColumnWhite) {
  const auto sheet =
      contact_sheet({{"", {Image(), plain(64, 64, red)}}, {"", {plain(64, 64, blue)}}}, 64);
  EXPECT_EQ(count(sheet, grey), 64 * 64);
  EXPECT_LT(place(sheet, grey).y, place(sheet, red).y);
  EXPECT_EQ(count(sheet, red), 64 * 64);
  EXPECT_EQ(count(sheet, blue), 64 * 64);
}

TEST(Sheet, EnlargingIsSmooth) {
  cv::Mat edge(8, 8, CV_8UC3, cv::Scalar(0, 0, 0));
  edge.colRange(4, 8).setTo(cv::Scalar(200, 200, 200));
  const auto sheet = contact_sheet({{"", {Image(edge)}}}, 64);
  // Repeated pixels would give black, 200 and white alone.
  int between = 0;
  for (int x = 0; x < sheet.width(); ++x) {
    const int value = sheet.pixels().at<cv::Vec3b>(sheet.height() / 2, x)[0];
    if (value > 20 && value < 180) ++between;
  }
  EXPECT_GE(between, 3);
}

TEST(Sheet, HeadingsStandAboveThePicturesOnTwoLinesAtMost) {
  const std::string many(400, 'w');
  const auto without = contact_sheet({{"", {plain(64, 64, red)}}}, 96);
  const auto one = contact_sheet({{"10", {plain(64, 64, red)}}}, 96);
  const auto two = contact_sheet({{"real malignant, held out", {plain(64, 64, red)}}}, 96);
  const auto shortened = contact_sheet({{many, {plain(64, 64, red)}}}, 96);
  EXPECT_LT(without.height(), one.height());
  EXPECT_LT(one.height(), two.height());
  EXPECT_EQ(two.height(), shortened.height());
  EXPECT_EQ(one.width(), shortened.width());
  for (const auto& sheet : {one, two, shortened}) {
    const auto square = place(sheet, red);
    EXPECT_EQ(square.size(), cv::Size(96, 96)) << "a heading is drawn into the picture";
    cv::Mat above = sheet.pixels().rowRange(0, square.y).reshape(1);
    double darkest = 0.0;
    cv::minMaxIdx(above, &darkest);
    EXPECT_LT(darkest, 150.0) << "there is no heading";
  }
}

TEST(Sheet, HeadingsOfAnotherAlphabetAreDrawn) {
  EXPECT_FALSE(same(contact_sheet({{"ß", {}}}, 96), contact_sheet({{" ", {}}}, 96)));
  EXPECT_TRUE(same(contact_sheet({{"2 × 3", {}}}, 96), contact_sheet({{"2 x 3", {}}}, 96)));
}

TEST(Sheet, IsTheSameEachTime) {
  const std::vector<SheetColumn> columns{{"temperature 10", {plain(64, 50, red), Image()}},
                                         {"1", {plain(200, 200, blue)}}};
  EXPECT_TRUE(same(contact_sheet(columns, 96), contact_sheet(columns, 96)));
}

TEST(Sheet, RefusesWhatItCannotShow) {
  EXPECT_THROW(contact_sheet({}, 96), std::invalid_argument);
  EXPECT_THROW(contact_sheet({{"a", {}}}, 15), std::invalid_argument);
  EXPECT_THROW(contact_sheet({{"a", {}}}, 1025), std::invalid_argument);
  EXPECT_THROW(contact_sheet({{"a", {Image(cv::Mat(4, 4, CV_8UC1, cv::Scalar(0)))}}}, 96),
               std::invalid_argument);
}

}  // namespace
}  // namespace smear::study
