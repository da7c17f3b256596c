// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "config/macro-of-stage.h"
#include "config/macro.h"
#include "imagej/macro/call-code.h"
#include "imagej/macro/plan.h"
#include "imagej/macro/syntax.h"

namespace smear {
namespace {

using imagej::MacroStage;
using imagej::RunOutput;

// ----- which files

// A glob on names as a regular expression on names in lower case; nothing where it asks for
// folders or for one of several characters.
std::optional<std::string> expression_of(const std::string& glob) {
  std::string expression;
  for (const char c : glob) {
    if (c == '/' || c == '[') return std::nullopt;
    if (c == '*')
      expression += ".*";
    else if (c == '?')
      expression += ".";
    else if (c == '"')
      expression += "\\\"";
    else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == ' ' ||
             static_cast<unsigned char>(c) >= 0x80)
      expression += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else
      expression += std::string("\\\\") + c;
  }
  return expression;
}

std::string condition_of(const std::string& glob) {
  if (glob.starts_with("*.") && glob.find_first_of("*?[/", 1) == std::string::npos)
    return fmt::format("endsWith(toLowerCase(Input.name), {})",
                       imagej::string_code(imagej::lower_case(glob.substr(1))));
  const auto expression = expression_of(glob);
  if (!expression)
    throw ConfigError(
        fmt::format("input: the pattern '{}' cannot be said in a macro, which sees the names of "
                    "files; use patterns of names, without folders and brackets",
                    glob));
  return fmt::format(R"(matches(toLowerCase(Input.name), "{}"))", *expression);
}

constexpr const char* all_folders = "*/**";  // as an exclude: no subfolders

// Which files a pipeline takes, as an expression on `Input.name`.
std::string file_condition(const InputSettings& input) {
  std::vector<std::string> conditions;
  // Patterns of a macro's own condition let through more than it does.
  std::string taken = input.condition;
  if (taken.empty()) {
    for (const auto& pattern : input.include) conditions.push_back(condition_of(pattern));
    taken = fmt::format("{}", fmt::join(conditions, " || "));
    conditions.clear();
  }
  for (const auto& pattern : input.exclude)
    if (pattern != all_folders) conditions.push_back("!(" + condition_of(pattern) + ")");
  if (conditions.empty()) return taken;
  if (!taken.empty()) conditions.insert(conditions.begin(), "(" + taken + ")");
  return fmt::format("{}", fmt::join(conditions, " && "));
}

// ----- the Results table of the whole run

// What a stage does to the Results table.
enum class TableUse { none, fills, clears, reads };

TableUse table_use(const MacroStage& stage) {
  if (stage.command == nullptr) {
    static constexpr std::string_view words[] = {"Result",      "Measure",   "Analyze Particles",
                                                 "List.",       "Table.",    "measure",
                                                 "Find Maxima", "Summarize", "Summary"};
    const bool uses = std::ranges::any_of(
        words, [&](std::string_view word) { return stage.code.find(word) != std::string::npos; });
    return uses ? TableUse::reads : TableUse::none;
  }
  const auto& name = stage.command->stage;
  if (name == "clear-results") return TableUse::clears;
  if (name == "analyze-particles")
    return stage.values.flag("clear") ? TableUse::clears : TableUse::fills;
  if (name == "measure") return TableUse::fills;
  if (name == "roi-manager") {
    const auto& what = stage.values.text("command");
    return imagej::lower_case(what).ends_with("measure") ? TableUse::fills : TableUse::none;
  }
  if (name == "find-maxima") {
    const auto& output = stage.values.text("output");
    return output == "Count"  ? TableUse::fills
           : output == "List" ? TableUse::reads
                              : TableUse::none;
  }
  if (name == "set-result" || name == "summarize" || name == "table-save" ||
      name == "rename-results")
    return TableUse::reads;
  if (name == "save-as") {
    const auto& format = stage.values.text("format");
    // "Text" saves the table in front, where there is one.
    return format == "Results" || format == "Measurements" || format == "Text" ? TableUse::reads
                                                                               : TableUse::none;
  }
  return TableUse::none;
}

/// Goes through a pipeline and collects what the macro has.
class Converter {
 public:
  explicit Converter(const Pipeline& pipeline) : pipeline_(pipeline) {
    in_session_ = pipeline.input.imagej;
    slots_ = {"image", "source"};
    slot_ = "image";
  }

  std::string convert() {
    check_input();
    for (const auto& planned : pipeline_.stages) add(planned);
    check_table();
    if (!problems_.empty()) throw ConfigErrors(std::move(problems_), pipeline_.text);
    loop_.condition = file_condition(pipeline_.input);
    loop_.subfolders = std::ranges::count(pipeline_.input.exclude, std::string(all_folders)) == 0;
    std::string macro = imagej::macro_of_stages(stages_, loop_);
    check_macro(macro);
    return macro;
  }

 private:
  void refuse(const PlannedStage& stage, std::string what, std::string hint) {
    problems_.push_back({pipeline_.file, stage.place,
                         fmt::format("stage '{}': {}", stage.name, what), std::move(hint)});
  }

  void check_input() const {
    if (pipeline_.input.pages)
      throw ConfigError(
          "input: pages: true takes each page as an image of its own, which a macro made of a "
          "pipeline does not; leave it out");
    if (!pipeline_.input.tensor.empty())
      throw ConfigError("input: ImageJ opens images, not tensors");
  }

  void add(const PlannedStage& planned) {
    constexpr std::string_view prefix = "imagej.";
    if (planned.name == "imagej.append-results" || planned.name == "imagej.append-text")
      return add_output(planned);
    if (planned.name == "imagej.preferences") return add_preferences(planned);
    if (planned.name == "imagej.to-slots") return to_slots(planned);
    if (!planned.name.starts_with(prefix) || planned.name == "imagej.from-slots")
      return add_native(planned);
    if (!in_session_)
      return refuse(planned,
                    "works on ImageJ's state as it was before the stages that do not know it",
                    "ImageJ has one image that all work on: put it before imagej.to-slots");
    MacroStage stage = placed(planned);
    if (planned.name == "imagej.macro") {
      stage.code = std::get<std::string>(planned.values.at("code"));
      if (imagej::prints(stage.code)) add_log(planned);
    } else {
      stage.command = command_of_stage(planned.name);
      stage.values = command_values(*stage.command, planned);
    }
    push(std::move(stage), planned);
  }

  // ImageJ has one Log.
  void add_log(const PlannedStage& planned) {
    const auto text = [&](const char* option) {
      return std::get<std::string>(planned.values.at(option));
    };
    const auto log = text("log");
    if (loop_.log.empty()) {
      loop_.log = log;
      loop_.log_head = text("log_head");
      loop_.log_foot = text("log_foot");
    }
    if (loop_.log != log)
      refuse(planned,
             fmt::format("prints to '{}', and ImageJ has one Log, here '{}'", log, loop_.log),
             "let all stages have one log");
  }

  // How many lines of the loop a stage has.
  static std::ptrdiff_t lines_of(const MacroStage& stage) {
    const auto text = imagej::macro_of_stages({stage}, std::nullopt);
    std::ptrdiff_t lines = 0;
    for (std::size_t at = 0; text.compare(at, 4, "    ") == 0; ++lines)
      at = text.find('\n', at) + 1;
    return lines;
  }

  // The place in the pipeline of what a line of the macro was made of; nothing for other lines.
  [[nodiscard]] Place place_of(const std::string& macro, std::ptrdiff_t line) const {
    const auto body = macro.find("\nfunction processFile(");
    const auto end = macro.begin() + static_cast<std::ptrdiff_t>(macro.find("\n}\n", body));
    auto last = std::count(macro.begin(), end, '\n') + 1;
    const bool closed = !stages_.empty() && stages_.back().command != nullptr &&
                        stages_.back().command->stage == "close-all";
    if (!closed) --last;
    const auto is_text = [](const RunOutput& output) {
      return output.kind == RunOutput::Kind::text && !output.code.empty() && output.code != "\"\"";
    };
    // From the end; a text that is gathered has two lines.
    for (auto i = stages_.size() + 1; i-- > 0;) {
      for (auto output = loop_.outputs.rbegin(); output != loop_.outputs.rend(); ++output) {
        if (std::min(output->behind, stages_.size()) != i || !is_text(*output)) continue;
        last -= 2;
        if (line > last) return line > last + 2 ? Place{} : Place{output->line, output->column};
      }
      if (i == 0) break;
      const auto count = lines_of(stages_[i - 1]);
      last -= count;
      if (line > last)
        return line > last + count ? Place{} : Place{stages_[i - 1].line, stages_[i - 1].column};
    }
    return {};
  }

  // What the planner refuses is what ImageJ would do otherwise from the second image on.
  void check_macro(const std::string& macro) {
    try {
      imagej::plan_macro(macro, pipeline_.file);
    } catch (const imagej::MacroError& e) {
      for (const auto& one : e.diagnostics())
        problems_.push_back({pipeline_.file, place_of(macro, one.place.line),
                             "the macro would not do the same: " + one.message, one.hint});
      throw ConfigErrors(std::move(problems_), pipeline_.text);
    }
  }

  static MacroStage placed(const PlannedStage& planned) {
    MacroStage stage;
    stage.line = planned.place.line;
    stage.column = planned.place.column;
    return stage;
  }

  void push(MacroStage stage, const PlannedStage& planned) {
    stages_.push_back(std::move(stage));
    origins_.push_back(&planned);
  }

  void add_output(const PlannedStage& planned) {
    const auto text = [&](const char* option) {
      return std::get<std::string>(planned.values.at(option));
    };
    RunOutput output;
    output.line = planned.place.line;
    output.column = planned.place.column;
    output.path = text("to");
    output.behind = stages_.size();
    output.kind = RunOutput::Kind::results;
    if (planned.name == "imagej.append-results") {
      output.summary = text("table") == "Summary";
      if (!text("title").empty())
        return refuse(planned, "gathers a table of its own, which is not written as a macro",
                      "gather the Results table");
      output.numbered = std::get<bool>(planned.values.at("numbered"));
    }
    if (planned.name == "imagej.append-text") {
      output.kind = RunOutput::Kind::text;
      output.header = text("head");
      output.code = text("text");
      output.footer = text("foot");
    }
    if (!in_session_)
      return refuse(planned,
                    "works on ImageJ's state as it was before the stages that do not know it",
                    "put it before imagej.to-slots");
    loop_.outputs.push_back(std::move(output));
  }

  // They hold from the first image on.
  void add_preferences(const PlannedStage& planned) {
    if (!stages_.empty() || !loop_.outputs.empty())
      return refuse(planned, "stands behind other stages", "put it first");
    if (std::get<std::string>(planned.values.at("version")) == "1.54")
      return refuse(planned, "a macro has the results of the ImageJ that runs it",
                    "leave version out, and run the macro in ImageJ 1.54");
    const imagej::Preferences usual;
    auto& preferences = loop_.preferences;
    for (const auto& assignment : std::get<std::vector<std::string>>(planned.values.at("set")))
      preferences.set(assignment);
    const auto in_dialog = [&](bool imagej::Preferences::*member, const char* where) {
      if (preferences.*member != usual.*member)
        refuse(planned, fmt::format("a macro cannot set what ImageJ has in {}", where),
               "set it there, and leave it out here");
    };
    in_dialog(&imagej::Preferences::inverting_lut, "Edit > Options > Appearance");
    in_dialog(&imagej::Preferences::interpolate_scaled_images, "Edit > Options > Appearance");
    in_dialog(&imagej::Preferences::show_row_numbers, "Edit > Options > Input/Output");
    in_dialog(&imagej::Preferences::save_column_headers, "Edit > Options > Input/Output");
    in_dialog(&imagej::Preferences::save_row_numbers, "Edit > Options > Input/Output");
  }

  void to_slots(const PlannedStage& planned) {
    if (!in_session_)
      return refuse(planned, "hands on ImageJ's image a second time",
                    "a macro is one chain of stages: leave out what comes between");
    in_session_ = false;
    slot_ = planned.writes.front().slot;
    slots_ = {slot_};
    MacroStage stage = placed(planned);
    stage.code = plain_state_code();
    push(std::move(stage), planned);
  }

  // ImageJ's commands work on the active image: each stage must take what the one before left.
  void add_native(const PlannedStage& planned) {
    auto found = counterpart_of(planned);
    if (!found.refusal.empty())
      return refuse(planned, "ImageJ has no command that computes the same", found.refusal);
    for (const auto& port : planned.reads) {
      if (port.optional && !slots_.contains(port.slot)) continue;
      if (port.optional)
        refuse(planned,
               fmt::format("also reads slot '{}', and ImageJ's command takes one image", port.slot),
               "leave that slot empty");
      else if (port.slot != slot_)
        refuse(planned,
               fmt::format("reads slot '{}', while ImageJ's command takes the active image, which "
                           "is slot '{}'",
                           port.slot, slot_),
               "a macro is one chain of stages: let each read what the one before wrote");
    }
    for (const auto& port : planned.writes) {
      slots_.insert(port.slot);
      slot_ = port.slot;
    }
    for (auto& stage : found.stages) {
      stage.line = planned.place.line;
      stage.column = planned.place.column;
      push(std::move(stage), planned);
    }
  }

  // In the macro one table grows from image to image: nothing may look at it, nor clear it. What
  // clears it while it is empty here is left out.
  void check_table() {
    std::size_t last = 0;
    bool gathers = false;
    for (const auto& output : loop_.outputs)
      if (output.kind == RunOutput::Kind::results) {
        gathers = true;
        last = std::max(last, output.behind);
      }
    if (!gathers) return;
    bool filled = false;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      auto& stage = stages_[i];
      const auto use = table_use(stage);
      if (use == TableUse::none) continue;
      const bool clears_nothing = use == TableUse::clears && !filled;
      if (use == TableUse::reads || (use == TableUse::clears && filled) || i >= last)
        refuse(*origins_[i],
               "reads, clears or fills the Results table, which grows from image to image in a "
               "macro that saves it once for all",
               "save it for each image by imagej.save-as: {format: Results}, in place of "
               "imagej.append-results");
      filled = filled || use == TableUse::fills || stage.command == nullptr ||
               stage.command->stage == "analyze-particles";
      if (!clears_nothing) continue;
      if (stage.command->stage == "analyze-particles")
        stage.values.set("clear", false);
      else
        unneeded_.insert(i);
    }
    // From the end, so that places stay what they are.
    for (auto it = unneeded_.rbegin(); it != unneeded_.rend(); ++it) {
      stages_.erase(stages_.begin() + static_cast<std::ptrdiff_t>(*it));
      for (auto& output : loop_.outputs)
        if (output.behind > *it) --output.behind;
    }
  }

  const Pipeline& pipeline_;
  std::vector<MacroStage> stages_;
  std::vector<const PlannedStage*> origins_;
  imagej::FolderLoop loop_;
  std::vector<Diagnostic> problems_;
  bool in_session_ = false;
  std::string slot_;             ///< the one that is ImageJ's active image
  std::set<std::string> slots_;  ///< all that hold something
  std::set<std::size_t> unneeded_;
};

}  // namespace

std::string macro_of_pipeline(const Pipeline& pipeline) { return Converter(pipeline).convert(); }

}  // namespace smear
