// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "imagej/macro/call-code.h"
#include "imagej/macro/parser.h"
#include "imagej/macro/plan.h"

namespace smear::imagej {
namespace {

// Names that a macro's own variables hardly have.
constexpr const char* image_name = "imageName";
constexpr const char* image_stem = "imageStem";
constexpr const char* in_folder = "inFolder";
constexpr const char* out_folder = "outFolder";
constexpr const char* image_index = "imageIndex";
constexpr const char* image_count = "imageCount";

void rename(Expression& e) {
  static const std::map<std::string, std::string, std::less<>> names = {
      {"Input.name", image_name},   {"Input.stem", image_stem},   {"Input.directory", in_folder},
      {"Input.index", image_index}, {"Input.count", image_count}, {"Output.directory", out_folder}};
  if (e.kind == Expression::Kind::call)
    if (const auto found = names.find(e.text); found != names.end()) {
      e.kind = Expression::Kind::name;
      e.text = found->second;
      e.arguments.clear();
    }
  for (auto& one : e.arguments) rename(*one);
}
void rename(Statement& s) {
  if (s.target) rename(*s.target);
  if (s.value) rename(*s.value);
  for (auto* list : {&s.init, &s.step, &s.body})
    for (auto& one : *list) rename(*one);
}

// The macro as it is written: functions stand outside of the loop.
struct Writing {
  std::string lines;
  std::map<std::string, std::string> functions;
  std::map<std::string, std::string> globals;  ///< with the code of what they begin as

  void add(const std::string& line) {
    std::string indented;
    for (const char c : line) {
      indented += c;
      if (c == '\n') indented += "    ";
    }
    lines += "    " + indented + "\n";
  }

  void add_code(const std::string& code) {
    const auto program = parse_macro(code, "stage");
    for (const auto& one : program->statements) {
      auto copy = copy_of(*one);
      rename(*copy);
      if (copy->kind == Statement::Kind::variable) {
        globals.emplace(copy->text, "0");
        if (!copy->value) continue;
        add(copy->text + " = " + code_of(*copy->value) + ";");
        continue;
      }
      add(code_of(*copy));
    }
    for (const auto& [name, function] : program->functions) {
      Function copy;
      copy.name = name;
      copy.parameters = function.parameters;
      copy.body = copy_of(*function.body);
      rename(*copy.body);
      const std::string text = code_of(copy);
      if (const auto [there, added] = functions.emplace(name, text);
          !added && there->second != text)
        throw ConfigError(fmt::format("two stages have different functions '{}'", name));
    }
  }

  // Leaves files that the pipeline does not take, before they are opened.
  static std::string guard(const std::string& condition) {
    if (condition.empty()) return "";
    const auto program = parse_macro("taken = (" + condition + ");", "where");
    auto copy = copy_of(*program->statements.front());
    rename(*copy);
    return "    if (!(" + code_of(*copy->value) + ")) return;\n";
  }

  [[nodiscard]] std::string folder_macro(const std::string& behind, bool one_table,
                                         const std::string& condition) const {
    std::string macro =
        "// Argument: \"input folder|output folder\"\n"
        "// The first command makes ImageJ read its preferences, which must be before they are "
        "set.\n"
        "newImage(\"init\", \"8-bit black\", 4, 4, 1); run(\"Invert\"); close();\n"
        "setBatchMode(true);\n"
        "var inFolder = \"\", outFolder = \"\", imageIndex = 0, imageCount = 0;\n";
    for (const auto& [name, value] : globals) macro += "var " + name + " = " + value + ";\n";
    macro +=
        "parts = split(getArgument(), \"|\");\n"
        "inFolder = parts[0]; outFolder = parts[1];\n"
        "if (!endsWith(inFolder, \"/\")) inFolder = inFolder + \"/\";\n"
        "if (!endsWith(outFolder, \"/\")) outFolder = outFolder + \"/\";\n"
        "File.makeDirectory(outFolder);\n"
        "files = getFileList(inFolder);\n"
        "imageCount = files.length;\n"
        "for (f = 0; f < files.length; f++) {\n"
        "  imageIndex = f;\n"
        "  if (!endsWith(files[f], \"/\")) processFile(files[f]);\n"
        "}\n" +
        behind + "\nfunction processFile(imageName) {\n" + guard(condition) +
        (one_table ? "" : "    run(\"Clear Results\");\n") +
        "    roiManager(\"reset\");\n"
        "    open(inFolder + imageName);\n"
        "    imageStem = File.nameWithoutExtension;\n" +
        lines +
        "    run(\"Close All\");\n"
        "}\n";
    return macro;
  }
};

}  // namespace

std::string macro_of_stages(const std::vector<MacroStage>& stages, bool over_folder,
                            const std::vector<RunOutput>& outputs, const std::string& condition) {
  Writing writing;
  for (const auto& stage : stages) {
    if (stage.command == nullptr && stage.code.empty())
      throw ConfigError("ImageJ has no command for this stage");
    if (stage.command == nullptr)
      writing.add_code(stage.code);
    else
      writing.add(call_code(*stage.command, stage.values, {out_folder, image_name, image_stem}));
  }
  std::string behind;
  bool one_table = false;
  for (std::size_t i = 0; i < outputs.size() && over_folder; ++i) {
    const auto& output = outputs[i];
    const std::string path = std::string(out_folder) + " + " + string_code(output.path);
    if (output.kind == RunOutput::Kind::results) {
      one_table |= !output.summary;
      if (output.summary && !output.numbered) {
        behind += "Table.save(" + path + ", \"Summary\");\n";
        continue;
      }
      if (output.summary) behind += "IJ.renameResults(\"Summary\", \"Results\");\n";
      behind += "saveAs(\"Results\", " + path + ");\n";
      continue;
    }
    const std::string gathered = fmt::format("gathered{}", i + 1);
    writing.globals[gathered] = string_code(output.header);
    if (!output.code.empty())
      writing.add_code(gathered + " = " + gathered + " + " + output.code + ";");
    behind += "File.saveString(" + gathered +
              (output.footer.empty() ? "" : " + " + string_code(output.footer)) + ", " + path +
              ");\n";
  }
  std::string macro =
      over_folder ? writing.folder_macro(behind, one_table, condition) : writing.lines;
  for (const auto& [name, text] : writing.functions) macro += "\n" + text;
  return macro;
}

}  // namespace smear::imagej
