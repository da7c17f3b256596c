// SPDX-License-Identifier: Apache-2.0
#include "model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/cuda.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "smear/errors.h"
#include "threads.h"

namespace smear::vae {
namespace {

namespace fs = std::filesystem;
using safetensors::Entry;
using safetensors::Reader;
using safetensors::Type;
using torch::Tensor;

constexpr std::string_view mean_prefix = "class_mean.";
constexpr std::string_view parameter_prefix = "reparameterization.";
constexpr std::string_view preview_name = "preview.reconstructions";
constexpr std::string_view format = "1";
constexpr std::int64_t largest_preview = 64 << 20;

const std::string& text_of(const Reader& reader, const std::string& key) {
  const auto it = reader.metadata().find(key);
  if (it == reader.metadata().end())
    throw PluginError(fmt::format("it has no '{}' in its metadata; `smear train` writes one", key));
  return it->second;
}

void check_format(const Reader& reader) {
  if (const auto& kind = text_of(reader, "smearkit.kind"); kind != "vae")
    throw PluginError(fmt::format("it is a model of kind '{}', expected 'vae'", kind));
  if (const auto& found = text_of(reader, "smearkit.format"); found != format)
    throw PluginError(fmt::format("it is of format {}, this smear reads {}", found, format));
}

void check_shape(const Entry& entry, const std::vector<std::int64_t>& shape, Type type) {
  if (entry.type != type || entry.shape != shape)
    throw PluginError(fmt::format("tensor '{}' is {} [{}], its architecture wants {} [{}]",
                                  entry.name, name_of(entry.type), fmt::join(entry.shape, ", "),
                                  name_of(type), fmt::join(shape, ", ")));
}

// Everything that the architecture wants is there in its shape, and nothing else but what is known.
void check_entries(const Reader& reader, const Architecture& architecture) {
  std::set<std::string> known;
  for (const auto& weight : weight_shapes(architecture)) {
    const auto* entry = reader.find(weight.name);
    if (entry == nullptr)
      throw PluginError(fmt::format("it lacks tensor '{}' of its architecture", weight.name));
    check_shape(*entry, weight.shape, Type::float32);
    known.insert(weight.name);
  }
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

Tensor read_finite(Reader& reader, const Entry& entry) {
  auto tensor = read_tensor(reader, entry);
  if (!at::isfinite(tensor.sum()).item<bool>() && !at::isfinite(tensor).all().item<bool>())
    throw PluginError(fmt::format("tensor '{}' holds numbers that are not finite", entry.name));
  return tensor;
}

}  // namespace

torch::Device device_of(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  torch::Device device(torch::kCPU);
  try {
    device = torch::Device(name);
  } catch (const c10::Error&) {
    throw ConfigError(fmt::format("device must be cpu, cuda or cuda:N, got '{}'", name));
  }
  if (!device.is_cuda())
    throw ConfigError(fmt::format("device must be cpu, cuda or cuda:N, got '{}'", name));
  if (!torch::cuda::is_available())
    throw ConfigError(fmt::format(
        "device '{}' is not there: {}; use device cpu", name,
        torch::hasCUDA() ? "LibTorch finds no GPU"
                         : "this LibTorch is built without CUDA (Debian's is); build Smearkit "
                           "against one with it"));
  const auto count = torch::cuda::device_count();
  if (device.has_index() && static_cast<std::size_t>(device.index()) >= count)
    throw ConfigError(fmt::format("device '{}' is not there: LibTorch finds {}", name, count));
  return device;
}

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
  const torch::NoGradGuard no_gradients;
  try {
    Reader reader(file);
    check_format(reader);
    const auto architecture = Architecture::from_json(text_of(reader, "architecture"));
    const auto preprocessing = Preprocessing::from_json(text_of(reader, "preprocessing"));
    if (preprocessing.size != architecture.image_size)
      throw PluginError(fmt::format("its preprocessing makes images of {} px, its network takes {}",
                                    preprocessing.size, architecture.image_size));
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
    return model;
  } catch (const PluginError& error) {
    throw PluginError(fmt::format("model {} is refused: {}", file.string(), error.what()));
  } catch (const std::bad_alloc&) {
    throw PluginError(fmt::format("model {} is refused: there is not enough memory for its weights",
                                  file.string()));
  }
}

std::shared_ptr<const Model> shared_model(const fs::path& file, const torch::Device& device) {
  struct Key {
    fs::path file;
    fs::file_time_type time;
    std::string device;
    auto operator<=>(const Key&) const = default;
  };
  static std::mutex mutex;
  // Only remembers who has what: a model goes away with the last stage that uses it.
  static std::map<Key, std::weak_ptr<const Model>> open;
  std::error_code error;
  const Key key{file, fs::last_write_time(file, error), device.str()};
  const std::lock_guard lock(mutex);
  auto& known = open[key];
  auto model = known.lock();
  if (model == nullptr) known = model = load_model(file, device);
  return model;
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
  std::vector<safetensors::Array> arrays;
  for (const auto& [name, tensor] : tensors) arrays.push_back(array_of(name, tensor));
  auto metadata = model.metadata;
  metadata["smearkit.format"] = format;
  metadata["smearkit.kind"] = "vae";
  metadata["architecture"] = model.network.architecture().to_json();
  metadata["preprocessing"] = model.preprocessing.to_json();
  metadata["loss"] = name_of(model.loss);
  metadata["reparameterization"] = model.reparameterization;
  metadata["classes"] = nlohmann::json(model.network.architecture().classes).dump();
  safetensors::write(file, metadata, arrays);
}

safetensors::Array array_of(const std::string& name, const Tensor& tensor) {
  const auto type = tensor.scalar_type() == torch::kUInt8   ? Type::uint8
                    : tensor.scalar_type() == torch::kInt64 ? Type::int64
                                                            : Type::float32;
  return {name, type, tensor.sizes().vec(), tensor.data_ptr()};
}

Tensor read_tensor(Reader& reader, const Entry& entry) {
  const auto type = entry.type == Type::uint8   ? torch::kUInt8
                    : entry.type == Type::int64 ? torch::kInt64
                                                : torch::kFloat32;
  auto tensor = at::empty(entry.shape, type);
  reader.read(entry, tensor.data_ptr());
  return tensor;
}

}  // namespace smear::vae
