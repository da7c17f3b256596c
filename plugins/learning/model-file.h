// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "learning/architecture.h"
#include "learning/preprocessing.h"
#include "safetensors/safetensors.h"
#include "smear/errors.h"

/// What the files of all kinds of models have in common.
namespace smear::learning {

/// A tensor as an array of a file, which it must outlive: float32, uint8 or int64, on the CPU.
safetensors::Array array_of(const std::string& name, const torch::Tensor& tensor);
/// A tensor read from a file.
torch::Tensor read_tensor(safetensors::Reader& reader, const safetensors::Entry& entry);
/// The same. Throws `PluginError` where a number is not finite.
torch::Tensor read_finite(safetensors::Reader& reader, const safetensors::Entry& entry);

/// The metadata of that key. Throws `PluginError` where there is none.
const std::string& text_of(const safetensors::Reader& reader, const std::string& key);
/// Throws `PluginError` for a file of another kind of model or of another format.
void check_format(const safetensors::Reader& reader, std::string_view kind);
/// Throws `PluginError` where a tensor is not what the architecture wants.
void check_shape(const safetensors::Entry& entry, const std::vector<std::int64_t>& shape,
                 safetensors::Type type);

/// Throws `PluginError` where one of the weights is missing or of another shape.
void check_weights(const safetensors::Reader& reader, const std::vector<WeightShape>& weights);
/// The preprocessing that the file holds. Throws `PluginError` where there is none, or where it
/// makes images of another size than the network takes.
Preprocessing preprocessing_of(const safetensors::Reader& reader, std::int64_t image_size);

/// Writes a model of that kind whole or not at all. Throws `RunError`.
void write_model(const std::filesystem::path& file, std::string_view kind,
                 safetensors::Metadata metadata,
                 const std::vector<std::pair<std::string, torch::Tensor>>& tensors);

/// What `read` makes of an open file; what it throws is told as a refusal of the file.
template <typename Read>
auto read_model(const std::filesystem::path& file, Read read) {
  const torch::NoGradGuard no_gradients;
  const auto refused = [&](std::string_view reason) {
    return PluginError("model " + file.string() + " is refused: " + std::string(reason));
  };
  try {
    safetensors::Reader reader(file);
    return read(reader);
  } catch (const PluginError& error) {
    throw refused(error.what());
  } catch (const std::bad_alloc&) {
    throw refused("there is not enough memory for its weights");
  }
}

/// Models that are open, shared with whoever has the file open already: the stages of a pipeline
/// name it each. Only remembers who has what: a model goes away with the last stage that uses it.
template <typename Model>
class OpenModels {
 public:
  /// The model of this file, by `load(file, device)` where nobody has it.
  template <typename Load>
  std::shared_ptr<const Model> get(const std::filesystem::path& file, const torch::Device& device,
                                   Load load) {
    std::error_code error;
    const Key key{file, std::filesystem::last_write_time(file, error), device.str()};
    const std::lock_guard lock(mutex_);
    auto& known = open_[key];
    auto model = known.lock();
    if (model == nullptr) known = model = load(file, device);
    return model;
  }

 private:
  struct Key {
    std::filesystem::path file;
    std::filesystem::file_time_type time;
    std::string device;
    auto operator<=>(const Key&) const = default;
  };
  std::mutex mutex_;
  std::map<Key, std::weak_ptr<const Model>> open_;
};

}  // namespace smear::learning
