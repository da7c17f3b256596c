// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/list-values.h"

#include <algorithm>
#include <set>
#include <string>

#include "imagej/macro/syntax.h"

namespace smear::imagej {
namespace {

const std::set<std::string, std::less<>> text_functions = {
    "print", "IJ.log", "File.append", "File.saveString", "List.set", "String.append"};

// The expression that an operator's left side begins with.
const Expression& first_of(const Expression& e) {
  const Expression* first = &e;
  while (first->kind == Expression::Kind::binary && !first->grouped)
    first = first->arguments[0].get();
  return *first;
}

bool is_sum(const Expression& e) {
  return e.kind == Expression::Kind::binary && (e.text == "+" || e.text == "-");
}

// `from`: terms behind which a text is joined to; all where `text` is.
void take_terms(Expression& sum, bool text) {
  if (is_list_value(sum)) {
    if (text && !sum.grouped) sum.text = list_text_function;
    return;
  }
  if (!is_sum(sum)) return;
  Expression& left = *sum.arguments[0];
  const auto terms = terms_of(left);
  const bool joined = text || std::ranges::any_of(terms, [](const auto& term) {
                        return term.second->kind == Expression::Kind::string;
                      });
  if (is_list_value(*sum.arguments[1]) && !sum.arguments[1]->grouped && joined)
    sum.arguments[1]->text = list_text_function;
  if (!left.grouped) take_terms(left, text);
}

void take(Expression& e) {
  if (e.kind == Expression::Kind::call && text_functions.contains(e.text))
    for (auto& one : e.arguments) take_terms(*one, true);
  if (is_sum(e)) take_terms(e, false);
  for (auto& one : e.arguments) take(*one);
}

void take(Statement& s) {
  if (s.target) take(*s.target);
  if (s.value) take(*s.value);
  for (auto* list : {&s.init, &s.step, &s.body})
    for (auto& one : *list) take(*one);
}

class ListChecker {
 public:
  ListChecker(const Program& program, std::vector<Diagnostic>& problems)
      : program_(program), problems_(problems) {}

  void run() {
    const auto visit = [this](const Expression& e) { check(e); };
    const auto enter = [this](const Statement& s) { check(s); };
    for_each(program_, visit, enter);
  }

 private:
  void refuse(const Expression& e, const char* what) {
    problems_.push_back(
        {program_.file, e.place, what, "put it into a variable first: x = List.getValue(...);"});
  }

  void check(const Statement& s) {
    const bool joins = s.kind == Statement::Kind::assign && s.text == "+=";
    const bool gives = s.kind == Statement::Kind::give && s.value;
    if ((joins || gives) && is_list_value(first_of(*s.value)))
      refuse(*s.value, "ImageJ takes a value of List for a text here");
    if (s.kind == Statement::Kind::branch || s.kind == Statement::Kind::loop_while ||
        s.kind == Statement::Kind::loop_do || s.kind == Statement::Kind::loop_for)
      if (s.value) check_condition(*s.value);
  }

  void check_condition(const Expression& e) {
    if (e.kind == Expression::Kind::binary && (e.text == "&&" || e.text == "||")) {
      check_condition(*e.arguments[0]);
      check_condition(*e.arguments[1]);
    } else if (e.kind == Expression::Kind::binary && is_list_value(first_of(e))) {
      refuse(e, "ImageJ compares a value of List as a text here: 9 comes behind 100");
    }
  }

  void check(const Expression& e) {
    const auto is_text = [](const auto& term) {
      return term.second->kind == Expression::Kind::string;
    };
    if (is_sum(e) && std::ranges::any_of(terms_of(e), is_text)) check_terms(e);
    if (e.kind != Expression::Kind::call) return;
    if (e.text == "Table.set" && e.arguments.size() > 2 && is_list_value(*e.arguments[2]))
      refuse(*e.arguments[2], "ImageJ puts a value of List into the table as a text");
    if (text_functions.contains(e.text))
      for (const auto& one : e.arguments) check_terms(*one);
    if (e.text != "newArray" && e.text != "Array.concat" && !program_.functions.contains(e.text))
      return;
    for (const auto& one : e.arguments)
      if (is_list_value(first_of(*one)))
        refuse(*one, "ImageJ takes a value of List for a text here");
  }

  // In a text, `List.getValue("a") * 2` is an error.
  void check_terms(const Expression& e) {
    for (const auto& [op, term] : terms_of(e)) {
      const Expression* first = term;
      while (first->kind == Expression::Kind::binary) first = first->arguments[0].get();
      if (first == term || !is_list_value(*first) || !refused_.insert(term).second) continue;
      refuse(*term, "ImageJ takes a value of List for a text here, and cannot compute with it");
    }
  }

  const Program& program_;
  std::vector<Diagnostic>& problems_;
  std::set<const Expression*> refused_;
};

}  // namespace

bool is_list_value(const Expression& e) {
  return e.kind == Expression::Kind::call && e.text == "List.getValue";
}

void take_list_values_as_text(Program& program) {
  for (auto& one : program.statements) take(*one);
  for (auto& [name, function] : program.functions) take(*function.body);
}

void check_list_values(const Program& program, std::vector<Diagnostic>& problems) {
  ListChecker(program, problems).run();
}

}  // namespace smear::imagej
