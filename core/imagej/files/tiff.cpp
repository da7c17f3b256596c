// SPDX-License-Identifier: Apache-2.0
#include "imagej/files/tiff.h"

#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <opencv2/core.hpp>
#include <set>
#include <string>

#include "codec/output-file.h"
#include "codec/pixels.h"
#include "imagej/files/bytes.h"
#include "imagej/files/roi-file.h"
#include "imagej/files/tiff-description.h"
#include "imagej/files/tiff-metadata.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

// ImageJ's own numbers of tags that libtiff does not name.
constexpr std::uint16_t kMetadataCounts = 50838;
constexpr std::uint16_t kMetadata = 50839;
constexpr std::uint64_t kMaxFile = std::uint64_t{1} << 32U;
constexpr std::size_t kMaxPages = 1'000'000;
// What one byte of LZW or deflate can become, at the most.
constexpr std::uint64_t kMaxCompression = 1500;
constexpr double kSignedOffset = 32768.0;

[[noreturn]] void damaged(const std::string& how) {
  throw SampleError("the TIFF is damaged: " + how);
}

/// One page's tags.
class Directory {
 public:
  Directory(const ByteReader& in, std::size_t at) : in_(in), at_(at) {
    const std::size_t count = in.u16(at);
    in.require(at + 2, 12 * count + 4);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t entry = at + 2 + 12 * i;
      Field field{in.u16(entry + 2), in.u32(entry + 4), entry + 8};
      const std::uint64_t bytes = std::uint64_t{field.count} * size_of(field.type);
      if (bytes > 4) field.at = in.u32(entry + 8);
      // Fields of unknown types are passed over, as the format asks.
      if (bytes == 0) continue;
      fields_.emplace(in.u16(entry), field);
    }
    next_ = in.u32(at + 2 + 12 * count);
  }

  [[nodiscard]] bool has(std::uint16_t tag) const { return fields_.contains(tag); }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::size_t next() const { return next_; }

  [[nodiscard]] std::uint32_t number(std::uint16_t tag, std::uint32_t otherwise) const {
    const auto all = numbers(tag);
    return all.empty() ? otherwise : all.front();
  }

  /// All numbers of a tag of whole ones; none where it is not there.
  [[nodiscard]] std::vector<std::uint32_t> numbers(std::uint16_t tag) const {
    const auto found = fields_.find(tag);
    if (found == fields_.end()) return {};
    const Field& field = found->second;
    if (field.type != 1 && field.type != 3 && field.type != 4)
      damaged(fmt::format("its tag {} is of type {}", tag, field.type));
    const std::size_t size = size_of(field.type);
    in_.require(field.at, size * field.count);
    std::vector<std::uint32_t> values(field.count);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t at = field.at + size * i;
      values[i] = size == 1 ? in_.u8(at) : size == 2 ? in_.u16(at) : in_.u32(at);
    }
    return values;
  }

  [[nodiscard]] std::span<const std::byte> bytes(std::uint16_t tag) const {
    const auto found = fields_.find(tag);
    if (found == fields_.end()) return {};
    return in_.bytes(found->second.at, size_of(found->second.type) * found->second.count);
  }

  /// A fraction's two numbers; 0 where there is none.
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> fraction(std::uint16_t tag) const {
    const auto found = fields_.find(tag);
    if (found == fields_.end() || found->second.type != TIFF_RATIONAL) return {0, 0};
    return {in_.u32(found->second.at), in_.u32(found->second.at + 4)};
  }

 private:
  struct Field {
    std::uint16_t type;
    std::uint32_t count;
    std::size_t at;
  };

  static std::size_t size_of(std::uint16_t type) {
    constexpr std::array<std::size_t, 13> sizes{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};
    return type < sizes.size() ? sizes[type] : 0;
  }

  const ByteReader& in_;
  std::size_t at_;
  std::size_t next_ = 0;
  std::map<std::uint16_t, Field> fields_;
};

ByteReader open_tiff(std::span<const std::byte> bytes) {
  constexpr const char* what = "the TIFF";
  const ByteReader head(bytes, what);
  head.require(0, 8);
  const bool big = head.u16(0) == 0x4D4D;
  const ByteReader in(bytes, what, big);
  if ((!big && head.u16(0) != 0x4949) || (in.u16(2) != 42 && in.u16(2) != 43))
    throw SampleError("this is no TIFF");
  if (in.u16(2) == 43)
    throw SampleError(
        "the file is a BigTIFF, which ImageJ does not read; save it as TIFF below 4 GB");
  return in;
}

std::vector<Directory> pages_of(const ByteReader& in) {
  std::vector<Directory> pages;
  std::set<std::size_t> seen;
  for (std::size_t at = in.u32(4); at != 0; at = pages.back().next()) {
    if (!seen.insert(at).second) damaged("its pages go round in a circle");
    if (pages.size() == kMaxPages) damaged("it has too many pages");
    pages.emplace_back(in, at);
  }
  if (pages.empty()) damaged("it has no page");
  return pages;
}

/// What a page's pixels are and how they are stored.
struct Layout {
  int width = 0;
  int height = 0;
  unsigned bits = 1;
  unsigned samples = 1;
  unsigned format = SAMPLEFORMAT_UINT;
  unsigned photometric = PHOTOMETRIC_MINISBLACK;
  unsigned compression = COMPRESSION_NONE;
  bool planar = false;
  std::uint64_t rows_per_strip = 0;

  /// Of one row as stored, of one channel where they are stored apart.
  [[nodiscard]] std::size_t row_bytes() const {
    const std::uint64_t per_pixel = std::uint64_t{bits} * (planar ? 1 : samples);
    return static_cast<std::size_t>((static_cast<std::uint64_t>(width) * per_pixel + 7) / 8);
  }
  [[nodiscard]] unsigned parts() const { return planar ? samples : 1; }
  [[nodiscard]] std::size_t bytes() const {
    return row_bytes() * static_cast<std::size_t>(height) * parts();
  }
  bool operator==(const Layout&) const = default;
};

void check_compression(const Layout& l) {
  constexpr std::array<unsigned, 5> known{COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_PACKBITS,
                                          COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE};
  if (std::ranges::find(known, l.compression) == known.end())
    throw SampleError(fmt::format(
        "the TIFF is compressed in a way that ImageJ does not read (number {}); save it with LZW, "
        "deflate or no compression",
        l.compression));
}

/// Throws `SampleError` for pixels that are none of an `ImageType`'s.
void check_pixels(const Layout& l) {
  const bool is_uint = l.format == SAMPLEFORMAT_UINT || l.format == SAMPLEFORMAT_VOID;
  const bool grey =
      l.photometric == PHOTOMETRIC_MINISBLACK || l.photometric == PHOTOMETRIC_MINISWHITE;
  if (l.samples == 1 && grey) {
    if ((l.bits == 1 || l.bits == 8) && is_uint) return;
    if (l.bits == 16 && (is_uint || l.format == SAMPLEFORMAT_INT)) return;
    if (l.bits == 32 &&
        (is_uint || l.format == SAMPLEFORMAT_INT || l.format == SAMPLEFORMAT_IEEEFP))
      return;
  }
  if (l.samples == 1 && l.photometric == PHOTOMETRIC_PALETTE && l.bits == 8 && is_uint) return;
  if ((l.samples == 3 || l.samples == 4) && l.photometric == PHOTOMETRIC_RGB && l.bits == 8 &&
      is_uint)
    return;
  throw SampleError(fmt::format(
      "the TIFF holds {} channel(s) of {} bits (photometric {}, sample format {}), which are not "
      "read as ImageJ images; convert it to 8- or 16-bit grey, 32-bit float or 8-bit RGB",
      l.samples, l.bits, l.photometric, l.format));
}

Layout layout_of(const Directory& page, std::int64_t max_pixels) {
  Layout l;
  const std::uint32_t width = page.number(TIFFTAG_IMAGEWIDTH, 0);
  const std::uint32_t height = page.number(TIFFTAG_IMAGELENGTH, 0);
  if (width == 0 || height == 0 || width > INT_MAX || height > INT_MAX)
    damaged(fmt::format("its size is {} x {}", width, height));
  codec::check_size(width, height, max_pixels);
  l.width = static_cast<int>(width);
  l.height = static_cast<int>(height);
  const auto bits = page.numbers(TIFFTAG_BITSPERSAMPLE);
  if (!bits.empty()) l.bits = bits.front();
  if (std::ranges::any_of(bits, [&](std::uint32_t b) { return b != l.bits; }))
    throw SampleError("the TIFF's channels have different numbers of bits; save it as 8-bit RGB");
  l.samples = page.number(TIFFTAG_SAMPLESPERPIXEL, 1);
  l.format = page.number(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  l.photometric = page.number(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  l.compression = page.number(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  l.planar = page.number(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE &&
             l.samples > 1;
  l.rows_per_strip = page.number(TIFFTAG_ROWSPERSTRIP, height);
  if (page.has(TIFFTAG_TILEWIDTH))
    throw SampleError("the TIFF is stored in tiles, which ImageJ does not read; save it in strips");
  if (page.number(TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) != FILLORDER_MSB2LSB)
    throw SampleError("the TIFF's bits are stored in reverse (FillOrder 2); save it again");
  check_compression(l);
  check_pixels(l);
  // ImageJ cuts large heights to 16 bits here; one strip is all of the image.
  if (l.rows_per_strip == 0 || page.numbers(TIFFTAG_STRIPOFFSETS).size() == l.parts())
    l.rows_per_strip = height;
  l.rows_per_strip = std::min<std::uint64_t>(l.rows_per_strip, height);
  return l;
}

/// Where a page's strips are.
struct Strips {
  std::vector<std::uint32_t> offsets;
  std::vector<std::uint32_t> counts;
};

Strips strips_of(const Directory& page, const Layout& l) {
  Strips strips{page.numbers(TIFFTAG_STRIPOFFSETS), page.numbers(TIFFTAG_STRIPBYTECOUNTS)};
  const auto height = static_cast<std::uint64_t>(l.height);
  const std::uint64_t needed = (height + l.rows_per_strip - 1) / l.rows_per_strip * l.parts();
  if (strips.offsets.size() < needed)
    damaged(fmt::format("it has {} strips of pixels where {} are needed", strips.offsets.size(),
                        needed));
  strips.offsets.resize(needed);
  if (l.compression == COMPRESSION_NONE) return strips;
  if (strips.counts.size() < needed) damaged("it does not say how large its strips are");
  strips.counts.resize(needed);
  std::uint64_t stored = 0;
  for (const std::uint32_t count : strips.counts) stored += count;
  if (l.bytes() > stored * kMaxCompression + 65536)
    damaged(fmt::format("its {} x {} pixels cannot be in {} compressed bytes", l.width, l.height,
                        stored));
  return strips;
}

/// libtiff on bytes in memory, for strips that are compressed.
class StripDecoder {
 public:
  explicit StripDecoder(std::span<const std::byte> bytes) : bytes_(bytes) {}

  void select(std::size_t directory) {
    if (!tiff_) open();
    if (TIFFSetSubDirectory(tiff_.get(), directory) == 0) fail();
  }
  void read(std::uint32_t strip, std::span<std::byte> to) {
    const auto size = static_cast<tmsize_t>(to.size());
    if (TIFFReadEncodedStrip(tiff_.get(), strip, to.data(), size) != size) fail();
  }

 private:
  struct Close {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
    void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
  };

  void open() {
    const std::unique_ptr<TIFFOpenOptions, Close> options(TIFFOpenOptionsAlloc());
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep, this);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), ignore, nullptr);
    const std::uint64_t most = std::max<std::uint64_t>(bytes_.size() + (1U << 20U), 1U << 26U);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(most));
    tiff_.reset(TIFFClientOpenExt("the TIFF", "rm", this, read_bytes, write, seek, close, size,
                                  nullptr, nullptr, options.get()));
    if (!tiff_) fail();
  }

  [[noreturn]] void fail() const {
    throw SampleError(fmt::format("the TIFF cannot be unpacked: {}",
                                  message_[0] != '\0' ? message_.data() : "damaged data"));
  }

  static int keep(TIFF*, void* user, const char*, const char* format, va_list arguments) {
    auto& text = static_cast<StripDecoder*>(user)->message_;
    if (text[0] == '\0') std::vsnprintf(text.data(), text.size(), format, arguments);
    return 1;
  }
  static int ignore(TIFF*, void*, const char*, const char*, va_list) { return 1; }
  static StripDecoder& self(thandle_t handle) { return *static_cast<StripDecoder*>(handle); }
  static tmsize_t read_bytes(thandle_t handle, void* to, tmsize_t count) {
    StripDecoder& me = self(handle);
    if (me.offset_ >= me.bytes_.size()) return 0;
    const auto wanted = static_cast<std::uint64_t>(count);
    const auto got = static_cast<std::size_t>(std::min(wanted, me.bytes_.size() - me.offset_));
    std::memcpy(to, me.bytes_.data() + me.offset_, got);
    me.offset_ += got;
    return static_cast<tmsize_t>(got);
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return -1; }
  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    StripDecoder& me = self(handle);
    const toff_t from = whence == SEEK_CUR ? me.offset_ : whence == SEEK_END ? me.bytes_.size() : 0;
    return me.offset_ = from + offset;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return self(handle).bytes_.size(); }

  std::span<const std::byte> bytes_;
  std::uint64_t offset_ = 0;
  std::array<char, 256> message_{};
  std::unique_ptr<TIFF, Close> tiff_;  // last: closing it may still report
};

template <typename T, typename From, typename Convert>
void convert_row(const std::byte* from, int count, bool swapped, T* to, Convert convert) {
  for (int i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + static_cast<std::size_t>(i) * sizeof(From), sizeof(From));
    if constexpr (sizeof(From) == 2) {
      if (swapped) value = static_cast<From>(__builtin_bswap16(value));
    } else if constexpr (sizeof(From) == 4) {
      if (swapped) value = static_cast<From>(__builtin_bswap32(value));
    }
    to[i] = convert(value);
  }
}

int matrix_type(const Layout& l) {
  if (l.samples > 1) return CV_8UC3;
  return l.bits <= 8 ? CV_8UC1 : l.bits == 16 ? CV_16UC1 : CV_32FC1;
}

/// One row's pixels; `swapped` says that its numbers are not in the machine's byte order.
void convert(const Layout& l, const std::byte* from, bool swapped, int y, unsigned part,
             cv::Mat& pixels) {
  const int width = l.width;
  if (l.samples > 1) {
    auto* to = pixels.ptr<std::uint8_t>(y);
    const std::size_t step = l.planar ? 1 : l.samples;
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x)
      for (std::size_t c = 0; c < (l.planar ? 1 : 3); ++c)
        to[3 * x + (l.planar ? part : c)] = std::to_integer<std::uint8_t>(from[step * x + c]);
  } else if (l.bits == 1) {
    auto* to = pixels.ptr<std::uint8_t>(y);
    for (int x = 0; x < width; ++x)
      to[x] = (std::to_integer<unsigned>(from[x / 8]) >> (7 - x % 8) & 1U) != 0 ? 255 : 0;
  } else if (l.bits == 8) {
    std::memcpy(pixels.ptr(y), from, static_cast<std::size_t>(width));
  } else if (l.bits == 16) {
    const std::uint16_t flip = l.format == SAMPLEFORMAT_INT ? 0x8000 : 0;
    convert_row<std::uint16_t, std::uint16_t>(
        from, width, swapped, pixels.ptr<std::uint16_t>(y),
        [flip](std::uint16_t v) { return static_cast<std::uint16_t>(v ^ flip); });
  } else if (l.format == SAMPLEFORMAT_IEEEFP) {
    convert_row<float, std::uint32_t>(from, width, swapped, pixels.ptr<float>(y),
                                      [](std::uint32_t v) { return std::bit_cast<float>(v); });
  } else {
    // ImageJ takes unsigned ones for signed ones too.
    convert_row<float, std::uint32_t>(
        from, width, swapped, pixels.ptr<float>(y),
        [](std::uint32_t v) { return static_cast<float>(static_cast<std::int32_t>(v)); });
  }
}

class PlaneReader {
 public:
  PlaneReader(const ByteReader& in, std::span<const std::byte> bytes)
      : in_(in), bytes_(bytes), decoder_(bytes) {}

  /// A page's pixels, from its strips.
  cv::Mat read(const Directory& page, const Layout& l) {
    const Strips strips = strips_of(page, l);
    if (l.compression == COMPRESSION_NONE) {
      check_strips(strips, l);
    } else {
      decoder_.select(page.at());
    }
    cv::Mat pixels(l.height, l.width, matrix_type(l));
    std::vector<std::byte> unpacked;
    std::uint32_t strip = 0;
    for (unsigned part = 0; part < l.parts(); ++part)
      for (std::uint64_t y = 0; y < static_cast<std::uint64_t>(l.height);
           y += l.rows_per_strip, ++strip) {
        const auto rows = std::min<std::uint64_t>(l.rows_per_strip, rows_left(l, y));
        const auto size = static_cast<std::size_t>(rows) * l.row_bytes();
        const std::byte* from = nullptr;
        if (l.compression == COMPRESSION_NONE) {
          from = in_.bytes(strips.offsets[strip], size).data();
        } else {
          unpacked.resize(size);
          decoder_.read(strip, unpacked);
          from = unpacked.data();
        }
        put(l, from, y, rows, part, l.compression == COMPRESSION_NONE, pixels);
      }
    return pixels;
  }

  /// A plane of a stack that is stored in one piece.
  cv::Mat read_at(std::uint64_t offset, const Layout& l) {
    const std::byte* from = in_.bytes(offset, l.bytes()).data();
    cv::Mat pixels(l.height, l.width, matrix_type(l));
    const std::size_t part_bytes = l.row_bytes() * static_cast<std::size_t>(l.height);
    for (unsigned part = 0; part < l.parts(); ++part)
      put(l, from + part * part_bytes, 0, static_cast<std::uint64_t>(l.height), part, true, pixels);
    return pixels;
  }

 private:
  static std::uint64_t rows_left(const Layout& l, std::uint64_t y) {
    return static_cast<std::uint64_t>(l.height) - y;
  }

  /// Throws for a truncated file before memory is taken.
  void check_strips(const Strips& strips, const Layout& l) const {
    std::size_t strip = 0;
    for (unsigned part = 0; part < l.parts(); ++part)
      for (std::uint64_t y = 0; y < static_cast<std::uint64_t>(l.height);
           y += l.rows_per_strip, ++strip)
        in_.require(
            strips.offsets[strip],
            static_cast<std::size_t>(std::min(l.rows_per_strip, rows_left(l, y))) * l.row_bytes());
  }

  /// libtiff gives numbers in the machine's byte order, a file in its own.
  void put(const Layout& l, const std::byte* from, std::uint64_t top, std::uint64_t rows,
           unsigned part, bool as_stored, cv::Mat& pixels) const {
    const bool swapped = as_stored && in_.big_endian() != (std::endian::native == std::endian::big);
    for (std::uint64_t y = 0; y < rows; ++y)
      convert(l, from + static_cast<std::size_t>(y) * l.row_bytes(), swapped,
              static_cast<int>(top + y), part, pixels);
  }

  const ByteReader& in_;
  std::span<const std::byte> bytes_;
  StripDecoder decoder_;
};

std::string_view description_in(const Directory& page) {
  const auto bytes = page.bytes(TIFFTAG_IMAGEDESCRIPTION);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, text.find('\0'));
}

/// How many planes ImageJ says are stored in one piece; 1 where it says nothing of that kind.
std::uint64_t planes_in_one_piece(std::string_view description, const Layout& l) {
  if (l.compression != COMPRESSION_NONE || !description.starts_with("ImageJ")) return 1;
  const auto at = description.find("\nimages=");
  if (at == std::string_view::npos) return 1;
  std::uint64_t count = 0;
  for (std::size_t i = at + 8;
       i < description.size() && description[i] >= '0' && description[i] <= '9'; ++i)
    count = std::min<std::uint64_t>(10 * count + static_cast<std::uint64_t>(description[i] - '0'),
                                    kMaxPages + 1);
  return std::max<std::uint64_t>(count, 1);
}

void check_page(int page, std::size_t planes) {
  if (page < 0 || static_cast<std::size_t>(page) > planes)
    throw SampleError(fmt::format("the file has no page {}: it has {}", page, planes));
}

std::vector<cv::Mat> read_one_piece(PlaneReader& reader, const Directory& page, const Layout& l,
                                    std::uint64_t planes, const codec::ReadOptions& options,
                                    const ByteReader& in) {
  const std::uint64_t first = page.number(TIFFTAG_STRIPOFFSETS, 0);
  if (planes > in.size() / l.bytes() || first > in.size() - planes * l.bytes())
    damaged(fmt::format(
        "it should hold {} planes, but its {} bytes end before; copy or export it again", planes,
        in.size()));
  check_page(options.page, planes);
  if (options.page > 0)
    return {reader.read_at(first + static_cast<std::uint64_t>(options.page - 1) * l.bytes(), l)};
  codec::check_size(l.width, static_cast<std::int64_t>(planes) * l.height, options.max_pixels);
  std::vector<cv::Mat> result;
  for (std::uint64_t i = 0; i < planes; ++i)
    result.push_back(reader.read_at(first + i * l.bytes(), l));
  return result;
}

std::vector<cv::Mat> read_pages(PlaneReader& reader, const std::vector<Directory>& pages,
                                const Layout& first, const codec::ReadOptions& options) {
  codec::check_size(first.width, static_cast<std::int64_t>(pages.size()) * first.height,
                    options.max_pixels);
  std::vector<cv::Mat> result;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const Layout l = layout_of(pages[i], options.max_pixels);
    if (l.width != first.width || l.height != first.height || matrix_type(l) != matrix_type(first))
      throw SampleError(fmt::format(
          "the TIFF's pages differ: page {} is {} x {}, the first {} x {}; choose one by `page`",
          i + 1, l.width, l.height, first.width, first.height));
    result.push_back(reader.read(pages[i], l));
  }
  return result;
}

Lut lut_of(const Directory& page, const Layout& l) {
  const bool inverted = l.photometric == PHOTOMETRIC_MINISWHITE;
  const Lut usual = inverted ? Lut::inverted_grey() : Lut::grey();
  const auto values = page.numbers(TIFFTAG_COLORMAP);
  if (values.size() != 768) {
    if (l.photometric == PHOTOMETRIC_PALETTE)
      damaged("it has palette colours but no palette of 256");
    return usual;
  }
  if (l.photometric != PHOTOMETRIC_PALETTE && l.bits <= 8) return usual;
  // Some programs write 8-bit values where the format asks for 16-bit ones.
  const bool eight = std::ranges::all_of(values, [](std::uint32_t v) { return v < 256; });
  const auto value = [&](std::size_t i) {
    return static_cast<std::uint8_t>(eight ? values[i] : values[i] >> 8U);
  };
  Lut lut;
  for (std::size_t i = 0; i < 256; ++i) {
    lut.red[i] = value(i);
    lut.green[i] = value(256 + i);
    lut.blue[i] = value(512 + i);
  }
  return lut;
}

/// How long a pixel is where a fraction says how many there are in a unit; 1 where it says nothing.
double pixel_length(std::uint32_t pixels, std::uint32_t units) {
  return pixels == 0 || units == 0 ? 1.0 : 1.0 / (static_cast<double>(pixels) / units);
}

/// Pixels a unit, and the unit.
void apply_resolution(const Directory& page, bool of_imagej, ImagePlus& image) {
  Calibration& calibration = image.calibration;
  const auto x = page.fraction(TIFFTAG_XRESOLUTION);
  const auto y = page.fraction(TIFFTAG_YRESOLUTION);
  const std::uint32_t unit = page.number(TIFFTAG_RESOLUTIONUNIT, 0);
  // 72 dots an inch is what programs write that know nothing.
  if (unit < 1 || unit > 3 || !page.has(TIFFTAG_XRESOLUTION) ||
      (unit == RESUNIT_INCH && x.first == 72.0 * x.second))
    return;
  calibration.pixel_width = pixel_length(x.first, x.second);
  calibration.pixel_height = pixel_length(y.first, y.second);
  calibration.unit = unit == RESUNIT_INCH ? "inch" : unit == RESUNIT_CENTIMETER ? "cm" : " ";
  image.stored_resolution = {x.first, x.second, y.first, y.second};
  if (unit != RESUNIT_CENTIMETER || calibration.pixel_width > (of_imagej ? 0.0001 : 0.001)) return;
  calibration.pixel_width *= 10000.0;
  calibration.pixel_height *= 10000.0;
  calibration.unit = "\xC2\xB5m";
}

void apply_pixels(const Directory& page, const Layout& l, std::vector<cv::Mat> planes,
                  ImagePlus& image) {
  image = ImagePlus(image.title, planes.front());
  for (std::size_t i = 1; i < planes.size(); ++i) image.stack.push_back({planes[i], ""});
  image.slices = static_cast<int>(planes.size());
  if (image.type == ImageType::rgb) return;
  // As ImageJ has it: that of all slices where the first is flat.
  if (image.range.min == image.range.max)
    for (image.current = 1; image.current < image.slices; ++image.current) {
      const DisplayRange before = image.range;
      image.reset_display_range();
      image.range = {std::min(before.min, image.range.min), std::max(before.max, image.range.max)};
    }
  image.current = 0;
  image.lut = lut_of(page, l);
}

/// A description that is not ImageJ's becomes the image's info.
void apply_foreign_description(std::string_view text, ImagePlus& image) {
  if (!text.empty()) image.info = "ImageDescription: " + to_utf8(to_utf16(text)) + "\n";
}

ImagePlus read(std::span<const std::byte> bytes, const std::string& title,
               const codec::ReadOptions& options) {
  const ByteReader in = open_tiff(bytes);
  const auto pages = pages_of(in);
  const std::string_view description = description_in(pages.front());
  const bool alone = options.page > 0 && pages.size() > 1 && !description.starts_with("ImageJ");
  if (alone) check_page(options.page, pages.size());
  const Directory& page = alone ? pages[static_cast<std::size_t>(options.page - 1)] : pages.front();
  const Layout l = layout_of(page, options.max_pixels);
  PlaneReader reader(in, bytes);
  const std::uint64_t one_piece = planes_in_one_piece(description, l);
  std::vector<cv::Mat> planes;
  if (alone) {
    planes.push_back(reader.read(page, l));
  } else if (one_piece > 1) {
    planes = read_one_piece(reader, page, l, one_piece, options, in);
  } else {
    planes = read_pages(reader, pages, l, options);
    check_page(options.page, planes.size());
    if (options.page > 0) planes = {planes[static_cast<std::size_t>(options.page - 1)]};
  }
  ImagePlus image;
  image.title = title;
  apply_pixels(page, l, std::move(planes), image);
  apply_resolution(page, description.starts_with("ImageJ"), image);
  if (!apply_description(description, image)) apply_foreign_description(description, image);
  if (l.bits == 16 && l.format == SAMPLEFORMAT_INT) {
    image.calibration.function = 0;
    image.calibration.coefficients = {-kSignedOffset, 1.0};
  }
  if (const auto counts = pages.front().numbers(kMetadataCounts);
      !counts.empty() && pages.front().has(kMetadata))
    apply_metadata(counts, pages.front().bytes(kMetadata), in.big_endian(), image);
  return image;
}

/// A file being put together.
class Writer {
 public:
  Writer(const ImagePlus& image, std::string_view version)
      : image_(image),
        description_(description_of(image, version)),
        metadata_(metadata_of(image)),
        long_rows_(version >= "1.54" || image.height() > 65535) {}

  std::vector<std::byte> write() {
    const std::size_t planes = image_.stack.size();
    const std::uint64_t first_directory = directory_bytes(!metadata_.counts.empty());
    place_fields(8 + first_directory);
    const std::uint64_t pixels_end = pixels_at_ + planes * plane_bytes();
    const std::uint64_t end = pixels_end + (planes - 1) * directory_bytes(false);
    if (end >= kMaxFile)
      throw SampleError(fmt::format("a TIFF cannot hold {} bytes: it ends at 4 GiB", end));
    out_.reserve(static_cast<std::size_t>(end));
    out_.text("MM");
    out_.u16(42);
    out_.u32(8);
    write_directory(0, planes > 1 ? pixels_end : 0);
    write_fields();
    for (const auto& slice : image_.stack) write_pixels(slice.pixels);
    for (std::size_t i = 1; i < planes; ++i)
      write_directory(i, i + 1 < planes ? pixels_end + i * directory_bytes(false) : 0);
    return out_.take();
  }

 private:
  [[nodiscard]] bool rgb() const { return image_.type == ImageType::rgb; }
  [[nodiscard]] bool scaled() const { return image_.calibration.scaled(); }
  [[nodiscard]] bool has_lut() const {
    // Those of a composite's channels are in the metadata.
    return !rgb() && image_.lut != Lut::grey() && (!image_.is_composite() || bits() == 8);
  }
  [[nodiscard]] unsigned bits() const {
    return image_.type == ImageType::grey16 ? 16 : image_.type == ImageType::grey32 ? 32 : 8;
  }
  [[nodiscard]] std::uint64_t plane_bytes() const {
    return static_cast<std::uint64_t>(image_.width()) *
           static_cast<std::uint64_t>(image_.height()) * (rgb() ? 3 : bits() / 8);
  }

  [[nodiscard]] unsigned field_count(bool with_metadata) const {
    return 11U + (scaled() ? 3U : 0U) + (bits() == 32 ? 1U : 0U) + (has_lut() ? 1U : 0U) +
           (with_metadata ? 2U : 0U);
  }
  [[nodiscard]] std::uint64_t directory_bytes(bool with_metadata) const {
    return 2 + 12 * field_count(with_metadata) + 4;
  }

  /// Where everything that does not fit into the directory goes: all pages share it.
  void place_fields(std::uint64_t at) {
    const auto take = [&at](std::uint64_t size) {
      const auto here = at;
      at += size;
      return here;
    };
    bits_at_ = take(rgb() ? 6 : 0);
    description_at_ = take(description_.size() + 1);
    scale_at_ = take(scaled() ? 16 : 0);
    lut_at_ = take(has_lut() ? 1536 : 0);
    counts_at_ = take(4 * metadata_.counts.size());
    metadata_at_ = take(metadata_.data.size());
    pixels_at_ = at;
  }

  void field(unsigned tag, unsigned type, std::uint64_t count, std::uint64_t value) {
    out_.u16(tag);
    out_.u16(type);
    out_.u32(static_cast<std::uint32_t>(count));
    if (type == TIFF_SHORT && count == 1) {
      out_.u16(static_cast<unsigned>(value));
      out_.u16(0);
    } else {
      out_.u32(static_cast<std::uint32_t>(value));
    }
  }

  void write_directory(std::size_t plane, std::uint64_t next) {
    const bool with_metadata = plane == 0 && !metadata_.counts.empty();
    const auto height = static_cast<std::uint64_t>(image_.height());
    out_.u16(field_count(with_metadata));
    field(TIFFTAG_SUBFILETYPE, TIFF_LONG, 1, 0);
    field(TIFFTAG_IMAGEWIDTH, TIFF_LONG, 1, static_cast<std::uint64_t>(image_.width()));
    field(TIFFTAG_IMAGELENGTH, TIFF_LONG, 1, height);
    field(TIFFTAG_BITSPERSAMPLE, TIFF_SHORT, rgb() ? 3 : 1, rgb() ? bits_at_ : bits());
    field(TIFFTAG_COMPRESSION, TIFF_SHORT, 1, COMPRESSION_NONE);
    field(TIFFTAG_PHOTOMETRIC, TIFF_SHORT, 1, photometric());
    field(TIFFTAG_IMAGEDESCRIPTION, TIFF_ASCII, description_.size() + 1, description_at_);
    field(TIFFTAG_STRIPOFFSETS, TIFF_LONG, 1, pixels_at_ + plane * plane_bytes());
    field(TIFFTAG_SAMPLESPERPIXEL, TIFF_SHORT, 1, rgb() ? 3 : 1);
    field(TIFFTAG_ROWSPERSTRIP, long_rows_ ? TIFF_LONG : TIFF_SHORT, 1, height);
    field(TIFFTAG_STRIPBYTECOUNTS, TIFF_LONG, 1, plane_bytes());
    if (scaled()) {
      field(TIFFTAG_XRESOLUTION, TIFF_RATIONAL, 1, scale_at_);
      field(TIFFTAG_YRESOLUTION, TIFF_RATIONAL, 1, scale_at_ + 8);
      const std::string& unit = image_.calibration.unit;
      field(TIFFTAG_RESOLUTIONUNIT, TIFF_SHORT, 1, unit == "inch" ? 2 : unit == "cm" ? 3 : 1);
    }
    // In ImageJ's order, which is not quite that of the tags.
    if (bits() == 32) field(TIFFTAG_SAMPLEFORMAT, TIFF_SHORT, 1, SAMPLEFORMAT_IEEEFP);
    if (has_lut()) field(TIFFTAG_COLORMAP, TIFF_SHORT, 768, lut_at_);
    if (with_metadata) {
      field(kMetadataCounts, TIFF_LONG, metadata_.counts.size(), counts_at_);
      field(kMetadata, TIFF_BYTE, metadata_.data.size(), metadata_at_);
    }
    out_.u32(static_cast<std::uint32_t>(next));
  }

  [[nodiscard]] std::uint64_t photometric() const {
    if (rgb()) return PHOTOMETRIC_RGB;
    if (!has_lut()) return PHOTOMETRIC_MINISBLACK;
    if (bits() == 8) return PHOTOMETRIC_PALETTE;
    return image_.lut.is_inverted() ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK;
  }

  void write_fields() {
    if (rgb())
      for (int i = 0; i < 3; ++i) out_.u16(8);
    out_.text(description_);
    out_.u8(0);
    if (scaled()) write_scale();
    if (has_lut())
      for (const auto* colour : {&image_.lut.red, &image_.lut.green, &image_.lut.blue})
        for (const std::uint8_t value : *colour) out_.u16(static_cast<unsigned>(value) << 8U);
    for (const std::uint32_t count : metadata_.counts) out_.u32(count);
    out_.bytes(std::span<const std::byte>(metadata_.data));
  }

  /// Millionths, or fewer where the number of pixels would not fit into 31 bits.
  void write_scale() {
    const double x = 1.0 / image_.calibration.pixel_width;
    const double y = 1.0 / image_.calibration.pixel_height;
    double parts = 1e6;
    if (std::max(x, y) * parts > INT_MAX) parts = std::trunc(INT_MAX / std::max(x, y));
    const auto& stored = image_.stored_resolution;
    const bool as_read = stored.size() == 4 && stored[1] == parts && stored[3] == parts &&
                         pixel_length(stored[0], stored[1]) == image_.calibration.pixel_width &&
                         pixel_length(stored[2], stored[3]) == image_.calibration.pixel_height;
    // Cutting off fractions would take one off the number at some readings and writings.
    for (std::size_t i = 0; i < 2; ++i) {
      out_.u32(as_read ? stored[2 * i] : java_int((i == 0 ? x : y) * parts));
      out_.u32(static_cast<std::uint32_t>(parts));
    }
  }

  /// As Java makes whole numbers of others.
  static std::uint32_t java_int(double value) {
    if (std::isnan(value)) return 0;
    return static_cast<std::uint32_t>(
        static_cast<std::int32_t>(std::clamp<double>(value, INT_MIN, INT_MAX)));
  }

  void write_pixels(const cv::Mat& pixels) {
    std::vector<std::byte> row(static_cast<std::size_t>(pixels.cols) * pixels.elemSize());
    for (int y = 0; y < pixels.rows; ++y) {
      const std::span from(reinterpret_cast<const std::byte*>(pixels.ptr(y)), row.size());
      if (bits() == 8) {
        out_.bytes(from);
        continue;
      }
      swap(from, row);
      out_.bytes(std::span<const std::byte>(row));
    }
  }

  /// Of a float's bits: Java writes every not-a-number alike, whatever the processor made of it.
  static std::uint32_t java_bits(std::uint32_t bits) {
    return (bits & 0x7fffffffU) > 0x7f800000U ? 0x7fc00000U : bits;
  }

  void swap(std::span<const std::byte> from, std::vector<std::byte>& to) const {
    const auto swapped = [&]<typename T>(T) {
      for (std::size_t i = 0; i + sizeof(T) <= from.size(); i += sizeof(T)) {
        T value;
        std::memcpy(&value, from.data() + i, sizeof(T));
        if constexpr (sizeof(T) == 4) value = java_bits(value);
        if constexpr (std::endian::native == std::endian::little)
          value = sizeof(T) == 2
                      ? static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)))
                      : static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
        std::memcpy(to.data() + i, &value, sizeof(T));
      }
    };
    if (bits() == 16)
      swapped(std::uint16_t{});
    else
      swapped(std::uint32_t{});
  }

  const ImagePlus& image_;
  std::string description_;
  Metadata metadata_;
  bool long_rows_;
  ByteWriter out_;
  std::uint64_t bits_at_ = 0;
  std::uint64_t description_at_ = 0;
  std::uint64_t scale_at_ = 0;
  std::uint64_t lut_at_ = 0;
  std::uint64_t counts_at_ = 0;
  std::uint64_t metadata_at_ = 0;
  std::uint64_t pixels_at_ = 0;
};

ImagePlus read_titled(std::span<const std::byte> bytes, const std::string& title,
                      const codec::ReadOptions& options) {
  constexpr const char* no_memory =
      "there is not enough memory for the image's pixels; lower `input: max_pixels` or run fewer "
      "jobs";
  try {
    return read(bytes, title, options);
  } catch (const std::bad_alloc&) {
    throw SampleError(no_memory);
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) throw SampleError(no_memory);
    throw;
  }
}

}  // namespace

ImagePlus read_tiff(std::span<const std::byte> bytes, const codec::ReadOptions& options) {
  return read_titled(bytes, "", options);
}

ImagePlus read_tiff(const std::filesystem::path& path, const codec::ReadOptions& options) {
  ImagePlus image = read_titled(file_bytes(path, kMaxFile), path.filename().string(), options);
  image.file_name = image.title;
  return image;
}

std::vector<std::byte> tiff_bytes(const ImagePlus& image, std::string_view version) {
  return Writer(image, version).write();
}

void write_tiff(const ImagePlus& image, const std::filesystem::path& path,
                std::string_view version) {
  const auto bytes = tiff_bytes(image, version);
  codec::OutputFile file(path);
  file.write(bytes.data(), bytes.size());
  file.finish();
}

}  // namespace smear::imagej
