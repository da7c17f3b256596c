// SPDX-License-Identifier: Apache-2.0
#include "architecture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "smear/errors.h"

namespace smear::classifier {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t largest_image = 2048;
constexpr std::int64_t most_filters = 4096;
constexpr std::int64_t most_parameters = std::int64_t{1} << 28;  // 1 GiB of weights
constexpr std::size_t most_classes = 1000;

}  // namespace

void Architecture::check() const {
  if (image_size < 2 || image_size > largest_image)
    throw ConfigError(fmt::format("image_size must be 2..{}, got {}", largest_image, image_size));
  if (filters.empty() || filters.size() > 8)
    throw ConfigError(fmt::format("filters must hold 1 to 8 numbers, got {}", filters.size()));
  for (const auto count : filters)
    if (count < 1 || count > most_filters)
      throw ConfigError(fmt::format("filters must be 1..{}, got {}", most_filters, count));
  if (!(slope >= 0.0 && slope < 1.0))
    throw ConfigError(fmt::format("slope must be at least 0 and below 1, got {}", slope));
  if (classes.size() < 2)
    throw ConfigError(fmt::format(
        "a classifier tells at least two classes apart, got {}; a class is a folder of --data, "
        "and data.classes says which of them are used",
        classes.empty() ? "none" : fmt::format("'{}' only", classes.front())));
  if (classes.size() > most_classes)
    throw ConfigError(fmt::format("at most {} classes, got {}", most_classes, classes.size()));
  if (std::set<std::string>(classes.begin(), classes.end()).size() != classes.size())
    throw ConfigError("a class is listed twice");
  if (parameters() > most_parameters)
    throw ConfigError(fmt::format("the model would have {} parameters, at most {} are supported",
                                  parameters(), most_parameters));
}

std::int64_t Architecture::groups(std::size_t i) const {
  return filters[i] / std::gcd(filters[i], largest_group);
}

std::int64_t Architecture::class_index(const std::string& name) const {
  const auto it = std::ranges::find(classes, name);
  if (it == classes.end())
    throw ConfigError(fmt::format("there is no class '{}' in the model: it has {}", name,
                                  fmt::join(classes, ", ")));
  return it - classes.begin();
}

std::vector<std::pair<std::string, std::vector<std::int64_t>>> Architecture::weights() const {
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> result;
  std::int64_t in = channels;
  for (std::size_t i = 0; i < filters.size(); ++i) {
    result.push_back({fmt::format("features.{}.conv.weight", i), {filters[i], in, 3, 3}});
    result.push_back({fmt::format("features.{}.conv.bias", i), {filters[i]}});
    result.push_back({fmt::format("features.{}.norm.weight", i), {filters[i]}});
    result.push_back({fmt::format("features.{}.norm.bias", i), {filters[i]}});
    in = filters[i];
  }
  const auto count = static_cast<std::int64_t>(classes.size());
  result.push_back({"head.weight", {count, in}});
  result.push_back({"head.bias", {count}});
  return result;
}

std::int64_t Architecture::parameters() const {
  std::int64_t sum = 0;
  for (const auto& [name, shape] : weights())
    sum += std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  return sum;
}

std::string Architecture::to_json() const {
  return Json{{"image_size", image_size},
              {"channels", channels},
              {"input", "2 (1 - x)"},
              {"filters", filters},
              {"kernel", 3},
              {"stride", 2},
              {"normalization", "group"},
              {"group", largest_group},
              {"activation", "leaky_relu"},
              {"slope", slope},
              {"pooling", "mean"},
              {"classes", classes}}
      .dump();
}

Architecture Architecture::from_json(const std::string& text) {
  try {
    const auto json = Json::parse(text);
    Architecture result;
    for (const auto* key : {"image_size", "filters"})
      for (const auto& number :
           json.at(key).is_array() ? json.at(key) : Json::array({json.at(key)}))
        if (!number.is_number_integer())
          throw PluginError(
              fmt::format("its {} is {}, expected whole numbers", key, json.at(key).dump()));
    json.at("image_size").get_to(result.image_size);
    json.at("filters").get_to(result.filters);
    json.at("slope").get_to(result.slope);
    json.at("classes").get_to(result.classes);
    result.check();
    const auto known = Json::parse(result.to_json());
    if (json != known)
      throw PluginError(
          fmt::format("its architecture is {}, this smear knows {}", json.dump(), known.dump()));
    return result;
  } catch (const Json::exception& error) {
    throw PluginError(fmt::format("its architecture is damaged: {}", error.what()));
  } catch (const ConfigError& error) {
    throw PluginError(fmt::format("its architecture is impossible: {}", error.what()));
  }
}

}  // namespace smear::classifier
