// SPDX-License-Identifier: Apache-2.0
#include "imagej/results-table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "imagej/number-format.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

constexpr std::array<std::string_view, 38> measurement_headings = {
    "Area",     "Mean",      "StdDev", "Mode",     "Min",    "Max",    "X",      "Y",
    "XM",       "YM",        "Perim.", "BX",       "BY",     "Width",  "Height", "Major",
    "Minor",    "Angle",     "Circ.",  "Feret",    "IntDen", "Median", "Skew",   "Kurt",
    "%Area",    "RawIntDen", "Ch",     "Slice",    "Frame",  "FeretX", "FeretY", "FeretAngle",
    "MinFeret", "AR",        "Round",  "Solidity", "MinThr", "MaxThr"};

// Java's value == (int)value.
bool is_int(double value) {
  return value == std::trunc(value) && value >= -2147483648.0 && value <= 2147483647.0;
}

// Rows in which a measurement with a fraction decides the format of its column.
constexpr std::size_t deciding_rows = 24;

}  // namespace

std::string_view heading_of(MeasurementColumn column) {
  return measurement_headings[static_cast<std::size_t>(column)];
}

std::optional<MeasurementColumn> measurement_of(std::string_view heading) {
  const auto found = std::ranges::find(measurement_headings, heading);
  if (found == measurement_headings.end()) return std::nullopt;
  return static_cast<MeasurementColumn>(found - measurement_headings.begin());
}

void ResultsTable::clear() {
  columns_.clear();
  labels_.clear();
  rows_ = 0;
  end_slot_ = 0;
  has_labels_ = false;
  measured_ = false;
}

ResultsTable::Cell ResultsTable::blank(bool texts) const {
  if (!nan_empty) return 0.0;
  if (texts) return std::string();
  return std::numeric_limits<double>::quiet_NaN();
}

void ResultsTable::add_row() {
  ++rows_;
  for (auto& column : columns_) column.cells.push_back(blank(column.texts));
  if (has_labels_) labels_.emplace_back();
}

void ResultsTable::remove_rows(std::size_t first, std::size_t last) {
  if (first >= rows_ || last < first) return;
  last = std::min(last, rows_ - 1);
  const auto erase = [&](auto& cells) {
    cells.erase(cells.begin() + static_cast<std::ptrdiff_t>(first),
                cells.begin() + static_cast<std::ptrdiff_t>(last) + 1);
  };
  for (auto& column : columns_) erase(column.cells);
  if (has_labels_) erase(labels_);
  rows_ -= last - first + 1;
}

void ResultsTable::set_label(std::size_t row, std::string label) {
  has_labels_ = true;
  labels_.resize(rows_);
  labels_[row] = std::move(label);
}

std::string ResultsTable::label(std::size_t row) const {
  return row < labels_.size() ? labels_[row] : std::string();
}

ResultsTable::Column& ResultsTable::column_at(std::size_t slot, std::string_view heading,
                                              bool texts) {
  // Measurements are added in order, row by row: the search from the end is short.
  auto place = columns_.end();
  while (place != columns_.begin() && std::prev(place)->slot >= slot) --place;
  if (place == columns_.end() || place->slot != slot) {
    place = columns_.insert(
        place, Column{slot, std::string(heading), std::vector<Cell>(rows_, blank(texts)), automatic,
                      texts, false});
    end_slot_ = std::max(end_slot_, slot + 1);
  }
  place->texts |= texts;
  return *place;
}

ResultsTable::Column& ResultsTable::column_of(std::string_view heading, bool texts) {
  const auto known = std::ranges::find(measurement_headings, heading);
  if (measured_ && known != measurement_headings.end())
    return column_at(static_cast<std::size_t>(known - measurement_headings.begin()), heading,
                     texts);
  std::size_t free = measurement_headings.size();
  for (auto& column : columns_) {
    if (column.heading == heading) return column_at(column.slot, heading, texts);
    if (column.slot == free) ++free;
  }
  return column_at(free, heading, texts);
}

const ResultsTable::Column* ResultsTable::find(std::string_view heading) const {
  const auto found = std::ranges::find(columns_, heading, &Column::heading);
  return found == columns_.end() ? nullptr : &*found;
}

void ResultsTable::set(std::string_view heading, std::size_t row, double value) {
  auto& column = column_of(heading);
  column.cells[row] = value;
  if (column.decimals == automatic && !is_int(value) && !std::isnan(value))
    column.decimals = table_precision;
}

void ResultsTable::set(std::string_view heading, std::size_t row, std::string value) {
  column_of(heading, true).cells[row] = std::move(value);
}

void ResultsTable::add(std::string_view heading, double value) { set(heading, rows_ - 1, value); }

void ResultsTable::add(std::string_view heading, std::string value) {
  set(heading, rows_ - 1, std::move(value));
}

void ResultsTable::add(MeasurementColumn name, double value) {
  measured_ = true;
  auto& column = column_at(static_cast<std::size_t>(name), heading_of(name));
  column.cells.back() = value;
  if (rows_ <= deciding_rows && !is_int(value) && !std::isnan(value))
    column.decimals = table_precision;
}

bool ResultsTable::has(std::string_view heading) const { return find(heading) != nullptr; }

std::optional<ResultsTable::Cell> ResultsTable::get(std::string_view heading,
                                                    std::size_t row) const {
  const auto* column = find(heading);
  if (column == nullptr || row >= rows_) return std::nullopt;
  return column->cells[row];
}

std::vector<std::string> ResultsTable::headings() const {
  std::vector<std::string> result;
  for (const auto& column : columns_) result.push_back(column.heading);
  return result;
}

void ResultsTable::rename_column(std::string_view heading, std::string to) {
  const auto found = std::ranges::find(columns_, heading, &Column::heading);
  if (found == columns_.end())
    throw SampleError(fmt::format("the table has no column '{}'", heading));
  if (to == "Label" || find(to) != nullptr)
    throw SampleError(fmt::format("the table has a column '{}' already", to));
  found->heading = std::move(to);
}

void ResultsTable::remove_column(std::string_view heading) {
  const auto found = std::ranges::find(columns_, heading, &Column::heading);
  if (found == columns_.end())
    throw SampleError(fmt::format("the table has no column '{}'", heading));
  const auto slot = found->slot;
  columns_.erase(found);
  // Measurements keep their places; others move up.
  if (slot < measurement_headings.size()) return;
  for (auto& column : columns_)
    if (column.slot > slot) --column.slot;
  --end_slot_;
}

void ResultsTable::keep_measurements(const std::vector<MeasurementColumn>& columns, bool labels) {
  std::erase_if(columns_, [&](const Column& column) {
    return !column.lasting &&
           std::ranges::count(columns, static_cast<MeasurementColumn>(column.slot)) == 0;
  });
  for (const auto column : columns) column_at(static_cast<std::size_t>(column), heading_of(column));
  if (has_labels_ && !labels) labels_.clear();
  has_labels_ = labels;
  if (labels) labels_.resize(rows_);
}

bool ResultsTable::has_open_end() const {
  return !columns_.empty() && columns_.back().slot + 1 != end_slot_;
}

void ResultsTable::make_lasting(std::string_view heading) {
  const auto found = std::ranges::find(columns_, heading, &Column::heading);
  if (found != columns_.end()) found->lasting = true;
}

void ResultsTable::set_precision(int decimals) {
  precision_ = decimals;
  for (auto& column : columns_)
    if (column.decimals >= 0) column.decimals = std::abs(decimals);
}

void ResultsTable::set_decimals(std::string_view heading, int decimals) {
  const auto found = std::ranges::find(columns_, heading, &Column::heading);
  if (found != columns_.end()) found->decimals = decimals;
}

int ResultsTable::decimals(std::string_view heading) const {
  const auto* column = find(heading);
  return column == nullptr ? automatic : column->decimals;
}

void ResultsTable::set_decimals(MeasurementColumn column, int decimals) {
  set_decimals(heading_of(column), decimals);
}

std::string ResultsTable::text(const Column& column, std::size_t row) const {
  const Cell& cell = column.cells[row];
  if (const auto* words = std::get_if<std::string>(&cell)) return *words;
  const double value = std::get<double>(cell);
  if (column.decimals >= 0) return table_d2s(value, column.decimals, small_scientific);
  // Scientific notation is for whole numbers too.
  const bool plain = column.decimals == automatic && is_int(value) && precision_ >= 0;
  return table_d2s(value, plain ? 0 : precision_, small_scientific);
}

std::string ResultsTable::text(std::string_view heading, std::size_t row) const {
  if (heading == "Label") return label(row);
  const auto* column = find(heading);
  return column == nullptr || row >= rows_ ? std::string() : text(*column, row);
}

void ResultsTable::append_row(std::size_t row, char separator, bool with_numbers,
                              std::string& out) const {
  if (with_numbers) out += std::to_string(row + 1) + separator;
  if (has_labels_) {
    std::string name = label(row);
    if (separator == ',') std::ranges::replace(name, ',', ';');
    out += name + separator;
  }
  for (const auto& column : columns_) {
    const std::string cell = text(column, row);
    const bool quoted = separator == ',' && cell.find(',') != std::string::npos;
    out += quoted ? '"' + cell + '"' : cell;
    if (column.slot + 1 != end_slot_) out += separator;
  }
  out += '\n';
}

std::string ResultsTable::to_text(char separator, const Preferences& preferences) const {
  std::string out;
  if (rows_ == 0) return out;
  const bool with_numbers = numbered && preferences.save_row_numbers;
  if (preferences.save_column_headers) {
    if (with_numbers) out += std::string(" ") + separator;
    if (has_labels_) out += std::string("Label") + separator;
    for (const auto& column : columns_) {
      out += column.heading;
      // Where the last column was taken away, ImageJ still writes its separator.
      if (column.slot + 1 != end_slot_) out += separator;
    }
    out += '\n';
  }
  for (std::size_t row = 0; row < rows_; ++row) append_row(row, separator, with_numbers, out);
  return out;
}

}  // namespace smear::imagej
