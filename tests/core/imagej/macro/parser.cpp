// SPDX-License-Identifier: Apache-2.0
// Reading macros: the trees of statements, and the places of everything that is wrong.
#include "imagej/macro/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smear::imagej::test {
namespace {

std::string read_again(const std::string& text) {
  const auto program = parse_macro(text, "t.ijm");
  std::string code;
  for (const auto& one : program->statements) code += code_of(*one) + "\n";
  for (const auto& [name, function] : program->functions) code += code_of(function);
  return code;
}

std::string problems_of(const std::string& text) {
  try {
    parse_macro(text, "t.ijm");
  } catch (const MacroError& e) {
    return e.what();
  }
  return "";
}

TEST(MacroParser, KeepsTheGrammarsOrder) {
  EXPECT_EQ(read_again("x = 1 + 2 * 3;"), "x = 1 + 2 * 3;\n");
  EXPECT_EQ(read_again("x = (1+2)*3;"), "x = (1 + 2) * 3;\n");
  const auto program = parse_macro("x = false && true || true;", "t.ijm");
  const auto& value = *program->statements[0]->value;
  EXPECT_EQ(value.text, "&&") << "&& and || bind alike, from the right";
  EXPECT_EQ(value.arguments[1]->text, "||");
  EXPECT_EQ(parse_macro("x = 2*3&2;", "t")->statements[0]->value->text, "&");
}

TEST(MacroParser, ReadsEveryStatementAndWritesItAgain) {
  const char* macro = R"(var a = 1, b = "x";
for (i = 0, j = 5; i < 3; i++, j -= 1) { if (i == 1) continue; else print(i); }
while (a < 3) a++;
do { a--; } while (a > 0);
c = newArray(1, 2); c[0] = -c[1]; c[1] += 2;
s = "q"; if (s.contains("q") && !startsWith(s, "z")) print(File.separator, nImages, s.length);
function f(x, y) { return x + y; }
macro "m" { f(1, 2); { ; } break_it = 3; }
)";
  const std::string once = read_again(macro);
  EXPECT_EQ(read_again(once), once);
  EXPECT_EQ(parse_macro(macro, "t.ijm")->name, "m");
}

TEST(MacroParser, KeepsPlaces) {
  const auto program = parse_macro("x = 1;\n  run(\"8-bit\");\n/* a\nb */ y = 2;", "t.ijm");
  ASSERT_EQ(program->statements.size(), 3U);
  EXPECT_EQ(program->statements[1]->place.line, 2);
  EXPECT_EQ(program->statements[1]->place.column, 3);
  EXPECT_EQ(program->statements[2]->place.line, 4);
  EXPECT_EQ(program->statements[2]->place.column, 6);
}

TEST(MacroParser, ReadsStringsAsImageJDoes) {
  const auto program =
      parse_macro(R"(a = "t\tn\n"; b = 'it "is"'; c = "C:\\x\d"; d = "\101";)", "t.ijm");
  EXPECT_EQ(program->statements[0]->value->text, "t\tn\n");
  EXPECT_EQ(program->statements[1]->value->text, "it \"is\"");
  EXPECT_EQ(program->statements[2]->value->text, "C:\\xd") << "other backslashes are dropped";
  EXPECT_EQ(program->statements[3]->value->text, "A");
}

TEST(MacroParser, AsksForSemicolonsOnlyBehindTheFirstStrictStatement) {
  EXPECT_EQ(problems_of("x = 5\ny = 6\nprint(x)\n"), "");
  EXPECT_EQ(problems_of("if (true) x = 5;\ny = 6\nprint(y);"),
            "t.ijm:2:6: error: ';' is missing before 'print'");
  EXPECT_EQ(problems_of("x = 5 y = 6;"), "t.ijm:1:6: error: ';' is missing before 'y'");
}

TEST(MacroParser, ReadsScriptParameters) {
  const auto program = parse_macro(
      "#@ File (label=\"In, put\", style = \"directory\") input\n#@String(value='a b') s\n"
      "#@ Integer (min=1, value=3) n\nprint(s);",
      "t.ijm");
  ASSERT_EQ(program->parameters.size(), 3U);
  EXPECT_EQ(program->parameters[0].name, "input");
  EXPECT_EQ(program->parameters[0].attributes.at("label"), "In, put");
  EXPECT_EQ(program->parameters[0].attributes.at("style"), "directory");
  EXPECT_EQ(program->parameters[1].attributes.at("value"), "a b");
  EXPECT_EQ(program->parameters[2].type, "Integer");
  EXPECT_EQ(program->parameters[2].attributes.at("value"), "3");
}

TEST(MacroParser, NamesTheExactPlaceOfWhatIsWrong) {
  EXPECT_EQ(problems_of("for (i = 0; i < 3; i++) {\n  print(i);\n"),
            "t.ijm:1:25: error: this '{' is not closed (add a '}' where the block ends)");
  EXPECT_EQ(problems_of("print((1 + 2);"),
            "t.ijm:1:14: error: ')' is missing before ';' (it closes the '(' of line 1, column 6)");
  EXPECT_EQ(problems_of("x = \"abc;\ny = 1;"),
            "t.ijm:1:5: error: this string does not end on its line (close it with \")");
  EXPECT_EQ(problems_of("if (x = 3) print(1);"),
            "t.ijm:1:7: error: '=' assigns (compare with '==')");
  EXPECT_EQ(problems_of("x = .5;"),
            "t.ijm:1:5: error: a number cannot begin with a point (write 0.5)");
  EXPECT_EQ(problems_of("print(1 == 2);"),
            "t.ijm:1:9: error: a comparison as an argument needs parentheses of its own (write "
            "f((a == b)))");
  EXPECT_EQ(
      problems_of("else x = 1;"),
      "t.ijm:1:1: error: 'else' belongs to no 'if' (look for a '{' or '}' too many before it)");
  EXPECT_EQ(problems_of("macro \"a\" {}\nmacro \"b\" {}"),
            "t.ijm:2:1: error: the file has more than one macro, 'a' and 'b' (put each into a file "
            "of its own)");
  EXPECT_EQ(
      problems_of("getTitle = 3;"),
      "t.ijm:1:1: error: 'getTitle' is a name of the language's own, it cannot be a variable");
  EXPECT_EQ(problems_of("/* no end"),
            "t.ijm:1:1: error: this comment is not closed (end it with */)");
}

TEST(MacroParser, TellsWhatIsOfOtherLanguages) {
  EXPECT_THAT(problems_of("from ij import IJ\nimp = IJ.getImage()\n"),
              testing::HasSubstr("t.ijm:1:1: error: this seems to be a Python script"));
  EXPECT_THAT(problems_of("<!DOCTYPE html>\n<html>\n"), testing::HasSubstr("an HTML page"));
  EXPECT_THAT(problems_of("import ij.*;\npublic class A { }\n"),
              testing::HasSubstr("a Java program"));
  EXPECT_EQ(problems_of("int x = 3;"),
            "t.ijm:1:1: error: 'int': variables have no types here (write x = ...)");
  EXPECT_EQ(problems_of("if (nImages > 0 and true) print(1);"),
            "t.ijm:1:17: error: 'and' is no operator here (write &&)");
  EXPECT_EQ(problems_of("if (true) print(1);\nelseif (false) print(2);"),
            "t.ijm:2:1: error: 'elseif' is no word of ImageJ's macro language (write else if)");
  EXPECT_EQ(problems_of("for (i = 0, i < 5, i++) print(i);"),
            "t.ijm:1:13: error: the parts of 'for' are separated by ';' (for (i = 0; i < n; i++))");
  EXPECT_EQ(problems_of("run(\u201C8-bit\u201D);\nprint(1);").substr(0, 55),
            "t.ijm:1:5: error: '\u201C' is a typographic quote (strings");
  EXPECT_EQ(problems_of("end = 3; end++; print(end); then = newArray(2);"), "");
}

TEST(MacroParser, PassesOverAByteOrderMark) {
  EXPECT_EQ(read_again("\xEF\xBB\xBFx = 1;\r\n"), "x = 1;\n");
}

TEST(MacroParser, TakesValuesOfListForTexts) {
  const auto kind_of = [](const std::string& text) {
    return parse_macro(text, "t.ijm")->statements[0]->value->arguments[0]->text;
  };
  EXPECT_EQ(kind_of("print(List.getValue(\"a\"));"), "List.textOf");
  EXPECT_EQ(kind_of("print((List.getValue(\"a\")));"), "List.getValue");
  EXPECT_EQ(kind_of("x = d2s(List.getValue(\"a\"), 2);"), "List.getValue");
  EXPECT_EQ(read_again("print(List.getValue(\"a\"), 1 + List.getValue(\"b\"));"),
            "print(List.getValue(\"a\"), 1 + List.getValue(\"b\"));\n");
  EXPECT_EQ(read_again("s = \"x\" + List.getValue(\"a\") + 1;"),
            "s = \"x\" + List.getValue(\"a\") + 1;\n");
  EXPECT_EQ(read_again("x = List.getValue(\"a\") + 1; y = d2s(List.getValue(\"a\"), 2);"),
            "x = List.getValue(\"a\") + 1;\ny = d2s(List.getValue(\"a\"), 2);\n");
}

TEST(MacroParser, FindsSeveralProblemsInOneGo) {
  const auto text = problems_of("x = ;\ny = 1 + ;\nz = 3;\nfunction { }\nprint(z;\n");
  for (const char* place : {"t.ijm:1:5:", "t.ijm:2:9:", "t.ijm:4:10:", "t.ijm:5:8:"})
    EXPECT_THAT(text, testing::HasSubstr(place));
}

TEST(MacroParser, BearsDeepAndLongTexts) {
  const std::string deep(100'000, '(');
  EXPECT_THAT(problems_of("x = " + deep), testing::HasSubstr("nested too deeply"));
  EXPECT_THAT(problems_of(std::string(100'000, '{')), testing::HasSubstr("nested too deeply"));
  EXPECT_THAT(problems_of("x = " + std::string(100'000, '~') + "1;"),
              testing::HasSubstr("nested too deeply"));
  std::string sum = "x = 1";
  for (int i = 0; i < 50'000; ++i) sum += "+1";
  EXPECT_THAT(problems_of(sum + ";"), testing::HasSubstr("too long"));
  std::string chain;
  for (int i = 0; i < 10'000; ++i) chain += "if (true) ; else ";
  EXPECT_THAT(problems_of(chain), testing::HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace smear::imagej::test
