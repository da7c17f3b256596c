// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <smear/reparameterization.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <numbers>
#include <string>

#include "smear/errors.h"

namespace smear::test {

using ReparameterizationOptions = std::map<std::string, OptionValue>;

/// The reparameterization from its library in the build tree, with these options checked as the
/// program checks them, prepared for `latent` dimensions on the CPU. Throws `ConfigError`.
std::unique_ptr<Reparameterization> load(const std::string& name,
                                         const ReparameterizationOptions& options = {},
                                         std::int64_t latent = 4);

/// Expects a `ConfigError` from `load` whose message has this in it.
void expect_refusal(const std::string& name, const ReparameterizationOptions& options,
                    const std::string& message, std::int64_t latent = 4);

/// A generator for the CPU.
torch::Generator seeded(std::uint64_t seed);

/// Numbers between `low` and `high`, always the same.
torch::Tensor between(double low, double high, torch::IntArrayRef sizes,
                      torch::ScalarType type = torch::kFloat64);

/// What is drawn, as one dimension: `count` numbers, a row each, for this mu and sigma.
torch::Tensor drawn(const Reparameterization& reparameterization, double mu, double sigma,
                    std::int64_t count, torch::ScalarType type = torch::kFloat32,
                    std::uint64_t seed = 1);

/// Of a distribution: the fourth central moment is `kurtosis * variance^2`.
struct Moments {
  double mean;
  double variance;
  double kurtosis;
};

/// Compares mean and variance of independent samples with those of their distribution. Allowed are
/// 5 standard errors: sqrt(variance / n) for the mean, variance sqrt((kurtosis - 1) / n) for the
/// variance.
void expect_moments(const torch::Tensor& samples, const Moments& expected);

/// Compares how many samples exceed `threshold` with `probability` of it. Allowed are 5 standard
/// errors: sqrt(p (1 - p) / n).
void expect_tail(const torch::Tensor& samples, double threshold, double probability);

/// The KL divergence of mu + sigma * eps to N(0, 1) in nats, by numerical integration over eps,
/// which has this density within the bounds.
double divergence(const std::function<double(double)>& density, double from, double to, double mu,
                  double sigma);

/// The integral by Simpson's rule.
double integral(const std::function<double(double)>& f, double from, double to, int steps = 20000);

/// The one term of `kl` for one row of one dimension, in float64.
double kl_of(const Reparameterization& reparameterization, double mu, double sigma);

/// Compares the gradients of `sample` (seed fixed), of `draw`'s two and of `kl` in mu, logvar and
/// the parameters with central differences, in float64. Makes the parameters float64.
void expect_gradients(Reparameterization& reparameterization, std::int64_t latent = 4);

/// What holds for all of them: shapes, types and seeds, with one row and with many, in float32 and
/// in float64.
void expect_contract(const Reparameterization& reparameterization, std::int64_t latent = 4);

}  // namespace smear::test
