// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/leftovers.h"

#include <algorithm>
#include <utility>

#include "imagej/letters.h"
#include "imagej/macro/abstract.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {
namespace {

using Way = std::optional<Leftovers>;

void join(Way& into, const Way& other) {
  if (!other) return;
  if (into)
    into->join(*other);
  else
    into = other;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::ranges::find(all, text) != all.end();
}

void fill(Leftovers& at, Store store) {
  at.of(store) = std::max(at.of(store), Kept::own);
  std::erase_if(at.counts, [&](const auto& one) { return one.second == store; });
}

void clear_results(Leftovers& at) {
  at.results = Kept::nothing;
  at.cleared = true;
  at.unsure_rows.reset();
}

// A call's first argument where it is written out.
std::string literal_of(const Expression& call) {
  const bool written =
      !call.arguments.empty() && call.arguments[0]->kind == Expression::Kind::string;
  return written ? call.arguments[0]->text : std::string();
}

void add_assigned(const Statement& s, std::set<std::string>& names) {
  if (s.target) names.insert(s.target->text);
  for (const auto* list : {&s.init, &s.step, &s.body})
    for (const auto& one : *list) add_assigned(*one, names);
}

bool is_call(const Expression& e, std::string_view name) {
  return e.kind == Expression::Kind::call && e.text == name;
}

bool compares(const Expression& e) {
  return e.kind == Expression::Kind::binary &&
         is_one_of(e.text, {"==", "!=", "<", "<=", ">", ">="});
}

// A comparison as if its number stood on the right.
std::string turned(const std::string& op) {
  if (op[0] != '<' && op[0] != '>') return op;
  return (op[0] == '<' ? ">" : "<") + op.substr(1);
}

}  // namespace

bool Leftovers::operator==(const Leftovers& other) const {
  const auto line = [](const Leftovers& one) {
    return one.unsure_rows ? std::pair(one.unsure_rows->line, one.unsure_rows->column)
                           : std::pair(0, 0);
  };
  return std::tie(results, manager, unsure_added, results_open, cleared, deselected, window,
                  counts) == std::tie(other.results, other.manager, other.unsure_added,
                                      other.results_open, other.cleared, other.deselected,
                                      other.window, other.counts) &&
         line(*this) == line(other);
}

void Leftovers::join(const Leftovers& other) {
  results = std::max(results, other.results);
  manager = std::max(manager, other.manager);
  if (unsure_rows && other.unsure_rows) unsure_added = unsure_added && other.unsure_added;
  if (!unsure_rows && other.unsure_rows) unsure_added = other.unsure_added;
  if (!unsure_rows) unsure_rows = other.unsure_rows;
  results_open = results_open && other.results_open;
  cleared = cleared || other.cleared;
  deselected = deselected && other.deselected;
  if (window != other.window) window.clear();
  std::erase_if(counts, [&](const auto& one) {
    const auto found = other.counts.find(one.first);
    return found == other.counts.end() || found->second != one.second;
  });
}

std::optional<Store> store_counted_by(const Expression& e) {
  if (is_call(e, "nResults")) return Store::results;
  if (is_call(e, "Table.size") && (e.arguments.empty() || literal_of(e) == "Results"))
    return Store::results;
  if (is_call(e, "RoiManager.size")) return Store::manager;
  if (is_call(e, "roiManager") && is_one_of(lower_case(literal_of(e)), {"count", "size"}))
    return Store::manager;
  return std::nullopt;
}

LeftoverWalk::LeftoverWalk(Macro macro, Visit visit)
    : macro_(std::move(macro)), visit_(std::move(visit)) {}

Leftovers LeftoverWalk::behind(const Statement& s, const Leftovers& before) {
  jumps_ = {};
  assigned_.clear();
  add_assigned(s, assigned_);
  Way at = walk(s, before);
  for (const Way* way : {&jumps_.leave, &jumps_.next, &jumps_.give}) join(at, *way);
  // No way leads to its end: nothing follows.
  return at.value_or(before);
}

// ----- ways

Way LeftoverWalk::walk(const Statement& s, Way at) {
  if (!at) return at;
  using Kind = Statement::Kind;
  switch (s.kind) {
    case Kind::block:
      for (const auto& one : s.body) at = walk(*one, std::move(at));
      return at;
    case Kind::branch: return walk_branch(s, std::move(at));
    case Kind::loop_for:
    case Kind::loop_while:
    case Kind::loop_do: return walk_loop(s, std::move(at));
    default: break;
  }
  if (s.target)
    for (const auto& one : s.target->arguments) at = look(*one, std::move(at));
  if (s.value) at = look(*s.value, std::move(at));
  if (!at) return at;
  if (s.kind == Kind::leave || s.kind == Kind::next || s.kind == Kind::give) {
    join(s.kind == Kind::leave  ? jumps_.leave
         : s.kind == Kind::next ? jumps_.next
                                : jumps_.give,
         at);
    return std::nullopt;
  }
  if (s.kind == Kind::assign || s.kind == Kind::variable) {
    const std::string& name = s.target ? s.target->text : s.text;
    const auto store = s.value && (s.text == "=" || s.kind == Kind::variable)
                           ? store_counted_by(*s.value)
                           : std::nullopt;
    at->counts.erase(name);
    if (store) at->counts.emplace(name, *store);
  }
  return at;
}

Way LeftoverWalk::walk_branch(const Statement& s, Way at) {
  // A condition is idle where it is so each time that it is come to.
  if (auto result = emptied(s, *at)) {
    if (!asked_.contains(s.value.get())) idle_.insert(s.value.get());
    return result;
  }
  asked_.insert(s.value.get());
  idle_.erase(s.value.get());
  at = look(*s.value, std::move(at));
  if (!at) return at;
  const Expression& condition = macro_.written(*s.value);
  const auto side = [&](bool truth) {
    Way way = at;
    for (const Store store : empty_where(condition, truth, *at)) {
      way->of(store) = Kept::nothing;
      if (store == Store::results || way->unsure_added) way->unsure_rows.reset();
    }
    return way;
  };
  Way then = walk(*s.body[0], side(true));
  join(then, s.body.size() > 1 ? walk(*s.body[1], side(false)) : side(false));
  return then;
}

Way LeftoverWalk::walk_loop(const Statement& s, Way at) {
  for (const auto& one : s.init) at = walk(*one, std::move(at));
  const auto outside = std::pair(std::move(jumps_.leave), std::move(jumps_.next));
  Way out;
  const auto ask = [&](Way way) {
    if (!s.value || !way) return way;
    way = look(*s.value, std::move(way));
    Way past = way;
    if (past)
      for (const Store store : empty_where(*s.value, false, *way)) past->of(store) = Kept::nothing;
    join(out, past);
    return way;
  };
  // Deep within loops everything may be there at once.
  const bool deep = ++loops_ > 5;
  if (deep && at) {
    fill(*at, Store::results);
    fill(*at, Store::manager);
    at->cleared = true;
    at->deselected = false;
    at->window.clear();
    at->counts.clear();
  }
  // Each time round more may be there; it settles.
  for (Way before; at && !(before && *before == *at);) {
    before = at;
    jumps_.leave.reset();
    jumps_.next.reset();
    out.reset();
    Way round = s.kind == Statement::Kind::loop_do ? at : ask(at);
    round = walk(*s.body[0], std::move(round));
    join(round, jumps_.next);
    for (const auto& one : s.step) round = walk(*one, std::move(round));
    if (s.kind == Statement::Kind::loop_do) round = ask(std::move(round));
    join(out, jumps_.leave);
    join(at, round);
    if (deep) {
      join(out, at);
      break;
    }
  }
  --loops_;
  std::tie(jumps_.leave, jumps_.next) = outside;
  return out;
}

Way LeftoverWalk::look(const Expression& e, Way at) {
  for (const auto& one : e.arguments) {
    at = look(*one, std::move(at));
    if (!at) return at;
  }
  if (e.kind == Expression::Kind::step) at->counts.erase(e.arguments[0]->text);
  if (e.kind != Expression::Kind::call) return at;
  const auto own = macro_.program->functions.find(e.text);
  if (own != macro_.program->functions.end()) return enter(own->second, *at);
  if (visit_) visit_(e, *at);
  if (e.text == "exit") return std::nullopt;
  return behind(e, *at);
}

Way LeftoverWalk::enter(const Function& function, const Leftovers& from) {
  Leftovers at = from;
  // Its variables are its own, and it may change those of others.
  at.counts.clear();
  for (const auto& [known, before, after] : entered_)
    if (known == &function && before == at) return after;
  const auto number = entered_.size();
  // Where it calls itself, it may have filled both.
  Leftovers again = at;
  fill(again, Store::results);
  fill(again, Store::manager);
  entered_.emplace_back(&function, at, again);
  const Jumps outside = std::exchange(jumps_, {});
  ++functions_;
  Way after = walk(*function.body, at);
  --functions_;
  join(after, jumps_.give);
  jumps_ = outside;
  if (after) after->counts.clear();
  std::get<2>(entered_[number]) = after;
  return after;
}

// ----- conditions

std::optional<Store> LeftoverWalk::counted(const Expression& e, const Leftovers& at) const {
  if (e.kind != Expression::Kind::name) return store_counted_by(e);
  const auto found = at.counts.find(e.text);
  return found == at.counts.end() ? std::nullopt : std::optional(found->second);
}

// Which of them are empty where a condition holds, or does not.
std::set<Store> LeftoverWalk::empty_where(const Expression& e, bool truth,
                                          const Leftovers& at) const {
  if (e.kind == Expression::Kind::unary && e.text == "!")
    return empty_where(*e.arguments[0], !truth, at);
  if (is_call(e, "isOpen") && !truth) {
    const std::string title = literal_of(e);
    if (title == "Results" && !at.unsure_rows && !macro_.hides_rows()) return {Store::results};
    if (title == manager_title && !macro_.batch) return {Store::manager};
  }
  if (e.kind != Expression::Kind::binary) return {};
  if (e.text == "&&" || e.text == "||") {
    auto left = empty_where(*e.arguments[0], truth, at);
    const auto right = empty_where(*e.arguments[1], truth, at);
    const bool both_hold = (e.text == "&&") == truth;
    if (both_hold)
      left.insert(right.begin(), right.end());
    else
      std::erase_if(left, [&](Store one) { return !right.contains(one); });
    return left;
  }
  if (!compares(e)) return {};
  const bool right = e.arguments[1]->kind == Expression::Kind::number;
  const auto& number = *e.arguments[right ? 1 : 0];
  const auto store = counted(*e.arguments[right ? 0 : 1], at);
  if (!store || number.kind != Expression::Kind::number) return {};
  const std::string op = right ? e.text : turned(e.text);
  const bool none =
      truth ? (op == "==" && number.number == 0.0) || (op == "<" && number.number <= 1.0) ||
                  (op == "<=" && number.number < 1.0)
            : (op == "!=" && number.number == 0.0) || (op == ">=" && number.number <= 1.0) ||
                  (op == ">" && number.number < 1.0);
  return none ? std::set{*store} : std::set<Store>();
}

// Whether a condition asks for nothing but whether there is something, and where.
bool LeftoverWalk::only_asks(const Expression& e, const Leftovers& at,
                             std::set<Store>& stores) const {
  if (is_call(e, "isOpen") && literal_of(e) == "Results") stores.insert(Store::results);
  if (is_call(e, "isOpen") && literal_of(e) == manager_title) stores.insert(Store::manager);
  if (is_call(e, "isOpen")) return literal_of(e) == "Results" || literal_of(e) == manager_title;
  if (e.kind == Expression::Kind::binary && (e.text == "&&" || e.text == "||"))
    return only_asks(*e.arguments[0], at, stores) && only_asks(*e.arguments[1], at, stores);
  if (!compares(e)) return false;
  const bool right = e.arguments[1]->kind == Expression::Kind::number;
  const auto store = counted(*e.arguments[right ? 0 : 1], at);
  if (store) stores.insert(*store);
  return store && e.arguments[right ? 1 : 0]->kind == Expression::Kind::number;
}

bool LeftoverWalk::only_empties(const Statement& s, const std::set<Store>& stores) const {
  if (s.kind == Statement::Kind::block)
    return std::ranges::all_of(s.body, [&](const auto& one) { return only_empties(*one, stores); });
  if (s.kind != Statement::Kind::call || s.value->kind != Expression::Kind::call) return false;
  const Expression& e = *s.value;
  const std::string title = literal_of(e);
  const std::string what = lower_case(title);
  const bool results = stores.contains(Store::results);
  const bool manager = stores.contains(Store::manager);
  if (e.text == "run")
    return what == "close" || (results && e.arguments.size() == 1 && what == "clear results");
  if (e.text == "roiManager")
    return manager && is_one_of(what, {"reset", "deselect", "delete", "show none"});
  if (e.text == "selectWindow")
    return (results && title == "Results") || (manager && title == manager_title);
  return (e.text == "close" && results && title == "Results") || e.text == "wait";
}

std::optional<Leftovers> LeftoverWalk::emptied(const Statement& s, const Leftovers& before) {
  std::set<Store> stores;
  if (s.kind != Statement::Kind::branch || s.body.size() != 1 ||
      !only_asks(*s.value, before, stores) || !only_empties(*s.body[0], stores))
    return std::nullopt;
  const auto without = empty_where(*s.value, false, before);
  // Otherwise the condition is one like others.
  bool left = false;
  for (const Store store : stores) {
    if (!without.contains(store)) return std::nullopt;
    left |= Leftovers(before).of(store) == Kept::others;
  }
  if (!left) return std::nullopt;
  auto after = walk(*s.body[0], before);
  if (!after) return std::nullopt;
  for (const Store store : stores)
    if (after->of(store) != Kept::nothing) return std::nullopt;
  after->window.clear();
  after->deselected = false;
  return after;
}

// ----- calls

// Variables that are set on the way, and those of a function that is gone into, may be others than
// those that the macro is known to have.
std::string LeftoverWalk::text_of(const Expression& e) const {
  if (e.kind == Expression::Kind::binary && e.text == "+")
    return text_of(*e.arguments[0]) + text_of(*e.arguments[1]);
  if (e.kind == Expression::Kind::name && (functions_ > 0 || assigned_.contains(e.text)))
    return std::string(1, hole_mark);
  return macro_.text(e);
}

std::string LeftoverWalk::first_of(const Expression& call) const {
  return call.arguments.empty() ? "" : text_of(*call.arguments[0]);
}

Leftovers LeftoverWalk::behind(const Expression& e, const Leftovers& before) const {
  Leftovers at = before;
  static const std::set<std::string, std::less<>> of_tables = {
      "Table.size", "Table.get",   "Table.getString", "Table.getColumn",   "Table.headings",
      "Table.save", "Table.title", "Table.update",    "Table.columnExists"};
  const Builtin* function = find_builtin(e.text);
  for (std::size_t i = 0; function != nullptr && i < e.arguments.size(); ++i)
    if (is_out(*function, e, i)) at.counts.erase(e.arguments[i]->text);
  if (e.text == "run") {
    run(e, at);
  } else if (e.text == "roiManager") {
    roi_manager(e, at);
  } else if (e.text == "close") {
    if (first_of(e) == "Results") clear_results(at);
  } else if (e.text == "Overlay.measure" || e.text == "Table.reset") {
    clear_results(at);
    fill(at, Store::results);
  } else if (is_one_of(e.text, {"setResult", "IJ.renameResults", "Array.show"}) ||
             (e.text.starts_with("Table.") && !of_tables.contains(e.text))) {
    fill(at, Store::results);
  } else if (e.text.starts_with("RoiManager.") && e.text != "RoiManager.size") {
    at.deselected = false;
    fill(at, Store::manager);
  } else if (e.text == "open") {
    const std::string path = lower_case(first_of(e));
    if (path.ends_with(".zip") || path.ends_with(".roi")) fill(at, Store::manager);
  }
  if (e.text == "selectWindow")
    at.window = first_of(e);
  else if (e.text != "wait")
    at.window.clear();
  return at;
}

void LeftoverWalk::close_window(const std::string& title, Leftovers& at) const {
  if (title == "Results") clear_results(at);
  if (title != manager_title || macro_.batch) return;
  at.manager = Kept::nothing;
  at.unsure_added = false;
}

void LeftoverWalk::run(const Expression& call, Leftovers& at) const {
  const std::string name = lower_case(first_of(call));
  const bool known = name.find(hole_mark) == std::string::npos;
  if (name == "analyze particles...") return particles(call, at);
  if (name == "clear results") return clear_results(at);
  if (name == "close") return close_window(at.window, at);
  if (name == "set measurements...") return;
  const auto has = [&](const char* word) { return name.find(word) != std::string::npos; };
  if (name == "measure") {
    // It drops rows that no window shows.
    at.unsure_rows.reset();
    at.results_open = true;
  }
  // A list of maxima is a new table.
  if (has("maxima") &&
      lower_case(text_of(*call.arguments.back())).find("list") != std::string::npos)
    clear_results(at);
  if (!known || has("measure") || has("results") || name == "summarize" || has("maxima"))
    fill(at, Store::results);
  if (!known || has("manager")) fill(at, Store::manager);
}

void LeftoverWalk::particles(const Expression& call, Leftovers& at) const {
  const std::string options =
      call.arguments.size() > 1 ? " " + text_of(*call.arguments[1]) + " " : " ";
  const auto has = [&](const char* flag) {
    return options.find(std::string(" ") + flag + " ") != std::string::npos;
  };
  if (has("display")) at.results_open = true;
  const bool unsure =
      !has("clear") && !has("display") && !at.results_open && macro_.may_open_results();
  if (has("clear")) clear_results(at);
  if (unsure) at.unsure_rows = call.place;
  at.unsure_added = unsure && has("add") && at.manager == Kept::nothing;
  fill(at, Store::results);
  // `clear` empties the ROI Manager only where there is a particle.
  if (has("add") || options.find(hole_mark) != std::string::npos) fill(at, Store::manager);
}

void LeftoverWalk::roi_manager(const Expression& call, Leftovers& at) const {
  const std::string what = lower_case(first_of(call));
  if (what == "reset" || what == "delete") at.unsure_added = false;
  if (what == "reset" || (what == "delete" && at.deselected)) {
    at.manager = Kept::nothing;
  } else if (what == "measure") {
    at.unsure_rows.reset();
    at.results_open = true;
    fill(at, Store::results);
  } else if (what.starts_with("multi")) {
    clear_results(at);
    fill(at, Store::results);
  } else if (!is_one_of(what, {"count", "size", "index", "deselect", "delete", "select", "save",
                               "save selected", "rename", "update"}) &&
             !what.starts_with("show") && !what.starts_with("set ")) {
    fill(at, Store::manager);
  }
  const bool keeps =
      is_one_of(what, {"count", "size", "index", "measure", "save"}) || what.starts_with("show");
  at.deselected = what == "deselect" || (at.deselected && keeps);
}

}  // namespace smear::imagej
