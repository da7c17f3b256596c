// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/call-code.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "imagej/macro/ast.h"
#include "imagej/macro/syntax.h"
#include "imagej/macro/values.h"

namespace smear::imagej {
namespace {

// Whether a macro has to say it: where it is left out, ImageJ takes the default.
bool must_be_written(const Key& key, const Values& values) {
  if (key.kind == Key::Kind::flag) return values.flag(key.name);
  if (!key.optional) return true;
  return key.kind == Key::Kind::number ? values.number(key.name) != key.number
                                       : values.text(key.name) != key.text;
}

// The first of keys of which a macro must give one, where none of them would be written.
std::string_view needed_key(const Command& command, const Values& values) {
  const auto written = [&](const Key& key) {
    return must_be_written(key, values) && std::ranges::count(command.one_of, key.name) > 0;
  };
  if (command.one_of.empty() || std::ranges::any_of(command.keys, written)) return "";
  return command.one_of.front();
}

std::string run_code(const Command& command, const Values& values, const PathNames& names) {
  std::string options;  // code of a string
  const auto needed = needed_key(command, values);
  for (const auto& key : command.keys) {
    if (!must_be_written(key, values) && key.name != needed) continue;
    if (!options.empty()) options += " ";
    options += key.name;
    if (key.kind == Key::Kind::flag) continue;
    options += "=";
    if (key.kind == Key::Kind::number) {
      options += fmt::format("{}", values.number(key.name));
      continue;
    }
    const std::string& text = values.text(key.name);
    if (names_file(command, key, &values) && !text.empty()) {
      options += "[\" + " + path_code(text, names) + " + \"]";
      continue;
    }
    std::string literal = string_code(text);
    literal = literal.substr(1, literal.size() - 2);
    const bool bare = !text.empty() && text.find_first_of(" []") == std::string::npos;
    options += bare ? literal : "[" + literal + "]";
  }
  // Without options, a command with a dialog would open it.
  if (options.empty() && command.name.ends_with("...")) options = " ";
  const std::string call = "run(" + string_code(command.name);
  return options.empty() ? call + ");" : call + ", \"" + options + "\");";
}

// Widths and distances are numbers in macros, texts in a pipeline.
bool is_number_of_manager(const Command& command, const Key& key, const Values& values) {
  if (command.name != "roiManager" || &key == &command.keys[0]) return false;
  const std::string action = lower_case(values.text(command.keys[0].name));
  const std::string& text = values.text(key.name);
  const bool is_one = key.name == "more" || action == "translate" || action == "set line width";
  return is_one && !text.empty() && text.find_first_not_of("-.0123456789") == std::string::npos;
}

std::string value_code(const Command& command, const Key& key, const Values& values,
                       const PathNames& names) {
  switch (key.kind) {
    case Key::Kind::flag: return values.flag(key.name) ? "true" : "false";
    case Key::Kind::number: return fmt::format("{}", values.number(key.name));
    default: break;
  }
  const std::string& text = values.text(key.name);
  // A number in quotes would be a text.
  if (command.name == "setResult" && key.name == "value" && !values.flag("as_text") &&
      number_in_text(text))
    return text;
  if (takes_list(command) && &key == &command.keys.back()) return text;
  if (is_number_of_manager(command, key, values)) return text;
  return names_file(command, key, &values) && !text.empty() ? path_code(text, names)
                                                            : string_code(text);
}

std::string function_code(const Command& command, const Values& values, const PathNames& names) {
  // Up to the last argument that was given or has to be.
  std::size_t count = 0;
  for (std::size_t i = 0; i < most_arguments(command); ++i)
    if (!command.keys[i].optional || must_be_written(command.keys[i], values)) count = i + 1;
  std::string code = command.name + "(";
  for (std::size_t i = 0; i < count; ++i)
    code += (i == 0 ? "" : ", ") + value_code(command, command.keys[i], values, names);
  return code + ");";
}

}  // namespace

bool takes_list(const Command& command) {
  return command.form == Command::Form::function && !command.keys.empty() &&
         command.keys.back().name == "points";
}

std::size_t most_arguments(const Command& command) {
  // `as_text` says how the argument before it is written.
  const bool says_more = !command.keys.empty() && command.keys.back().name == "as_text";
  return command.keys.size() - (says_more ? 1 : 0);
}

bool names_file(const Command& command, const Key& key, const Values* values) {
  if (key.output) return true;
  if (key.kind != Key::Kind::text) return false;
  if (command.name == "saveAs" || command.name == "save") return key.name == "path";
  if (command.form == Command::Form::run) return key.name == "save";
  return command.name == "roiManager" && values != nullptr && command.keys.size() > 1 &&
         &key == &command.keys[1] &&
         lower_case(values->text(command.keys[0].name)).starts_with("save");
}

std::string path_code(const std::string& name_template, const PathNames& names) {
  const std::string within = names.directory.empty() ? "" : names.directory + " + ";
  const std::array<std::pair<std::string_view, std::string>, 5> placeholders = {
      {{"{dir}/", names.directory},
       {"{name}", names.name},
       {"{stem}", names.stem},
       {"{id}", within + names.name},
       {"{path}", within + names.name}}};
  std::string code = names.folder;
  std::string literal;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) code += (code.empty() ? "" : " + ") + part;
  };
  const auto end_literal = [&] {
    if (!literal.empty()) add(string_code(literal));
    literal.clear();
  };
  for (std::size_t i = 0; i < name_template.size();) {
    bool found = false;
    for (const auto& [placeholder, variable] : placeholders) {
      if (name_template.compare(i, placeholder.size(), placeholder) != 0) continue;
      end_literal();
      add(variable);
      i += placeholder.size();
      found = true;
      break;
    }
    if (!found && name_template[i] == '{')
      throw ConfigError(fmt::format(
          "'{}' cannot be written into a macro: it knows {{dir}}/, {{name}} and {{stem}}",
          name_template));
    if (!found) literal += name_template[i++];
  }
  end_literal();
  return code;
}

std::string call_code(const Command& command, const Values& values, const PathNames& names) {
  return command.form == Command::Form::run ? run_code(command, values, names)
                                            : function_code(command, values, names);
}

}  // namespace smear::imagej
