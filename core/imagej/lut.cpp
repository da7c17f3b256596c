// SPDX-License-Identifier: Apache-2.0
#include "imagej/lut.h"

#include <algorithm>

namespace smear::imagej {

Lut Lut::grey() {
  Lut lut;
  for (std::size_t i = 0; i < 256; ++i) lut.red[i] = static_cast<std::uint8_t>(i);
  lut.green = lut.red;
  lut.blue = lut.red;
  return lut;
}

Lut Lut::inverted_grey() {
  Lut lut = grey();
  lut.invert();
  return lut;
}

Lut Lut::of_channel(int channel) {
  constexpr std::array<unsigned, 7> colours{1, 2, 4, 7, 6, 5, 3};  // bits red, green, blue
  const unsigned bits = colours[static_cast<std::size_t>(channel < 7 ? channel : 3)];
  Lut lut = grey();
  if ((bits & 1U) == 0) lut.red.fill(0);
  if ((bits & 2U) == 0) lut.green.fill(0);
  if ((bits & 4U) == 0) lut.blue.fill(0);
  return lut;
}

bool Lut::is_inverted() const {
  const auto sum = [&](std::size_t i) { return red[i] + green[i] + blue[i]; };
  for (std::size_t i = 1; i < 255; ++i)
    if (sum(i) > sum(i - 1)) return false;
  return true;
}

bool Lut::is_grey() const { return red == green && green == blue; }

void Lut::invert() {
  std::ranges::reverse(red);
  std::ranges::reverse(green);
  std::ranges::reverse(blue);
}

}  // namespace smear::imagej
