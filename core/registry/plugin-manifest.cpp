// SPDX-License-Identifier: Apache-2.0
#include "registry/plugin-manifest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "smear/errors.h"
#include "smear/plugin.h"

namespace smear {

using Json = nlohmann::ordered_json;

static void to_json(Json& json, const PluginOption& option) {
  json = Json{{"name", option.name},
              {"kind", option.kind},
              {"default", option.default_value},
              {"unit", option.unit},
              {"help", option.help}};
}

static void from_json(const Json& json, PluginOption& option) {
  json.at("name").get_to(option.name);
  json.at("kind").get_to(option.kind);
  json.at("default").get_to(option.default_value);
  json.at("unit").get_to(option.unit);
  json.at("help").get_to(option.help);
}

static void to_json(Json& json, const PluginItem& item) {
  json = Json{{"name", item.name}, {"summary", item.summary}};
  if (!item.category.empty()) json["category"] = item.category;
  json["options"] = item.options;
}

static void from_json(const Json& json, PluginItem& item) {
  json.at("name").get_to(item.name);
  json.at("summary").get_to(item.summary);
  item.category = json.value("category", "");
  json.at("options").get_to(item.options);
}

namespace {

// Of the file's own layout, so that a later Smearkit can tell an old manifest.
constexpr int format = 1;
constexpr std::uintmax_t largest_file = 4 << 20;

std::vector<std::string> names_of(const std::vector<PluginItem>& items) {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(item.name);
  std::ranges::sort(names);
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

std::optional<std::string> item_difference(std::string_view kind,
                                           const std::vector<PluginItem>& manifest,
                                           const std::vector<PluginItem>& library) {
  const auto announced = names_of(manifest);
  const auto registered = names_of(library);
  if (announced == registered) return std::nullopt;
  return fmt::format("its manifest lists {} {}, but the library registers {}", kind,
                     listed(announced), listed(registered));
}

}  // namespace

std::filesystem::path manifest_path(const std::filesystem::path& library) {
  auto path = library;
  return path.replace_extension(".smear.json");
}

std::string to_json(const PluginManifest& manifest) {
  const Json json{{"format", format},
                  {"name", manifest.name},
                  {"version", manifest.version},
                  {"licence", manifest.licence},
                  {"api_epoch", manifest.api_epoch},
                  {"api_minor", manifest.api_minor},
                  {"build_identity", manifest.build_identity},
                  {"torch_version", manifest.torch_version},
                  {"stages", manifest.stages},
                  {"reparameterizations", manifest.reparameterizations},
                  {"model_kinds", manifest.model_kinds}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

PluginManifest manifest_from_json(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (const int found = json.at("format").get<int>(); found != format)
      throw PluginError(fmt::format("it has format {}, this smear reads {}", found, format));
    PluginManifest manifest;
    json.at("name").get_to(manifest.name);
    json.at("version").get_to(manifest.version);
    json.at("licence").get_to(manifest.licence);
    json.at("api_epoch").get_to(manifest.api_epoch);
    json.at("api_minor").get_to(manifest.api_minor);
    json.at("build_identity").get_to(manifest.build_identity);
    json.at("torch_version").get_to(manifest.torch_version);
    json.at("stages").get_to(manifest.stages);
    json.at("reparameterizations").get_to(manifest.reparameterizations);
    json.at("model_kinds").get_to(manifest.model_kinds);
    return manifest;
  } catch (const Json::exception& error) {
    throw PluginError(error.what());
  }
}

PluginManifest read_manifest(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) throw PluginError(error.message());
  if (size > largest_file) throw PluginError(fmt::format("it has {} bytes", size));
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw PluginError("it cannot be opened");
  return manifest_from_json({std::istreambuf_iterator<char>(stream), {}});
}

std::optional<std::string> mismatch(std::uint32_t api_epoch, std::uint32_t api_minor,
                                    const std::string& build_identity) {
  if (api_epoch != SMEAR_API_EPOCH || api_minor > SMEAR_API_MINOR)
    return fmt::format("built for API {}.{}, this smear offers {}.{}; {}", api_epoch, api_minor,
                       SMEAR_API_EPOCH, SMEAR_API_MINOR,
                       api_epoch < SMEAR_API_EPOCH
                           ? "rebuild it against this Smearkit"
                           : "rebuild it against this Smearkit, or install a newer Smearkit");
  if (build_identity != SMEAR_BUILD_IDENTITY)
    return fmt::format(
        "built with {}; this smear is built with {}; rebuild it against this "
        "Smearkit with the same compiler",
        build_identity, SMEAR_BUILD_IDENTITY);
  return std::nullopt;
}

std::optional<std::string> difference(const PluginManifest& manifest,
                                      const PluginManifest& library) {
  if (manifest.name != library.name || manifest.version != library.version)
    return fmt::format("its manifest is of {} {}, but the library is {} {}", manifest.name,
                       manifest.version, library.name, library.version);
  if (auto found = item_difference("stages", manifest.stages, library.stages)) return found;
  if (auto found = item_difference("reparameterizations", manifest.reparameterizations,
                                   library.reparameterizations))
    return found;
  return item_difference("model kinds", manifest.model_kinds, library.model_kinds);
}

}  // namespace smear
