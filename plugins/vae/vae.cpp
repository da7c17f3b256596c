// SPDX-License-Identifier: Apache-2.0
#include "smear/errors.h"
#include "smear/plugin.h"
#include "smear/reparameterization.h"
#include "stages/stages.h"
#include "torchscript.h"
#include "training/training.h"

namespace smear::vae {
namespace {

class Vae final : public ModelKind {
 public:
  static constexpr ModelKindInfo info{
      .name = "vae",
      .summary = "A convolutional variational autoencoder.",
      .details =
          "Encoder: 3x3 convolutions with stride 2 and padding 1, each followed by a leaky ReLU; a "
          "fully connected layer each for mu and logvar. A reparameterization draws z. Decoder: a "
          "fully connected layer and a leaky ReLU, then the convolutions mirrored as transposed "
          "ones (padding and output padding 1), leaky ReLUs between, a sigmoid at the end. The "
          "defaults are the published model: 256 px, filters 32/64/128/256, latent 128, batches of "
          "32, 300 epochs.\n\n"
          "Loss: mean over the batch of (reconstruction error, summed over pixels and channels) + "
          "kl_weight KL(q(z | x) || p(z)). With mse that is the negative ELBO, up to a constant, "
          "of "
          "a Gaussian likelihood of variance 1/2; with cross-entropy that of a Bernoulli "
          "likelihood. Adam.\n\n"
          "What the publication leaves open, and so is our choice: mean squared error, a learning "
          "rate of 0.0005, a slope of 0.2, padding, the sigmoid, a leaky ReLU behind the decoder's "
          "fully connected layer, He's initialization, KL weight 1.\n\n"
          "The class-conditional model (`conditional`) adds a trained vector of the class to the "
          "encoder's first feature maps (one number a channel, which is what constant input "
          "channels would do) and one to the decoder's first feature map.\n\n"
          "Validation uses the same noise in every epoch and the full weight of the KL term. "
          "Results are the same to the bit for any number of threads, and for a training that was "
          "interrupted and resumed.",
      .example = R"(name: early-pre-b
model: vae
data: {classes: [early-pre-b], validation: 0.3}
options: {epochs: 100, image_size: 128}
)",
      .reference = "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013",
  };

  void describe(OptionSpec& spec) override { options_.describe(spec); }
  void check() const override { options_.check(); }

  TrainingEnd train(const TrainingJob& job, TrainingObserver& observer,
                    const std::atomic<bool>& stop) override {
    auto* function = dynamic_cast<Reparameterization*>(options_.reparameterization.object.get());
    if (function == nullptr)
      throw PluginError(
          "the reparameterization is no smear::Reparameterization of this SDK; rebuild its plugin");
    return vae::train(options_, *function, job, observer, stop);
  }

  void export_torchscript(const std::filesystem::path& model,
                          const std::filesystem::path& to) const override {
    vae::export_torchscript(model, to);
  }

 private:
  TrainingOptions options_;
};

void register_plugin(PluginRegistrar& registrar) {
  register_encode(registrar);
  register_reparameterize(registrar);
  register_decode(registrar);
  register_reconstruct(registrar);
  register_score(registrar);
  register_interpolate(registrar);
  register_arithmetic(registrar);
  registrar.add_model_kind<Vae>();
}

}  // namespace
}  // namespace smear::vae

SMEAR_PLUGIN("vae", "0.1.0", "Apache-2.0", smear::vae::register_plugin);
