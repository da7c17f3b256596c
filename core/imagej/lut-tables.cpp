// SPDX-License-Identifier: Apache-2.0
#include "imagej/lut-tables.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>

#include "imagej/operations/colour.h"

namespace smear::imagej {
namespace {

// Every eighth colour of a table; those between lie on straight lines.
using Stops = std::array<std::array<std::uint8_t, 32>, 3>;

constexpr Stops fire{
    {{0,   0,   1,   25,  49,  73,  98,  122, 146, 162, 173, 184, 195, 207, 217, 229,
      240, 252, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
     {0,  0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   14,  35,  57,
      79, 101, 117, 133, 147, 161, 175, 190, 205, 219, 234, 248, 255, 255, 255, 255},
     {0, 61, 96, 130, 165, 192, 220, 227, 210, 181, 151, 122, 93, 64,  35,  5,
      0, 0,  0,  0,   0,   0,   0,   0,   0,   0,   0,   35,  98, 160, 223, 255}}};

constexpr Stops ice{
    {{0,   0,   0,   0,   0,   0,   19,  29,  50,  48,  79,  112, 134, 158, 186, 201,
      217, 229, 242, 250, 250, 250, 250, 251, 250, 250, 250, 250, 251, 251, 243, 230},
     {156, 165, 176, 184, 190, 196, 193, 184, 171, 162, 146, 125, 107, 93, 81, 87,
      92,  97,  95,  93,  93,  90,  85,  69,  64,  54,  47,  35,  19,  0,  4,  0},
     {140, 147, 158, 166, 170, 176, 209, 220, 234, 225, 236, 246, 250, 251, 250, 250,
      245, 230, 230, 222, 202, 180, 163, 142, 123, 114, 106, 94,  84,  64,  26,  27}}};

Lut between(const Stops& stops) {
  Lut lut;
  const std::array channels{&lut.red, &lut.green, &lut.blue};
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t i = 0; i < 256; ++i) {
      const std::size_t left = i / 8;
      const std::size_t right = std::min<std::size_t>(left + 1, 31);
      const double part = static_cast<double>(i % 8) / 8.0;
      (*channels[c])[i] =
          static_cast<std::uint8_t>((1.0 - part) * stops[c][left] + part * stops[c][right]);
    }
  return lut;
}

Lut of_level(const std::function<std::array<int, 3>(int)>& colour) {
  Lut lut;
  for (int i = 0; i < 256; ++i) {
    const auto [red, green, blue] = colour(i);
    const auto at = static_cast<std::size_t>(i);
    lut.red[at] = static_cast<std::uint8_t>(red);
    lut.green[at] = static_cast<std::uint8_t>(green);
    lut.blue[at] = static_cast<std::uint8_t>(blue);
  }
  return lut;
}

Lut spectrum() {
  return of_level([](int i) {
    const float hsb[3] = {static_cast<float>(i) / 255.0F, 1.0F, 1.0F};
    std::uint8_t rgb[3];
    hsb_to_rgb(hsb, rgb);
    return std::array<int, 3>{rgb[0], rgb[1], rgb[2]};
  });
}

// A ramp in some of the three colours.
Lut ramp(int red, int green, int blue) {
  return of_level([=](int i) { return std::array{red * i, green * i, blue * i}; });
}

}  // namespace

const std::vector<NamedLut>& lut_tables() {
  static const std::vector<NamedLut> tables{
      {"Fire", "fire", "Shows the image in the colours of a fire: black, blue, red, yellow, white.",
       between(fire)},
      {"Ice", "ice", "Shows the image in cold colours: green, blue, violet, red.", between(ice)},
      {"Spectrum", "spectrum", "Shows the image in the colours of the rainbow.", spectrum()},
      {"3-3-2 RGB", "3-3-2-rgb",
       "Takes three bits of each level for red, three for green and two for blue.",
       of_level([](int i) {
         return std::array{i & 0xe0, i << 3 & 0xe0, i << 6 & 0xc0};
       })},
      {"Red", "red", "Shows the image in red.", ramp(1, 0, 0)},
      {"Green", "green", "Shows the image in green.", ramp(0, 1, 0)},
      {"Blue", "blue", "Shows the image in blue.", ramp(0, 0, 1)},
      {"Cyan", "cyan", "Shows the image in cyan.", ramp(0, 1, 1)},
      {"Magenta", "magenta", "Shows the image in magenta.", ramp(1, 0, 1)},
      {"Yellow", "yellow", "Shows the image in yellow.", ramp(1, 1, 0)},
      {"Red/Green", "red-green",
       "Shows the lower half of the levels in red and the upper half in green.",
       of_level([](int i) {
         return i < 128 ? std::array{2 * i, 0, 0} : std::array{0, 2 * (i - 128), 0};
       })}};
  return tables;
}

const Lut& lut_named(std::string_view name) {
  return std::ranges::find(lut_tables(), name, &NamedLut::name)->lut;
}

}  // namespace smear::imagej
