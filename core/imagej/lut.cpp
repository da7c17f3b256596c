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
