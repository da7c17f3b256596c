// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The Kullback-Leibler divergence of the von Mises-Fisher distribution of this concentration
/// (at least 0) on the unit sphere of `dimension` coordinates (at least 2) to the uniform one.
struct Divergence {
  double nats;
  double slope;  ///< its derivative by the concentration
};
Divergence divergence_to_uniform(double concentration, std::int64_t dimension);
