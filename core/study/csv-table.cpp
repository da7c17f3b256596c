// SPDX-License-Identifier: Apache-2.0
#include "study/csv-table.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "config/yaml.h"
#include "run/csv.h"

namespace smear::study {

CsvTable::CsvTable(std::string_view text) {
  while (!text.empty()) {
    std::vector<std::string> record;
    for (const auto field : take_csv_record(text)) record.push_back(csv_text(field));
    if (columns_.empty())
      columns_ = std::move(record);
    else
      rows_.push_back(std::move(record));
  }
}

CsvTable CsvTable::read(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return CsvTable("");
  return CsvTable(config::read_bytes(file));
}

std::optional<std::size_t> CsvTable::index_of(std::string_view column) const {
  const auto it = std::ranges::find(columns_, column);
  if (it == columns_.end()) return std::nullopt;
  return static_cast<std::size_t>(it - columns_.begin());
}

std::string CsvTable::text(std::size_t row, std::string_view column) const {
  const auto index = index_of(column);
  const auto& fields = rows_.at(row);
  return index && *index < fields.size() ? fields[*index] : "";
}

double CsvTable::number(std::size_t row, std::string_view column) const {
  const auto field = text(row, column);
  double value = std::numeric_limits<double>::quiet_NaN();
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc{} || end != field.data() + field.size())
    return std::numeric_limits<double>::quiet_NaN();
  return value;
}

}  // namespace smear::study
