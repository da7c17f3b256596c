// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "imagej/macro/call-code.h"
#include "imagej/macro/parser.h"
#include "imagej/macro/plan.h"
#include "imagej/macro/settings.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {
namespace {

// Names that a macro's own variables hardly have.
constexpr const char* image_name = "imageName";
constexpr const char* image_stem = "imageStem";
constexpr const char* image_folder = "imageFolder";
constexpr const char* in_folder = "inFolder";
constexpr const char* out_folder = "outFolder";
constexpr const char* image_index = "imageIndex";
constexpr const char* image_count = "imageCount";

// Code that is written as it stands, in place of a call.
void become(Expression& e, Expression::Kind kind, std::string text) {
  e.kind = kind;
  e.text = std::move(text);
  e.arguments.clear();
}

// With `folders`, the image's folder within the input is part of the folders.
void rename(Expression& e, bool folders) {
  static const std::map<std::string, std::string, std::less<>> names = {
      {"Input.name", image_name},
      {"Input.stem", image_stem},
      {"Input.index", image_index},
      {"Input.count", image_count}};
  static const std::map<std::string, std::string, std::less<>> roots = {
      {"Input.directory", in_folder}, {"Output.directory", out_folder}};
  if (e.kind == Expression::Kind::call) {
    if (const auto found = names.find(e.text); found != names.end())
      become(e, Expression::Kind::name, found->second);
    else if (const auto root = roots.find(e.text); root != roots.end())
      become(e, Expression::Kind::name,
             folders ? root->second + " + " + image_folder : root->second);
  }
  for (auto& one : e.arguments) rename(*one, folders);
}
void rename(Statement& s, bool folders) {
  if (s.target) rename(*s.target, folders);
  if (s.value) rename(*s.value, folders);
  for (auto* list : {&s.init, &s.step, &s.body})
    for (auto& one : *list) rename(*one, folders);
}

std::string settings_code(const std::vector<MacroStage>& stages, const Preferences& preferences) {
  const auto needed = [&](SettingKind kind) { return is_needed(lasting_setting(kind), stages); };
  std::string code;
  if (needed(SettingKind::binary) || needed(SettingKind::iterations))
    code += fmt::format("    run(\"Options...\", \"iterations={} count={}{}{} edm={}\");\n",
                        preferences.binary_iterations, preferences.binary_count,
                        preferences.black_background ? " black" : "",
                        preferences.pad_edges ? " pad" : "", preferences.edm_output);
  if (needed(SettingKind::conversions))
    code += fmt::format("    run(\"Conversions...\", \"{}{}{}\");\n",
                        preferences.scale_conversions ? "scale" : "",
                        preferences.weighted_rgb ? " weighted" : "",
                        preferences.scale_conversions || preferences.weighted_rgb ? "" : " ");
  if (needed(SettingKind::measurements))
    code += "    run(\"Set Measurements...\", \"area mean min redirect=None decimal=3\");\n";
  if (needed(SettingKind::foreground) || needed(SettingKind::background))
    code += "    setForegroundColor(255, 255, 255);\n    setBackgroundColor(0, 0, 0);\n";
  if (needed(SettingKind::line_width)) code += "    run(\"Line Width...\", \"line=1\");\n";
  return code;
}

bool is_in_code(const MacroStage& stage, std::initializer_list<std::string_view> words) {
  return stage.command == nullptr && std::ranges::any_of(words, [&](std::string_view word) {
           return stage.code.find(word) != std::string::npos;
         });
}

// Whether the ROI Manager shows all selections afterwards, as it then does of the next image, too.
bool may_show_all(const MacroStage& stage) {
  if (stage.command == nullptr)
    return is_in_code(stage, {"Show All", "show all"}) ||
           (is_in_code(stage, {"Analyze Particles"}) && is_in_code(stage, {"add"}));
  if (stage.command->stage == "analyze-particles") return stage.values.flag("add");
  return use_of(stage).starts_with("roi-manager show all");
}

// Whether another table than Results may be in front afterwards.
bool may_change_front(const MacroStage& stage) {
  if (stage.command == nullptr)
    return is_in_code(stage, {"summarize", "Summary", "selectWindow", "renameResults"});
  if (stage.command->stage == "analyze-particles") return stage.values.flag("summarize");
  return stage.command->stage == "select-window" || stage.command->stage == "rename-results";
}

// The macro as it is written: functions stand outside of the loop.
class Writing {
 public:
  explicit Writing(const FolderLoop* loop) : loop_(loop), folders_(loop && loop->subfolders) {
    if (loop != nullptr && !loop->log.empty()) log_ = run_path(loop->log);
  }

  void add(const MacroStage& stage) {
    if (stage.command == nullptr && stage.code.empty())
      throw ConfigError("ImageJ has no command for this stage");
    if (stage.command == nullptr) return add_code(stage.code);
    for (const auto& key : stage.command->keys)
      if (names_file(*stage.command, key, &stage.values))
        if (const auto& path = stage.values.text(key.name); !path.empty()) add_folders_of(path);
    add_line(call_code(*stage.command, stage.values,
                       {out_folder, image_name, image_stem, folders_ ? image_folder : ""}));
  }

  // What each image adds to a text of the run. A variable holds it first: `text + 1 + 2` would be
  // "12", and `text + a > b` a comparison of texts.
  void add_text(const RunOutput& output) {
    auto& gathered = gathered_[output.path];
    if (gathered.empty()) {
      gathered = fmt::format("gathered{}", gathered_.size());
      globals_[gathered] = string_code(output.header);
      behind_ += "File.saveString(" + gathered +
                 (output.footer.empty() ? "" : " + " + string_code(output.footer)) + ", " +
                 run_path(output.path) + ");\n";
    }
    if (output.code.empty() || output.code == "\"\"") return;
    add_code("textOfImage = " + output.code + ";\n" + gathered + " = " + gathered +
             " + textOfImage;");
  }

  void add_table(const RunOutput& output) {
    one_table_ |= !output.summary;
    has_summary_ |= output.summary;
    const auto path = run_path(output.path);
    if (!output.summary)
      results_.push_back(path);
    else if (output.numbered)
      numbered_.push_back(path);
    else
      behind_ += "Table.save(" + path + ", \"Summary\");\n";
  }

  [[nodiscard]] std::string text(const std::vector<MacroStage>& stages) const {
    std::string macro = loop_ == nullptr ? lines_ : folder_macro(stages);
    for (const auto& [name, text] : functions_) macro += "\n" + text;
    return macro;
  }

 private:
  // saveAs takes the table in front. Summary becomes Results, to get numbers, when the other
  // Results are saved.
  [[nodiscard]] std::string saved_tables(const std::vector<MacroStage>& stages) const {
    std::string code;
    const bool select = has_summary_ || std::ranges::any_of(stages, may_change_front);
    for (const auto& path : results_)
      code += std::string(select ? "selectWindow(\"Results\");\n" : "") + "saveAs(\"Results\", " +
              path + ");\n";
    if (!numbered_.empty()) code += "IJ.renameResults(\"Summary\", \"Results\");\n";
    for (const auto& path : numbered_) code += "saveAs(\"Results\", " + path + ");\n";
    return code;
  }

  void add_line(const std::string& line) {
    std::string indented;
    for (const char c : line) {
      indented += c;
      if (c == '\n') indented += "    ";
    }
    lines_ += "    " + indented + "\n";
  }

  void add_code(const std::string& code) {
    const auto program = parse_macro(code, "stage");
    for (const auto& one : program->statements) {
      auto copy = copy_of(*one);
      rename(*copy, folders_);
      if (copy->kind == Statement::Kind::variable) {
        globals_.emplace(copy->text, "0");
        if (!copy->value) continue;
        add_line(copy->text + " = " + code_of(*copy->value) + ";");
        continue;
      }
      add_line(code_of(*copy));
    }
    for (const auto& [name, function] : program->functions) add_function(name, function);
  }

  void add_function(const std::string& name, const Function& function) {
    Function copy;
    copy.name = name;
    copy.parameters = function.parameters;
    copy.body = copy_of(*function.body);
    rename(*copy.body, folders_);
    const std::string text = code_of(copy);
    if (const auto [there, added] = functions_.emplace(name, text); !added && there->second != text)
      throw ConfigError(fmt::format("two stages have different functions '{}'", name));
  }

  // ImageJ saves into folders that are there: one that depends on the image's name is made with the
  // image, one that depends on its folder with that, and others at the beginning.
  void add_folders_of(const std::string& name_template) {
    const PathNames names{out_folder, image_name, image_stem, folders_ ? image_folder : ""};
    for (auto slash = name_template.find('/'); slash != std::string::npos;
         slash = name_template.find('/', slash + 1)) {
      const std::string folder = name_template.substr(0, slash + 1);
      const bool of_image = folder.find("{name}") != std::string::npos ||
                            folder.find("{stem}") != std::string::npos ||
                            folder.find("{id}") != std::string::npos ||
                            folder.find("{path}") != std::string::npos;
      const auto line = "File.makeDirectory(" + path_code(folder, names) + ");";
      if (of_image)
        add_folder(of_image_, "    " + line);
      else if (folder != "{dir}/")
        add_folder(folder.find("{dir}") == std::string::npos ? of_run_ : of_folder_, line);
    }
    // A name with the image's path lies in a folder, too, that the template does not show.
    for (const char* path : {"{id}", "{path}"})
      if (const auto at = name_template.find(path); folders_ && at != std::string::npos)
        add_folder(of_folder_, "File.makeDirectory(" +
                                   path_code(name_template.substr(0, at) + "{dir}/", names) + ");");
  }
  static void add_folder(std::vector<std::string>& lines, const std::string& line) {
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(line);
  }

  std::string run_path(const std::string& path) {
    add_folders_of(path);
    return path_code(path, {out_folder, "", "", ""});
  }

  // Leaves files that the pipeline does not take, before they are opened.
  [[nodiscard]] std::string guard() const {
    if (loop_->condition.empty()) return "";
    const auto program = parse_macro("taken = (" + loop_->condition + ");", "where");
    auto copy = copy_of(*program->statements.front());
    rename(*copy, folders_);
    return "    if (!" + code_of(*copy->value) + ") return;\n";
  }

  [[nodiscard]] std::string folder_walk() const {
    if (!folders_)
      return "files = getFileList(inFolder);\n"
             "imageCount = files.length;\n"
             "for (f = 0; f < files.length; f++) {\n"
             "  imageIndex = f;\n"
             "  if (!endsWith(files[f], \"/\")) processFile(files[f]);\n"
             "}\n";
    return "processFolder(\"\");\n";
  }

  [[nodiscard]] std::string saved_log() const {
    if (log_.empty()) return "";
    return printed(loop_->log_foot) + "selectWindow(\"Log\");\nsaveAs(\"Text\", " + log_ + ");\n";
  }

  // Calls of `print` with the lines of a text.
  static std::string printed(const std::string& lines) {
    std::string code;
    for (std::size_t at = 0; at < lines.size();) {
      const auto end = std::min(lines.find('\n', at), lines.size());
      code += "print(" + string_code(lines.substr(at, end - at)) + ");\n";
      at = end + 1;
    }
    return code;
  }

  // ImageJ's getFileList gives the folders a slash at their end.
  [[nodiscard]] std::string folder_function() const {
    if (!folders_) return "";
    std::string code =
        "\nfunction processFolder(imageFolder) {\n"
        "  File.makeDirectory(outFolder + imageFolder);\n";
    for (const auto& line : of_folder_) code += "  " + line + "\n";
    return code +
           "  files = getFileList(inFolder + imageFolder);\n"
           "  for (f = 0; f < files.length; f++) {\n"
           "    imageIndex = f;\n"
           "    imageCount = files.length;\n"
           "    if (endsWith(files[f], \"/\")) processFolder(imageFolder + files[f]);\n"
           "    else processFile(imageFolder, files[f]);\n"
           "  }\n"
           "}\n";
  }

  [[nodiscard]] static bool is_first(const std::vector<MacroStage>& stages, std::string_view stage,
                                     std::string_view argument = "") {
    for (const auto& one : stages) {
      if (one.command == nullptr) return false;
      if (one.command->stage == stage &&
          (argument.empty() || one.values.text(one.command->keys.front().name) == argument))
        return true;
      if (one.command->stage != "clear-results" && one.command->stage != "roi-manager")
        return false;
    }
    return false;
  }

  [[nodiscard]] std::string folder_macro(const std::vector<MacroStage>& stages) const {
    std::string macro =
        "// Argument: \"input folder|output folder\"\n"
        "// The first command makes ImageJ read its preferences, which must be before they are "
        "set.\n"
        "newImage(\"init\", \"8-bit black\", 4, 4, 1); run(\"Invert\"); close();\n"
        "setBatchMode(true);\n"
        "var inFolder = \"\", outFolder = \"\", imageIndex = 0, imageCount = 0;\n";
    for (const auto& [name, value] : globals_) macro += "var " + name + " = " + value + ";\n";
    macro +=
        "parts = split(getArgument(), \"|\");\n"
        "inFolder = parts[0]; outFolder = parts[1];\n"
        "if (!endsWith(inFolder, \"/\")) inFolder = inFolder + \"/\";\n"
        "if (!endsWith(outFolder, \"/\")) outFolder = outFolder + \"/\";\n"
        "File.makeDirectory(outFolder);\n";
    for (const auto& line : of_run_) macro += line + "\n";
    if (!log_.empty()) macro += "print(\"\\\\Clear\");\n" + printed(loop_->log_head);
    macro += folder_walk() + behind_ + saved_tables(stages) + saved_log() + folder_function();
    macro += folders_ ? "\nfunction processFile(imageFolder, imageName) {\n"
                      : "\nfunction processFile(imageName) {\n";
    macro += guard();
    if (!one_table_ && !is_first(stages, "clear-results")) macro += "    run(\"Clear Results\");\n";
    if (!is_first(stages, "roi-manager", "reset")) macro += "    roiManager(\"reset\");\n";
    macro += folders_ ? "    open(inFolder + imageFolder + imageName);\n"
                      : "    open(inFolder + imageName);\n";
    macro += "    imageStem = File.nameWithoutExtension;\n";
    const bool shows_all = std::ranges::any_of(stages, may_show_all);
    if (shows_all) macro += "    roiManager(\"Show None\");\n";
    for (const auto& line : of_image_) macro += line + "\n";
    macro += settings_code(stages, loop_->preferences) + lines_;
    const bool closed = !stages.empty() && stages.back().command != nullptr &&
                        stages.back().command->stage == "close-all";
    // Show None is about an image: there may be none left where a stage closes one.
    const bool has_image = std::ranges::none_of(stages, [](const MacroStage& stage) {
      return stage.command == nullptr ? is_in_code(stage, {"close", "Close"})
                                      : stage.command->stage.starts_with("close");
    });
    const char* none = shows_all && has_image ? "roiManager(\"Show None\"); " : "";
    if (!closed) macro += fmt::format("    {}run(\"Close All\");\n", none);
    return macro + "}\n";
  }

  const FolderLoop* loop_;
  bool folders_;
  std::string lines_;
  std::string behind_;
  std::vector<std::string> results_;             ///< paths of the Results table, as code
  std::vector<std::string> numbered_;            ///< likewise of the Summary table with numbers
  std::vector<std::string> of_run_;              ///< lines that make folders
  std::vector<std::string> of_folder_;           ///< likewise, for each folder of the input
  std::vector<std::string> of_image_;            ///< likewise, for each image
  std::map<std::string, std::string> gathered_;  ///< variables, by the file of the run
  std::map<std::string, std::string> functions_;
  std::map<std::string, std::string> globals_;  ///< with the code of what they begin as
  std::string log_;                             ///< path of what is printed, as code
  bool one_table_ = false;
  bool has_summary_ = false;
};

}  // namespace

std::string macro_of_stages(const std::vector<MacroStage>& stages,
                            const std::optional<FolderLoop>& loop) {
  Writing writing(loop ? &*loop : nullptr);
  static const std::vector<RunOutput> none;
  const auto& outputs = loop ? loop->outputs : none;
  const auto add_outputs = [&](std::size_t from, std::size_t to) {
    for (const auto& output : outputs)
      if (output.behind >= from && output.behind < to) {
        if (output.kind == RunOutput::Kind::results)
          writing.add_table(output);
        else
          writing.add_text(output);
      }
  };
  for (std::size_t i = 0; i < stages.size(); ++i) {
    add_outputs(i, i + 1);
    writing.add(stages[i]);
  }
  constexpr auto end = static_cast<std::size_t>(-1);
  add_outputs(stages.size(), end);
  for (const auto& output : outputs)
    if (output.behind == end) {
      if (output.kind == RunOutput::Kind::results)
        writing.add_table(output);
      else
        writing.add_text(output);
    }
  return writing.text(stages);
}

}  // namespace smear::imagej
