// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/other-languages.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace smear::imagej {
namespace {

// Whether a line of the text begins with the word.
bool has_line(std::string_view text, std::string_view begin) {
  for (std::size_t at = text.find(begin); at != std::string_view::npos;
       at = text.find(begin, at + 1))
    if (at == 0 || text[at - 1] == '\n') return true;
  return false;
}

}  // namespace

std::optional<std::string> language_of(std::string_view text) {
  const auto has = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  if (has_line(text, "<!DOCTYPE") || has_line(text, "<html")) return "an HTML page";
  if (has_line(text, "<?xml")) return "an XML file";
  if (has_line(text, "#!/") || has_line(text, "#!")) return "a script for a shell";
  if (has_line(text, "import ij.") || has_line(text, "import java.") ||
      has_line(text, "package ") || has("public class "))
    return "a Java program";
  if (has("importClass(") || has("importPackage(") || has("Packages.") ||
      has_line(text, "const ") || has_line(text, "let "))
    return "a JavaScript script";
  if ((has_line(text, "from ") && has(" import ")) || has_line(text, "import ") ||
      (has_line(text, "def ") && has("):")))
    return "a Python script";
  return std::nullopt;
}

std::string own_function_for(std::string_view name) {
  static const std::map<std::string_view, const char*> functions = {
      {"strlen", "lengthOf(text)"},
      {"len", "lengthOf(text)"},
      {"length", "lengthOf(text)"},
      {"size", "lengthOf(array)"},
      {"printf", "print(text)"},
      {"println", "print(text)"},
      {"disp", "print(text)"},
      {"echo", "print(text)"},
      {"sprintf", "String.format(format, number)"},
      {"str", "toString(number)"},
      {"num2str", "d2s(number, decimals)"},
      {"str2num", "parseFloat(text)"},
      {"str2double", "parseFloat(text)"},
      {"int", "parseInt(text) or floor(number)"},
      {"Int", "parseInt(text) or floor(number)"},
      {"float", "parseFloat(text)"},
      {"ceil", "Math.ceil(number)"},
      {"max", "maxOf(a, b)"},
      {"min", "minOf(a, b)"},
      {"mean", "Array.getStatistics(array, min, max, mean, stdDev)"},
      {"sort", "Array.sort(array)"},
      {"append", "Array.concat(array, value)"},
      {"push", "Array.concat(array, value)"},
      {"contains", "indexOf(text, part) >= 0"},
      {"trim", "String.trim(text)"},
      {"join", "String.join(array, between)"},
      {"strcat", "text + text"},
      {"trunc", "floor(number)"},
      {"Math.trunc", "floor(number)"},
      {"Math.signum", "number / abs(number)"},
      {"IJ.run", "run(command, options)"},
      {"IJ.open", "open(path)"},
      {"IJ.openImage", "open(path)"},
      {"IJ.saveAs", "saveAs(format, path)"},
      {"System.out.println", "print(text)"},
      {"console.log", "print(text)"},
      {"exists", "File.exists(path)"},
      {"mkdir", "File.makeDirectory(path)"},
      {"listdir", "getFileList(folder)"},
      {"closeAll", "close(\"*\") or run(\"Close All\")"},
      {"sleep", "wait(milliseconds)"},
  };
  const auto found = functions.find(name);
  return found == functions.end() ? "" : found->second;
}

std::string own_word_for(std::string_view word) {
  static const std::map<std::string_view, const char*> words = {
      {"and", "&&"},       {"or", "||"},         {"not", "!"},        {"elseif", "else if"},
      {"elif", "else if"}, {"elsif", "else if"}, {"then", "{ }"},     {"end", "}"},
      {"endif", "}"},      {"is", "=="},         {"mod", "%"},        {"None", "\"\""},
      {"True", "true"},    {"False", "false"},   {"def", "function"}, {"foreach", "for"},
  };
  const auto found = words.find(word);
  return found == words.end() ? "" : found->second;
}

bool is_type_name(std::string_view word) {
  static const std::set<std::string_view> types = {
      "int",  "float", "double",    "string", "String", "bool",  "boolean", "char",
      "long", "Array", "ImagePlus", "let",    "const",  "local", "global"};
  return types.contains(word);
}

}  // namespace smear::imagej
