// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

namespace smear::synth {

/// A well-mixed number made of two (the finaliser of SplitMix64), to derive seeds from seeds.
std::uint64_t mix_seeds(std::uint64_t a, std::uint64_t b);

/// Random numbers that are the same on every machine: the standard fixes the engine, but leaves
/// its distributions to the library, so these are our own.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  /// 0 <= uniform < 1, in steps of 2^-53.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  bool chance(double probability) { return uniform() < probability; }
  /// Mean 0 and variance 1: the sum of four uniform numbers, hence within +-3.47.
  double normal();
  int poisson(double mean);

 private:
  std::mt19937_64 engine_;
};

}  // namespace smear::synth
