// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "safetensors/safetensors.h"
#include "smear/image.h"

namespace smear {

/// What a model's file says of itself, read without the plugin that made it.
struct ModelFile {
  using Json = nlohmann::ordered_json;

  std::string kind;   ///< "vae"
  Json architecture;  ///< an object, as are the next four
  Json preprocessing;
  Json options;
  Json training;
  Json provenance;
  Json classes;  ///< a list
  std::vector<safetensors::Entry> tensors;
  std::uint64_t bytes = 0;               ///< of the file
  std::int64_t parameters = 0;           ///< numbers in float tensors, pictures apart
  std::optional<Image> reconstructions;  ///< inputs above outputs, where the file has them
};

/// Reads a file's header and picture; nothing is allocated that the file has no bytes for. Throws
/// `ConfigError` where there is no such file, `PluginError` with the reason to refuse it: damaged,
/// or no model of Smearkit.
ModelFile read_model_file(const std::filesystem::path& file);

}  // namespace smear
