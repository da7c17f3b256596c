// SPDX-License-Identifier: Apache-2.0
// spherical: points of the unit sphere whose cosine to mu has the density of the von Mises-Fisher
// distribution, its divergence by integration over the angle, and gradients.
#include <array>
#include <limits>

#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

/// The distribution of the angle to the mean direction: density proportional to exp(kappa cos t)
/// sin(t)^(latent - 2), integrated relative to its peak, so that nothing overflows.
class Angle {
 public:
  Angle(double kappa, int latent) : kappa_(kappa), power_(latent - 2) {
    constexpr int steps = 50000;
    for (int i = 1; i < steps; ++i)
      peak_ = std::max(peak_, log_density(std::numbers::pi * i / steps));
    // The density has one peak: what is below exp(-60) of it on both sides is left out.
    const auto matters = [&](int i) {
      return log_density(std::numbers::pi * i / steps) - peak_ > -60;
    };
    int first = 1;
    int last = steps - 1;
    while (!matters(first)) ++first;
    while (!matters(last)) --last;
    from_ = power_ == 0 && first == 1 ? 0.0 : std::numbers::pi * (first - 1) / steps;
    to_ = std::numbers::pi * (last + 1) / steps;
    mass_ = integral([&](double t) { return relative(t); }, from_, to_);
  }

  [[nodiscard]] double mean(const std::function<double(double)>& f) const {
    return integral([&](double t) { return f(t) * relative(t); }, from_, to_) / mass_;
  }
  [[nodiscard]] double cosine_moment(int n) const {
    return mean([&](double t) { return std::pow(std::cos(t), n); });
  }
  /// The probability of a cosine above `w`.
  [[nodiscard]] double cosine_above(double w) const {
    const double end = std::clamp(std::acos(w), from_, to_);
    return integral([&](double t) { return relative(t); }, from_, end) / mass_;
  }
  /// To the uniform distribution, for which the same integral without exp(kappa cos t) is
  /// B((latent - 1)/2, 1/2).
  [[nodiscard]] double divergence() const {
    const double a = (power_ + 1) / 2.0;
    const double log_uniform = std::lgamma(a) + std::lgamma(0.5) - std::lgamma(a + 0.5);
    return kappa_ * cosine_moment(1) - (std::log(mass_) + peak_) + log_uniform;
  }

 private:
  [[nodiscard]] double log_density(double t) const {
    return kappa_ * std::cos(t) + (power_ == 0 ? 0.0 : power_ * std::log(std::sin(t)));
  }
  [[nodiscard]] double relative(double t) const { return std::exp(log_density(t) - peak_); }

  double kappa_;
  int power_;
  double peak_ = -std::numeric_limits<double>::infinity();
  double from_ = 0.0;
  double to_ = 0.0;
  double mass_ = 0.0;
};

/// logvar that gives this concentration, unequal over the dimensions.
torch::Tensor logvar_of(double kappa, std::int64_t rows, std::int64_t latent,
                        torch::ScalarType type) {
  const auto spread = torch::linspace(-1.0, 1.0, latent, torch::kFloat64);
  return (spread - spread.mean() - std::log(kappa)).to(type).expand({rows, latent});
}

torch::Tensor drawn_points(double kappa, const torch::Tensor& mu, std::int64_t rows,
                           std::uint64_t seed = 1) {
  const std::int64_t latent = mu.numel();
  return load("spherical", {}, latent)
      ->sample(mu.expand({rows, latent}), logvar_of(kappa, rows, latent, mu.scalar_type()),
               seeded(seed), std::nullopt);
}

double kl_of(double kappa, std::int64_t latent) {
  const auto mu = torch::ones({1, latent}, torch::kFloat64);
  return load("spherical", {}, latent)
      ->kl(mu, logvar_of(kappa, 1, latent, torch::kFloat64))
      .item<double>();
}

TEST(Spherical, DrawsUnitVectorsWithTheCosineOfTheDistribution) {
  constexpr std::int64_t rows = 40000;
  for (const int latent : {2, 3, 64, 128, 1024})
    for (const double kappa : {0.1, 3.0, 100.0, 3000.0, 1e5}) {
      const auto mu = between(-1.0, 1.0, {latent}, torch::kFloat64);
      // Fewer numbers where the vectors are long.
      const auto z = drawn_points(kappa, mu, latent > 128 ? rows / 8 : rows);
      EXPECT_TRUE(z.norm(2, 1).allclose(torch::ones({z.size(0)}, torch::kFloat64), 1e-12, 1e-12));
      const auto cosine = z.matmul(mu / mu.norm());
      const Angle angle(kappa, latent);
      const double mean = angle.cosine_moment(1);
      const auto central = [&](int n) {
        return angle.mean([&](double t) { return std::pow(std::cos(t) - mean, n); });
      };
      SCOPED_TRACE(testing::Message() << latent << " dimensions, kappa " << kappa);
      expect_moments(cosine, {mean, central(2), central(4) / (central(2) * central(2))});
      for (const double deviations : {-3.0, -1.0, 0.0, 1.0}) {
        const double w = mean + deviations * std::sqrt(central(2));
        if (std::abs(w) < 1.0) expect_tail(cosine, w, angle.cosine_above(w));
      }
    }
}

TEST(Spherical, IsUniformAroundTheMeanDirection) {
  // What is across the mean direction, by its length, has mean 0 and variance 1 / (latent - 1) in
  // every direction; on either side of the reflection's seam, where the first number of mu is 0.
  for (const double first : {-1.0, -1e-3, 0.0, 1e-3, 1.0}) {
    const auto mu = torch::tensor({first, 0.5, 0.2, -0.1}, torch::kFloat64);
    const auto m = mu / mu.norm();
    const auto z = drawn_points(5.0, mu, 100000);
    const auto rest = z - z.matmul(m).unsqueeze(1) * m;
    const auto across = rest / rest.norm(2, 1, true);
    const auto other = torch::tensor({0.3, -0.7, 0.9, 0.4}, torch::kFloat64);
    const auto tangent = other - other.dot(m) * m;
    // A coordinate of a point of the sphere in 3 dimensions is uniform on [-1, 1]: kurtosis 1.8.
    expect_moments(across.matmul(tangent / tangent.norm()), {0.0, 1.0 / 3.0, 1.8});
  }
}

TEST(Spherical, HasTheUniformDistributionAsItsPrior) {
  const auto z = load("spherical", {}, 3)->prior(100000, 3, seeded(1), torch::kFloat32);
  EXPECT_EQ(z.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(z.norm(2, 1).allclose(torch::ones({100000})));
  // In 3 dimensions each coordinate is uniform on [-1, 1].
  for (const int axis : {0, 1, 2}) {
    const auto coordinate = z.select(1, axis).to(torch::kFloat64);
    expect_moments(coordinate, {0.0, 1.0 / 3.0, 1.8});
    expect_tail(coordinate, 0.9, 0.05);
  }
}

TEST(Spherical, HasTheDivergenceToTheUniformDistribution) {
  for (const int latent : {2, 3, 4, 16, 63, 128, 129, 1024})
    for (const double kappa :
         {0.01, 0.5, 5.0, 50.0, 99.0, 101.0, 600.0, 1279.0, 1281.0, 10239.0, 10241.0, 1e5}) {
      const double expected = Angle(kappa, latent).divergence();
      EXPECT_NEAR(kl_of(kappa, latent), expected, 1e-8 * (1 + expected)) << latent << " " << kappa;
    }
}

TEST(Spherical, HasTheClosedFormInThreeDimensions) {
  for (const double kappa : {0.2, 1.0, 30.0, 95.0, 105.0, 300.0}) {
    // kappa coth(kappa) - 1 + log(kappa / sinh(kappa))
    const double expected = kappa / std::tanh(kappa) - 1 + std::log(2 * kappa) - kappa -
                            std::log1p(-std::exp(-2 * kappa));
    EXPECT_NEAR(kl_of(kappa, 3), expected, 1e-12 * (1 + expected)) << kappa;
  }
}

TEST(Spherical, IsFiniteAtTheExtremes) {
  for (const int latent : {2, 128, 1024}) {
    const auto spherical = load("spherical", {}, latent);
    for (const auto type : {torch::kFloat32, torch::kFloat64})
      for (const double level : {-80.0, -20.0, 0.0, 20.0, 80.0, 300.0, 740.0}) {
        const auto mu = torch::zeros({3, latent}, type).requires_grad_();
        const auto logvar = torch::full({3, latent}, level, type).requires_grad_();
        const auto draw = spherical->draw(mu, logvar, seeded(1), std::nullopt);
        EXPECT_TRUE(draw.z.norm(2, 1).allclose(torch::ones({3}, type))) << level;
        EXPECT_TRUE(draw.kl.isfinite().all().item<bool>()) << level;
        EXPECT_GE(draw.kl.min().item<double>(), 0.0) << level;
        (draw.z.sum() + draw.kl.sum()).backward();
        EXPECT_TRUE(mu.grad().isfinite().all().item<bool>()) << level;
        EXPECT_TRUE(logvar.grad().isfinite().all().item<bool>()) << level;
      }
  }
}

TEST(Spherical, PassesOnWhatIsNoNumber) {
  const auto spherical = load("spherical");
  const auto mu = torch::ones({2, 4});
  const auto logvar = torch::full({2, 4}, NAN);
  EXPECT_TRUE(spherical->sample(mu, logvar, seeded(1), std::nullopt).isnan().all().item<bool>());
  EXPECT_TRUE(spherical->kl(mu, logvar).isnan().all().item<bool>());
}

TEST(Spherical, HasTheGradientsOfItsFormula) {
  for (const std::int64_t latent : {2, 3, 16}) {
    const auto spherical = load("spherical", {}, latent);
    expect_gradients(*spherical, latent);
    expect_contract(*spherical, latent);
  }
}

TEST(Spherical, MovesTheMeanCosineWithTheConcentration) {
  // d E[w] / d kappa is the variance of w. What the gradient leaves out is 0.6 % with 128
  // dimensions at most, and the standard error of this many draws 0.02 %.
  constexpr int latent = 128;
  constexpr std::int64_t rows = 20000;
  const auto axis = torch::zeros({latent}, torch::kFloat64).index_fill_(0, torch::tensor(3), 1.0);
  for (const double kappa : {1.0, 20.0, 128.0, 1000.0}) {
    const auto logvar = logvar_of(kappa, rows, latent, torch::kFloat64).clone().requires_grad_();
    load("spherical", {}, latent)
        ->sample(axis.expand({rows, latent}), logvar, seeded(1), std::nullopt)
        .select(1, 3)
        .sum()
        .backward();
    const Angle angle(kappa, latent);
    const double mean = angle.cosine_moment(1);
    const double variance = angle.mean([&](double t) { return std::pow(std::cos(t) - mean, 2); });
    const double slope = -logvar.grad().sum().item<double>() / rows / kappa;
    EXPECT_NEAR(slope / variance, 1.0, 0.008) << kappa;
  }
}

TEST(Spherical, HasTheSlopeOfItsDivergence) {
  for (const int latent : {2, 128, 1024})
    for (const double kappa : {0.01, 1.0, 99.0, 101.0, 1279.0, 1281.0, 1e5, 1e8}) {
      const auto mu = torch::ones({1, latent}, torch::kFloat64);
      const auto logvar = logvar_of(kappa, 1, latent, torch::kFloat64).clone().requires_grad_();
      load("spherical", {}, latent)->kl(mu, logvar).backward({}, false);
      constexpr double step = 1e-4;
      const double expected =
          -(kl_of(kappa * std::exp(step), latent) - kl_of(kappa * std::exp(-step), latent)) /
          (2 * step);
      EXPECT_NEAR(logvar.grad().sum().item<double>(), expected, 2e-6 * std::abs(expected) + 1e-9)
          << latent << " " << kappa;
    }
}

TEST(Spherical, RefusesOneDimension) {
  expect_refusal("spherical", {}, "at least 2 latent dimensions, got 1", 1);
}

}  // namespace
}  // namespace smear::test
