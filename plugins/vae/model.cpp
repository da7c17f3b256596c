// SPDX-License-Identifier: Apache-2.0
#include "model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "learning/threads.h"
#include "smear/errors.h"

namespace smear::vae {
namespace {

namespace fs = std::filesystem;
using learning::check_format;
using learning::check_shape;
using learning::prepare_process;
using learning::read_finite;
using learning::read_tensor;
using learning::text_of;
using safetensors::Entry;
using safetensors::Reader;
using safetensors::Type;
using torch::Tensor;

constexpr std::string_view mean_prefix = "class_mean.";
constexpr std::string_view parameter_prefix = "reparameterization.";
constexpr std::string_view preview_name = "preview.reconstructions";
constexpr std::int64_t largest_preview = 64 << 20;

// Everything that the architecture wants is there in its shape, and nothing else but what is known.
void check_entries(const Reader& reader, const Architecture& architecture) {
  const auto weights = weight_shapes(architecture);
  learning::check_weights(reader, weights);
  std::set<std::string> known;
  for (const auto& weight : weights) known.insert(weight.name);
  for (const auto& entry : reader.entries()) {
    if (known.contains(entry.name)) continue;
    if (entry.elements() == 0) throw PluginError(fmt::format("tensor '{}' is empty", entry.name));
    if (entry.name.starts_with(mean_prefix)) {
      check_shape(entry, {architecture.latent}, Type::float32);
    } else if (entry.name == preview_name) {
      if (entry.shape.size() != 3 || entry.shape[2] != 3 || entry.type != Type::uint8 ||
          entry.elements() > largest_preview)
        throw PluginError(fmt::format("tensor '{}' is no picture", entry.name));
    } else if (!entry.name.starts_with(parameter_prefix) || entry.type != Type::float32 ||
               entry.elements() > architecture.parameters() + (1 << 20)) {
      throw PluginError(fmt::format("tensor '{}' is no part of its architecture", entry.name));
    }
  }
}

}  // namespace

const Tensor& Model::class_mean(const std::string& name) const {
  const auto it = class_means.find(name);
  if (it != class_means.end()) return it->second;
  std::vector<std::string> names;
  for (const auto& [known, mean] : class_means) names.push_back(known);
  throw ConfigError(
      fmt::format("the model holds no mean of class '{}'; it has {}", name,
                  names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

Tensor Model::classes(const std::string& name, std::int64_t rows) const {
  const auto& architecture = network.architecture();
  if (name.empty() && !architecture.conditional()) return {};
  if (name.empty())
    throw ConfigError(fmt::format("the model is class-conditional and needs 'class', one of {}",
                                  fmt::join(architecture.classes, ", ")));
  return at::full({rows}, architecture.class_index(name),
                  torch::TensorOptions().dtype(torch::kInt64).device(network.device()));
}

void Model::install_parameters(const std::string& name, const Reparameterization& to) const {
  const torch::NoGradGuard no_gradients;
  const auto wanted = to.parameters();
  if (wanted.empty()) return;
  if (name != reparameterization)
    throw ConfigError(
        fmt::format("'{}' has trained parameters, but the model was trained with '{}'", name,
                    reparameterization));
  for (const auto& parameter : wanted) {
    const auto it = std::ranges::find(reparameterization_parameters, parameter.name,
                                      &Reparameterization::Parameter::name);
    if (it == reparameterization_parameters.end() || it->value.sizes() != parameter.value.sizes())
      throw ConfigError(fmt::format(
          "the model has no parameter '{}' of '{}' in this shape; give the options that it was "
          "trained with",
          parameter.name, name));
    parameter.value.detach().copy_(it->value);
  }
}

std::shared_ptr<const Model> load_model(const fs::path& file, const torch::Device& device) {
  prepare_process();
  return learning::read_model(file, [&](Reader& reader) {
    check_format(reader, "vae");
    const auto architecture = Architecture::from_json(text_of(reader, "architecture"));
    const auto preprocessing = learning::preprocessing_of(reader, architecture.image_size);
    check_entries(reader, architecture);
    auto model = std::make_shared<Model>(architecture, device);
    model->preprocessing = preprocessing;
    model->metadata = reader.metadata();
    model->loss = reconstruction_loss_of(text_of(reader, "loss"));
    const auto named = reader.metadata().find("reparameterization");
    if (named != reader.metadata().end()) model->reparameterization = named->second;
    for (const auto& weight : weight_shapes(architecture))
      model->network.set_file_weight(weight.name, read_finite(reader, *reader.find(weight.name)));
    for (const auto& parameter : model->network.parameters())
      parameter.value.set_requires_grad(false);
    for (const auto& entry : reader.entries()) {
      if (entry.name.starts_with(mean_prefix))
        model->class_means.emplace(entry.name.substr(mean_prefix.size()),
                                   read_finite(reader, entry));
      else if (entry.name.starts_with(parameter_prefix))
        model->reparameterization_parameters.push_back(
            {entry.name.substr(parameter_prefix.size()), read_finite(reader, entry)});
      else if (entry.name == preview_name)
        model->preview = read_tensor(reader, entry);
    }
    return std::shared_ptr<const Model>(std::move(model));
  });
}

std::shared_ptr<const Model> shared_model(const fs::path& file, const torch::Device& device) {
  static learning::OpenModels<Model> open;
  return open.get(file, device, load_model);
}

void save_model(const Model& model, const fs::path& file) {
  auto tensors = model.network.file_weights();
  for (const auto& parameter : model.reparameterization_parameters)
    tensors.emplace_back(std::string(parameter_prefix) + parameter.name,
                         parameter.value.detach().cpu().contiguous());
  for (const auto& [name, mean] : model.class_means)
    tensors.emplace_back(std::string(mean_prefix) + name, mean.cpu().contiguous());
  if (model.preview.defined())
    tensors.emplace_back(std::string(preview_name), model.preview.contiguous());
  auto metadata = model.metadata;
  metadata["architecture"] = model.network.architecture().to_json();
  metadata["preprocessing"] = model.preprocessing.to_json();
  metadata["loss"] = name_of(model.loss);
  metadata["reparameterization"] = model.reparameterization;
  metadata["classes"] = nlohmann::json(model.network.architecture().classes).dump();
  learning::write_model(file, "vae", std::move(metadata), tensors);
}

}  // namespace smear::vae
