// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "network.h"
#include "smear/reparameterization.h"
#include "training/options.h"

namespace smear::vae {

/// Losses of one or more images, each a mean over them.
struct Losses {
  double total = 0.0;           ///< reconstruction + weight * kl, as it is minimized
  double reconstruction = 0.0;  ///< sum over pixels and channels
  double kl = 0.0;              ///< in nats, before its weight and free bits
};

/// What is learnt from.
struct Batch {
  std::vector<torch::Tensor> images;  ///< {1, 3, size, size} each
  torch::Tensor classes;              ///< undefined for a model that is not conditional
  std::uint64_t seed = 0;             ///< of all that is random in the step
  std::optional<std::int64_t> epoch;  ///< empty outside of training, as for validation
  double kl_weight = 1.0;
};

/// One step's forward and backward pass.
///
/// Convolutions see one image at a time: it stays in the cache on its way through the network, and
/// the images' passes are independent, which is what spreads over threads. What is in between, the
/// fully connected layers and the reparameterization, sees the batch. Gradients are summed in
/// groups of images that do not depend on the number of threads, in a fixed order, and so are the
/// same to the bit for any number of them.
class Step {
 public:
  Step(const Network& network, const Reparameterization& reparameterization,
       const TrainingOptions& options);

  /// Everything that is trained: the network's parameters, then the reparameterization's.
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }

  /// The mean losses of the batch, and their gradients in the order of `parameters`.
  struct Result {
    Losses losses;
    std::vector<torch::Tensor> gradients;
  };
  [[nodiscard]] Result run(const Batch& batch) const;

  /// The mean losses without gradients and dropout, with the KL term's full weight.
  [[nodiscard]] Losses evaluate(const Batch& batch) const;

 private:
  struct Middle;  // between encoder and decoder
  [[nodiscard]] Middle middle(const torch::Tensor& rows, const Batch& batch) const;
  [[nodiscard]] torch::Tensor weighted_kl(const torch::Tensor& terms) const;
  [[nodiscard]] Dropout dropout(double rate, const Batch& batch, std::uint64_t part,
                                std::int64_t image) const;

  const Network& network_;
  const Reparameterization& reparameterization_;
  const TrainingOptions& options_;
  std::vector<Parameter> parameters_;
};

}  // namespace smear::vae
