// SPDX-License-Identifier: Apache-2.0
// What stands before and behind the loop over the images and changes none of its files.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "imagej/macro/left-out.h"
#include "imagej/macro/planner.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {

namespace {

// A window that is not known.
constexpr const char* any_window = "?";

const Statement& unwrapped(const Statement& s) {
  return s.kind == Statement::Kind::block && s.body.size() == 1 ? unwrapped(*s.body[0]) : s;
}

std::string first_literal(const Expression& call) {
  return !call.arguments.empty() && call.arguments[0]->kind == Expression::Kind::string
             ? call.arguments[0]->text
             : "";
}

bool ends_macro(const Statement& s) {
  return s.kind == Statement::Kind::call && s.value->text == "exit";
}

}  // namespace

// ----- before: n = 0; for (...) if (endsWith(list[k], ".tif")) n++; if (n == 0) exit("none");

// What a loop over the files counts that does nothing else.
void Planner::count_files(const Statement& body, const ImageLoop& found) {
  const Statement& whole = unwrapped(body);
  const bool asks = whole.kind == Statement::Kind::branch && whole.body.size() == 1;
  const Statement& counts = asks ? unwrapped(*whole.body[0]) : whole;
  if (counts.kind != Statement::Kind::assign || counts.target->kind != Expression::Kind::name ||
      !is_step(counts, counts.target->text, false) || (asks && calls_own(*whole.value)))
    return;
  const Abstract* number = find(counts.target->text);
  if (number == nullptr || !number->known() || !number->value.is_number() ||
      number_of(number->value) != 0.0)
    return;
  std::string code;
  if (asks) {
    const State before = snapshot();
    phase_ = Phase::within;
    set(found.variable, Abstract::of(Abstract::Kind::index));
    try {
      const Abstract condition = evaluate(*whole.value);
      if (condition.kind == Abstract::Kind::code && condition.stable) code = condition.code;
    } catch (const MacroError&) {
    }
    state_ = before;
    phase_ = Phase::before;
    if (code.empty()) return;
  }
  state_.counted[counts.target->text] = code;
}

// Whether the macro ends there if there is none of the files that were counted: a run has some.
bool Planner::ends_without_files(const Statement& s) {
  if (phase_ != Phase::before || s.body.size() != 1 || s.value->kind != Expression::Kind::binary)
    return false;
  const auto& left = *s.value->arguments[0];
  const auto& right = *s.value->arguments[1];
  if (left.kind != Expression::Kind::name || right.kind != Expression::Kind::number) return false;
  const Abstract* number = find(left.text);
  const auto counted = state_.counted.find(left.text);
  if (counted == state_.counted.end() || number == nullptr ||
      number->kind != Abstract::Kind::carried)
    return false;
  const std::string& op = s.value->text;
  const bool none =
      ((op == "==" || op == "<=") && right.number == 0.0) || (op == "<" && right.number == 1.0);
  const Statement& then = unwrapped(*s.body[0]);
  const bool ends = then.kind == Statement::Kind::block
                        ? !then.body.empty() && ends_macro(*then.body.back())
                        : ends_macro(then);
  if (!none || !ends) return false;
  if (!counted->second.empty()) state_.needed.emplace_back(counted->second, s.place);
  note(fmt::format("line {}: a run has at least one of the files that are counted here",
                   s.place.line));
  return true;
}

// What is printed for files that are left out is in ImageJ's log.
void Planner::pass_by(const Statement& s) {
  if (!prints_lines(program_, s)) return;
  if (saves_log(program_))
    fail(s.place,
         "this is printed for files that are no images of the run, into a log that is saved",
         "a run works on images only: remove it");
  note(fmt::format("line {}: what is printed for files that are left out is left out, too",
                   s.place.line));
}

// ----- behind

// if (isOpen("Log")) { selectWindow("Log"); saveAs("Text", path); }: the log is there where a line
// was printed, and a run writes none without lines.
bool Planner::saves_lines_behind(const Statement& s) {
  return phase_ == Phase::after && s.body.size() == 1 && s.value->kind == Expression::Kind::call &&
         s.value->text == "isOpen" && first_literal(*s.value) == "Log" &&
         !program_.functions.contains("isOpen");
}

// Whether a statement closes windows and images and brings them to the front, and does no more.
// `front` is the window in front where it is known, and `closed` gets those that may be closed.
bool Planner::only_closes(const Statement& s, std::string& front,
                          std::set<std::string>& closed) const {
  const auto all = [&](const auto& list) {
    return std::ranges::all_of(list,
                               [&](const auto& one) { return only_closes(*one, front, closed); });
  };
  if (s.kind == Statement::Kind::block) return all(s.body);
  if (s.kind == Statement::Kind::branch || s.kind == Statement::Kind::loop_while)
    return !calls_own(*s.value) && all(s.body);
  if (s.kind != Statement::Kind::call || program_.functions.contains(s.value->text)) return false;
  const Expression& e = *s.value;
  const std::string first = first_literal(e);
  if (std::ranges::any_of(e.arguments, [&](const auto& one) { return calls_own(*one); }))
    return false;
  if (e.text == "selectWindow" || e.text == "selectImage") {
    front = e.text == "selectImage" ? "" : first.empty() ? any_window : first;
    return true;
  }
  if (e.text == "close") {
    if (!e.arguments.empty()) closed.insert(first.empty() ? any_window : first);
    return true;
  }
  if (e.text != "run" || e.arguments.size() != 1) return false;
  // Nothing is known of what is in front then; an image's title is "".
  if (lower_case(first) == "close")
    if (const std::string window = std::exchange(front, any_window); !window.empty())
      closed.insert(window);
  return lower_case(first) == "close" || lower_case(first) == "close all";
}

// Behind the loop: whether a branch or loop only closes what is open; that changes no file.
bool Planner::closes_windows_behind(const Statement& s) {
  if (phase_ != Phase::after || !s.value) return false;
  std::string front = any_window;
  std::set<std::string> closed;
  if (!only_closes(s, front, closed)) return false;
  if (s.kind == Statement::Kind::branch) {
    const State before = snapshot();
    bool known = false;
    try {
      known = evaluate(*s.value).known();
    } catch (const MacroError&) {
    }
    state_ = before;
    if (known) return false;
  }
  state_.closed_behind.merge(closed);
  if (makes_summary() || !state_.run_tables.empty()) state_.front = "?";
  note(fmt::format("line {}: windows that are closed behind the loop make no difference",
                   s.place.line));
  return true;
}

// Behind the loop: settings, which only tables that are saved later would have.
bool Planner::changes_settings_behind(const Expression& e) {
  static const std::set<std::string, std::less<>> functions = {
      "resetThreshold", "resetMinAndMax", "setForegroundColor", "setBackgroundColor"};
  static const std::set<std::string, std::less<>> commands = {
      "set measurements...", "set scale...",    "options...",    "colors...",
      "conversions...",      "input/output...", "line width...", "appearance...",
      "fresh start",         "summarize",       "select none",   "show info..."};
  if (!functions.contains(e.text) &&
      !(e.text == "run" && commands.contains(lower_case(first_literal(e)))))
    return false;
  if (std::ranges::any_of(e.arguments, [&](const auto& one) { return calls_own(*one); }))
    return false;
  state_.changed_behind = e.place;
  note(fmt::format("line {}: nothing that follows depends on this: it is left out", e.place.line));
  return true;
}

void Planner::check_saved_behind(const std::string& table, Place place) const {
  if (state_.changed_behind && table != "Log")
    fail(place,
         fmt::format("line {} changes settings or tables behind the loop over the images",
                     state_.changed_behind->line),
         "save the table before that");
  if (state_.closed_behind.contains(table) || state_.closed_behind.contains(any_window))
    fail(place, fmt::format("'{}' may have been closed before", table),
         "save it before windows are closed");
}

}  // namespace smear::imagej
