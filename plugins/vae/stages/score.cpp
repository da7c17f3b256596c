// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "learning/threads.h"
#include "similarity.h"
#include "stages/latents.h"
#include "stages/stages.h"

namespace smear::vae {
namespace {

class Score final : public ModelStage {
 public:
  static constexpr StageInfo info{
      .name = "vae.score",
      .summary = "Measures how well the model explains an image: error, KL, ELBO, SSIM, PSNR.",
      .category = Category::measurement,
      .details =
          "One row an image, to be saved by `save-table`. The image is prepared as `vae.encode` "
          "does; x is that image in [0, 1], y its reconstruction from one z of `function` (by "
          "default the posterior's mean, so that nothing is random), both of the model's size.\n\n"
          "A model that was trained with a function of another prior or with parameters "
          "(spherical, "
          "planar-flow, variational-dropout) is scored with that function: name it.\n\n"
          "- `reconstruction_error`: the reconstruction term of the loss that the model was "
          "trained "
          "with, summed over pixels and channels; in nats where that is a likelihood.\n"
          "- `kl`: the function's Kullback-Leibler divergence to the prior, in nats.\n"
          "- `negative_elbo`: the sum of both: the larger, the less the image is like those that "
          "the model was trained on. Usable as an anomaly score.\n"
          "- `mse`: the mean of (x - y)^2.\n"
          "- `psnr_db`: -10 log10 of it; missing where x = y.\n"
          "- `ssim`: structural similarity, Gaussian window of 11 px.",
      .example = R"(name: anomalies
stages:
  - vae.score: {model: model.safetensors}
  - save-table: {slot: score, to: scores.csv}
)",
      .reference =
          "Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, Image quality "
          "assessment: from error visibility to structural similarity, IEEE Transactions "
          "on Image Processing 13(4), 2004",
  };

  void describe(OptionSpec& spec) override {
    describe_model(spec);
    sampler_.describe(spec);
    spec.text("class", class_).help("The images' class, for a class-conditional model.");
    spec.input("image", SlotType::rgb8).help("Of any size.");
    spec.output("score", SlotType::table).help("One row.");
  }

  void open() override {
    ModelStage::open();
    (void)model().classes(class_, 1);
    sampler_.open(model());
  }

  void process_batch(std::span<Sample*> samples, const RunContext& run) const override {
    const torch::NoGradGuard no_gradients;
    const auto rows = static_cast<std::int64_t>(samples.size());
    const auto classes = model().classes(class_, rows);
    const auto inputs = inputs_of(samples);
    const auto posterior = model().network.encode(inputs, classes, precision());
    std::vector<torch::Tensor> z;
    std::vector<double> divergences;
    for (std::int64_t i = 0; i < rows; ++i) {
      auto drawn = sampler_.draw(posterior.mu.narrow(0, i, 1), posterior.logvar.narrow(0, i, 1), 1,
                                 samples[static_cast<std::size_t>(i)]->id(), run);
      z.push_back(std::move(drawn.z));
      divergences.push_back(drawn.kl.to(torch::kFloat64).sum().item<double>());
    }
    const auto maps = model().network.feature_map(at::cat(z), classes);
    const auto kernels = model().network.last_kernels();
    std::vector<Table> tables(samples.size());
    learning::for_each_in_parallel(rows, [&](std::int64_t i) {
      const auto at = static_cast<std::size_t>(i);
      tables[at] =
          measured(inputs[at], model().network.logits(maps.narrow(0, i, 1), kernels, precision()),
                   divergences[at]);
    });
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i]->set("score", std::move(tables[i]));
  }

 private:
  [[nodiscard]] Table measured(const torch::Tensor& image, const torch::Tensor& logits,
                               double kl) const {
    const auto output = at::sigmoid(logits);
    const auto value = [](const torch::Tensor& tensor) { return tensor.item<double>(); };
    const double error = value(reconstruction_loss(model().loss, logits, image));
    const double decibels = value(psnr(output, image));
    Table table;
    table.add("reconstruction_error", std::vector<double>{error});
    table.add("kl", std::vector<double>{kl});
    table.add("negative_elbo", std::vector<double>{error + kl});
    table.add("mse", std::vector<double>{value((output - image).square().mean())});
    table.add("psnr_db", std::vector<double>{std::isfinite(decibels) ? decibels : std::nan("")});
    table.add("ssim", std::vector<double>{
                          value(ssim(output.to(torch::kFloat64), image.to(torch::kFloat64)))});
    return table;
  }

  Sampler sampler_{"mean"};
  std::string class_;
};

}  // namespace

void register_score(PluginRegistrar& registrar) { registrar.add<Score>(); }

}  // namespace smear::vae
