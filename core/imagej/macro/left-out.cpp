// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/left-out.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "imagej/macro/functions.h"
#include "imagej/macro/macro-error.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {

namespace {

bool is_literal(const Expression& call, std::size_t i) {
  return i < call.arguments.size() && call.arguments[i]->kind == Expression::Kind::string;
}

std::string literal(const Expression& call, std::size_t i) {
  return is_literal(call, i) ? lower_case(call.arguments[i]->text) : "";
}

bool is_variable(const Expression& e) {
  return e.kind == Expression::Kind::name || e.kind == Expression::Kind::index;
}

bool prints(const Expression& call) { return call.text == "print" || call.text == "IJ.log"; }

// Whether it computes something, and no more.
bool only_computes(const Program& program, const Expression& expression) {
  bool computes = true;
  for_each(expression, [&](const Expression& e) {
    computes &= e.kind != Expression::Kind::step;
    if (e.kind != Expression::Kind::call) return;
    const Builtin* function = find_builtin(e.text);
    const bool asks =
        function != nullptr && function->outs == 0 && !function->changes_first &&
        (function->when == Builtin::When::pure || function->when == Builtin::When::state);
    computes &= !program.functions.contains(e.text) && (asks || e.text == "getTime");
  });
  return computes;
}

void leave_out(Statement& s) {
  s.kind = Statement::Kind::block;
  s.text.clear();
  s.target.reset();
  s.value.reset();
  for (auto* list : {&s.init, &s.step, &s.body}) list->clear();
}

bool is_empty(const Statement& s) {
  return s.kind == Statement::Kind::block &&
         std::ranges::all_of(s.body, [](const auto& one) { return is_empty(*one); });
}

std::shared_ptr<Program> copy_of(const Program& program) {
  auto copy = std::make_shared<Program>();
  copy->file = program.file;
  copy->text = program.text;
  copy->name = program.name;
  copy->parameters = program.parameters;
  for (const auto& one : program.statements) copy->statements.push_back(imagej::copy_of(*one));
  for (const auto& [name, function] : program.functions)
    copy->functions[name] = {function.name, function.place, function.parameters,
                             imagej::copy_of(*function.body)};
  return copy;
}

void for_all(Program& program, const std::function<void(Statement&)>& change) {
  for (auto& one : program.statements) change(*one);
  for (auto& [name, function] : program.functions) change(*function.body);
}

// ----- what shows something

// print("\\Update:" + i)
bool updates_line(const Expression& call) {
  if (!prints(call) || call.arguments.size() != 1) return false;
  const Expression& first = *terms_of(*call.arguments[0]).front().second;
  return first.kind == Expression::Kind::string && first.text.starts_with("\\Update");
}

// A note on what the call shows, where it has no other effect; empty for others.
std::string shown_by(const Program& program, const Expression& call) {
  if (program.functions.contains(call.text)) return "";
  const auto about = [&](std::string_view what) {
    return fmt::format("line {}: {}", call.place.line, what);
  };
  if (call.text == "showMessage")
    return about("the message, which waits for the user, is left out");
  if (call.text == "setTool") return about("tools for the mouse are left out");
  if (call.text == "setOption" && literal(call, 0) == "jfilechooser")
    return about("how ImageJ asks for files is left out");
  if (!updates_line(call)) return "";
  if (saves_log(program))
    throw MacroError(program.file, call.place,
                     "print(\"\\Update...\") changes lines of the log, which the macro saves",
                     "print lines one after another, or do not save the log");
  return about("progress shown in a line of the log is left out");
}

void leave_out_shown(Program& program, Statement& s, std::vector<std::string>& notes) {
  if (s.kind == Statement::Kind::call) {
    const bool computes = std::ranges::all_of(
        s.value->arguments, [&](const auto& one) { return only_computes(program, *one); });
    if (const auto note = computes ? shown_by(program, *s.value) : ""; !note.empty()) {
      notes.push_back(note);
      leave_out(s);
    }
    return;
  }
  const bool was_empty =
      std::ranges::all_of(s.body, [](const auto& one) { return is_empty(*one); });
  for (auto& one : s.body) leave_out_shown(program, *one, notes);
  // A condition of nothing.
  if (s.kind == Statement::Kind::branch && !was_empty && only_computes(program, *s.value) &&
      std::ranges::all_of(s.body, [](const auto& one) { return is_empty(*one); }))
    leave_out(s);
}

// ----- the time

// What depends on the time when the macro is run.
class Times {
 public:
  Times(Program& program, std::vector<std::string>& notes) : program_(program), notes_(notes) {}

  // Whether nothing else depends on it than lines that are printed, which are left out then.
  bool leave_out_all() {
    std::size_t before = 0;
    do {
      before = names_.size();
      for_all(program_, [&](Statement& s) { collect(s, false); });
    } while (names_.size() != before);
    for (const auto& [name, function] : program_.functions)
      for (const auto& one : function.parameters) possible_ &= !names_.contains(one);
    for (const auto& one : program_.parameters) possible_ &= !names_.contains(one.name);
    for_all(program_, [&](Statement& s) { visit(s); });
    return possible_;
  }

 private:
  [[nodiscard]] bool depends(const Expression& expression) const {
    bool found = false;
    for_each(expression, [&](const Expression& e) {
      found |= (e.kind == Expression::Kind::call &&
                (e.text == "getTime" || e.text == "getDateAndTime")) ||
               (is_variable(e) && names_.contains(e.text));
    });
    return found;
  }

  [[nodiscard]] bool mentions(const Statement& s) const {
    bool found = false;
    for_each(
        s, [&](const Expression& e) { found |= depends(e); },
        [&](const Statement& one) {
          found |= one.kind == Statement::Kind::variable && names_.contains(one.text);
        });
    return found;
  }

  // Variables that are set to a time, or where it depends on one whether they are.
  void collect(const Statement& s, bool depending) {
    const bool here = depending || (s.value && depends(*s.value));
    if (here && s.kind == Statement::Kind::assign) names_.insert(s.target->text);
    if (here && s.kind == Statement::Kind::variable) names_.insert(s.text);
    if (s.kind == Statement::Kind::call && s.value->text == "getDateAndTime")
      for (const auto& one : s.value->arguments)
        if (is_variable(*one)) names_.insert(one->text);
    const bool within = here && s.kind != Statement::Kind::call;
    for (const auto* list : {&s.init, &s.step, &s.body})
      for (const auto& one : *list) collect(*one, within);
  }

  [[nodiscard]] bool computes(const Expression& e) const { return only_computes(program_, e); }

  [[nodiscard]] bool only_prints(const Statement& s) const {
    const auto all = [&](const auto& list) {
      return std::ranges::all_of(list, [&](const auto& one) { return only_prints(*one); });
    };
    switch (s.kind) {
      case Statement::Kind::block: return all(s.body);
      case Statement::Kind::branch: return computes(*s.value) && all(s.body);
      case Statement::Kind::variable:
        return names_.contains(s.text) && (!s.value || computes(*s.value));
      case Statement::Kind::assign:
        return names_.contains(s.target->text) && (!s.value || computes(*s.value)) &&
               std::ranges::all_of(s.target->arguments,
                                   [&](const auto& one) { return computes(*one); });
      case Statement::Kind::call: return is_shown(*s.value);
      default: return false;
    }
  }

  [[nodiscard]] bool is_shown(const Expression& call) const {
    if (program_.functions.contains(call.text)) return false;
    if (call.text == "getDateAndTime") return true;
    // With two arguments it may print to a file.
    const bool line = prints(call) && call.arguments.size() == 1;
    const bool several = prints(call) && is_literal(call, 0);
    return (line || several || call.text == "showStatus") &&
           std::ranges::all_of(call.arguments, [&](const auto& one) { return computes(*one); });
  }

  void visit(Statement& s) {
    if (!mentions(s)) return;
    const bool whole = s.kind != Statement::Kind::block && only_prints(s);
    if (whole) {
      for_each(s, {}, [&](const Statement& one) {
        if (one.kind == Statement::Kind::call && prints(*one.value))
          notes_.push_back(fmt::format(
              "line {}: what is printed here has the time, and is left out", one.place.line));
      });
      return leave_out(s);
    }
    const bool header =
        (s.value && depends(*s.value)) || (s.target && depends(*s.target)) ||
        std::ranges::any_of(s.init, [&](const auto& one) { return mentions(*one); }) ||
        std::ranges::any_of(s.step, [&](const auto& one) { return mentions(*one); });
    possible_ &= !header && !s.body.empty();
    for (auto& one : s.body) visit(*one);
  }

  Program& program_;
  std::vector<std::string>& notes_;
  std::set<std::string> names_;
  bool possible_ = true;
};

}  // namespace

bool saves_log(const Program& program) {
  bool saves = false;
  const auto visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call || e.arguments.empty()) return;
    const std::string what = literal(e, 0);
    const bool known = is_literal(e, 0);
    saves |= e.text == "saveAs" && (!known || what == "text" || what == "log");
    saves |= e.text == "run" && (!known || what == "text...");
    saves |= e.text == "getInfo" && (!known || what == "log" || what == "window.contents");
  };
  for_each(program, visit);
  return saves;
}

WithoutShown without_shown(const std::shared_ptr<const Program>& program) {
  WithoutShown result;
  auto copy = copy_of(*program);
  for_all(*copy, [&](Statement& s) { leave_out_shown(*copy, s, result.notes); });
  result.program = copy;
  if (saves_log(*copy)) return result;
  auto timeless = copy_of(*copy);
  auto notes = result.notes;
  if (Times(*timeless, notes).leave_out_all()) {
    result.program = timeless;
    result.notes = std::move(notes);
  }
  return result;
}

}  // namespace smear::imagej
