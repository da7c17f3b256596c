// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <regex>
#include <set>

#include "imagej/macro/interpreter.h"
#include "imagej/macro/list-values.h"
#include "imagej/macro/no-host.h"
#include "imagej/macro/planner.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {

using Piece = Abstract::Piece;

namespace {

bool ends_with_name(const Abstract& value) {
  return value.kind == Abstract::Kind::text && value.pieces.back().kind == Piece::Kind::name;
}
bool is_directory(const Abstract& value) {
  return value.kind == Abstract::Kind::text && value.pieces.size() == 1 &&
         value.pieces[0].kind == Piece::Kind::directory;
}
bool all_known(const std::vector<Abstract>& values) {
  return std::ranges::all_of(values, [](const Abstract& a) { return a.known(); });
}
bool all_stable(const std::vector<Abstract>& values) {
  return std::ranges::none_of(values, [](const Abstract& a) { return a.is_runtime(); });
}

std::string operand_code(const Abstract& value) {
  const std::string code = code_of(value);
  // A sum of pieces is one operand.
  return value.kind == Abstract::Kind::text && value.pieces.size() > 1 ? "(" + code + ")" : code;
}

}  // namespace

// The macro's argument as a whole is a folder.
Abstract Planner::settled(Abstract value) {
  if (value.kind != Abstract::Kind::argument) return value;
  auto found = state_.parts.find(-1);
  if (found == state_.parts.end()) found = state_.parts.emplace(-1, new_directory()).first;
  return directory(found->second);
}

// The position of the image in its folder, and how many files that has, are seen while it is worked
// on: they do not depend on the order in which images are.
Abstract Planner::numbered(Abstract value, Place place) {
  const bool index = value.kind == Abstract::Kind::index;
  if (!index && value.kind != Abstract::Kind::count) return value;
  if (index && state_.list_changed)
    fail(place,
         "the position of the image in a list that was sorted, filtered or turned round is not "
         "known",
         "leave the list as getFileList gives it, or use the file's name");
  if (form_ == MacroPlan::Form::one_image)
    note(
        "i, the number of the image, counts the folder's files in the order of their names from 0; "
        "Process > Batch > Macro takes them as the file system lists them");
  else
    note(
        "the position of an image is that in the list of all files and folders beside it, as "
        "getFileList gives it");
  if (index) return Abstract::of_code("Input.index", false);
  if (value.offset == 0.0) return Abstract::of_code("Input.count", false);
  return Abstract::of_code("(Input.count " + std::string(value.offset < 0.0 ? "- " : "+ ") +
                               code_of(Value(std::fabs(value.offset))) + ")",
                           false);
}

Abstract Planner::directory(int number) const {
  return Abstract::of_piece(Piece::Kind::directory, number);
}

int Planner::new_directory(char role) {
  if (directories_ > 60) fail({1, 1}, "the macro uses too many folders");
  if (role != '?') state_.roles[directories_] = role;
  return directories_++;
}

// Throws where a value has no meaning for a single image.
void Planner::usable(const Abstract& value, Place place) const {
  if (value.row && value.table == manager_title) fail_for_manager(place);
  if (value.row && !value.table.empty() && value.table != "Results")
    fail(place,
         fmt::format("table '{}' has the rows of the images before, too, so this number is not "
                     "known",
                     value.table),
         "it can be used as a row of that table only");
  if (value.row)
    fail(place,
         "the Results table has the rows of the images before, too, so this number is not known",
         "rows can be counted from its end, as in getResult(\"Area\", nResults - 1); else clear it "
         "for each image: run(\"Clear Results\")");
  switch (value.kind) {
    case Abstract::Kind::index:
    case Abstract::Kind::count:
      fail(place, "the position of an image cannot stand here", "use the file's name instead");
    case Abstract::Kind::files:
      fail(place, "the list of files can only be looped over",
           "for (i = 0; i < list.length; i++) ... list[i]");
    case Abstract::Kind::parts:
    case Abstract::Kind::argument:
      fail(place, "the macro's argument stands for the folders of the run",
           "use its parts as folders: split(getArgument(), \"|\")");
    case Abstract::Kind::carried:
      if (value.meaning == of_several_ways)
        fail(place, "what this is depends on the file's name in a way that cannot be written down",
             "only what is true or false can be told apart by it");
      fail(
          place, "this value comes from the images before, and images are worked on in any order",
          "set it anew for each image; only texts that grow by s = s + ... are gathered, and a new "
          "row of a table is nResults");
    case Abstract::Kind::each:
      fail(place, "this array has an element of each image, and only that of the image is known",
           "use array[i] in a loop over all files: for (i = 0; i < list.length; i++)");
    case Abstract::Kind::gathered:
      fail(place, "a text gathered over all images can only be saved with File.saveString");
    default: break;
  }
}

bool Planner::calls_own(const Expression& e) const {
  bool found = false;
  for_each(e, [&](const Expression& one) {
    found |= one.kind == Expression::Kind::step ||
             (one.kind == Expression::Kind::call && program_.functions.contains(one.text));
  });
  return found;
}

// From left to right. What was read of the session before a function of the macro's own is called
// (or a variable stepped on) is put into a variable, as that may change it.
std::vector<Abstract> Planner::evaluate_all(const std::vector<const Expression*>& all, bool mixed) {
  std::vector<Abstract> values;
  for (const Expression* one : all) {
    if (calls_own(*one))
      for (auto& value : values)
        if (value.is_runtime()) {
          const std::string name = temporary("value");
          emit_code(name + " = " + value.code + ";", one->place);
          value = Abstract::of_code(name, false);
        }
    values.push_back(evaluate(*one, false, mixed));
  }
  return values;
}

// Fiji took script parameters in comments, once: // @File(label="Folder") input
void Planner::fail_without_value(const std::string& name, Place place) const {
  const std::regex parameter("(^|\\n)\\s*//\\s*@\\s*(\\w+)[^\\n]*\\b" + name + "\\s*(\\r?\\n|$)");
  std::smatch found;
  if (std::regex_search(program_.text, found, parameter))
    fail(place,
         fmt::format("variable '{}' has no value yet: '// @{}' is a comment here", name,
                     found[2].str()),
         fmt::format("write #@ {} (...) {}", found[2].str(), name));
  fail(place, fmt::format("variable '{}' has no value yet", name), "assign to it first");
}

Abstract Planner::evaluate(const Expression& e, bool statement, bool mixed) {
  struct Deeper {
    int& depth;
    ~Deeper() { --depth; }
  } deeper{depth_};
  if (++depth_ > 2000) fail(e.place, "the macro's functions are nested too deeply");
  switch (e.kind) {
    case Expression::Kind::number: return Value(e.number);
    case Expression::Kind::string: return Value(e.text);
    case Expression::Kind::name: {
      const Abstract* value = find(e.text);
      if (value == nullptr) fail_without_value(e.text, e.place);
      return *value;
    }
    case Expression::Kind::index: return index(e);
    case Expression::Kind::method: {
      const Builtin* function = find_method(e.text);
      std::vector<const Expression*> parts;
      for (const auto& one : e.arguments) parts.push_back(one.get());
      Abstract result = call_builtin(*function, e, evaluate_all(parts, true), "");
      // Where a text is wanted, these give words.
      if (const auto word = mixed && result.known() && e.text != "matches"
                                ? word_of_method(e.text, result.value)
                                : std::nullopt)
        return Value(*word);
      return result;
    }
    case Expression::Kind::call: return call(e, statement);
    case Expression::Kind::unary: {
      const Abstract value = numbered(evaluate(*e.arguments[0]), e.place);
      usable(value, e.place);
      if (value.known())
        return placed(e.place, [&] { return Abstract(unary_value(e.text, value.value)); });
      return Abstract::of_code("(" + e.text + operand_code(value) + ")", !value.is_runtime());
    }
    case Expression::Kind::step: return stepped(e);
    case Expression::Kind::binary: break;
  }
  return e.text == "+" || e.text == "-" ? sum(e, mixed) : binary(e);
}

Abstract Planner::binary(const Expression& e) {
  auto both = evaluate_all({e.arguments[0].get(), e.arguments[1].get()}, false);
  const bool compares = e.text == "==" || e.text == "!=" || e.text[0] == '<' || e.text[0] == '>';
  // A loop was entered, so there is a file.
  if (compares && both[0].kind == Abstract::Kind::count && both[1].known() &&
      both[1].value.is_number() && number_of(both[1].value) == 0.0)
    return binary_value(e.text, Value(1.0), both[1].value);
  for (std::size_t i = 0; i < 2; ++i) {
    if (both[i].kind == Abstract::Kind::argument && both[1 - i].is_known_text(""))
      return Value(e.text != "==");
    // Folders and names of files are not empty.
    if (both[i].kind == Abstract::Kind::text && both[1 - i].is_known_text("") &&
        (e.text == "==" || e.text == "!="))
      return Value(e.text != "==");
  }
  if (compares && both[0].row && both[1].row && both[0].table == both[1].table)
    both[0].row = both[1].row = false;
  for (auto& one : both) one = numbered(std::move(one), e.place);
  for (const auto& one : both) usable(one, e.place);
  if (both[0].known() && both[1].known())
    return placed(e.place,
                  [&] { return Abstract(binary_value(e.text, both[0].value, both[1].value)); });
  // What one side decides alone. The other was looked at, as ImageJ does.
  if (e.text == "&&" || e.text == "||")
    for (std::size_t i = 0; i < 2; ++i)
      if (both[i].known()) {
        const bool truth = placed(e.place, [&] { return truth_of(both[i].value); });
        if (truth == (e.text == "||")) return Value(truth);
        return both[1 - i];
      }
  Abstract result = Abstract::of_code(
      "(" + operand_code(both[0]) + " " + e.text + " " + operand_code(both[1]) + ")",
      all_stable(both));
  if (result.code.size() > 100'000) fail(e.place, "this expression is too long");
  return result;
}

// `n++` within an expression.
Abstract Planner::stepped(const Expression& e) {
  const std::string& name = e.arguments[0]->text;
  const Abstract* found = find(name);
  if (found == nullptr) fail(e.place, fmt::format("variable '{}' has no value yet", name));
  // Only shown as progress.
  if (phase_ == Phase::within && counters_.contains(name)) return *found;
  if (shadows(name))
    fail(e.place,
         fmt::format("in a function '{}' is a variable of its own, which begins at 0", name),
         fmt::format("write var {} = ...; at the top of the macro", name));
  Abstract old = numbered(*found, e.place);
  usable(old, e.place);
  Statement s;
  s.kind = Statement::Kind::assign;
  s.place = e.place;
  s.text = e.text;
  s.target = copy_of(*e.arguments[0]);
  if (old.is_runtime() && !e.bare) {
    const std::string before = temporary("value");
    emit_code(before + " = " + old.code + ";", e.place);
    old = Abstract::of_code(before, false);
  }
  store(name, changed(s, *found), e.place);
  return e.bare ? *find(name) : old;
}

namespace {

// Whether a value is a text for sure.
bool is_text(const Abstract& value) {
  return value.kind == Abstract::Kind::text || (value.known() && value.value.is_string());
}

}  // namespace

namespace {

// Whether a call gives a number, or a text, for sure.
bool gives_number(const Expression& e) {
  static const std::set<std::string, std::less<>> numbers = {
      "getWidth",   "getHeight",   "nImages",     "nResults",        "nSlices",    "bitDepth",
      "getValue",   "lengthOf",    "getResult",   "indexOf",         "parseInt",   "parseFloat",
      "round",      "floor",       "getPixel",    "lastIndexOf",     "getImageID", "Table.get",
      "Table.size", "Input.index", "Input.count", "RoiManager.size", "roiManager", "List.getValue"};
  if (e.kind == Expression::Kind::binary) return e.text != "+";
  return e.kind == Expression::Kind::number ||
         (e.kind == Expression::Kind::call && numbers.contains(e.text));
}

bool gives_text(const Expression& e) {
  static const std::set<std::string, std::less<>> texts = {
      "getTitle",        "getInfo",           "substring",
      "replace",         "toString",          "d2s",
      "IJ.pad",          "toLowerCase",       "toUpperCase",
      "getDirectory",    "getMetadata",       "List.get",
      "getResultString", "getResultLabel",    "Table.getString",
      "Roi.getName",     "RoiManager.getName"};
  return e.kind == Expression::Kind::call &&
         (texts.contains(e.text) || e.text.starts_with("String.") || e.text.starts_with("File."));
}

Term known_term(char op, const Expression& part, const Value& value, bool own) {
  Term term{op, value, own};
  term.element = part.kind == Expression::Kind::index;
  if (part.kind != Expression::Kind::method || !value.is_number()) return term;
  term.as_text = word_of_method(part.text, value);
  term.method = asks_text(part.text);
  return term;
}

}  // namespace

// Terms of a text that are joined in another way than their values tell: numbers before elements of
// arrays, and what methods ask of texts.
void Planner::settle_terms(const std::vector<const Expression*>& parts,
                           std::vector<Abstract>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Abstract& value = values[i];
    if (parts[i]->kind == Expression::Kind::method && value.kind == Abstract::Kind::code) {
      const std::string& method = parts[i]->text;
      if (!asks_text(method)) continue;
      if (method != "indexOf" && method != "lastIndexOf")
        fail(parts[i]->place, fmt::format("ImageJ joins what '.{}' gives as a word here", method),
             "put the value into a variable first");
      const bool beside_texts =
          (i == 0 || is_text(values[i - 1])) && (i + 1 == values.size() || is_text(values[i + 1]));
      if (beside_texts) continue;
      const std::string joined = temporary("value");
      emit_code(joined + " = \"\" + " + value.code + ";", parts[i]->place);
      value = Abstract::of_code(joined, false);
    }
    if (i == 0 || parts[i]->kind != Expression::Kind::index || !is_text(value)) continue;
    const Abstract& before = values[i - 1];
    const Expression& part = *parts[i - 1];
    const bool position = before.kind == Abstract::Kind::code &&
                          (before.code == "Input.index" || before.code.find("Input.count") == 1 ||
                           before.code == "Input.count");
    const bool own = part.kind == Expression::Kind::call && program_.functions.contains(part.text);
    const bool method = part.kind == Expression::Kind::method && asks_text(part.text);
    const bool number = before.known() && before.value.is_number() && !own && !method;
    if (number || position || gives_number(part))
      fail(parts[i]->place,
           "ImageJ makes NaN of a number and an element of an array that is a text",
           "put the element into a variable first");
    if (!before.is_runtime() || own || method || gives_text(part)) continue;
    // What is before it is seen when it is known.
    const std::string array = temporary("element");
    emit_code(array + " = newArray(" + bare_code(code_of(value)) + ");", parts[i]->place);
    value = Abstract::of_code(array + "[0]", false);
  }
}

Abstract Planner::sum(const Expression& e, bool mixed) {
  const auto terms = terms_of(e);
  std::vector<const Expression*> parts;
  for (const auto& [op, part] : terms) parts.push_back(part);
  auto values = evaluate_all(parts, mixed);
  for (auto& value : values) value = settled(std::move(value));
  const auto term_of = [&](std::size_t i, char op, bool own) {
    Term term = known_term(op, *parts[i], values[i].value, own);
    // The length of a text, not of an array.
    if (parts[i]->kind == Expression::Kind::method && parts[i]->text == "length") {
      const Expression& whole = *parts[i]->arguments[0];
      const Abstract* value = whole.kind == Expression::Kind::name ? find(whole.text) : nullptr;
      term.method = whole.kind == Expression::Kind::string || (value != nullptr && is_text(*value));
    }
    return term;
  };
  const auto own = [&](std::size_t i) {
    return parts[i]->kind == Expression::Kind::call && program_.functions.contains(parts[i]->text);
  };
  if (values.size() == 2 && values[0].kind == Abstract::Kind::count && values[1].known()) {
    values[0].offset += (terms[1].first == '-' ? -1.0 : 1.0) *
                        placed(e.place, [&] { return number_of(values[1].value); });
    return values[0];
  }
  // What was gathered over all images, with texts before and behind it.
  if (const auto gathered = std::ranges::find(values, Abstract::Kind::gathered, &Abstract::kind);
      gathered != values.end()) {
    Abstract result = *gathered;
    for (auto i = values.begin(); i != values.end(); ++i) {
      if (i == gathered) continue;
      if (!i->known()) usable(*gathered, e.place);
      const std::string text = placed(e.place, [&] { return text_of(i->value); });
      if (i < gathered)
        result.before = (i == values.begin() ? "" : result.before) + text;
      else
        result.after += text;
    }
    return result;
  }
  int rows = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = numbered(std::move(values[i]), parts[i]->place);
    if (values[i].row) rows += terms[i].first == '-' ? -1 : 1;
  }
  const bool counts = std::ranges::none_of(values, is_text) && (rows == 0 || rows == 1);
  for (auto& value : values) value.row = value.row && !counts;
  for (std::size_t i = 0; i < values.size(); ++i) usable(values[i], parts[i]->place);
  if (all_known(values)) {
    std::vector<Term> known;
    for (std::size_t i = 0; i < values.size(); ++i)
      known.push_back(term_of(i, terms[i].first, own(i)));
    return placed(e.place, [&] { return Abstract(sum_of(known, mixed)); });
  }
  const bool code =
      std::ranges::any_of(values, [](const Abstract& a) { return a.kind == Abstract::Kind::code; });
  if (std::ranges::any_of(values, is_text)) settle_terms(parts, values);
  if (!code) {
    // Texts and known values: joined as ImageJ joins them, numbers in a row first.
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < values.size();) {
      if (terms[i].first == '-' && is_text(values[i]))
        fail(e.place, "'-' cannot be used on strings");
      if (i == 0 && !is_text(values[0]) && !mixed)
        fail(e.place, "ImageJ makes NaN of a number + a string here",
             "begin with a string: \"\" + ...");
      if (values[i].kind == Abstract::Kind::text) {
        append(pieces, values[i++].pieces);
        continue;
      }
      std::vector<Term> run{term_of(i, '+', own(i))};
      const bool text = is_text(values[i]) || run[0].method;
      for (++i; !text && i < values.size() && values[i].known() && !is_text(values[i]); ++i) {
        if (term_of(i, '+', false).method) break;
        run.push_back({terms[i].first, values[i].value, false});
      }
      append(pieces, {{Piece::Kind::literal,
                       placed(e.place, [&] { return text_of(sum_of(run, true)); }), 0}});
    }
    if (pieces.size() > 1000) fail(e.place, "this text is too long");
    return Abstract::of_pieces(std::move(pieces));
  }
  Abstract result = Abstract::of_code("", all_stable(values));
  result.outline.clear();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool pieces = values[i].kind == Abstract::Kind::text;
    // Pieces join as they are where they stand first or behind a '+'.
    const std::string part =
        pieces && terms[i].first == '+' ? code_of(values[i]) : operand_code(values[i]);
    result.code += (i == 0 ? "" : fmt::format(" {} ", terms[i].first)) + part;
    result.outline += pieces ? marked_text(values[i].pieces)
                      : values[i].known() && !values[i].value.is_array() ? text_of(values[i].value)
                                                                         : values[i].outline;
  }
  result.code = "(" + result.code + ")";
  result.row = rows == 1;
  for (const auto& value : values)
    if (!value.table.empty()) result.table = value.table;
  if (result.code.size() > 100'000) fail(e.place, "this text is too long");
  return result;
}

Abstract Planner::index(const Expression& e) {
  Abstract at = evaluate(*e.arguments[0]);
  Abstract* array = find(e.text);
  if (array == nullptr) fail(e.place, fmt::format("array '{}' has no value yet", e.text));
  if (array->kind == Abstract::Kind::files) {
    if (at.kind == Abstract::Kind::index && phase_ == Phase::within)
      return Abstract::of_piece(Piece::Kind::name);
    fail(e.place, "only the file that the loop is at is known",
         "use list[i] within the loop over the list");
  }
  if (array->kind == Abstract::Kind::each) return own_element(*array, e);
  if (array->kind == Abstract::Kind::parts && at.known()) {
    const int part = java_int(placed(e.place, [&] { return number_of(at.value); }));
    // One folder a part, the same each time.
    auto found = state_.parts.find(part);
    if (found == state_.parts.end()) found = state_.parts.emplace(part, new_directory()).first;
    return directory(found->second);
  }
  usable(*array, e.place);
  at = numbered(std::move(at), e.place);
  usable(at, e.place);
  if (array->known() && at.known())
    return placed(e.place, [&]() -> Abstract {
      const auto& elements = *array_of(array->value);
      const auto i = java_int(number_of(at.value));
      if (i < 0 || static_cast<std::size_t>(i) >= elements.size())
        throw ValueError(
            fmt::format("index {} of '{}', which has {} elements", i, e.text, elements.size()));
      return value_of(elements[static_cast<std::size_t>(i)]);
    });
  if (!array->is_runtime()) materialise(e.text, e.place);
  return Abstract::of_code(find(e.text)->code + "[" + code_of(at) + "]", false);
}

// ----- calls

Abstract Planner::call(const Expression& e, bool statement) {
  if (const auto own = program_.functions.find(e.text); own != program_.functions.end())
    return call_own(own->second, e, statement);
  if (!state_.created.empty() && may_show_table(e)) state_.created.clear();
  const Builtin* function = find_builtin(e.text);
  const Command* command_named = table_.find(e.text, Command::Form::function);
  const bool is_question =
      e.text == "roiManager" && e.arguments.size() == 1 &&
      e.arguments[0]->kind == Expression::Kind::string &&
      (lower_case(e.arguments[0]->text) == "count" || lower_case(e.arguments[0]->text) == "size" ||
       lower_case(e.arguments[0]->text) == "index");
  if (is_question) {
    const bool index = lower_case(e.arguments[0]->text) == "index";
    if (phase_ == Phase::before && !state_.opened) return Value(index ? -1.0 : 0.0);
    if (!index) return size_of_manager(e);
    check_results_use(e);
    return Abstract::of_code("roiManager(\"index\")", false);
  }
  if (e.text == "run" || (command_named != nullptr &&
                          (function == nullptr || function->when == Builtin::When::refused))) {
    if (!statement)
      fail(e.place, fmt::format("{} gives no value", e.text), "call it as a statement");
    command(e);
    return Value(0.0);
  }
  if (function->outs != 0 || function->changes_first) {
    if (!statement && function->outs != 0) fail(e.place, fmt::format("{} gives no value", e.text));
    if (function->outs != 0) {
      call_outs(*function, e);
      return Value(0.0);
    }
  }
  if (function->when == Builtin::When::effect) {
    check_results_use(e);
    const Leftovers after = LeftoverWalk(walked()).behind(e, leftovers());
    call_effect(*function, e);
    take(after);
    return Value(0.0);
  }
  if (function->when == Builtin::When::nothing) {
    for (const auto& one : e.arguments)
      if (calls_own(*one)) evaluate(*one);
    return Value(1.0);
  }
  std::vector<const Expression*> parts;
  for (const auto& one : e.arguments) parts.push_back(one.get());
  if (asks_for_manager_window(e)) return Value(false);
  if (e.text == "RoiManager.size" && phase_ == Phase::within) return size_of_manager(e);
  check_results_use(e);
  auto values = evaluate_all(parts, !function->values_only);
  if (takes_text_of(e) && values[0].known() && values[0].value.is_number())
    values[0] = Value(text_of(values[0].value));
  return call_builtin(*function, e, std::move(values), e.bare ? "bare" : "");
}

Abstract Planner::call_builtin(const Builtin& function, const Expression& e,
                               std::vector<Abstract> arguments, const std::string& form) {
  if (function.when == Builtin::When::file) return call_file(function, e, arguments, form);
  if (function.when == Builtin::When::pure) return call_pure(function, e, arguments, form);
  for (auto& one : arguments) one = numbered(settled(std::move(one)), e.place);
  if (const int at = row_argument_of(function.name);
      at >= 0 && at < static_cast<int>(arguments.size()))
    arguments[static_cast<std::size_t>(at)] =
        row_argument(std::move(arguments[static_cast<std::size_t>(at)]), table_of(e), e.place);
  for (const auto& one : arguments) usable(one, e.place);
  if (function.name == "getInfo" && arguments[0].known() && arguments[0].value.is_string())
    for (const char* of_machine : {"os.", "java.", "user."})
      if (const std::string key = text_of(arguments[0].value); key.starts_with(of_machine))
        fail(e.place, fmt::format("getInfo(\"{}\") differs from machine to machine", key),
             "leave it out");
  // Nothing is there before the first image.
  if (!state_.opened) {
    if (function.name == "is" && phase_ == Phase::before && arguments[0].known() &&
        arguments[0].value.is_string() && lower_case(text_of(arguments[0].value)) == "batch mode")
      return Value(state_.batch);
    if (function.name == "nImages") return Value(static_cast<double>(state_.other_images));
    if (function.name == "isOpen" && state_.other_images == 0) return Value(false);
    if (phase_ == Phase::before &&
        (function.name == "nResults" || function.name == "RoiManager.size"))
      return Value(0.0);
  }
  if (!state_.opened && phase_ != Phase::within && function.name != "getVersion" &&
      function.name != "isOpen" && function.name != "nImages" && function.name != "nResults" &&
      state_.other_images == 0)
    fail(e.place, fmt::format("{}: there are no images open", function.name));
  if (function.name == "getTitle" && state_.title_known)
    return Abstract::of_piece(Piece::Kind::name);
  if (function.name == "getInfo" && (arguments[0].is_known_text("image.filename") ||
                                     arguments[0].is_known_text("image.directory")))
    check_file_known(e);
  if (function.name == "getInfo" && arguments[0].is_known_text("image.filename"))
    return Abstract::of_piece(Piece::Kind::name);
  if (function.name == "getInfo" && arguments[0].is_known_text("image.directory"))
    return directory(0);
  std::string code = function.name == list_text_function ? "List.getValue" : function.name;
  const std::string title = title_left_out(e);
  if (form != "bare" || !title.empty()) {
    code += "(";
    for (std::size_t i = 0; i < arguments.size(); ++i)
      code += (i == 0 ? "" : ", ") + bare_code(code_of(arguments[i]));
    if (!title.empty()) code += (arguments.empty() ? "" : ", ") + string_code(title);
    code += ")";
  }
  Abstract result = Abstract::of_code(std::move(code), false);
  if (is_row_count(e) && gathers(table_of(e))) {
    result.row = true;
    result.table = table_of(e);
  }
  return result;
}

Abstract Planner::call_pure(const Builtin& function, const Expression& e,
                            std::vector<Abstract>& arguments, const std::string&) {
  if (!arguments.empty() && arguments[0].kind == Abstract::Kind::files) {
    if (function.name == "lengthOf") return Abstract::of(Abstract::Kind::count);
    // Images are worked on in any order.
    if (function.name == "Array.sort" || function.name == "Array.copy" ||
        function.name == "Array.reverse" || function.name == "Array.invert") {
      state_.list_changed |= function.name != "Array.copy";
      return arguments[0];
    }
    if (function.name == "Array.filter" && phase_ == Phase::before && arguments[1].known() &&
        arguments[1].value.is_string()) {
      const std::string part = text_of(arguments[1].value);
      const bool pattern = part.size() > 1 && part.front() == '(' && part.back() == ')';
      state_.conditions.push_back(
          pattern ? "lengthOf(Array.filter(newArray(Input.name), " + string_code(part) + ")) == 1"
                  : "String.contains(Input.name, " + string_code(part) + ")");
      state_.list_changed = true;
      return arguments[0];
    }
  }
  if (arguments.size() == 1 && form_ == MacroPlan::Form::folder) {
    const Abstract& one = arguments[0];
    if (function.name == "newArray" && phase_ == Phase::before &&
        one.kind == Abstract::Kind::count && one.offset == 0.0)
      return Abstract::of(Abstract::Kind::each);
    if (function.name == "lengthOf" && one.kind == Abstract::Kind::each)
      return Abstract::of(Abstract::Kind::count);
  }
  if (!arguments.empty() && arguments[0].kind == Abstract::Kind::parts &&
      function.name == "lengthOf")
    return Value(2.0);
  if (!arguments.empty() && arguments[0].kind == Abstract::Kind::argument) {
    if (function.name == "split") return Abstract::of(Abstract::Kind::parts);
    if (function.name == "lengthOf") return Value(1.0);
  }
  for (auto& one : arguments) one = numbered(std::move(one), e.place);
  for (const auto& one : arguments) usable(one, e.place);
  if (all_known(arguments)) {
    std::vector<Value> values;
    for (const auto& one : arguments) values.push_back(one.value);
    Session session;
    NoHost host;
    return placed(e.place, [&] {
      BuiltinCall made{function.name, values, session, host, {}};
      return Abstract(function.run(made));
    });
  }
  if (auto result = call_on_text(function, arguments)) return *result;
  if (function.changes_first) {
    for (std::size_t i = 0; i < arguments.size() && changes(function, i); ++i) {
      const auto& array = *e.arguments[i];
      if (array.kind != Expression::Kind::name)
        fail(array.place, "an array's name is expected here");
      materialise(array.text, e.place);
      arguments[i] = *find(array.text);
    }
  }
  std::string code = function.name + "(";
  for (std::size_t i = 0; i < arguments.size(); ++i)
    code += (i == 0 ? "" : ", ") + bare_code(code_of(arguments[i]));
  code += ")";
  if (code.size() > 100'000) fail(e.place, "this expression is too long");
  Abstract result = Abstract::of_code(std::move(code), all_stable(arguments));
  if (function.name == "lastIndexOf" && arguments[1].is_known_text(".") &&
      arguments[0].kind == Abstract::Kind::text)
    result.meaning = "dot " + code_of(arguments[0]);
  if (function.changes_first) {
    emit_code(result.code + ";", e.place);
    return arguments[0];
  }
  return result;
}

// What is known of functions on names and paths.
std::optional<Abstract> Planner::call_on_text(const Builtin& function,
                                              const std::vector<Abstract>& a) {
  if (a.empty() || a[0].kind != Abstract::Kind::text) return std::nullopt;
  const Piece& last = a[0].pieces.back();
  if (function.name == "endsWith" && a[1].known() && a[1].value.is_string()) {
    const std::string end = text_of(a[1].value);
    if (last.kind == Piece::Kind::directory && end == "/") return Value(true);
    if (last.kind == Piece::Kind::name && end.ends_with('/')) return Value(false);
    if (last.kind == Piece::Kind::literal && last.text.size() >= end.size())
      return Value(last.text.ends_with(end));
  }
  if (function.name == "File.getName" && last.kind == Piece::Kind::name)
    return Abstract::of_piece(Piece::Kind::name);
  if (function.name == "File.getNameWithoutExtension" && last.kind == Piece::Kind::name)
    return Abstract::of_piece(Piece::Kind::stem);
  if ((function.name == "File.getParent" || function.name == "File.getDirectory") &&
      last.kind == Piece::Kind::name && a[0].pieces.size() == 2 &&
      a[0].pieces[0].kind == Piece::Kind::directory)
    return directory(a[0].pieces[0].directory);
  if (function.name == "substring" && a.size() == 3 && last.kind == Piece::Kind::name &&
      a[1].known() && a[1].value.is_number() && number_of(a[1].value) == 0.0 &&
      a[2].meaning == "dot " + code_of(a[0])) {
    auto pieces = a[0].pieces;
    pieces.back().kind = Piece::Kind::stem;
    return Abstract::of_pieces(std::move(pieces));
  }
  return std::nullopt;
}

// The path of a file of the whole run in an output folder; empty for others.
std::string Planner::output_of_run(const Abstract& path) {
  if (path.kind != Abstract::Kind::text || path.pieces.size() < 2 || depends_on_image(path) ||
      path.pieces[0].kind != Piece::Kind::directory || path.pieces[1].text.ends_with('/'))
    return "";
  const int directory = path.pieces[0].directory;
  const auto role = state_.roles.find(directory);
  if (role != state_.roles.end() && role->second != 'o') return "";
  state_.outputs_for_sure.insert(directory);
  return marked_text(path.pieces);
}

Abstract Planner::call_file(const Builtin& function, const Expression& e,
                            std::vector<Abstract>& arguments, const std::string&) {
  const std::string& name = function.name;
  if (name == "getArgument") {
    if (options_.argument) return Value(*options_.argument);
    return Abstract::of(Abstract::Kind::argument);
  }
  if (name == "getFileList") {
    const Abstract folder = settled(arguments[0]);
    if (looped_ || phase_ != Phase::before)
      fail(e.place, "the macro lists a second folder", "only one is gone through");
    if (is_directory(folder)) {
      if (state_.outputs_for_sure.contains(folder.pieces[0].directory))
        fail(e.place, "this folder was taken for the one that files are written to",
             "ask File.exists for files of the output folder only");
      state_.roles[folder.pieces[0].directory] = 'i';
      note(fmt::format("line {}: the folder that is listed is the input folder of the run",
                       e.place.line));
    } else if (folder.known() && folder.value.is_string()) {
      input_literal_ = text_of(folder.value);
      note(fmt::format("line {}: '{}' stands for the input folder of the run", e.place.line,
                       input_literal_));
    } else {
      fail(e.place, "the folder to list must be the input folder itself",
           "list a folder that the macro is given, and give IN accordingly");
    }
    return Abstract::of(Abstract::Kind::files);
  }
  if (name == "getDirectory" || name == "getDir") {
    if (arguments[0].is_known_text("image")) {
      check_file_known(e);
      return directory(0);
    }
    for (const char* other :
         {"temp", "home", "startup", "imagej", "plugins", "macros", "luts", "cwd", "file"})
      if (arguments[0].is_known_text(other))
        fail(e.place, fmt::format("getDirectory(\"{}\") is a folder of one machine", other),
             "use the input or output folder");
    note(fmt::format("line {}: the folder that is asked for is one of the run", e.place.line));
    return directory(new_directory());
  }
  if (name == "File.open") return open_file(arguments[0], e);
  if (name == "File.delete") {
    const std::string file = output_of_run(arguments[0]);
    if (file.empty() || phase_ != Phase::before)
      fail(e.place, "files of the user are not deleted",
           "what a run writes replaces what was there: leave this out");
    state_.heads.erase(file);
    return Value(true);
  }
  if (name == "File.exists")
    if (const std::string file = output_of_run(arguments[0]); !file.empty()) {
      note(fmt::format("line {}: a run begins without the files that it writes", e.place.line));
      if (state_.heads.contains(file) || state_.appended.contains(file)) return Value(true);
      state_.asked_for = file;
      return Value(false);
    }
  if (name == "File.isDirectory" || name == "File.exists") {
    const Abstract& path = arguments[0];
    const bool exists = name == "File.exists";
    if (path.kind == Abstract::Kind::argument || is_directory(path)) return Value(true);
    if (ends_with_name(path)) return Value(exists);
    if (path.kind == Abstract::Kind::text && path.pieces.size() == 2 &&
        path.pieces[0].kind == Piece::Kind::directory && path.pieces[1].text.ends_with('/'))
      return Value(true);
    if (path.known() && path.value.is_string() &&
        (text_of(path.value).ends_with('/') ||
         text_of(path.value).starts_with(input_literal_ + "/")))
      return Value(true);
    fail(e.place, fmt::format("{}: which files are there is not known", name),
         "files that are written are replaced; remove the condition");
  }
  if (!state_.opened && !(phase_ == Phase::within))
    fail(e.place, fmt::format("{}: no image was opened yet", name));
  if (name == "Input.index" || name == "Input.count") return Abstract::of_code(name, false);
  if (state_.saved_file &&
      (name == "File.name" || name == "File.nameWithoutExtension" || name == "File.directory"))
    fail(e.place,
         fmt::format("{} is here that of the file that line {} saved or opened", name,
                     state_.saved_file->line),
         fmt::format("keep that of the image in a variable before: name = {};", name));
  if (name == "File.name" || name == "Input.name") return Abstract::of_piece(Piece::Kind::name);
  if (name == "File.nameWithoutExtension" || name == "Input.stem")
    return Abstract::of_piece(Piece::Kind::stem);
  if (name == "File.directory" || name == "Input.directory") return directory(0);
  return directory(1);
}

// What asks for the file of the image that is active.
void Planner::check_file_known(const Expression& e) const {
  if (!state_.other_file || state_.title_known) return;
  fail(e.place,
       fmt::format("this may be the file that line {} opened beside the run's images",
                   state_.other_file->line),
       "keep it in a variable before that one is opened");
}

// Statements of functions that assign to variables: getDimensions(w, h, c, s, f).
void Planner::call_outs(const Builtin& function, const Expression& e) {
  std::vector<const Expression*> parts;
  for (std::size_t i = 0; i < e.arguments.size(); ++i)
    if (!is_out(function, e, i)) parts.push_back(e.arguments[i].get());
  auto values = evaluate_all(parts, true);
  for (auto& one : values) one = numbered(std::move(one), e.place);
  for (const auto& one : values) usable(one, e.place);
  if (function.when == Builtin::When::pure && all_known(values)) {
    std::vector<Value> arguments(e.arguments.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < e.arguments.size(); ++i)
      if (!is_out(function, e, i)) arguments[i] = values[next++].value;
    Session session;
    NoHost host;
    placed(e.place, [&] {
      BuiltinCall made{function.name, arguments, session, host, {}};
      return function.run(made);
    });
    for (std::size_t i = 0; i < e.arguments.size(); ++i)
      if (is_out(function, e, i)) {
        if (e.arguments[i]->kind != Expression::Kind::name)
          fail(e.arguments[i]->place, "a variable is expected here");
        set(e.arguments[i]->text, arguments[i]);
      }
    return;
  }
  // It tells where a window is, and nothing asks for that.
  if (function.name == "getLocationAndSize") return;
  if (function.outs_are_read)
    for (std::size_t i = 0; i < e.arguments.size(); ++i) {
      const auto& one = *e.arguments[i];
      if (!is_out(function, e, i) || one.kind != Expression::Kind::name) continue;
      if (find(one.text) == nullptr)
        fail(one.place, fmt::format("variable '{}' has no value yet", one.text),
             "assign to it first");
      if (shadows(one.text))
        fail(one.place,
             fmt::format("in a function '{}' is a variable of its own, which has no value yet",
                         one.text),
             fmt::format("write var {} = ...; at the top of the macro", one.text));
      materialise(one.text, one.place);
    }
  std::string code = function.name + "(";
  std::size_t next = 0;
  for (std::size_t i = 0; i < e.arguments.size(); ++i) {
    const auto& one = *e.arguments[i];
    if (is_out(function, e, i) && one.kind != Expression::Kind::name)
      fail(one.place, "a variable is expected here");
    code += (i == 0 ? "" : ", ") + (is_out(function, e, i)
                                        ? session_name(one.text, frame_to_assign(one.text))
                                        : code_of(values[next++]));
  }
  emit_code(code + ");", e.place);
  for (std::size_t i = 0; i < e.arguments.size(); ++i)
    if (is_out(function, e, i)) set_in_session(e.arguments[i]->text);
}

void Planner::call_effect(const Builtin& function, const Expression& e) {
  if (function.name == "exit") {
    const auto message =
        e.arguments.empty() ? Abstract(Value("")) : evaluate(*e.arguments[0], false, true);
    const bool known = message.known() && !message.value.is_array() && text_of(message.value) != "";
    fail(e.place, "the macro ends here" + (known ? ": " + text_of(message.value) : std::string()));
  }
  const bool prints = function.name == "print" || function.name == "IJ.log";
  if (prints && print_to_file(e)) return;
  if (prints && phase_ == Phase::before && form_ == MacroPlan::Form::folder &&
      std::ranges::none_of(e.arguments, [&](const auto& one) { return calls_own(*one); })) {
    if (!print_beside_images(e))
      note(fmt::format("line {}: what is printed before the images is left out", e.place.line));
    return;
  }
  if (function.name == "File.close") return close_file(e);
  if (e.text.starts_with("Table.") && table_of_run(e)) return;
  std::vector<Abstract> values;
  for (const auto& one : e.arguments) {
    values.push_back(
        numbered(evaluate(*one, false, !function.values_only || function.name == "Array.print"),
                 one->place));
    const auto at = static_cast<int>(values.size()) - 1;
    if (at == row_argument_of(function.name)) {
      const std::string table = table_of(e);
      values.back() = e.text == "Table.set" && values.back().kind == Abstract::Kind::code &&
                              values.back().code == "Input.index" &&
                              state_.run_tables.contains(table)
                          ? own_row_of(table, *one)
                          : row_argument(std::move(values.back()), table, one->place);
    }
    usable(values.back(), one->place);
    if (prints && one->kind == Expression::Kind::method && asks_text(one->text) &&
        (!values.back().known() || one->text == "matches") && !one->text.ends_with("ndexOf"))
      fail(one->place, fmt::format("ImageJ prints what '.{}' gives as a word", one->text),
           "put the value into a variable first");
  }
  if (function.name == "requires") {
    Session session;
    NoHost host;
    std::vector<Value> arguments{values[0].value};
    placed(e.place, [&] {
      BuiltinCall made{function.name, arguments, session, host, {}};
      return function.run(made);
    });
    return;
  }
  if ((function.name == "File.append" || function.name == "File.saveString") &&
      !depends_on_image(values[1]))
    return append_of_run(values[0], values[1], e);
  if (function.name == "File.append" || function.name == "File.saveString") state_.saves = true;
  if (function.name == "Overlay.measure") state_.measures = true;
  if (function.changes_image && !state_.opened && state_.other_images == 0 &&
      function.name != "setColor" && function.name != "setLineWidth")
    fail(e.place, fmt::format("{}: there are no images open", function.name),
         "open the image before");
  if (phase_ == Phase::before && !state_.opened && !function.changes_image) {
    note(fmt::format("line {}: what is printed before the images is left out", e.place.line));
    return;
  }
  std::string code = function.name + "(";
  for (std::size_t i = 0; i < values.size(); ++i)
    code += (i == 0 ? "" : ", ") + bare_code(code_of(values[i]));
  if (const auto title = title_left_out(e); !title.empty())
    code += (values.empty() ? "" : ", ") + string_code(title);
  emit_code(code + ");", e.place);
  if (e.text == "Table.create" && phase_ == Phase::within && values[0].known() &&
      values[0].value.is_string() && !values[0].is_known_text("Results"))
    state_.created = text_of(values[0].value);
}

// A line that is printed before the images or behind them: the log has it, if it is known.
bool Planner::print_beside_images(const Expression& e) {
  const State before = snapshot();
  std::string line;
  try {
    for (const auto& one : e.arguments) {
      const Abstract value = evaluate(*one, false, true);
      if (!value.known() || value.value.is_array()) throw ValueError("not known");
      line += (one == e.arguments.front() ? "" : " ") + text_of(value.value);
    }
  } catch (const std::runtime_error&) {
    state_ = before;
    return false;
  }
  std::string& lines = phase_ == Phase::before ? state_.log_head : state_.log_foot;
  if (line == "\\Clear" && phase_ == Phase::before)
    lines.clear();
  else if (line.starts_with('\\'))
    return false;
  else
    lines += line + "\n";
  return true;
}

// ----- File.open, print(file, ...), File.close

// `file = File.open(path)`: what is printed to it goes into a file of the run, or of the image.
Abstract Planner::open_file(const Abstract& path, const Expression& e) {
  if (state_.open_file)
    fail(e.place, fmt::format("the file opened in line {} is not closed", state_.open_file->line),
         "ImageJ has one file open at a time: File.close(file);");
  if (!path.known() && path.kind != Abstract::Kind::text && path.kind != Abstract::Kind::code)
    usable(path, e.place);
  OpenFile file;
  file.line = e.place.line;
  if (depends_on_image(path)) {
    state_.saves = true;
    emit_code("File.open(" + bare_code(code_of(path)) + ");", e.place);
  } else {
    file.path = path.known() ? placed(e.place, [&] { return text_of(path.value); })
                             : marked_text(path.pieces);
    if (phase_ == Phase::within)
      fail(e.place, "each image would replace this file",
           "open it before the loop over the images, or put the image's name into its name");
    state_.heads[file.path] = "";
  }
  state_.open_file = file;
  return Value(open_file_text);
}

// Whether it is `print(file, text)` to the file that is open.
bool Planner::prints_to_file(const Expression& e) {
  if (!state_.open_file || e.text != "print" || e.arguments.size() < 2 ||
      e.arguments[0]->kind != Expression::Kind::name)
    return false;
  const Abstract* file = find(e.arguments[0]->text);
  if (file == nullptr || !file->is_known_text(open_file_text)) return false;
  if (e.arguments.size() > 2)
    fail(e.arguments[2]->place, "ImageJ prints one text to a file",
         "join them: print(file, a + \" \" + b);");
  return true;
}

bool Planner::print_to_file(const Expression& e) {
  if (!prints_to_file(e)) return false;
  const auto& what = *e.arguments[1];
  const Abstract value = numbered(settled(evaluate(what, false, true)), what.place);
  usable(value, what.place);
  const std::string& path = state_.open_file->path;
  if (path.empty()) {
    emit_code("print(" + string_code(open_file_text) + ", " + bare_code(code_of(value)) + ");",
              e.place);
    return true;
  }
  if (phase_ == Phase::within && state_.opened) {
    std::string preparation;
    const std::string name = lines_of_run(path, e.place, preparation);
    emit_code(preparation + name + " = " + name + " + " + bare_code(code_of(value)) + " + \"\\n\";",
              e.place);
    return true;
  }
  if (!value.known()) fail(e.place, "this text is not known where no image is worked on");
  const std::string line = placed(e.place, [&] { return text_of(value.value); }) + "\n";
  const auto output = std::ranges::find(state_.outputs, path, &RunOutput::path);
  (output == state_.outputs.end() ? state_.heads[path] : output->footer) += line;
  return true;
}

void Planner::close_file(const Expression& e) {
  if (!state_.open_file) fail(e.place, "File.close: no file is open", "file = File.open(path);");
  if (state_.open_file->path.empty())
    emit_code("File.close(" + string_code(open_file_text) + ");", e.place);
  state_.open_file.reset();
}

bool Planner::depends_on_image(const Abstract& value) const {
  if (value.kind == Abstract::Kind::code) return true;
  return value.kind == Abstract::Kind::text &&
         std::ranges::any_of(value.pieces, [](const Piece& piece) {
           return piece.kind == Piece::Kind::name || piece.kind == Piece::Kind::stem;
         });
}

// A file of the whole run: written before the loop, or added to for each image.
void Planner::append_of_run(const Abstract& text, const Abstract& path, const Expression& e) {
  const bool appends = e.text == "File.append";
  const std::string file = path.known() ? text_of(path.value) : marked_text(path.pieces);
  if ((phase_ == Phase::before && !state_.opened) || state_.first_lines_of == file) {
    if (!text.known()) fail(e.place, "this text is not known before the images are worked on");
    state_.heads[file] =
        (appends ? state_.heads[file] : "") + text_of(text.value) + (appends ? "\n" : "");
    return;
  }
  if (!appends)
    fail(e.place, "each image would replace this file",
         "put the image's name into its name, or gather the texts with s = s + ... and save them "
         "behind the loop");
  std::string code;
  const std::string name = lines_of_run(file, e.place, code);
  emit_code(code + name + " = " + name + " + " + bare_code(code_of(text)) + " + \"\\n\";", e.place);
  state_.saves = true;
}

// ----- functions of the macro's own

Abstract Planner::call_own(const Function& function, const Expression& e, bool statement) {
  std::vector<const Expression*> parts;
  for (const auto& one : e.arguments) parts.push_back(one.get());
  const auto arguments = evaluate_all(parts, false);
  if (state_.frames.size() > 100)
    fail(e.place, fmt::format("'{}' calls itself without an end that is known", function.name));
  const State before = snapshot();
  state_.counts.clear();
  Frame frame;
  frame.function = function.name;
  state_.frames.push_back(std::move(frame));
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = function.parameters[i];
    if (arguments[i].is_runtime()) {
      const auto session = session_name(name, state_.frames.size() - 1);
      if (session != arguments[i].code)
        emit_code(session + " = " + arguments[i].code + ";", e.place);
      state_.frames.back().variables[name] = Abstract::of_code(session, false);
      state_.frames.back().variables[name].row = arguments[i].row;
      state_.frames.back().variables[name].table = arguments[i].table;
    } else {
      state_.frames.back().variables[name] = arguments[i];
    }
  }
  const auto body = [&] { execute(*function.body, {.give = true}); };
  const auto own = [top = state_.frames.size() - 1](std::size_t of, const std::string& name) {
    return of == top && name != returned_value;
  };
  try {
    if (statement || !goes_each_way(body, own)) body();
  } catch (const Whole&) {
    const bool loops = looped_ && phase_ == Phase::before;
    if (loops || before.frames.size() + 1 != state_.frames.size()) throw;
    state_ = before;
    return call_own_at_run(function, arguments, e, statement);
  }
  auto& variables = state_.frames.back().variables;
  const auto returned = variables.find(returned_value);
  std::optional<Abstract> result;
  if (returned != variables.end()) result = returned->second;
  for (const auto& [name, session] : state_.frames.back().session_names)
    if (!result || result->code != session) state_.names_in_session.erase(session);
  state_.frames.pop_back();
  state_.counts.clear();
  if (!result && !statement) fail(e.place, fmt::format("'{}' returned no value", function.name));
  return result.value_or(Abstract(Value(0.0)));
}

}  // namespace smear::imagej
