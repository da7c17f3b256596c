// SPDX-License-Identifier: Apache-2.0
#include "stages/latents.h"
#include "stages/stages.h"

namespace smear::vae {
namespace {

class Reconstruct final : public ModelStage {
 public:
  static constexpr StageInfo info{
      .name = "vae.reconstruct",
      .summary = "Encodes an image, draws z and decodes it, in one stage.",
      .category = Category::model,
      .details =
          "What `vae.encode`, `reparameterize` and `vae.decode` do one after the other, with one "
          "draw. `function` and its options are those of `reparameterize`; by default z is the "
          "posterior's mean. For a model that was trained with a function of another prior or with "
          "parameters (spherical, planar-flow, variational-dropout), name that function.\n\n"
          "With a class-conditional model, `class` is what the encoder is told and `as_class` what "
          "the decoder is told; without `as_class` both are the same.",
      .example = R"(name: reconstructions
stages:
  - vae.reconstruct: {model: model.safetensors}
  - save-image: {to: "reconstructions/{id}.png"}
)",
      .reference = "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013",
  };

  void describe(OptionSpec& spec) override {
    describe_model(spec);
    sampler_.describe(spec);
    spec.text("class", class_).help("The images' class, for a class-conditional model.");
    spec.text("as_class", as_class_).help("The class to decode as; empty for the same.");
    spec.input("image", SlotType::rgb8).help("Of any size.");
    spec.output("image", SlotType::rgb8).help("The decoded image, of the model's size.");
  }

  void open() override {
    ModelStage::open();
    (void)model().classes(class_, 1);
    (void)model().classes(decoder_class(), 1);
    sampler_.open(model());
  }

  void process_batch(std::span<Sample*> samples, const RunContext& run) const override {
    const auto rows = static_cast<std::int64_t>(samples.size());
    const auto posterior =
        model().network.encode(inputs_of(samples), model().classes(class_, rows), precision());
    std::vector<torch::Tensor> drawn;
    for (std::int64_t i = 0; i < rows; ++i)
      drawn.push_back(sampler_
                          .draw(posterior.mu.narrow(0, i, 1), posterior.logvar.narrow(0, i, 1), 1,
                                samples[static_cast<std::size_t>(i)]->id(), run)
                          .z);
    const auto images =
        model().network.decode(at::cat(drawn), model().classes(decoder_class(), rows), precision());
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i]->set("image", learning::to_image(images[i]));
  }

 private:
  [[nodiscard]] const std::string& decoder_class() const {
    return as_class_.empty() ? class_ : as_class_;
  }

  Sampler sampler_{"mean"};
  std::string class_;
  std::string as_class_;
};

}  // namespace

void register_reconstruct(PluginRegistrar& registrar) { registrar.add<Reconstruct>(); }

}  // namespace smear::vae
