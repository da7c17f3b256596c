// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "synth/portable-math.h"

namespace smear::synth {

/// Value noise: independent random values, 0..1, on the integer grid, smoothly interpolated.
class Texture {
 public:
  explicit Texture(std::uint64_t seed) : seed_(static_cast<std::uint32_t>(seed ^ (seed >> 32U))) {}

  [[nodiscard]] float at(float x, float y) const {
    const float left = std::floor(x);
    const float top = std::floor(y);
    const auto column = static_cast<std::int32_t>(left);
    const auto row = static_cast<std::int32_t>(top);
    const float u = ease(x - left);
    const float v = ease(y - top);
    return mix(mix(value(column, row), value(column + 1, row), u),
               mix(value(column, row + 1), value(column + 1, row + 1), u), v);
  }

  /// Two octaves, 0..1.
  [[nodiscard]] float rough(float x, float y) const {
    return 0.62F * at(x, y) + 0.38F * at(2.1F * x + 31.7F, 2.1F * y - 17.3F);
  }

 private:
  static float ease(float t) { return t * t * (3.0F - 2.0F * t); }

  [[nodiscard]] float value(std::int32_t column, std::int32_t row) const {
    std::uint32_t h = seed_ + static_cast<std::uint32_t>(column) * 0x9e3779b1U +
                      static_cast<std::uint32_t>(row) * 0x85ebca77U;
    h = (h ^ (h >> 15U)) * 0x2c1b3c6dU;
    h = (h ^ (h >> 12U)) * 0x297a2d39U;
    h ^= h >> 15U;
    return static_cast<float>(h >> 8U) * 0x1.0p-24F;
  }

  std::uint32_t seed_;
};

}  // namespace smear::synth
