// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <regex>

#include "imagej/macro/call-code.h"
#include "imagej/macro/interpreter.h"
#include "imagej/macro/left-out.h"
#include "imagej/macro/no-host.h"
#include "imagej/macro/origin.h"
#include "imagej/macro/parser.h"
#include "imagej/macro/planner.h"
#include "imagej/macro/settings.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {

Planner::Planner(const Program& program, const PlanOptions& options)
    : program_(program),
      options_(options),
      table_(options.table != nullptr ? *options.table : CommandTable::instance()) {}

namespace {

// A message in which what is known only of each image has a name.
std::string readable(const std::string& message) {
  std::string text;
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] == directory_mark && i + 2 < message.size()) {
      text += "<folder>";
      i += 2;
    } else if (message[i] == name_mark || message[i] == stem_mark) {
      text += message[i] == name_mark ? "<name>" : "<stem>";
    } else {
      text += message[i];
    }
  }
  return text;
}

}  // namespace

void Planner::fail(Place place, const std::string& message, const std::string& hint) const {
  throw MacroError(program_.file, place, readable(message), hint);
}

void Planner::note(const std::string& text) {
  if (std::ranges::count(state_.notes, text) == 0) state_.notes.push_back(text);
}

void Planner::step(Place place) {
  if (++steps_ > 10'000)
    fail(place, "the macro has more than 10000 statements when its loops are written out",
         "do less in loops, or let them depend on the image");
}

MacroPlan Planner::run() {
  std::vector<Diagnostic> problems;
  check_macro(program_, table_, problems);
  if (!problems.empty()) throw MacroError(std::move(problems));
  if (program_.statements.empty())
    fail({1, 1},
         program_.functions.empty() ? "the macro has no statements"
                                    : "the macro has functions only, and calls none of them",
         program_.functions.empty() ? "" : "call one at its top");
  check_jumps();
  choose_form();
  state_.frames.emplace_back();
  state_.roles = {{0, 'i'}, {1, 'o'}};
  take_parameters();
  if (form_ == MacroPlan::Form::one_image) {
    state_.opened = state_.title_known = true;
    state_.frames[0].variables["i"] = Abstract::of(Abstract::Kind::index);
    note(
        "the macro works on the active image, as Process > Batch > Macro runs it; each image "
        "begins with an empty Results table and ROI Manager");
  }
  if (!program_.functions.empty())
    for (const auto& one : program_.statements) declare_globals(*one);
  try {
    execute_list(program_.statements, program_.statements.size(), {.give = true});
  } catch (const Whole& whole) {
    fail(whole.place, whole.what, "write it as if ... else");
  }
  finish();
  MacroPlan plan;
  plan.name = program_.name;
  plan.form = form_;
  for (auto& stage : state_.stages) plan.stages.push_back(std::move(*stage));
  plan.include = std::move(include_);
  for (const auto& one : state_.conditions)
    plan.condition += (plan.condition.empty() ? "(" : " && (") + finished_code(one) + ")";
  plan.subfolders = state_.subfolders;
  if (!state_.log.empty()) plan.log = state_.log;
  plan.log_head = std::move(state_.log_head);
  plan.log_foot = std::move(state_.log_foot);
  plan.outputs = std::move(state_.outputs);
  plan.notes = std::move(state_.notes);
  return plan;
}

// Whether the call needs an image that is open.
bool Planner::works_on_image(const Expression& e) const {
  static const std::set<std::string, std::less<>> asked = {
      "getTitle", "getImageID", "getWidth", "getHeight", "getDimensions", "bitDepth"};
  if (asked.contains(e.text)) return true;
  if ((e.text == "getDirectory" || e.text == "getInfo") && !e.arguments.empty() &&
      e.arguments[0]->kind == Expression::Kind::string)
    return e.arguments[0]->text.starts_with("image");
  const bool run =
      e.text == "run" && !e.arguments.empty() && e.arguments[0]->kind == Expression::Kind::string;
  const Command* found = run ? table_.find(e.arguments[0]->text, Command::Form::run)
                             : table_.find(e.text, Command::Form::function);
  return found != nullptr && found->needs_image && found->name != "close";
}

void Planner::choose_form() {
  bool lists = false;
  bool opens_image = false;  // before anything works on one
  bool works = false;
  // Functions where they are called, as the macro goes.
  std::set<std::string> entered;
  std::function<void(const Expression&)> visit;
  visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call) return;
    lists |= e.text == "getFileList";
    // Beside the image: open(getDirectory("image") + "flat.tif").
    if (is_open_call(e))
      for_each(*e.arguments[0], [&](const Expression& part) { works |= works_on_image(part); });
    opens_image |= is_open_call(e) && !works;
    works |= works_on_image(e);
    const auto own = program_.functions.find(e.text);
    if (own != program_.functions.end() && entered.insert(e.text).second)
      for_each(*own->second.body, visit);
  };
  for (const auto& one : program_.statements) for_each(*one, visit);
  if (lists)
    form_ = MacroPlan::Form::folder;
  else if (opens_image)
    form_ = MacroPlan::Form::recorded;
}

// Jumps must stand in what they jump out of.
void Planner::check_jumps() const {
  const std::function<void(const Statement&, bool)> visit = [&](const Statement& s, bool in_loop) {
    using Kind = Statement::Kind;
    if (!in_loop && (s.kind == Kind::leave || s.kind == Kind::next))
      fail(s.place,
           fmt::format("'{}' outside of a loop", s.kind == Kind::leave ? "break" : "continue"));
    const bool loop =
        s.kind == Kind::loop_for || s.kind == Kind::loop_while || s.kind == Kind::loop_do;
    for (const auto& one : s.body) visit(*one, in_loop || loop);
  };
  for (const auto& one : program_.statements) visit(*one, false);
  for (const auto& [name, function] : program_.functions) visit(*function.body, false);
}

void Planner::declare_globals(const Statement& s) {
  if (s.kind == Statement::Kind::block)
    for (const auto& one : s.body) declare_globals(*one);
  if (s.kind != Statement::Kind::variable) return;
  globals_.insert(s.text);
  state_.frames[0].variables[s.text] = s.value ? evaluate(*s.value) : Abstract(Value(0.0));
}

// ----- parameters

namespace {

bool is_one_of(const std::string& text, std::initializer_list<const char*> all) {
  return std::ranges::any_of(all, [&](const char* one) { return text == one; });
}

// The elements of `"a", "b"`.
std::vector<std::string> choices_of(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t at = text.find('"'); at != std::string::npos; at = text.find('"', at)) {
    const auto end = text.find('"', at + 1);
    if (end == std::string::npos) break;
    all.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return all;
}

std::optional<double> number_in(const std::string& text) {
  double value = 0.0;
  const char* first = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void Planner::take_parameters() {
  std::vector<std::string> names;
  for (const auto& parameter : program_.parameters) {
    names.push_back(parameter.name);
    set(parameter.name, parameter_value(parameter));
    // They are there in functions too.
    globals_.insert(parameter.name);
  }
  for (const auto& [name, value] : options_.parameters)
    if (std::ranges::count(names, name) == 0)
      fail({1, 1}, fmt::format("the macro has no parameter '{}'", name),
           names.empty() ? fmt::format("a line '#@ Double {}' at its top makes one", name)
                         : fmt::format("it has {}", fmt::join(names, ", ")));
}

Abstract Planner::parameter_value(const ScriptParameter& parameter) {
  const std::string type = lower_case(parameter.type);
  const auto given = options_.parameters.find(parameter.name);
  const auto written = parameter.attributes.find("value");
  const bool is_file = type == "file";
  if (type.ends_with("[]"))
    fail(parameter.place, fmt::format("parameters of type {} are not supported", parameter.type),
         "loop over the files of a folder: #@ File (style = \"directory\") input");
  if (given == options_.parameters.end() && is_file) {
    note(fmt::format("parameter '{}' stands for a folder of the run", parameter.name));
    return directory(new_directory());
  }
  if (const auto choices = parameter.attributes.find("choices");
      given == options_.parameters.end() && written == parameter.attributes.end() &&
      choices != parameter.attributes.end() && !choices_of(choices->second).empty()) {
    // As the dialog of Fiji shows it.
    const auto first = choices_of(choices->second).front();
    note(fmt::format(
        "parameter '{}' is '{}', the first of its choices; --set {}=VALUE gives another",
        parameter.name, first, parameter.name));
    return Value(first);
  }
  if (type == "imageplus" || type == "dataset" || type == "img" || type.ends_with("service"))
    fail(parameter.place, fmt::format("parameters of type {} are not supported", parameter.type),
         "a macro works on the active image without one");
  if (given == options_.parameters.end() && written == parameter.attributes.end())
    fail(parameter.place, fmt::format("parameter '{}' has no value", parameter.name),
         fmt::format("give one with --set {}=VALUE", parameter.name));
  const std::string& text = given != options_.parameters.end() ? given->second : written->second;
  const auto wrong = [&](std::string_view wanted) {
    fail(parameter.place,
         fmt::format("parameter '{}' is {}, got '{}'", parameter.name, wanted, text),
         fmt::format("--set {}=VALUE", parameter.name));
  };
  if (const auto choices = parameter.attributes.find("choices");
      choices != parameter.attributes.end()) {
    const auto all = choices_of(choices->second);
    if (!all.empty() && std::ranges::count(all, text) == 0)
      wrong(fmt::format("one of {}", fmt::join(all, ", ")));
  }
  if (is_file || is_one_of(type, {"string", "text", "char", "character"})) return Value(text);
  if (is_one_of(type, {"boolean", "bool"})) {
    if (!is_one_of(lower_case(text), {"true", "false", "1", "0"})) wrong("true or false");
    return Value(is_one_of(lower_case(text), {"true", "1"}));
  }
  const bool whole = is_one_of(type, {"int", "integer", "long", "short", "byte", "biginteger"});
  if (!whole && !is_one_of(type, {"double", "float", "number", "bigdecimal"}))
    fail(parameter.place, fmt::format("parameters of type {} are not supported", parameter.type),
         "File, String, Integer, Double and Boolean are");
  const auto number = number_in(text);
  if (!number || (whole && *number != std::floor(*number)))
    wrong(whole ? "a whole number" : "a number");
  return Value(*number);
}

// ----- the end

void Planner::finish() {
  if (form_ == MacroPlan::Form::folder && !looped_)
    fail({1, 1}, "the macro lists a folder, but has no loop over all of its files",
         "loop with for (i = 0; i < list.length; i++) and open(folder + list[i])");
  for (const auto& [condition, place] : state_.needed)
    if (std::ranges::count(state_.conditions, condition) == 0)
      fail(place,
           "whether the macro ends here depends on files that the loop over the images does not "
           "ask for",
           "ask for the same files in both loops");
  if (form_ == MacroPlan::Form::recorded && !state_.opened)
    fail({1, 1}, "the macro opens no image where it is run");
  for (const auto& [directory, place] : state_.opened_in)
    if (const auto role = state_.roles.find(directory);
        role == state_.roles.end() || role->second != 'i')
      fail_to_find(place);
  check_lasting_settings();
  if (form_ == MacroPlan::Form::one_image) add_default_save();
  for (const auto& [path, text] : state_.heads) {
    if (std::ranges::find(state_.outputs, path, &RunOutput::path) == state_.outputs.end())
      state_.outputs.push_back({.kind = RunOutput::Kind::text,
                                .path = path,
                                .summary = false,
                                .table = {},
                                .numbered = false,
                                .header = text,
                                .code = {},
                                .footer = {}});
  }
  find_output_root();
  for (auto& output : state_.outputs) {
    output.path = output_template(output.path, {output.line, output.column});
    if (output.path.starts_with("{dir}/")) output.path.erase(0, 6);
    output.code = finished_code(output.code);
  }
  if (!state_.log.empty()) {
    state_.log = output_template(state_.log, {1, 1});
    if (state_.log.starts_with("{dir}/")) state_.log.erase(0, 6);
  }
  for (auto& stage : state_.stages) finish_stage(*stage);
  for (const auto& one : state_.conditions) {
    const auto parsed = parse_macro("x = (" + finished_code(one) + ");", program_.file);
    if (include_.empty()) add_globs(*parsed->statements[0]->value);
  }
}

// What is set behind its use holds in ImageJ for the next image, and here only for this one.
void Planner::check_lasting_settings() const {
  if (form_ == MacroPlan::Form::recorded) return;
  std::vector<const MacroStage*> stages;
  for (const auto& stage : state_.stages) stages.push_back(stage.get());
  const auto late = late_setting(stages, body_begin_);
  if (!late) return;
  const MacroStage& set = *stages[late->set];
  fail({set.line, set.column},
       fmt::format("in ImageJ {} set here hold from line {} on for all images but the first",
                   late->setting->what, stages[late->used]->line),
       "set it for each image before it is used, too");
}

namespace {

bool saves_files(const std::string& code) {
  return std::ranges::any_of(
      std::array{"saveAs(", "save(", "File.", "roiManager(", "save="},
      [&](const char* word) { return code.find(word) != std::string::npos; });
}

}  // namespace

// As Process > Batch > Macro saves what is active at the end.
void Planner::add_default_save() {
  if (state_.saves) return;
  const Command* save = table_.find("saveAs", Command::Form::function);
  if (save == nullptr) return;
  const auto add = [&](const char* format, const char* path) {
    Draft stage;
    stage.command = save;
    stage.values = values_of_arguments(*save, {Value(format), Value(path)});
    state_.stages.push_back(std::make_shared<Draft>(std::move(stage)));
  };
  if (state_.measures) {
    // Before the image gets the name of its file.
    if (const Command* table = table_.find("Table.save", Command::Form::function);
        table != nullptr && makes_summary()) {
      Draft stage;
      stage.command = table;
      stage.values = values_of_arguments(*table, {Value("{dir}/{stem}.csv"), Value("Results")});
      state_.stages.push_back(std::make_shared<Draft>(std::move(stage)));
    } else {
      add("Results", "{dir}/{stem}.csv");
    }
    note("the macro measures and saves no results: each image's are saved as {dir}/{stem}.csv");
  }
  if (state_.adds_rois) {
    Draft stage;
    stage.code =
        "if (RoiManager.size > 0)\n"
        "  roiManager(\"Save\", Output.directory + Input.stem + \"_RoiSet.zip\");";
    state_.stages.push_back(std::make_shared<Draft>(std::move(stage)));
    note(
        "the macro fills the ROI Manager and saves nothing: each image's selections are saved as "
        "{dir}/{stem}_RoiSet.zip");
  }
  add("Tiff", "{dir}/{stem}.tif");
  note(
      "the macro saves nothing: the image that is active at its end is saved as {dir}/{stem}.tif, "
      "as Process > Batch > Macro does");
}

namespace {

// Code with the folders themselves in place of the variables that hold one.
std::string with_folders_written_out(std::string code) {
  static const std::regex assignment("(\\w+) = (\x04.\x04);\\s*");
  for (std::smatch found; std::regex_search(code, found, assignment);) {
    const std::string name = found[1];
    const std::string folder = found[2];
    code.erase(static_cast<std::size_t>(found.position(0)),
               static_cast<std::size_t>(found.length(0)));
    code = std::regex_replace(code, std::regex("\\b" + name + "\\b"), folder);
  }
  return code;
}

}  // namespace

// Whether a path in code begins with OUT and goes on without the image's folder.
bool Planner::leaves_folder_out(const std::string& stage_code) const {
  constexpr std::string_view joined = " + ";
  const std::string code = with_folders_written_out(stage_code);
  enum class Folder { none, input, image, output };
  const auto folder_at = [&](std::size_t i) {
    if (i + 2 >= code.size() || code[i] != directory_mark) return Folder::none;
    const auto found = state_.roles.find(code[i + 1] - '0');
    const char role = found != state_.roles.end() ? found->second : 'o';
    return role == 'i' ? Folder::input : role == 's' ? Folder::image : Folder::output;
  };
  for (std::size_t i = 0; i < code.size(); ++i) {
    const auto folder = folder_at(i);
    if (folder == Folder::none) continue;
    i += 2;
    if (folder == Folder::output && (code.compare(i + 1, joined.size(), joined) != 0 ||
                                     folder_at(i + 1 + joined.size()) != Folder::image))
      return true;
  }
  return false;
}

void Planner::finish_stage(Draft& stage) {
  const auto settle_places = [&] {
    stage.places = places_of(stage.code, stage.written.get(), program_, {stage.line, stage.column});
  };
  const bool says_folder =
      std::ranges::any_of(state_.roles, [](const auto& role) { return role.second == 's'; });
  if (says_folder && saves_files(stage.code) && leaves_folder_out(stage.code))
    fail({stage.line, stage.column},
         "a file is saved where it depends on the image whether it is, by a macro that goes into "
         "folders",
         "save it in any case, or go through one folder");
  stage.code = finished_code(stage.code);
  if (stage.command == nullptr) return settle_places();
  bool as_code = false;
  for (const auto& key : stage.command->keys) {
    if (!names_file(*stage.command, key, &stage.values)) continue;
    const std::string path = stage.values.text(key.name);
    if (path.empty()) continue;
    as_code |= !key.output;
    if (stage.line != 0)
      stage.values.set(key.name, output_template(path, {stage.line, stage.column}),
                       stage.values.given(key.name));
  }
  // A key that sometimes names a file to write has no template.
  if (!as_code) return;
  stage.code =
      call_code(*stage.command, stage.values, {"Output.directory", "Input.name", "Input.stem", ""});
  stage.command = nullptr;
  settle_places();
}

namespace {

bool is_absolute(std::string_view path) {
  return path.starts_with('/') || path.starts_with('~') ||
         (path.size() > 2 && std::isalpha(static_cast<unsigned char>(path[0])) != 0 &&
          path[1] == ':');
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

// Where the strings of code begin.
std::vector<std::size_t> string_starts(const std::string& code) {
  std::vector<std::size_t> starts;
  bool within = false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (within && code[i] == '\\') {
      ++i;
    } else if (code[i] == '"') {
      if (!within) starts.push_back(i);
      within = !within;
    }
  }
  return starts;
}

void shorten_to_common(std::string& folder, const std::string& other) {
  while (!folder.empty() && !other.starts_with(folder)) {
    folder.pop_back();
    folder = folder_of(folder);
  }
}

}  // namespace

// The folder that all absolute output paths share: it stands for OUT.
void Planner::find_output_root() {
  std::optional<std::string> root;
  const auto take = [&](const std::string& path) {
    if (!is_absolute(path)) return;
    const std::string folder =
        folder_of(with_slashes(path).substr(0, path.find_first_of("\x02\x03\x04")));
    if (root)
      shorten_to_common(*root, folder);
    else
      root = folder;
  };
  for (const auto& stage : state_.stages) {
    if (stage->command == nullptr || stage->line == 0) continue;
    for (const auto& key : stage->command->keys)
      if (names_file(*stage->command, key, &stage->values)) take(stage->values.text(key.name));
  }
  for (const auto& output : state_.outputs) take(output.path);
  // In code that saves: texts that look like paths.
  for (const auto& stage : state_.stages)
    for (const auto at :
         saves_files(stage->code) ? string_starts(stage->code) : std::vector<std::size_t>()) {
      const auto end = stage->code.find('"', at + 1);
      const std::string path = stage->code.substr(at + 1, end - at - 1);
      if (path.size() > 1 && path[0] == '/' &&
          !(!input_literal_.empty() && path.starts_with(input_literal_)))
        take(path);
    }
  output_root_ = root.value_or("");
}

std::string Planner::output_template(const std::string& marked, Place place) {
  auto pieces = pieces_of(with_slashes(marked));
  std::string result;
  bool of_image = false;
  // Where the macro itself makes the path within the input, that tells in which folder a file is.
  const bool says_folder =
      std::ranges::any_of(state_.roles, [](const auto& role) { return role.second == 's'; });
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    auto& piece = pieces[i];
    if (piece.kind == Abstract::Piece::Kind::literal && i == 0) {
      if (is_absolute(piece.text)) piece.text.erase(0, output_root_.size());
    }
    switch (piece.kind) {
      case Abstract::Piece::Kind::directory:
        if (state_.roles[piece.directory] == 's') {
          result += "{dir}/";
          break;
        }
        if (i != 0) fail(place, "a folder within a file name");
        if (state_.roles[piece.directory] == 'i')
          note("the macro saves into its input folder; here those files go into the output folder");
        break;
      case Abstract::Piece::Kind::name:
        result += "{name}";
        of_image = true;
        break;
      case Abstract::Piece::Kind::stem:
        result += "{stem}";
        of_image = true;
        break;
      case Abstract::Piece::Kind::literal:
        if (piece.text.find_first_of("{}") != std::string::npos)
          fail(place, fmt::format("a file name with braces cannot be written: '{}'", piece.text));
        result += piece.text;
    }
  }
  while (result.starts_with('/')) result.erase(0, 1);
  if (form_ == MacroPlan::Form::recorded && !of_image) {
    const std::string folder = folder_of(result);
    std::string name = result.substr(folder.size());
    if (!recorded_stem_.empty() && name.starts_with(recorded_stem_))
      name = "{stem}" + name.substr(recorded_stem_.size());
    else
      name = "{stem}_" + name;
    note(fmt::format("'{}' is the file of one image: here each image's is {}{}", result, folder,
                     name));
    result = folder + name;
  }
  return says_folder ? result : "{dir}/" + result;
}

std::string Planner::finished_code(const std::string& code) const {
  std::string result;
  const auto starts = string_starts(code);
  const auto begins = [&](std::size_t i, const std::string& folder) {
    return folder.size() > 1 && folder.ends_with('/') && code[i] == '"' &&
           std::ranges::binary_search(starts, i) && code.compare(i + 1, folder.size(), folder) == 0;
  };
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] == directory_mark && i + 2 < code.size()) {
      const auto found = state_.roles.find(code[i + 1] - '0');
      const char role = found != state_.roles.end() ? found->second : 'o';
      // The image's folder is part of the others already.
      result += role == 'i' ? "Input.directory" : role == 's' ? "\"\"" : "Output.directory";
      i += 2;
    } else if (begins(i, input_literal_)) {
      result += "Input.directory + \"";
      i += input_literal_.size();
    } else if (begins(i, output_root_)) {
      result += "Output.directory + \"";
      i += output_root_.size();
    } else {
      result += code[i];
    }
  }
  return result;
}

// Globs of endsWith, startsWith and their like on the name, joined by "or".
void Planner::add_globs(const Expression& e) {
  if (e.kind == Expression::Kind::binary && e.text == "||") {
    const auto before = include_.size();
    add_globs(*e.arguments[0]);
    const auto between = include_.size();
    add_globs(*e.arguments[1]);
    if (between == before || include_.size() == between) include_.resize(before);
    return;
  }
  if (e.kind == Expression::Kind::binary && e.text == "&&") {
    const auto before = include_.size();
    add_globs(*e.arguments[0]);
    if (include_.size() == before) add_globs(*e.arguments[1]);
    return;
  }
  if (e.kind != Expression::Kind::call || e.arguments.size() != 2) return;
  const Expression* name = e.arguments[0].get();
  // Globs do not tell upper from lower case.
  if (name->kind == Expression::Kind::call &&
      (name->text == "toLowerCase" || name->text == "toUpperCase"))
    name = name->arguments[0].get();
  const Expression& part = *e.arguments[1];
  if (name->kind != Expression::Kind::call || name->text != "Input.name" ||
      part.kind != Expression::Kind::string ||
      part.text.find_first_of("*?[]{}\\/") != std::string::npos)
    return;
  if (e.text == "endsWith") include_.push_back("*" + part.text);
  if (e.text == "startsWith") include_.push_back(part.text + "*");
  if (e.text == "String.contains") include_.push_back("*" + part.text + "*");
}

MacroPlan plan_macro(std::string text, std::string file, const PlanOptions& options) {
  const auto shown = without_shown(parse_macro(std::move(text), std::move(file)));
  auto plan = Planner(*shown.program, options).run();
  plan.notes.insert(plan.notes.end(), shown.notes.begin(), shown.notes.end());
  return plan;
}

namespace {

// Whether `wanted` holds for a call in code or in a function that it defines.
bool has_call(const std::string& code, const std::function<bool(const Expression&)>& wanted) {
  if (code.empty()) return false;
  const auto program = parse_macro(code, "code");
  bool found = false;
  const auto visit = [&](const Expression& e) {
    found = found || (e.kind == Expression::Kind::call && wanted(e));
  };
  for (const auto& one : program->statements) for_each(*one, visit);
  for (const auto& [name, function] : program->functions) for_each(*function.body, visit);
  return found;
}

}  // namespace

bool prints(const std::string& code) {
  return has_call(code, [](const Expression& e) {
    return e.text == "print" || e.text == "IJ.log" || e.text == "Array.print";
  });
}

bool saves(const std::string& code) {
  return has_call(code, [](const Expression& e) {
    const bool named = !e.arguments.empty() && e.arguments[0]->kind == Expression::Kind::string;
    const auto first = named ? lower_case(e.arguments[0]->text) : std::string();
    return e.text == "saveAs" || e.text == "save" || e.text == "Table.save" ||
           e.text == "File.saveString" || e.text == "File.append" || e.text == "File.close" ||
           (e.text == "roiManager" && first == "save") ||
           (e.text == "run" && e.arguments.size() > 1 &&
            code_of(*e.arguments[1]).find("save=") != std::string::npos);
  });
}

FileCondition::FileCondition(const std::string& expression)
    : program_(parse_macro("taken = (" + expression + ");", "macro")) {}

bool FileCondition::takes(const std::string& file_name) const {
  Session session;
  NoHost host;
  const MacroContext context{file_name, std::filesystem::path(file_name).stem().string(), "/IN/",
                             "/OUT/"};
  run_macro(*program_, session, host, context, CommandTable());
  return truth_of(value_of(session.variables["taken"]));
}

bool takes(const MacroPlan& plan, const std::string& file_name) {
  return plan.condition.empty() || FileCondition(plan.condition).takes(file_name);
}

std::string macro_text_of(const std::string& code, Session& session, Host& host,
                          const MacroContext& context, const CommandTable& table) {
  if (code.empty()) return "";
  const auto program = parse_macro("text_of_this_image = " + code + ";", "macro");
  run_macro(*program, session, host, context, table);
  const auto node = session.variables.extract("text_of_this_image");
  return text_of(value_of(node.mapped()));
}

}  // namespace smear::imagej
