// SPDX-License-Identifier: Apache-2.0
#include "imagej/files/opener.h"

#include <fmt/format.h>

#include <array>
#include <new>
#include <opencv2/core.hpp>
#include <string_view>

#include "codec/byte-source.h"
#include "codec/formats.h"
#include "imagej/files/bytes.h"
#include "imagej/files/tiff.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

using namespace std::string_view_literals;

[[noreturn]] void refuse_palette(std::string_view format) {
  throw SampleError(
      fmt::format("the {} has a palette, whose numbers ImageJ takes for the pixels; convert it to "
                  "8-bit grey or "
                  "RGB",
                  format));
}

/// What a PNG says of itself before its pixels.
struct PngHeader {
  int bits = 0;
  int colour = 0;  ///< 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA
  bool transparent = false;
  bool grey_ramp = false;  ///< a palette of all greys in order
};

bool is_grey_ramp(const ByteReader& in, std::size_t at, std::size_t entry) {
  for (std::size_t i = 0; i < 256; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      if (in.u8(at + entry * i + c) != i) return false;
  return true;
}

PngHeader png_header(const ByteReader& in) {
  PngHeader header;
  header.bits = in.u8(24);
  header.colour = in.u8(25);
  for (std::size_t at = 8; at + 8 <= in.size();) {
    const std::size_t length = in.u32(at);
    const std::uint32_t type = in.u32(at + 4);
    if (type == 0x49444154) break;  // IDAT
    if (type == 0x74524E53) header.transparent = true;
    if (type == 0x504C5445 && length == 768 && at + 8 + 768 <= in.size())
      header.grey_ramp = is_grey_ramp(in, at + 8, 3);
    at += 12 + length;
  }
  return header;
}

ImagePlus open_png(codec::ByteSource& source, const codec::ReadOptions& options) {
  const PngHeader header = png_header(ByteReader(source.head(), "the PNG"));
  if (header.colour == 4 || (header.colour == 0 && header.transparent))
    throw SampleError(
        "the PNG is grey with transparency, whose values ImageJ changes on opening; save it "
        "without "
        "transparency");
  if (header.colour == 0 && header.bits < 8)
    throw SampleError(fmt::format(
        "the PNG has {} bits a pixel, which ImageJ takes for a palette; convert it to 8-bit grey",
        header.bits));
  if (header.colour == 3 && (!header.grey_ramp || header.transparent)) refuse_palette("PNG");
  return {"", codec::read_png(source, options).pixels};
}

ImagePlus open_jpeg(codec::ByteSource& source, const codec::ReadOptions& options) {
  cv::Mat pixels = codec::read_jpeg(source, options).pixels;
  if (pixels.channels() == 1) return {"", pixels};
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* row = pixels.ptr<std::uint8_t>(y);
    for (int x = 0; x < 3 * pixels.cols; x += 3)
      if (row[x] != row[x + 1] || row[x] != row[x + 2]) return {"", pixels};
  }
  cv::Mat grey;
  cv::extractChannel(pixels, grey, 0);
  return {"", grey};
}

ImagePlus open_bmp(codec::ByteSource& source, const codec::ReadOptions& options) {
  const ByteReader in(source.head(), "the BMP", false);
  const unsigned bits = in.u16(28);
  if (bits <= 8) {
    const std::size_t palette = 14 + std::size_t{in.u32(14)};
    const std::uint32_t used = in.u32(46);
    const bool whole = bits == 8 && (used == 0 || used == 256) && palette + 1024 <= in.size();
    if (!whole || !is_grey_ramp(in, palette, 4)) refuse_palette("BMP");
  }
  return {"", codec::read_bmp(source, options).pixels};
}

struct Format {
  std::string_view magic;
  ImagePlus (*open)(codec::ByteSource&, const codec::ReadOptions&);
};
constexpr std::array<Format, 3> kFormats{
    {{"\xFF\xD8\xFF"sv, open_jpeg}, {"\x89PNG\r\n\x1A\n"sv, open_png}, {"BM"sv, open_bmp}}};

ImagePlus open_other(codec::ByteSource& source, const codec::ReadOptions& options) {
  const std::string_view head(reinterpret_cast<const char*>(source.head().data()),
                              source.head().size());
  for (const auto& format : kFormats) {
    if (!head.starts_with(format.magic)) continue;
    if (options.page > 1)
      throw SampleError(fmt::format("the file has no page {}: it holds one image", options.page));
    return format.open(source, options);
  }
  throw SampleError("the file is not a JPEG, PNG, TIFF or BMP");
}

}  // namespace

ImagePlus open_image(const std::filesystem::path& path, const codec::ReadOptions& options) {
  constexpr const char* no_memory =
      "there is not enough memory for the image's pixels; lower `input: max_pixels` or run fewer "
      "jobs";
  codec::ByteSource source(path);
  const std::string_view head(reinterpret_cast<const char*>(source.head().data()),
                              source.head().size());
  if (head.starts_with("II") || head.starts_with("MM")) return read_tiff(path, options);
  try {
    ImagePlus image = open_other(source, options);
    image.title = path.filename().string();
    image.file_name = image.title;
    return image;
  } catch (const std::bad_alloc&) {
    throw SampleError(no_memory);
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) throw SampleError(no_memory);
    throw;
  }
}

}  // namespace smear::imagej
