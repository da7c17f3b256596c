// SPDX-License-Identifier: Apache-2.0
#include "learning/adam.h"

#include <tbb/parallel_for.h>

#include <cmath>
#include <numeric>

namespace smear::learning {
namespace {

using torch::Tensor;

constexpr double beta1 = 0.9;
constexpr double beta2 = 0.999;
constexpr double epsilon = 1e-8;
constexpr std::int64_t piece = 1 << 16;

/// `body(first, last)` for pieces of 0..count, in parallel.
template <typename Body>
void in_pieces(std::int64_t count, Body body) {
  tbb::parallel_for(std::int64_t{0}, (count + piece - 1) / piece,
                    [&](std::int64_t i) { body(i * piece, std::min(count, (i + 1) * piece)); });
}

struct Factors {
  float rate;   // learning rate over the bias correction of the mean
  float root;   // 1 over the root of the bias correction of the variance
  float scale;  // of the gradient
};

void update(const Factors& f, std::int64_t count, float* parameter, const float* gradient,
            float* mean, float* variance) {
  constexpr auto b1 = static_cast<float>(beta1);
  constexpr auto b2 = static_cast<float>(beta2);
  in_pieces(count, [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const float g = f.scale * gradient[i];
      mean[i] = b1 * mean[i] + (1.0F - b1) * g;
      variance[i] = b2 * variance[i] + (1.0F - b2) * g * g;
      parameter[i] -=
          f.rate * mean[i] / (std::sqrt(variance[i]) * f.root + static_cast<float>(epsilon));
    }
  });
}

/// Walked in memory order, whatever the layout: all four tensors have the same.
bool same_layout(const Tensor& a, const Tensor& b) {
  return a.device().is_cpu() && a.strides() == b.strides() && a.is_non_overlapping_and_dense();
}

}  // namespace

Adam::Adam(std::vector<Tensor> parameters) : parameters_(std::move(parameters)) {
  const torch::NoGradGuard no_gradients;
  for (const auto& parameter : parameters_) {
    means_.push_back(at::zeros_like(parameter));
    variances_.push_back(at::zeros_like(parameter));
  }
}

void Adam::step(const std::vector<Tensor>& gradients, double learning_rate, double scale) {
  const torch::NoGradGuard no_gradients;
  ++steps_;
  const auto t = static_cast<double>(steps_);
  const double rate = learning_rate / (1.0 - std::pow(beta1, t));
  const double root = 1.0 / std::sqrt(1.0 - std::pow(beta2, t));
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!gradients[i].defined()) continue;
    auto& parameter = parameters_[i];
    if (parameter.device().is_cpu()) {
      auto gradient = gradients[i];
      if (!same_layout(gradient, parameter)) gradient = at::empty_like(parameter).copy_(gradient);
      update({static_cast<float>(rate), static_cast<float>(root), static_cast<float>(scale)},
             parameter.numel(), parameter.data_ptr<float>(), gradient.data_ptr<float>(),
             means_[i].data_ptr<float>(), variances_[i].data_ptr<float>());
      continue;
    }
    const auto gradient = gradients[i] * scale;
    means_[i].mul_(beta1).add_(gradient, 1.0 - beta1);
    variances_[i].mul_(beta2).addcmul_(gradient, gradient, 1.0 - beta2);
    parameter.addcdiv_(means_[i], (variances_[i].sqrt() * root).add_(epsilon), -rate);
  }
}

double norm_of(const std::vector<Tensor>& gradients) {
  double sum = 0.0;
  for (const auto& gradient : gradients) {
    if (!gradient.defined()) continue;
    if (!gradient.device().is_cpu() || !gradient.is_non_overlapping_and_dense()) {
      sum += gradient.square().sum(torch::kFloat64).item<double>();
      continue;
    }
    const auto count = gradient.numel();
    const auto* values = gradient.data_ptr<float>();
    // Summed piece by piece, so that the order does not depend on the threads.
    std::vector<double> sums(static_cast<std::size_t>((count + piece - 1) / piece));
    in_pieces(count, [&](std::int64_t first, std::int64_t last) {
      constexpr std::int64_t lanes = 16;
      double partial[lanes] = {};
      std::int64_t i = first;
      for (; i + lanes <= last; i += lanes)
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
          const auto value = static_cast<double>(values[i + lane]);
          partial[lane] += value * value;
        }
      for (; i < last; ++i) partial[0] += static_cast<double>(values[i]) * values[i];
      sums[static_cast<std::size_t>(first / piece)] =
          std::accumulate(partial, partial + lanes, 0.0);
    });
    sum = std::accumulate(sums.begin(), sums.end(), sum);
  }
  return std::sqrt(sum);
}

}  // namespace smear::learning
