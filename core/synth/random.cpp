// SPDX-License-Identifier: Apache-2.0
#include "synth/random.h"

#include <algorithm>

#include "synth/portable-math.h"

namespace smear::synth {

std::uint64_t mix_seeds(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = a + 0x9e3779b97f4a7c15U * (b + 1);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

double Random::uniform() { return static_cast<double>(engine_() >> 11U) * 0x1.0p-53; }

double Random::normal() {
  const std::uint64_t draw = engine_();
  const std::uint64_t sum =
      (draw & 0xffffU) + ((draw >> 16U) & 0xffffU) + ((draw >> 32U) & 0xffffU) + (draw >> 48U);
  // The sum has mean 2 * 65535 and variance 4 * (65536^2 - 1) / 12.
  return (static_cast<double>(sum) - 131070.0) / 37837.2275;
}

int Random::poisson(double mean) {
  // Knuth's product of uniform numbers, in pieces for which exp(-mean) stays far from 0.
  int count = 0;
  for (double rest = mean; rest > 0.0; rest -= 8.0) {
    const double limit = portable_exp(static_cast<float>(-std::min(rest, 8.0)));
    for (double product = uniform(); product > limit; product *= uniform()) ++count;
  }
  return count;
}

}  // namespace smear::synth
