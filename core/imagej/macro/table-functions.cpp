// SPDX-License-Identifier: Apache-2.0
// What a macro asks of tables, and sets in them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "imagej/macro/functions.h"

namespace smear::imagej {
namespace {

using When = Builtin::When;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string title_of(const BuiltinCall& call, std::size_t argument) {
  if (call.count() > argument) return call.text(argument);
  // Functions of nResults' kind mean Results, those of Table the table in front.
  if (!call.name.starts_with("Table.")) return "Results";
  const Session& session = call.session;
  if (session.front_unclear)
    throw ValueError(
        fmt::format("{}: whether Results or '{}' is in front depends on the user's windows",
                    call.name, session.front),
        "give the table's title as the last argument");
  const bool table = call.session.table_of(session.front) != nullptr;
  return table ? session.front : "Results";
}

// The table that the call is about; its title is an argument, or absent.
ResultsTable& table_of(const BuiltinCall& call, std::size_t argument) {
  const std::string title = title_of(call, argument);
  ResultsTable* table = call.session.table_of(title);
  if (table == nullptr) throw ValueError(fmt::format("there is no table '{}'", title));
  return *table;
}

std::size_t row_of(const BuiltinCall& call, const ResultsTable& table, std::size_t argument) {
  const auto rows = table.rows();
  const double row =
      call.count() > argument ? call.number(argument) : static_cast<double>(rows) - 1;
  if (!(row >= 0) || row >= static_cast<double>(rows))
    throw ValueError(fmt::format("row {} is not in the {} table, which has {}", row,
                                 call.name.starts_with("Table.") ? title_of(call, 2) : "Results",
                                 rows));
  return static_cast<std::size_t>(row);
}

Value get_result(BuiltinCall& call) {
  const auto& table = table_of(call, 2);
  const auto cell = table.get(call.text(0), row_of(call, table, 1));
  if (!cell) return nan;
  if (const auto* text = std::get_if<std::string>(&*cell))
    return number_in_text(*text).value_or(nan);
  return std::get<double>(*cell);
}

Value get_result_string(BuiltinCall& call) {
  const auto& table = table_of(call, 2);
  const auto row = row_of(call, table, 1);
  const auto heading = call.text(0);
  if (heading == "Label") return table.label(row);
  if (!table.has(heading)) return "null";
  return table.text(heading, row);
}

Value get_result_label(BuiltinCall& call) {
  const auto row = row_of(call, call.session.results, 0);
  if (!call.session.results.has_labels())
    throw ValueError("the Results table has no labels", "put 'display' into Set Measurements...");
  return call.session.results.label(row);
}

Value get_column(BuiltinCall& call) {
  const auto& table = table_of(call, 1);
  const auto heading = call.text(0);
  if (!table.has(heading)) throw ValueError(fmt::format("the table has no column '{}'", heading));
  bool texts = false;
  for (std::size_t row = 0; row < table.rows(); ++row)
    texts |= std::holds_alternative<std::string>(*table.get(heading, row));
  auto values = std::make_shared<std::vector<MacroValue>>();
  for (std::size_t row = 0; row < table.rows(); ++row)
    if (texts)
      values->emplace_back().value = table.text(heading, row);
    else
      values->emplace_back().value = std::get<double>(*table.get(heading, row));
  return values;
}

Value headings_of(BuiltinCall& call) {
  const auto& table = table_of(call, 0);
  std::string text = table.numbered ? " \t" : "";
  if (table.has_labels()) text += "Label\t";
  for (const auto& heading : table.headings()) text += heading + "\t";
  if (!text.empty() && !table.has_open_end()) text.pop_back();
  return text;
}

void set_cell(ResultsTable& table, const std::string& heading, std::size_t row,
              const Value& value) {
  if (row == table.rows()) table.add_row();
  if (heading == "Label")
    table.set_label(row, text_of(value));
  else if (value.is_number())
    table.set(heading, row, number_of(value));
  else
    table.set(heading, row, text_of(value));
}

Value set_in_table(BuiltinCall& call) {
  auto& table = table_of(call, 3);
  const double row = call.number(1);
  if (!(row >= 0.0 && row <= static_cast<double>(table.rows()) && row == std::floor(row)))
    throw ValueError(fmt::format("Table.set: row {} of a table of {} rows", row, table.rows()));
  set_cell(table, call.text(0), static_cast<std::size_t>(row), call.arguments[2]);
  return 0.0;
}

Value set_column(BuiltinCall& call) {
  auto& table = table_of(call, 2);
  const auto& values = *call.array(1);
  if (!table.empty() && values.size() != table.rows())
    throw ValueError(fmt::format("Table.setColumn: {} values for a table of {} rows", values.size(),
                                 table.rows()));
  for (std::size_t row = 0; row < values.size(); ++row)
    set_cell(table, call.text(0), row, value_of(values[row]));
  return 0.0;
}

Value update_table(BuiltinCall& call) {
  if (title_of(call, 0) == "Results" && !call.session.results.empty()) call.session.show_results();
  return 0.0;
}

Value reset_table(BuiltinCall& call) {
  table_of(call, 0).clear();
  if (title_of(call, 0) == "Results") call.session.results_lines = 0;
  return 0.0;
}

Value rename_table(BuiltinCall& call) {
  table_of(call, 0);
  call.session.rename_table(call.text(0), call.text(1));
  return 0.0;
}

Value delete_rows(BuiltinCall& call) {
  auto& table = table_of(call, 2);
  const double first = call.number(0);
  const double last = call.number(1);
  const auto rows = static_cast<double>(table.rows());
  if (!(first >= 0.0 && first <= last && last < rows))
    throw ValueError(
        fmt::format("Table.deleteRows: rows {}..{} of a table of {}", first, last, rows));
  if (last + 1 < rows)
    for (const auto& heading : table.headings())
      for (std::size_t row = 0; row < table.rows(); ++row)
        if (std::holds_alternative<std::string>(*table.get(heading, row)))
          throw ValueError(
              fmt::format("Table.deleteRows: ImageJ mixes up the texts of column '{}'", heading),
              "delete rows before texts are set, or those at the end");
  table.remove_rows(static_cast<std::size_t>(first), static_cast<std::size_t>(last));
  if (title_of(call, 2) == "Results")
    call.session.results_lines = std::min(call.session.results_lines, table.rows());
  return 0.0;
}

// ----- tables of the macro's own

Value create_table(BuiltinCall& call) {
  const std::string title = call.text(0);
  Session& session = call.session;
  if (title.empty() || title == "Results" || title == "Summary" || title == "Log")
    throw ValueError(fmt::format("Table.create(\"{}\") is not supported", title),
                     "give the table a title of its own");
  ResultsTable table;
  table.numbered = false;
  table.small_scientific = session.preferences.version_hundredths < 154;
  std::erase_if(session.tables, [&](const TableWindow& one) { return one.title == title; });
  session.tables.push_back({title, std::move(table)});
  session.bring_to_front(title);
  return 0.0;
}

// The order of a column's rows, as Table.sort makes it: texts by their characters where it has any.
std::vector<std::size_t> order_of(const ResultsTable& table, const std::string& heading) {
  std::vector<std::size_t> order(table.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  bool texts = false;
  for (const auto row : order) {
    const auto cell = *table.get(heading, row);
    texts |= std::holds_alternative<std::string>(cell);
    if (const auto* number = std::get_if<double>(&cell); number != nullptr && std::isnan(*number))
      throw ValueError(
          fmt::format("Table.sort: column '{}' has NaN, which ImageJ puts anywhere", heading),
          "set another value before");
  }
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    if (texts) return utf16_of(table.text(heading, a)) < utf16_of(table.text(heading, b));
    return std::get<double>(*table.get(heading, a)) < std::get<double>(*table.get(heading, b));
  });
  return order;
}

Value sort_table(BuiltinCall& call) {
  auto& table = table_of(call, 1);
  const std::string heading = call.text(0);
  if (!table.has(heading)) throw ValueError(fmt::format("the table has no column '{}'", heading));
  const ResultsTable before = table;
  const auto order = order_of(before, heading);
  for (std::size_t row = 0; row < order.size(); ++row) {
    if (before.has_labels()) table.set_label(row, before.label(order[row]));
    for (const auto& one : before.headings()) {
      const auto cell = *before.get(one, order[row]);
      if (const auto* text = std::get_if<std::string>(&cell))
        table.set(one, row, *text);
      else
        table.set(one, row, std::get<double>(cell));
    }
  }
  return 0.0;
}

Value rename_column(BuiltinCall& call) {
  table_of(call, 2).rename_column(call.text(0), call.text(1));
  return 0.0;
}

Value delete_column(BuiltinCall& call) {
  if (title_of(call, 1) == "Results")
    throw ValueError("Table.deleteColumn: ImageJ stops at what is set in Results afterwards",
                     "leave the column out of Set Measurements..., or use a table of your own");
  table_of(call, 1).remove_column(call.text(0));
  return 0.0;
}

Value delete_results(BuiltinCall& call) {
  call.arguments.emplace_back("Results");
  return delete_rows(call);
}

}  // namespace

void add_table_functions(std::vector<Builtin>& all) {
  const auto add = [&](const char* name, int least, int most, When when,
                       Value (*run)(BuiltinCall&)) {
    add_builtin(all, name, least, most, run).when = when;
  };
  const auto state = When::state;
  add("nResults", 0, 0, state,
      [](BuiltinCall& c) { return Value(static_cast<double>(c.session.results.rows())); });
  add("Table.size", 0, 1, state,
      [](BuiltinCall& c) { return Value(static_cast<double>(table_of(c, 0).rows())); });
  add("getResult", 1, 2, state, get_result);
  add("Table.get", 2, 3, state, get_result);
  add("getResultString", 1, 2, state, get_result_string);
  add("Table.getString", 2, 3, state, get_result_string);
  add("getResultLabel", 1, 1, state, get_result_label);
  add("Table.getColumn", 1, 2, state, get_column);
  add("Table.headings", 0, 1, state, headings_of);
  add("String.getResultsHeadings", 0, 0, state, headings_of);
  add("Table.title", 0, 0, state, [](BuiltinCall& c) { return Value(title_of(c, 0)); });
  add("Table.columnExists", 1, 2, state,
      [](BuiltinCall& c) { return Value(table_of(c, 1).has(c.text(0))); });
  const auto effect = When::effect;
  add("Table.create", 1, 1, effect, create_table);
  add("Table.set", 3, 4, effect, set_in_table);
  add("Table.setColumn", 2, 3, effect, set_column);
  add("Table.update", 0, 1, effect, update_table);
  add("Table.reset", 0, 1, effect, reset_table);
  add("Table.rename", 2, 2, effect, rename_table);
  add("Table.deleteRows", 2, 3, effect, delete_rows);
  add("IJ.deleteRows", 2, 2, effect, delete_results);
  add("Table.sort", 1, 2, effect, sort_table);
  add("Table.renameColumn", 2, 3, effect, rename_column);
  add("Table.deleteColumn", 1, 2, effect, delete_column);
}

}  // namespace smear::imagej
