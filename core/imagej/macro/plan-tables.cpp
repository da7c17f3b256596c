// SPDX-License-Identifier: Apache-2.0
// Tables to which every image of a folder adds rows: what their rows mean for a single image.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <utility>

#include "imagej/macro/planner.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {

namespace {

// Which argument of a call is the title of the table that it is about; -1 where that is Results.
int title_argument_of(const std::string& function) {
  static const std::map<std::string, int, std::less<>> titles = {
      {"Table.create", 0},   {"Table.size", 0},         {"Table.get", 2},
      {"Table.set", 3},      {"Table.getString", 2},    {"Table.getColumn", 1},
      {"Table.headings", 0}, {"Table.setColumn", 2},    {"Table.columnExists", 1},
      {"Table.update", 0},   {"Table.reset", 0},        {"Table.deleteRows", 2},
      {"Table.sort", 1},     {"Table.renameColumn", 2}, {"Table.deleteColumn", 1},
      {"Table.save", 1},     {"Table.rename", 0}};
  const auto found = titles.find(function);
  return found == titles.end() ? -1 : found->second;
}

}  // namespace

bool is_row_count(const Expression& e) {
  return e.kind == Expression::Kind::call && (e.text == "nResults" || e.text == "Table.size");
}

int row_argument_of(const std::string& function) {
  static const std::map<std::string, int, std::less<>> rows = {
      {"getResult", 1}, {"getResultString", 1}, {"getResultLabel", 0}, {"setResult", 1},
      {"Table.get", 1}, {"Table.getString", 1}, {"Table.set", 1}};
  const auto found = rows.find(function);
  return found == rows.end() ? -1 : found->second;
}

namespace {

// Rows of a table in code: which variables hold some, and whether each use of one has a meaning.
class RowUses {
 public:
  using Fail = std::function<void(const Expression&, bool counted)>;
  /// Whether a call is about the table.
  using About = std::function<bool(const Expression&)>;
  RowUses(std::set<std::string> names, About about, const std::set<const Expression*>& idle,
          Fail fail)
      : names_(std::move(names)), about_(std::move(about)), idle_(idle), fail_(std::move(fail)) {}

  // How many rows a sum counts more than it takes away; nothing where there is none in it.
  std::optional<int> net(const Expression& e) const {
    if ((is_row_count(e) && about_(e)) ||
        (e.kind == Expression::Kind::name && names_.contains(e.text)))
      return 1;
    if (e.kind != Expression::Kind::binary || (e.text != "+" && e.text != "-")) return std::nullopt;
    int sum = 0;
    bool any = false;
    for (const auto& [op, term] : terms_of(e))
      if (const auto one = term == &e ? std::nullopt : net(*term)) {
        sum += op == '-' ? -*one : *one;
        any = true;
      }
    return any ? std::optional(sum) : std::nullopt;
  }
  [[nodiscard]] bool is_row(const Expression& e) const { return net(e) == 1; }

  void collect(const Statement& s) {
    for (std::size_t before = 0; before != names_.size() || before == 0;) {
      before = names_.size();
      for_each(s, {}, [&](const Statement& one) {
        if (one.kind == Statement::Kind::assign && one.text == "=" &&
            one.target->kind == Expression::Kind::name && is_row(*one.value))
          names_.insert(one.target->text);
      });
      if (names_.size() == before) break;
    }
  }

  void check(const Statement& s) const {
    if (s.kind == Statement::Kind::assign && s.target->kind == Expression::Kind::name &&
        names_.contains(s.target->text)) {
      if (s.text == "=" && !is_row(*s.value)) fail_(*s.target, false);
      if (s.text[0] == '*' || s.text[0] == '/') fail_(*s.target, false);
      if (s.value) check(*s.value, s.text == "=");
    } else {
      if (s.target) check(*s.target, false);
      if (s.value && !idle_.contains(s.value.get())) check(*s.value, false);
    }
    for (const auto* list : {&s.init, &s.step, &s.body})
      for (const auto& one : *list) check(*one);
  }

  [[nodiscard]] const std::set<std::string>& names() const { return names_; }

 private:
  void check(const Expression& e, bool as_row) const {
    if (const auto rows = net(e)) {
      if (*rows != 0 && !(as_row && *rows == 1)) fail_(e, false);
      if (e.kind == Expression::Kind::binary)
        for (const auto& [op, term] : terms_of(e))
          if (!net(*term)) check(*term, false);
      return;
    }
    const bool compares =
        e.kind == Expression::Kind::binary &&
        (e.text == "==" || e.text == "!=" || e.text[0] == '<' || e.text[0] == '>');
    if (compares && is_row(*e.arguments[0]) && is_row(*e.arguments[1])) return;
    const int row = e.kind == Expression::Kind::call ? row_argument_of(e.text) : -1;
    const int at = row >= 0 && about_(e) ? row : -1;
    for (int i = 0; i < static_cast<int>(e.arguments.size()); ++i) {
      const auto& one = *e.arguments[static_cast<std::size_t>(i)];
      if (i == at && !is_row(one) && !idle_.contains(&one)) fail_(one, true);
      check(one, i == at);
    }
  }

  std::set<std::string> names_;
  About about_;
  const std::set<const Expression*>& idle_;  // conditions and rows that do not matter
  Fail fail_;
};

}  // namespace

// Whether the table has the rows of the images before, too.
bool Planner::gathers(const std::string& table) const {
  if (form_ != MacroPlan::Form::folder || phase_ != Phase::within) return false;
  if (table == manager_title) return !state_.manager_cleared;
  return table == "Results" ? !state_.results_cleared : state_.run_tables.contains(table);
}

// The title of the table that a call is about.
std::string Planner::table_of(const Expression& e) {
  const int at = title_argument_of(e.text);
  if (at < 0) return "Results";
  if (at < static_cast<int>(e.arguments.size())) {
    const auto& title = *e.arguments[static_cast<std::size_t>(at)];
    if (title.kind == Expression::Kind::string) return title.text;
    const Abstract* value = title.kind == Expression::Kind::name ? find(title.text) : nullptr;
    if (value != nullptr && value->known() && value->value.is_string())
      return text_of(value->value);
    if (state_.run_tables.empty()) return "";
    fail(title.place, "which table this is about must be known before the images are worked on",
         "write its title in quotes");
  }
  if (!state_.created.empty()) return state_.created;
  if (state_.run_tables.empty()) {
    // Of tables that each image makes, ImageJ keeps the last in mind, even when it is closed.
    const auto first = program_.text.find("Table.create");
    const bool several =
        first != std::string::npos &&
        (shows_results() || program_.text.find("Table.create", first + 1) != std::string::npos);
    if (several && form_ == MacroPlan::Form::folder && phase_ == Phase::within)
      fail(e.place, fmt::format("{}: which table is in front is not known here", e.text),
           "give its title as the last argument, as \"Results\"");
    return "Results";
  }
  // The table in front, which other tables that are shown may be.
  if (state_.run_tables.size() > 1 || shows_results())
    fail(e.place, fmt::format("{}: which table is in front is not known here", e.text),
         fmt::format("give its title as the last argument: \"{}\"", *state_.run_tables.begin()));
  return *state_.run_tables.begin();
}

// Of a call that means the table in front: that one's title, where it is one of the run's.
std::string Planner::title_left_out(const Expression& e) {
  const int at = e.kind == Expression::Kind::call ? title_argument_of(e.text) : -1;
  if (at < 0 || at != static_cast<int>(e.arguments.size())) return "";
  return state_.run_tables.empty() ? state_.created : table_of(e);
}

// Whether another table may be in front behind the call than before.
bool Planner::may_show_table(const Expression& e) const {
  if (e.kind != Expression::Kind::call || program_.functions.contains(e.text)) return false;
  const bool named = !e.arguments.empty() && e.arguments[0]->kind == Expression::Kind::string;
  const std::string what = named ? lower_case(e.arguments[0]->text) : "";
  if (e.text.starts_with("Table.")) {
    const int at = title_argument_of(e.text);
    if (at < 0 || e.text == "Table.create" || e.text == "Table.rename") return true;
    if (at >= static_cast<int>(e.arguments.size())) return false;
    const auto& title = *e.arguments[static_cast<std::size_t>(at)];
    return title.kind != Expression::Kind::string || title.text != state_.created;
  }
  static const std::set<std::string, std::less<>> functions = {
      "setResult", "updateResults", "IJ.renameResults", "Overlay.measure", "selectWindow"};
  if (e.text == "close") return !e.arguments.empty() && what != "*";
  if (e.text == "roiManager") return !named || what == "measure" || what.starts_with("multi");
  if (e.text != "run") return functions.contains(e.text);
  const bool counts = what == "analyze particles..." && e.arguments.size() > 1;
  if (counts && program_.text.find("display") == std::string::npos && !makes_summary())
    return false;
  const Command* command = named ? table_.find(e.arguments[0]->text, Command::Form::run) : nullptr;
  return counts || command == nullptr || !command->needs_image || what == "measure" ||
         what == "summarize" || what == "find maxima..." || what == "close" ||
         what.find("measure") != std::string::npos;
}

bool Planner::may_show_table(const Statement& s) const {
  bool may = false;
  const auto visit = [&](const Expression& e) { may |= may_show_table(e); };
  for_each_reached(program_, s, visit);
  return may;
}

// The table that Table.save or saveAs means behind the loop.
std::string Planner::table_of_saving(const Expression& e) {
  if (e.text == "Table.save") return table_of(e);
  if (state_.run_tables.size() > 1 || shows_results())
    fail(e.place, "which table is in front here is not known",
         fmt::format("write Table.save(path, \"{}\")", *state_.run_tables.begin()));
  return *state_.run_tables.begin();
}

// Whether the macro may open a window with the Results or Summary table.
bool Planner::shows_results() const {
  // Analyze Particles, whose options may be in a variable.
  return makes_summary() || may_open_results() ||
         (program_.text.find("Analyze Particles") != std::string::npos &&
          program_.text.find("display") != std::string::npos);
}

// How many selections there are: those of the images before, too, can be asked for only to empty
// it.
Abstract Planner::size_of_manager(const Expression& e) {
  Abstract size =
      Abstract::of_code(e.text == "roiManager" ? "roiManager(\"count\")" : e.text, false);
  if (!gathers(manager_title)) return size;
  size.row = true;
  size.table = manager_title;
  return size;
}

// A row of a table: where that gathers, one that is counted from its end.
Abstract Planner::row_argument(Abstract value, const std::string& table, Place place) {
  if (!gathers(table)) return value;
  if (value.kind == Abstract::Kind::code && value.row && value.table == table) {
    value.row = false;
    return value;
  }
  usable(value, place);
  if (table == "Results")
    fail(place,
         "the Results table has the rows of the images before, too, and this row is counted "
         "from its beginning",
         "count from its end (nResults - 1 is the last row, nResults a new one), or clear it for "
         "each image: run(\"Clear Results\")");
  fail(place,
       fmt::format("table '{}' has the rows of the images before, too, and this row is counted "
                   "from its beginning",
                   table),
       fmt::format("count from its end: row = Table.size(\"{}\") is a new one", table));
}

// `Table.set(column, i, value, table)`: each image has a row, which is the only one of its own.
Abstract Planner::own_row_of(const std::string& table, const Expression& row) {
  const auto visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call || e.text != "Table.set" || e.arguments.size() < 3) return;
    if (table_of(e) == table && code_of(*e.arguments[1]) != code_of(row))
      fail(row.place,
           fmt::format("the position of the image is the number of a row in table '{}' only where "
                       "every row is set so",
                       table),
           fmt::format("use Table.size(\"{}\") for a new row", table));
  };
  for_each(program_, visit);
  return Value(0.0);
}

// ----- numbers that count the rows of a table: row = 0; loop { setResult("X", row, x); row++; }

// The table whose rows a variable counts: each use of it is a row of that one, or goes on to the
// next. Nothing for other variables.
std::optional<std::string> Planner::table_counted_by(const std::string& name,
                                                     const Statement& body) {
  int mentions = 0;
  int as_row = 0;
  int stepped = 0;
  std::set<std::string> tables;
  const auto visit = [&](const Expression& e) {
    mentions +=
        (e.kind == Expression::Kind::name || e.kind == Expression::Kind::index) && e.text == name;
    const int at = e.kind == Expression::Kind::call ? row_argument_of(e.text) : -1;
    if (at < 0 || at >= static_cast<int>(e.arguments.size())) return;
    const auto& row = *e.arguments[static_cast<std::size_t>(at)];
    if (row.kind != Expression::Kind::name || row.text != name) return;
    ++as_row;
    tables.insert(table_of(e));
  };
  const auto enter = [&](const Statement& one) {
    if (is_step(one, name, false)) stepped += 1 + (one.text == "=" ? 1 : 0);
  };
  try {
    for_each(body, visit, enter);
    for (const auto& called : functions_called(program_, body)) {
      const auto& function = program_.functions.at(called);
      if (globals_.contains(name) && std::ranges::count(function.parameters, name) == 0)
        for_each(*function.body, visit, enter);
    }
  } catch (const MacroError&) {
    return std::nullopt;  // which table is not known
  }
  const bool counts = as_row > 0 && stepped > 0 && mentions == as_row + stepped;
  if (!counts || tables.size() != 1) return std::nullopt;
  const std::string table = *tables.begin();
  return table == "Results" || state_.run_tables.contains(table) ? std::optional(table)
                                                                 : std::nullopt;
}

void Planner::find_row_counters(const Statement& body, const std::set<std::string>& names) {
  row_counters_.clear();
  for (const auto& name : names) {
    const Abstract* value = find(name);
    if (value == nullptr || !value->known() || !value->value.is_number() ||
        number_of(value->value) != 0.0)
      continue;
    if (const auto table = table_counted_by(name, body)) row_counters_.emplace(name, *table);
  }
}

// An image's own rows begin at 0, as its own table is empty at first.
void Planner::count_rows_from_here(Place place) {
  std::erase_if(row_counters_, [&](const auto& one) { return !gathers(one.second); });
  for (const auto& [name, table] : row_counters_) {
    std::size_t frame = 0;
    find(name, &frame);
    const std::string session = session_name(name, frame);
    emit_code(session + " = 0;", place);
    Abstract row = Abstract::of_code(session, false);
    row.row = true;
    row.table = table;
    state_.frames[frame].variables[name] = std::move(row);
  }
}

// Whether each image sets one new row, and then counts it.
bool Planner::counts_one_row(const std::string& name, const std::string& table) const {
  if (other_rows()) return false;
  const std::regex word("\\b" + name + "\\b");
  const std::string set = table == "Results" ? "setResult(" : "Table.set(";
  bool first = true;
  bool set_one = false;
  bool counted = false;
  for (const auto& stage : state_.stages) {
    const bool sets =
        stage->command == nullptr && stage->code.starts_with(set) && stage->written == nullptr;
    const bool mentions = stage->command == nullptr && std::regex_search(stage->code, word);
    if (!mentions && stage->code.find(set) != std::string::npos) return false;
    if (!mentions) continue;
    if (std::exchange(first, false)) continue;
    if (counted) return false;
    set_one |= sets;
    counted = !sets;
    if (counted && (!set_one || stage->code != name + " = " + name + " + 1;")) return false;
  }
  return counted;
}

// A number that does not count the rows makes ImageJ put the next image's results elsewhere.
void Planner::check_counted_rows(Place place) {
  for (const auto& [name, table] : row_counters_) {
    if (table == "Results" && (state_.results_cleared || state_.results_cut))
      fail(place,
           fmt::format("'{}' counts rows of the Results table from image to image, and that is "
                       "cleared",
                       name),
           "begin at 0 for each image, or do not clear the table");
    std::size_t frame = 0;
    find(name, &frame);
    const std::string session = session_name(name, frame);
    if (counts_one_row(session, table)) continue;
    const std::string rows =
        table == "Results" ? "nResults" : "Table.size(" + string_code(table) + ")";
    emit_code(fmt::format("if ({} != {})\n  exit(\"'{}' is not the number of rows in the table "
                          "behind this image: ImageJ would put the results of the next one "
                          "elsewhere. Use {} for a new row\");",
                          session, rows, name, table == "Results" ? "nResults" : "Table.size"),
              place);
  }
}

// Calls about tables that were made before the loop: one of the whole run each, to which every
// image adds its rows. Whether there is nothing more to do.
bool Planner::table_of_run(const Expression& e) {
  if (e.text == "Table.create" && phase_ == Phase::before && form_ == MacroPlan::Form::folder) {
    const Abstract title = evaluate(*e.arguments[0], false, true);
    if (!title.known() || !title.value.is_string())
      fail(e.place, "the title of a table must be known before the images are worked on");
    const std::string name = text_of(title.value);
    if (name == "Results" || name == "Summary" || name == "Log" || name.empty())
      fail(e.place, fmt::format("Table.create(\"{}\") is not supported", name),
           "give the table a title of its own");
    state_.run_tables.insert(name);
    return true;
  }
  if (state_.run_tables.empty()) return false;
  const std::string table = table_of(e);
  if (!state_.run_tables.contains(table)) return false;
  if (e.text == "Table.update") return true;
  if (phase_ == Phase::before)
    fail(e.place, fmt::format("table '{}' is filled before the images are worked on", table),
         "leave it empty there");
  if (e.text != "Table.set")
    fail(e.place,
         fmt::format("{}: table '{}' has the rows of the images before, too", e.text, table),
         "create a table for each image, within the loop");
  return false;
}

void Planner::check_row_uses(const Statement& s) {
  rows_of_code_.clear();
  std::set<std::string> tables = state_.run_tables;
  tables.insert({"Results", manager_title});
  for (const auto& table : tables)
    if (gathers(table)) check_row_uses(s, table);
}

void Planner::check_row_uses(const Statement& s, const std::string& table) {
  std::set<std::string> names;
  for (const auto& frame : state_.frames)
    for (const auto& [name, value] : frame.variables)
      if (value.row && value.table == table) names.insert(name);
  RowUses uses(
      std::move(names),
      [&](const Expression& e) {
        return table_of(e) == table && (table != "Results" || of_others_.contains(&e));
      },
      idle_conditions_,
      [&](const Expression& e, bool counted) {
        Abstract value = Abstract::of_code("", false);
        value.row = !counted;
        if (counted)
          row_argument(value, table, e.place);
        else
          usable(value, e.place);
      });
  const auto called = functions_called(program_, s);
  uses.collect(s);
  for (const auto& name : called) uses.collect(*program_.functions.at(name).body);
  uses.check(s);
  for (const auto& name : called) uses.check(*program_.functions.at(name).body);
  for (const auto& name : uses.names()) rows_of_code_[name] = table;
}

}  // namespace smear::imagej
