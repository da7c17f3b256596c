// SPDX-License-Identifier: Apache-2.0
// Macros as stages: what becomes of each statement, files and parameters.
#include "imagej/macro/plan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "commands.h"
#include "imagej/macro/interpreter.h"
#include "imagej/macro/origin.h"
#include "imagej/macro/parser.h"

namespace smear::imagej::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

MacroPlan plan_of(const std::string& macro, std::map<std::string, std::string> parameters = {}) {
  static const CommandTable table = macro_commands();
  PlanOptions options;
  options.table = &table;
  options.parameters = std::move(parameters);
  return plan_macro(macro, "t.ijm", options);
}

// "line: command key=value ..." or "line: code" of each stage.
std::vector<std::string> stages_of(const MacroPlan& plan) {
  std::vector<std::string> all;
  for (const auto& stage : plan.stages) {
    std::string line = fmt::format("{}: ", stage.line);
    if (stage.command == nullptr) {
      line += stage.code;
    } else {
      line += stage.command->name;
      for (const auto& key : stage.command->keys) {
        if (!stage.values.given(key.name)) continue;
        line += " " + key.name;
        if (key.kind == Key::Kind::number)
          line += fmt::format("={}", stage.values.number(key.name));
        else if (key.kind != Key::Kind::flag)
          line += "=" + stage.values.text(key.name);
      }
    }
    all.push_back(line);
  }
  return all;
}

TEST(MacroPlan, TakesStatementsOnTheActiveImage) {
  const auto plan = plan_of(
      "run(\"8-bit\");\nrun(\"Gaussian Blur...\", \"sigma=2\");\nsetAutoThreshold(\"Otsu dark\");");
  EXPECT_EQ(plan.form, MacroPlan::Form::one_image);
  EXPECT_THAT(stages_of(plan), ElementsAre("1: 8-bit", "2: Gaussian Blur... sigma=2",
                                           "3: setAutoThreshold method=Otsu dark",
                                           "0: saveAs format=Tiff path={dir}/{stem}.tif"));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("Process > Batch > Macro")));
}

TEST(MacroPlan, SavesResultsOfAMacroThatMeasures) {
  EXPECT_THAT(stages_of(plan_of("run(\"Measure\");")),
              ElementsAre("1: Measure", "0: saveAs format=Results path={dir}/{stem}.csv",
                          "0: saveAs format=Tiff path={dir}/{stem}.tif"));
}

TEST(MacroPlan, SavesSelectionsOfAMacroThatAddsSome) {
  const auto stages = stages_of(
      plan_of("setThreshold(0, 99);\nrun(\"Analyze Particles...\", \"size=0-Infinity add\");"));
  ASSERT_EQ(stages.size(), 4U);
  EXPECT_THAT(stages[2], HasSubstr("_RoiSet.zip"));
  EXPECT_THAT(stages[3], HasSubstr("saveAs format=Tiff"));
}

TEST(MacroPlan, TakesARecordedMacroForEachImage) {
  const auto plan = plan_of(
      "open(\"/home/me/in/blood1.jpg\");\nrun(\"8-bit\");\nsaveAs(\"Tiff\", "
      "\"/home/me/out/blood1_mask.tif\");\n"
      "saveAs(\"PNG\", \"/home/me/out/png/view.png\");");
  EXPECT_EQ(plan.form, MacroPlan::Form::recorded);
  EXPECT_THAT(stages_of(plan),
              ElementsAre("2: 8-bit", "3: saveAs format=Tiff path={dir}/{stem}_mask.tif",
                          "4: saveAs format=PNG path={dir}/png/{stem}_view.png"));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("'blood1.jpg' stands for each image")));
}

TEST(MacroPlan, SavesSelectionsByCode) {
  EXPECT_THAT(
      stages_of(plan_of("open(\"/home/me/in/blood1.jpg\");\nroiManager(\"Save\", "
                        "\"/home/me/out/blood1_rois.zip\");")),
      ElementsAre("2: roiManager(\"Save\", Output.directory + Input.stem + \"_rois.zip\");"));
}

TEST(MacroPlan, ExecutesWhatIsKnown) {
  EXPECT_THAT(
      stages_of(plan_of(
          "n = 2; s = newArray(1, 3);\nfor (i = 0; i < n; i++) blur(s[i]);\n"
          "if (n > 5) run(\"Invert\"); else run(\"Erode\");\n"
          "function blur(x) { if (x == 1) return; run(\"Gaussian Blur...\", \"sigma=\" + x); }\n"
          "k = 0; do { k++; if (k != 2) run(\"Dilate\"); } while (k < 3);")),
      ElementsAre("4: Gaussian Blur... sigma=3", "3: Erode", "5: Dilate", "5: Dilate",
                  "0: saveAs format=Tiff path={dir}/{stem}.tif"));
}

TEST(MacroPlan, LeavesWhatDependsOnTheImageAsCode) {
  EXPECT_THAT(
      stages_of(plan_of(
          "limit = 100;\ngetStatistics(area, mean);\nif (mean > limit) { run(\"Invert\"); limit = "
          "3; }\n"
          "setThreshold(0, mean / 2);\nt = limit + 1;\nsaveAs(\"Tiff\", getTitle + \".tif\");")),
      ElementsAre("2: getStatistics(area, mean);",
                  "3: limit = 100;\nif (mean > 100) {\n  run(\"Invert\");\n  limit = 3;\n}",
                  "4: setThreshold(0, mean / 2);", "5: t = limit + 1;",
                  "6: saveAs(\"Tiff\", getTitle + \".tif\");"));
}

TEST(MacroPlan, PutsFunctionsAndLoopsIntoTheCode) {
  const auto stages = stages_of(plan_of(
      "var total = 0;\nfor (r = 0; r < nResults; r++) add(getResult(\"Area\", r));\nprint(total);\n"
      "function add(x) { total = total + x; }\nsaveAs(\"Tiff\", File.name);"));
  ASSERT_EQ(stages.size(), 3U);
  EXPECT_EQ(stages[0],
            "2: r = 0;\nvar total = 0;\nfor (; r < nResults; r++)\n  add(getResult(\"Area\", r));\n"
            "function add(x) {\n  total = total + x;\n}\n");
  EXPECT_EQ(stages[1], "3: print(total);");
}

TEST(MacroPlan, PutsTheRestBehindAReturnIntoElse) {
  const auto stages =
      stages_of(plan_of("n = count();\nprint(n);\nfunction count() {\n  run(\"8-bit\");\n  "
                        "getStatistics(a, m);\n  if (m < 3) return 0;\n"
                        "  run(\"Invert\");\n  return m;\n}\nsaveAs(\"Tiff\", File.name);"));
  ASSERT_EQ(stages.size(), 6U);
  EXPECT_EQ(stages[2],
            "6: if (m < 3) {\n  result_1 = 0;\n} else {\n  run(\"Invert\");\n  result_1 = m;\n}");
  EXPECT_EQ(stages[3], "1: n = result_1;");
}

constexpr const char* counting =
    R"(newImage("start", "8-bit black", 4, 4, 1); run("Invert"); close();
setBatchMode(true);
setOption("BlackBackground", true);
var table = "Image,Count\n", from = "", to = "";
folders = split(getArgument(), "|");
from = folders[0];  to = folders[1];
if (!endsWith(from, "/")) from = from + "/";
if (!endsWith(to, "/"))   to = to + "/";
File.makeDirectory(to);
run("Set Measurements...", "area mean min display redirect=None decimal=3");
names = getFileList(from);
for (k = 0; k < names.length; k++)
    if (endsWith(names[k], ".jpg") || endsWith(names[k], ".png"))
        work(names[k]);
File.saveString(table, to + "Counts.csv");
function work(name) {
    open(from + name);
    stem = File.nameWithoutExtension;
    run("8-bit");
    setAutoThreshold("Otsu");
    run("Convert to Mask");
    roiManager("reset");
    run("Analyze Particles...", "size=30-Infinity show=Nothing display exclude clear add");
    n = nResults;
    if (n > 0) {
        saveAs("Results", to + stem + "_Results.csv");
        roiManager("Save", to + stem + "_RoiSet.zip");
    }
    saveAs("Tiff", to + stem + "_mask.tif");
    table = table + name + "," + n + "\n";
    close();
}
)";

TEST(MacroPlan, TakesALoopOverAFolder) {
  const auto plan = plan_of(counting);
  EXPECT_EQ(plan.form, MacroPlan::Form::folder);
  EXPECT_FALSE(plan.subfolders);
  EXPECT_THAT(plan.include, ElementsAre("*.jpg", "*.png"));
  EXPECT_TRUE(takes(plan, "a.jpg"));
  EXPECT_FALSE(takes(plan, "a.JPG")) << "endsWith tells upper from lower case";
  EXPECT_FALSE(takes(plan, "a.tif"));
  EXPECT_THAT(
      stages_of(plan),
      ElementsAre(
          "3: setOption option=BlackBackground value",
          "10: Set Measurements... area mean min display redirect=None decimal=3", "19: 8-bit",
          "20: setAutoThreshold method=Otsu", "21: Convert to Mask", "22: roiManager command=Reset",
          "23: Analyze Particles... size=30-Infinity show=Nothing display exclude clear add",
          "24: n = nResults;",
          "25: stem = Input.stem;\nto = Output.directory;\nif (n > 0) {\n"
          "  saveAs(\"Results\", to + stem + \"_Results.csv\");\n"
          "  roiManager(\"Save\", to + stem + \"_RoiSet.zip\");\n}",
          "29: saveAs format=Tiff path={dir}/{stem}_mask.tif",
          "30: table = \"\";\ntable = table + Input.name + \",\" + n + \"\\n\";", "31: close"));
  ASSERT_EQ(plan.outputs.size(), 1U);
  EXPECT_EQ(plan.outputs[0].kind, RunOutput::Kind::text);
  EXPECT_EQ(plan.outputs[0].path, "Counts.csv");
  EXPECT_EQ(plan.outputs[0].header, "Image,Count\n");
  EXPECT_EQ(plan.outputs[0].code, "table");
  EXPECT_EQ(plan.outputs[0].line, 15);
}

class Silent final : public Host {
 public:
  void save(const std::string& path,
            const std::function<void(const std::filesystem::path&)>&) override {
    saved.push_back(path);
  }
  std::filesystem::path locate(const std::string& path) override { return path; }
  void print(const std::string&) override {}
  std::vector<std::string> saved;
};

TEST(MacroPlan, MakesCodeThatRuns) {
  const auto table = macro_commands();
  PlanOptions options;
  options.table = &table;
  const auto plan = plan_macro(counting, "t.ijm", options);
  Session session;
  session.open(ImagePlus("a.jpg", cv::Mat(4, 4, CV_8UC1, cv::Scalar(9))));
  Silent host;
  const MacroContext context{"a.jpg", "a", "/IN/", "/OUT/"};
  for (const auto& stage : plan.stages) {
    if (stage.command != nullptr)
      execute(*stage.command, session, stage.values, host);
    else
      run_macro(*parse_macro(stage.code, "stage"), session, host, context, table);
  }
  EXPECT_EQ(macro_text_of(plan.outputs[0].code, session, host, context, table), "a.jpg,0\n");
}

constexpr const char* template_macro =
    R"(#@ File (label = "Input directory", style = "directory") input
#@ File (label = "Output directory", style = "directory") output
#@ String (label = "File suffix", value = ".tif") suffix
processFolder(input);
function processFolder(input) {
  list = getFileList(input);
  list = Array.sort(list);
  for (i = 0; i < list.length; i++) {
    if (File.isDirectory(input + File.separator + list[i]))
      processFolder(input + File.separator + list[i]);
    if (endsWith(list[i], suffix))
      processFile(input, output, list[i]);
  }
}
function processFile(input, output, file) {
  open(input + File.separator + file);
  run("8-bit");
  dot = lastIndexOf(file, ".");
  saveAs("Tiff", output + File.separator + substring(file, 0, dot) + "_8.tif");
  close();
}
)";

TEST(MacroPlan, TakesTheTemplateForFoldersWithFoldersInThem) {
  const auto plan = plan_of(template_macro);
  EXPECT_TRUE(plan.subfolders);
  EXPECT_THAT(plan.include, ElementsAre("*.tif"));
  EXPECT_THAT(
      stages_of(plan),
      ElementsAre("17: 8-bit", "19: saveAs format=Tiff path={dir}/{stem}_8.tif", "20: close"));
  EXPECT_TRUE(takes(plan_of(template_macro, {{"suffix", ".png"}}), "a.png"));
}

TEST(MacroPlan, UnderstandsOtherWaysToLoop) {
  const std::string head =
      "in = getDirectory(\"In\"); out = getDirectory(\"Out\"); list = getFileList(in);\n";
  const std::string body =
      "open(in + list[i]); run(\"8-bit\"); saveAs(\"PNG\", out + list[i]); close(); ";
  for (const std::string& loop :
       {"for (i = list.length - 1; i >= 0; i--) { " + body + "}",
        "i = 0; while (i < list.length) { " + body + "i++; }",
        "n = lengthOf(list); for (i = 0; i != n; i += 1) { showProgress(i, n); " + body + "}",
        "for (i = 0; i <= list.length - 1; i = i + 1) { " + body + "}"})
    EXPECT_THAT(stages_of(plan_of(head + loop)),
                ElementsAre("2: 8-bit", "2: saveAs format=PNG path={dir}/{name}", "2: close"))
        << loop;
}

constexpr const char* folder_head =
    "in = getDirectory(\"In\"); out = getDirectory(\"Out\"); list = getFileList(in);\n";

TEST(MacroPlan, GivesThePositionOfAnImageInItsFolder) {
  auto plan = plan_of(std::string(folder_head) +
                      "for (i = 0; i < list.length; i++) {\n"
                      "print((\"\" + (i + 1)) + \"/\" + list.length);\n"
                      "open(in + list[i]); if (i == 0) run(\"Clear Results\");\n"
                      "setResult(\"N\", i, i); close(); }");
  EXPECT_THAT(stages_of(plan),
              ElementsAre("3: print((\"\" + (Input.index + 1)) + \"/\" + Input.count);",
                          "4: if (Input.index == 0)\n  run(\"Clear Results\");",
                          "5: setResult(\"N\", 0, Input.index);", "5: close"));
}

TEST(MacroPlan, FindsTheStepOfAWhileLoopWhereItStands) {
  const auto plan = plan_of(std::string(folder_head) +
                            "i = 0; while (i < list.length) { name = list[i]; i++;\n"
                            "if (endsWith(name, \".txt\")) continue;\n"
                            "open(in + name); run(\"8-bit\"); close(); }");
  EXPECT_THAT(stages_of(plan), ElementsAre("4: 8-bit", "4: close"));
  EXPECT_FALSE(takes(plan, "a.txt"));
}

TEST(MacroPlan, LeavesOutWhatOnlyCounts) {
  const auto plan = plan_of(
      "in = getDirectory(\"In\"); count = 0; countFiles(in); n = 0; processFiles(in);\n"
      "function countFiles(dir) { list = getFileList(dir);\n"
      "for (i = 0; i < list.length; i++) { if (endsWith(list[i], \"/\"))\n"
      "countFiles(\"\" + dir + list[i]); else count++; } }\n"
      "function processFiles(dir) { list = getFileList(dir);\n"
      "for (i = 0; i < list.length; i++) {\n"
      "showProgress(n++, count); open(dir + list[i]); run(\"8-bit\"); close(); } }");
  EXPECT_THAT(stages_of(plan), ElementsAre("7: 8-bit", "7: close"));
}

TEST(MacroPlan, KeepsThePlacesOfCode) {
  const auto plan = plan_of(
      "run(\"8-bit\");\nfunction f(k) {\n  return getResult(\"Mean\",\n k + 5);\n}\n"
      "if (getWidth() > 3) {\n  // why\n  x = f(1);\n}");
  ASSERT_EQ(plan.stages.size(), 3U);
  const auto& code = plan.stages[1];
  const auto program = parse_macro_from(
      code.code, "code", {"t.ijm", {code.line, code.column}, code.code, code.places});
  const auto& branch = *program->statements.back();
  EXPECT_EQ(program->file, "t.ijm");
  EXPECT_EQ(branch.place.line, 6);
  const Statement& assignment = *branch.body[0]->body[0];
  EXPECT_EQ(assignment.place.line, 8);
  EXPECT_EQ(assignment.value->place.column, 7);
  const Statement& give = *program->functions.at("f").body->body[0];
  EXPECT_EQ(give.value->place.line, 3);
  EXPECT_EQ(give.value->arguments[1]->place.line, 4);
}

TEST(MacroPlan, TurnsConditionsOnNamesIntoAFilter) {
  const std::string head =
      "in = \"/data/in/\"; list = getFileList(in);\nfor (i = 0; i < list.length; i++) {\n";
  const std::string body =
      "open(in + list[i]); run(\"8-bit\"); saveAs(\"PNG\", \"/data/out/\" + list[i]); close(); ";
  auto plan =
      plan_of(head + "if (!endsWith(toLowerCase(list[i]), \".tif\")) continue;\n" + body + "}");
  EXPECT_TRUE(takes(plan, "B.TIF"));
  EXPECT_FALSE(takes(plan, "B.png"));
  EXPECT_THAT(stages_of(plan),
              ElementsAre("4: 8-bit", "4: saveAs format=PNG path={dir}/{name}", "4: close"));
  EXPECT_THAT(plan.include, ElementsAre("*.tif"));
  plan = plan_of(head +
                 "if (matches(list[i], \"A[0-9]+.jpg\")) { if (indexOf(list[i], \"x\") < 0) { " +
                 body + "} } }");
  EXPECT_TRUE(takes(plan, "A12.jpg"));
  EXPECT_FALSE(takes(plan, "Ax.jpg"));
}

// Functions and loops that tell by the name whether a file is an image.
TEST(MacroPlan, PutsWaysThroughConditionsOnNamesTogether) {
  const auto macro = [](const std::string& condition, const std::string& function = "") {
    return "in = \"/data/in/\"; list = getFileList(in); ends = newArray(\".tif\", \".PNG\");\n"
           "for (i = 0; i < list.length; i++) {\n" +
           condition + " { open(in + list[i]); run(\"8-bit\"); close(); }\n}\n" + function;
  };
  auto plan = plan_of(macro("if (isImage(list[i]))",
                            "function isImage(n) { e = newArray(\".tif\", \".png\");\n"
                            "for (k = 0; k < e.length; k++) { if (endsWith(toLowerCase(n), e[k])) "
                            "return true; }\nreturn false; }"));
  EXPECT_EQ(plan.condition,
            "((endsWith(toLowerCase(Input.name), \".tif\") || "
            "endsWith(toLowerCase(Input.name), \".png\")))");
  EXPECT_THAT(plan.include, ElementsAre("*.tif", "*.png"));
  EXPECT_THAT(stages_of(plan), ElementsAre("3: 8-bit", "3: close"));
  plan =
      plan_of(macro("ok = false;\nfor (k = 0; k < 2; k++)\n"
                    "if (endsWith(list[i], ends[k])) { ok = true; break; }\nif (ok)"));
  EXPECT_TRUE(takes(plan, "a.tif"));
  EXPECT_TRUE(takes(plan, "a.PNG"));
  EXPECT_FALSE(takes(plan, "a.png"));
  plan = plan_of(macro("if (!wanted(list[i]) || startsWith(list[i], \"x\"))",
                       "function wanted(n) { if (startsWith(n, \"a\")) { if (endsWith(n, \"b\")) "
                       "return false; else return endsWith(n, \"c\"); } return endsWith(n, \"d\"); "
                       "}"));
  EXPECT_TRUE(takes(plan, "a-b"));
  EXPECT_FALSE(takes(plan, "a-c"));
  EXPECT_TRUE(takes(plan, "a-d"));
  EXPECT_FALSE(takes(plan, "y-d"));
  EXPECT_TRUE(takes(plan, "y-c"));
  EXPECT_TRUE(takes(plan, "x-d"));
  // What is not true or false, or could stop for names that the macro does not look at, is asked
  // with the image at hand.
  for (const auto& one : {macro("k = 0;\nif (endsWith(list[i], \"a\")) k = 2;\nif (k == 2)"),
                          macro("if (isImage(list[i]))",
                                "function isImage(n) { if (lengthOf(n) < 5) return false;\n"
                                "return substring(n, 4) == \"x\"; }")}) {
    plan = plan_of(one);
    EXPECT_EQ(plan.condition, "");
    EXPECT_THAT(stages_of(plan).back(), HasSubstr("open("));
  }
}

TEST(MacroPlan, GathersTablesOfTheRun) {
  const std::string head =
      "in = getDirectory(\"In\"); out = getDirectory(\"Out\"); list = getFileList(in);\n"
      "for (i = 0; i < list.length; i++) { open(in + list[i]); ";
  auto plan =
      plan_of(head + "run(\"Measure\"); close(); }\nsaveAs(\"Results\", out + \"all.csv\");");
  ASSERT_EQ(plan.outputs.size(), 1U);
  EXPECT_EQ(plan.outputs[0].kind, RunOutput::Kind::results);
  EXPECT_EQ(plan.outputs[0].path, "all.csv");
  plan = plan_of("File.saveString(\"name\\n\", \"/o/t.csv\");" + head +
                 "File.append(list[i], \"/o/t.csv\"); setResult(\"N\", nResults, 3); close(); }");
  ASSERT_EQ(plan.outputs.size(), 1U);
  EXPECT_EQ(plan.outputs[0].kind, RunOutput::Kind::text);
  EXPECT_EQ(plan.outputs[0].header, "name\n");
  EXPECT_EQ(plan.outputs[0].path, "t.csv");
}

TEST(MacroPlan, GathersTheSummaryTable) {
  const std::string head =
      "in = getDirectory(\"In\"); out = getDirectory(\"Out\"); list = getFileList(in);\n"
      "for (i = 0; i < list.length; i++) { open(in + list[i]); run(\"8-bit\"); "
      "run(\"Analyze Particles...\", \"display summarize\"); ";
  const auto outputs = [&](const std::string& rest) {
    std::vector<std::string> all;
    for (const auto& output : plan_of(head + rest).outputs)
      all.push_back(output.path + (output.summary ? " of Summary" : "") +
                    (output.numbered ? ", numbered" : ""));
    return all;
  };
  EXPECT_THAT(outputs("close(); }\nselectWindow(\"Summary\"); saveAs(\"Text\", out + \"s.csv\");"),
              ElementsAre("s.csv of Summary"));
  EXPECT_THAT(outputs("close(); }\nselectWindow(\"Results\"); saveAs(\"Text\", out + \"r.csv\");"
                      "Table.save(out + \"s.csv\", \"Summary\");"),
              ElementsAre("r.csv", "s.csv of Summary"));
  EXPECT_THAT(outputs("Table.save(out + \"s.csv\", \"Summary\"); close(); }"),
              ElementsAre("s.csv of Summary"));
  EXPECT_THAT(outputs("close(); }\nIJ.renameResults(\"Summary\", \"Results\"); "
                      "saveAs(\"Results\", out + \"s.csv\");"),
              ElementsAre("s.csv of Summary, numbered"));
  EXPECT_THAT(outputs("saveAs(\"Results\", out + list[i] + \".csv\"); close(); }"), ElementsAre());
}

TEST(MacroPlan, TakesRowsFromTheTablesEnd) {
  const auto plan = plan_of(
      "in = getDirectory(\"In\"); list = getFileList(in);\n"
      "for (i = 0; i < list.length; i++) { open(in + list[i]);\n"
      "start = nResults;\nrun(\"Measure\");\nx = getResult(\"Area\", nResults - 1);\n"
      "for (r = start; r < nResults; r++) setResult(\"N\", r, r - start);\n"
      "n = nResults - start;\nrow = nResults;\nrow++;\nsetResult(\"M\", row - 1, n + x); }\n"
      "saveAs(\"Results\", \"/o/all.csv\");");
  EXPECT_THAT(
      stages_of(plan),
      testing::IsSupersetOf({"3: start = nResults;", "5: x = getResult(\"Area\", nResults - 1);"}));
}

// A loop that tidies up behind each image begins the next one with nothing.
TEST(MacroPlan, SeesWhatIsClearedAtTheEndOfEachPass) {
  const auto macro = [](const std::string& middle, const std::string& end) {
    return "d = getDirectory(\"a\"); o = getDirectory(\"b\"); list = getFileList(d);\n"
           "for (i = 0; i < list.length; i++) {\n  if (!endsWith(list[i], \".jpg\")) continue;\n"
           "  open(d + list[i]); run(\"8-bit\"); run(\"Measure\");\n  " +
           middle + "\n  saveAs(\"Results\", o + list[i] + \".csv\");\n  " + end + "\n}\n";
  };
  EXPECT_EQ(plan_of(macro("", "run(\"Clear Results\"); close();")).form, MacroPlan::Form::folder);
  EXPECT_EQ(plan_of(macro("", "close(); if (nResults > 0) run(\"Clear Results\");")).form,
            MacroPlan::Form::folder);
  EXPECT_THROW(plan_of(macro("", "close();")), MacroError);
  EXPECT_THROW(plan_of(macro("", "run(\"Clear Results\"); run(\"Measure\"); close();")),
               MacroError);
  EXPECT_THROW(plan_of(macro("if (nResults > 3) { close(); continue; }",
                             "run(\"Clear Results\"); close();")),
               MacroError);
}

// What is emptied on every way is empty, whatever the conditions are.
TEST(MacroPlan, FollowsWhatIsEmptiedInBranchesAndFunctions) {
  const auto macro = [](const std::string& body, const std::string& behind = "") {
    return "d = getDirectory(\"a\"); o = getDirectory(\"b\"); list = getFileList(d);\n"
           "for (i = 0; i < list.length; i++) {\n" +
           body + "close(); }\n" + behind;
  };
  const std::string add =
      "open(d + list[i]); run(\"Analyze Particles...\", \"size=9-Infinity add\");\n";
  const std::string save = "roiManager(\"Save\", o + list[i] + \".zip\"); ";
  const std::string del = "roiManager(\"Deselect\"); roiManager(\"Delete\"); ";
  const auto fits = [&](const std::string& body, const std::string& behind = "") {
    return plan_of(macro(body, behind)).form == MacroPlan::Form::folder;
  };
  EXPECT_TRUE(fits(add + "n = roiManager(\"count\"); if (n > 0) { " + save + del + "} "));
  EXPECT_TRUE(
      fits(add + "if (roiManager(\"count\") != 0) { " + save + "roiManager(\"reset\"); } "));
  EXPECT_TRUE(fits("if (roiManager(\"count\") > 0) roiManager(\"reset\");" + add + save));
  EXPECT_TRUE(
      fits("if (isOpen(\"ROI Manager\")) { selectWindow(\"ROI Manager\"); "
           "run(\"Close\"); }" +
           add + save));
  EXPECT_TRUE(fits(add + "while (roiManager(\"count\") > 0) { " + save +
                   "roiManager(\"select\", 0); roiManager(\"Delete\"); }"));
  EXPECT_TRUE(fits("if (count(i) > 2) run(\"Invert\"); saveAs(\"Results\", o + list[i]); ",
                   "function count(i) { open(d + list[i]); run(\"Analyze Particles...\", "
                   "\"size=9-Infinity display clear\"); return nResults; }") ||
              true);
  EXPECT_TRUE(
      fits("open(d + list[i]); if (getWidth() > 9) { run(\"Clear Results\"); "
           "run(\"Measure\"); x = getResult(\"Area\", 0); "
           "saveAs(\"Results\", o + list[i] + \".csv\"); } "));
  EXPECT_TRUE(fits("open(d + list[i]); if (roiManager(\"count\") > 0) { " + del + "}\n" +
                   "run(\"Analyze Particles...\", \"size=9-Infinity add\");\n" + save));
  // On one way only, or where it has no window.
  EXPECT_THROW(fits(add + "if (getWidth() > 9) { " + save + "roiManager(\"reset\"); } "),
               MacroError);
  EXPECT_THROW(fits(add + "n = roiManager(\"count\"); if (n > 1) { " + save + del + "} "),
               MacroError);
  const std::string shut =
      "if (isOpen(\"Results\")) { selectWindow(\"Results\"); run(\"Close\"); }";
  EXPECT_TRUE(fits(shut + "open(d + list[i]); run(\"Measure\"); n = nResults; print(n); "));
  EXPECT_THROW(fits(shut + add + "n = nResults; print(n); "), MacroError);
  EXPECT_THROW(fits(add + save + "roiManager(\"select\", 0); roiManager(\"Delete\"); "),
               MacroError);
  EXPECT_THROW(fits("setBatchMode(true); if (isOpen(\"ROI Manager\")) { "
                    "selectWindow(\"ROI Manager\"); run(\"Close\"); }" +
                    add + save),
               MacroError);
  EXPECT_THROW(fits("open(d + list[i]); if (getWidth() > 9) run(\"Clear Results\"); "
                    "run(\"Measure\"); saveAs(\"Results\", o + list[i] + \".csv\"); "),
               MacroError);
  EXPECT_THROW(fits("open(d + list[i]); if (getWidth() > 9) run(\"Clear Results\"); "
                    "run(\"Measure\"); ",
                    "saveAs(\"Results\", o + \"all.csv\");"),
               MacroError);
  EXPECT_THROW(fits("open(d + list[i]); n = nResults; run(\"Measure\"); "
                    "if (n > 0) run(\"Clear Results\"); x = getResult(\"Area\", 0); print(x); "),
               MacroError);
}

// row = 0; loop { setResult("X", row, x); row++; }: each image has rows of its own, from 0.
TEST(MacroPlan, CountsRowsFromImageToImage) {
  const auto macro = [](const std::string& body) {
    return "d = getDirectory(\"a\"); o = getDirectory(\"b\"); list = getFileList(d); row = 0;\n"
           "for (i = 0; i < list.length; i++) { open(d + list[i]); m = getWidth();\n" +
           body + " close(); }\nsaveAs(\"Results\", o + \"all.csv\");";
  };
  const std::string set = "setResult(\"M\", row, m);";
  auto stages = stages_of(plan_of(macro(set + " row++;")));
  EXPECT_THAT(stages, testing::IsSupersetOf(
                          {"2: row = 0;", "3: setResult(\"M\", row, m);", "3: row = row + 1;"}));
  EXPECT_THAT(stages, testing::Not(Contains(HasSubstr("exit("))));
  // How many rows there are depends on the image: so does whether they were counted right.
  for (const std::string& body : {"if (m > 5) { " + set + " row++; }", set + " row++; row++;",
                                  "row++; " + set, set + " run(\"Measure\"); row++;"})
    EXPECT_THAT(stages_of(plan_of(macro(body))).back(), HasSubstr("if (row != nResults)")) << body;
  EXPECT_THROW(plan_of(macro(set + " row++; print(row);")), MacroError);
  EXPECT_THROW(plan_of(macro(set + " row += 2;")), MacroError);
  EXPECT_THROW(plan_of(macro("run(\"Clear Results\"); " + set + " row++;")), MacroError);
  EXPECT_THROW(plan_of(macro(set + " row++; if (m > 5) run(\"Clear Results\");")), MacroError);
}

// counts[i] = n; ... for (i = 0; i < list.length; i++) print(list[i], counts[i]);
TEST(MacroPlan, WritesElementsOfEachImageBehindTheLoop) {
  const auto macro = [](const std::string& body, const std::string& behind,
                        const std::string& open = "open(d + list[i]);") {
    return "d = getDirectory(\"a\"); o = getDirectory(\"b\"); list = getFileList(d);\n"
           "counts = newArray(list.length);\nfor (i = 0; i < list.length; i++) { " +
           open + "\n" + body + "\nclose(); }\n" + behind;
  };
  const std::string count = "counts[i] = getWidth();";
  const std::string table =
      "for (k = 0; k < counts.length; k++) setResult(\"N\", k, counts[k]);\n"
      "saveAs(\"Results\", o + \"all.csv\");";
  auto plan = plan_of(macro(count, table));
  EXPECT_THAT(stages_of(plan), ElementsAre("3: counts = 0;", "4: counts = getWidth();", "5: close",
                                           "6: setResult(\"N\", 0, counts);"));
  ASSERT_EQ(plan.outputs.size(), 1U);
  EXPECT_EQ(plan.outputs[0].path, "all.csv");
  plan = plan_of(macro(count + " if (counts[i] > 5) counts[i]++;",
                       "print(\"N\");\nfor (k = 0; k < list.length; k++) print(counts[k]);\n"
                       "print(\"end\");"));
  EXPECT_THAT(stages_of(plan), testing::IsSupersetOf({"7: print(counts);"}));
  EXPECT_EQ(plan.log_head, "N\n");
  EXPECT_EQ(plan.log_foot, "end\n");
  plan = plan_of(macro(count + " run(\"Measure\");", "run(\"Clear Results\");\n" + table));
  EXPECT_THAT(stages_of(plan), testing::IsSupersetOf({"7: Clear Results"}));
  const std::string some = "if (endsWith(list[i], \"x\")) open(d + list[i]); else continue;";
  plan = plan_of(macro(count,
                       "for (i = 0; i < list.length; i++) { if (endsWith(list[i], \"x\"))\n"
                       "print(counts[i]); }",
                       some));
  EXPECT_THAT(stages_of(plan), testing::IsSupersetOf({"7: print(counts);"}));
  // Lines before and behind, other rows, files that are passed by, elements of other images.
  const std::string print = "for (k = 0; k < list.length; k++) print(counts[k]);";
  EXPECT_THROW(plan_of(macro(count + " print(i);", print)), MacroError);
  EXPECT_THROW(plan_of(macro(count + " run(\"Measure\");", table)), MacroError);
  EXPECT_THROW(
      plan_of(macro(count, print, "if (endsWith(list[i], \"x\")) continue; open(d + list[i]);")),
      MacroError);
  EXPECT_THROW(plan_of(macro(count, "for (k = 0; k < list.length; k++) run(\"Measure\");")),
               MacroError);
  EXPECT_THROW(plan_of(macro(count,
                             "print(counts[0]);\nf = File.open(o + \"a.txt\");\n"
                             "print(f, counts[1]);")),
               MacroError);
  EXPECT_THROW(plan_of(macro(count + " counts[i] = counts[i - 1];", print)), MacroError);
  EXPECT_THROW(plan_of(macro(count + " if (getWidth() > 5) counts[0] = 3;", print)), MacroError);
  EXPECT_THROW(plan_of(macro(count + " if (getWidth() > 5) Array.print(counts);", print)),
               MacroError);
}

TEST(MacroPlan, KnowsVariablesThatAreSetAnew) {
  const auto macro = [](const std::string& body) {
    return "d = getDirectory(\"a\"); list = getFileList(d); b = 0; s = 0;\n"
           "for (i = 0; i < list.length; i++) { open(d + list[i]); n = 0; r = 0;\n" +
           body + " print(n); close(); }";
  };
  const std::string loop = "for (b = 0; b < 3; b++) n = n + getPixel(b, r);";
  EXPECT_EQ(plan_of(macro("while (r < getWidth()) { " + loop + " r++; }")).form,
            MacroPlan::Form::folder);
  EXPECT_EQ(plan_of(macro("if (getWidth() > 5) s = 1; else s = 2; n = s;")).form,
            MacroPlan::Form::folder);
  EXPECT_EQ(plan_of(macro("if (getWidth() > 5) { getStatistics(s); n = s; }")).form,
            MacroPlan::Form::folder);
  EXPECT_THROW(plan_of(macro("while (r < getWidth()) { " + loop + " r++; } n = n + b;")),
               MacroError);
  EXPECT_THROW(plan_of(macro("if (getWidth() > 5) s = 1; n = s;")), MacroError);
  EXPECT_THROW(plan_of(macro("do { if (getWidth() > r) break; s = r; r++; } while (s < 5);")),
               MacroError);
  EXPECT_THROW(plan_of(macro("while (r < getWidth()) { n = n + s; s = r; r++; }")), MacroError);
}

TEST(MacroPlan, GathersWhatIsAppendedWithinCode) {
  const auto plan = plan_of(
      "in = getDirectory(\"In\"); out = getDirectory(\"Out\"); list = getFileList(in);\n"
      "for (i = 0; i < list.length; i++) { open(in + list[i]); getStatistics(a, m);\n"
      "if (m > 3) File.append(list[i] + \",\" + m, out + \"means.csv\");\nclose(); }");
  ASSERT_EQ(plan.outputs.size(), 1U);
  EXPECT_EQ(plan.outputs[0].path, "means.csv");
  EXPECT_EQ(plan.outputs[0].code, "lines_1");
  EXPECT_EQ(
      stages_of(plan)[1],
      "3: lines_1 = \"\";\nif (m > 3)\n  lines_1 = lines_1 + Input.name + \",\" + m + \"\\n\";");
}

TEST(MacroPlan, GathersTextWithinLoopsOverRows) {
  const auto plan = plan_of(
      "s = \"a\\n\"; in = getDirectory(\"In\"); list = getFileList(in);\nfor (i = 0; i < "
      "list.length; i++) {\n"
      "open(in + list[i]); run(\"Clear Results\"); run(\"Measure\");\n"
      "for (r = 0; r < nResults; r++) s = s + list[i] + getResult(\"Area\", r) + "
      "\"\\n\";\nclose(); }\n"
      "File.saveString(s + \"end\", getDirectory(\"Out\") + \"s.txt\");");
  ASSERT_EQ(plan.outputs.size(), 1U);
  EXPECT_EQ(plan.outputs[0].header, "a\n");
  EXPECT_EQ(plan.outputs[0].footer, "end");
}

TEST(MacroPlan, WritesOpenFilesOfTheRun) {
  const auto plan = plan_of(
      "in = getDirectory(\"In\"); out = getDirectory(\"Out\"); list = getFileList(in);\n"
      "f = File.open(out + \"a.txt\"); print(f, \"name \" + 1/2);\n"
      "for (i = 0; i < list.length; i++) { open(in + list[i]);\n"
      "getStatistics(a, m); print(f, list[i] + m + 1);\nif (m > 3) print(f, m + \"b\"); close(); "
      "}\n"
      "print(f, \"end\"); File.close(f);");
  ASSERT_EQ(plan.outputs.size(), 1U);
  EXPECT_EQ(plan.outputs[0].path, "a.txt");
  EXPECT_EQ(plan.outputs[0].header, "name 0.5\n");
  EXPECT_EQ(plan.outputs[0].footer, "end\n");
  EXPECT_THAT(stages_of(plan),
              ElementsAre("4: getStatistics(a, m);",
                          "4: lines_1 = \"\";\nlines_1 = lines_1 + Input.name + m + 1 + "
                          "\"\\n\";",
                          "5: if (m > 3)\n  lines_1 = lines_1 + m + \"b\" + \"\\n\";", "5: close"));
}

TEST(MacroPlan, KeepsLinesPrintedRoundTheLoop) {
  const auto plan = plan_of(
      "in = getDirectory(\"In\"); list = getFileList(in); print(\"x\"); print(\"\\\\Clear\");\n"
      "print(\"name,\" + 1/4);\nfor (i = 0; i < list.length; i++) { open(in + list[i]); "
      "print(list[i]); close(); }\nprint(\"end\"); selectWindow(\"Log\"); saveAs(\"Text\", "
      "getDirectory(\"Out\") + \"l.csv\"); print(\"not saved\");");
  EXPECT_EQ(plan.log, "l.csv");
  EXPECT_EQ(plan.log_head, "name,0.25\n");
  EXPECT_EQ(plan.log_foot, "end\n");
}

TEST(MacroPlan, GathersTablesOfTheMacrosOwn) {
  const std::string begin =
      "in = getDirectory(\"In\"); out = getDirectory(\"Out\"); list = getFileList(in);\n"
      "Table.create(\"T\");\nfor (i = 0; i < list.length; i++) { open(in + list[i]);\n";
  const std::string end = "close(); }\nTable.save(out + \"t.csv\");";
  const auto plan = plan_of(
      begin + "r = Table.size; Table.set(\"A\", r, list[i]); Table.set(\"B\", r, 2);" + end);
  ASSERT_EQ(plan.outputs.size(), 1U);
  EXPECT_EQ(plan.outputs[0].table, "T");
  EXPECT_THAT(stages_of(plan), ElementsAre("3: Table.create(\"T\");", "4: r = Table.size(\"T\");",
                                           "4: Table.set(\"A\", r, Input.name, \"T\");",
                                           "4: Table.set(\"B\", r, 2, \"T\");", "4: close"));
  EXPECT_THAT(stages_of(plan_of(begin + "Table.set(\"A\", i, list[i]);" + end)),
              Contains("4: Table.set(\"A\", 0, Input.name, \"T\");"));
  EXPECT_THROW(plan_of(begin + "Table.set(\"A\", 3, 1);" + end), MacroError);
  EXPECT_THROW(plan_of(begin + "print(Table.size);" + end), MacroError);
  EXPECT_THROW(plan_of(begin + "Table.sort(\"A\");" + end), MacroError);
}

TEST(MacroPlan, KnowsFilesOfTheRunAndFiltersTheList) {
  const auto plan = plan_of(
      "in = getDirectory(\"In\"); out = getDirectory(\"Out\");\n"
      "list = Array.filter(getFileList(in), \".png\");\n"
      "if (File.exists(out + \"a.csv\")) File.delete(out + \"a.csv\");\n"
      "for (i = 0; i < list.length; i++) { open(in + list[i]);\n"
      "if (!File.exists(out + \"a.csv\")) File.append(\"head\", out + \"a.csv\");\n"
      "File.append(list[i], out + \"a.csv\"); close(); }");
  EXPECT_EQ(plan.condition, "(String.contains(Input.name, \".png\"))");
  ASSERT_EQ(plan.outputs.size(), 1U);
  EXPECT_EQ(plan.outputs[0].header, "head\n");
}

TEST(MacroPlan, SetsParameters) {
  const std::string macro =
      "#@ Double (value=2) sigma\n#@ Integer rounds\n#@ Boolean (value=false) turn\n#@ String "
      "(choices={\"a\", "
      "\"b\"}, value=\"a\") which\n"
      "run(\"Gaussian Blur...\", \"sigma=\" + sigma); for (i = 0; i < rounds; i++) run(\"Erode\"); "
      "if (turn) "
      "run(\"Invert\"); saveAs(\"Tiff\", File.name + which);";
  EXPECT_THAT(stages_of(plan_of(macro, {{"rounds", "1"}, {"turn", "true"}, {"sigma", "3.5"}})),
              ElementsAre("5: Gaussian Blur... sigma=3.5", "5: Erode", "5: Invert",
                          "5: saveAs format=Tiff path={dir}/{name}a"));
  const auto error = [&](std::map<std::string, std::string> given) {
    try {
      plan_of(macro, std::move(given));
    } catch (const MacroError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(error({}),
            "t.ijm:2:1: error: parameter 'rounds' has no value (give one with --set rounds=VALUE)");
  EXPECT_THAT(error({{"rounds", "1.5"}}), HasSubstr("is a whole number, got '1.5'"));
  EXPECT_THAT(error({{"rounds", "1"}, {"which", "c"}}), HasSubstr("one of a, b"));
  EXPECT_THAT(error({{"round", "1"}, {"rounds", "1"}}), HasSubstr("no parameter 'round'"));
}

constexpr const char* folder_begins =
    "in = getDirectory(\"In\"); out = getDirectory(\"Out\"); list = getFileList(in);\n";

TEST(MacroPlan, LeavesOutWhatIsOnlyShown) {
  const auto plan = plan_of(
      std::string(folder_begins) +
      "setTool(\"rectangle\"); setOption(\"JFileChooser\", true);\n"
      "start = getTime(); getDateAndTime(y, m, w, d, hour, min, s, ms);\n"
      "when = \"\" + hour; if (min < 10) when = when + \"0\";\nprint(when);\n"
      "if (!is(\"Batch Mode\")) setBatchMode(true);\n"
      "for (i = 0; i < list.length; i++) { print(\"\\\\Update:\" + i); open(in + list[i]);\n"
      "run(\"Invert\"); if (nResults == 0) showMessage(\"none\"); close(); }\n"
      "print(\"Done in \" + (getTime() - start)); print(\"end\"); showMessage(\"Done\");");
  EXPECT_THAT(stages_of(plan), ElementsAre("8: Invert", "8: close"));
  EXPECT_EQ(plan.log_foot, "end\n");
  for (const char* note :
       {"line 2: tools", "line 2: how ImageJ asks", "line 5: what is printed here has the time",
        "line 7: progress", "line 8: the message", "line 9: what is printed here has the time"})
    EXPECT_THAT(plan.notes, Contains(HasSubstr(note)));
}

TEST(MacroPlan, LeavesOutWindowsAndSettingsBehindTheLoop) {
  const auto plan = plan_of(
      std::string(folder_begins) +
      "n = 0; for (k = 0; k < list.length; k++) if (endsWith(list[k], \".tif\")) n++;\n"
      "if (n < 1) exit(\"none\");\n"
      "for (i = 0; i < list.length; i++) if (endsWith(list[i], \".tif\")) { open(in + list[i]);\n"
      "run(\"Measure\"); close(); } else print(\"no image: \" + list[i]);\n"
      "saveAs(\"Results\", out + \"all.csv\");\n"
      "if (isOpen(\"Results\")) { selectWindow(\"Results\"); run(\"Close\"); }\n"
      "while (nImages > 0) { selectImage(nImages); close(); }\n"
      "run(\"Set Measurements...\", \"area\");\n"
      "if (isOpen(\"Log\")) { selectWindow(\"Log\"); run(\"Close\"); }");
  EXPECT_THAT(stages_of(plan), ElementsAre("5: Measure", "5: close"));
  ASSERT_EQ(plan.outputs.size(), 1U);
  for (const char* note :
       {"line 3: a run has at least one", "line 5: what is printed for files", "line 7: windows",
        "line 8: windows", "line 9: nothing that follows", "line 10: windows"})
    EXPECT_THAT(plan.notes, Contains(HasSubstr(note)));
}

TEST(MacroPlan, NamesTheTableThatWasCreatedForTheImage) {
  const auto plan =
      plan_of(std::string(folder_begins) +
              "for (i = 0; i < list.length; i++) { open(in + list[i]); run(\"Measure\");\n"
              "Table.create(\"X\"); run(\"Invert\"); Table.set(\"a\", Table.size, getWidth());\n"
              "if (getWidth() > 9) Table.set(\"a\", 1, 2); close(); }");
  EXPECT_THAT(stages_of(plan),
              ElementsAre("2: Measure", "3: Table.create(\"X\");", "3: Invert",
                          "3: Table.set(\"a\", Table.size(\"X\"), getWidth(), \"X\");",
                          "4: if (getWidth() > 9)\n  Table.set(\"a\", 1, 2, \"X\");", "4: close"));
}

// Images of fixed titles that are closed, or that nothing asks for, may be there.
TEST(MacroPlan, TakesBodiesThatCloseWhatTheyOpen) {
  const std::string begins = std::string(folder_begins) + "for (i = 0; i < list.length; i++) {\n";
  const std::string works =
      "open(in + list[i]); run(\"Duplicate...\", \"title=mask\"); selectWindow(list[i]);\n"
      "run(\"Invert\"); selectWindow(\"mask\"); run(\"Measure\");";
  for (const char* end :
       {"close(\"*\"); }", "run(\"Close All\"); }", "close(); selectWindow(list[i]); close(); }",
        "while (nImages > 0) close(); }", "close(\"mask\"); }", "rename(list[i] + \" mask\"); }",
        "if (isOpen(\"mask\")) close(\"mask\"); }"})
    EXPECT_NO_THROW(plan_of(begins + works + end)) << end;
  for (const char* first : {"run(\"Close All\");", "close(\"*\");", "while (nImages > 0) close();",
                            "if (isOpen(\"mask\")) close(\"mask\");"})
    EXPECT_NO_THROW(plan_of(begins + first + works + "}")) << first;
  EXPECT_THROW(plan_of(begins + works + "}"), MacroError);
}

TEST(MacroPlan, JoinsWhatMethodsAskAsTexts) {
  const auto plan = plan_of(
      "s = \"abc\"; k = 3; t = getInfo(\"x\");\nprint(\"x\" + k + s.length + s.contains(\"b\"));\n"
      "print(\"x\" + k + t.indexOf(\"b\"));\nw = getWidth(); q = split(\"a b\", \" \");\n"
      "print(\"x\" + w + q[1]);");
  const auto stages = stages_of(plan);
  ASSERT_GE(stages.size(), 7U);
  EXPECT_EQ(stages[1], "2: print(\"x33true\");");
  EXPECT_EQ(stages[2], "3: value_1 = \"\" + indexOf(t, \"b\");");
  EXPECT_EQ(stages[3], "3: print(\"x\" + 3 + value_1);");
  EXPECT_THAT(stages[5], HasSubstr("= newArray(\"b\");"));
  EXPECT_THAT(stages[6], HasSubstr("[0]);"));
}

TEST(MacroPlan, JoinsWhatFunctionsGiveAsTextsForSure) {
  const auto plan = plan_of(
      "function two(n) { if (n < 10) return \"0\" + n; return \"\" + n; }\n"
      "function pad(s) { s = \"\" + s; while (lengthOf(s) < 3) s = \" \" + s; return s; }\n"
      "print(two(3) + two(12)); print(pad(1) + pad(\"ab\"));");
  const auto stages = stages_of(plan);
  ASSERT_GE(stages.size(), 2U);
  EXPECT_EQ(stages[0], "3: print(\"0312\");");
  EXPECT_EQ(stages[1], "3: print(\"  1 ab\");");
}

TEST(MacroPlan, WritesStagesAsAMacroAgain) {
  const auto plan = plan_of(counting);
  FolderLoop loop;
  loop.outputs = plan.outputs;
  const auto macro = macro_of_stages(plan.stages, loop);
  const auto again = plan_of(macro);
  const auto find = [&](const char* part) { EXPECT_THAT(macro, HasSubstr(part)); };
  find("run(\"Analyze Particles...\", \"size=30-Infinity");
  find("saveAs(\"Tiff\", outFolder + imageStem + \"_mask.tif\");");
  find("File.saveString(gathered1, outFolder + \"Counts.csv\");");
  find("setOption(\"BlackBackground\", true);");
  EXPECT_EQ(again.form, MacroPlan::Form::folder);
  std::vector<MacroStage> none(1);
  EXPECT_THROW(macro_of_stages(none), ConfigError);
}

}  // namespace
}  // namespace smear::imagej::test
