// SPDX-License-Identifier: Apache-2.0
#include <png.h>

#include <array>
#include <cmath>
#include <csetjmp>
#include <cstring>

#include "codec/formats.h"
#include "codec/output-file.h"
#include "codec/palette-png.h"
#include "codec/pixels.h"

// libpng leaves by longjmp. Each member function that calls setjmp holds no object with a
// destructor; the state and the clean-up are the class's.

namespace smear::codec {
namespace {

/// What libpng said when it gave up, kept instead of printed.
struct Failure {
  std::jmp_buf escape{};
  std::array<char, 256> message{};
};

[[noreturn]] void give_up(png_structp png, png_const_charp message) {
  auto* failure = static_cast<Failure*>(png_get_error_ptr(png));
  std::strncpy(failure->message.data(), message, failure->message.size() - 1);
  std::longjmp(failure->escape, 1);
}

// What libpng only warns of (unknown profiles, odd text) costs no pixel.
void ignore(png_structp, png_const_charp) {}

class PngDecoder {
 public:
  explicit PngDecoder(ByteSource& source) : source_(source) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure_, give_up, ignore);
    info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw SampleError("libpng cannot start: out of memory, or of another version");
    }
  }
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  bool read_header() {
    if (setjmp(failure_.escape) != 0) return false;
    png_set_read_fn(png_, this, fill);
    // Our own limit speaks of pixels and names the setting that raises it.
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_read_info(png_, info_);
    return true;
  }

  /// Grey of fewer bits becomes 8 bits, a transparent colour an alpha channel. Palette indices stay
  /// (one a byte), since libpng expands those beyond the palette to black.
  bool start() {
    if (setjmp(failure_.escape) != 0) return false;
    if (is_palette())
      png_set_packing(png_);
    else
      png_set_expand(png_);
    if (png_get_bit_depth(png_, info_) == 16) png_set_swap(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  bool decode(png_bytepp rows) {
    if (setjmp(failure_.escape) != 0) return false;
    png_read_image(png_, rows);
    png_read_end(png_, info_);
    return true;
  }

  [[nodiscard]] std::string reason() const {
    if (ended_)
      return fmt::format(
          "the PNG is truncated: its {} bytes end before the image does; copy or export it again",
          source_.size());
    return std::string("the PNG cannot be decoded: ") + failure_.message.data();
  }

  [[nodiscard]] int width() const { return static_cast<int>(png_get_image_width(png_, info_)); }
  [[nodiscard]] int height() const { return static_cast<int>(png_get_image_height(png_, info_)); }
  [[nodiscard]] int bits() const { return png_get_bit_depth(png_, info_); }
  [[nodiscard]] int colour_type() const { return png_get_color_type(png_, info_); }
  [[nodiscard]] bool is_palette() const { return colour_type() == PNG_COLOR_TYPE_PALETTE; }
  [[nodiscard]] int channels() const { return png_get_channels(png_, info_); }

  [[nodiscard]] std::vector<cv::Vec3b> palette() const {
    png_colorp entries = nullptr;
    int count = 0;
    if (png_get_PLTE(png_, info_, &entries, &count) == 0) return {};
    std::vector<cv::Vec3b> colours;
    for (int i = 0; i < count; ++i)
      colours.emplace_back(entries[i].red, entries[i].green, entries[i].blue);
    return colours;
  }

  /// How opaque each colour of the palette is; nothing where all are.
  [[nodiscard]] std::vector<std::uint8_t> palette_alpha() const {
    png_bytep alpha = nullptr;
    int count = 0;
    if (png_get_tRNS(png_, info_, &alpha, &count, nullptr) == 0 || alpha == nullptr) return {};
    return {alpha, alpha + count};
  }

  [[nodiscard]] std::optional<PixelSize> pixel_size() const {
    png_uint_32 x = 0;
    png_uint_32 y = 0;
    int unit = PNG_RESOLUTION_UNKNOWN;
    if (png_get_pHYs(png_, info_, &x, &y, &unit) == 0 || unit != PNG_RESOLUTION_METER || x == 0 ||
        y == 0)
      return std::nullopt;
    return calibration(1e6 / x, 1e6 / y);
  }

  [[nodiscard]] Exif exif() const {
    png_bytep block = nullptr;
    png_uint_32 size = 0;
    if (png_get_eXIf_1(png_, info_, &size, &block) == 0) return {};
    return read_exif({block, size});
  }

 private:
  static void fill(png_structp png, png_bytep to, std::size_t count) {
    auto* me = static_cast<PngDecoder*>(png_get_io_ptr(png));
    const std::size_t got = me->source_.read(me->offset_, to, count);
    me->offset_ += got;
    if (got == count) return;
    me->ended_ = true;
    png_error(png, "the file ends early");
  }

  ByteSource& source_;
  std::uint64_t offset_ = 0;
  bool ended_ = false;
  Failure failure_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

/// Throws `SampleError` where a pixel has a colour that is not opaque.
void check_opaque(const cv::Mat& indices, std::vector<std::uint8_t> alpha) {
  if (alpha.empty()) return;
  alpha.resize(256, 255);
  std::array<cv::Mat, 2> channels{indices, {}};
  cv::LUT(indices, alpha, channels[1]);
  cv::Mat with_alpha;
  cv::merge(channels.data(), channels.size(), with_alpha);
  without_alpha(with_alpha);
}

/// The pixels that were decoded, as `Decoded` holds them.
cv::Mat interpreted(const PngDecoder& decoder, const cv::Mat& pixels) {
  if (decoder.is_palette()) {
    check_opaque(pixels, decoder.palette_alpha());
    return expand_palette(pixels, decoder.palette());
  }
  return pixels.channels() == 2 || pixels.channels() == 4 ? without_alpha(pixels) : pixels;
}

struct Density {
  png_uint_32 x = 0;
  png_uint_32 y = 0;
};

class PngEncoder {
 public:
  explicit PngEncoder(OutputFile& file) : file_(file) {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure_, give_up, ignore);
    info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
    if (info_ == nullptr) {
      png_destroy_write_struct(&png_, nullptr);
      throw RunError("libpng cannot start: out of memory, or of another version");
    }
  }
  ~PngEncoder() { png_destroy_write_struct(&png_, &info_); }
  PngEncoder(const PngEncoder&) = delete;
  PngEncoder& operator=(const PngEncoder&) = delete;

  /// With a palette, `pixels` are indices into it.
  bool encode(const cv::Mat& pixels, const Density& density,
              const std::array<cv::Vec3b, 256>* palette = nullptr) {
    if (setjmp(failure_.escape) != 0) return false;
    png_set_write_fn(png_, &file_, put, [](png_structp) {});
    const bool colour = pixels.channels() == 3;
    const int bits = pixels.depth() == CV_16U ? 16 : 8;
    // Images may be larger than libpng's own limit of a million pixels a side.
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(pixels.cols),
                 static_cast<png_uint_32>(pixels.rows), bits,
                 colour               ? PNG_COLOR_TYPE_RGB
                 : palette != nullptr ? PNG_COLOR_TYPE_PALETTE
                                      : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (palette != nullptr) set_palette(*palette);
    if (density.x > 0 && density.y > 0)
      png_set_pHYs(png_, info_, density.x, density.y, PNG_RESOLUTION_METER);
    // One fixed filter: trying all five a row costs twice the time and saves few bytes.
    png_set_filter(png_, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_set_compression_level(png_, 3);
    png_write_info(png_, info_);
    if (bits == 16) png_set_swap(png_);
    for (int y = 0; y < pixels.rows; ++y) png_write_row(png_, pixels.ptr(y));
    png_write_end(png_, nullptr);
    return true;
  }

  [[nodiscard]] const char* message() const { return failure_.message.data(); }

 private:
  void set_palette(const std::array<cv::Vec3b, 256>& palette) {
    std::array<png_color, 256> colours{};
    for (std::size_t i = 0; i < colours.size(); ++i)
      colours[i] = {palette[i][0], palette[i][1], palette[i][2]};
    png_set_PLTE(png_, info_, colours.data(), static_cast<int>(colours.size()));
  }
  static void put(png_structp png, png_bytep bytes, std::size_t count) {
    if (!static_cast<OutputFile*>(png_get_io_ptr(png))->write(bytes, count))
      png_error(png, "the disk did not take the file");
  }

  OutputFile& file_;
  Failure failure_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

/// pHYs counts whole pixels a metre: nothing where that cannot hold the pixel size.
Density density_of(const Image& image) {
  if (!image.pixel_size()) return {};
  const double x = std::round(1e6 / image.pixel_size()->x_um);
  const double y = std::round(1e6 / image.pixel_size()->y_um);
  if (x < 1 || y < 1 || x > PNG_UINT_31_MAX || y > PNG_UINT_31_MAX) return {};
  return {static_cast<png_uint_32>(x), static_cast<png_uint_32>(y)};
}

cv::Mat storable(const Image& image) {
  switch (image.type()) {
    case PixelType::grey8:
    case PixelType::rgb8:
    case PixelType::grey16: return image.pixels();
    case PixelType::label32: break;
    case PixelType::float32:
      throw SampleError("PNG holds 8 and 16 bits, not float32; save it as .tif");
  }
  double lowest = 0.0;
  double highest = 0.0;
  cv::minMaxLoc(image.pixels(), &lowest, &highest);
  if (lowest < 0.0)
    throw SampleError(fmt::format("labels must not be negative, but one is {:.0f}", lowest));
  if (highest > 65535.0)
    throw SampleError(fmt::format(
        "PNG holds labels up to 65535, these go to {:.0f}; save them as .tif", highest));
  cv::Mat result;
  image.pixels().convertTo(result, CV_16U);
  return result;
}

}  // namespace

Header peek_png(ByteSource& source, int /*page*/) {
  PngDecoder decoder(source);
  if (!decoder.read_header()) refuse(source, decoder.reason());
  return {decoder.width(),
          decoder.height(),
          !decoder.is_palette()        ? decoder.channels()
          : is_grey(decoder.palette()) ? 1
                                       : 3,
          decoder.bits(),
          1,
          "PNG"};
}

Decoded read_png(ByteSource& source, const ReadOptions& options) {
  PngDecoder decoder(source);
  if (!decoder.read_header()) refuse(source, decoder.reason());
  check_size(decoder.width(), decoder.height(), options.max_pixels);
  const bool colour = (decoder.colour_type() & PNG_COLOR_MASK_COLOR) != 0;
  if (decoder.bits() == 16 && colour)
    throw SampleError(
        "the PNG holds 16-bit colour; convert it to 8-bit RGB, or save each channel as 16-bit "
        "grey");
  if (!decoder.start()) refuse(source, decoder.reason());
  cv::Mat pixels(decoder.height(), decoder.width(),
                 CV_MAKETYPE(decoder.bits() == 16 ? CV_16U : CV_8U, decoder.channels()));
  std::vector<png_bytep> rows(static_cast<std::size_t>(pixels.rows));
  for (int y = 0; y < pixels.rows; ++y) rows[static_cast<std::size_t>(y)] = pixels.ptr(y);
  if (!decoder.decode(rows.data())) refuse(source, decoder.reason());
  // An eXIf chunk may stand behind the pixels.
  const Exif exif = decoder.exif();
  const auto size = decoder.pixel_size();
  return {interpreted(decoder, pixels), size ? size : exif.pixel_size, exif.orientation};
}

void write_png(const std::filesystem::path& path, const Image& image) {
  const cv::Mat pixels = storable(image);
  OutputFile file(path);
  PngEncoder encoder(file);
  if (!encoder.encode(pixels, density_of(image)) && !file.failed())
    throw RunError(fmt::format("cannot write {}: {}", path.string(), encoder.message()));
  file.finish();
}

void write_palette_png(const std::filesystem::path& path, const cv::Mat& indices,
                       const std::array<cv::Vec3b, 256>& palette) {
  OutputFile file(path);
  PngEncoder encoder(file);
  if (!encoder.encode(indices, {}, &palette) && !file.failed())
    throw RunError(fmt::format("cannot write {}: {}", path.string(), encoder.message()));
  file.finish();
}

}  // namespace smear::codec
