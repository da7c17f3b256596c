// SPDX-License-Identifier: Apache-2.0
#include "learning/model-file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace smear::learning {
namespace {

using safetensors::Entry;
using safetensors::Reader;
using safetensors::Type;
using torch::Tensor;

constexpr std::string_view format = "1";

}  // namespace

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

Tensor read_finite(Reader& reader, const Entry& entry) {
  auto tensor = read_tensor(reader, entry);
  if (!at::isfinite(tensor.sum()).item<bool>() && !at::isfinite(tensor).all().item<bool>())
    throw PluginError(fmt::format("tensor '{}' holds numbers that are not finite", entry.name));
  return tensor;
}

const std::string& text_of(const Reader& reader, const std::string& key) {
  const auto it = reader.metadata().find(key);
  if (it == reader.metadata().end())
    throw PluginError(fmt::format("it has no '{}' in its metadata; `smear train` writes one", key));
  return it->second;
}

void check_format(const Reader& reader, std::string_view kind) {
  if (const auto& found = text_of(reader, "smearkit.kind"); found != kind)
    throw PluginError(fmt::format("it is a model of kind '{}', expected '{}'", found, kind));
  if (const auto& found = text_of(reader, "smearkit.format"); found != format)
    throw PluginError(fmt::format("it is of format {}, this smear reads {}", found, format));
}

void check_shape(const Entry& entry, const std::vector<std::int64_t>& shape, Type type) {
  if (entry.type != type || entry.shape != shape)
    throw PluginError(fmt::format("tensor '{}' is {} [{}], its architecture wants {} [{}]",
                                  entry.name, name_of(entry.type), fmt::join(entry.shape, ", "),
                                  name_of(type), fmt::join(shape, ", ")));
}

void check_weights(const Reader& reader, const std::vector<WeightShape>& weights) {
  for (const auto& [name, shape] : weights) {
    const auto* entry = reader.find(name);
    if (entry == nullptr)
      throw PluginError(fmt::format("it lacks tensor '{}' of its architecture", name));
    check_shape(*entry, shape, Type::float32);
  }
}

Preprocessing preprocessing_of(const Reader& reader, std::int64_t image_size) {
  const auto preprocessing = Preprocessing::from_json(text_of(reader, "preprocessing"));
  if (preprocessing.size != image_size)
    throw PluginError(fmt::format("its preprocessing makes images of {} px, its network takes {}",
                                  preprocessing.size, image_size));
  return preprocessing;
}

void write_model(const std::filesystem::path& file, std::string_view kind,
                 safetensors::Metadata metadata,
                 const std::vector<std::pair<std::string, Tensor>>& tensors) {
  std::vector<safetensors::Array> arrays;
  for (const auto& [name, tensor] : tensors) arrays.push_back(array_of(name, tensor));
  metadata.insert_or_assign("smearkit.format", std::string(format));
  metadata.insert_or_assign("smearkit.kind", std::string(kind));
  safetensors::write(file, metadata, arrays);
}

}  // namespace smear::learning
