// SPDX-License-Identifier: Apache-2.0
// Running macros: values, scopes and functions. tests/imagej/macro-language.py compares the
// language with ImageJ itself.
#include "imagej/macro/interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "commands.h"
#include "imagej/macro/parser.h"

namespace smear::imagej::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Recorder final : public Host {
 public:
  void save(const std::string& path,
            const std::function<void(const std::filesystem::path&)>&) override {
    saved.push_back(path);
  }
  std::filesystem::path locate(const std::string& path) override { return path; }
  void print(const std::string& line) override { lines.push_back(line); }

  std::vector<std::string> lines;
  std::vector<std::string> saved;
};

class MacroInterpreter : public testing::Test {
 protected:
  MacroInterpreter() {
    cv::Mat pixels(5, 10, CV_8UC1);
    for (int y = 0; y < 5; ++y)
      for (int x = 0; x < 10; ++x)
        pixels.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(25 * x);
    session.open(ImagePlus("ramp.tif", pixels));
  }

  std::vector<std::string> lines_of(const std::string& macro) {
    Recorder host;
    run_macro(*parse_macro(macro, "t.ijm"), session, host, context, table, 100'000);
    saved = host.saved;
    return host.lines;
  }
  std::string error_of(const std::string& macro) {
    try {
      lines_of(macro);
    } catch (const SampleError& e) {
      return e.what();
    }
    return "";
  }

  CommandTable table = macro_commands();
  Session session;
  MacroContext context{"ramp.tif", "ramp", "/in/", "/OUT/"};
  std::vector<std::string> saved;
};

TEST_F(MacroInterpreter, JoinsNumbersBehindStringsAsImageJDoes) {
  EXPECT_THAT(lines_of(R"(print(3+4+"x"+3+4, "x"+1+2, 1/3, "n=" + 6-2, -1/0);)"),
              ElementsAre("7x7 x3 0.3333 n=4 -Infinity"));
  EXPECT_THAT(error_of("n = 3; s = n + \" cells\";"),
              HasSubstr("t.ijm:1:12: error: ImageJ makes NaN"));
}

TEST_F(MacroInterpreter, ComparesStringsWithoutCase) {
  EXPECT_THAT(lines_of(R"(x = ("a"=="A"); y = ("5"==5); z = ("b">"A"); print(x, y, z);)"),
              ElementsAre("1 1 1"));
}

TEST_F(MacroInterpreter, EvaluatesBothSidesOfAndAndOr) {
  EXPECT_THAT(error_of("a = newArray(2); if (false && a[5] == 0) print(1);"),
              HasSubstr("index 5 of 'a'"));
}

TEST_F(MacroInterpreter, GivesFunctionsVariablesOfTheirOwn) {
  EXPECT_THAT(lines_of("x = 5; f(); print(x); function f() { print(x); x = 6; print(x); }"),
              ElementsAre("5", "6", "5"));
  EXPECT_THAT(lines_of("var g = 1; f(); print(g); function f() { g = g + 1; }"), ElementsAre("2"));
  EXPECT_THAT(error_of("s = \"a\"; f(); function f() { s = s + \"x\"; }"),
              HasSubstr("write var s"));
  EXPECT_THAT(lines_of("a = newArray(1, 2); f(a); print(a[0]); function f(b) { b[0] = 7; }"),
              ElementsAre("7"));
}

TEST_F(MacroInterpreter, StopsWhatDoesNotEnd) {
  EXPECT_THAT(error_of("f(1); function f(x) { f(x + 1); }"), HasSubstr("without an end"));
  EXPECT_THAT(error_of("x = 0; while (true) x = x + 1;"), HasSubstr("does not end"));
}

TEST_F(MacroInterpreter, AsksImages) {
  EXPECT_THAT(lines_of("getDimensions(w, h, c, s, f); print(w, h, c, s, f); print(getTitle, "
                       "bitDepth(), getPixel(3, 2), "
                       "getPixel(-1, 0), getPixel(2.5, 2.5), is(\"grayscale\"), selectionType());"),
              ElementsAre("10 5 1 1 1", "ramp.tif 8 75 0 62.5 1 -1"));
  EXPECT_THAT(
      lines_of(
          "getStatistics(area, mean, min, max, std, histogram); print(area, mean, min, max, std, "
          "histogram[25]);"),
      ElementsAre("50 112.5 0 225 72.5361 5"));
}

TEST_F(MacroInterpreter, RunsCommandsAndChecksTheirOptions) {
  lines_of(
      "s = 1.5; run(\"Gaussian Blur...\", \"sigma=\" + s * 2); run(\"8-bit\"); saveAs(\"tiff\", "
      "\"/OUT/x.tif\");");
  EXPECT_THAT(session.log, ElementsAre("Gaussian Blur...", "8-bit", "saveAs Tiff /OUT/x.tif"));
  EXPECT_THAT(error_of("run(\"Gausian Blur...\", \"sigma=1\");"),
              HasSubstr("t.ijm:1:1: error: there is no command \"Gausian Blur...\""));
  EXPECT_THAT(error_of("x = \"a\"; run(\"Gaussian Blur...\", \"sigma=\" + x);"),
              HasSubstr("sigma is a number, got 'a'"));
}

TEST_F(MacroInterpreter, KeepsVariablesInTheSession) {
  lines_of("a = newArray(1, 2); n = 3; s = \"x\";");
  EXPECT_THAT(lines_of("var n; print(n + 1, s, a[1]);"), ElementsAre("4 x 2"));
}

TEST_F(MacroInterpreter, KnowsTheImagesFile) {
  EXPECT_THAT(
      lines_of("open(\"/in/ramp.tif\"); print(Input.name, Input.stem, File.nameWithoutExtension, "
               "getDirectory(\"image\"), Output.directory);"),
      ElementsAre("ramp.tif ramp ramp /in/ /OUT/"));
  lines_of("File.saveString(\"a\", Output.directory + Input.stem + \".txt\");");
  EXPECT_THAT(saved, ElementsAre("/OUT/ramp.txt"));
}

TEST_F(MacroInterpreter, RefusesRegularExpressionsThatDiffer) {
  EXPECT_THAT(
      lines_of(
          R"(print(matches("abc", "a.c"), replace("a12b", "[0-9]+", "#"), replace("a.b", ".", "-"));)"),
      ElementsAre("1 a#b a-b"));
  EXPECT_THAT(error_of(R"(print(matches("abc", "(?i)ABC"));)"), HasSubstr("uses '(?i'"));
  EXPECT_THAT(error_of(R"(print(matches("aaaa", "(a*)*b"));)"),
              HasSubstr("repetition within a repetition"));
}

TEST_F(MacroInterpreter, SaysWhereItWentWrong) {
  EXPECT_THAT(error_of("x = 1;\nif (x == 1) {\n  print(y);\n}"),
              HasSubstr("t.ijm:3:9: error: variable 'y' has no value yet"));
  EXPECT_THAT(error_of("exit(\"no cells\");"), HasSubstr("the macro ends here: no cells"));
  EXPECT_THAT(error_of("if (2) print(1);"), HasSubstr("a condition is expected, got 2"));
}

}  // namespace
}  // namespace smear::imagej::test
