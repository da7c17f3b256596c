// SPDX-License-Identifier: Apache-2.0
#include "codec/codec.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <new>
#include <opencv2/core.hpp>
#include <string_view>

#include "codec/byte-source.h"
#include "codec/formats.h"
#include "codec/pixels.h"

namespace smear::codec {
namespace {

using namespace std::string_view_literals;

struct Format {
  std::string_view magic;
  Header (*peek)(ByteSource&, int page);
  Decoded (*read)(ByteSource&, const ReadOptions&);
};

constexpr std::array<Format, 7> kFormats{{
    {"\xFF\xD8\xFF"sv, peek_jpeg, read_jpeg},
    {"\x89PNG\r\n\x1A\n"sv, peek_png, read_png},
    {"II*\0"sv, peek_tiff, read_tiff},
    {"MM\0*"sv, peek_tiff, read_tiff},
    {"II+\0"sv, peek_tiff, read_tiff},
    {"MM\0+"sv, peek_tiff, read_tiff},
    {"BM"sv, peek_bmp, read_bmp},
}};

/// The first bytes as a person can read them: text in quotes, else hexadecimal.
std::string shown(std::string_view bytes) {
  bytes = bytes.substr(0, 12);
  const bool text = std::ranges::all_of(bytes, [](char c) {
    return std::isprint(static_cast<unsigned char>(c)) != 0 || c == '\n' || c == '\r' || c == '\t';
  });
  std::string result;
  for (const char c : bytes) {
    if (!text)
      result += fmt::format("{}{:02x}", result.empty() ? "" : " ", static_cast<unsigned char>(c));
    else
      result += std::isprint(static_cast<unsigned char>(c)) != 0 ? c : ' ';
  }
  return text ? '"' + result + '"' : result;
}

const Format& format_of(const ByteSource& source) {
  const std::string_view head(reinterpret_cast<const char*>(source.head().data()),
                              source.head().size());
  const auto format =
      std::ranges::find_if(kFormats, [&](const Format& f) { return head.starts_with(f.magic); });
  if (format == kFormats.end())
    throw SampleError("the file is not a JPEG, PNG, TIFF or BMP: it starts with " + shown(head));
  return *format;
}

/// OpenCV throws an exception of its own where memory ends.
Decoded read_with(const Format& format, ByteSource& source, const ReadOptions& options) {
  constexpr const char* no_memory =
      "there is not enough memory for the image's pixels; lower `input: max_pixels` or run fewer "
      "jobs";
  try {
    return format.read(source, options);
  } catch (const std::bad_alloc&) {
    throw SampleError(no_memory);
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) throw SampleError(no_memory);
    throw;
  }
}

/// TIFF alone has pages to choose from.
void check_page(const Format& format, int page) {
  if (format.read != read_tiff && page > 1)
    throw SampleError(fmt::format("the file has no page {}: it holds one image", page));
}

Image read_source(ByteSource& source, const ReadOptions& options) {
  const Format& format = format_of(source);
  check_page(format, options.page);
  Decoded decoded = read_with(format, source, options);
  if (decoded.orientation >= 5 && decoded.pixel_size)
    std::swap(decoded.pixel_size->x_um, decoded.pixel_size->y_um);
  return Image(upright(decoded.pixels, decoded.orientation), decoded.pixel_size);
}

std::string extension_of(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

}  // namespace

Header peek(const std::filesystem::path& path, int page) {
  ByteSource source(path);
  const Format& format = format_of(source);
  check_page(format, page);
  return format.peek(source, page);
}

Image read_image(const std::filesystem::path& path, const ReadOptions& options) {
  ByteSource source(path);
  return read_source(source, options);
}

Image read_image(std::span<const std::byte> bytes, const ReadOptions& options) {
  ByteSource source(bytes);
  return read_source(source, options);
}

std::optional<WriteFormat> write_format(const std::filesystem::path& name) {
  const std::string extension = extension_of(name);
  if (extension == ".png") return WriteFormat::png;
  if (extension == ".jpg" || extension == ".jpeg") return WriteFormat::jpeg;
  if (extension == ".tif" || extension == ".tiff") return WriteFormat::tiff;
  return std::nullopt;
}

void write_image(const std::filesystem::path& path, const Image& image, WriteFormat format,
                 int jpeg_quality) {
  switch (format) {
    case WriteFormat::png: return write_png(path, image);
    case WriteFormat::jpeg: return write_jpeg(path, image, jpeg_quality);
    case WriteFormat::tiff: return write_tiff(path, image);
  }
}

void write_image(const std::filesystem::path& path, const Image& image) {
  const auto format = write_format(path);
  if (!format)
    throw ConfigError("cannot tell an image format from '" + path.string() +
                      "': end it in .png, .jpg or .tif");
  write_image(path, image, *format);
}

}  // namespace smear::codec
