// SPDX-License-Identifier: Apache-2.0
// Files become the types of image that ImageJ makes of them.
#include "imagej/files/opener.h"

#include <gmock/gmock.h>
#include <opencv2/imgproc.hpp>

#include "core/codec/made-files.h"
#include "imagej/files/tiff.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class OpenerTest : public smear::test::CodecTest {};

cv::Mat grey() {
  cv::Mat pixels(16, 16, CV_8UC1);
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x)
      pixels.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(y * 16 + x);
  return pixels;
}

cv::Mat coloured(bool equal) {
  cv::Mat pixels;
  cv::merge(std::vector<cv::Mat>{grey(), grey(), equal ? grey() : 255 - grey()}, pixels);
  return pixels;
}

TEST_F(OpenerTest, JpegsOfGreysBecomeGrey) {
  codec::write_jpeg(path("grey.jpg"), Image(coloured(true)));
  codec::write_jpeg(path("colour.jpg"), Image(coloured(false)));
  EXPECT_EQ(open_image(path("grey.jpg")).type, ImageType::grey8);
  const ImagePlus colour = open_image(path("colour.jpg"));
  EXPECT_EQ(colour.type, ImageType::rgb);
  EXPECT_EQ(colour.title, "colour.jpg");
}

TEST_F(OpenerTest, PngsStayWhatTheyAre) {
  codec::write_png(path("grey.png"), Image(grey()));
  codec::write_png(path("colour.png"), Image(coloured(true)));
  EXPECT_EQ(open_image(path("grey.png")).type, ImageType::grey8);
  EXPECT_EQ(open_image(path("colour.png")).type, ImageType::rgb);
  cv::Mat deep;
  grey().convertTo(deep, CV_16U, 100);
  codec::write_png(path("deep.png"), Image(deep));
  const ImagePlus image = open_image(path("deep.png"));
  EXPECT_EQ(image.type, ImageType::grey16);
  EXPECT_EQ(image.range, (DisplayRange{0, 25500}));
}

TEST_F(OpenerTest, LooksAtNoPixelSize) {
  codec::write_png(path("sized.png"), Image(grey(), PixelSize{0.5, 0.5}));
  EXPECT_FALSE(open_image(path("sized.png")).calibration.scaled());
}

TEST_F(OpenerTest, FirstBytesDecide) {
  write_tiff(ImagePlus("x", grey()), path("really-a-tiff.png"));
  EXPECT_EQ(open_image(path("really-a-tiff.png")).title, "really-a-tiff.png");
  EXPECT_THAT([&] { open_image(put("text.tif", "no image")); },
              ThrowsMessage<SampleError>(HasSubstr("not a JPEG")));
}

}  // namespace
}  // namespace smear::imagej
