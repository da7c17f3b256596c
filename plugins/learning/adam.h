// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace smear::learning {

/// Adam (Kingma and Ba 2014, algorithm 1) with its usual constants: beta 0.9 and 0.999, epsilon
/// 1e-8. On the CPU one pass over the memory on all threads of the arena, where LibTorch's makes
/// ten on one.
class Adam {
 public:
  explicit Adam(std::vector<torch::Tensor> parameters);

  /// One step. `gradients` are in the order of the parameters and are multiplied by `scale`; an
  /// undefined one counts as 0.
  void step(const std::vector<torch::Tensor>& gradients, double learning_rate, double scale);

  // The state, for checkpoints.
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) { steps_ = steps; }
  [[nodiscard]] const std::vector<torch::Tensor>& means() const { return means_; }
  [[nodiscard]] const std::vector<torch::Tensor>& variances() const { return variances_; }

 private:
  std::vector<torch::Tensor> parameters_;
  std::vector<torch::Tensor> means_;      // of the gradients
  std::vector<torch::Tensor> variances_;  // of the gradients, uncentred
  std::int64_t steps_ = 0;
};

/// The Euclidean norm of all gradients together; not finite where one of them is not.
double norm_of(const std::vector<torch::Tensor>& gradients);

}  // namespace smear::learning
