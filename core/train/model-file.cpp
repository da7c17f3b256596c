// SPDX-License-Identifier: Apache-2.0
#include "train/model-file.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "run/display-path.h"
#include "smear/errors.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using safetensors::Entry;
using Json = ModelFile::Json;

constexpr std::string_view format = "1";
constexpr std::string_view picture_prefix = "preview.";
constexpr std::string_view reconstructions = "preview.reconstructions";

PluginError refused(const fs::path& file, const std::string& reason) {
  return PluginError(fmt::format("the model {} is refused: {}", display(file.string()), reason));
}

const std::string& text_of(const safetensors::Metadata& metadata, const std::string& key,
                           const fs::path& file) {
  const auto it = metadata.find(key);
  if (it == metadata.end()) throw refused(file, fmt::format("its metadata has no '{}'", key));
  return it->second;
}

Json json_of(const safetensors::Metadata& metadata, const std::string& key, Json::value_t type,
             const fs::path& file) {
  auto json = Json::parse(text_of(metadata, key, file), nullptr, false);
  if (json.type() != type)
    throw refused(file, fmt::format("'{}' in its metadata is no JSON {}", key,
                                    type == Json::value_t::array ? "list" : "object"));
  return json;
}

void check_format(const safetensors::Metadata& metadata, const fs::path& file) {
  const auto it = metadata.find("smearkit.format");
  if (it == metadata.end())
    throw refused(file, "it is no model of Smearkit: its metadata has no 'smearkit.format'");
  if (it->second != format)
    throw refused(file, fmt::format("it is of format {}, this smear reads format {}; use the "
                                    "Smearkit that wrote it, or a newer one",
                                    display(it->second), format));
}

safetensors::Reader open(const fs::path& file) {
  try {
    return safetensors::Reader(file);
  } catch (const PluginError& e) {
    throw refused(file, e.what());
  }
}

std::int64_t parameters_in(const std::vector<Entry>& tensors) {
  std::int64_t sum = 0;
  for (const auto& tensor : tensors)
    if (tensor.type == safetensors::Type::float32 && !tensor.name.starts_with(picture_prefix) &&
        !tensor.name.starts_with("class_mean."))  // measured, not trained
      sum += tensor.elements();
  return sum;
}

std::optional<Image> picture_in(safetensors::Reader& reader, const fs::path& file) {
  const Entry* entry = reader.find(reconstructions);
  if (entry == nullptr) return std::nullopt;
  const auto& shape = entry->shape;
  const auto is_edge = [](std::int64_t length) {
    return length > 0 && length <= std::numeric_limits<std::int32_t>::max();
  };
  if (entry->type != safetensors::Type::uint8 || shape.size() != 3 || shape[2] != 3 ||
      !is_edge(shape[0]) || !is_edge(shape[1]))
    throw refused(file,
                  fmt::format("its '{}' is no picture (U8, height x width x 3)", reconstructions));
  cv::Mat pixels(static_cast<int>(shape[0]), static_cast<int>(shape[1]), CV_8UC3);
  reader.read(*entry, pixels.data);
  return Image(std::move(pixels));
}

}  // namespace

ModelFile read_model_file(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error))
    throw ConfigError(fmt::format("there is no file {}", display(file.string())));
  if (fs::is_directory(file, error))
    throw ConfigError(
        fmt::format("{} is a folder, expected a model's file", display(file.string())));
  auto reader = open(file);
  const auto& metadata = reader.metadata();
  check_format(metadata, file);
  const auto object = [&](const std::string& key) {
    return json_of(metadata, key, Json::value_t::object, file);
  };
  ModelFile model;
  model.kind = text_of(metadata, "smearkit.kind", file);
  model.architecture = object("architecture");
  model.preprocessing = object("preprocessing");
  model.options = object("options");
  model.training = object("training");
  model.provenance = object("provenance");
  model.classes = json_of(metadata, "classes", Json::value_t::array, file);
  model.tensors = reader.entries();
  model.bytes = fs::file_size(file, error);
  model.parameters = parameters_in(model.tensors);
  model.reconstructions = picture_in(reader, file);
  return model;
}

}  // namespace smear
