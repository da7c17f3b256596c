// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace smear::synth {

/// What a synthetic smear is like. An image depends on these and on its index, on nothing else.
struct SmearSettings {
  static constexpr int smallest_edge = 32;
  static constexpr int largest_edge = 8192;

  int width = 224;   ///< px, 32..8192
  int height = 224;  ///< px, 32..8192
  std::uint64_t seed = 1;
  double abnormal = 0.0;    ///< probability that a white cell is a blast, 0..1
  double red_radius = 0.0;  ///< of a mean red cell, px, 3..400; 0 for `default_red_radius`
  double density = 1.0;     ///< cells per area over that of the default, 0..3
  /// How far the outlines of white cells, and of nuclei of one body, are from ellipses, over the
  /// ordinary: 0..5; 0 for ellipses. Red cells and platelets stay as they are.
  double irregularity = 1.0;
};

/// 9 px, slightly more than at the 224 x 224 px of public data sets of leukaemia; beyond a longer
/// edge of 1024 px it grows with that edge, as a larger image mostly shows finer detail.
double default_red_radius(int width, int height);

/// The settings with `red_radius` filled in. Throws `ConfigError` where they are out of range, or
/// ask for more cells than a 16-bit label image can number.
SmearSettings checked(SmearSettings settings);

/// How many fields of the default kind (224 x 224 px with red cells of 9 px) an area of `width` by
/// `height` px holds; cell numbers are proportional to it.
double fields_in(double width, double height, double red_radius);

}  // namespace smear::synth
