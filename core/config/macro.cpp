// SPDX-License-Identifier: Apache-2.0
#include "config/macro.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "config/yaml.h"
#include "imagej/macro/plan.h"
#include "run/name-template.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using imagej::MacroPlan;
using imagej::MacroStage;
using imagej::RunOutput;

// A text as YAML: plain where that is safe, else in double quotes, whose escapes JSON shares.
std::string yaml_text(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '/' || c == '.';
  };
  static constexpr std::string_view words[] = {"true", "false", "null", "yes", "no", "on", "off"};
  const bool word = std::ranges::find(words, text) != std::end(words);
  if (!text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 && !word &&
      std::ranges::all_of(text, plain))
    return text;
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string yaml_list(const std::vector<std::string>& texts) {
  std::vector<std::string> items;
  for (const auto& text : texts) items.push_back(yaml_text(text));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

// Code of several lines as YAML's literal block, one of one line as a text.
std::string code_block(std::string code, int indent) {
  while (!code.empty() && code.back() == '\n') code.pop_back();
  // A block cannot begin with a blank, nor hold tabs as its indentation.
  if (code.find('\n') == std::string::npos || code.front() == ' ' || code.front() == '\n' ||
      code.find('\t') != std::string::npos || code.find('\r') != std::string::npos)
    return fmt::format(" {}", yaml_text(code));
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string block = " |";
  std::size_t at = 0;
  while (at <= code.size()) {
    const auto end = std::min(code.find('\n', at), code.size());
    block += '\n';
    if (end > at) block += margin + code.substr(at, end - at);
    at = end + 1;
  }
  return block;
}

std::string value_text(const imagej::Values::Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return yaml_text(std::get<std::string>(value));
}

// The options of a stage: what the macro gave, and nothing that is the default.
std::string options_of(const MacroStage& stage) {
  const auto defaults = defaults_of(*stage.command);
  std::vector<std::string> options;
  for (const auto& key : stage.command->keys) {
    const auto found = stage.values.all().find(key.name);
    if (found == stage.values.all().end()) continue;
    const bool same = defaults.all().find(key.name)->second == found->second;
    const bool flag = key.kind == imagej::Key::Kind::flag;
    if (!same || (stage.values.given(key.name) && !(flag && key.optional)))
      options.push_back(fmt::format("{}: {}", key.option_name(), value_text(found->second)));
  }
  return options.empty() ? "" : fmt::format(": {{{}}}", fmt::join(options, ", "));
}

std::string stage_text(const MacroStage& stage, const MacroPlan& plan) {
  const auto place = stage.line > 0 ? fmt::format("  # line {}", stage.line) : "";
  if (stage.command != nullptr)
    return fmt::format("  - imagej.{}{}{}\n", stage.command->stage, options_of(stage), place);
  std::string printed;
  if (imagej::prints(stage.code)) {
    printed = fmt::format("      log: {}\n", yaml_text(plan.log));
    if (!plan.log_head.empty())
      printed += fmt::format("      log_head: {}\n", yaml_text(plan.log_head));
    if (!plan.log_foot.empty())
      printed += fmt::format("      log_foot: {}\n", yaml_text(plan.log_foot));
  }
  return fmt::format("  - imagej.macro:{}\n      code:{}\n{}", place, code_block(stage.code, 8),
                     printed);
}

std::string output_text(const RunOutput& output) {
  if (output.kind == RunOutput::Kind::results)
    return fmt::format("  - imagej.append-results: {{to: {}{}{}{}}}\n", yaml_text(output.path),
                       output.summary ? ", table: Summary" : "",
                       output.table.empty() ? "" : ", title: " + yaml_text(output.table),
                       output.numbered ? ", numbered: true" : "");
  std::string text = fmt::format("  - imagej.append-text:\n      to: {}\n", yaml_text(output.path));
  if (!output.header.empty()) text += fmt::format("      head: {}\n", yaml_text(output.header));
  text += fmt::format("      text: {}\n",
                      yaml_text(output.code.empty() ? std::string("\"\"") : output.code));
  if (!output.footer.empty()) text += fmt::format("      foot: {}\n", yaml_text(output.footer));
  return text;
}

std::string input_text(const MacroPlan& plan) {
  std::string text = "input:\n  imagej: true\n";
  if (!plan.include.empty()) text += fmt::format("  include: {}\n", yaml_list(plan.include));
  // A star crosses folders in a pattern with **: this leaves out whatever lies in one.
  if (plan.form == MacroPlan::Form::folder && !plan.subfolders) text += "  exclude: [\"*/**\"]\n";
  if (!plan.condition.empty()) text += fmt::format("  where: {}\n", yaml_text(plan.condition));
  return text;
}

imagej::Preferences preferences_of(const MacroSettings& settings) {
  imagej::Preferences preferences;
  std::set<std::string> names;
  for (const auto& assignment : settings.preferences) {
    preferences.set(assignment);
    if (!names.insert(assignment.substr(0, assignment.find('='))).second)
      throw ConfigError(fmt::format("--imagej-pref {} is given twice, the second time as '{}'",
                                    assignment.substr(0, assignment.find('=')), assignment));
  }
  return preferences;
}

std::string preferences_text(const MacroSettings& settings) {
  std::vector<std::string> options;
  if (settings.version != "1.53t")
    options.push_back(fmt::format("version: \"{}\"", settings.version));
  if (!settings.preferences.empty()) options.push_back("set: " + yaml_list(settings.preferences));
  if (options.empty()) return "";
  return fmt::format("  - imagej.preferences: {{{}}}\n", fmt::join(options, ", "));
}

// What ImageJ 1.54 computes otherwise, and is only known as 1.53t has it.
void check_version(const MacroPlan& plan, const fs::path& file) {
  std::vector<Diagnostic> problems;
  const auto refuse = [&](const MacroStage& stage, const char* what) {
    problems.push_back({file.string(),
                        {stage.line, stage.column},
                        fmt::format("{} is only known as ImageJ 1.53t has it", what),
                        "--imagej-version 1.53t"});
  };
  for (const auto& stage : plan.stages) {
    if (stage.command == nullptr) continue;
    if (stage.command->stage == "subtract-background" && stage.values.flag("sliding"))
      refuse(stage, "Subtract Background... with 'sliding'");
    if (stage.command->stage == "set-auto-threshold" &&
        stage.values.text("method").starts_with("Intermodes"))
      refuse(stage, "the threshold method Intermodes");
  }
  if (!problems.empty()) throw imagej::MacroError(std::move(problems));
}

std::map<std::string, std::string> parameters_of(const MacroSettings& settings) {
  std::map<std::string, std::string> parameters;
  for (const auto& text : settings.parameters) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw ConfigError(
          fmt::format("--set of a macro's parameter takes NAME=VALUE, got '{}'", text));
    parameters[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return parameters;
}

// What is wrong with the pipeline, at the places of the macro that it was made of.
std::vector<Diagnostic> in_macro(std::vector<Diagnostic> problems,
                                 const std::vector<Place>& lines) {
  for (auto& one : problems) {
    const auto line = static_cast<std::size_t>(one.place.line);
    one.place = line > 0 && line <= lines.size() ? lines[line - 1] : Place{};
  }
  return problems;
}

void tell_origins(const Pipeline& pipeline, const std::vector<imagej::MacroOrigin>& stages) {
  for (std::size_t i = 0; i < std::min(pipeline.stages.size(), stages.size()); ++i)
    if (auto* made = dynamic_cast<imagej::MadeOfMacro*>(pipeline.stages[i].stage.get()))
      made->comes_from(stages[i]);
}

}  // namespace

bool is_macro(const fs::path& file) {
  auto extension = file.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".ijm";
}

namespace {

// Files that the macro would save where the run keeps its own, with their places in the macro.
std::vector<Diagnostic> wrong_outputs(const MacroPlan& plan, const fs::path& file) {
  std::vector<Diagnostic> problems;
  const auto check = [&](const std::string& name, int line, int column) {
    std::string in_out = name;
    if (in_out.starts_with("{dir}/")) in_out.erase(0, 6);
    if (const auto problem = in_out.empty() ? std::nullopt : problem_with_template(in_out))
      problems.push_back(
          {file.string(), {line, column}, fmt::format("'{}' {}", in_out, *problem), ""});
  };
  for (const auto& stage : plan.stages)
    if (stage.command != nullptr)
      for (const auto& key : stage.command->keys)
        if (key.output) check(stage.values.text(key.name), stage.line, stage.column);
  for (const auto& output : plan.outputs) check(output.path, output.line, output.column);
  return problems;
}

}  // namespace

MacroPipeline pipeline_of_macro(const std::string& text, const fs::path& file,
                                const MacroSettings& settings) try {
  imagej::PlanOptions options;
  options.parameters = parameters_of(settings);
  const auto preferences = preferences_of(settings);
  const auto plan = imagej::plan_macro(text, file.string(), options);
  if (auto problems = wrong_outputs(plan, file); !problems.empty())
    throw ConfigErrors(std::move(problems), text);
  if (settings.version == "1.54") check_version(plan, file);
  MacroPipeline result;
  result.notes.push_back(fmt::format("ImageJ {} with {}", settings.version,
                                     fmt::join(preferences.assignments(), ", ")));
  result.notes.insert(result.notes.end(), plan.notes.begin(), plan.notes.end());
  // What is assumed stands in the pipeline, too: run.json has its text.
  result.yaml = fmt::format("# From the macro {}, for {}.\nname: {}\n", file.filename().string(),
                            result.notes.front(),
                            yaml_text(plan.name.empty() ? file.stem().string() : plan.name));
  const auto add = [&](const std::string& lines, Place place) {
    result.yaml += lines;
    result.lines.resize(static_cast<std::size_t>(std::ranges::count(result.yaml, '\n')), place);
  };
  const auto add_stage = [&](const std::string& lines, imagej::MacroOrigin origin) {
    if (lines.empty()) return;
    add(lines, origin.place);
    result.stages.push_back(std::move(origin));
  };
  const auto name = file.filename().string();
  add(input_text(plan) + "stages:\n", {});
  add_stage(preferences_text(settings), {});
  for (const auto& stage : plan.stages)
    add_stage(stage_text(stage, plan),
              {name, {stage.line, stage.column}, stage.code, stage.places});
  for (const auto& output : plan.outputs)
    add_stage(output_text(output), {name, {output.line, output.column}, "", {}});
  return result;
} catch (const imagej::MacroError& e) {
  throw ConfigErrors(e.diagnostics(), text);
}

Pipeline load_pipeline_or_macro(const fs::path& file, Registry& registry,
                                const std::vector<Override>& overrides,
                                const MacroSettings& settings, std::vector<std::string>* notes,
                                SlotType source) {
  if (!is_macro(file)) {
    if (!settings.empty())
      throw ConfigError(
          "--imagej-pref and --imagej-version are for macros (.ijm); in a pipeline, stage "
          "imagej.preferences says it");
    return load_pipeline(file, registry, overrides, source);
  }
  const auto text = config::read_text(file);
  const auto macro = pipeline_of_macro(text, file, settings);
  if (notes != nullptr) *notes = macro.notes;
  try {
    auto pipeline = parse_pipeline(macro.yaml, file, registry, overrides, source);
    tell_origins(pipeline, macro.stages);
    return pipeline;
  } catch (const ConfigErrors& e) {
    throw ConfigErrors(in_macro(e.diagnostics(), macro.lines), text);
  }
}

}  // namespace smear
