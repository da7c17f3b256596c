// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "stages/anchor.h"
#include "stages/latents.h"
#include "stages/stages.h"

namespace smear::vae {
namespace {

class Arithmetic final : public ModelStage {
 public:
  static constexpr StageInfo info{
      .name = "latent.arithmetic",
      .summary = "Adds the difference of two places in latent space, scaled.",
      .category = Category::model,
      .details =
          "z = mu + scale (to - from), where `from` and `to` are means of mu over two classes that "
          "the model holds, or .npy files. With the benign class as `from` and a malignant one as "
          "`to` it moves each image's latent the way that the classes differ. A model holds the "
          "means of all classes that its training was given, also of those it was not trained on.",
      .example = R"(name: more-malignant
stages:
  - vae.encode: {model: model.safetensors}
  - latent.arithmetic: {model: model.safetensors, from_class: benign, to_class: early-pre-b}
  - vae.decode: {model: model.safetensors}
  - save-image: {to: "shifted/{id}.png"}
)",
      .reference =
          "A. Radford, L. Metz, S. Chintala, Unsupervised representation learning with "
          "deep convolutional generative adversarial networks, 2015, section 6.3.2",
  };

  void describe(OptionSpec& spec) override {
    spec.model("model", file_).help("The model, where a class is named.");
    from_.describe(spec, "from", "What is subtracted");
    to_.describe(spec, "to", "What is added");
    spec.real("scale", scale_).range(-1000.0, 1000.0).help("Factor of the difference.");
    spec.input("mu", SlotType::tensor).help("{latent}, or {rows, latent}.");
    spec.output("z", SlotType::tensor).help("Of the shape of mu.");
  }

  void check() const override {
    from_.check("from");
    to_.check("to");
    if (!from_.given()) throw ConfigError("give what is subtracted: from_class or from_tensor");
    if (!to_.given()) throw ConfigError("give what is added: to_class or to_tensor");
    if ((from_.needs_model() || to_.needs_model()) && !has_model())
      throw ConfigError("a class is named, whose mean only a model holds: give model");
  }

  void open() override {
    ModelStage::open();
    const Model* holder = has_model() ? &model() : nullptr;
    const auto from = from_.place(holder);
    const auto to = to_.place(holder);
    if (from.size(1) != to.size(1))
      throw ConfigError(fmt::format("what is subtracted has {} dimensions, what is added {}",
                                    from.size(1), to.size(1)));
    difference_ = to - from;
  }

  void process_batch(std::span<Sample*> samples, const RunContext& /*run*/) const override {
    std::vector<Tensor> moved;
    for (const Sample* sample : samples) moved.push_back(shifted(sample->tensor("mu")));
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i]->set("z", std::move(moved[i]));
  }

 private:
  [[nodiscard]] Tensor shifted(const Tensor& mu) const {
    const auto rows = rows_of(mu, "mu");
    if (rows.size(1) != difference_.size(1))
      throw SampleError(fmt::format("mu has {} dimensions, the difference has {}", rows.size(1),
                                    difference_.size(1)));
    auto result = to_slot(rows + scale_ * difference_);
    result.shape = mu.shape;
    return result;
  }

  Anchor from_;
  Anchor to_;
  double scale_ = 1.0;
  torch::Tensor difference_;
};

}  // namespace

void register_arithmetic(PluginRegistrar& registrar) { registrar.add<Arithmetic>(); }

}  // namespace smear::vae
