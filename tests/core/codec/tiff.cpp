// SPDX-License-Identifier: Apache-2.0
// Every kind of TIFF is read exactly, by page where it has several, or refused; what is written
// can be read back.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <tiffio.h>

#include "core/codec/made-files.h"

namespace smear::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Tweak = std::function<void(TIFF*)>;

struct TiffSpec {
  int bits = 8;
  int samples = 1;
  int photometric = PHOTOMETRIC_MINISBLACK;
  int compression = COMPRESSION_NONE;
  Tweak tweak = {};
};

void set_tags(TIFF* tiff, std::uint32_t width, std::uint32_t height, const TiffSpec& spec) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, spec.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, spec.samples);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, spec.photometric);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, spec.compression);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 5);
  if (spec.tweak) spec.tweak(tiff);
}

class TiffTest : public CodecTest {
 protected:
  /// A file of strips; one page for each matrix, whose rows are stored as they are.
  [[nodiscard]] std::string tiff(const std::vector<cv::Mat>& pages, const TiffSpec& spec,
                                 std::uint32_t width = 0, const char* mode = "w") const {
    TIFF* file = TIFFOpen(path("made.tif").c_str(), mode);
    for (const cv::Mat& page : pages) {
      set_tags(file, width == 0 ? static_cast<std::uint32_t>(page.cols) : width,
               static_cast<std::uint32_t>(page.rows), spec);
      for (int y = 0; y < page.rows; ++y) {
        cv::Mat row = page.row(y).clone();
        TIFFWriteScanline(file, row.data, static_cast<std::uint32_t>(y), 0);
      }
      TIFFWriteDirectory(file);
    }
    TIFFClose(file);
    return bytes_of(path("made.tif"));
  }
  [[nodiscard]] std::string tiff(const cv::Mat& page, const TiffSpec& spec,
                                 const char* mode = "w") const {
    return tiff(std::vector{page}, spec, 0, mode);
  }

  [[nodiscard]] std::string tiled(const cv::Mat& pixels, const TiffSpec& spec) const {
    constexpr int kSide = 16;
    TIFF* file = TIFFOpen(path("made.tif").c_str(), "w");
    set_tags(file, static_cast<std::uint32_t>(pixels.cols), static_cast<std::uint32_t>(pixels.rows),
             spec);
    TIFFSetField(file, TIFFTAG_TILEWIDTH, kSide);
    TIFFSetField(file, TIFFTAG_TILELENGTH, kSide);
    cv::Mat padded;
    cv::copyMakeBorder(pixels, padded, 0, kSide, 0, kSide, cv::BORDER_REPLICATE);
    for (int y = 0; y < pixels.rows; y += kSide)
      for (int x = 0; x < pixels.cols; x += kSide) {
        cv::Mat tile = padded(cv::Rect(x, y, kSide, kSide)).clone();
        TIFFWriteTile(file, tile.data, static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y),
                      0, 0);
      }
    TIFFClose(file);
    return bytes_of(path("made.tif"));
  }
};

const TiffSpec kRgb{.samples = 3, .photometric = PHOTOMETRIC_RGB};

cv::Mat bytes_row(std::initializer_list<uchar> values) {
  return cv::Mat(std::vector<uchar>(values), true).reshape(1, 1);
}

std::vector<int> values(const Image& image) {
  cv::Mat wide;
  image.pixels().reshape(1).convertTo(wide, CV_32S);
  return {wide.begin<int>(), wide.end<int>()};
}

/// A hand-made little-endian TIFF of one directory, whose entries are (tag, type, count, value).
std::string directory(const std::vector<std::array<std::uint32_t, 4>>& entries,
                      std::uint32_t next = 0) {
  std::string bytes("II*\0\x08\0\0\0", 8);
  const auto put = [&](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  };
  put(static_cast<std::uint32_t>(entries.size()), 2);
  for (const auto& [tag, type, count, value] : entries) {
    put(tag, 2);
    put(type, 2);
    put(count, 4);
    put(value, 4);
  }
  put(next, 4);
  bytes.append(64, '\x40');
  return bytes;
}

std::vector<std::array<std::uint32_t, 4>> grey_entries(std::uint32_t width, std::uint32_t height) {
  return {{256, 4, 1, width}, {257, 4, 1, height}, {258, 3, 1, 8},
          {259, 3, 1, 1},     {262, 3, 1, 1},      {273, 4, 1, 122},
          {277, 3, 1, 1},     {278, 4, 1, height}, {279, 4, 1, 4}};
}

TEST_F(TiffTest, ReadsEveryCompressionInStripsAndTiles) {
  const cv::Mat rgb = colours(41, 23);
  cv::Mat grey;
  cv::extractChannel(rgb, grey, 0);
  for (const int compression :
       {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS}) {
    TiffSpec colour = kRgb;
    colour.compression = compression;
    EXPECT_EQ(difference(read_bytes(tiff(rgb, colour)).pixels(), rgb), 0) << compression;
    EXPECT_EQ(difference(read_bytes(tiled(rgb, colour)).pixels(), rgb), 0) << compression;
    const TiffSpec plain{.compression = compression};
    EXPECT_EQ(difference(read_bytes(tiff(grey, plain)).pixels(), grey), 0) << compression;
    EXPECT_EQ(difference(read_bytes(tiled(grey, plain)).pixels(), grey), 0) << compression;
  }
}

TEST_F(TiffTest, ReadsDeflateUnderItsOldNumber) {
  const cv::Mat rgb = colours(41, 23);
  TiffSpec spec = kRgb;
  spec.compression = COMPRESSION_ADOBE_DEFLATE;
  std::string bytes = tiff(rgb, spec, "wl");
  const std::string tag("\x03\x01\x03\0\x01\0\0\0", 8);
  ASSERT_NE(bytes.find(tag), std::string::npos);
  overwrite(bytes, bytes.find(tag) + tag.size(), "\xB2\x80");  // 32946
  EXPECT_EQ(difference(read_bytes(bytes).pixels(), rgb), 0);
}

TEST_F(TiffTest, ReadsEveryKindOfNumber) {
  cv::Mat grey16(7, 9, CV_16UC1);
  cv::randu(grey16, 0, 65536);
  cv::Mat real(7, 9, CV_32FC1);
  cv::randu(real, -5, 5);
  cv::Mat labels(7, 9, CV_32SC1);
  cv::randu(labels, 0, 1 << 30);
  const auto format = [](int f) {
    return [f](TIFF* t) { TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, f); };
  };
  for (const char* mode : {"w", "wb", "wl", "w8"}) {
    EXPECT_EQ(difference(read_bytes(tiff(grey16, {.bits = 16}, mode)).pixels(), grey16), 0);
    EXPECT_EQ(
        difference(read_bytes(tiff(real, {.bits = 32, .tweak = format(SAMPLEFORMAT_IEEEFP)}, mode))
                       .pixels(),
                   real),
        0);
    for (const int kind : {SAMPLEFORMAT_UINT, SAMPLEFORMAT_INT})
      EXPECT_EQ(
          difference(read_bytes(tiff(labels, {.bits = 32, .tweak = format(kind)}, mode)).pixels(),
                     labels),
          0);
  }
  cv::Mat precise;
  real.convertTo(precise, CV_64F);
  EXPECT_EQ(
      difference(
          read_bytes(tiff(precise, {.bits = 64, .tweak = format(SAMPLEFORMAT_IEEEFP)})).pixels(),
          real),
      0);
}

TEST_F(TiffTest, RefusesNumbersThatNoSlotHolds) {
  const auto refused = [&](const cv::Mat& pixels, int bits, int format) {
    return refusal_of(tiff(pixels, {.bits = bits, .tweak = [format](TIFF* t) {
                                      TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, format);
                                    }}));
  };
  const cv::Mat ones32 = cv::Mat::ones(2, 2, CV_32FC1);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    cv::Mat real = ones32.clone();
    real.at<float>(1, 0) = bad;
    EXPECT_THAT(refused(real, 32, SAMPLEFORMAT_IEEEFP), HasSubstr("not finite"));
  }
  EXPECT_THAT(refused(cv::Mat(2, 2, CV_64FC1, cv::Scalar(1e300)), 64, SAMPLEFORMAT_IEEEFP),
              HasSubstr("not finite"));
  EXPECT_THAT(refused(cv::Mat(2, 2, CV_32SC1, cv::Scalar(-3)), 32, SAMPLEFORMAT_INT),
              HasSubstr("negative"));
  EXPECT_THAT(refused(cv::Mat(2, 2, CV_32SC1, cv::Scalar(-3)), 32, SAMPLEFORMAT_UINT),
              HasSubstr("above 2147483647"));
  EXPECT_THAT(refused(cv::Mat::ones(2, 2, CV_8UC1), 8, SAMPLEFORMAT_INT), HasSubstr("signed"));
  EXPECT_THAT(refused(cv::Mat::ones(2, 2, CV_16UC1), 16, SAMPLEFORMAT_INT), HasSubstr("signed"));
  EXPECT_THAT(refusal_of(tiff({bytes_row({1, 2, 3})}, {.bits = 12}, 2)), HasSubstr("12-bit"));
}

TEST_F(TiffTest, ReadsBothSensesOfGreyAndFewBits) {
  EXPECT_EQ(
      values(read_bytes(tiff(bytes_row({0, 10, 255}), {.photometric = PHOTOMETRIC_MINISWHITE}))),
      (std::vector<int>{255, 245, 0}));
  const cv::Mat deep(1, 1, CV_16UC1, cv::Scalar(1000));
  EXPECT_EQ(values(read_bytes(tiff(deep, {.bits = 16, .photometric = PHOTOMETRIC_MINISWHITE}))),
            std::vector<int>{64535});
  const cv::Mat bits = bytes_row({0b00011011});
  EXPECT_EQ(values(read_bytes(tiff({bits}, {.bits = 1}, 8))),
            (std::vector<int>{0, 0, 0, 255, 255, 0, 255, 255}));
  EXPECT_EQ(values(read_bytes(tiff({bits}, {.bits = 1, .photometric = PHOTOMETRIC_MINISWHITE}, 3))),
            (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(values(read_bytes(tiff({bits}, {.bits = 2}, 4))), (std::vector<int>{0, 85, 170, 255}));
  EXPECT_EQ(values(read_bytes(tiff({bits}, {.bits = 4}, 2))), (std::vector<int>{17, 187}));
}

TEST_F(TiffTest, ExpandsPalettesOf16And8BitEntries) {
  for (const int unit : {257, 1}) {
    std::vector<std::uint16_t> red(256);
    std::vector<std::uint16_t> green(256);
    std::vector<std::uint16_t> blue(256);
    for (int i = 0; i < 256; ++i) {
      red[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(i * unit);
      green[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>((255 - i) * unit);
      blue[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(i / 2 * unit);
    }
    const auto map = [&](TIFF* t) {
      TIFFSetField(t, TIFFTAG_COLORMAP, red.data(), green.data(), blue.data());
    };
    const Image image =
        read_bytes(tiff(bytes_row({0, 200}), {.photometric = PHOTOMETRIC_PALETTE, .tweak = map}));
    EXPECT_EQ(image.type(), PixelType::rgb8);
    EXPECT_EQ(values(image), (std::vector<int>{0, 255, 0, 200, 55, 100}));
    const auto grey_map = [&](TIFF* t) {
      TIFFSetField(t, TIFFTAG_COLORMAP, red.data(), red.data(), red.data());
    };
    const Image grey = read_bytes(
        tiff(bytes_row({0, 200}), {.photometric = PHOTOMETRIC_PALETTE, .tweak = grey_map}));
    EXPECT_EQ(grey.type(), PixelType::grey8);
    EXPECT_EQ(values(grey), (std::vector<int>{0, 200}));
    EXPECT_EQ(codec::peek(path("made.tif")).channels, 1);
  }
}

TEST_F(TiffTest, ReadsSeparatePlanes) {
  const cv::Mat rgb = colours(11, 7);
  std::vector<cv::Mat> planes;
  cv::split(rgb, planes);
  TIFF* file = TIFFOpen(path("planes.tif").c_str(), "w");
  set_tags(file, 11, 7, kRgb);
  TIFFSetField(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_SEPARATE);
  for (std::uint16_t c = 0; c < 3; ++c)
    for (int y = 0; y < 7; ++y)
      TIFFWriteScanline(file, planes[c].ptr(y), static_cast<std::uint32_t>(y), c);
  TIFFClose(file);
  EXPECT_EQ(difference(codec::read_image(path("planes.tif")).pixels(), rgb), 0);
}

TEST_F(TiffTest, ReadsJpegCompressedColourAndRefusesItTruncated) {
  const cv::Mat rgb = colours(48, 32);
  const TiffSpec spec{.samples = 3,
                      .photometric = PHOTOMETRIC_YCBCR,
                      .compression = COMPRESSION_JPEG,
                      .tweak = [](TIFF* t) {
                        TIFFSetField(t, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
                        TIFFSetField(t, TIFFTAG_JPEGQUALITY, 100);
                        TIFFSetField(t, TIFFTAG_YCBCRSUBSAMPLING, 1, 1);
                        TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 32);
                      }};
  std::string bytes = tiff(rgb, spec);
  EXPECT_LE(difference(read_bytes(bytes).pixels(), rgb), 5);
  // An end marker in the middle of the only strip.
  overwrite(bytes, bytes.size() / 2 - 200, "\xFF\xD9");
  EXPECT_THAT(refusal_of(bytes), HasSubstr("TIFF cannot be read"));
}

TEST_F(TiffTest, DropsOpaqueAlphaAndRefusesTransparency) {
  TiffSpec spec{.samples = 4, .photometric = PHOTOMETRIC_RGB};
  for (std::uint16_t kind :
       std::array<std::uint16_t, 2>{EXTRASAMPLE_ASSOCALPHA, EXTRASAMPLE_UNASSALPHA}) {
    spec.tweak = [&](TIFF* t) { TIFFSetField(t, TIFFTAG_EXTRASAMPLES, 1, &kind); };
    const cv::Mat opaque(3, 3, CV_8UC4, cv::Scalar(1, 2, 3, 255));
    EXPECT_EQ(difference(read_bytes(tiff(opaque, spec)).pixels(),
                         cv::Mat(3, 3, CV_8UC3, cv::Scalar(1, 2, 3))),
              0);
    const cv::Mat clear(3, 3, CV_8UC4, cv::Scalar(1, 2, 3, 200));
    EXPECT_THAT(refusal_of(tiff(clear, spec)), HasSubstr("transparent"));
  }
}

TEST_F(TiffTest, RefusesWhatItWouldReadWrong) {
  EXPECT_THAT(refusal_of(tiff(cv::Mat::ones(2, 2, CV_16UC3),
                              {.bits = 16, .samples = 3, .photometric = PHOTOMETRIC_RGB})),
              HasSubstr("convert it to 8-bit RGB"));
  EXPECT_THAT(refusal_of(tiff(cv::Mat(2, 2, CV_8UC4, cv::Scalar::all(1)),
                              {.samples = 4, .photometric = PHOTOMETRIC_SEPARATED})),
              HasSubstr("CMYK"));
  EXPECT_THAT(refusal_of(tiff(cv::Mat(2, 2, CV_8UC3, cv::Scalar::all(1)),
                              {.samples = 3, .photometric = PHOTOMETRIC_CIELAB})),
              HasSubstr("Lab"));
  EXPECT_THAT(refusal_of(tiff(cv::Mat(2, 2, CV_8UC3, cv::Scalar::all(1)), {.samples = 3})),
              HasSubstr("3 channels"));
  EXPECT_THAT(
      refusal_of(tiff({bytes_row({0xAA})}, {.bits = 1, .compression = COMPRESSION_CCITTFAX4}, 8)),
      HasSubstr("LZW"));
}

TEST_F(TiffTest, AppliesEveryOrientation) {
  const cv::Mat rgb = colours(7, 5);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    TiffSpec spec = kRgb;
    spec.tweak = [=](TIFF* t) { TIFFSetField(t, TIFFTAG_ORIENTATION, orientation); };
    EXPECT_EQ(difference(read_bytes(tiff(rgb, spec)).pixels(), seen(rgb, orientation)), 0)
        << orientation;
  }
}

TEST_F(TiffTest, TakesThePixelSizeFromResolutionOrImageJ) {
  const auto size = [&](int unit, double x, double y, const char* text = nullptr) {
    return read_bytes(tiff(bytes_row({1, 2}), {.tweak =
                                                   [&](TIFF* t) {
                                                     TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, unit);
                                                     TIFFSetField(t, TIFFTAG_XRESOLUTION, x);
                                                     TIFFSetField(t, TIFFTAG_YRESOLUTION, y);
                                                     if (text != nullptr)
                                                       TIFFSetField(t, TIFFTAG_IMAGEDESCRIPTION,
                                                                    text);
                                                   }}))
        .pixel_size();
  };
  EXPECT_EQ(size(RESUNIT_CENTIMETER, 40000, 20000), (PixelSize{0.25, 0.5}));
  EXPECT_EQ(size(RESUNIT_INCH, 50800, 25400), (PixelSize{0.5, 1.0}));
  for (const double dpi : {72.0, 96.0, 300.0, 600.0, 1200.0})
    EXPECT_FALSE(size(RESUNIT_INCH, dpi, dpi)) << dpi;
  EXPECT_FALSE(size(RESUNIT_NONE, 40000, 40000));
  for (const char* unit : {"micron", "um", "\\u00B5m", "\xC2\xB5m", "\xB5m"}) {
    const std::string text = std::string("ImageJ=1.53t\nunit=") + unit + "\nmin=0\n";
    EXPECT_EQ(size(RESUNIT_NONE, 4, 2, text.c_str()), (PixelSize{0.25, 0.5})) << unit;
  }
  EXPECT_EQ(size(RESUNIT_NONE, 0.05, 0.05, "ImageJ=1.53t\nunit=micron\n")->x_um,
            1.0 / static_cast<double>(0.05F));
  EXPECT_FALSE(size(RESUNIT_NONE, 4, 2, "ImageJ=1.53t\nunit=pixel\n"));
  EXPECT_FALSE(size(RESUNIT_NONE, 4, 2, "unit=micron\n"));
  EXPECT_FALSE(size(RESUNIT_CENTIMETER, 0, 40000));
}

TEST_F(TiffTest, RefusesSeveralPagesUnlessOneIsAskedFor) {
  const cv::Mat first(4, 6, CV_8UC1, cv::Scalar(1));
  const cv::Mat second(5, 3, CV_8UC1, cv::Scalar(2));
  const std::string bytes = tiff(std::vector{first, second, first}, {});
  EXPECT_THAT(refusal_of(bytes), HasSubstr("3 pages; set `input: {pages: each}`"));
  EXPECT_EQ(difference(read_bytes(bytes, {.page = 1}).pixels(), first), 0);
  EXPECT_EQ(difference(read_bytes(bytes, {.page = 2}).pixels(), second), 0);
  EXPECT_THAT(refusal_of(bytes, {.page = 4}), HasSubstr("no page 4: it holds 3"));
  EXPECT_EQ(codec::peek(put("a.tif", bytes)).pages, 3);
  EXPECT_EQ(codec::peek(path("a.tif")).width, 6);
  EXPECT_EQ(codec::peek(path("a.tif"), 2).width, 3);
  EXPECT_EQ(codec::peek(path("a.tif"), 2).height, 5);
  EXPECT_THAT(refusal([&] { codec::peek(path("a.tif"), 4); }), HasSubstr("no page 4: it holds 3"));
}

TEST_F(TiffTest, CountsNoThumbnailsAsPages) {
  TIFF* file = TIFFOpen(path("a.tif").c_str(), "w");
  for (const std::uint32_t kind : {std::uint32_t{FILETYPE_REDUCEDIMAGE}, std::uint32_t{0}}) {
    set_tags(file, 1, 1, {});
    TIFFSetField(file, TIFFTAG_SUBFILETYPE, kind);
    unsigned char value = kind == 0 ? 9 : 5;
    TIFFWriteScanline(file, &value, 0, 0);
    TIFFWriteDirectory(file);
  }
  TIFFClose(file);
  EXPECT_EQ(codec::peek(path("a.tif")).pages, 1);
  EXPECT_EQ(values(codec::read_image(path("a.tif"))), std::vector<int>{9});
}

TEST_F(TiffTest, RefusesAnImageJStackBeyondItsDirectories) {
  const TiffSpec spec{.tweak = [](TIFF* t) {
    TIFFSetField(t, TIFFTAG_IMAGEDESCRIPTION, "ImageJ=1.53t\nimages=50\nslices=50\n");
  }};
  EXPECT_THAT(refusal_of(tiff(bytes_row({1, 2}), spec)), HasSubstr("stack of 50 images"));
}

TEST_F(TiffTest, RefusesAFileCutAnywhere) {
  cv::Mat noise(40, 30, CV_8UC3);
  cv::randu(noise, 0, 256);
  for (const int compression :
       {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS}) {
    TiffSpec spec = kRgb;
    spec.compression = compression;
    for (const std::string& whole : {tiff(noise, spec), tiled(noise, spec)})
      for (std::size_t size = 4; size < whole.size(); size += 1 + whole.size() / 40)
        EXPECT_THAT(refusal_of(whole.substr(0, size)), HasSubstr("TIFF")) << size;
  }
}

TEST_F(TiffTest, SaysThatAFileIsCutInItsPixels) {
  // Our writer puts the directory behind the pixels, this one stands before them.
  auto entries = grey_entries(8, 100);
  entries[8][3] = 800;
  const std::string cut = directory(entries);
  EXPECT_EQ(refusal_of(cut),
            fmt::format("the TIFF is truncated: its {} bytes end before the image does; copy or "
                        "export it again",
                        cut.size()));
  EXPECT_EQ(refusal_of(cut + std::string(800, 'x')), "read");
}

TEST_F(TiffTest, RefusesStripsThatHoldTooLittle) {
  cv::Mat noise(40, 30, CV_8UC1);
  cv::randu(noise, 0, 256);
  for (const int compression :
       {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS}) {
    TIFF* file = TIFFOpen(path("a.tif").c_str(), "w");
    TiffSpec spec;
    spec.compression = compression;
    set_tags(file, 30, 80, spec);
    for (std::uint32_t y = 0; y < 40; ++y)
      TIFFWriteScanline(file, noise.ptr(static_cast<int>(y)), y, 0);
    TIFFClose(file);
    EXPECT_NE(refusal([&] { codec::read_image(path("a.tif")); }), "read") << compression;
  }
}

TEST_F(TiffTest, RefusesAbsurdTags) {
  EXPECT_THAT(refusal_of(directory(grey_entries(100000, 100000))),
              StartsWith("the image claims 100000 x 100000 pixels, more than"));
  EXPECT_NE(refusal_of(directory(grey_entries(0xFFFFFFFF, 0xFFFFFFFF))), "read");
  EXPECT_NE(refusal_of(directory(grey_entries(0, 4))), "read");
  EXPECT_NE(refusal_of(directory(grey_entries(16000, 16000))), "read");
  EXPECT_NE(refusal_of(directory({})), "read");
  EXPECT_NE(refusal_of(directory({{256, 4, 1, 4}, {257, 4, 1, 4}})), "read");
  auto tiles = grey_entries(2, 2);
  tiles.pop_back();
  tiles[5] = {322, 4, 1, 0x7FFFFFF0};
  tiles[6] = {323, 4, 1, 0x7FFFFFF0};
  tiles[7] = {324, 4, 1, 122};
  tiles.push_back({325, 4, 1, 4});
  EXPECT_NE(refusal_of(directory(tiles)), "read");
  auto many_samples = grey_entries(2, 2);
  many_samples[6] = {277, 3, 1, 65535};
  EXPECT_NE(refusal_of(directory(many_samples)), "read");
  EXPECT_EQ(refusal_of(directory(grey_entries(2, 2))), "read");
  // A directory that names itself as the next.
  EXPECT_NE(refusal_of(directory(grey_entries(2, 2), 8)), "read");
  EXPECT_NE(refusal_of(directory(grey_entries(2, 2), 100000)), "read");
}

TEST_F(TiffTest, WritesWhatItReads) {
  cv::Mat grey16(9, 13, CV_16UC1);
  cv::randu(grey16, 0, 65536);
  cv::Mat real(400, 300, CV_32FC1);
  cv::randu(real, -1, 1);
  cv::Mat labels(9, 13, CV_32SC1);
  cv::randu(labels, 0, std::numeric_limits<int>::max());
  const cv::Mat wide = colours(40, 30);
  for (const auto compression : {codec::TiffCompression::none, codec::TiffCompression::deflate})
    for (const cv::Mat& pixels : {wide, wide(cv::Rect(3, 2, 11, 7)),
                                  cv::Mat(5, 1, CV_8UC1, cv::Scalar(9)), grey16, real, labels}) {
      const Image image(pixels, PixelSize{0.25, 0.5});
      codec::write_tiff(path("a.tif"), image, compression);
      const Image read = codec::read_image(path("a.tif"));
      EXPECT_EQ(difference(read.pixels(), pixels), 0);
      EXPECT_EQ(read.pixel_size(), (PixelSize{0.25, 0.5}));
      codec::write_tiff(path("b.tif"), image, compression);
      EXPECT_EQ(bytes_of(path("a.tif")), bytes_of(path("b.tif")));
    }
}

TEST_F(TiffTest, WritesNoPredictorThatOtherProgramsCannotUndo) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1, CV_32SC1}) {
    codec::write_tiff(path("a.tif"), Image(cv::Mat(9, 13, type, cv::Scalar::all(7))));
    TIFF* file = TIFFOpen(path("a.tif").c_str(), "r");
    ASSERT_NE(file, nullptr);
    std::uint16_t compression = 0;
    std::uint16_t predictor = PREDICTOR_NONE;
    TIFFGetField(file, TIFFTAG_COMPRESSION, &compression);
    TIFFGetField(file, TIFFTAG_PREDICTOR, &predictor);
    TIFFClose(file);
    EXPECT_EQ(compression, COMPRESSION_ADOBE_DEFLATE) << type;
    EXPECT_EQ(predictor, PREDICTOR_NONE) << type;
  }
}

}  // namespace
}  // namespace smear::test
