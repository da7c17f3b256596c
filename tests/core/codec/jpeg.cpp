// SPDX-License-Identifier: Apache-2.0
// JPEG files are read upright and whole, or refused; what is written can be read back.
#include <gmock/gmock.h>

#include "core/codec/made-files.h"

namespace smear::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class JpegTest : public CodecTest {};

/// Where the frame header's (SOF) payload begins: length, precision, height, width.
std::size_t frame_header(const std::string& bytes) {
  const auto baseline = bytes.find("\xFF\xC0");
  return baseline + 2;
}

TEST_F(JpegTest, ReadsColourAndGreyCloseToWhatWasStored) {
  const cv::Mat rgb = colours(50, 34);
  const Image image = read_bytes(jpeg(rgb));
  EXPECT_EQ(image.type(), PixelType::rgb8);
  EXPECT_LE(difference(image.pixels(), rgb), 4);
  EXPECT_FALSE(image.pixel_size());
  cv::Mat grey;
  cv::extractChannel(rgb, grey, 1);
  const Image read = read_bytes(jpeg(grey));
  EXPECT_EQ(read.type(), PixelType::grey8);
  EXPECT_LE(difference(read.pixels(), grey), 2);
  EXPECT_LE(difference(read_bytes(jpeg(rgb, {.stored = JCS_RGB})).pixels(), rgb), 2);
  EXPECT_LE(difference(read_bytes(jpeg(rgb, {.progressive = true})).pixels(), rgb), 4);
}

TEST_F(JpegTest, KeepsColourThatShowsOnlyGreys) {
  EXPECT_EQ(read_bytes(jpeg(cv::Mat(8, 8, CV_8UC3, cv::Scalar::all(90)))).type(), PixelType::rgb8);
}

TEST_F(JpegTest, AppliesEveryExifOrientation) {
  const cv::Mat rgb = colours(24, 16);
  const cv::Mat stored = read_bytes(jpeg(rgb)).pixels();
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (const bool big_endian : {false, true}) {
      const Image image = read_bytes(jpeg(rgb, {.exif = exif_block(orientation, big_endian)}));
      EXPECT_EQ(difference(image.pixels(), seen(stored, orientation)), 0) << orientation;
    }
  for (const int invalid : {0, 9, 200})
    EXPECT_EQ(difference(read_bytes(jpeg(rgb, {.exif = exif_block(invalid)})).pixels(), stored), 0);
  EXPECT_EQ(difference(read_bytes(jpeg(rgb, {.exif = "II*"})).pixels(), stored), 0);
}

TEST_F(JpegTest, RefusesInkColours) {
  const cv::Mat inks(8, 8, CV_8UC4, cv::Scalar::all(50));
  EXPECT_THAT(refusal_of(jpeg(inks)), HasSubstr("CMYK"));
  EXPECT_THAT(refusal_of(jpeg(inks, {.stored = JCS_YCCK})), HasSubstr("CMYK"));
}

TEST_F(JpegTest, RefusesAFileCutAnywhere) {
  for (const bool progressive : {false, true}) {
    const std::string whole = jpeg(colours(64, 48), {.progressive = progressive});
    for (std::size_t size = 3; size < whole.size() - 2; size += 1 + whole.size() / 60)
      EXPECT_THAT(refusal_of(whole.substr(0, size)), HasSubstr("JPEG is truncated")) << size;
    EXPECT_THAT(refusal_of(whole.substr(0, whole.size() - 3)), HasSubstr("truncated"));
  }
}

TEST_F(JpegTest, ReadsAnImageThatLacksItsEndMarkerOnly) {
  // Of many lengths, so that the last byte holds every number of padding bits, and is stuffed.
  for (int width = 1; width <= 64; ++width)
    for (const int restart : {0, 1}) {
      cv::Mat noise(9, width, CV_8UC3);
      cv::randu(noise, 0, 256);
      const std::string whole = jpeg(noise, {.restart_rows = restart});
      const cv::Mat pixels = read_bytes(whole).pixels();
      for (const std::size_t cut : {1U, 2U})
        EXPECT_EQ(difference(read_bytes(whole.substr(0, whole.size() - cut)).pixels(), pixels), 0)
            << width;
      for (std::size_t cut = 3; cut < 24; ++cut)
        EXPECT_THAT(refusal_of(whole.substr(0, whole.size() - cut)), HasSubstr("truncated"))
            << width << ' ' << cut;
    }
}

TEST_F(JpegTest, RefusesAnImageOfScansThatLacksItsEndMarker) {
  // A scan that would refine the image might be what is missing.
  const std::string whole = jpeg(colours(64, 48), {.progressive = true});
  for (const std::size_t cut : {1U, 2U})
    EXPECT_THAT(refusal_of(whole.substr(0, whole.size() - cut)), HasSubstr("truncated"));
  const auto last_scan = whole.rfind("\xFF\xDA");
  EXPECT_THAT(refusal_of(whole.substr(0, last_scan)), HasSubstr("truncated"));
}

TEST_F(JpegTest, RefusesDamageThatLibjpegOnlyWarnsOf) {
  std::string ends_early = jpeg(colours(64, 48));
  overwrite(ends_early, ends_early.size() / 2, "\xFF\xD9");
  EXPECT_THAT(refusal_of(ends_early), HasSubstr("cannot be decoded"));
  std::string stray = jpeg(colours(64, 48));
  stray.insert(stray.size() - 2, "0123456789");
  EXPECT_THAT(refusal_of(stray), HasSubstr("extraneous"));
}

TEST_F(JpegTest, IgnoresWhatFollowsTheImage) {
  EXPECT_EQ(refusal_of(jpeg(colours(9, 9)) + "trailing bytes"), "read");
}

TEST_F(JpegTest, TakesAPlausibleDensityOnly) {
  const cv::Mat rgb = colours(8, 8);
  const auto size = [&](int unit, int density) {
    return read_bytes(jpeg(rgb, {.density_unit = unit, .density = density})).pixel_size();
  };
  for (const int dpi : {1, 72, 96, 150, 300, 600, 1200, 2400}) EXPECT_FALSE(size(1, dpi)) << dpi;
  EXPECT_FALSE(size(0, 40000));
  EXPECT_EQ(size(2, 40000), (PixelSize{0.25, 0.25}));
  EXPECT_EQ(size(1, 50800), (PixelSize{0.5, 0.5}));
}

TEST_F(JpegTest, TakesAPlausibleExifResolutionWhereJfifHasNone) {
  const cv::Mat rgb = colours(8, 16);
  const auto size = [&](const std::string& exif, int density = 0) {
    return read_bytes(
               jpeg(rgb, {.density_unit = 2, .density = density == 0 ? 28 : density, .exif = exif}))
        .pixel_size();
  };
  EXPECT_EQ(size(exif_resolution(40000, 20000, 3)), (PixelSize{0.25, 0.5}));
  EXPECT_EQ(size(exif_resolution(400000, 200000, 3, 1, 10)), (PixelSize{0.25, 0.5}));
  EXPECT_EQ(size(exif_resolution(50800, 50800, 2)), (PixelSize{0.5, 0.5}));
  EXPECT_EQ(size(exif_resolution(50800, 50800, 0)), (PixelSize{0.5, 0.5}));
  EXPECT_EQ(size(exif_resolution(40000, 20000, 3, 6)), (PixelSize{0.5, 0.25}));
  EXPECT_EQ(size(exif_resolution(40000, 40000, 3), 10000), (PixelSize{1.0, 1.0}));
  for (const std::uint32_t dpi : {72U, 300U, 1200U})
    EXPECT_FALSE(size(exif_resolution(dpi, dpi, 2))) << dpi;
  EXPECT_FALSE(size(exif_resolution(40000, 0, 3)));
  EXPECT_FALSE(size(exif_resolution(40000, 40000, 1)));
  EXPECT_FALSE(size(exif_resolution(40000, 40000, 3, 1, 0)));
}

TEST_F(JpegTest, RefusesClaimsOfSizeAndDepthFromTheHeader) {
  std::string huge = jpeg(colours(8, 8));
  overwrite(huge, frame_header(huge) + 3, "\xFD\xE8\xFD\xE8");
  EXPECT_THAT(refusal_of(huge), StartsWith("the image claims 65000 x 65000 pixels, more than"));
  EXPECT_EQ(codec::peek(put("huge.jpg", huge)).width, 65000);
  std::string deep = jpeg(colours(8, 8));
  deep[frame_header(deep) + 2] = 12;
  EXPECT_THAT(refusal_of(deep), HasSubstr("precision 12"));
}

TEST_F(JpegTest, ObeysTheLimitOfPixels) {
  const std::string bytes = jpeg(colours(20, 10));
  EXPECT_EQ(refusal_of(bytes, {.max_pixels = 200}), "read");
  EXPECT_THAT(refusal_of(bytes, {.max_pixels = 199}), HasSubstr("(input: max_pixels)"));
}

TEST_F(JpegTest, PeeksAtTheHeader) {
  const auto header = codec::peek(put("a.jpg", jpeg(colours(31, 17))));
  EXPECT_EQ(header.width, 31);
  EXPECT_EQ(header.height, 17);
  EXPECT_EQ(header.channels, 3);
  EXPECT_EQ(header.bits, 8);
  EXPECT_EQ(header.pages, 1);
  EXPECT_EQ(header.format, "JPEG");
}

TEST_F(JpegTest, WritesWhatItReads) {
  const cv::Mat rgb = colours(40, 30);
  codec::write_jpeg(path("a.jpg"), Image(rgb, PixelSize{0.25, 0.5}), 100);
  const Image read = codec::read_image(path("a.jpg"));
  EXPECT_LE(difference(read.pixels(), rgb), 4);
  EXPECT_EQ(read.pixel_size(), (PixelSize{0.25, 0.5}));
  codec::write_jpeg(path("b.jpg"), Image(rgb, PixelSize{0.25, 0.5}), 100);
  EXPECT_EQ(bytes_of(path("a.jpg")), bytes_of(path("b.jpg")));
  codec::write_jpeg(path("c.jpg"), Image(rgb), 20);
  EXPECT_LT(bytes_of(path("c.jpg")).size(), bytes_of(path("a.jpg")).size());
}

TEST_F(JpegTest, RefusesToWriteWhatJpegCannotHold) {
  for (const int type : {CV_16UC1, CV_32FC1, CV_32SC1})
    EXPECT_THAT(
        refusal([&] { codec::write_jpeg(path("a.jpg"), Image(cv::Mat::ones(4, 4, type)), 90); }),
        HasSubstr(".tif"));
  const Image wide(cv::Mat::zeros(1, 65501, CV_8UC1));
  EXPECT_THAT(refusal([&] { codec::write_jpeg(path("a.jpg"), wide, 90); }), HasSubstr("65500"));
}

}  // namespace
}  // namespace smear::test
