// SPDX-License-Identifier: Apache-2.0
#include "study/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "study/quantile.h"

namespace smear::study {
namespace {

// A whole number below `limit`, each equally likely. The standard fixes its engines but leaves
// std::uniform_int_distribution to the library.
std::uint64_t below(std::uint64_t limit, std::mt19937_64& engine) {
  constexpr std::uint64_t largest = std::mt19937_64::max();
  // 2^64 mod limit numbers at the top would make the smallest remainders likelier.
  const std::uint64_t surplus = (largest % limit + 1) % limit;
  std::uint64_t draw = engine();
  while (draw > largest - surplus) draw = engine();
  return draw % limit;
}

}  // namespace

std::vector<Multiplicities> resamples(std::size_t clusters, int count, std::uint64_t seed) {
  if (count < 0)
    throw std::invalid_argument(
        fmt::format("a bootstrap needs a number of replicates of 0 or more, got {}", count));
  std::mt19937_64 engine(seed);
  std::vector<Multiplicities> result(static_cast<std::size_t>(count), Multiplicities(clusters, 0));
  for (Multiplicities& times : result)
    for (std::size_t i = 0; i < clusters; ++i) ++times[below(clusters, engine)];
  return result;
}

Interval interval_of(double estimate, std::vector<double> replicates, double confidence) {
  if (!(confidence > 0.0 && confidence < 1.0))
    throw std::invalid_argument(
        fmt::format("a confidence must be above 0 and below 1, got {}", confidence));
  std::erase_if(replicates, [](double value) { return std::isnan(value); });
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (replicates.empty()) return {estimate, none, none};
  std::ranges::sort(replicates);
  const double tail = 0.5 * (1.0 - confidence);
  return {estimate, quantile(replicates, tail), quantile(replicates, 1.0 - tail)};
}

}  // namespace smear::study
