// SPDX-License-Identifier: Apache-2.0
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdarg>
#include <cstring>
#include <memory>
#include <string_view>

#include "codec/formats.h"
#include "codec/output-file.h"
#include "codec/pixels.h"

namespace smear::codec {
namespace {

/// The last thing libtiff complained of, kept instead of printed.
struct Messages {
  std::array<char, 256> error{};
  std::array<char, 256> warning{};
};

int keep_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  auto& text = static_cast<Messages*>(user)->error;
  // The first reason is the cause, later ones its consequences.
  if (text[0] == '\0') std::vsnprintf(text.data(), text.size(), format, arguments);
  return 1;
}

int keep_warning(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  auto& text = static_cast<Messages*>(user)->warning;
  if (text[0] == '\0') std::vsnprintf(text.data(), text.size(), format, arguments);
  return 1;
}

struct CloseTiff {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using TiffHandle = std::unique_ptr<TIFF, CloseTiff>;

struct FreeOptions {
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};

/// Per-file handlers, so that threads do not share libtiff's global ones.
std::unique_ptr<TIFFOpenOptions, FreeOptions> open_options(Messages& messages) {
  std::unique_ptr<TIFFOpenOptions, FreeOptions> options(TIFFOpenOptionsAlloc());
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_error, &messages);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), keep_warning, &messages);
  return options;
}

/// One page, as its tags describe it.
struct Layout {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint16_t bits = 1;
  std::uint16_t samples = 1;
  std::uint16_t format = SAMPLEFORMAT_UINT;
  std::uint16_t photometric = PHOTOMETRIC_MINISBLACK;
  std::uint16_t planar = PLANARCONFIG_CONTIG;
  std::uint16_t compression = COMPRESSION_NONE;
  std::uint16_t orientation = ORIENTATION_TOPLEFT;
  bool tiled = false;
};

class TiffReader {
 public:
  explicit TiffReader(ByteSource& source) : source_(source) {
    const auto options = open_options(messages_);
    // Nothing in a sound file makes libtiff itself take more than the file's own size.
    const std::uint64_t most = std::max<std::uint64_t>(source.size() + (1U << 20U), 1U << 28U);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(most));
    tiff_.reset(TIFFClientOpenExt("the TIFF", "rm", this, read, write, seek, close, size, nullptr,
                                  nullptr, options.get()));
    if (!tiff_) fail();
  }
  TiffReader(const TiffReader&) = delete;
  TiffReader& operator=(const TiffReader&) = delete;

  [[nodiscard]] TIFF* get() const { return tiff_.get(); }

  /// Directories that are images of their own: not the smaller copies and transparency masks that
  /// some programs add.
  [[nodiscard]] std::vector<tdir_t> pages() {
    std::vector<tdir_t> images;
    tdir_t directory = 0;
    for (;; ++directory) {
      std::uint32_t kind = 0;
      TIFFGetFieldDefaulted(get(), TIFFTAG_SUBFILETYPE, &kind);
      if ((kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0) images.push_back(directory);
      if (TIFFLastDirectory(get()) != 0) break;
      if (TIFFReadDirectory(get()) == 0) fail();
    }
    if (images.empty())
      for (tdir_t i = 0; i <= directory; ++i) images.push_back(i);
    return images;
  }

  void select(tdir_t directory) {
    if (TIFFCurrentDirectory(get()) != directory && TIFFSetDirectory(get(), directory) == 0) fail();
  }

  [[nodiscard]] Layout layout() {
    Layout l;
    if (TIFFGetField(get(), TIFFTAG_IMAGEWIDTH, &l.width) == 0 ||
        TIFFGetField(get(), TIFFTAG_IMAGELENGTH, &l.height) == 0)
      throw SampleError("the TIFF is damaged: it does not say how large its image is");
    TIFFGetFieldDefaulted(get(), TIFFTAG_BITSPERSAMPLE, &l.bits);
    TIFFGetFieldDefaulted(get(), TIFFTAG_SAMPLESPERPIXEL, &l.samples);
    TIFFGetFieldDefaulted(get(), TIFFTAG_SAMPLEFORMAT, &l.format);
    TIFFGetFieldDefaulted(get(), TIFFTAG_PLANARCONFIG, &l.planar);
    TIFFGetFieldDefaulted(get(), TIFFTAG_COMPRESSION, &l.compression);
    TIFFGetFieldDefaulted(get(), TIFFTAG_ORIENTATION, &l.orientation);
    if (TIFFGetField(get(), TIFFTAG_PHOTOMETRIC, &l.photometric) == 0)
      throw SampleError(
          "the TIFF does not say whether it is grey, RGB or a palette (tag "
          "PhotometricInterpretation "
          "is missing)");
    l.tiled = TIFFIsTiled(get()) != 0;
    return l;
  }

  [[noreturn]] void fail() const {
    if (ended_)
      refuse(source_, fmt::format("the TIFF is truncated: its {} bytes end before the image does; "
                                  "copy or export it again",
                                  source_.size()));
    const char* reason = messages_.error[0] != '\0'     ? messages_.error.data()
                         : messages_.warning[0] != '\0' ? messages_.warning.data()
                                                        : "damaged data";
    refuse(source_, fmt::format("the TIFF cannot be read: {}", reason));
  }

  /// From here on a warning means damaged pixels, no longer an unknown tag.
  void forget_warnings() {
    messages_.warning[0] = '\0';
    ended_ = false;
  }
  [[nodiscard]] bool warned() const { return messages_.warning[0] != '\0'; }

 private:
  static TiffReader& self(thandle_t handle) { return *static_cast<TiffReader*>(handle); }
  static tmsize_t read(thandle_t handle, void* to, tmsize_t count) {
    TiffReader& me = self(handle);
    const std::size_t got = me.source_.read(me.offset_, to, static_cast<std::size_t>(count));
    me.offset_ += got;
    if (got < static_cast<std::size_t>(count)) me.ended_ = true;
    return static_cast<tmsize_t>(got);
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return -1; }
  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    TiffReader& me = self(handle);
    me.offset_ = offset + (whence == SEEK_CUR   ? me.offset_
                           : whence == SEEK_END ? me.source_.size()
                                                : 0);
    return me.offset_;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return self(handle).source_.size(); }

  ByteSource& source_;
  std::uint64_t offset_ = 0;
  bool ended_ = false;
  Messages messages_;
  TiffHandle tiff_;  // last: closing it may still report
};

std::string_view name_of_photometric(std::uint16_t photometric) {
  switch (photometric) {
    case PHOTOMETRIC_MASK: return "a transparency mask";
    case PHOTOMETRIC_SEPARATED: return "CMYK or other inks";
    case PHOTOMETRIC_YCBCR: return "YCbCr without JPEG compression";
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB: return "Lab colours";
    case PHOTOMETRIC_LOGL:
    case PHOTOMETRIC_LOGLUV: return "logarithmic luminance";
    case PHOTOMETRIC_CFA: return "a raw sensor mosaic";
    default: return "colours of an unknown kind";
  }
}

bool is_colour(const Layout& l) {
  return l.photometric == PHOTOMETRIC_RGB ||
         (l.photometric == PHOTOMETRIC_YCBCR && l.compression == COMPRESSION_JPEG);
}
bool is_grey(const Layout& l) {
  return l.photometric == PHOTOMETRIC_MINISBLACK || l.photometric == PHOTOMETRIC_MINISWHITE;
}

void check_compression(const Layout& l) {
  constexpr std::array<std::uint16_t, 7> known{
      COMPRESSION_NONE,     COMPRESSION_LZW,  COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE,
      COMPRESSION_PACKBITS, COMPRESSION_JPEG, COMPRESSION_ZSTD};
  if (std::ranges::find(known, l.compression) != known.end() &&
      TIFFIsCODECConfigured(l.compression) != 0)
    return;
  throw SampleError(fmt::format(
      "the TIFF is compressed in a way that is not read (number {}); save it with LZW, deflate or "
      "no compression",
      l.compression));
}

void check_channels(const Layout& l) {
  if (!is_grey(l) && !is_colour(l) && l.photometric != PHOTOMETRIC_PALETTE)
    throw SampleError(fmt::format("the TIFF holds {}; convert it to 8-bit RGB or grey",
                                  name_of_photometric(l.photometric)));
  const int colours = is_colour(l) ? 3 : 1;
  const bool alpha_allowed = l.photometric != PHOTOMETRIC_PALETTE && l.bits <= 16;
  if (l.samples != colours && !(l.samples == colours + 1 && alpha_allowed))
    throw SampleError(fmt::format(
        "the TIFF has {} channels where {} would be expected; save each channel as an image of "
        "its own",
        l.samples, colours));
}

/// Throws `SampleError` for a kind of image that no `PixelType` holds, or that we do not read.
void check_layout(const Layout& l) {
  check_compression(l);
  check_channels(l);
  const bool is_uint = l.format == SAMPLEFORMAT_UINT || l.format == SAMPLEFORMAT_VOID;
  if (is_colour(l)) {
    if (l.bits == 8 && is_uint) return;
    throw SampleError(fmt::format(
        "the TIFF holds {}-bit colour; convert it to 8-bit RGB, or save each channel as 16-bit "
        "grey",
        l.bits));
  }
  const bool few = (l.bits == 1 || l.bits == 2 || l.bits == 4) && is_uint && l.samples == 1;
  if (few || (l.bits == 8 && is_uint)) return;
  const bool inverted = l.photometric == PHOTOMETRIC_MINISWHITE;
  if (is_grey(l)) {
    if (l.bits == 16 && is_uint) return;
    if (l.bits == 32 && (is_uint || l.format == SAMPLEFORMAT_INT) && !inverted) return;
    if ((l.bits == 32 || l.bits == 64) && l.format == SAMPLEFORMAT_IEEEFP && !inverted) return;
  }
  throw SampleError(fmt::format(
      "the TIFF holds {}-bit {}{} pixels, which are not read; convert it to 8- or 16-bit unsigned, "
      "or 32-bit float",
      l.bits, inverted ? "white-is-zero " : "",
      l.format == SAMPLEFORMAT_INT      ? "signed integer"
      : l.format == SAMPLEFORMAT_IEEEFP ? "float"
      : is_uint                         ? "unsigned integer"
                                        : "complex or unknown"));
}

int raw_type(const Layout& l) {
  const int depth = l.bits <= 8                       ? CV_8U
                    : l.bits == 16                    ? CV_16U
                    : l.format != SAMPLEFORMAT_IEEEFP ? CV_32S
                    : l.bits == 32                    ? CV_32F
                                                      : CV_64F;
  return CV_MAKETYPE(depth, l.samples);
}

/// Copies a run of `count` pixels that libtiff decoded into row `y` from column `x` on.
void put(const Layout& l, cv::Mat& raw, int y, int x, int count, int plane,
         const unsigned char* from) {
  if (l.bits < 8) {
    const int per_byte = 8 / l.bits;
    const int mask = (1 << l.bits) - 1;
    std::uint8_t* to = raw.ptr(y) + x;
    for (int i = 0; i < count; ++i)
      to[i] = static_cast<std::uint8_t>(
          from[i / per_byte] >> ((per_byte - 1 - i % per_byte) * l.bits) & mask);
    return;
  }
  const std::size_t pixel = raw.elemSize();
  unsigned char* to = raw.ptr(y) + static_cast<std::size_t>(x) * pixel;
  if (l.planar == PLANARCONFIG_CONTIG || l.samples == 1) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * pixel);
    return;
  }
  const std::size_t sample = raw.elemSize1();
  to += static_cast<std::size_t>(plane) * sample;
  for (int i = 0; i < count; ++i, to += pixel, from += sample) std::memcpy(to, from, sample);
}

int plane_count(const Layout& l) { return l.planar == PLANARCONFIG_CONTIG ? 1 : l.samples; }

/// How many bytes libtiff must return for a run of `count` pixels.
std::uint64_t run_bytes(const Layout& l, std::uint32_t count) {
  const std::uint64_t samples = l.planar == PLANARCONFIG_CONTIG ? l.samples : 1;
  return (static_cast<std::uint64_t>(count) * samples * l.bits + 7) / 8;
}

void read_strips(TiffReader& reader, const Layout& l, cv::Mat& raw) {
  const auto row_bytes = static_cast<std::uint64_t>(TIFFScanlineSize64(reader.get()));
  if (row_bytes != run_bytes(l, l.width))
    throw SampleError("the TIFF is damaged: the size of its rows contradicts its width");
  std::vector<unsigned char> row(row_bytes);
  for (int plane = 0; plane < plane_count(l); ++plane)
    for (int y = 0; y < raw.rows; ++y) {
      if (TIFFReadScanline(reader.get(), row.data(), static_cast<std::uint32_t>(y),
                           static_cast<std::uint16_t>(plane)) != 1)
        reader.fail();
      put(l, raw, y, 0, raw.cols, plane, row.data());
    }
}

void read_tiles(TiffReader& reader, const Layout& l, cv::Mat& raw) {
  std::uint32_t tile_width = 0;
  std::uint32_t tile_height = 0;
  TIFFGetField(reader.get(), TIFFTAG_TILEWIDTH, &tile_width);
  TIFFGetField(reader.get(), TIFFTAG_TILELENGTH, &tile_height);
  // Tiles may reach beyond a small image, but not so far that they cost more memory than it.
  const std::uint64_t most = std::max<std::uint64_t>(4 * raw.total() * raw.elemSize(), 64U << 20U);
  const auto size = static_cast<std::uint64_t>(TIFFTileSize64(reader.get()));
  const std::uint64_t row_bytes = run_bytes(l, tile_width);
  if (tile_width == 0 || tile_height == 0 || size > most || size != row_bytes * tile_height)
    throw SampleError(fmt::format("the TIFF is damaged: it claims tiles of {} x {} pixels",
                                  tile_width, tile_height));
  std::vector<unsigned char> tile(size);
  for (int plane = 0; plane < plane_count(l); ++plane)
    for (std::uint32_t top = 0; top < l.height; top += tile_height)
      for (std::uint32_t left = 0; left < l.width; left += tile_width) {
        if (TIFFReadTile(reader.get(), tile.data(), left, top, 0,
                         static_cast<std::uint16_t>(plane)) != static_cast<tmsize_t>(size))
          reader.fail();
        const std::uint32_t rows = std::min(tile_height, l.height - top);
        const std::uint32_t columns = std::min(tile_width, l.width - left);
        for (std::uint32_t y = 0; y < rows; ++y)
          put(l, raw, static_cast<int>(top + y), static_cast<int>(left), static_cast<int>(columns),
              plane, tile.data() + y * row_bytes);
      }
}

std::vector<cv::Vec3b> palette_of(TiffReader& reader, const Layout& l) {
  std::uint16_t* red = nullptr;
  std::uint16_t* green = nullptr;
  std::uint16_t* blue = nullptr;
  if (TIFFGetField(reader.get(), TIFFTAG_COLORMAP, &red, &green, &blue) == 0)
    throw SampleError("the TIFF is damaged: it has palette colours but no palette");
  const std::size_t count = std::size_t{1} << l.bits;
  // Some programs write 8-bit values where the format asks for 16-bit ones.
  bool eight = true;
  for (std::size_t i = 0; i < count; ++i)
    eight = eight && red[i] < 256 && green[i] < 256 && blue[i] < 256;
  const auto value = [eight](std::uint16_t v) {
    return static_cast<std::uint8_t>(eight ? v : v >> 8U);
  };
  std::vector<cv::Vec3b> palette;
  for (std::size_t i = 0; i < count; ++i)
    palette.emplace_back(value(red[i]), value(green[i]), value(blue[i]));
  return palette;
}

cv::Mat labels_of(cv::Mat raw) {
  double lowest = 0.0;
  cv::minMaxLoc(raw, &lowest, nullptr);
  if (lowest < 0.0)
    throw SampleError(
        "the TIFF holds 32-bit integers that are negative or above 2147483647, which no label is; "
        "convert it to 32-bit float");
  return raw;
}

cv::Mat floats_of(cv::Mat raw) {
  cv::Mat result;
  raw.convertTo(result, CV_32F);
  if (!cv::checkRange(result))
    throw SampleError(
        "the TIFF holds values that are not finite numbers (NaN or infinity, or too large for 32 "
        "bits); replace them first");
  return result;
}

/// The pixels that the stored samples mean.
cv::Mat interpreted(TiffReader& reader, const Layout& l, cv::Mat raw) {
  if (l.photometric == PHOTOMETRIC_PALETTE) return expand_palette(raw, palette_of(reader, l));
  const int colours = is_colour(l) ? 3 : 1;
  if (l.samples > colours) raw = without_alpha(raw);
  if (raw.depth() == CV_32S) return labels_of(raw);
  if (raw.depth() == CV_32F || raw.depth() == CV_64F) return floats_of(raw);
  if (l.bits < 8) raw *= 255 / ((1 << l.bits) - 1);
  if (l.photometric == PHOTOMETRIC_MINISWHITE) cv::bitwise_not(raw, raw);
  return raw;
}

/// The value of `key=` in a description of lines, or nothing.
std::optional<std::string_view> line_value(std::string_view description, std::string_view key) {
  while (!description.empty()) {
    const std::string_view line = description.substr(0, description.find('\n'));
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == '=')
      return line.substr(key.size() + 1);
    description.remove_prefix(std::min(description.size(), line.size() + 1));
  }
  return std::nullopt;
}

/// Micrometres in one of ImageJ's units, or nothing.
std::optional<double> micrometres_in(std::string_view unit) {
  while (!unit.empty() && (unit.back() == '\r' || unit.back() == ' ')) unit.remove_suffix(1);
  for (const std::string_view name :
       {"micron", "microns", "um", "\xC2\xB5m", "\xCE\xBCm", "\xB5m", "\\u00B5m"})
    if (unit == name) return 1.0;
  if (unit == "nm") return 1e-3;
  if (unit == "mm") return 1e3;
  return std::nullopt;
}

std::string_view description_of(TiffReader& reader) {
  const char* text = nullptr;
  if (TIFFGetField(reader.get(), TIFFTAG_IMAGEDESCRIPTION, &text) == 0 || text == nullptr)
    return {};
  const std::string_view description(text);
  return description.starts_with("ImageJ=") ? description : std::string_view{};
}

std::optional<PixelSize> pixel_size(TiffReader& reader) {
  float x = 0.0F;
  float y = 0.0F;
  std::uint16_t unit = RESUNIT_INCH;
  TIFFGetFieldDefaulted(reader.get(), TIFFTAG_RESOLUTIONUNIT, &unit);
  if (TIFFGetField(reader.get(), TIFFTAG_XRESOLUTION, &x) == 0 ||
      TIFFGetField(reader.get(), TIFFTAG_YRESOLUTION, &y) == 0 || !(x > 0.0F) || !(y > 0.0F) ||
      !std::isfinite(x) || !std::isfinite(y))
    return std::nullopt;
  if (const auto name = line_value(description_of(reader), "unit"))
    if (const auto um = micrometres_in(*name)) return PixelSize{*um / x, *um / y};
  const double unit_um = unit == RESUNIT_INCH         ? 25400.0
                         : unit == RESUNIT_CENTIMETER ? 10000.0
                                                      : 0.0;
  return calibration(unit_um / x, unit_um / y);
}

/// ImageJ writes stacks above 4 GB as one directory and a count.
void check_hidden_stack(TiffReader& reader, std::size_t pages) {
  const auto text = line_value(description_of(reader), "images");
  std::uint64_t images = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), images).ec != std::errc())
    return;
  if (images > pages)
    throw SampleError(fmt::format(
        "the TIFF is an ImageJ stack of {} images of which {} can be reached; save them as an "
        "image sequence",
        images, pages));
}

tdir_t chosen_page(const std::vector<tdir_t>& pages, int page) {
  if (page == 0 && pages.size() > 1)
    throw SampleError(fmt::format(
        "the TIFF holds {} pages; set `input: {{pages: each}}` in the pipeline to process each as "
        "an image of its own",
        pages.size()));
  if (page < 0 || static_cast<std::size_t>(page) > pages.size())
    throw SampleError(fmt::format("the TIFF has no page {}: it holds {}", page, pages.size()));
  return pages[page == 0 ? 0 : static_cast<std::size_t>(page - 1)];
}

int bits_on_disk(const Image& image) {
  switch (image.type()) {
    case PixelType::grey8:
    case PixelType::rgb8: return 8;
    case PixelType::grey16: return 16;
    case PixelType::float32:
    case PixelType::label32: return 32;
  }
  return 0;
}

void set_tags(TIFF* tiff, const Image& image, TiffCompression compression) {
  const bool colour = image.channels() == 3;
  const bool real = image.type() == PixelType::float32;
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(image.width()));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(image.height()));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits_on_disk(image));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, image.channels());
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, real ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, colour ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  // No predictor: it would make files smaller that ImageJ, and scikit-image as installed, cannot
  // read.
  TIFFSetField(
      tiff, TIFFTAG_COMPRESSION,
      compression == TiffCompression::deflate ? COMPRESSION_ADOBE_DEFLATE : COMPRESSION_NONE);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize(tiff, 0));
  if (const auto& size = image.pixel_size()) {
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 10000.0 / size->x_um);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 10000.0 / size->y_um);
  }
}

OutputFile& output(thandle_t handle) { return *static_cast<OutputFile*>(handle); }

TiffHandle open_for_writing(OutputFile& file, Messages& messages, bool big) {
  const auto options = open_options(messages);
  return TiffHandle(TIFFClientOpenExt(
      "the TIFF", big ? "wl8" : "wl", &file,
      [](thandle_t h, void* to, tmsize_t count) {
        return static_cast<tmsize_t>(output(h).read(to, static_cast<std::size_t>(count)));
      },
      [](thandle_t h, void* from, tmsize_t count) {
        return output(h).write(from, static_cast<std::size_t>(count)) ? count : tmsize_t{-1};
      },
      [](thandle_t h, toff_t offset, int whence) {
        OutputFile& f = output(h);
        f.seek(offset + (whence == SEEK_CUR ? f.position() : whence == SEEK_END ? f.size() : 0));
        return static_cast<toff_t>(f.position());
      },
      [](thandle_t) { return 0; },
      [](thandle_t h) { return static_cast<toff_t>(output(h).size()); }, nullptr, nullptr,
      options.get()));
}

bool write_rows(TIFF* tiff, const cv::Mat& pixels) {
  // libtiff may reorder bytes in the buffer that it is given.
  std::vector<unsigned char> row(static_cast<std::size_t>(pixels.cols) * pixels.elemSize());
  for (int y = 0; y < pixels.rows; ++y) {
    std::memcpy(row.data(), pixels.ptr(y), row.size());
    if (TIFFWriteScanline(tiff, row.data(), static_cast<std::uint32_t>(y), 0) != 1) return false;
  }
  return TIFFWriteDirectory(tiff) == 1;
}

/// As `Header` counts them.
int channels_of(TiffReader& reader, const Layout& l) {
  if (l.photometric != PHOTOMETRIC_PALETTE) return l.samples;
  return l.bits <= 8 && codec::is_grey(palette_of(reader, l)) ? 1 : 3;
}

}  // namespace

Header peek_tiff(ByteSource& source, int page) {
  TiffReader reader(source);
  const auto pages = reader.pages();
  reader.select(chosen_page(pages, std::max(page, 1)));
  const Layout l = reader.layout();
  check_size(l.width, l.height, std::numeric_limits<std::int64_t>::max());
  return {static_cast<int>(l.width),      static_cast<int>(l.height),
          channels_of(reader, l),         l.bits,
          static_cast<int>(pages.size()), "TIFF"};
}

Decoded read_tiff(ByteSource& source, const ReadOptions& options) {
  TiffReader reader(source);
  const auto pages = reader.pages();
  check_hidden_stack(reader, pages.size());
  reader.select(chosen_page(pages, options.page));
  const Layout l = reader.layout();
  check_size(l.width, l.height, options.max_pixels);
  check_layout(l);
  if (l.photometric == PHOTOMETRIC_YCBCR)
    TIFFSetField(reader.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  const auto size = pixel_size(reader);
  cv::Mat raw(static_cast<int>(l.height), static_cast<int>(l.width), raw_type(l));
  reader.forget_warnings();
  if (l.tiled)
    read_tiles(reader, l, raw);
  else
    read_strips(reader, l, raw);
  // JPEG data that end early only warn, and give grey.
  if (l.compression == COMPRESSION_JPEG && reader.warned()) reader.fail();
  return {interpreted(reader, l, raw), size, l.orientation};
}

void write_tiff(const std::filesystem::path& path, const Image& image,
                TiffCompression compression) {
  const auto bytes = image.pixels().total() * image.pixels().elemSize();
  OutputFile file(path);
  Messages messages;
  bool written = false;
  {
    // Offsets of plain TIFF end at 4 GiB.
    const TiffHandle tiff = open_for_writing(file, messages, bytes > 0xF0000000U);
    if (tiff) {
      set_tags(tiff.get(), image, compression);
      written = write_rows(tiff.get(), image.pixels());
    }
  }
  if (!written && !file.failed())
    throw RunError(fmt::format("cannot write {}: {}", path.string(), messages.error.data()));
  file.finish();
}

}  // namespace smear::codec
