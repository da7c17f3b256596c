// SPDX-License-Identifier: Apache-2.0
// student-t: moments, tails and divergence of Student's t noise, with and without unit variance,
// down to Cauchy's distribution, and gradients.
#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

double density(double n, double t) {
  return std::exp(std::lgamma((n + 1) / 2) - std::lgamma(n / 2) -
                  (n + 1) / 2 * std::log1p(t * t / n)) /
         std::sqrt(n * std::numbers::pi);
}

/// The probability of more than t >= 0, by integration after t = sinh(x).
double tail(double n, double t) {
  const auto f = [&](double x) { return density(n, std::sinh(x)) * std::cosh(x); };
  return integral(f, std::asinh(t), 60.0);
}

std::unique_ptr<Reparameterization> student(double n, bool unit_variance, const char* kl) {
  return load(
      "student-t",
      {{"degrees_of_freedom", n}, {"unit_variance", unit_variance}, {"kl", std::string(kl)}}, 1);
}

TEST(StudentT, HasTheMomentsOfItsDistribution) {
  for (const double n : {9.0, 30.0, 1e6}) {
    const double kurtosis = 3 + 6 / (n - 4);
    expect_moments(drawn(*student(n, true, "sampled"), 3.0, 2.0, 400000), {3.0, 4.0, kurtosis});
    expect_moments(drawn(*student(n, false, "sampled"), 3.0, 2.0, 400000),
                   {3.0, 4.0 * n / (n - 2), kurtosis});
  }
}

TEST(StudentT, HasTheTailsOfItsDistribution) {
  for (const double n : {0.5, 1.0, 2.0, 3.0, 5.0, 100.0})
    for (const auto type : {torch::kFloat32, torch::kFloat64}) {
      const auto z = drawn(*student(n, false, "posterior"), 3.0, 2.0, 200000, type);
      for (const double t : {0.0, 0.3, 1.0, 3.0, 20.0}) {
        expect_tail(z, 3.0 + 2.0 * t, tail(n, t));
        expect_tail(z, 3.0 - 2.0 * t, 1 - tail(n, t));
      }
    }
  // Cauchy's distribution has its quartiles at 1 and -1.
  expect_tail(drawn(*student(1.0, false, "posterior"), 0.0, 1.0, 400000), 1.0, 0.25);
}

TEST(StudentT, ScalesItsTailsWithItsVariance) {
  const double c = std::sqrt(3.0 / 5.0);
  const auto z = drawn(*load("student-t", {}, 1), 0.0, 1.0, 400000);
  for (const double t : {0.5, 2.0, 5.0}) expect_tail(z, c * t, tail(5.0, t));
}

TEST(StudentT, HasTheDivergenceOfItsDensity) {
  for (const double n : {2.5, 3.0, 5.0, 50.0})
    for (const bool unit_variance : {false, true}) {
      const double c = unit_variance ? std::sqrt((n - 2) / n) : 1.0;
      const auto t = student(n, unit_variance, "sampled");
      for (const double mu : {-2.0, 0.0, 0.5})
        for (const double sigma : {0.05, 1.0, 3.0}) {
          const double s = c * sigma;
          // After eps = sinh(x), since the tails are long.
          const auto integrand = [&](double x) {
            const double eps = std::sinh(x);
            const double p = density(n, eps);
            const double z = mu + s * eps;
            if (p == 0.0) return 0.0;
            return p * std::cosh(x) *
                   (std::log(p) - std::log(s) + 0.5 * z * z + 0.5 * std::log(2 * std::numbers::pi));
          };
          EXPECT_NEAR(kl_of(*t, mu, sigma), integral(integrand, -60, 60, 60000), 1e-6)
              << n << " " << mu << " " << sigma;
        }
    }
}

TEST(StudentT, NearsTheGaussiansDivergence) {
  const auto standard = load("standard", {}, 1);
  EXPECT_NEAR(kl_of(*student(1e6, true, "sampled"), 0.5, 0.7), kl_of(*standard, 0.5, 0.7), 1e-6);
  EXPECT_EQ(kl_of(*student(1.0, false, "posterior"), 0.5, 0.7), kl_of(*standard, 0.5, 0.7));
}

TEST(StudentT, HasTheGradientsOfItsFormula) {
  expect_gradients(*load("student-t", {{"degrees_of_freedom", 3.0}}));
  expect_gradients(*load("student-t", {{"degrees_of_freedom", 3.0}, {"unit_variance", false}}));
  expect_contract(*load("student-t"));
}

TEST(StudentT, RefusesWhatIsInfinite) {
  expect_refusal("student-t", {{"degrees_of_freedom", 0.0}}, "degrees_of_freedom must be 0.1..");
  expect_refusal("student-t", {{"degrees_of_freedom", 2.0}}, "take unit_variance: false");
  expect_refusal("student-t", {{"degrees_of_freedom", 2.0}, {"unit_variance", false}},
                 "take kl: posterior");
}

}  // namespace
}  // namespace smear::test
