// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

// The C library's exp, sin, cos and atan2 differ in the last bit between versions and processors,
// and one such bit can flip a pixel. These use additions, multiplications, divisions and square
// roots only, which IEEE 754 defines exactly, so that a synthetic smear has the same pixels
// everywhere. Their accuracy (about 1e-4 or better) is ample for drawing.
namespace smear::synth {

inline float clamp01(float x) { return x < 0.0F ? 0.0F : (x > 1.0F ? 1.0F : x); }

inline float mix(float a, float b, float share_of_b) { return a + (b - a) * share_of_b; }

/// 0 up to `low`, 1 from `high` on, smooth between.
inline float smooth_step(float low, float high, float x) {
  const float t = clamp01((x - low) / (high - low));
  return t * t * (3.0F - 2.0F * t);
}

/// e to the power of x, for -80 < x < 80.
inline float portable_exp(float x) {
  const float scaled = x * 1.44269504F + 128.0F;  // positive, so that the cast is a floor
  const auto whole = static_cast<std::int32_t>(scaled);
  const float t = (scaled - static_cast<float>(whole)) * 0.69314718F;
  const float series =
      1.0F + t * (1.0F + t * (0.5F + t * (0.16666667F + t * (0.04166667F + t * 0.00833333F))));
  return series * std::bit_cast<float>((whole - 128 + 127) << 23);
}

/// exp(-x * x), which is 0 where it no longer matters.
inline float bell(float x) {
  const float square = x * x;
  return square > 16.0F ? 0.0F : portable_exp(-square);
}

/// Sine of an angle given in turns (1 turn = 2 pi).
inline double sine_of_turns(double turns) {
  double t = turns - std::floor(turns);
  t = t > 0.5 ? t - 1.0 : t;
  t = t > 0.25 ? 0.5 - t : (t < -0.25 ? -0.5 - t : t);
  const double x = t * 6.283185307179586;
  const double s = x * x;
  return x * (1.0 - s / 6.0 * (1.0 - s / 20.0 * (1.0 - s / 42.0 * (1.0 - s / 72.0))));
}

inline double cosine_of_turns(double turns) { return sine_of_turns(turns + 0.25); }

/// The angle of the vector (x, y) in turns, 0 <= angle <= 1; 0 for the null vector.
inline float turns_of(float x, float y) {
  const float ax = std::fabs(x);
  const float ay = std::fabs(y);
  const float larger = ax > ay ? ax : ay;
  if (larger == 0.0F) return 0.0F;
  const float ratio = (ax > ay ? ay : ax) / larger;
  const float s = ratio * ratio;
  // Least-squares fit of atan(ratio) / (2 pi) by an odd polynomial.
  float turns = ratio * (0.15909F + s * (-0.05186F + s * (0.02462F - s * 0.00685F)));
  turns = ay > ax ? 0.25F - turns : turns;
  turns = x < 0.0F ? 0.5F - turns : turns;
  return y < 0.0F ? 1.0F - turns : turns;
}

}  // namespace smear::synth
