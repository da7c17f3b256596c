// SPDX-License-Identifier: Apache-2.0
#include "imagej/files/bytes.h"

#include <fmt/format.h>

#include <bit>

#include "smear/errors.h"

namespace smear::imagej {

void ByteReader::require(std::size_t at, std::size_t count) const {
  if (at <= bytes_.size() && count <= bytes_.size() - at) return;
  throw SampleError(fmt::format(
      "{} is damaged: its {} bytes end before what they should hold; copy or export it again",
      what_, bytes_.size()));
}

std::span<const std::byte> ByteReader::bytes(std::size_t at, std::size_t count) const {
  require(at, count);
  return bytes_.subspan(at, count);
}

std::uint64_t ByteReader::number(std::size_t at, std::size_t count) const {
  const auto here = bytes(at, count);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value = value << 8U | std::to_integer<std::uint64_t>(here[big_endian_ ? i : count - 1 - i]);
  return value;
}

std::uint8_t ByteReader::u8(std::size_t at) const {
  return static_cast<std::uint8_t>(number(at, 1));
}
std::uint16_t ByteReader::u16(std::size_t at) const {
  return static_cast<std::uint16_t>(number(at, 2));
}
std::int16_t ByteReader::i16(std::size_t at) const { return static_cast<std::int16_t>(u16(at)); }
std::uint32_t ByteReader::u32(std::size_t at) const {
  return static_cast<std::uint32_t>(number(at, 4));
}
std::int32_t ByteReader::i32(std::size_t at) const { return static_cast<std::int32_t>(u32(at)); }
float ByteReader::f32(std::size_t at) const { return std::bit_cast<float>(u32(at)); }
double ByteReader::f64(std::size_t at) const { return std::bit_cast<double>(number(at, 8)); }

std::string ByteReader::utf16(std::size_t at, std::size_t count) const {
  require(at, count > size() ? size() + 1 : 2 * count);
  std::u16string units(count, u'\0');
  for (std::size_t i = 0; i < count; ++i) units[i] = static_cast<char16_t>(u16(at + 2 * i));
  return to_utf8(units);
}

void ByteWriter::f32(float value) { u32(std::bit_cast<std::uint32_t>(value)); }
void ByteWriter::f64(double value) { number(std::bit_cast<std::uint64_t>(value), 8); }
void ByteWriter::set_f32(std::size_t at, float value) {
  set_u32(at, std::bit_cast<std::uint32_t>(value));
}

void ByteWriter::bytes(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void ByteWriter::utf16(std::u16string_view units) {
  for (const char16_t unit : units) u16(unit);
}

namespace {

/// The character that begins at `at`, which is moved behind it.
char32_t next_character(std::string_view utf8, std::size_t& at) {
  const auto byte = [&](std::size_t i) {
    return i < utf8.size() ? static_cast<unsigned char>(utf8[i]) : 0U;
  };
  const unsigned first = byte(at);
  const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  char32_t value = more == 0 ? first : first & (0x3FU >> more);
  bool whole = first < 0x80 || (more > 0 && first < 0xF5);
  for (std::size_t i = 1; i <= more; ++i) {
    whole = whole && (byte(at + i) & 0xC0U) == 0x80;
    value = value << 6U | (byte(at + i) & 0x3FU);
  }
  constexpr char32_t least[] = {0, 0x80, 0x800, 0x10000};
  whole = whole && value >= least[more] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  at += whole ? more + 1 : 1;
  return whole ? value : first;
}

}  // namespace

std::u16string to_utf16(std::string_view utf8) {
  std::u16string units;
  units.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    const char32_t character = next_character(utf8, at);
    if (character < 0x10000) {
      units += static_cast<char16_t>(character);
    } else {
      units += static_cast<char16_t>(0xD800 + ((character - 0x10000) >> 10U));
      units += static_cast<char16_t>(0xDC00 + ((character - 0x10000) & 0x3FFU));
    }
  }
  return units;
}

std::string to_utf8(std::u16string_view units) {
  std::string text;
  text.reserve(units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    char32_t c = units[i];
    const bool paired = c >= 0xD800 && c < 0xDC00 && i + 1 < units.size() &&
                        units[i + 1] >= 0xDC00 && units[i + 1] < 0xE000;
    if (paired)
      c = 0x10000 + ((c - 0xD800) << 10U) + (units[++i] - 0xDC00);
    else if (c >= 0xD800 && c < 0xE000)
      c = 0xFFFD;
    if (c < 0x80) {
      text += static_cast<char>(c);
      continue;
    }
    const unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    text += static_cast<char>((0xF00U >> (more + 1) & 0xFFU) | c >> 6U * more);
    for (unsigned k = more; k-- > 0;) text += static_cast<char>(0x80U | (c >> 6U * k & 0x3FU));
  }
  return text;
}

}  // namespace smear::imagej
