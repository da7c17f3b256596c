// SPDX-License-Identifier: Apache-2.0
// Every kind of PNG is read exactly or refused, and what is written can be read back.
#include <gmock/gmock.h>
#include <png.h>
#include <zlib.h>

#include "core/codec/made-files.h"

namespace smear::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PngTest : public CodecTest {};

using Rows = std::vector<std::vector<unsigned char>>;
using Tweak = std::function<void(png_structp, png_infop)>;

std::string png(int width, int bits, int colour_type, const Rows& rows, const Tweak& tweak = {},
                int interlace = PNG_INTERLACE_NONE) {
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &bytes,
      [](png_structp p, png_bytep data, size_t size) {
        static_cast<std::string*>(png_get_io_ptr(p))->append(reinterpret_cast<char*>(data), size);
      },
      nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(rows.size()),
               bits, colour_type, interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (tweak) tweak(png, info);
  png_write_info(png, info);
  std::vector<png_bytep> pointers;
  for (const auto& row : rows) pointers.push_back(const_cast<png_bytep>(row.data()));
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

Rows rows_of(const cv::Mat& pixels) {
  Rows rows;
  for (int y = 0; y < pixels.rows; ++y)
    rows.emplace_back(pixels.ptr(y),
                      pixels.ptr(y) + static_cast<std::size_t>(pixels.cols) * pixels.elemSize());
  return rows;
}

Tweak palette(std::vector<png_color> entries, std::vector<png_byte> alpha = {}) {
  return [entries, alpha](png_structp png, png_infop info) {
    png_set_PLTE(png, info, entries.data(), static_cast<int>(entries.size()));
    if (!alpha.empty())
      png_set_tRNS(png, info, alpha.data(), static_cast<int>(alpha.size()), nullptr);
  };
}

std::vector<int> values(const Image& image) {
  cv::Mat wide;
  image.pixels().reshape(1).convertTo(wide, CV_32S);
  return {wide.begin<int>(), wide.end<int>()};
}

TEST_F(PngTest, ExpandsFewBitsOfGreyToTheWholeRange) {
  const Image one = read_bytes(png(3, 1, PNG_COLOR_TYPE_GRAY, {{0b10100000}}));
  EXPECT_EQ(one.type(), PixelType::grey8);
  EXPECT_EQ(values(one), (std::vector<int>{255, 0, 255}));
  EXPECT_EQ(values(read_bytes(png(4, 2, PNG_COLOR_TYPE_GRAY, {{0b00011011}}))),
            (std::vector<int>{0, 85, 170, 255}));
  EXPECT_EQ(values(read_bytes(png(3, 4, PNG_COLOR_TYPE_GRAY, {{0x0F, 0x70}}))),
            (std::vector<int>{0, 255, 119}));
  EXPECT_EQ(values(read_bytes(png(2, 8, PNG_COLOR_TYPE_GRAY, {{7, 250}}))),
            (std::vector<int>{7, 250}));
}

TEST_F(PngTest, Reads16BitGrey) {
  const Image image = read_bytes(png(2, 16, PNG_COLOR_TYPE_GRAY, {{0x12, 0x34, 0xFF, 0x01}}));
  EXPECT_EQ(image.type(), PixelType::grey16);
  EXPECT_EQ(values(image), (std::vector<int>{0x1234, 0xFF01}));
}

TEST_F(PngTest, ReadsColourInRgbOrderAndInterlaced) {
  const cv::Mat rgb = colours(37, 23);
  for (const int interlace : {PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7}) {
    const Image image = read_bytes(png(37, 8, PNG_COLOR_TYPE_RGB, rows_of(rgb), {}, interlace));
    EXPECT_EQ(difference(image.pixels(), rgb), 0);
  }
}

TEST_F(PngTest, ExpandsPalettes) {
  const Rows indices{{0b00011011}};
  const Image colour = read_bytes(png(4, 2, PNG_COLOR_TYPE_PALETTE, indices,
                                      palette({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {9, 9, 9}})));
  EXPECT_EQ(colour.type(), PixelType::rgb8);
  EXPECT_EQ(values(colour), (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9}));
  const Image grey = read_bytes(png(4, 2, PNG_COLOR_TYPE_PALETTE, indices,
                                    palette({{9, 9, 9}, {4, 4, 4}, {7, 7, 7}, {0, 0, 0}})));
  EXPECT_EQ(grey.type(), PixelType::grey8);
  EXPECT_EQ(values(grey), (std::vector<int>{9, 4, 7, 0}));
}

TEST_F(PngTest, RefusesColoursBeyondThePalette) {
  const auto two = [](png_structp p, png_infop i) {
    palette({{250, 1, 2}, {3, 4, 5}})(p, i);
    png_set_check_for_invalid_index(p, 0);  // else libpng does not write it
  };
  for (const int interlace : {PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7}) {
    EXPECT_THAT(refusal_of(png(3, 8, PNG_COLOR_TYPE_PALETTE, {{0, 1, 200}}, two, interlace)),
                HasSubstr("pixel (2, 0) has colour 200 of a palette of 2"));
    EXPECT_EQ(refusal_of(png(3, 8, PNG_COLOR_TYPE_PALETTE, {{0, 1, 1}}, two, interlace)), "read");
  }
  EXPECT_THAT(refusal_of(png(4, 2, PNG_COLOR_TYPE_PALETTE, {{0b00010011}}, two)),
              HasSubstr("pixel (3, 0) has colour 3 of a palette of 2"));
  // Bits that pad a row are no pixels.
  EXPECT_EQ(values(read_bytes(png(1, 2, PNG_COLOR_TYPE_PALETTE, {{0b01111111}}, two))),
            (std::vector<int>{3, 4, 5}));
}

TEST_F(PngTest, DropsOpaqueAlphaAndRefusesTransparency) {
  EXPECT_EQ(values(read_bytes(png(1, 8, PNG_COLOR_TYPE_GA, {{7, 255}}))), std::vector<int>{7});
  EXPECT_THAT(refusal_of(png(1, 8, PNG_COLOR_TYPE_GA, {{7, 254}})), HasSubstr("transparent"));
  EXPECT_EQ(values(read_bytes(png(1, 8, PNG_COLOR_TYPE_RGBA, {{7, 8, 9, 255}}))),
            (std::vector<int>{7, 8, 9}));
  EXPECT_THAT(refusal_of(png(2, 8, PNG_COLOR_TYPE_RGBA, {{7, 8, 9, 255, 7, 8, 9, 0}})),
              HasSubstr("pixel (1, 0)"));
  const Image deep = read_bytes(png(1, 16, PNG_COLOR_TYPE_GA, {{1, 2, 255, 255}}));
  EXPECT_EQ(deep.type(), PixelType::grey16);
  EXPECT_EQ(values(deep), std::vector<int>{258});
  EXPECT_THAT(refusal_of(png(1, 16, PNG_COLOR_TYPE_GA, {{1, 2, 255, 254}})),
              HasSubstr("transparent"));
}

TEST_F(PngTest, TreatsTransparentColoursAsAlpha) {
  const auto key = [](png_structp png, png_infop info) {
    png_color_16 colour{0, 1, 2, 3, 0};
    png_set_tRNS(png, info, nullptr, 0, &colour);
  };
  EXPECT_EQ(values(read_bytes(png(1, 8, PNG_COLOR_TYPE_RGB, {{1, 2, 4}}, key))),
            (std::vector<int>{1, 2, 4}));
  EXPECT_THAT(refusal_of(png(1, 8, PNG_COLOR_TYPE_RGB, {{1, 2, 3}}, key)),
              HasSubstr("transparent"));
  const auto one_clear = palette({{1, 2, 3}, {4, 5, 6}}, {0});
  EXPECT_EQ(values(read_bytes(png(2, 8, PNG_COLOR_TYPE_PALETTE, {{1, 1}}, one_clear))),
            (std::vector<int>{4, 5, 6, 4, 5, 6}));
  EXPECT_THAT(refusal_of(png(2, 8, PNG_COLOR_TYPE_PALETTE, {{1, 0}}, one_clear)),
              HasSubstr("transparent"));
}

TEST_F(PngTest, Refuses16BitColour) {
  EXPECT_THAT(refusal_of(png(1, 16, PNG_COLOR_TYPE_RGB, {{1, 2, 3, 4, 5, 6}})),
              HasSubstr("convert it to 8-bit RGB"));
}

TEST_F(PngTest, TakesAPlausiblePixelSizeAndTurnsItWithTheImage) {
  const auto with = [](unsigned x, unsigned y, int unit, int orientation = 0) {
    return read_bytes(png(2, 8, PNG_COLOR_TYPE_GRAY, {{1, 2}}, [=](png_structp p, png_infop i) {
      png_set_pHYs(p, i, x, y, unit);
      std::string block = exif_block(orientation);
      if (orientation != 0)
        png_set_eXIf_1(p, i, static_cast<png_uint_32>(block.size()),
                       reinterpret_cast<png_bytep>(block.data()));
    }));
  };
  EXPECT_EQ(with(4'000'000, 2'000'000, PNG_RESOLUTION_METER).pixel_size(), (PixelSize{0.25, 0.5}));
  EXPECT_FALSE(with(2835, 2835, PNG_RESOLUTION_METER).pixel_size());
  EXPECT_FALSE(with(11811, 11811, PNG_RESOLUTION_METER).pixel_size());
  EXPECT_FALSE(with(4'000'000, 4'000'000, PNG_RESOLUTION_UNKNOWN).pixel_size());
  EXPECT_FALSE(with(0, 4'000'000, PNG_RESOLUTION_METER).pixel_size());
  const Image turned = with(4'000'000, 2'000'000, PNG_RESOLUTION_METER, 6);
  EXPECT_EQ(turned.pixel_size(), (PixelSize{0.5, 0.25}));
  EXPECT_EQ(turned.width(), 1);
  EXPECT_EQ(values(turned), (std::vector<int>{1, 2}));
}

TEST_F(PngTest, TakesAPlausibleExifResolutionWherePhysHasNone) {
  const auto size = [](std::string exif, unsigned per_metre) {
    return read_bytes(png(2, 8, PNG_COLOR_TYPE_GRAY, {{1, 2}},
                          [&](png_structp p, png_infop i) {
                            png_set_eXIf_1(p, i, static_cast<png_uint_32>(exif.size()),
                                           reinterpret_cast<png_bytep>(exif.data()));
                            if (per_metre != 0)
                              png_set_pHYs(p, i, per_metre, per_metre, PNG_RESOLUTION_METER);
                          }))
        .pixel_size();
  };
  EXPECT_EQ(size(exif_resolution(40000, 20000, 3), 0), (PixelSize{0.25, 0.5}));
  EXPECT_EQ(size(exif_resolution(40000, 20000, 3, 6), 2835), (PixelSize{0.5, 0.25}));
  EXPECT_EQ(size(exif_resolution(40000, 20000, 3), 1'000'000), (PixelSize{1.0, 1.0}));
  EXPECT_FALSE(size(exif_resolution(300, 300, 2), 0));
}

TEST_F(PngTest, RefusesAFileCutOrDamagedAnywhere) {
  const std::string whole = png(37, 8, PNG_COLOR_TYPE_RGB, rows_of(colours(37, 23)));
  for (std::size_t size = 8; size < whole.size(); size += 1 + whole.size() / 80)
    EXPECT_THAT(refusal_of(whole.substr(0, size)), HasSubstr("PNG is truncated")) << size;
  EXPECT_THAT(refusal_of(whole.substr(0, whole.size() - 1)), HasSubstr("truncated"));
  for (std::size_t at = 8; at < whole.size(); at += 1 + whole.size() / 80) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_NE(refusal_of(damaged), "read") << at;
  }
}

TEST_F(PngTest, RefusesAClaimOf100000SquareFromTheHeader) {
  std::string bytes = png(1, 8, PNG_COLOR_TYPE_GRAY, {{1}});
  overwrite(bytes, 16, std::string_view("\x00\x01\x86\xA0\x00\x01\x86\xA0", 8));
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(bytes.data()) + 12, 17);
  for (int i = 0; i < 4; ++i)
    bytes[29 + static_cast<std::size_t>(i)] = static_cast<char>(crc >> (24 - 8 * i));
  EXPECT_THAT(refusal_of(bytes), StartsWith("the image claims 100000 x 100000 pixels, more than "
                                            "the limit of 268435456 (input: max_pixels)"));
}

TEST_F(PngTest, PeeksAtTheHeader) {
  const auto header = codec::peek(
      put("a.png", png(4, 2, PNG_COLOR_TYPE_PALETTE, {{0}, {0}}, palette({{1, 2, 3}}))));
  EXPECT_EQ(header.width, 4);
  EXPECT_EQ(header.height, 2);
  EXPECT_EQ(header.channels, 3);
  EXPECT_EQ(header.bits, 2);
  EXPECT_EQ(header.format, "PNG");
  const auto grey = codec::peek(
      put("b.png", png(4, 2, PNG_COLOR_TYPE_PALETTE, {{0}, {0}}, palette({{3, 3, 3}}))));
  EXPECT_EQ(grey.channels, 1);
}

TEST_F(PngTest, WritesWhatItReads) {
  cv::Mat grey16(9, 13, CV_16UC1);
  cv::randu(grey16, 0, 65536);
  const cv::Mat wide = colours(40, 30);
  for (const cv::Mat& pixels :
       {wide, wide(cv::Rect(3, 2, 11, 7)), cv::Mat(5, 1, CV_8UC1, cv::Scalar(9)), grey16}) {
    codec::write_png(path("a.png"), Image(pixels, PixelSize{0.25, 0.5}));
    const Image read = codec::read_image(path("a.png"));
    EXPECT_EQ(difference(read.pixels(), pixels), 0);
    EXPECT_EQ(read.pixel_size(), (PixelSize{0.25, 0.5}));
    codec::write_png(path("b.png"), Image(pixels, PixelSize{0.25, 0.5}));
    EXPECT_EQ(bytes_of(path("a.png")), bytes_of(path("b.png")));
  }
}

TEST_F(PngTest, WritesLabelsAs16BitsUpTo65535) {
  cv::Mat labels = (cv::Mat_<int>(1, 3) << 0, 7, 65535);
  codec::write_png(path("a.png"), Image(labels));
  const Image read = codec::read_image(path("a.png"));
  EXPECT_EQ(read.type(), PixelType::grey16);
  EXPECT_EQ(values(read), (std::vector<int>{0, 7, 65535}));
  labels.at<int>(0, 2) = 65536;
  EXPECT_THAT(refusal([&] { codec::write_png(path("a.png"), Image(labels)); }),
              HasSubstr("up to 65535"));
  labels.at<int>(0, 2) = -1;
  EXPECT_THAT(refusal([&] { codec::write_png(path("a.png"), Image(labels)); }),
              HasSubstr("negative"));
  EXPECT_THAT(
      refusal([&] { codec::write_png(path("a.png"), Image(cv::Mat::ones(2, 2, CV_32FC1))); }),
      HasSubstr(".tif"));
}

}  // namespace
}  // namespace smear::test
