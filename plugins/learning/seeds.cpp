// SPDX-License-Identifier: Apache-2.0
#include "learning/seeds.h"

namespace smear::learning {

std::uint64_t seed_of(std::uint64_t seed, const std::vector<std::uint64_t>& path) {
  // SplitMix64's finalizer (Steele, Lea and Flood 2014) over each step of the path.
  const auto mixed = [](std::uint64_t x) {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
  };
  auto result = mixed(seed);
  for (const auto step : path) result = mixed(result ^ step);
  return result;
}

}  // namespace smear::learning
