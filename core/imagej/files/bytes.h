// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Numbers and texts in the bytes of ImageJ's files.
namespace smear::imagej {

/// Reads numbers at offsets. Nothing outside the bytes is ever read: those functions throw a
/// `SampleError` that says which file ends early.
class ByteReader {
 public:
  /// `what` is what messages call the file: "the ROI".
  ByteReader(std::span<const std::byte> bytes, std::string_view what, bool big_endian = true)
      : bytes_(bytes), what_(what), big_endian_(big_endian) {}

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool big_endian() const { return big_endian_; }

  /// Throws unless there are that many bytes from there on.
  void require(std::size_t at, std::size_t count) const;
  [[nodiscard]] std::span<const std::byte> bytes(std::size_t at, std::size_t count) const;
  [[nodiscard]] std::uint8_t u8(std::size_t at) const;
  [[nodiscard]] std::uint16_t u16(std::size_t at) const;
  [[nodiscard]] std::int16_t i16(std::size_t at) const;
  [[nodiscard]] std::uint32_t u32(std::size_t at) const;
  [[nodiscard]] std::int32_t i32(std::size_t at) const;
  [[nodiscard]] float f32(std::size_t at) const;
  [[nodiscard]] double f64(std::size_t at) const;
  /// Text of `count` UTF-16 units as UTF-8.
  [[nodiscard]] std::string utf16(std::size_t at, std::size_t count) const;

 private:
  [[nodiscard]] std::uint64_t number(std::size_t at, std::size_t count) const;

  std::span<const std::byte> bytes_;
  std::string_view what_;
  bool big_endian_;
};

/// Big-endian numbers, one after another.
class ByteWriter {
 public:
  void u8(unsigned value) { number(value, 1); }
  void u16(unsigned value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void f32(float value);
  void f64(double value);
  void bytes(std::span<const std::byte> bytes);
  void bytes(std::span<const std::uint8_t> bytes) { this->bytes(std::as_bytes(bytes)); }
  void text(std::string_view text) { bytes(std::as_bytes(std::span(text))); }
  void utf16(std::u16string_view units);

  void set_u8(std::size_t at, unsigned value) { set(at, value, 1); }
  void set_u16(std::size_t at, unsigned value) { set(at, value, 2); }
  void set_u32(std::size_t at, std::uint32_t value) { set(at, value, 4); }
  void set_f32(std::size_t at, float value);

  void zeros(std::size_t count) { bytes_.resize(bytes_.size() + count); }
  void reserve(std::size_t count) { bytes_.reserve(count); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void number(std::uint64_t value, std::size_t count) {
    zeros(count);
    set(bytes_.size() - count, value, count);
  }
  void set(std::size_t at, std::uint64_t value, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      bytes_[at + i] = static_cast<std::byte>(value >> 8U * (count - 1 - i));
  }

  std::vector<std::byte> bytes_;
};

/// UTF-8 as the UTF-16 of Java's strings; bytes that are no UTF-8 are taken for ISO-8859-1.
std::u16string to_utf16(std::string_view utf8);
/// UTF-16 as UTF-8; half a surrogate pair becomes U+FFFD.
std::string to_utf8(std::u16string_view units);

}  // namespace smear::imagej
