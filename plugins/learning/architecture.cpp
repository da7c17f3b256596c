// SPDX-License-Identifier: Apache-2.0
#include "learning/architecture.h"

#include <functional>
#include <numeric>
#include <set>

namespace smear::learning {
namespace {

constexpr std::int64_t most_filters = 4096;
constexpr std::size_t most_classes = 1000;

}  // namespace

std::int64_t numbers_in(const std::vector<WeightShape>& weights) {
  std::int64_t sum = 0;
  for (const auto& [name, shape] : weights)
    sum += std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  return sum;
}

void check_filters(const std::vector<std::int64_t>& filters) {
  if (filters.empty() || filters.size() > 8)
    throw ConfigError(fmt::format("filters must hold 1 to 8 numbers, got {}", filters.size()));
  for (const auto count : filters)
    if (count < 1 || count > most_filters)
      throw ConfigError(fmt::format("filters must be 1..{}, got {}", most_filters, count));
}

void check_slope(double slope) {
  if (!(slope >= 0.0 && slope < 1.0))
    throw ConfigError(fmt::format("slope must be at least 0 and below 1, got {}", slope));
}

void check_classes(const std::vector<std::string>& classes) {
  if (classes.size() > most_classes)
    throw ConfigError(fmt::format("at most {} classes, got {}", most_classes, classes.size()));
  if (std::set<std::string>(classes.begin(), classes.end()).size() != classes.size())
    throw ConfigError("a class is listed twice");
}

void check_parameters(std::int64_t parameters, std::int64_t most) {
  if (parameters > most)
    throw ConfigError(fmt::format("the model would have {} parameters, at most {} are supported",
                                  parameters, most));
}

}  // namespace smear::learning
