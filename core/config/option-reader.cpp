// SPDX-License-Identifier: Apache-2.0
#include "config/option-reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "run/name-template.h"

namespace smear::config {
namespace {

namespace fs = std::filesystem;

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string full_path(const fs::path& path) {
  std::error_code failure;
  return fs::absolute(path, failure).lexically_normal().string();
}

bool is_file(const fs::path& path) {
  std::error_code failure;
  return fs::is_regular_file(path, failure);
}

std::string origin(const std::string& plugin, const std::string& torch_version) {
  return fmt::format("({}) is built {}", plugin.empty() ? "built in" : "plugin '" + plugin + "'",
                     torch_version.empty() ? "without LibTorch" : "for LibTorch " + torch_version);
}

}  // namespace

/// Where an option's value comes from, and how messages about it begin.
struct OptionReader::Source {
  Node node;
  std::string where;
  bool command_line = false;
};

OptionReader::Result OptionReader::read(const OptionSpec& spec, const Node& map,
                                        const Owner& owner) {
  Result result;
  for (const auto& option : spec.options()) {
    result.names.push_back(option.name);
    if (option.kind == OptionKind::reparameterization) choose(option, map, owner, result);
  }
  for (const auto& chosen : result.reparameterizations) {
    if (!fits(chosen, owner, result)) result.all_known = false;
    for (const auto& option : chosen.spec.options()) result.names.push_back(option.name);
  }
  if (result.all_known) {
    auto known = result.names;
    known.insert(known.end(), owner.other_keys.begin(), owner.other_keys.end());
    check_keys(map, known, owner.where);
  } else {
    check_repeated_keys(map, owner.where);
  }
  for (const auto& option : spec.options())
    if (option.kind != OptionKind::reparameterization)
      read_one(option, map, owner, owner.where, result);
  if (result.all_known)
    for (const auto& chosen : result.reparameterizations)
      read_reparameterization(spec, chosen, map, owner, result);
  return result;
}

std::optional<OptionReader::Source> OptionReader::source_of(const OptionInfo& option,
                                                            const Node& map, const Owner& owner,
                                                            const std::string& where) const {
  if (const auto given = owner.given ? owner.given(option.name) : std::nullopt) {
    Source source{parse_yaml(given->value, given->said), given->said + ": " + where, true};
    source.node.place = {};  // the value stands on the command line, not in the file
    return source;
  }
  if (const Node* node = map.find(option.name)) return Source{*node, where, false};
  return std::nullopt;
}

void OptionReader::read_one(const OptionInfo& option, const Node& map, const Owner& owner,
                            const std::string& where, Result& result) {
  result.values[option.name] = option.default_value;
  if (const auto source = source_of(option, map, owner, where)) {
    if (auto value = assign(option, *source, owner.set)) result.values[option.name] = *value;
  } else if (option.required) {
    problems_.error(owner.place, fmt::format("{}needs '{}': {}", where, option.name, option.help));
  }
}

// Makes the reparameterization that the option names.
void OptionReader::choose(const OptionInfo& option, const Node& map, const Owner& owner,
                          Result& result) {
  const auto before = problems_.count();
  const auto source = source_of(option, map, owner, owner.where);
  read_one(option, map, owner, owner.where, result);
  result.all_known = result.all_known && problems_.count() == before;
  if (problems_.count() != before) return;
  const auto name = to_string(result.values.at(option.name));
  const auto place = source ? source->node.place : owner.place;
  const auto where = (source ? source->where : owner.where) + option.name + ": ";
  const Registry::ReparameterizationEntry* entry = nullptr;
  try {
    entry = registry_.find_reparameterization(name);
    if (entry == nullptr) {
      const auto names = registry_.reparameterization_names();
      auto hint = did_you_mean(name, names);
      if (!hint.empty()) hint += " ";
      hint += names.empty() ? "no plugin that was found brings any; others need --plugin-dir"
                            : "there are " + listed(names);
      problems_.error(place, fmt::format("{}there is no reparameterization '{}'", where, name),
                      hint);
    }
  } catch (const PluginError& e) {
    problems_.refuse(place, fmt::format("{}reparameterization '{}': {}", where, name, e.what()));
  }
  result.all_known = result.all_known && entry != nullptr;
  if (entry == nullptr) return;
  ChosenReparameterization chosen{option.name, name, entry->plugin, entry->factory(), {}};
  chosen.object->describe(chosen.spec);
  result.reparameterizations.push_back(std::move(chosen));
}

// Whether the two, which are of different authors, can be used together.
bool OptionReader::fits(const ChosenReparameterization& chosen, const Owner& owner,
                        const Result& result) {
  const auto before = problems_.count();
  const auto refuse = [&](const std::string& reason) {
    problems_.refuse(owner.place, owner.where + reason);
  };
  if (chosen.plugin.torch_version != owner.torch_version)
    refuse(
        fmt::format("it {}, but reparameterization '{}' {}; rebuild one of the two, so that "
                    "both use the same LibTorch",
                    origin(owner.plugin, owner.torch_version), chosen.name,
                    origin(chosen.plugin.name, chosen.plugin.torch_version)));
  for (const auto& option : chosen.spec.options()) {
    if (option.kind == OptionKind::reparameterization)
      refuse(
          fmt::format("reparameterization '{}' has an option '{}' that names another one, "
                      "which only stages and kinds of models may have",
                      chosen.name, option.name));
    if (std::ranges::count(result.names, option.name) > 0 ||
        std::ranges::count(owner.other_keys, option.name) > 0)
      refuse(
          fmt::format("it and reparameterization '{}' both have '{}', so that neither can be set; "
                      "one of the two must rename its own",
                      chosen.name, option.name));
  }
  return problems_.count() == before;
}

void OptionReader::read_reparameterization(const OptionSpec& spec,
                                           const ChosenReparameterization& chosen, const Node& map,
                                           const Owner& owner, Result& result) {
  const auto before = problems_.count();
  const auto where = owner.where + chosen.name + ": ";
  for (const auto& option : chosen.spec.options()) read_one(option, map, owner, where, result);
  if (problems_.count() != before) return;
  try {
    chosen.object->check();
  } catch (const ConfigError& e) {
    const Node* node = map.find(chosen.option);
    problems_.error(node == nullptr ? owner.place : node->place, where + e.what());
    return;
  }
  spec.find(chosen.option)->install(chosen.object);
}

std::optional<OptionValue> OptionReader::assign(const OptionInfo& option, const Node& node,
                                                const std::string& where) {
  return assign(option, Source{node, where, false}, "");
}

std::optional<OptionValue> OptionReader::assign(const OptionInfo& option, const Source& source,
                                                const std::string& set) {
  auto conversion = to_option_value(source.node, option);
  if (!conversion.value) {
    problems_.error(source.node.place, source.where + conversion.problem);
    return std::nullopt;
  }
  if (const auto problem = problem_with(option, *conversion.value)) {
    std::vector<std::string> names;
    for (const auto& choice : option.choices) names.push_back(choice.name);
    problems_.error(source.node.place, source.where + *problem,
                    did_you_mean(source.node.text, names));
    return std::nullopt;
  }
  if (const auto problem = problem_with_path(option, *conversion.value, source, set)) {
    problems_.error(source.node.place, fmt::format("{}{} {}", source.where, option.name, *problem));
    return std::nullopt;
  }
  option.assign(*conversion.value);
  return conversion.value;
}

// `value` becomes the path that is opened.
std::optional<std::string> OptionReader::problem_with_path(const OptionInfo& option,
                                                           OptionValue& value, const Source& source,
                                                           const std::string& set) const {
  auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return std::nullopt;
  switch (option.kind) {
    case OptionKind::file: return find_file(*text);
    case OptionKind::model: return find_model(option, *text, source, set);
    case OptionKind::output:
    case OptionKind::run_file: break;
    default: return std::nullopt;
  }
  if (text->empty() && std::get<std::string>(option.default_value).empty()) return std::nullopt;
  if (option.kind == OptionKind::run_file && text->find('{') != std::string::npos)
    return fmt::format("is one file for the whole run and takes no placeholder, got '{}'", *text);
  return problem_with_template(*text);
}

std::optional<std::string> OptionReader::find_file(std::string& text) const {
  if (text.empty()) return std::nullopt;
  const fs::path path = file_.parent_path() / text;
  if (!is_file(path)) return fmt::format("names a file that is not there: {}", path.string());
  text = full_path(path);
  return std::nullopt;
}

// A model is made in the folder where one works, a pipeline may come with the program: both are
// looked into. What stands on the command line is meant from the current folder first.
std::optional<std::string> OptionReader::find_model(const OptionInfo& option, std::string& text,
                                                    const Source& source,
                                                    const std::string& set) const {
  const auto how_to =
      fmt::format("`smear train ... -o NAME.safetensors` makes one, `{}{}=FILE` names another", set,
                  option.name);
  if (text.empty()) {
    if (!option.required) return std::nullopt;
    return "must name a model file; " + how_to;
  }
  std::vector<std::string> places{full_path(file_.parent_path() / text)};
  if (const auto here = full_path(text); here != places.front()) places.push_back(here);
  if (source.command_line) std::ranges::reverse(places);
  const auto found = std::ranges::find_if(places, [](const auto& path) { return is_file(path); });
  if (found == places.end())
    return fmt::format("names a model file that is not there: {}; {}", fmt::join(places, " and "),
                       how_to);
  text = *found;
  return std::nullopt;
}

void OptionReader::check_repeated_keys(const Node& map, const std::string& where) {
  std::set<std::string> seen;
  for (const auto& [key, value] : map.entries)
    if (key.kind != Node::Kind::scalar)
      problems_.error(key.place,
                      fmt::format("{}a key must be a name, got {}", where, key.description()));
    else if (!seen.insert(key.text).second)
      problems_.error(key.place, fmt::format("{}'{}' is given twice", where, key.text));
}

void OptionReader::check_keys(const Node& map, const std::vector<std::string>& known,
                              const std::string& where) {
  check_repeated_keys(map, where);
  std::set<std::string> seen;
  for (const auto& [key, value] : map.entries) {
    if (key.kind != Node::Kind::scalar || !seen.insert(key.text).second ||
        std::ranges::find(known, key.text) != known.end())
      continue;
    auto hint = key.text.find(':') != std::string::npos ? "a space belongs after the colon"
                                                        : did_you_mean(key.text, known);
    if (hint.empty()) hint = known.empty() ? "it has none" : "it knows " + listed(known);
    problems_.error(key.place, fmt::format("{}unknown key '{}'", where, key.text), hint);
  }
}

std::string OptionReader::text_of(const Node& map, const std::string& key) {
  const Node* node = map.find(key);
  if (node == nullptr) return {};
  if (node->kind == Node::Kind::scalar) return node->text;
  problems_.error(node->place, fmt::format("{} must be text, got {}", key, node->description()));
  return {};
}

}  // namespace smear::config
