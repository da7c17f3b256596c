// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

#include "imagej/macro/jumps.h"
#include "imagej/macro/planner.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {

namespace {

std::string negated(const std::string& code) {
  const std::string bare = bare_code(code);
  return code.starts_with("(!") ? code.substr(2, code.size() - 3) : "!(" + bare + ")";
}

}  // namespace

// A copy whose arrays are its own.
Planner::State Planner::snapshot() {
  State copy = state_;
  std::map<const void*, ArrayRef> arrays;
  for (auto& frame : copy.frames)
    for (auto& [name, variable] : frame.variables) {
      if (!variable.known() || !variable.value.is_array()) continue;
      auto& array = std::get<ArrayRef>(variable.value.data);
      auto& own = arrays[array.get()];
      if (!own) {
        copied_ += array->size();
        if (copied_ > 20'000'000) fail({1, 1}, "the macro uses arrays that are too long");
        own = std::make_shared<std::vector<MacroValue>>(*array);
      }
      array = own;
    }
  return copy;
}

// ----- variables

Abstract* Planner::find(const std::string& name, std::size_t* frame) {
  for (std::size_t i = state_.frames.size(); i-- > 0;) {
    const auto found = state_.frames[i].variables.find(name);
    if (found == state_.frames[i].variables.end()) continue;
    if (frame != nullptr) *frame = i;
    return &found->second;
  }
  return nullptr;
}

std::size_t Planner::frame_to_assign(const std::string& name) const {
  const std::size_t top = state_.frames.size() - 1;
  return globals_.contains(name) && !state_.frames[top].variables.contains(name) ? 0 : top;
}

void Planner::set(const std::string& name, Abstract value) {
  state_.frames[frame_to_assign(name)].variables[name] = std::move(value);
}

bool Planner::shadows(const std::string& name) {
  return state_.frames.size() > 1 && !state_.frames.back().variables.contains(name) &&
         !globals_.contains(name) && find(name) != nullptr;
}

std::string Planner::session_name(const std::string& name, std::size_t frame) {
  auto& names = state_.frames[frame].session_names;
  if (const auto found = names.find(name); found != names.end()) return found->second;
  std::string candidate = name;
  for (int i = 2; state_.names_in_session.contains(candidate); ++i)
    candidate = fmt::format("{}_{}", name, i);
  state_.names_in_session.insert(candidate);
  names.emplace(name, candidate);
  return candidate;
}

void Planner::set_in_session(const std::string& name) {
  const auto frame = frame_to_assign(name);
  state_.frames[frame].variables[name] = Abstract::of_code(session_name(name, frame), false);
}

// Puts a known value into the session, where code can use it by name.
void Planner::materialise(const std::string& name, Place place) {
  std::size_t frame = 0;
  Abstract& value = *find(name, &frame);
  if (value.is_runtime()) return;
  value = numbered(std::move(value), place);
  usable(value, place);
  if (value.known() && value.value.is_array()) {
    int names = 0;
    for (const auto& one : state_.frames)
      for (const auto& [other, variable] : one.variables)
        names += variable.known() && variable.value.is_array() &&
                 array_of(variable.value) == array_of(value.value);
    if (names > 1)
      fail(place,
           fmt::format("array '{}' has a second name, and is changed by what an image gives", name),
           "copy it with Array.copy");
  }
  const std::string session = session_name(name, frame);
  emit_code(session + " = " + code_of(value) + ";", place);
  find(name)->kind = Abstract::Kind::code;
  *find(name) = Abstract::of_code(session, false);
}

std::string Planner::temporary(const std::string& name) {
  std::string candidate;
  do candidate = fmt::format("{}_{}", name, ++state_.temporaries);
  while (state_.names_in_session.contains(candidate) || find(candidate) != nullptr);
  state_.names_in_session.insert(candidate);
  return candidate;
}

void Planner::store(const std::string& name, Abstract value, Place place) {
  const auto frame = frame_to_assign(name);
  if (!value.is_runtime()) {
    state_.frames[frame].variables[name] = std::move(value);
    return;
  }
  const std::string session = session_name(name, frame);
  if (session != value.code) emit_code(session + " = " + bare_code(value.code) + ";", place);
  state_.frames[frame].variables[name] = Abstract::of_code(session, false);
  state_.frames[frame].variables[name].row = value.row;
  state_.frames[frame].variables[name].table = value.table;
}

std::set<std::string> Planner::assigned_in(const Statement& s) const {
  std::set<std::string> names;
  const auto collect = [&](const Statement& from, std::set<std::string>& into) {
    for_each(
        from,
        [&](const Expression& e) {
          if (e.kind == Expression::Kind::step) into.insert(e.arguments[0]->text);
          if (e.kind != Expression::Kind::call || program_.functions.contains(e.text)) return;
          const Builtin* function = find_builtin(e.text);
          if (function == nullptr) return;
          for (std::size_t i = 0; i < e.arguments.size(); ++i)
            if (is_out(*function, e, i) || changes(*function, i)) into.insert(e.arguments[i]->text);
        },
        [&](const Statement& one) {
          if (one.target) into.insert(one.target->text);
          if (one.kind == Statement::Kind::variable) into.insert(one.text);
        });
  };
  collect(s, names);
  for (const auto& name : functions_called(program_, s)) {
    std::set<std::string> of_function;
    collect(*program_.functions.at(name).body, of_function);
    for (const auto& one : of_function)
      if (globals_.contains(one)) names.insert(one);
  }
  return names;
}

bool Planner::opens(const Statement& s) const {
  bool found = false;
  const auto visit = [&](const Expression& e) {
    found |= e.kind == Expression::Kind::call && is_open_call(e);
  };
  for_each_reached(program_, s, visit);
  return found;
}

bool Planner::has_effects(const Statement& s) const {
  bool found = false;
  const auto visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call) return;
    const Builtin* function = find_builtin(e.text);
    found |= table_.find(e.text, Command::Form::function) != nullptr;
    found |= function != nullptr && function->when == Builtin::When::effect && e.text != "print";
  };
  for_each_reached(program_, s, visit);
  return found;
}

// ----- statements

Planner::Flow Planner::execute(const Statement& s, Tail tail) {
  step(s.place);
  switch (s.kind) {
    case Statement::Kind::block: return execute_list(s.body, s.body.size(), tail);
    case Statement::Kind::variable:
      globals_.insert(s.text);
      state_.frames[0].variables.try_emplace(s.text, Abstract(Value(0.0)));
      if (s.value) {
        Abstract value = evaluate(*s.value);
        if (value.is_runtime()) {
          const std::string session = session_name(s.text, 0);
          emit_code(session + " = " + bare_code(value.code) + ";", s.place);
          value = Abstract::of_code(session, false);
        }
        state_.frames[0].variables[s.text] = std::move(value);
      }
      return Flow::on;
    case Statement::Kind::assign: assign(s); return Flow::on;
    case Statement::Kind::call: call_statement(*s.value); return Flow::on;
    case Statement::Kind::branch: return branch(nullptr, 0, s, tail);
    case Statement::Kind::loop_for:
    case Statement::Kind::loop_while:
    case Statement::Kind::loop_do: return loop(s);
    case Statement::Kind::leave: return Flow::leave;
    case Statement::Kind::next: return Flow::next;
    case Statement::Kind::give:
      if (s.value) state_.frames.back().variables[returned_value] = evaluate(*s.value);
      return Flow::give;
  }
  return Flow::on;
}

Planner::Flow Planner::execute_list(const std::vector<StatementPtr>& list, std::size_t count,
                                    Tail tail) {
  for (std::size_t i = 0; i < count; ++i) {
    const Statement& s = *list[i];
    const bool last = i + 1 == count;
    Flow flow = Flow::on;
    if (s.kind == Statement::Kind::branch) {
      step(s.place);
      flow = branch(&list, i, s, tail);
    } else {
      flow = execute(s, last ? tail : Tail{});
    }
    if (flow != Flow::on) return flow;
  }
  return Flow::on;
}

// `list`: what the branch is element `at` of; null where it stands alone.
Planner::Flow Planner::branch(const std::vector<StatementPtr>* list, std::size_t at,
                              const Statement& s, Tail tail) {
  if (empties_what_is_there(s) || ends_without_files(s) || closes_windows_behind(s))
    return Flow::on;
  if (saves_lines_behind(s)) return execute(*s.body[0], {});
  state_.asked_for.clear();
  const Abstract condition = evaluate(*s.value);
  usable(condition, s.value->place);
  const std::string asked_for = std::exchange(state_.asked_for, "");
  const bool last = list == nullptr || at + 1 == list->size();
  if (condition.known() || decides(condition)) {
    const bool truth = condition.known()
                           ? placed(s.value->place, [&] { return truth_of(condition.value); })
                           : chosen(condition.code);
    if (!truth && phase_ == Phase::within) go_into_folders(*s.body[0]);
    const Statement* taken = truth               ? s.body[0].get()
                             : s.body.size() > 1 ? s.body[1].get()
                                                 : nullptr;
    if (taken == nullptr) return Flow::on;
    if (phase_ != Phase::within || asked_for.empty()) return execute(*taken, last ? tail : Tail{});
    // What is done where a file of the run is not there yet is done once.
    const auto stages = state_.stages.size();
    state_.first_lines_of = asked_for;
    const Flow flow = execute(*taken, last ? tail : Tail{});
    state_.first_lines_of.clear();
    if (state_.stages.size() != stages)
      fail(taken->place, "this is done for the first image only, which is not known beforehand",
           "only File.append to the file that is not there can stand here");
    return flow;
  }
  if (phase_ == Phase::after)
    fail(s.place, "behind the loop over the images this condition is not known");
  if (phase_ == Phase::within && !state_.opened && condition.kind == Abstract::Kind::code &&
      condition.stable)
    return branch_before_open(list, at, s, condition, tail);
  return branch_at_run(list, at, s, code_of(condition), tail);
}

// Whether the function that goes through a folder calls itself for the folders within it. What it
// makes longer by their names, and is "" at first, is the image's folder from then on.
void Planner::go_into_folders(const Statement& then) {
  for (const auto& name : functions_called(program_, then))
    for (auto& frame : state_.frames) {
      if (frame.function != name || state_.subfolders) continue;
      state_.subfolders = true;
      note("folders within the input folder are gone through by the run itself");
      const auto& parameters = program_.functions.at(name).parameters;
      for_each(then, [&](const Expression& e) {
        if (e.kind != Expression::Kind::call || e.text != name) return;
        for (std::size_t i = 0; i < e.arguments.size() && i < parameters.size(); ++i) {
          const auto terms = terms_of(*e.arguments[i]);
          if (terms.size() < 2 || terms[0].second->kind != Expression::Kind::name ||
              terms[0].second->text != parameters[i])
            continue;
          auto& variable = frame.variables[parameters[i]];
          if (variable.is_known_text("")) variable = directory(new_directory('s'));
        }
      });
    }
}

// Which files are worked on: what is done to others before an image is open is nothing.
Planner::Flow Planner::branch_before_open(const std::vector<StatementPtr>* list, std::size_t at,
                                          const Statement& s, const Abstract& condition,
                                          Tail tail) {
  const bool last = list == nullptr || at + 1 == list->size();
  const Tail within = last ? tail : Tail{};
  const Statement& then = *s.body[0];
  const Statement* other = s.body.size() > 1 ? s.body[1].get() : nullptr;
  const bool then_opens = opens(then);
  const bool other_opens = other != nullptr && opens(*other);
  // A return goes on to the next file only from the function that opens the image.
  const auto function = program_.functions.find(state_.frames.back().function);
  const bool helper = function != program_.functions.end() && !opens(*function->second.body);
  const auto skips = [&](const Statement& one) {
    return always_jumps(one) && !has_effects(one) && !(helper && escapes_of(one).give);
  };
  if (then_opens && !other_opens) {
    if (other != nullptr && has_effects(*other))
      fail(other->place, "this is done to files that are no images of the run",
           "a run works on images only: remove it");
    if (other != nullptr) pass_by(*other);
    state_.conditions.push_back(condition.code);
    return execute(then, within);
  }
  if ((other_opens && !then_opens) || skips(then)) {
    if (!skips(then) && has_effects(then))
      fail(then.place, "this is done to files that are no images of the run",
           "a run works on images only: remove it");
    pass_by(then);
    state_.conditions.push_back(negated(condition.code));
    return other != nullptr ? execute(*other, within) : Flow::on;
  }
  if (other != nullptr && skips(*other)) {
    pass_by(*other);
    state_.conditions.push_back(condition.code);
    return execute(then, within);
  }
  const auto none = [](std::size_t, const std::string&) { return false; };
  if (!escapes_of(s).any() && goes_each_way([&] { execute(s, {}); }, none)) return Flow::on;
  return branch_at_run(list, at, s, condition.code, tail);
}

Planner::Flow Planner::branch_at_run(const std::vector<StatementPtr>* list, std::size_t at,
                                     const Statement& s, const std::string& condition, Tail tail) {
  const Escapes escapes = escapes_of(s);
  written_conditions_[bare_code(condition)] = s.value.get();
  if (!escapes.any()) {
    auto whole = copy_of(s);
    whole->value = expression_of_code(bare_code(condition));
    emit_whole(*whole);
    return Flow::on;
  }
  const Whole otherwise{s.place,
                        "whether the macro goes on here depends on the image, and this cannot be "
                        "made into steps"};
  if (escapes.leave || (escapes.give && !tail.give) || (escapes.next && !tail.next) ||
      (escapes.give && escapes.next))
    throw otherwise;
  std::vector<const Statement*> rest;
  auto first = copy_of(s);
  first->value = expression_of_code(bare_code(condition));
  rest.push_back(first.get());
  if (list != nullptr)
    for (std::size_t i = at + 1; i < list->size(); ++i) rest.push_back((*list)[i].get());
  const std::string result = temporary("result");
  state_.names_in_session.erase(result);
  auto whole = without_jumps(rest, result);
  if (!whole) throw otherwise;
  bool gives_value = false;
  for (const Statement* one : rest)
    for_each(*one, {}, [&](const Statement& inner) {
      gives_value |= inner.kind == Statement::Kind::give && inner.value != nullptr;
    });
  // One statement stands for itself.
  emit_whole(whole->body.size() == 1 ? *whole->body[0] : *whole);
  state_.frames.back().variables.erase(result);
  if (gives_value)
    state_.frames.back().variables[returned_value] =
        Abstract::of_code(session_name(result, state_.frames.size() - 1), false);
  return escapes.give ? Flow::give : Flow::next;
}

// ----- loops

Planner::Flow Planner::loop(const Statement& s) {
  if (closes_windows_behind(s)) return Flow::on;
  for (const auto& one : s.init) execute(*one, {});
  if (form_ == MacroPlan::Form::folder && phase_ == Phase::before)
    if (const auto found = image_loop(s)) {
      if (opens(*s.body[0]))
        run_image_loop(s, *found);
      else
        pass_over(s, *found);
      return Flow::on;
    }
  if (form_ == MacroPlan::Form::folder && phase_ == Phase::after)
    if (const auto found = image_loop(s)) {
      run_loop_behind(s, *found);
      return Flow::on;
    }
  const auto alone = [&] {
    if (unrolled(s) != Flow::on) throw Undone{};
  };
  const auto counts = [&](std::size_t, const std::string& name) {
    return std::ranges::any_of(
        s.init, [&](const auto& one) { return one->target && one->target->text == name; });
  };
  if (!opens(s) && goes_each_way(alone, counts)) return Flow::on;
  return unrolled(s);
}

Planner::Flow Planner::unrolled(const Statement& s) {
  const State at_start = snapshot();
  const Phase phase_at_start = phase_;
  for (bool first = s.kind == Statement::Kind::loop_do;; first = false) {
    step(s.place);
    if (!first && s.value) {
      const bool own = calls_own(*s.value);
      const State before = own ? snapshot() : State{};
      const Abstract condition = evaluate(*s.value);
      if (phase_at_start == Phase::before && phase_ == Phase::after &&
          !(condition.known() &&
            !placed(s.value->place, [&] { return truth_of(condition.value); })))
        fail(s.place,
             "the loop over the images stands in this loop, and a run goes through its images once",
             "put this loop into that one: for each image, what is done for each value");
      usable(condition, s.value->place);
      if (decides(condition)) {
        if (!chosen(condition.code)) return Flow::on;
      } else if (!condition.known()) {
        if (own) state_ = before;
        rest_of_loop(s);
        return Flow::on;
      }
      if (condition.known() && !placed(s.value->place, [&] { return truth_of(condition.value); }))
        return Flow::on;
    } else if (!first && !s.value) {
      fail(s.place, "this loop has no condition to end it");
    }
    Flow flow = Flow::on;
    try {
      flow = execute(*s.body[0], {.next = true});
    } catch (const Whole&) {
      if (state_.frames.size() != at_start.frames.size() || s.kind == Statement::Kind::loop_do ||
          escapes_of(*s.body[0]).give)
        throw;
      state_ = at_start;
      rest_of_loop(s);
      return Flow::on;
    }
    if (flow == Flow::leave) return Flow::on;
    if (flow == Flow::give) return flow;
    for (const auto& one : s.step) execute(*one, {});
  }
}

// From here on the loop is code: how often it goes round depends on the image.
void Planner::rest_of_loop(const Statement& s) {
  if (escapes_of(s).give)
    throw Whole{s.place,
                "a return from this loop depends on the image, and this cannot be made into steps"};
  auto rest = copy_of(s);
  rest->init.clear();
  if (rest->kind == Statement::Kind::loop_do) rest->kind = Statement::Kind::loop_while;
  emit_whole(*rest);
}

bool Planner::is_step(const Statement& s, const std::string& variable, bool backward) const {
  if (s.kind != Statement::Kind::assign || s.target->kind != Expression::Kind::name ||
      s.target->text != variable)
    return false;
  if (s.text == (backward ? "--" : "++")) return true;
  const auto is_one = [](const Expression& e) {
    return e.kind == Expression::Kind::number && e.number == 1.0;
  };
  if (s.text == (backward ? "-=" : "+=")) return is_one(*s.value);
  return s.text == "=" && s.value->kind == Expression::Kind::binary &&
         s.value->text == (backward ? "-" : "+") &&
         s.value->arguments[0]->kind == Expression::Kind::name &&
         s.value->arguments[0]->text == variable && is_one(*s.value->arguments[1]);
}

// Which statement of a while loop's body goes on to the next file: the only one that changes the
// variable, and one that `continue` does not pass by.
std::optional<std::size_t> Planner::step_in(const Statement& body, const std::string& variable,
                                            bool backward) const {
  if (body.kind != Statement::Kind::block) return std::nullopt;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < body.body.size(); ++i) {
    const Statement& one = *body.body[i];
    if (is_step(one, variable, backward)) {
      if (found) return std::nullopt;
      found = i;
    } else if (assigned_in(one).contains(variable) || (!found && escapes_of(one).next)) {
      return std::nullopt;
    }
  }
  return found;
}

std::optional<Planner::ImageLoop> Planner::image_loop(const Statement& s) {
  if (!s.value || s.value->kind != Expression::Kind::binary || calls_own(*s.value) ||
      s.kind == Statement::Kind::loop_do)
    return std::nullopt;
  const auto& left = *s.value->arguments[0];
  const std::string& op = s.value->text;
  if (left.kind != Expression::Kind::name || find(left.text) == nullptr || op == "&&" || op == "||")
    return std::nullopt;
  const Abstract low = evaluate(left);
  const Abstract high = evaluate(*s.value->arguments[1]);
  const bool forward = high.kind == Abstract::Kind::count;
  const bool backward = low.kind == Abstract::Kind::count;
  if (forward == backward) return std::nullopt;
  const auto number = [](const Abstract& a) {
    return a.known() && a.value.is_number() ? number_of(a.value) : -1e9;
  };
  const bool from_first = number(low) == 0.0 && ((op == "<" && high.offset == 0.0) ||
                                                 (op == "!=" && high.offset == 0.0) ||
                                                 (op == "<=" && high.offset == -1.0));
  const bool from_last = low.offset == -1.0 && ((op == ">=" && number(high) == 0.0) ||
                                                (op == ">" && number(high) == -1.0));
  const bool stepped = s.kind == Statement::Kind::loop_for
                           ? s.step.size() == 1 && is_step(*s.step[0], left.text, backward)
                           : step_in(*s.body[0], left.text, backward).has_value();
  if ((forward ? !from_first : !from_last) || !stepped)
    fail(s.place, "the loop does not go through all files of the folder, one by one",
         "for (i = 0; i < list.length; i++)");
  return ImageLoop{left.text, backward};
}

// What the work on each image leaves empty at its end: then the next one begins with it empty.
void Planner::look_at_last_steps(const Statement& body) {
  const Leftovers end = LeftoverWalk(walked()).behind(body, {});
  state_.results_cleared = end.cleared && end.results == Kept::nothing;
  state_.manager_cleared = end.manager == Kept::nothing;
  state_.results_empty = state_.results_cleared;
  state_.manager_empty = state_.manager_cleared;
  state_.results_cut = state_.deselected = state_.unsure_added = false;
  state_.window.clear();
  state_.counts.clear();
}

LeftoverWalk::Macro Planner::walked() {
  return {.program = &program_,
          .text = [this](const Expression& e) { return outline_at_run(e); },
          .written = [this](const Expression& e) -> const Expression& {
            const auto found = written_conditions_.find(e.text);
            return e.place.line == 0 && found != written_conditions_.end() ? *found->second : e;
          },
          .batch = state_.batch || program_.text.find("setBatchMode(true") != std::string::npos,
          .hides_rows = [this] { return hides_rows(); },
          .may_open_results = [this] { return may_open_results(); }};
}

// What is left of the images before where the macro is gone through.
Leftovers Planner::leftovers() const {
  Leftovers left;
  const auto kept = [&](bool cleared, bool empty) {
    if (form_ == MacroPlan::Form::folder && !cleared) return Kept::others;
    return empty ? Kept::nothing : Kept::own;
  };
  left.results = kept(state_.results_cleared, state_.results_empty);
  left.manager = kept(state_.manager_cleared, state_.manager_empty);
  left.unsure_rows = state_.unsure_rows;
  left.unsure_added = state_.unsure_added;
  left.results_open = state_.results_open;
  left.cleared = state_.results_cut;
  left.deselected = state_.deselected;
  left.window = state_.window;
  left.counts = state_.counts;
  return left;
}

void Planner::take(const Leftovers& left) {
  if (form_ != MacroPlan::Form::folder || phase_ != Phase::within) return;
  state_.results_cleared = left.results != Kept::others;
  state_.manager_cleared = left.manager != Kept::others;
  state_.results_empty = left.results == Kept::nothing;
  state_.manager_empty = left.manager == Kept::nothing;
  state_.unsure_rows = left.unsure_rows;
  state_.unsure_added = left.unsure_added;
  state_.results_open = left.results_open;
  state_.results_cut = left.cleared;
  state_.deselected = left.deselected;
  state_.window = left.window;
  state_.counts = left.counts;
}

// A branch that empties the Results table or the ROI Manager where there is something: with what
// the images before left or without it, nothing is there behind it.
bool Planner::empties_what_is_there(const Statement& s) {
  if (form_ != MacroPlan::Form::folder || phase_ != Phase::within) return false;
  const auto after = LeftoverWalk(walked()).emptied(s, leftovers());
  if (!after) return false;
  // Which way is gone decides.
  if (choices_ != nullptr) throw Undone{};
  // Each image begins with both empty.
  if (state_.opened)
    emit_whole(s);
  else
    take(*after);
  return true;
}

// Whether it matters what an image's overlay is: it is saved with the image, or asked for.
bool Planner::uses_overlays() const {
  if (program_.text.find("Overlay") != std::string::npos ||
      program_.text.find("Flatten") != std::string::npos)
    return true;
  static const std::set<std::string, std::less<>> others = {
      "results", "measurements", "text", "selection", "roi", "text image", "lut"};
  bool saved = false;
  const auto visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call) return;
    const bool named = !e.arguments.empty() && e.arguments[0]->kind == Expression::Kind::string;
    saved |= e.text == "save" ||
             (e.text == "saveAs" && !(named && others.contains(lower_case(e.arguments[0]->text))));
  };
  for_each(program_, visit);
  return saved;
}

void Planner::run_image_loop(const Statement& s, const ImageLoop& found) {
  phase_ = Phase::within;
  looped_ = true;
  body_begin_ = state_.stages.size();
  const auto names = assigned_in(*s.body[0]);
  find_counters(*s.body[0], names);
  find_row_counters(*s.body[0], names);
  mark_carried(names);
  set(found.variable, Abstract::of(Abstract::Kind::index));
  loops_over_images_.insert(found.variable);
  begin_elements(names, s.place);
  for (const auto& title : state_.run_tables)
    emit_code("Table.create(" + string_code(title) + ");", s.place);
  look_at_last_steps(*s.body[0]);
  const auto first_stage = state_.stages.size();
  state_.closed_before_open = false;
  count_rows_from_here(s.place);
  state_.summary_cleared = false;
  state_.shows_all = state_.list_set = false;
  state_.unsure_rows.reset();
  state_.results_open = false;
  state_.added.reset();
  state_.front = makes_summary() ? "?" : "";
  Flow flow = Flow::on;
  try {
    if (s.kind == Statement::Kind::loop_while)
      flow =
          execute_around(*s.body[0], *step_in(*s.body[0], found.variable, found.backward), found);
    else
      flow = execute(*s.body[0], {.next = true});
  } catch (const Whole& whole) {
    fail(whole.place, whole.what, "write it as if ... else");
  }
  if (flow == Flow::leave || flow == Flow::give)
    fail(s.place, "the loop over the images ends after the first");
  if (!state_.opened)
    fail(s.place, "the loop goes through a folder, but opens no image of it",
         "open(folder + list[i]);");
  if (state_.batch && state_.shows_all && state_.added && uses_overlays())
    fail(
        *state_.added,
        "from the second image on, ImageJ in batch mode has Show All on when a selection is added, "
        "and its overlay gets the first one only",
        "write roiManager(\"Show None\") before the image is closed");
  if (state_.open_file && state_.open_file->path.empty())
    fail(s.place, fmt::format("the file opened in line {} is not closed", state_.open_file->line),
         "File.close(file);");
  check_left_open(*s.body[0], first_stage);
  check_counted_rows(s.place);
  printed_ = prints_lines(program_, *s.body[0]);
  for (const auto& [file, lines] : state_.appended) files_of_loops_.insert(file);
  phase_ = Phase::after;
  auto left = names;
  left.insert(found.variable);
  mark_left(left);
}

// A while loop's body: behind its step the variable is that of the next file.
Planner::Flow Planner::execute_around(const Statement& body, std::size_t step,
                                      const ImageLoop& found) {
  const bool last = step + 1 == body.body.size();
  const Flow flow = execute_list(body.body, step, {.next = last});
  if (flow != Flow::on || last) return flow;
  set(found.variable,
      Abstract::of_code(fmt::format("(Input.index {} 1)", found.backward ? "-" : "+"), false));
  auto& rest = copies_.emplace_back(std::make_unique<Statement>());
  rest->place = body.body[step + 1]->place;
  for (std::size_t i = step + 1; i < body.body.size(); ++i)
    rest->body.push_back(copy_of(*body.body[i]));
  const Statement& kept = *rest;
  return execute_list(kept.body, kept.body.size(), {.next = true});
}

// A loop over the files that opens none of them, such as one that counts them.
void Planner::pass_over(const Statement& s, const ImageLoop& found) {
  const Statement& body = *s.body[0];
  if (has_effects(body))
    fail(s.place, "the loop goes through a folder, but opens no image of it",
         "open(folder + list[i]);");
  count_files(body, found);
  auto names = assigned_in(body);
  names.insert(found.variable);
  for (const auto& name : names)
    if (Abstract* variable = find(name)) {
      // Numbers that count may go on counting.
      Abstract counted = Abstract::of(Abstract::Kind::carried);
      counted.value = variable->value;
      *variable = std::move(counted);
    }
  note(fmt::format("line {}: this loop over the files opens none of them: it is left out",
                   s.place.line));
}

// What the loop changes has, for any image but the first, a value that is not known.
void Planner::mark_carried(const std::set<std::string>& names) {
  for (const auto& name : names) {
    auto& variables = state_.frames[frame_to_assign(name)].variables;
    const auto variable = variables.find(name);
    if (variable == variables.end() || variable->second.kind == Abstract::Kind::each) continue;
    Abstract carried = Abstract::of(Abstract::Kind::carried);
    carried.was_known = variable->second.known();
    carried.value = variable->second.value;
    variable->second = std::move(carried);
  }
}

namespace {

// `n++`, `n += x` or `n = n + x` with an x that does nothing and is not n.
bool is_update(const Statement& s, const std::string& name) {
  if (s.kind != Statement::Kind::assign || s.target->kind != Expression::Kind::name ||
      s.target->text != name)
    return false;
  if (!s.value) return true;
  bool calls = false;
  int mentions = 0;
  for_each(*s.value, [&](const Expression& e) {
    calls |= e.kind == Expression::Kind::call || e.kind == Expression::Kind::step;
    mentions +=
        e.text == name && (e.kind == Expression::Kind::name || e.kind == Expression::Kind::index);
  });
  if (calls) return false;
  if (s.text != "=") return mentions == 0;
  const auto terms = terms_of(*s.value);
  return mentions == 1 && terms.size() > 1 && terms[0].second->kind == Expression::Kind::name &&
         terms[0].second->text == name;
}

bool shows_only(const Expression& e) {
  const Builtin* function = e.kind == Expression::Kind::call ? find_builtin(e.text) : nullptr;
  return function != nullptr && function->when == Builtin::When::nothing;
}

}  // namespace

// Numbers that go from image to image but only count, or are shown as progress: what is done with
// the images does not depend on them, and they are left out.
void Planner::find_counters(const Statement& body, const std::set<std::string>& names) {
  std::vector<const Statement*> reached{&body};
  for (const auto& name : functions_called(program_, body))
    reached.push_back(program_.functions.at(name).body.get());
  for (const auto& name : names) {
    const Abstract* value = find(name);
    if (value == nullptr || !value->known() || !value->value.is_number()) continue;
    int mentions = 0;
    int idle = 0;
    bool updated = false;
    const auto mentioned_in = [&](const Expression& e) {
      int count = 0;
      for_each(e, [&](const Expression& one) {
        count += one.text == name &&
                 (one.kind == Expression::Kind::name || one.kind == Expression::Kind::index);
      });
      return count;
    };
    const auto visit = [&](const Expression& e) {
      mentions +=
          e.text == name && (e.kind == Expression::Kind::name || e.kind == Expression::Kind::index);
      if (shows_only(e)) idle += mentioned_in(e);
      if (shows_only(e))
        for_each(e, [&](const Expression& one) {
          updated |= one.kind == Expression::Kind::step && one.arguments[0]->text == name;
        });
    };
    const auto enter = [&](const Statement& one) {
      if (!is_update(one, name)) return;
      updated = true;
      idle += one.value ? 1 + mentioned_in(*one.value) : 1;
    };
    for (const Statement* one : reached) for_each(*one, visit, enter);
    if (updated && mentions == idle) counters_.insert(name);
  }
}

bool Planner::is_idle(const Statement& s) const {
  if (s.kind == Statement::Kind::assign)
    return s.target->kind == Expression::Kind::name && phase_ == Phase::within &&
           counters_.contains(s.target->text);
  if (s.kind != Statement::Kind::call || !shows_only(*s.value)) return false;
  bool acts = false;
  for_each(*s.value, [&](const Expression& e) {
    const bool counts = phase_ == Phase::within && e.kind == Expression::Kind::step &&
                        counters_.contains(e.arguments[0]->text);
    acts |= (e.kind == Expression::Kind::step && !counts) ||
            (e.kind == Expression::Kind::call && program_.functions.contains(e.text));
  });
  return !acts;
}

// Takes out of code what has no effect on the images.
void Planner::drop_idle(Statement& s) const {
  if (is_idle(s)) {
    s.kind = Statement::Kind::block;
    s.target.reset();
    s.value.reset();
    return;
  }
  for (auto& one : s.body) drop_idle(*one);
  if (s.kind == Statement::Kind::block)
    std::erase_if(s.body, [](const StatementPtr& one) {
      return one->kind == Statement::Kind::block && one->body.empty();
    });
}

void Planner::mark_left(const std::set<std::string>& names) {
  for (const auto& name : names) {
    const auto frame = frame_to_assign(name);
    auto& variables = state_.frames[frame].variables;
    const auto variable = variables.find(name);
    if (variable == variables.end() || variable->second.kind == Abstract::Kind::each) continue;
    const auto& sessions = state_.frames[frame].session_names;
    const auto session = sessions.find(name);
    const auto gathering = session == sessions.end() ? state_.gatherings.end()
                                                     : state_.gatherings.find(session->second);
    if (gathering != state_.gatherings.end()) {
      Abstract gathered = Abstract::of(Abstract::Kind::gathered);
      gathered.before = gathering->second.header;
      gathered.code = gathering->first;
      variable->second = std::move(gathered);
    } else {
      variable->second = Abstract::of(Abstract::Kind::carried);
    }
  }
}

// ----- assignments

void Planner::assign(const Statement& s) {
  if (s.target->kind == Expression::Kind::index) return assign_element(s);
  const std::string& name = s.target->text;
  if (is_idle(s)) return;
  state_.counts.erase(name);
  const auto shadowed = [&] {
    fail(s.target->place,
         fmt::format("in a function '{}' is a variable of its own, which begins at 0", name),
         fmt::format("write var {} = ...; at the top of the macro", name));
  };
  if (gather(s)) return;
  if (s.text == "=") {
    if (shadows(name) && reads(*s.value, name)) shadowed();
    Abstract value = evaluate(*s.value);
    // An array with elements that depend on the file is used by name.
    if (value.kind == Abstract::Kind::code && value.stable &&
        s.value->kind == Expression::Kind::call &&
        (s.value->text == "split" || s.value->text == "newArray" ||
         s.value->text.starts_with("Array.")))
      value.stable = false;
    store(name, std::move(value), s.place);
    if (const auto counted = store_counted_by(*s.value)) state_.counts.emplace(name, *counted);
    return;
  }
  if (shadows(name)) shadowed();
  const Abstract* old = find(name);
  if (old == nullptr) fail(s.target->place, fmt::format("variable '{}' has no value yet", name));
  store(name, changed(s, *old), s.place);
}

Abstract Planner::changed(const Statement& s, const Abstract& was) {
  Abstract old = numbered(was, s.target->place);
  Abstract by = s.value ? numbered(evaluate(*s.value), s.place) : Abstract(Value(1.0));
  const bool row = old.row && !by.row && (s.text[0] == '+' || s.text[0] == '-');
  old.row = old.row && !row;
  usable(old, s.target->place);
  usable(by, s.place);
  const char op = s.text[0];
  if (old.known() && by.known())
    return placed(s.target->place, [&]() -> Abstract {
      if (op == '+' && old.value.is_string() && by.value.is_number())
        throw ValueError("ImageJ makes NaN of a string += a number", "write s = s + ...");
      if (op == '+') return sum_of({{'+', old.value, false}, {'+', by.value, false}}, false);
      if (op == '-') return Value(number_of(old.value) - number_of(by.value));
      return binary_value(std::string(1, op), old.value, by.value);
    });
  if (op == '+' && old.kind != Abstract::Kind::code && by.kind != Abstract::Kind::code) {
    std::vector<Abstract::Piece> pieces;
    for (const Abstract* one : std::array{&old, &by}) {
      if (one->kind == Abstract::Kind::text)
        append(pieces, one->pieces);
      else
        append(pieces, {{Abstract::Piece::Kind::literal,
                         placed(s.place, [&] { return text_of(one->value); }), 0}});
    }
    return Abstract::of_pieces(std::move(pieces));
  }
  Abstract result = Abstract::of_code("(" + code_of(old) + " " + op + " " + code_of(by) + ")",
                                      !old.is_runtime() && !by.is_runtime());
  result.row = row;
  result.table = old.table;
  return result;
}

void Planner::assign_element(const Statement& s) {
  if (assign_own_element(s)) return;
  const std::string& name = s.target->text;
  const Abstract at = numbered(evaluate(*s.target->arguments[0]), s.target->place);
  usable(at, s.target->place);
  Abstract value;
  if (s.text == "=") {
    value = numbered(evaluate(*s.value), s.place);
  } else {
    value = changed(s, index(*s.target));
  }
  usable(value, s.place);
  Abstract* array = find(name);
  if (array == nullptr) fail(s.target->place, fmt::format("array '{}' has no value yet", name));
  usable(*array, s.target->place);
  if (array->known() && at.known() && value.known()) {
    placed(s.target->place, [&] {
      if (state_.expandable_arrays && s.text == "=")
        expand(array_of(array->value), number_of(at.value));
      auto& elements = *array_of(array->value);
      const auto i = java_int(number_of(at.value));
      if (i < 0 || static_cast<std::size_t>(i) >= elements.size())
        throw ValueError(
            fmt::format("index {} of '{}', which has {} elements", i, name, elements.size()));
      elements[static_cast<std::size_t>(i)] = macro_value_of(value.value);
    });
    return;
  }
  materialise(name, s.place);
  emit_code(find(name)->code + "[" + code_of(at) + "] = " + code_of(value) + ";", s.place);
}

// `s = s + ...` on a text of before the loop: it grows with each image, and is put together at the
// end of the run.
bool Planner::gather(const Statement& s) {
  const std::string& name = s.target->text;
  if (phase_ != Phase::within || (s.text != "=" && s.text != "+=") || shadows(name)) return false;
  Abstract* variable = find(name);
  if (variable == nullptr || variable->kind != Abstract::Kind::carried || !variable->was_known ||
      !variable->value.is_string())
    return false;
  if (s.text == "=") {
    const auto terms = terms_of(*s.value);
    if (terms.size() < 2 || terms[0].second->kind != Expression::Kind::name ||
        terms[0].second->text != name)
      return false;
    for (std::size_t i = 1; i < terms.size(); ++i)
      if (reads(*terms[i].second, name)) return false;
  } else if (reads(*s.value, name)) {
    return false;
  }
  std::size_t frame = 0;
  find(name, &frame);
  const Abstract carried = *variable;
  const std::string session = session_name(name, frame);
  state_.frames[frame].variables[name] = Abstract::of_code(session, false);
  const Abstract value = numbered(evaluate(*s.value), s.place);
  usable(value, s.place);
  state_.frames[frame].variables[name] = carried;
  auto& gathering = state_.gatherings[session];
  std::string code;
  if (!gathering.begun) {
    gathering.begun = true;
    gathering.header = text_of(carried.value);
    code = session + " = \"\";\n";
  }
  code +=
      session + " = " + (s.text == "=" ? "" : session + " + ") + bare_code(code_of(value)) + ";";
  emit_code(std::move(code), s.place);
  return true;
}

// ----- calls as statements

void Planner::call_statement(const Expression& e) {
  if (phase_ == Phase::after && e.kind == Expression::Kind::call && call_after_loop(e)) return;
  evaluate(e, true);
}

// Behind the loop: which table is in front. Whether it was a call about that.
bool Planner::table_after_loop(const Expression& e) {
  std::vector<std::string> titles;
  for (const auto& one : e.arguments) {
    if (one->kind != Expression::Kind::string) return false;
    titles.push_back(one->text);
  }
  if (titles.empty()) return false;
  if (e.text == "selectWindow") {
    state_.front = titles[0];
    return true;
  }
  if (e.text == "close" && titles[0] == state_.front) state_.front = "";
  if (e.text == "close" && titles[0] == "Summary") state_.summary_cleared = true;
  if (e.text != "IJ.renameResults") return false;
  if (titles.size() != 2 || titles[0] != "Summary" || titles[1] != "Results")
    fail(e.place, "behind the loop only the Summary table can become Results",
         "IJ.renameResults(\"Summary\", \"Results\")");
  state_.numbered_summary = true;
  state_.front = "Results";
  return true;
}

// Behind the loop over the images: files of the whole run. Whether it was one of the calls that are
// dealt with here.
bool Planner::call_after_loop(const Expression& e) {
  const auto literal = [&](std::size_t i) {
    return i < e.arguments.size() && e.arguments[i]->kind == Expression::Kind::string
               ? lower_case(e.arguments[i]->text)
               : std::string();
  };
  if (program_.functions.contains(e.text)) return false;
  if (e.text == "print" || e.text == "IJ.log") {
    if (!print_to_file(e) && (!state_.log.empty() || !print_beside_images(e)))
      note(fmt::format("line {}: what is printed behind the loop is left out", e.place.line));
    return true;
  }
  if (e.text == "File.close") {
    close_file(e);
    return true;
  }
  if (e.text == "exit") return true;
  if (table_after_loop(e)) return true;
  const bool text_of_table = e.text == "saveAs" && literal(0) == "text" && state_.front != "Log" &&
                             (state_.front != "" || makes_summary());
  const bool saves_named = e.text == "Table.save";
  if (e.text == "File.saveString" || text_of_table || saves_named ||
      (e.text == "saveAs" && (literal(0) == "results" || literal(0) == "measurements"))) {
    const bool results = e.text != "File.saveString";
    const Abstract path = evaluate(*e.arguments[saves_named ? 0 : 1], false, true);
    const Abstract text = results ? Abstract() : evaluate(*e.arguments[0], false, true);
    if (depends_on_image(path) || (!path.known() && path.kind != Abstract::Kind::text))
      fail(e.place, "the name of a file of the whole run must be known before");
    RunOutput output;
    output.kind = results ? RunOutput::Kind::results : RunOutput::Kind::text;
    output.path = path.known() ? placed(e.place, [&] { return text_of(path.value); })
                               : marked_text(path.pieces);
    output.line = e.place.line;
    output.column = e.place.column;
    if (results) {
      const bool front_known = !state_.front.empty() || state_.run_tables.empty();
      const std::string table = (saves_named && e.arguments.size() > 1) || !front_known
                                    ? table_of_saving(e)
                                    : table_in_front(e.place);
      if (state_.run_tables.contains(table)) output.table = table;
      output.numbered = state_.numbered_summary && table == "Results";
      output.summary = table == "Summary" || output.numbered;
      if (!output.summary && output.table.empty() && table != "Results")
        fail(e.place, fmt::format("there is no table '{}' of the whole run", table),
             "Results and Summary can be saved behind the loop");
    }
    if (results)
      check_saved_behind(output.summary         ? "Summary"
                         : output.table.empty() ? "Results"
                                                : output.table,
                         e.place);
    const bool of_results = results && !output.summary && output.table.empty();
    if (of_results) check_unsure_rows(e.place);
    if (output.summary && state_.summary_cleared)
      fail(e.place, "the Summary table is saved or closed for each image: none is left here",
           "leave this out, or save it here only");
    if (of_results && (state_.results_cleared || state_.results_cut))
      fail(e.place,
           "the Results table is cleared for each image: here it has the rows of the last one only",
           "save it within the loop, under the image's name, or do not clear it");
    if (text.kind == Abstract::Kind::gathered) {
      output.header = text.before;
      output.code = text.code;
      output.footer = text.after;
    } else if (!results) {
      if (!text.known()) usable(text, e.place);
      output.header = placed(e.place, [&] { return text_of(text.value); });
    }
    state_.outputs.push_back(std::move(output));
    state_.saves = true;
    return true;
  }
  if (e.text == "saveAs" && literal(0) == "text" && e.arguments.size() > 1) {
    const Abstract path = evaluate(*e.arguments[1], false, true);
    if (depends_on_image(path) || (!path.known() && path.kind != Abstract::Kind::text))
      fail(e.place, "the name of a file of the whole run must be known before");
    check_saved_behind("Log", e.place);
    state_.log = path.known() ? placed(e.place, [&] { return text_of(path.value); })
                              : marked_text(path.pieces);
    return true;
  }
  static const std::set<std::string, std::less<>> idle = {
      "close",       "selectWindow",  "setBatchMode", "roiManager",          "setOption",
      "selectImage", "updateResults", "Table.update", "Table.showRowIndexes"};
  static const std::set<std::string, std::less<>> idle_commands = {
      "close all", "close", "clear results", "collect garbage"};
  state_.cleared_behind |= e.text == "run" && literal(0) == "clear results";
  if (changes_settings_behind(e)) return true;
  if ((idle.contains(e.text) && literal(0) != "save") ||
      (e.text == "run" && idle_commands.contains(literal(0))))
    return true;
  const Builtin* function = find_builtin(e.text);
  if (function != nullptr &&
      (function->when == Builtin::When::nothing || function->when == Builtin::When::pure))
    return false;
  if (e.text == "Table.rename")
    fail(e.place, "tables of the whole run keep their titles",
         "leave this out: the file that the table is saved as has its name");
  fail(e.place,
       "behind the loop over the images only the Results table and gathered texts can be saved",
       "move this into the loop");
}

}  // namespace smear::imagej
