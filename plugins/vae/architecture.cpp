// SPDX-License-Identifier: Apache-2.0
#include "architecture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "learning/architecture.h"
#include "smear/errors.h"

namespace smear::vae {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t largest_image = 2048;
constexpr std::int64_t largest_latent = 65536;
constexpr std::int64_t most_parameters = std::int64_t{1} << 30;  // 4 GiB of weights
// What the kernels of dense.h work on at a time.
constexpr std::int64_t feature_multiple = 16;

template <typename Key>
std::int64_t whole_number(const Json& json, Key key) {
  const auto& value = json.at(key);
  if (!value.is_number_integer())
    throw PluginError(fmt::format("its {} is {}, expected a whole number", key, value.dump()));
  return value.template get<std::int64_t>();
}

}  // namespace

void Architecture::check() const {
  learning::check_filters(filters);
  const auto step = std::int64_t{1} << filters.size();
  if (image_size < step || image_size > largest_image || image_size % step != 0)
    throw ConfigError(
        fmt::format("image_size must be a multiple of {} (2 to the number of convolutions) and at "
                    "most {}, got {}",
                    step, largest_image, image_size));
  if (latent < 1 || latent > largest_latent)
    throw ConfigError(fmt::format("latent must be 1..{}, got {}", largest_latent, latent));
  learning::check_slope(slope);
  if (features() % feature_multiple != 0)
    throw ConfigError(
        fmt::format("the innermost feature map has {} x {} x {} = {} numbers, which "
                    "must be a multiple of {}",
                    feature_edge(), feature_edge(), filters.back(), features(), feature_multiple));
  learning::check_classes(classes);
  learning::check_parameters(parameters(), most_parameters);
}

std::int64_t Architecture::feature_edge() const { return image_size >> filters.size(); }

std::int64_t Architecture::features() const {
  return filters.back() * feature_edge() * feature_edge();
}

std::int64_t Architecture::class_index(const std::string& name) const {
  const auto it = std::ranges::find(classes, name);
  if (it == classes.end())
    throw ConfigError(
        fmt::format("there is no class '{}' in the model: {}", name,
                    conditional() ? fmt::format("it has {}", fmt::join(classes, ", "))
                                  : "it was not trained class-conditionally (conditional: true)"));
  return it - classes.begin();
}

std::int64_t Architecture::parameters() const { return learning::numbers_in(weight_shapes(*this)); }

std::string Architecture::to_json() const {
  return Json{
      {"image_size", image_size},   {"channels", channels}, {"filters", filters},
      {"latent", latent},           {"kernel", 3},          {"stride", 2},
      {"activation", "leaky_relu"}, {"slope", slope},       {"output_activation", "sigmoid"},
      {"classes", classes}}
      .dump();
}

Architecture Architecture::from_json(const std::string& text) {
  return learning::read_architecture(text, [](const Json& json) {
    const auto expect = [&](const char* key, const Json& wanted) {
      if (json.at(key) != wanted)
        throw PluginError(fmt::format("its {} is {}, this smear knows {} only", key,
                                      json.at(key).dump(), wanted.dump()));
    };
    expect("channels", channels);
    expect("kernel", 3);
    expect("stride", 2);
    expect("activation", "leaky_relu");
    expect("output_activation", "sigmoid");
    Architecture result;
    result.image_size = whole_number(json, "image_size");
    result.latent = whole_number(json, "latent");
    if (!json.at("filters").is_array())
      throw PluginError(
          fmt::format("its filters are {}, expected whole numbers", json.at("filters").dump()));
    result.filters.clear();
    for (std::size_t i = 0; i < json.at("filters").size(); ++i)
      result.filters.push_back(whole_number(json.at("filters"), i));
    json.at("slope").get_to(result.slope);
    json.at("classes").get_to(result.classes);
    result.check();
    return result;
  });
}

std::vector<learning::WeightShape> weight_shapes(const Architecture& a) {
  std::vector<learning::WeightShape> result;
  const auto add = [&](std::string name, std::vector<std::int64_t> shape) {
    result.push_back({std::move(name), std::move(shape)});
  };
  const auto classes = static_cast<std::int64_t>(a.classes.size());
  std::int64_t in = Architecture::channels;
  for (std::size_t i = 0; i < a.filters.size(); ++i) {
    add(fmt::format("encoder.{}.weight", i), {a.filters[i], in, 3, 3});
    add(fmt::format("encoder.{}.bias", i), {a.filters[i]});
    in = a.filters[i];
  }
  if (a.conditional()) add("encoder.condition.weight", {classes, a.filters.front()});
  for (const auto* head : {"mu", "logvar"}) {
    add(fmt::format("encoder.{}.weight", head), {a.latent, a.features()});
    add(fmt::format("encoder.{}.bias", head), {a.latent});
  }
  add("decoder.dense.weight", {a.features(), a.latent});
  add("decoder.dense.bias", {a.features()});
  if (a.conditional()) add("decoder.condition.weight", {classes, a.features()});
  for (std::size_t i = 0; i < a.filters.size(); ++i) {
    const auto from = a.filters[a.filters.size() - 1 - i];
    const auto to =
        i + 1 < a.filters.size() ? a.filters[a.filters.size() - 2 - i] : Architecture::channels;
    add(fmt::format("decoder.{}.weight", i), {from, to, 3, 3});
    add(fmt::format("decoder.{}.bias", i), {to});
  }
  return result;
}

}  // namespace smear::vae
