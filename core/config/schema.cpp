// SPDX-License-Identifier: Apache-2.0
#include "config/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/option-words.h"
#include "config/training.h"

namespace smear {
namespace {

using nlohmann::json;

/// Every reparameterization that can be used, with its options.
using Functions = std::map<std::string, OptionSpec>;

template <typename Entry>
OptionSpec spec_of(const Entry& entry) {
  OptionSpec spec;
  // The spec binds members of the object, which nobody assigns here; only its texts are used.
  const auto made = entry.factory();
  made->describe(spec);
  return spec;
}

Functions functions_of(Registry& registry) {
  Functions functions;
  for (const auto& name : registry.reparameterization_names()) try {
      if (const auto* entry = registry.find_reparameterization(name))
        functions.emplace(name, spec_of(*entry));
    } catch (const PluginError&) {
      continue;  // `smear plugins` says why; a schema of the others is still of use
    }
  return functions;
}

void add_bounds(const OptionInfo& option, json& number) {
  if (option.minimum)
    number[option.minimum_excluded ? "exclusiveMinimum" : "minimum"] = *option.minimum;
  if (option.maximum) number["maximum"] = *option.maximum;
}

void add_length(const OptionInfo& option, json& list) {
  if (!option.length) return;
  list["minItems"] = option.length->first;
  list["maxItems"] = option.length->second;
}

json option_schema(const OptionInfo& option) {
  json schema;
  schema["description"] = fmt::format("{} ({}; default {})", option.help, describe_values(option),
                                      describe_default(option));
  if (!option.required) schema["default"] = default_json(option);
  switch (option.kind) {
    case OptionKind::boolean: schema["type"] = "boolean"; break;
    case OptionKind::integer:
      schema["type"] = "integer";
      add_bounds(option, schema);
      break;
    case OptionKind::real:
      schema["type"] = "number";
      add_bounds(option, schema);
      break;
    case OptionKind::reals: {
      json number{{"type", "number"}};
      add_bounds(option, number);
      schema["type"] = "array";
      schema["items"] = std::move(number);
      add_length(option, schema);
      break;
    }
    case OptionKind::texts:
      schema["type"] = {"array", "string"};  // one name needs no brackets
      schema["minLength"] = 1;
      schema["items"] = {{"type", "string"}, {"minLength", 1}};
      add_length(option, schema);
      break;
    case OptionKind::choice:
      for (const auto& choice : option.choices) schema["enum"].push_back(choice.name);
      break;
    default: schema["type"] = "string"; break;
  }
  return schema;
}

// Adds an option of a reparameterization. Of several with the same name any may be meant.
void add_function_option(const std::string& function, const OptionInfo& option, json& properties) {
  auto schema = option_schema(option);
  schema["description"] = fmt::format("{}: {}", function, schema["description"].get<std::string>());
  if (!properties.contains(option.name)) {
    properties[option.name] = std::move(schema);
    return;
  }
  auto& there = properties[option.name];
  if (!there.contains("anyOf")) there = json{{"anyOf", json::array({there})}};
  there["anyOf"].push_back(std::move(schema));
}

// The options' properties. Those of a reparameterization depend on its name, which the schema
// does not follow: it takes the options of all.
json options_schema(const OptionSpec& spec, const Functions& functions) {
  json properties = json::object();
  for (const auto& option : spec.options()) properties[option.name] = option_schema(option);
  const auto fits = [&](const OptionSpec& function) {
    return std::ranges::none_of(
        function.options(), [&](const auto& option) { return spec.find(option.name) != nullptr; });
  };
  for (const auto& option : spec.options()) {
    if (option.kind != OptionKind::reparameterization) continue;
    auto& names = properties[option.name]["enum"] = json::array();
    for (const auto& [name, function] : functions) {
      if (!fits(function)) continue;
      names.push_back(name);
      for (const auto& own : function.options()) add_function_option(name, own, properties);
    }
  }
  json required = json::array();
  for (const auto& option : spec.options())
    if (option.required) required.push_back(option.name);
  json schema{{"type", required.empty() ? json{"object", "null"} : json("object")},
              {"properties", std::move(properties)},
              {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json wiring_schema(const std::vector<SlotInfo>& slots, std::string_view what) {
  json properties = json::object();
  for (const auto& slot : slots)
    properties[slot.name] = {
        {"type", "string"},
        {"description", fmt::format("{} ({})", slot.help, name_of(slot.types))}};
  return {{"type", "object"},
          {"description", what},
          {"properties", properties},
          {"additionalProperties", false}};
}

json stage_schema(const Registry::Entry& entry, const Functions& functions) {
  const auto spec = spec_of(entry);
  auto schema = options_schema(spec, functions);
  schema["description"] = entry.info.summary;
  schema["properties"]["inputs"] =
      wiring_schema(spec.inputs(), "other slots to read, by the stage's own names");
  schema["properties"]["outputs"] =
      wiring_schema(spec.outputs(), "other slots to write, by the stage's own names");
  return schema;
}

// What `options` of a training config is where its model is of this kind.
json kind_rule(const std::string& name, const Registry::ModelKindEntry& entry,
               const Functions& functions) {
  auto options = options_schema(spec_of(entry), functions);
  json then{{"properties", {{"options", options}}}};
  if (options.contains("required")) then["required"] = {"options"};
  return {{"if", {{"properties", {{"model", {{"const", name}}}}}}}, {"then", std::move(then)}};
}

}  // namespace

json pipeline_schema(Registry& registry) {
  const auto functions = functions_of(registry);
  json names = json::array();
  json stages = json::object();
  for (const auto& name : registry.names()) {
    try {
      const auto* entry = registry.find(name);
      if (entry == nullptr) continue;
      auto schema = stage_schema(*entry, functions);
      if (!schema.contains("required")) names.push_back(name);
      stages[name] = std::move(schema);
    } catch (const PluginError&) {
      continue;  // `smear plugins` says why; a schema of the other stages is still of use
    }
  }
  const json globs{{"type", json{"array", "string"}},
                   {"items", {{"type", "string"}, {"minLength", 1}}}};
  const auto described = [](json schema, std::string_view text) {
    schema["description"] = text;
    return schema;
  };
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"title", "Smearkit pipeline"},
          {"type", "object"},
          {"required", {"stages"}},
          {"additionalProperties", false},
          {"properties",
           {{"name",
             {{"type", "string"}, {"description", "the pipeline's name; by default the file's"}}},
            {"description", {{"type", "string"}}},
            {"input",
             {{"type", json{"object", "null"}},
              {"additionalProperties", false},
              {"properties",
               {{"include", described(globs, "patterns of the files to read, such as \"*.jpg\"")},
                {"exclude", described(globs, "patterns of the files to leave out")},
                {"pages",
                 {{"enum", {"refuse", "each"}},
                  {"default", "refuse"},
                  {"description", "what becomes of files with several pages"}}},
                {"max_pixels",
                 {{"type", "integer"},
                  {"minimum", 1},
                  {"description", "larger images are refused before they are decoded"}}},
                {"imagej",
                 {{"type", "boolean"},
                  {"default", false},
                  {"description", "open files as ImageJ does, into slot imagej"}}},
                {"tensor",
                 {{"type", "string"},
                  {"minLength", 1},
                  {"description", "the files are .npy tensors, not images; the slot for them"}}},
                {"beside",
                 {{"type", "object"},
                  {"additionalProperties", {{"type", "string"}, {"minLength", 1}}},
                  {"description",
                   "further tensors of each sample: slots and their files, such as "
                   "\"../logvar/{path}\", relative to the input folder"}}}}},
              {"dependencies", {{"beside", {"tensor"}}}}}},
            {"stages",
             {{"type", "array"},
              {"minItems", 1},
              {"items",
               {{"anyOf",
                 {json{{"enum", names}}, json{{"type", "object"},
                                              {"minProperties", 1},
                                              {"maxProperties", 1},
                                              {"additionalProperties", false},
                                              {"properties", stages}}}}}}}}}}};
}

json training_schema(Registry& registry) {
  const auto functions = functions_of(registry);
  DataSettings data;
  OptionSpec data_spec;
  data.describe(data_spec);
  auto data_schema = options_schema(data_spec, {});
  data_schema["properties"]["validation"]["exclusiveMaximum"] = 1;
  json names = json::array();
  json rules = json::array();
  for (const auto& name : registry.model_kind_names()) try {
      const auto* entry = registry.find_model_kind(name);
      if (entry == nullptr) continue;
      names.push_back(name);
      rules.push_back(kind_rule(name, *entry, functions));
    } catch (const PluginError&) {
      continue;
    }
  json schema{
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"title", "Smearkit training"},
      {"type", "object"},
      {"required", {"model"}},
      {"additionalProperties", false},
      {"properties",
       {{"name", {{"type", "string"}, {"description", "the model's name; by default the file's"}}},
        {"description", {{"type", "string"}}},
        {"model", {{"enum", names}, {"description", "the kind of model"}}},
        {"seed",
         {{"type", "integer"},
          {"minimum", 0},
          {"default", 1},
          {"description", "seed of everything random"}}},
        {"data", std::move(data_schema)},
        {"options", {{"description", "options of the kind of model"}}}}}};
  if (!rules.empty()) schema["allOf"] = std::move(rules);
  return schema;
}

}  // namespace smear
