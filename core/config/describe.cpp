// SPDX-License-Identifier: Apache-2.0
#include "config/describe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "config/pipeline.h"

namespace smear {
namespace {

using nlohmann::json;

OptionSpec spec_of(const Registry::Entry& entry) {
  OptionSpec spec;
  // The spec binds members of the stage, which nobody assigns here; only its texts are used.
  const auto stage = entry.factory();
  stage->describe(spec);
  return spec;
}

std::string_view kind_of(OptionKind kind) {
  switch (kind) {
    case OptionKind::boolean: return "true or false";
    case OptionKind::integer: return "whole number";
    case OptionKind::real: return "number";
    case OptionKind::text: return "text";
    case OptionKind::choice: return "one of";
    case OptionKind::reals: return "list of numbers";
    case OptionKind::texts: return "list of names";
    case OptionKind::file: return "file, relative to the pipeline";
    case OptionKind::output: return "file in OUT, one an image";
    case OptionKind::run_file: return "file in OUT, one a run";
    case OptionKind::slot: return "slot";
    case OptionKind::model: return "model file, relative to the pipeline or to the current folder";
    case OptionKind::reparameterization: return "reparameterization, its options beside this one";
  }
  return "";
}

// An int's own limits say nothing to a user.
bool says_something(double bound) {
  return bound != std::numeric_limits<int>::min() && bound != std::numeric_limits<int>::max();
}

std::string range_of(const OptionInfo& option) {
  const bool low = option.minimum && says_something(*option.minimum);
  const bool high = option.maximum && says_something(*option.maximum);
  std::string text;
  if (low && high && !option.minimum_excluded)
    text = fmt::format("{}..{}", *option.minimum, *option.maximum);
  else if (low && high)
    text = fmt::format("above {}, at most {}", *option.minimum, *option.maximum);
  else if (low)
    text = fmt::format("{} {}", option.minimum_excluded ? "above" : "at least", *option.minimum);
  else if (high)
    text = fmt::format("at most {}", *option.maximum);
  if (!option.unit.empty()) text += (text.empty() ? "in " : " ") + option.unit;
  return text;
}

std::string default_of(const OptionInfo& option) {
  if (option.required) return "none, must be given";
  const auto text = to_string(option.default_value);
  return text.empty() ? "none" : text;
}

json default_json(const OptionInfo& option) {
  return std::visit([](const auto& value) { return json(value); }, option.default_value);
}

void add_bounds(const OptionInfo& option, json& number) {
  if (option.minimum)
    number[option.minimum_excluded ? "exclusiveMinimum" : "minimum"] = *option.minimum;
  if (option.maximum) number["maximum"] = *option.maximum;
}

json option_schema(const OptionInfo& option) {
  json schema;
  schema["description"] =
      fmt::format("{} ({}; default {})", option.help, describe_values(option), default_of(option));
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
      if (option.length) {
        schema["minItems"] = option.length->first;
        schema["maxItems"] = option.length->second;
      }
      break;
    }
    case OptionKind::choice:
      for (const auto& choice : option.choices) schema["enum"].push_back(choice.name);
      break;
    default: schema["type"] = "string"; break;
  }
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

json stage_schema(const Registry::Entry& entry) {
  const auto spec = spec_of(entry);
  json properties = json::object();
  json required = json::array();
  for (const auto& option : spec.options()) {
    properties[option.name] = option_schema(option);
    if (option.required) required.push_back(option.name);
  }
  properties["inputs"] =
      wiring_schema(spec.inputs(), "other slots to read, by the stage's own names");
  properties["outputs"] =
      wiring_schema(spec.outputs(), "other slots to write, by the stage's own names");
  json schema{{"description", entry.info.summary},
              {"type", required.empty() ? json{"object", "null"} : json("object")},
              {"properties", std::move(properties)},
              {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json slots_json(const std::vector<SlotInfo>& slots) {
  json result = json::array();
  for (const auto& slot : slots) {
    json one{{"name", slot.name}, {"types", name_of(slot.types)}, {"help", slot.help}};
    if (slot.optional) one["optional"] = true;
    if (!slot.same_as.empty()) one["same_as"] = slot.same_as;
    result.push_back(std::move(one));
  }
  return result;
}

std::string slot_line(const SlotInfo& slot) {
  std::string text =
      slot.same_as.empty() ? name_of(slot.types) : fmt::format("as {}", slot.same_as);
  if (slot.optional) text += ", optional";
  if (!slot.help.empty()) text += ": " + slot.help;
  return text;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 88) {
  std::string result;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto end = text.find_first_of(" \n");
    const auto word = text.substr(0, end);
    if (column > 0 && column + word.size() + 1 > width - indent) {
      result += '\n';
      result.append(indent, ' ');
      column = 0;
    }
    if (column > 0) result += ' ';
    result += word;
    column += word.size() + (column > 0 ? 1 : 0);
    if (end == std::string_view::npos) break;
    if (text[end] == '\n') {
      result += '\n';
      result.append(indent, ' ');
      column = 0;
    }
    text.remove_prefix(end + 1);
  }
  return result;
}

}  // namespace

std::string describe_values(const OptionInfo& option) {
  if (option.kind == OptionKind::choice) {
    std::vector<std::string> names;
    for (const auto& choice : option.choices) names.push_back(choice.name);
    return fmt::format("one of {}", fmt::join(names, ", "));
  }
  const auto range = range_of(option);
  return range.empty() ? std::string(kind_of(option.kind))
                       : fmt::format("{}, {}", kind_of(option.kind), range);
}

json pipeline_schema(Registry& registry) {
  json names = json::array();
  json stages = json::object();
  for (const auto& name : registry.names()) {
    try {
      const auto* entry = registry.find(name);
      if (entry == nullptr) continue;
      auto schema = stage_schema(*entry);
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
                  {"description", "larger images are refused before they are decoded"}}}}}}},
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

json stage_json(const Registry::Entry& entry) {
  const auto spec = spec_of(entry);
  json options = json::array();
  for (const auto& option : spec.options()) {
    json one{{"name", option.name},
             {"kind", kind_of(option.kind)},
             {"help", option.help},
             {"values", describe_values(option)},
             {"required", option.required}};
    if (!option.required) one["default"] = default_json(option);
    if (!option.unit.empty()) one["unit"] = option.unit;
    for (const auto& choice : option.choices)
      one["choices"].push_back({{"name", choice.name}, {"help", choice.help}});
    options.push_back(std::move(one));
  }
  json result{{"name", entry.info.name},
              {"summary", entry.info.summary},
              {"category", name_of(entry.info.category)},
              {"options", std::move(options)},
              {"inputs", slots_json(spec.inputs())},
              {"outputs", slots_json(spec.outputs())},
              {"example", entry.info.example}};
  if (!entry.plugin.name.empty()) result["plugin"] = entry.plugin.name;
  return result;
}

std::string stage_help(const Registry::Entry& entry) {
  const auto spec = spec_of(entry);
  std::string text = fmt::format("{}: {}\n\n{}\n", entry.info.name, entry.info.summary,
                                 wrapped(entry.info.details, 0));
  if (!spec.inputs().empty()) text += "\nReads:\n";
  for (const auto& slot : spec.inputs())
    text += fmt::format("  {:<14} {}\n", slot.name, wrapped(slot_line(slot), 17));
  if (!spec.outputs().empty()) text += "\nWrites:\n";
  for (const auto& slot : spec.outputs())
    text += fmt::format("  {:<14} {}\n", slot.name, wrapped(slot_line(slot), 17));
  if (!spec.options().empty()) text += "\nOptions:\n";
  for (const auto& option : spec.options()) {
    text += fmt::format("  {:<14} {}\n", option.name,
                        wrapped(fmt::format("{} ({}; default {})", option.help,
                                            describe_values(option), default_of(option)),
                                17));
    for (const auto& choice : option.choices)
      if (!choice.help.empty())
        text += fmt::format("  {:<14}   {}: {}\n", "", choice.name, wrapped(choice.help, 19));
  }
  if (!entry.info.example.empty()) text += fmt::format("\nExample:\n\n{}", entry.info.example);
  if (!entry.info.reference.empty())
    text += fmt::format("\nReference: {}\n", wrapped(entry.info.reference, 0));
  if (!entry.plugin.name.empty()) text += fmt::format("\nFrom plugin {}\n", entry.plugin.name);
  return text;
}

std::string stage_page(const Registry::Entry& entry) {
  const auto spec = spec_of(entry);
  const auto escaped = [](const std::string& cell) {
    std::string result;
    for (const char c : cell) {
      if (c == '|') result += '\\';
      result += c;
    }
    return result;
  };
  std::string text =
      fmt::format("# {}\n\n{}\n\n{}\n", entry.info.name, entry.info.summary, entry.info.details);
  text += "\n| slot | | type | |\n|---|---|---|---|\n";
  for (const auto& slot : spec.inputs())
    text +=
        fmt::format("| `{}` | read{} | {} | {} |\n", slot.name, slot.optional ? ", optional" : "",
                    escaped(name_of(slot.types)), escaped(slot.help));
  for (const auto& slot : spec.outputs())
    text += fmt::format(
        "| `{}` | written | {} | {} |\n", slot.name,
        slot.same_as.empty() ? escaped(name_of(slot.types)) : fmt::format("as `{}`", slot.same_as),
        escaped(slot.help));
  if (!spec.options().empty()) text += "\n| option | values | default | |\n|---|---|---|---|\n";
  for (const auto& option : spec.options())
    text += fmt::format("| `{}` | {} | {} | {} |\n", option.name, escaped(describe_values(option)),
                        escaped(default_of(option)), escaped(option.help));
  for (const auto& option : spec.options()) {
    bool any = false;
    for (const auto& choice : option.choices) {
      if (choice.help.empty()) continue;
      if (!any) text += fmt::format("\n`{}`:\n\n", option.name);
      any = true;
      text += fmt::format("- `{}`: {}\n", choice.name, choice.help);
    }
  }
  if (!entry.info.example.empty()) text += fmt::format("\n```yaml\n{}```\n", entry.info.example);
  if (!entry.info.reference.empty()) text += fmt::format("\nReference: {}\n", entry.info.reference);
  return text;
}

}  // namespace smear
