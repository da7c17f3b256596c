// SPDX-License-Identifier: Apache-2.0
#include "imagej/results-piece.h"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "smear/errors.h"

namespace smear::imagej {
namespace {

using nlohmann::json;

// Numbers go as text: JSON has no NaN and no infinity.
json json_of(const ResultsTable::Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return {{"text", *text}};
  return fmt::format("{}", std::get<double>(cell));
}

}  // namespace

std::string results_piece(const ResultsTable& table, const Preferences& preferences) {
  json piece{{"rows", table.rows()},
             {"precision", table.precision()},
             {"nan_empty", table.nan_empty},
             {"numbered", table.numbered},
             {"measured", table.measured()},
             {"small_scientific", preferences.version_hundredths < 154},
             {"preferences", preferences.assignments()}};
  auto labels = json::array();
  for (std::size_t row = 0; table.has_labels() && row < table.rows(); ++row)
    labels.push_back(table.label(row));
  piece["labels"] = std::move(labels);
  auto columns = json::array();
  for (const auto& heading : table.headings()) {
    auto cells = json::array();
    for (std::size_t row = 0; row < table.rows(); ++row) {
      const auto cell = table.get(heading, row);
      cells.push_back(cell ? json_of(*cell) : json());
    }
    columns.push_back(
        {{"heading", heading}, {"decimals", table.decimals(heading)}, {"cells", std::move(cells)}});
  }
  piece["columns"] = std::move(columns);
  return piece.dump(-1, ' ', false, json::error_handler_t::replace);
}

void ResultsJoiner::add(std::string_view piece) try {
  const auto json = json::parse(piece);
  const auto first = table_.rows();
  const auto rows = json.at("rows").get<std::size_t>();
  if (first == 0) table_.set_precision(json.at("precision").get<int>());
  table_.nan_empty = json.at("nan_empty").get<bool>();
  table_.numbered = json.value("numbered", true);
  table_.small_scientific = json.value("small_scientific", true);
  for (const auto& assignment : json.at("preferences"))
    preferences_.set(assignment.get<std::string>());
  const auto& labels = json.at("labels");
  const bool measured = json.value("measured", false);
  // Row by row, as ImageJ fills it: a column's decimals depend on the order of its values.
  for (std::size_t row = 0; row < rows; ++row) {
    table_.add_row();
    if (!labels.empty()) table_.set_label(first + row, labels.at(row).get<std::string>());
    for (const auto& column : json.at("columns")) {
      const auto heading = column.at("heading").get<std::string>();
      const auto& cell = column.at("cells").at(row);
      if (cell.is_null()) continue;
      if (cell.is_object()) {
        table_.set(heading, first + row, cell.at("text").get<std::string>());
        continue;
      }
      const double value = std::strtod(cell.get_ref<const std::string&>().c_str(), nullptr);
      const auto measurement = measured ? measurement_of(heading) : std::nullopt;
      if (measurement)
        table_.add(*measurement, value);
      else
        table_.set(heading, first + row, value);
    }
  }
  // What the table's first row decides, the first image decided.
  if (first == 0)
    for (const auto& column : json.at("columns"))
      table_.set_decimals(column.at("heading").get<std::string>(),
                          column.value("decimals", ResultsTable::automatic));
} catch (const json::exception& e) {
  throw RunError(
      fmt::format("the run's ledger is damaged: a piece of a Results table: {}", e.what()));
}

std::string ResultsJoiner::text(char separator) const {
  return table_.empty() ? "" : table_.to_text(separator, preferences_);
}

}  // namespace smear::imagej
