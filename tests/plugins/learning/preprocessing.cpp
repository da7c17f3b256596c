// SPDX-License-Identifier: Apache-2.0
// Tests that images come into the model's size and back, and that the blank corner covers what it
// says.
#include "learning/preprocessing.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "fixtures.h"
#include "smear/errors.h"

namespace smear::learning {
namespace {

TEST(Preprocessing, ScalesAsPillowAndRefusesOtherTypes) {
  const Preprocessing preprocessing{32};
  EXPECT_EQ(fitted(test::Discs(1, 0, 0, 100).read(0), preprocessing).width(), 32);
  EXPECT_THROW((void)fitted(Image(cv::Mat(9, 9, CV_8UC1, cv::Scalar(1))), preprocessing),
               SampleError);
  EXPECT_EQ(Preprocessing::from_json(preprocessing.to_json()).size, 32);
}

TEST(Preprocessing, ComesBackFromTensorsExactly) {
  const Image image = test::Discs(1, 0).read(0);
  const Image back = to_image(to_tensor(image));
  EXPECT_EQ(cv::norm(image.pixels(), back.pixels(), cv::NORM_INF), 0.0);
}

TEST(Preprocessing, PutsImagesBesideEachOther) {
  const std::vector<Image> images{Image(cv::Mat(2, 3, CV_8UC3, cv::Scalar(1, 1, 1))),
                                  Image(cv::Mat(2, 3, CV_8UC3, cv::Scalar(2, 2, 2))),
                                  Image(cv::Mat(2, 3, CV_8UC3, cv::Scalar(3, 3, 3)))};
  const Image sheet = montage(images, 2);
  ASSERT_EQ(sheet.width(), 6);
  ASSERT_EQ(sheet.height(), 4);
  EXPECT_EQ(sheet.pixels().at<cv::Vec3b>(0, 3), cv::Vec3b(2, 2, 2));
  EXPECT_EQ(sheet.pixels().at<cv::Vec3b>(2, 0), cv::Vec3b(3, 3, 3));
  EXPECT_EQ(sheet.pixels().at<cv::Vec3b>(3, 5), cv::Vec3b(255, 255, 255));
}

TEST(Preprocessing, PaintsOverTheCornerAlone) {
  const Image image(cv::Mat(40, 60, CV_8UC3, cv::Scalar(1, 2, 3)));
  const Image blank = fitted(image, {.size = 20, .blank_corner = 0.25});
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 20; ++x)
      EXPECT_EQ(blank.pixels().at<cv::Vec3b>(y, x),
                x >= 15 && y >= 15 ? cv::Vec3b(128, 128, 128) : cv::Vec3b(1, 2, 3));
  const Image same(cv::Mat(20, 20, CV_8UC3, cv::Scalar(1, 2, 3)));
  (void)fitted(same, {.size = 20, .blank_corner = 0.25});
  EXPECT_EQ(same.pixels().at<cv::Vec3b>(19, 19), cv::Vec3b(1, 2, 3)) << "the input was painted";
}

TEST(Preprocessing, KnowsItsBlankCornerFromJson) {
  const Preprocessing with{.size = 64, .blank_corner = 0.15};
  EXPECT_EQ(Preprocessing::from_json(with.to_json()).blank_corner, 0.15);
  EXPECT_EQ(Preprocessing::from_json(Preprocessing{}.to_json()).blank_corner, 0.0);
  const Preprocessing beyond{.size = 64, .blank_corner = 7.0};
  EXPECT_THROW((void)Preprocessing::from_json(beyond.to_json()), PluginError);
}

}  // namespace
}  // namespace smear::learning
