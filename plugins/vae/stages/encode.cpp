// SPDX-License-Identifier: Apache-2.0
#include "learning/threads.h"
#include "stages/latents.h"
#include "stages/stages.h"

namespace smear::vae {
namespace {

class Encode final : public ModelStage {
 public:
  static constexpr StageInfo info{
      .name = "vae.encode",
      .summary = "Encodes an image into its posterior, mu and logvar.",
      .category = Category::model,
      .details =
          "The image is prepared as the model says (scaled to its size as Pillow's BILINEAR does, "
          "in 8 bits, without keeping the aspect ratio, then divided by 255) and goes through the "
          "encoder, which gives the approximate posterior q(z | x) = N(mu, exp(logvar)) of the "
          "latent z, with independent dimensions. Both slots hold {latent} numbers.\n\n"
          "Images are 8-bit RGB; others are refused. A model that was trained class-conditionally "
          "needs the `class` of the images. Results do not depend on what else is in a batch.",
      .example = R"(name: posteriors
stages:
  - vae.encode: {model: model.safetensors}
  - save-tensor: {slot: mu, to: "mu/{id}.npy"}
  - save-tensor: {slot: logvar, to: "logvar/{id}.npy"}
)",
      .reference = "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013",
  };

  void describe(OptionSpec& spec) override {
    describe_model(spec);
    spec.text("class", class_).help("The images' class, for a class-conditional model.");
    spec.input("image", SlotType::rgb8).help("Of any size.");
    spec.output("mu", SlotType::tensor).help("The posterior's mean, {latent}.");
    spec.output("logvar", SlotType::tensor).help("The logarithm of its variance, {latent}.");
  }

  void open() override {
    ModelStage::open();
    (void)model().classes(class_, 1);
  }

  void process_batch(std::span<Sample*> samples, const RunContext& /*run*/) const override {
    const auto rows = static_cast<std::int64_t>(samples.size());
    const auto posterior =
        model().network.encode(inputs_of(samples), model().classes(class_, rows), precision());
    for (std::int64_t i = 0; i < rows; ++i) {
      Sample& sample = *samples[static_cast<std::size_t>(i)];
      sample.set("mu", to_slot(posterior.mu[i]));
      sample.set("logvar", to_slot(posterior.logvar[i]));
    }
  }

 private:
  std::string class_;
};

}  // namespace

void register_encode(PluginRegistrar& registrar) { registrar.add<Encode>(); }

}  // namespace smear::vae
