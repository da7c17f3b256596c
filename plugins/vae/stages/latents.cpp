// SPDX-License-Identifier: Apache-2.0
#include "stages/latents.h"

#include <fmt/format.h>

#include <cstring>

#include "learning/seeds.h"
#include "learning/threads.h"

namespace smear::vae {

Tensor to_slot(const torch::Tensor& tensor) {
  const auto dense = tensor.detach().cpu().to(torch::kFloat32).contiguous();
  const auto* values = dense.data_ptr<float>();
  return {dense.sizes().vec(), std::vector<float>(values, values + dense.numel())};
}

torch::Tensor rows_of(const Tensor& tensor, std::string_view slot) {
  const auto dimensions = tensor.shape.size();
  if (dimensions < 1 || dimensions > 2 || tensor.values.empty())
    throw SampleError(fmt::format(
        "slot '{}' holds a tensor of {} dimensions, expected {{latent}} or {{rows, latent}}", slot,
        dimensions));
  const auto latent = tensor.shape.back();
  auto rows = at::empty({dimensions == 2 ? tensor.shape.front() : 1, latent}, torch::kFloat32);
  std::memcpy(rows.data_ptr<float>(), tensor.values.data(), tensor.values.size() * sizeof(float));
  return rows;
}

void ModelStage::describe_model(OptionSpec& spec) {
  spec.model("model", file_).required().help("The model file that `smear train` made.");
  describe_device(spec);
  describe_precision(spec, precision_);
}

void ModelStage::open() {
  const auto device = this->device();
  check_precision(precision_, device.is_cpu());
  if (has_model()) model_ = shared_model(file_, device);
}

std::vector<torch::Tensor> ModelStage::inputs_of(std::span<Sample*> samples) const {
  return BatchStage::inputs_of(samples, model().preprocessing, model().network.device());
}

torch::Tensor ModelStage::latents_of(const Sample& sample, std::string_view slot) const {
  auto rows = rows_of(sample.tensor(slot), slot);
  const auto latent = model().network.architecture().latent;
  if (rows.size(1) != latent)
    throw SampleError(fmt::format("slot '{}' holds latents of {} dimensions, the model has {}",
                                  slot, rows.size(1), latent));
  return rows.to(model().network.device());
}

void Sampler::describe(OptionSpec& spec) {
  spec.reparameterization("function", function_)
      .help(
          "How z is drawn from the posterior N(mu, exp(logvar)); `smear help NAME` tells its "
          "options.");
}

Reparameterization& Sampler::function() const {
  auto* function = dynamic_cast<Reparameterization*>(function_.object.get());
  if (function == nullptr)
    throw PluginError(
        "the reparameterization is no smear::Reparameterization of this SDK; rebuild its plugin");
  return *function;
}

void Sampler::prepare(std::int64_t latent, const torch::Device& device) const {
  const torch::NoGradGuard no_gradients;
  function().prepare(latent, device);
  for (const auto& parameter : function().parameters()) {
    auto value = parameter.value;
    value.set_requires_grad(false);
  }
  prepared_ = latent;
}

void Sampler::open(const Model& model) {
  prepare(model.network.architecture().latent, model.network.device());
  model.install_parameters(function_.name, function());
  of_model_ = true;
}

void Sampler::open_without_model() {
  bool trained = false;
  try {
    prepare(2, torch::kCPU);  // any number of dimensions tells whether there are parameters
    trained = !function().parameters().empty();
  } catch (const ConfigError&) {
    // Its options want another number, which only a sample tells.
  }
  prepared_ = 0;
  if (trained)
    throw ConfigError(
        fmt::format("'{}' has trained parameters: give the model that was trained with it (model)",
                    function_.name));
}

template <typename Work>
auto Sampler::with_function(const torch::Tensor& like, const SampleId& id, const RunContext& run,
                            const Work& work) const {
  at::init_num_threads();
  const torch::NoGradGuard no_gradients;
  const auto generator = learning::seeded_generator(like.device(), run.generator(id)());
  // Without a model each sample may be of other dimensions, for which the function is prepared
  // anew.
  std::unique_lock lock(mutex_, std::defer_lock);
  if (!of_model_) lock.lock();
  if (prepared_ != like.size(1)) prepare(like.size(1), like.device());
  return work(function(), generator);
}

Reparameterization::Draw Sampler::draw(const torch::Tensor& mu, const torch::Tensor& logvar,
                                       std::int64_t rows, const SampleId& id,
                                       const RunContext& run) const {
  return with_function(mu, id, run, [&](const auto& function, const auto& generator) {
    return function.draw(mu.expand({rows, -1}).contiguous(), logvar.expand({rows, -1}).contiguous(),
                         generator, std::nullopt);
  });
}

torch::Tensor Sampler::draw_from_prior(const torch::Tensor& like, std::int64_t rows,
                                       const SampleId& id, const RunContext& run) const {
  return with_function(like, id, run, [&](const auto& function, const auto& generator) {
    return function.prior(rows, like.size(1), generator, like.options());
  });
}

}  // namespace smear::vae
