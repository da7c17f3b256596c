// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "stages/anchor.h"
#include "stages/latents.h"
#include "stages/stages.h"

namespace smear::vae {
namespace {

enum class Path { linear, spherical };

/// Rows {steps, latent} from `a` to `b`, both {1, latent} and both included.
torch::Tensor line(const torch::Tensor& a, const torch::Tensor& b, std::int64_t steps, Path path) {
  const auto t = at::linspace(0.0, 1.0, steps, a.options()).unsqueeze(1);
  if (path == Path::linear) return a + t * (b - a);
  const auto cosine = (a * b).sum() / (a.norm() * b.norm()).clamp_min(1e-12);
  const auto angle = at::acos(cosine.clamp(-1.0, 1.0));
  // Nearly parallel: the great circle is a line, and the formula 0 / 0.
  if (angle.sin().item<float>() < 1e-4F) return a + t * (b - a);
  return (((1.0 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin();
}

class Interpolate final : public ModelStage {
 public:
  static constexpr StageInfo info{
      .name = "latent.interpolate",
      .summary = "Walks through latent space from one place to another.",
      .category = Category::model,
      .details =
          "z becomes {steps, latent}: places at equal steps from the start to the end, both "
          "included, which `vae.decode` shows beside each other. The start is the sample's own mu "
          "unless `from_class` or `from_tensor` names another; the end is `to_class` or "
          "`to_tensor`. For a path between two images, save the mu of one with `save-tensor` and "
          "name the file as `to_tensor`; between the means of two classes, give both classes.\n\n"
          "`linear`: z(t) = (1 - t) a + t b. `spherical`: (sin((1 - t) w) a + sin(t w) b) / sin w, "
          "with the angle w between a and b, which keeps the length that latents of many "
          "dimensions have under the prior (Shoemake 1985, White 2016).",
      .example = R"(name: towards-malignant
stages:
  - vae.encode: {model: model.safetensors}
  - latent.interpolate: {model: model.safetensors, to_class: early-pre-b, steps: 6}
  - vae.decode: {model: model.safetensors, columns: 6}
  - save-image: {to: "paths/{id}.png"}
)",
      .reference = "T. White, Sampling generative networks, 2016",
  };

  void describe(OptionSpec& spec) override {
    spec.model("model", file_).help("The model, where a class is named.");
    from_.describe(spec, "from", "The start");
    to_.describe(spec, "to", "The end");
    spec.integer("steps", steps_)
        .range(2, 1000)
        .help("Places on the path, start and end included.");
    spec.choice("path", path_,
                {{Path::linear, "linear", "a straight line"},
                 {Path::spherical, "spherical", "along a great circle"}})
        .help("How to get there.");
    spec.input("mu", SlotType::tensor).optional().help("The start where no other is given.");
    spec.output("z", SlotType::tensor).help("{steps, latent}.");
  }

  void check() const override {
    from_.check("from");
    to_.check("to");
    if (!to_.given()) throw ConfigError("give the end of the path: to_class or to_tensor");
    if ((from_.needs_model() || to_.needs_model()) && !has_model())
      throw ConfigError("a class is named, whose mean only a model holds: give model");
  }

  void open() override {
    ModelStage::open();
    const Model* holder = has_model() ? &model() : nullptr;
    end_ = to_.place(holder);
    if (from_.given()) start_ = from_.place(holder);
    if (start_.defined() && start_.size(1) != end_.size(1))
      throw ConfigError(
          fmt::format("the start has {} dimensions, the end {}", start_.size(1), end_.size(1)));
  }

  void process_batch(std::span<Sample*> samples, const RunContext& /*run*/) const override {
    std::vector<Tensor> paths;
    for (const Sample* sample : samples)
      paths.push_back(to_slot(line(start_of(*sample), end_, steps_, path_)));
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i]->set("z", std::move(paths[i]));
  }

 private:
  [[nodiscard]] torch::Tensor start_of(const Sample& sample) const {
    if (start_.defined()) return start_;
    if (!sample.has("mu"))
      throw SampleError("slot 'mu' is empty: put vae.encode before, or give from_class");
    auto start = rows_of(sample.tensor("mu"), "mu");
    if (start.size(0) != 1 || start.size(1) != end_.size(1))
      throw SampleError(fmt::format("mu is {} x {}, the end of the path has {} dimensions",
                                    start.size(0), start.size(1), end_.size(1)));
    return start;
  }

  Anchor from_;
  Anchor to_;
  std::int64_t steps_ = 8;
  Path path_ = Path::linear;
  torch::Tensor start_;
  torch::Tensor end_;
};

}  // namespace

void register_interpolate(PluginRegistrar& registrar) { registrar.add<Interpolate>(); }

}  // namespace smear::vae
