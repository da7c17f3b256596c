// SPDX-License-Identifier: Apache-2.0
#include "architecture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "smear/errors.h"

namespace smear::classifier {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t largest_image = 2048;
constexpr std::int64_t most_parameters = std::int64_t{1} << 28;  // 1 GiB of weights

}  // namespace

void Architecture::check() const {
  if (image_size < 2 || image_size > largest_image)
    throw ConfigError(fmt::format("image_size must be 2..{}, got {}", largest_image, image_size));
  learning::check_filters(filters);
  learning::check_slope(slope);
  if (classes.size() < 2)
    throw ConfigError(fmt::format(
        "a classifier tells at least two classes apart, got {}; a class is a folder of --data, "
        "and data.classes says which of them are used",
        classes.empty() ? "none" : fmt::format("'{}' only", classes.front())));
  learning::check_classes(classes);
  learning::check_parameters(parameters(), most_parameters);
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

std::vector<learning::WeightShape> Architecture::weights() const {
  std::vector<learning::WeightShape> result;
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

std::int64_t Architecture::parameters() const { return learning::numbers_in(weights()); }

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
  return learning::read_architecture(text, [](const Json& json) {
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
  });
}

}  // namespace smear::classifier
