// SPDX-License-Identifier: Apache-2.0
#include "config/describe.h"

#include <fmt/format.h>

#include "config/option-words.h"

namespace smear {
namespace {

using nlohmann::json;

/// What is told of a stage, a reparameterization or a kind of model, whichever it is.
struct Subject {
  std::string_view kind;  ///< "" for a stage
  std::string_view name;
  std::string_view summary;
  std::string_view details;
  std::string_view example;
  std::string_view reference;
  std::string plugin;
  OptionSpec spec;
  /// What an option of kind `reparameterization` may name, and where the pages of those are.
  std::map<std::string, std::string> functions;
  std::string_view function_pages;
};

template <typename Entry>
Subject subject_of(const Entry& entry, const Registry& registry) {
  Subject subject{.kind = {},
                  .name = entry.info.name,
                  .summary = entry.info.summary,
                  .details = entry.info.details,
                  .example = {},
                  .reference = entry.info.reference,
                  .plugin = entry.plugin.name,
                  .spec = {},
                  .functions = registry.reparameterization_summaries(),
                  .function_pages = "reparameterizations/"};
  if constexpr (requires { entry.info.example; }) subject.example = entry.info.example;
  // The spec binds members of the object, which nobody assigns here; only its texts are used.
  const auto made = entry.factory();
  made->describe(subject.spec);
  return subject;
}

Subject reparameterization(const Registry::ReparameterizationEntry& entry,
                           const Registry& registry) {
  auto subject = subject_of(entry, registry);
  subject.kind = "reparameterization";
  return subject;
}

Subject model_kind(const Registry::ModelKindEntry& entry, const Registry& registry) {
  auto subject = subject_of(entry, registry);
  subject.kind = "kind of model";
  subject.function_pages = "../reparameterizations/";
  return subject;
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

std::string options_help(const Subject& subject) {
  std::string text;
  const auto choice = [&text](const std::string& name, const std::string& help) {
    if (!help.empty()) text += fmt::format("  {:<14}   {}: {}\n", "", name, wrapped(help, 19));
  };
  for (const auto& option : subject.spec.options()) {
    text += fmt::format("  {:<14} {}\n", option.name,
                        wrapped(fmt::format("{} ({}; default {})", option.help,
                                            describe_values(option), describe_default(option)),
                                17));
    for (const auto& one : option.choices) choice(one.name, one.help);
    if (option.kind == OptionKind::reparameterization)
      for (const auto& [name, summary] : subject.functions) choice(name, summary);
  }
  return text;
}

std::string help_text(const Subject& subject) {
  std::string text = fmt::format("{}{}: {}\n\n{}\n", subject.name,
                                 subject.kind.empty() ? "" : fmt::format(" ({})", subject.kind),
                                 subject.summary, wrapped(subject.details, 0));
  const auto& spec = subject.spec;
  if (!spec.inputs().empty()) text += "\nReads:\n";
  for (const auto& slot : spec.inputs())
    text += fmt::format("  {:<14} {}\n", slot.name, wrapped(slot_line(slot), 17));
  if (!spec.outputs().empty()) text += "\nWrites:\n";
  for (const auto& slot : spec.outputs())
    text += fmt::format("  {:<14} {}\n", slot.name, wrapped(slot_line(slot), 17));
  if (!spec.options().empty()) text += "\nOptions:\n" + options_help(subject);
  if (!subject.example.empty()) text += fmt::format("\nExample:\n\n{}", subject.example);
  if (!subject.reference.empty())
    text += fmt::format("\nReference: {}\n", wrapped(subject.reference, 0));
  if (!subject.plugin.empty()) text += fmt::format("\nFrom plugin {}\n", subject.plugin);
  return text;
}

std::string escaped(const std::string& cell) {
  std::string result;
  for (const char c : cell) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string slot_rows(const OptionSpec& spec) {
  if (spec.inputs().empty() && spec.outputs().empty()) return "";
  std::string text = "\n| slot | | type | |\n|---|---|---|---|\n";
  for (const auto& slot : spec.inputs())
    text +=
        fmt::format("| `{}` | read{} | {} | {} |\n", slot.name, slot.optional ? ", optional" : "",
                    escaped(name_of(slot.types)), escaped(slot.help));
  for (const auto& slot : spec.outputs())
    text += fmt::format(
        "| `{}` | written | {} | {} |\n", slot.name,
        slot.same_as.empty() ? escaped(name_of(slot.types)) : fmt::format("as `{}`", slot.same_as),
        escaped(slot.help));
  return text;
}

// The values of an option that have a sentence each.
std::string choice_list(const OptionInfo& option, const Subject& subject) {
  std::string text;
  for (const auto& choice : option.choices)
    if (!choice.help.empty()) text += fmt::format("- `{}`: {}\n", choice.name, choice.help);
  if (option.kind == OptionKind::reparameterization)
    for (const auto& [name, summary] : subject.functions)
      text += fmt::format("- [`{0}`]({1}{0}.md): {2}\n", name, subject.function_pages, summary);
  return text.empty() ? "" : fmt::format("\n`{}`:\n\n{}", option.name, text);
}

std::string reference_page(const Subject& subject) {
  std::string text =
      fmt::format("# {}\n\n{}\n\n{}\n", subject.name, subject.summary, subject.details);
  text += slot_rows(subject.spec);
  const auto& options = subject.spec.options();
  if (!options.empty()) text += "\n| option | values | default | |\n|---|---|---|---|\n";
  for (const auto& option : options)
    text += fmt::format("| `{}` | {} | {} | {} |\n", option.name, escaped(describe_values(option)),
                        escaped(describe_default(option)), escaped(option.help));
  for (const auto& option : options) text += choice_list(option, subject);
  if (!subject.example.empty()) text += fmt::format("\n```yaml\n{}```\n", subject.example);
  if (!subject.reference.empty()) text += fmt::format("\nReference: {}\n", subject.reference);
  return text;
}

}  // namespace

json stage_json(const Registry::Entry& entry, const Registry& registry) {
  const auto subject = subject_of(entry, registry);
  const auto& spec = subject.spec;
  json options = json::array();
  for (const auto& option : spec.options()) {
    json one{{"name", option.name},
             {"kind", describe_kind(option.kind)},
             {"help", option.help},
             {"values", describe_values(option)},
             {"required", option.required}};
    if (!option.required) one["default"] = default_json(option);
    if (!option.unit.empty()) one["unit"] = option.unit;
    for (const auto& choice : option.choices)
      one["choices"].push_back({{"name", choice.name}, {"help", choice.help}});
    if (option.kind == OptionKind::reparameterization)
      for (const auto& [name, summary] : subject.functions)
        one["choices"].push_back({{"name", name}, {"help", summary}});
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

std::string help_text(const Registry::Entry& entry, const Registry& registry) {
  return help_text(subject_of(entry, registry));
}
std::string help_text(const Registry::ReparameterizationEntry& entry, const Registry& registry) {
  return help_text(reparameterization(entry, registry));
}
std::string help_text(const Registry::ModelKindEntry& entry, const Registry& registry) {
  return help_text(model_kind(entry, registry));
}

std::string reference_page(const Registry::Entry& entry, const Registry& registry) {
  return reference_page(subject_of(entry, registry));
}
std::string reference_page(const Registry::ReparameterizationEntry& entry,
                           const Registry& registry) {
  return reference_page(reparameterization(entry, registry));
}
std::string reference_page(const Registry::ModelKindEntry& entry, const Registry& registry) {
  return reference_page(model_kind(entry, registry));
}

}  // namespace smear
