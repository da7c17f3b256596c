// SPDX-License-Identifier: Apache-2.0
#include "run/display-path.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>

namespace smear {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// Length of the valid UTF-8 sequence that starts at `at`, 0 where there is none. The bounds of the
/// second byte leave out overlong forms, surrogates and what is above U+10FFFF (RFC 3629).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() - at < length) return 0;
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte_at(text, at + 1) < low || byte_at(text, at + 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte_at(text, at + i) & 0xC0U) != 0x80) return 0;
  return length;
}

bool is_control(std::string_view sequence) {
  const unsigned first = byte_at(sequence, 0);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && byte_at(sequence, 1) < 0xA0;
}

// A name's own backslash that would read as one of our escapes is escaped itself, so that two
// different names never look alike.
bool looks_escaped(std::string_view raw, std::size_t at) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
  return raw.size() - at >= 4 && raw[at] == '\\' && raw[at + 1] == 'x' && is_hex(raw[at + 2]) &&
         is_hex(raw[at + 3]);
}

std::string readable(std::string_view raw, bool keep_lines) {
  std::string result;
  result.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t length = sequence_length(raw, at);
    const std::string_view sequence = raw.substr(at, length == 0 ? 1 : length);
    const bool kept_break = keep_lines && (sequence == "\n" || sequence == "\t");
    const bool plain =
        length > 0 && !is_control(sequence) && (keep_lines || !looks_escaped(raw, at));
    if (kept_break || plain) {
      result += sequence;
    } else {
      for (std::size_t i = 0; i < sequence.size(); ++i)
        fmt::format_to(std::back_inserter(result), "\\x{:02X}", byte_at(sequence, i));
    }
    at += sequence.size();
  }
  return result;
}

}  // namespace

std::string display(std::string_view raw_bytes) { return readable(raw_bytes, false); }

std::string display_text(std::string_view raw_bytes) { return readable(raw_bytes, true); }

}  // namespace smear
