// SPDX-License-Identifier: Apache-2.0
#pragma once

// Not <torch/torch.h>: with its modules, optimizers and data loaders it takes twice as long to parse.
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "smear/plugin.h"

#undef SMEAR_TORCH_VERSION
#define SMEAR_TORCH_VERSION TORCH_VERSION

namespace smear {

/// How a variational autoencoder draws its latent `z` from the posterior N(mu, exp(logvar)) that
/// its encoder gives. The same object serves training, sweeping and the `reparameterize` stage.
///
/// The only header of the SDK that needs LibTorch; the program itself never includes it.
/// Tensors are float32 (or float64) of shape {rows, latent}, all on one device. In training the
/// rows are the images of a batch, each `draws` times in succession; in the stage they are the
/// draws of one image. A row may depend on the others by its noise only, and a subclass overrides
/// `sample` and where need be `kl`, or `draw` where the two share work.
class SMEAR_SDK_API Reparameterization : public Configurable {
 public:
  /// A trainable tensor of the reparameterization's own.
  struct Parameter {
    std::string name;  ///< unique in the reparameterization; part of its name in the model file
    torch::Tensor value;
  };

  /// What one pass needs: the latents, and how much their distribution costs.
  struct Draw {
    torch::Tensor z;   ///< {rows, latent}
    torch::Tensor kl;  ///< {rows, terms}, as `kl` gives
  };

  /// Called once the options are set and checked, before anything else: the place to make
  /// parameters, on `device`, and to read files. `latent` is the number of latent dimensions.
  /// Throws `ConfigError` for options that do not go with that number.
  virtual void prepare(std::int64_t latent, const torch::Device& device) {
    (void)latent;
    (void)device;
  }

  /// Draws `z`, differentiably in `mu`, `logvar` and the parameters. All randomness comes from
  /// `generator`, which belongs to the tensors' device. `epoch` counts from 0 and is empty outside
  /// training.
  [[nodiscard]] virtual torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                                             const torch::Generator& generator,
                                             std::optional<std::int64_t> epoch) const = 0;

  /// The Kullback-Leibler divergence of a row's distribution to the prior, in nats, as terms to be
  /// summed: shape {rows, terms}, a term a dimension where the dimensions are independent (free
  /// bits apply to each term). As it stands, that of the posterior N(mu, exp(logvar)) to N(0, I):
  /// -1/2 (1 + logvar - mu^2 - exp(logvar)) (Kingma and Welling 2013, appendix B).
  [[nodiscard]] virtual torch::Tensor kl(const torch::Tensor& mu,
                                         const torch::Tensor& logvar) const {
    return -0.5 * (1 + logvar - mu.square() - logvar.exp());
  }

  /// Both in one: what training and the stages call. Overridden where the divergence is estimated
  /// from the very `z` that was drawn, such as a flow's.
  [[nodiscard]] virtual Draw draw(const torch::Tensor& mu, const torch::Tensor& logvar,
                                  const torch::Generator& generator,
                                  std::optional<std::int64_t> epoch) const {
    return {sample(mu, logvar, generator, epoch), kl(mu, logvar)};
  }

  /// Draws {rows, latent} from the prior that `kl` measures the distance to: N(0, I) unless
  /// overridden.
  [[nodiscard]] virtual torch::Tensor prior(std::int64_t rows, std::int64_t latent,
                                            const torch::Generator& generator,
                                            const torch::TensorOptions& options) const {
    return torch::randn({rows, latent}, generator, options);
  }

  /// The parameters that training adjusts and the model file keeps; none unless overridden.
  /// The tensors share storage with the object's own.
  [[nodiscard]] virtual std::vector<Parameter> parameters() const { return {}; }

 protected:
  /// Standard normal numbers of the shape, type and device of `like`.
  [[nodiscard]] static torch::Tensor noise_like(const torch::Tensor& like,
                                                const torch::Generator& generator) {
    return torch::randn(like.sizes(), generator, like.options().requires_grad(false));
  }
};

}  // namespace smear
