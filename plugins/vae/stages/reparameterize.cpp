// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "stages/latents.h"
#include "stages/stages.h"

namespace smear::vae {
namespace {

/// Which distribution z is drawn from.
enum class Source { posterior, prior };

class Reparameterize final : public ModelStage {
 public:
  static constexpr StageInfo info{
      .name = "reparameterize",
      .summary = "Draws the latent z from a posterior or the prior, by a function of choice.",
      .category = Category::model,
      .details =
          "`function` names a reparameterization, each a plugin of its own; the options of that "
          "function stand beside `function`. `standard` is z = mu + exp(logvar / 2) eps with eps ~ "
          "N(0, I); `temperature-bias` is z = mu + temperature exp(logvar / 2) eps + bias. `smear "
          "plugins` lists all that there are.\n\n"
          "The noise depends on the run's seed, the sample and the stage's position alone. With "
          "one draw z is {latent}, with more {draws, latent}.\n\n"
          "With `from: prior`, z comes from the prior of the function instead, which is N(0, I) "
          "for "
          "most: `vae.decode` then makes images that are like none in particular. Of `mu` only "
          "the length counts, and of the function's options none.\n\n"
          "Slot `divergence` tells in column `kl` how far the distribution of z is from that "
          "prior: the function's Kullback-Leibler divergence, in nats, summed over the latents; "
          "where the function estimates it from z, the mean over the draws. It is 0 with `from: "
          "prior`.\n\n"
          "A function with trained parameters takes them from `model`, which must have been "
          "trained with it.",
      .example = R"(name: hot
stages:
  - vae.encode: {model: model.safetensors}
  - reparameterize: {function: temperature-bias, temperature: 10, bias: 1}
  - vae.decode: {model: model.safetensors}
  - save-image: {to: "hot/{id}.png"}
)",
      .reference = "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013, section 2.4",
  };

  void describe(OptionSpec& spec) override {
    sampler_.describe(spec);
    spec.choice<Source>("from", from_,
                        {{Source::posterior, "posterior", "what `mu` and `logvar` tell"},
                         {Source::prior, "prior", "the function's prior, whatever the image"}})
        .help("What z is drawn from.");
    spec.integer("draws", draws_).range(1, 10000).help("How many z of each sample.");
    spec.model("model", file_).help("The model, for a function that has trained parameters.");
    spec.input("mu", SlotType::tensor).help("The posterior's mean, {latent}.");
    spec.input("logvar", SlotType::tensor).help("The logarithm of its variance, {latent}.");
    spec.output("z", SlotType::tensor).help("{latent}, or {draws, latent}.");
    spec.output("divergence", SlotType::table).help("One row.");
  }

  void open() override {
    ModelStage::open();
    if (has_model())
      sampler_.open(model());
    else
      sampler_.open_without_model();
  }

  void process_batch(std::span<Sample*> samples, const RunContext& run) const override {
    std::vector<Latents> drawn;
    for (const Sample* sample : samples) drawn.push_back(draw(*sample, run));
    for (std::size_t i = 0; i < samples.size(); ++i) {
      Table divergence;
      divergence.add("kl", std::vector<double>{drawn[i].kl});
      samples[i]->set("z", std::move(drawn[i].z));
      samples[i]->set("divergence", std::move(divergence));
    }
  }

 private:
  struct Latents {
    Tensor z;
    double kl;
  };

  [[nodiscard]] Latents draw(const Sample& sample, const RunContext& run) const {
    const auto mu = rows_of(sample.tensor("mu"), "mu");
    const auto logvar = rows_of(sample.tensor("logvar"), "logvar");
    if (mu.size(0) != 1 || !mu.sizes().equals(logvar.sizes()))
      throw SampleError(
          fmt::format("mu is {} x {} and logvar {} x {}, expected one posterior of equal length",
                      mu.size(0), mu.size(1), logvar.size(0), logvar.size(1)));
    const auto slot = [this](const torch::Tensor& z) {
      return to_slot(draws_ == 1 ? z.squeeze(0) : z);
    };
    if (from_ == Source::prior)
      return {slot(sampler_.draw_from_prior(mu, draws_, sample.id(), run)), 0.0};
    const auto drawn = sampler_.draw(mu, logvar, draws_, sample.id(), run);
    const auto divergence = drawn.kl.to(torch::kFloat64).sum().item<double>();
    return {slot(drawn.z), divergence / static_cast<double>(draws_)};
  }

  Sampler sampler_{"standard"};
  Source from_ = Source::posterior;
  std::int64_t draws_ = 1;
};

}  // namespace

void register_reparameterize(PluginRegistrar& registrar) { registrar.add<Reparameterize>(); }

}  // namespace smear::vae
