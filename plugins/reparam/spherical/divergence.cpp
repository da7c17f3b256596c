// SPDX-License-Identifier: Apache-2.0
#include "divergence.h"

#include <cmath>
#include <numbers>
#include <vector>

// With m coordinates, order v = m/2 - 1 and F = 0F1(v + 1; k^2/4) = Gamma(v + 1) (2/k)^v I_v(k),
// the density by the uniform one is exp(k w) / F, where w is the cosine to the mean direction. So
// the divergence is k A - log F with A = E[w] = (log F)' = I_(v+1)(k) / I_v(k), and its derivative
// k A'. The Bessel functions themselves are out of range at the orders and concentrations in
// question, F by its logarithm is not.
namespace {

/// Sums the power series of F, whose terms are all positive.
Divergence by_series(double k, double m) {
  const double v = m / 2 - 1;
  double term = 1.0;
  double rest = 0.0;    // F without its first term, by `scale`
  double moment = 0.0;  // the sum of j times the j-th term: A = 2/k times the mean of j
  double scale = 0.0;   // a logarithm
  for (double j = 1; term > 1e-18 * rest || j < 2 + k / 2; ++j) {
    term *= k / 2 / j * (k / 2 / (v + j));
    rest += term;
    moment += j * term;
    if (rest > 1e250) {
      for (double* const number : {&term, &rest, &moment}) *number *= 1e-250;
      scale += 250 * std::numbers::ln10;
    }
  }
  const double sum = scale == 0.0 ? 1.0 + rest : rest;
  const double log_f = scale == 0.0 ? std::log1p(rest) : std::log(rest) + scale;
  const double a = 2 / k * (moment / sum);
  // A' from the differential equation that A satisfies.
  return {2 * (moment / sum) - log_f, k * (1 - a * a) - (m - 1) * a};
}

/// The terms b_j of A = 1 + b_1 + b_2 + ..., b_j a multiple of k^-j, which the differential
/// equation A' = 1 - A^2 - (m - 1) A / k gives one by one.
std::vector<double> expansion(double k, double m) {
  constexpr std::size_t terms = 30;
  std::vector<double> b{1.0, -(m - 1) / (2 * k)};
  for (std::size_t j = 2; j < terms; ++j) {
    double next = (static_cast<double>(j) - m) * b[j - 1] / k;
    for (std::size_t i = 1; i < j; ++i) next -= b[i] * b[j - i];
    b.push_back(next / 2);
  }
  return b;
}

/// The expansion for concentrations that are large beside the dimension, integrated and derived
/// term by term. The constant comes from I_v(k) ~ exp(k) / sqrt(2 pi k).
Divergence by_expansion(double k, double m) {
  const double v = m / 2 - 1;
  int sign = 0;
  double nats = -(m - 1) / 2 * (1 - std::log(k)) - ::lgamma_r(v + 1, &sign) -
                v * std::numbers::ln2 + 0.5 * std::log(2 * std::numbers::pi);
  double slope = (m - 1) / (2 * k);
  const auto b = expansion(k, m);
  for (std::size_t j = 2; j < b.size(); ++j) {
    const auto order = static_cast<double>(j);
    nats += k * b[j] * order / (order - 1);
    slope -= order * b[j];
  }
  return {nats, slope};
}

}  // namespace

Divergence divergence_to_uniform(double concentration, std::int64_t dimension) {
  const auto m = static_cast<double>(dimension);
  if (!(concentration > 0)) return {concentration, concentration};  // 0 or no number
  // The first term of the series, before the squares of a concentration are too small for a double.
  constexpr double tiny = 1e-7;
  if (concentration < tiny) return {concentration * concentration / (2 * m), concentration / m};
  // Here both give 14 digits.
  const bool large = concentration > 10 * std::fmax(m, 10);
  return large ? by_expansion(concentration, m) : by_series(concentration, m);
}
