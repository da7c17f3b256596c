// SPDX-License-Identifier: Apache-2.0
// Arrays with an element of each image, counts[i] = n, and the loops behind that over the images
// which write those: for (i = 0; i < list.length; i++) print(list[i], counts[i]). What such a loop
// does for an image is done at the end of the work on it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "imagej/macro/planner.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {

namespace {

bool calls(const Program& program, const Statement& s,
           const std::function<bool(const Expression&)>& wanted) {
  bool found = false;
  const auto visit = [&](const Expression& e) {
    found |= e.kind == Expression::Kind::call && wanted(e);
  };
  for_each_reached(program, s, visit);
  return found;
}

}  // namespace

bool prints_lines(const Program& program, const Statement& s) {
  return calls(program, s, [](const Expression& e) {
    return e.text == "print" || e.text == "IJ.log" || e.text == "Array.print";
  });
}

// The element of the image at hand is a variable of its session.
void Planner::begin_elements(const std::set<std::string>& names, Place place) {
  for (const auto& name : names) {
    std::size_t frame = 0;
    Abstract* array = find(name, &frame);
    if (array == nullptr || array->kind != Abstract::Kind::each) continue;
    array->code = session_name(name, frame);
    emit_code(array->code + " = 0;", place);
  }
}

Abstract Planner::own_element(const Abstract& array, const Expression& e) {
  const auto& at = *e.arguments[0];
  const Abstract* index = at.kind == Expression::Kind::name ? find(at.text) : nullptr;
  if (index == nullptr || index->kind != Abstract::Kind::index || phase_ != Phase::within ||
      array.code.empty())
    usable(array, e.place);
  return Abstract::of_code(array.code, false);
}

// `counts[i] = n`. Whether it is the element of such an array.
bool Planner::assign_own_element(const Statement& s) {
  const Abstract* array = find(s.target->text);
  if (array == nullptr || array->kind != Abstract::Kind::each) return false;
  const Abstract element = own_element(*array, *s.target);
  Abstract value = s.text == "=" ? evaluate(*s.value) : changed(s, element);
  value = numbered(settled(std::move(value)), s.place);
  usable(value, s.place);
  emit_code(element.code + " = " + bare_code(code_of(value)) + ";", s.place);
  return true;
}

// What is done for each image behind the loop is the same only where it is done for the images, in
// their order, and where nothing of it comes before what the other images still do.
void Planner::check_loop_behind(const Statement& s, const ImageLoop& found) {
  const Statement& body = *s.body[0];
  if (opens(s))
    fail(s.place, "the macro goes through the images a second time",
         "do all that is done with an image in one loop over them");
  if (found.backward || s.kind != Statement::Kind::loop_for)
    fail(s.place, "a loop behind the images goes through them once more from the first to the last",
         "for (i = 0; i < list.length; i++)");
  static const std::set<std::string, std::less<>> harmless = {"setResult", "updateResults"};
  const bool works = calls(program_, body, [&](const Expression& e) {
    const Builtin* function = find_builtin(e.text);
    const bool command = table_.find(e.text, Command::Form::function) != nullptr &&
                         (function == nullptr || function->when == Builtin::When::refused);
    const bool state = function != nullptr && function->when == Builtin::When::state;
    return e.text == "run" || state || (command && !harmless.contains(e.text)) ||
           (function != nullptr && function->changes_image);
  });
  if (works)
    fail(s.place, "behind the loop over the images none is open",
         "only what was kept of each image can be written here: array[i]");
  if (printed_ && prints_lines(program_, body))
    fail(s.place, "these lines come behind those that the images print before",
         "print them in the loop over the images, or write them with File.append");
}

// `setResult(column, i, ...)` behind the loop: into an empty table, or one of such rows only.
void Planner::take_rows_anew(const Statement& s) {
  const auto sets = [&](const Expression& e) { return e.text == "setResult"; };
  if (!calls(program_, *s.body[0], sets) && !state_.cleared_behind) return;
  const auto saved = [](const RunOutput& one) { return one.kind == RunOutput::Kind::results; };
  if (std::ranges::any_of(state_.outputs, saved))
    fail(s.place, "the Results table is filled anew behind the loop, and was saved before",
         "save one of both tables only");
  if (state_.cleared_behind) {
    const Command& clear = *table_.find("Clear Results", Command::Form::run);
    emit(clear, placed(s.place, [&] { return parse_options(clear, ""); }),
         "run(\"Clear Results\");", s.place);
    state_.cleared_behind = state_.own_row_set = false;
    state_.rows_behind = true;
    state_.results_cleared = state_.results_cut = false;
    state_.unsure_rows.reset();
    return;
  }
  if (state_.rows_behind) return;
  bool others = other_rows();
  const auto visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call || !sets(e) || e.arguments.size() < 2) return;
    const auto& row = *e.arguments[1];
    others |= row.kind != Expression::Kind::name || !loops_over_images_.contains(row.text);
  };
  for_each(program_, visit);
  if (others)
    fail(s.place, "the Results table has other rows, too, than one of each image",
         "run(\"Clear Results\") before this loop");
}

// What a loop behind does for the files that the loop over the images takes, and for no others: its
// body, or that of the same condition. Null where others have their share.
const Statement* Planner::for_images_only(const Statement& body) {
  if (state_.subfolders) return nullptr;
  if (state_.conditions.empty()) return &body;
  const Statement* only = &body;
  while (only->kind == Statement::Kind::block && only->body.size() == 1) only = only->body[0].get();
  if (only->kind != Statement::Kind::branch || only->body.size() != 1 || calls_own(*only->value) ||
      state_.conditions.size() != 1)
    return nullptr;
  const Abstract condition = evaluate(*only->value);
  const bool same =
      condition.kind == Abstract::Kind::code && condition.code == state_.conditions[0];
  return same ? only->body[0].get() : nullptr;
}

void Planner::run_loop_behind(const Statement& s, const ImageLoop& found) {
  check_loop_behind(s, found);
  if (state_.changed_behind || !state_.closed_behind.empty())
    fail(s.place, "settings were changed or windows closed behind the first loop over the images",
         "do that behind this loop");
  phase_ = Phase::within;
  behind_ = &s;
  loops_over_images_.insert(found.variable);
  auto names = assigned_in(*s.body[0]);
  mark_carried(names);
  counters_.clear();
  set(found.variable, Abstract::of(Abstract::Kind::index));
  const Statement* body = for_images_only(*s.body[0]);
  if (body == nullptr)
    fail(s.place,
         "this loop goes through all files, also through those that the macro opens no image of",
         "ask for the same as the loop over the images, or do this there");
  take_rows_anew(s);
  if (calls(program_, *body, [](const Expression& e) { return e.text == "setResult"; }) &&
      !state_.conditions.empty())
    fail(s.place, "the position of a file is not the number of its row where others are passed by",
         "use nResults for a new row, in the loop over the images");
  if (prints_lines(program_, *s.body[0])) {
    // What was printed behind the images before, none of which prints, is before these lines.
    state_.log_head += std::exchange(state_.log_foot, "");
    printed_ = true;
  }
  Flow flow = Flow::on;
  try {
    flow = execute(*body, {.next = true});
  } catch (const Whole& whole) {
    fail(whole.place, whole.what, "write it as if ... else");
  }
  if (flow == Flow::leave || flow == Flow::give)
    fail(s.place, "the loop over the images ends after the first");
  // The next image's commands find this one's rows shown, as none of them comes between.
  const auto sets = [](const Expression& e) { return e.text == "setResult"; };
  if (state_.rows_behind && calls(program_, *s.body[0], sets))
    emit_code("updateResults();", s.place);
  for (const auto& [file, lines] : state_.appended) files_of_loops_.insert(file);
  behind_ = nullptr;
  phase_ = Phase::after;
  names.insert(found.variable);
  mark_left(names);
}

}  // namespace smear::imagej
