// SPDX-License-Identifier: Apache-2.0
// Uncompressed BMPs are read exactly, bottom-up and top-down; the other kinds are refused.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/codec/made-files.h"

namespace smear::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class BmpTest : public CodecTest {};

struct BmpSpec {
  std::int64_t width = 2;
  std::int64_t height = 2;
  int bits = 24;
  int compression = 0;
  std::string palette = {};  ///< behind the header: colours, or masks
  std::string pixels = {};
  int pixels_per_metre = 0;
  int colours = 0;
  std::string longer_header = {};  ///< what a V4 header has beyond 40 bytes
};

std::string number(std::int64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

std::string bmp(const BmpSpec& s) {
  const auto header = 40 + static_cast<std::int64_t>(s.longer_header.size());
  const auto offset = 14 + header + static_cast<std::int64_t>(s.palette.size());
  return "BM" + number(offset + static_cast<std::int64_t>(s.pixels.size()), 4) + number(0, 4) +
         number(offset, 4) + number(header, 4) + number(s.width, 4) + number(s.height, 4) +
         number(1, 2) + number(s.bits, 2) + number(s.compression, 4) + number(0, 4) +
         number(s.pixels_per_metre, 4) + number(s.pixels_per_metre, 4) + number(s.colours, 4) +
         number(0, 4) + s.longer_header + s.palette + s.pixels;
}

std::string bytes(std::initializer_list<int> values) {
  std::string result;
  for (const int value : values) result.push_back(static_cast<char>(value));
  return result;
}

std::vector<int> values(const Image& image) {
  const cv::Mat flat = image.pixels().reshape(1);
  return {flat.begin<uchar>(), flat.end<uchar>()};
}

const std::string kTwoRows24 = bytes({3, 2, 1, 6, 5, 4, 0, 0, 13, 12, 11, 16, 15, 14, 0, 0});

TEST_F(BmpTest, Reads24BitsBottomUpAndTopDown) {
  EXPECT_EQ(values(read_bytes(bmp({.pixels = kTwoRows24}))),
            (std::vector<int>{11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(values(read_bytes(bmp({.height = -2, .pixels = kTwoRows24}))),
            (std::vector<int>{1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}));
}

TEST_F(BmpTest, ReadsPalettesOfEveryWidth) {
  const std::string two = bytes({3, 2, 1, 0, 6, 5, 4, 0});
  EXPECT_EQ(values(read_bytes(bmp({.width = 3,
                                   .height = 1,
                                   .bits = 1,
                                   .palette = two,
                                   .pixels = bytes({0b01000000, 0, 0, 0})}))),
            (std::vector<int>{1, 2, 3, 4, 5, 6, 1, 2, 3}));
  const BmpSpec four{.width = 3,
                     .height = 1,
                     .bits = 4,
                     .palette = two,
                     .pixels = bytes({0x10, 0x10, 0, 0}),
                     .colours = 2};
  EXPECT_EQ(values(read_bytes(bmp(four))), (std::vector<int>{4, 5, 6, 1, 2, 3, 4, 5, 6}));
  BmpSpec eight{.width = 3,
                .height = 1,
                .bits = 8,
                .palette = two,
                .pixels = bytes({1, 0, 1, 0}),
                .colours = 2};
  EXPECT_EQ(values(read_bytes(bmp(eight))), (std::vector<int>{4, 5, 6, 1, 2, 3, 4, 5, 6}));
  eight.pixels[1] = 2;
  EXPECT_THAT(refusal_of(bmp(eight)), HasSubstr("colour 2 of a palette of 2"));
  eight.pixels[1] = 0;
  eight.palette = bytes({9, 9, 9, 0, 7, 7, 7, 0});
  EXPECT_EQ(read_bytes(bmp(eight)).type(), PixelType::grey8);
  EXPECT_EQ(values(read_bytes(bmp(eight))), (std::vector<int>{7, 9, 7}));
  EXPECT_EQ(codec::peek(put("grey.bmp", bmp(eight))).channels, 1);
}

TEST_F(BmpTest, IgnoresTheReservedByteOf32BitsButNotAlpha) {
  BmpSpec spec{.width = 1, .height = 1, .bits = 32, .pixels = bytes({3, 2, 1, 0})};
  EXPECT_EQ(values(read_bytes(bmp(spec))), (std::vector<int>{1, 2, 3}));
  spec.compression = 3;
  spec.longer_header = number(0xFF0000, 4) + number(0xFF00, 4) + number(0xFF, 4) +
                       number(0xFF000000, 4) + std::string(52, '\0');
  EXPECT_THAT(refusal_of(bmp(spec)), HasSubstr("transparent"));
  spec.pixels[3] = '\xFF';
  EXPECT_EQ(values(read_bytes(bmp(spec))), (std::vector<int>{1, 2, 3}));
}

TEST_F(BmpTest, ReadsTheOldestHeader) {
  const std::string old = "BM" + number(0, 8) + number(26, 4) + number(12, 4) + number(2, 2) +
                          number(2, 2) + number(1, 2) + number(24, 2) + kTwoRows24;
  EXPECT_EQ(values(read_bytes(old)), (std::vector<int>{11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6}));
}

TEST_F(BmpTest, RefusesTheOtherKinds) {
  const std::string some(64, '\1');
  EXPECT_THAT(refusal_of(bmp({.bits = 8, .compression = 1, .palette = some, .pixels = some})),
              HasSubstr("compressed"));
  EXPECT_THAT(refusal_of(bmp({.bits = 4, .compression = 2, .palette = some, .pixels = some})),
              HasSubstr("compressed"));
  EXPECT_THAT(refusal_of(bmp({.bits = 24, .compression = 4, .pixels = some})),
              HasSubstr("compressed"));
  EXPECT_THAT(refusal_of(bmp({.bits = 16, .pixels = some})), HasSubstr("16 bits a pixel"));
  const std::string swapped = number(0xFF, 4) + number(0xFF00, 4) + number(0xFF0000, 4);
  EXPECT_THAT(refusal_of(bmp({.bits = 32, .compression = 3, .palette = swapped, .pixels = some})),
              HasSubstr("masks"));
  EXPECT_THAT(refusal_of("BMW is not an image, nor is this text of some length one of a picture"),
              HasSubstr("unknown header"));
}

TEST_F(BmpTest, RefusesMissingDataAndAbsurdClaims) {
  const std::string whole = bmp({.pixels = kTwoRows24});
  for (std::size_t size = 2; size < whole.size(); ++size)
    EXPECT_THAT(refusal_of(whole.substr(0, size)), HasSubstr("BMP")) << size;
  EXPECT_THAT(refusal_of(bmp({.width = 100000, .height = 100000, .pixels = kTwoRows24})),
              StartsWith("the image claims 100000 x 100000 pixels, more than"));
  EXPECT_THAT(refusal_of(bmp({.width = 10000, .height = -10000, .pixels = kTwoRows24})),
              HasSubstr("truncated"));
  EXPECT_THAT(refusal_of(bmp({.width = -5, .pixels = kTwoRows24})), HasSubstr("claims -5"));
  EXPECT_THAT(refusal_of(bmp({.height = 0, .pixels = kTwoRows24})), HasSubstr("claims 2 x 0"));
  EXPECT_NE(refusal_of(bmp({.height = INT32_MIN, .pixels = kTwoRows24})), "read");
}

TEST_F(BmpTest, RefusesPixelsInsideTheHeader) {
  const auto begins_at = [](std::string file, std::int64_t offset) {
    overwrite(file, 10, number(offset, 4));
    return refusal_of(file);
  };
  const std::string plain = bmp({.pixels = kTwoRows24});
  for (const int offset : {0, 14, 20, 53})
    EXPECT_EQ(
        begins_at(plain, offset),
        fmt::format("the BMP is damaged: its pixels would begin at byte {}, inside its header "
                    "of 54 bytes",
                    offset));
  EXPECT_EQ(begins_at(plain, 54), "read");
  const std::string masks = number(0xFF0000, 4) + number(0xFF00, 4) + number(0xFF, 4);
  const std::string masked = bmp({.width = 1,
                                  .height = 1,
                                  .bits = 32,
                                  .compression = 3,
                                  .palette = masks,
                                  .pixels = bytes({3, 2, 1, 0})});
  EXPECT_THAT(begins_at(masked, 65), HasSubstr("inside its header of 66 bytes"));
  EXPECT_EQ(begins_at(masked, 66), "read");
  const std::string with_alpha = bmp({.width = 1,
                                      .height = 1,
                                      .bits = 32,
                                      .compression = 6,
                                      .palette = masks + number(0xFF000000, 4),
                                      .pixels = bytes({3, 2, 1, 255})});
  EXPECT_THAT(begins_at(with_alpha, 69), HasSubstr("inside its header of 70 bytes"));
  EXPECT_EQ(begins_at(with_alpha, 70), "read");
  const std::string indexed = bmp({.width = 1,
                                   .height = 1,
                                   .bits = 8,
                                   .palette = bytes({1, 2, 3, 0, 4, 5, 6, 0}),
                                   .pixels = bytes({1, 0, 0, 0}),
                                   .colours = 2});
  EXPECT_THAT(begins_at(indexed, 61), HasSubstr("palette reaches into its pixels"));
  EXPECT_EQ(begins_at(indexed, 62), "read");
}

TEST_F(BmpTest, TakesAPlausiblePixelSize) {
  EXPECT_EQ(read_bytes(bmp({.pixels = kTwoRows24, .pixels_per_metre = 4'000'000})).pixel_size(),
            (PixelSize{0.25, 0.25}));
  EXPECT_FALSE(read_bytes(bmp({.pixels = kTwoRows24, .pixels_per_metre = 2835})).pixel_size());
}

TEST_F(BmpTest, PeeksAtTheHeader) {
  const auto header = codec::peek(put("a.bmp", bmp({.height = -2, .pixels = kTwoRows24})));
  EXPECT_EQ(header.width, 2);
  EXPECT_EQ(header.height, 2);
  EXPECT_EQ(header.channels, 3);
  EXPECT_EQ(header.bits, 8);
  EXPECT_EQ(header.format, "BMP");
}

}  // namespace
}  // namespace smear::test
