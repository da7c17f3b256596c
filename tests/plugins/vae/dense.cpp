// SPDX-License-Identifier: Apache-2.0
// Tests that the fully connected layers' products are right, and that a row does not depend on the
// rows beside it, to the bit.
#include "dense.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <random>
#include <vector>

namespace smear::vae::dense {

static void PrintTo(const Sizes& sizes, std::ostream* out) {
  *out << sizes.rows << "x" << sizes.units << "x" << sizes.features;
}

namespace {

std::vector<float> numbers(std::int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> result(static_cast<std::size_t>(count));
  for (auto& value : result) value = static_cast<float>(generator()) / 4294967296.0F - 0.5F;
  return result;
}

float at(const std::vector<float>& matrix, std::int64_t columns, std::int64_t row,
         std::int64_t column) {
  return matrix[static_cast<std::size_t>(row * columns + column)];
}

// Sizes with and without whole tiles and blocks.
class Dense : public testing::TestWithParam<Sizes> {};

TEST_P(Dense, AgreesWithSumsInDoublePrecision) {
  const auto s = GetParam();
  const auto many = numbers(s.rows * s.features, 1);
  const auto weights = numbers(s.units * s.features, 2);
  const auto few = numbers(s.rows * s.units, 3);
  auto to_few = few;
  auto to_many = many;
  auto to_weights = weights;
  reduce(s, many.data(), weights.data(), to_few.data());
  expand(s, few.data(), weights.data(), to_many.data());
  correlate(s, few.data(), many.data(), to_weights.data());
  const auto bound = [](std::int64_t terms) {
    return 1e-6 * std::sqrt(static_cast<double>(terms));
  };
  for (std::int64_t r = 0; r < s.rows; ++r)
    for (std::int64_t u = 0; u < s.units; ++u) {
      double sum = 0.0;
      for (std::int64_t f = 0; f < s.features; ++f)
        sum += static_cast<double>(at(many, s.features, r, f)) * at(weights, s.features, u, f);
      ASSERT_NEAR(at(to_few, s.units, r, u), sum, bound(s.features)) << r << ' ' << u;
    }
  for (std::int64_t f = 0; f < s.features; f += 5) {
    for (std::int64_t r = 0; r < s.rows; ++r) {
      double sum = 0.0;
      for (std::int64_t u = 0; u < s.units; ++u)
        sum += static_cast<double>(at(few, s.units, r, u)) * at(weights, s.features, u, f);
      ASSERT_NEAR(at(to_many, s.features, r, f), sum, bound(s.units)) << r << ' ' << f;
    }
    for (std::int64_t u = 0; u < s.units; ++u) {
      double sum = 0.0;
      for (std::int64_t r = 0; r < s.rows; ++r)
        sum += static_cast<double>(at(few, s.units, r, u)) * at(many, s.features, r, f);
      ASSERT_NEAR(at(to_weights, s.features, u, f), sum, bound(s.rows)) << u << ' ' << f;
    }
  }
}

TEST_P(Dense, GivesARowTheSameBitsAloneAsAmongOthers) {
  const auto s = GetParam();
  const auto many = numbers(s.rows * s.features, 1);
  const auto weights = numbers(s.units * s.features, 2);
  const auto few = numbers(s.rows * s.units, 3);
  std::vector<float> all_few(few.size());
  std::vector<float> all_many(many.size());
  reduce(s, many.data(), weights.data(), all_few.data());
  expand(s, few.data(), weights.data(), all_many.data());
  const Sizes one{1, s.units, s.features};
  for (std::int64_t r = 0; r < s.rows; ++r) {
    std::vector<float> own_few(static_cast<std::size_t>(s.units));
    std::vector<float> own_many(static_cast<std::size_t>(s.features));
    reduce(one, many.data() + r * s.features, weights.data(), own_few.data());
    expand(one, few.data() + r * s.units, weights.data(), own_many.data());
    for (std::int64_t u = 0; u < s.units; ++u)
      ASSERT_EQ(own_few[static_cast<std::size_t>(u)], at(all_few, s.units, r, u)) << r;
    for (std::int64_t f = 0; f < s.features; ++f)
      ASSERT_EQ(own_many[static_cast<std::size_t>(f)], at(all_many, s.features, r, f)) << r;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Dense,
                         testing::Values(Sizes{1, 1, 16}, Sizes{3, 5, 48}, Sizes{7, 130, 2064},
                                         Sizes{32, 16, 4096}, Sizes{33, 9, 6160}));

}  // namespace
}  // namespace smear::vae::dense
