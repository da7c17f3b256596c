// SPDX-License-Identifier: Apache-2.0
// The portable functions agree with the C library's to the accuracy they promise, and the random
// numbers have the moments of their distributions.
#include "synth/portable-math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "synth/random.h"
#include "synth/texture.h"

namespace smear::synth {
namespace {

TEST(PortableMath, AgreesWithTheExponential) {
  for (double x = -79.0; x < 79.0; x += 0.0371)
    EXPECT_NEAR(portable_exp(static_cast<float>(x)) / std::exp(x), 1.0, 1e-4) << x;
  EXPECT_EQ(portable_exp(0.0F), 1.0F);
}

TEST(PortableMath, AgreesWithSineAndCosine) {
  for (double turns = -3.0; turns < 3.0; turns += 0.0137) {
    EXPECT_NEAR(sine_of_turns(turns), std::sin(2.0 * std::numbers::pi * turns), 1e-5) << turns;
    EXPECT_NEAR(cosine_of_turns(turns), std::cos(2.0 * std::numbers::pi * turns), 1e-5) << turns;
  }
}

TEST(PortableMath, AgreesWithTheArcTangent) {
  for (double angle = 0.001; angle < 2.0 * std::numbers::pi; angle += 0.0173)
    for (const double length : {1e-3, 1.0, 5e3}) {
      const auto x = static_cast<float>(length * std::cos(angle));
      const auto y = static_cast<float>(length * std::sin(angle));
      EXPECT_NEAR(turns_of(x, y), angle / (2.0 * std::numbers::pi), 2e-4) << angle;
    }
  EXPECT_EQ(turns_of(0.0F, 0.0F), 0.0F);
}

TEST(Random, HasTheMomentsOfItsDistributions) {
  Random random(3);
  constexpr int draws = 200000;
  double uniform = 0.0;
  double normal = 0.0;
  double normal2 = 0.0;
  for (int i = 0; i < draws; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    uniform += u;
    const double n = random.normal();
    normal += n;
    normal2 += n * n;
  }
  EXPECT_NEAR(uniform / draws, 0.5, 0.003);
  EXPECT_NEAR(normal / draws, 0.0, 0.01);
  EXPECT_NEAR(normal2 / draws, 1.0, 0.01);
}

TEST(Random, DrawsPoissonNumbersOfSmallAndLargeMeans) {
  Random random(4);
  for (const double mean : {0.05, 2.0, 8.0, 300.0}) {
    constexpr int draws = 4000;
    double sum = 0.0;
    double sum2 = 0.0;
    for (int i = 0; i < draws; ++i) {
      const double n = random.poisson(mean);
      sum += n;
      sum2 += n * n;
    }
    const double found = sum / draws;
    EXPECT_NEAR(found, mean, 5.0 * std::sqrt(mean / draws)) << mean;
    EXPECT_NEAR((sum2 / draws - found * found) / mean, 1.0, 0.25) << mean;
  }
  EXPECT_EQ(random.poisson(0.0), 0);
}

TEST(Random, IsTheStandardEngine) {
  // The standard states the 10000th number of a mt19937_64 with its default seed 5489.
  Random random(5489);
  std::uint64_t last = 0;
  for (int i = 0; i < 10000; ++i) last = random.bits();
  EXPECT_EQ(last, 9981545732273789042U);
}

TEST(Texture, IsContinuousAndStaysWithinItsRange) {
  const Texture texture(9);
  float low = 1.0F;
  float high = 0.0F;
  for (float x = -20.0F; x < 20.0F; x += 0.01F) {
    const float value = texture.rough(x, 0.7F * x);
    ASSERT_GE(value, 0.0F);
    ASSERT_LE(value, 1.0F);
    ASSERT_LT(std::fabs(value - texture.rough(x + 0.001F, 0.7F * x)), 0.01F) << x;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_LT(low, 0.3F);
  EXPECT_GT(high, 0.7F);
}

}  // namespace
}  // namespace smear::synth
