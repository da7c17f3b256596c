// SPDX-License-Identifier: Apache-2.0
#include "model.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "learning/model-file.h"
#include "learning/threads.h"

namespace smear::classifier {
namespace {

using safetensors::Reader;
using torch::Tensor;

constexpr std::string_view kind = "classifier";

// Everything that the architecture wants is there in its shape, and nothing else.
void check_entries(const Reader& reader, const Architecture& architecture) {
  const auto weights = architecture.weights();
  learning::check_weights(reader, weights);
  for (const auto& entry : reader.entries())
    if (std::ranges::find(weights, entry.name, &learning::WeightShape::name) == weights.end())
      throw PluginError(fmt::format("tensor '{}' is no part of its architecture", entry.name));
}

}  // namespace

std::shared_ptr<const Model> load_model(const std::filesystem::path& file,
                                        const torch::Device& device) {
  learning::prepare_process();
  return learning::read_model(file, [&](Reader& reader) {
    learning::check_format(reader, kind);
    const auto architecture = Architecture::from_json(learning::text_of(reader, "architecture"));
    const auto preprocessing = learning::preprocessing_of(reader, architecture.image_size);
    check_entries(reader, architecture);
    auto model = std::make_shared<Model>(architecture, device);
    model->preprocessing = preprocessing;
    model->metadata = reader.metadata();
    for (const auto& parameter : model->network.parameters()) {
      model->network.set(parameter.name,
                         learning::read_finite(reader, *reader.find(parameter.name)));
      parameter.value.set_requires_grad(false);
    }
    return std::shared_ptr<const Model>(std::move(model));
  });
}

std::shared_ptr<const Model> shared_model(const std::filesystem::path& file,
                                          const torch::Device& device) {
  static learning::OpenModels<Model> open;
  return open.get(file, device, load_model);
}

void save_model(const Model& model, const std::filesystem::path& file) {
  const torch::NoGradGuard no_gradients;
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const auto& parameter : model.network.parameters())
    tensors.emplace_back(parameter.name, parameter.value.detach().cpu().contiguous());
  auto metadata = model.metadata;
  metadata["architecture"] = model.network.architecture().to_json();
  metadata["preprocessing"] = model.preprocessing.to_json();
  metadata["classes"] = nlohmann::json(model.network.architecture().classes).dump();
  learning::write_model(file, kind, std::move(metadata), tensors);
}

}  // namespace smear::classifier
