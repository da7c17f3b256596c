// SPDX-License-Identifier: Apache-2.0
// ImageJ macros as pipelines, as a user meets them: `smear run`, `check` and `convert` of macros.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "harness/program.h"

namespace smear::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Macro : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome made =
        smear({"synth", (folder_ / "s").string(), "--count", "3", "--size", "160x140"});
    ASSERT_EQ(made.exit_code, 0) << made.told();
  }

  std::string macro(const std::string& text, const std::string& name = "m.ijm") {
    write_file(folder_ / name, text);
    return (folder_ / name).string();
  }
  Outcome run(const std::string& file, const std::string& out,
              const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"run", file, (folder_ / "s/images").string(), "-o",
                                       (folder_ / out).string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return smear(arguments);
  }
  std::set<std::string> files(const std::string& out) const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / out))
      if (entry.path().filename() != ".smear") names.insert(entry.path().filename().string());
    for (const char* always : {"run.json", "samples.csv", "report.html"}) names.erase(always);
    return names;
  }

  TemporaryFolder folder_;
};

constexpr const char* count = R"(setOption("BlackBackground", true);
run("Set Measurements...", "area mean perimeter shape display redirect=None decimal=3");
run("8-bit");
run("Gaussian Blur...", "sigma=2");
setAutoThreshold("Otsu");
run("Convert to Mask");
run("Analyze Particles...", "size=20-Infinity show=Nothing display clear add");
)";

TEST_F(Macro, OnTheActiveImageSavesImageAndResultsOfEach) {
  const Outcome outcome = run(macro(count), "out");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, HasSubstr("3 done, 0 quarantined"));
  EXPECT_EQ(files("out"),
            (std::set<std::string>{"smear-0001.csv", "smear-0001.tif", "smear-0002.csv",
                                   "smear-0002.tif", "smear-0003.csv", "smear-0003.tif"}));
  const auto results = read_file(folder_ / "out/smear-0001.csv");
  EXPECT_THAT(results, StartsWith(" ,Label,Area,Mean,Perim.,Circ.,AR,Round,Solidity\n"
                                  "1,smear-0001.jpg,"));
  // The mask of a black background holds objects of 255, which is what is measured.
  EXPECT_THAT(results, HasSubstr(",255,"));
}

TEST_F(Macro, OfAFolderTakesWhatItListsAndGathersOverImages) {
  const auto file = macro(R"(dirs = split(getArgument(), "|");
list = getFileList(dirs[0] + "/");
var lines = "image,objects\n";
for (i = 0; i < list.length; i++) {
  if (endsWith(list[i], "1.jpg") || endsWith(list[i], "3.jpg")) {
    open(dirs[0] + "/" + list[i]);
    run("8-bit");
    run("Measure");
    lines = lines + list[i] + "," + d2s(getValue("Mean"), 1) + "\n";
    close();
  }
}
File.saveString(lines, dirs[1] + "/lines.csv");
saveAs("Results", dirs[1] + "/all.csv");
)");
  const Outcome outcome = run(file, "out");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(files("out"), (std::set<std::string>{"lines.csv", "all.csv"}));
  EXPECT_THAT(
      read_file(folder_ / "out/lines.csv"),
      testing::MatchesRegex("image,objects\nsmear-0001.jpg,[0-9.]+\nsmear-0003.jpg,[0-9.]+\n"));
  EXPECT_THAT(read_file(folder_ / "out/all.csv"),
              testing::MatchesRegex(" ,Area,Mean,Min,Max\n1,22400,[0-9.,]+\n2,22400,[0-9.,]+\n"));
}

TEST_F(Macro, GivesTheSameWhateverTheThreadsAndWhenResumed) {
  const auto file = macro(count);
  ASSERT_EQ(run(file, "one", {"-j1"}).exit_code, 0);
  ASSERT_EQ(run(file, "two", {"-j3", "--limit", "1"}).exit_code, 0);
  const Outcome resumed = run(file, "two", {"-j3", "--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_THAT(resumed.out, HasSubstr("1 kept"));
  ASSERT_EQ(files("one"), files("two"));
  for (const auto& name : files("one"))
    EXPECT_EQ(read_file(folder_ / "one" / name), read_file(folder_ / "two" / name)) << name;
}

TEST_F(Macro, ConvertedToAPipelineGivesTheSame) {
  const auto file = macro(count);
  const auto yaml = (folder_ / "m.yaml").string();
  ASSERT_EQ(smear({"convert", file, "-o", yaml}).exit_code, 0);
  EXPECT_THAT(read_file(yaml), HasSubstr("- imagej.gaussian-blur: {sigma: 2}"));
  ASSERT_EQ(run(file, "a").exit_code, 0);
  ASSERT_EQ(run(yaml, "b").exit_code, 0);
  ASSERT_EQ(files("a"), files("b"));
  for (const auto& name : files("a"))
    EXPECT_EQ(read_file(folder_ / "a" / name), read_file(folder_ / "b" / name)) << name;
  // Nothing that is there is replaced unasked.
  EXPECT_EQ(smear({"convert", file, "-o", yaml}).exit_code, 2);
  // And back.
  const Outcome back = smear({"convert", yaml});
  EXPECT_EQ(back.exit_code, 0) << back.told();
  EXPECT_THAT(back.out, HasSubstr("run(\"Gaussian Blur...\", \"sigma=2\");"));
}

TEST_F(Macro, TakesPreferencesAndParameters) {
  const auto file = macro(R"(#@ Double (value = 2) sigma
run("8-bit");
run("Gaussian Blur...", "sigma=" + sigma);
setAutoThreshold("Otsu");
run("Convert to Mask");
)");
  const Outcome plain = smear({"convert", file});
  EXPECT_THAT(plain.out, HasSubstr("sigma: 2}"));
  EXPECT_THAT(plain.err, HasSubstr("blackBackground=true"));
  const Outcome changed =
      smear({"convert", file, "--set", "sigma=3", "--imagej-pref", "blackBackground=false"});
  EXPECT_THAT(changed.out, HasSubstr("sigma: 3}"));
  EXPECT_THAT(changed.out, HasSubstr("imagej.preferences"));
  const Outcome wrong = smear({"check", file, "--imagej-pref", "blackground=false"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err,
              HasSubstr("there is no preference 'blackground'; there are blackBackground"));
}

struct Refused {
  const char* name;
  const char* text;
  const char* place;    ///< of the first error
  const char* message;  ///< part of it
};
class RefusedMacro : public Macro, public testing::WithParamInterface<Refused> {};

TEST_P(RefusedMacro, BeforeTheRunWithItsPlace) {
  const auto file = macro(GetParam().text);
  const Outcome outcome = run(file, "out");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, StartsWith(file + ":" + GetParam().place + ": error: "));
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().message));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

INSTANTIATE_TEST_SUITE_P(
    Every, RefusedMacro,
    testing::Values(
        Refused{"unknown_command", "run(\"8-bit\");\nrun(\"Gausian Blur...\", \"sigma=2\");\n",
                "2:5", "did you mean 'Gaussian Blur...'"},
        Refused{"missing_option", "run(\"Median...\");\n", "1:1", "Median... needs 'radius=...'"},
        Refused{"misspelt_option", "run(\"Median...\", \"raduis=2\");\n", "1:19",
                "did you mean 'radius'"},
        Refused{"dialog", "n = getNumber(\"sigma\", 2);\n", "1:5", "--set"},
        Refused{"waits", "run(\"8-bit\");\nwaitForUser(\"look\");\n", "2:1", "nobody is there"},
        Refused{"plugin_of_fiji", "run(\"Colour Deconvolution\", \"vectors=[H&E]\");\n", "1:5",
                "Fiji"},
        Refused{"undefined_variable", "run(\"Median...\", \"radius=\" + r);\n", "1:30", "r"},
        Refused{"bracket", "for (i = 0; i < 3; i++) {\n  run(\"Invert\");\n", "1:25",
                "is not closed"},
        Refused{"random", "x = random;\nrun(\"Add...\", \"value=\" + x);\n", "1:5", "random"},
        Refused{
            "reserved_name",
            "d = getDirectory(\"In\"); o = getDirectory(\"Out\"); list = getFileList(d);\n"
            "for (i = 0; i < list.length; i++) { open(d + list[i]); run(\"Measure\"); close(); }\n"
            "saveAs(\"Results\", o + \"counts.csv\");\n",
            "3:1", "take another name"},
        Refused{"not_a_number", "run(\"Gaussian Blur...\", \"sigma=two\");\n", "1:32", "number"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Macro, SaysTheMacrosPlaceOfWhatFailsWithAnImage) {
  const Outcome command = run(macro("run(\"8-bit\");\n\n  run(\"HSB Stack\");\n"), "command");
  EXPECT_THAT(command.told(), HasSubstr("imagej.hsb-stack: m.ijm:3:3: error: HSB Stack takes RGB"));
  const Outcome code = run(macro("run(\"8-bit\");\nif (getWidth() > 1) {\n  // nothing yet\n"
                                 "  x = getResult(\"Mean\", 4);\n}\n",
                                 "c.ijm"),
                           "code");
  EXPECT_THAT(code.told(), HasSubstr("c.ijm:4:7: error: row 4 is not in the Results table"));
}

TEST_F(Macro, NumbersImagesAsTheyAreInTheirFolder) {
  const Outcome outcome = run(
      macro("run(\"8-bit\");\nsaveAs(\"PNG\", getDirectory(\"image\") + \"im_\" + IJ.pad(i, 3));"),
      "numbered");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(files("numbered"), testing::ElementsAre("im_000.png", "im_001.png", "im_002.png"));
}

TEST_F(Macro, FailsTheImageThatACommandDoesNotTake) {
  const Outcome outcome = run(macro("run(\"Watershed\");\n"), "out");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(read_file(folder_ / "out/samples.csv"), HasSubstr("imagej.watershed"));
  EXPECT_THAT(read_file(folder_ / "out/samples.csv"), HasSubstr("8-bit"));
  EXPECT_EQ(files("out"), std::set<std::string>{});
}

}  // namespace
}  // namespace smear::test
