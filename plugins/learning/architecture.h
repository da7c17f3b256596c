// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "smear/errors.h"

/// What the architectures of all kinds of models have in common. Does without LibTorch.
namespace smear::learning {

/// A weight's name and shape in a model file, which are those that a PyTorch module of the same
/// layers has.
struct WeightShape {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// The numbers in all of them.
std::int64_t numbers_in(const std::vector<WeightShape>& weights);

// Each throws `ConfigError` where the value is beyond reason.
void check_filters(const std::vector<std::int64_t>& filters);
void check_slope(double slope);  ///< of a leaky ReLU below 0
void check_classes(const std::vector<std::string>& classes);
void check_parameters(std::int64_t parameters, std::int64_t most);

/// What `read` makes of the text of an architecture in a model file. Throws `PluginError` for a
/// text that is none, and where `read` finds it impossible.
template <typename Read>
auto read_architecture(const std::string& text, Read read) {
  using Json = nlohmann::ordered_json;
  try {
    return read(Json::parse(text));
  } catch (const Json::exception& error) {
    throw PluginError(fmt::format("its architecture is damaged: {}", error.what()));
  } catch (const ConfigError& error) {
    throw PluginError(fmt::format("its architecture is impossible: {}", error.what()));
  }
}

}  // namespace smear::learning
