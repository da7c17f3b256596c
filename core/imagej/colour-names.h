// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace smear::imagej {

/// A colour as ImageJ writes it, ARGB: "red", "Light_gray", "#rrggbb", "#aarrggbb", "0xrrggbb".
/// Nothing where ImageJ knows no such colour, as for "none".
std::optional<std::uint32_t> colour_named(std::string_view text);

/// What ImageJ calls a colour, ARGB: its name, or "#rrggbb", or "#aarrggbb" where it is not opaque;
/// "none" for 0, which stands for no colour.
std::string name_of_colour(std::uint32_t argb);

}  // namespace smear::imagej
