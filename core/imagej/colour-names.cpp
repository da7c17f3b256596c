// SPDX-License-Identifier: Apache-2.0
#include "imagej/colour-names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "imagej/letters.h"

namespace smear::imagej {
namespace {

struct Named {
  std::string_view name;
  std::uint32_t argb;
};

// Java's colours.
constexpr std::array names = {
    Named{"red", 0xffff0000},     Named{"green", 0xff00ff00},     Named{"blue", 0xff0000ff},
    Named{"magenta", 0xffff00ff}, Named{"cyan", 0xff00ffff},      Named{"yellow", 0xffffff00},
    Named{"white", 0xffffffff},   Named{"black", 0xff000000},     Named{"gray", 0xff808080},
    Named{"orange", 0xffffc800},  Named{"lightgray", 0xffc0c0c0}, Named{"darkgray", 0xff404040},
    Named{"pink", 0xffffafaf}};

}  // namespace

std::optional<std::uint32_t> colour_named(std::string_view text) {
  std::string name = lower_case(std::string(text));
  std::erase_if(name, [](char c) { return c == '_' || c == ' '; });
  if (const auto grey = name.find("grey"); grey != std::string::npos) name[grey + 2] = 'a';
  for (const auto& one : names)
    if (one.name == name) return one.argb;
  if (text.starts_with("#"))
    text.remove_prefix(1);
  else if (text.starts_with("0x"))
    text.remove_prefix(2);
  if (text.size() != 6 && text.size() != 8) return std::nullopt;
  std::uint32_t argb = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), argb, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return text.size() == 6 ? argb | 0xff000000U : argb;
}

std::string name_of_colour(std::uint32_t argb) {
  if (argb == 0) return "none";
  for (const auto& one : names)
    if (one.argb == argb) return std::string(one.name);
  if (argb >> 24U == 0xffU) return fmt::format("#{:06x}", argb & 0xffffffU);
  return fmt::format("#{:08x}", argb);
}

}  // namespace smear::imagej
