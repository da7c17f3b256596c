// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "codec/formats.h"
#include "codec/pixels.h"

namespace smear::codec {
namespace {

constexpr std::uint32_t kFileHeaderSize = 14;
constexpr std::uint32_t kUncompressed = 0;
constexpr std::uint32_t kBitFields = 3;
constexpr std::uint32_t kAlphaBitFields = 6;

class BmpFile {
 public:
  explicit BmpFile(ByteSource& source) : source_(source) {
    pixel_offset_ = u32(10);
    header_size_ = u32(14);
    if (header_size_ == 12) {  // OS/2 1.x
      width_ = u16(18);
      rows_ = u16(20);
      bits_ = u16(24);
      return;
    }
    if (header_size_ < 40 || header_size_ > 4096)
      throw SampleError(fmt::format(
          "the BMP cannot be read: it has an unknown header of {} bytes; save it as PNG or TIFF",
          header_size_));
    width_ = static_cast<std::int32_t>(u32(18));
    rows_ = static_cast<std::int32_t>(u32(22));
    bits_ = u16(28);
    compression_ = u32(30);
    pixels_per_metre_ = {static_cast<std::int32_t>(u32(38)), static_cast<std::int32_t>(u32(42))};
    colours_ = u32(46);
  }

  [[nodiscard]] std::int64_t width() const { return width_; }
  [[nodiscard]] std::int64_t height() const { return rows_ < 0 ? -rows_ : rows_; }
  [[nodiscard]] int bits() const { return bits_; }
  [[nodiscard]] bool has_palette() const { return bits_ <= 8; }

  /// As `Header` counts them.
  [[nodiscard]] int channels() const {
    if (has_palette()) return is_grey(palette()) ? 1 : 3;
    return bits_ == 32 ? 4 : 3;
  }

  /// Throws `SampleError` for the kinds that are not read.
  void check_kind() const {
    const bool masks = compression_ == kBitFields || compression_ == kAlphaBitFields;
    if (compression_ != kUncompressed && !(masks && (bits_ == 16 || bits_ == 32)))
      throw SampleError(fmt::format(
          "the BMP is compressed (kind {}), which is not read; save it uncompressed, or as PNG",
          compression_));
    if (bits_ != 1 && bits_ != 4 && bits_ != 8 && bits_ != 24 && bits_ != 32)
      throw SampleError(fmt::format(
          "the BMP has {} bits a pixel; only 1, 4, 8, 24 and 32 are read: save it as PNG", bits_));
    if (masks && (u32(54) != 0xFF0000 || u32(58) != 0xFF00 || u32(62) != 0xFF))
      throw SampleError(
          "the BMP orders its colours by masks other than red, green, blue; save it as PNG");
    check_offset(masks);
  }

  [[nodiscard]] cv::Mat decode() const {
    const std::int64_t row_size = (width_ * bits_ + 31) / 32 * 4;
    const std::int64_t needed = static_cast<std::int64_t>(pixel_offset_) + row_size * height();
    if (static_cast<std::uint64_t>(needed) > source_.size())
      throw SampleError(
          fmt::format("the BMP is truncated: it holds {} bytes of {}; copy or export it again",
                      source_.size(), needed));
    std::vector<unsigned char> row(static_cast<std::size_t>(row_size));
    cv::Mat pixels(static_cast<int>(height()), static_cast<int>(width_),
                   CV_8UC(has_palette() ? 1
                          : has_alpha() ? 4
                                        : 3));
    for (int i = 0; i < pixels.rows; ++i) {
      read(pixel_offset_ + static_cast<std::uint64_t>(i) * row.size(), row.data(), row.size());
      unpack(row.data(), pixels.ptr(rows_ < 0 ? i : pixels.rows - 1 - i));
    }
    if (has_palette()) return expand_palette(pixels, palette());
    return has_alpha() ? without_alpha(pixels) : pixels;
  }

  [[nodiscard]] std::optional<PixelSize> pixel_size() const {
    if (pixels_per_metre_[0] <= 0 || pixels_per_metre_[1] <= 0) return std::nullopt;
    return calibration(1e6 / pixels_per_metre_[0], 1e6 / pixels_per_metre_[1]);
  }

 private:
  /// Bytes of the header must not be taken for pixels; a palette is checked when it is read.
  void check_offset(bool masks) const {
    const std::uint64_t masks_size = !masks || header_size_ != 40      ? 0
                                     : compression_ == kAlphaBitFields ? 16
                                                                       : 12;
    const std::uint64_t least = kFileHeaderSize + header_size_ + masks_size;
    if (pixel_offset_ < least)
      throw SampleError(fmt::format(
          "the BMP is damaged: its pixels would begin at byte {}, inside its header of {} bytes",
          pixel_offset_, least));
  }

  /// The fourth byte is alpha only where a mask says so; else it is reserved and often 0.
  [[nodiscard]] bool has_alpha() const {
    const bool stored =
        compression_ == kAlphaBitFields || (compression_ == kBitFields && header_size_ >= 56);
    return bits_ == 32 && stored && u32(66) == 0xFF000000;
  }

  void unpack(const unsigned char* from, unsigned char* to) const {
    const int count = static_cast<int>(width_);
    if (has_palette()) {
      const int per_byte = 8 / bits_;
      const int mask = (1 << bits_) - 1;
      for (int x = 0; x < count; ++x) {
        const int shift = (per_byte - 1 - x % per_byte) * bits_;
        to[x] = static_cast<unsigned char>((from[x / per_byte] >> shift) & mask);
      }
      return;
    }
    const bool alpha = has_alpha();
    for (int x = 0; x < count; ++x, from += bits_ / 8) {
      *to++ = from[2];
      *to++ = from[1];
      *to++ = from[0];
      if (alpha) *to++ = from[3];
    }
  }

  [[nodiscard]] std::vector<cv::Vec3b> palette() const {
    const std::uint32_t most = 1U << static_cast<unsigned>(bits_);
    const std::uint32_t count = colours_ == 0 || colours_ > most ? most : colours_;
    const std::size_t entry = header_size_ == 12 ? 3 : 4;
    const std::uint64_t begin = kFileHeaderSize + header_size_;
    if (begin + count * entry > pixel_offset_)
      throw SampleError("the BMP is damaged: its palette reaches into its pixels");
    std::vector<unsigned char> bytes(count * entry);
    read(begin, bytes.data(), bytes.size());
    std::vector<cv::Vec3b> colours;
    for (std::size_t i = 0; i < bytes.size(); i += entry)
      colours.emplace_back(bytes[i + 2], bytes[i + 1], bytes[i]);
    return colours;
  }

  void read(std::uint64_t offset, unsigned char* to, std::size_t count) const {
    if (source_.read(offset, to, count) != count)
      refuse(source_, "the BMP is truncated: it ends before its header or pixels do");
  }
  [[nodiscard]] std::uint16_t u16(std::uint64_t offset) const {
    std::array<unsigned char, 2> b{};
    read(offset, b.data(), b.size());
    return static_cast<std::uint16_t>(b[0] | b[1] << 8);
  }
  [[nodiscard]] std::uint32_t u32(std::uint64_t offset) const {
    return u16(offset) | static_cast<std::uint32_t>(u16(offset + 2)) << 16U;
  }

  ByteSource& source_;
  std::uint32_t pixel_offset_ = 0;
  std::uint32_t header_size_ = 0;
  std::int64_t width_ = 0;
  std::int64_t rows_ = 0;  ///< negative where the first row is the top one
  int bits_ = 0;
  std::uint32_t compression_ = kUncompressed;
  std::array<std::int32_t, 2> pixels_per_metre_{};
  std::uint32_t colours_ = 0;
};

}  // namespace

Header peek_bmp(ByteSource& source, int /*page*/) {
  const BmpFile file(source);
  check_size(file.width(), file.height(), std::numeric_limits<std::int64_t>::max());
  return {static_cast<int>(file.width()),
          static_cast<int>(file.height()),
          file.channels(),
          std::min(file.bits(), 8),
          1,
          "BMP"};
}

Decoded read_bmp(ByteSource& source, const ReadOptions& options) {
  const BmpFile file(source);
  check_size(file.width(), file.height(), options.max_pixels);
  file.check_kind();
  return {file.decode(), file.pixel_size(), 1};
}

}  // namespace smear::codec
