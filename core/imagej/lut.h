// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace smear::imagej {

/// A colour table: what colour each of 256 levels is shown in. The pixels are not touched by it.
struct Lut {
  std::array<std::uint8_t, 256> red{};
  std::array<std::uint8_t, 256> green{};
  std::array<std::uint8_t, 256> blue{};

  static Lut grey();
  static Lut inverted_grey();
  /// That of a channel (from 0) of a new composite: red, green, blue, grey, cyan, magenta, yellow, and
  /// grey for more.
  static Lut of_channel(int channel);

  /// ImageJ's "inverting LUT": no step from one level to the next of the first 255 is ascending in
  /// the sum of the three colours. It decides which pixels count as objects.
  [[nodiscard]] bool is_inverted() const;
  /// Every level has three equal colours.
  [[nodiscard]] bool is_grey() const;
  /// Turns the table round.
  void invert();

  bool operator==(const Lut&) const = default;
};

}  // namespace smear::imagej
