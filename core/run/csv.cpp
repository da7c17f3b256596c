// SPDX-License-Identifier: Apache-2.0
#include "run/csv.h"

#include <fmt/format.h>

#include <cmath>

namespace smear {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_text(std::string_view field) {
  const bool quoted = field.starts_with('"');
  if (quoted) field = field.substr(1, field.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    text += field[i];
    if (quoted && field[i] == '"') ++i;  // doubled
  }
  return text;
}

std::string csv_number(double value) {
  return std::isnan(value) ? "" : fmt::format("{:.9g}", value);
}

std::vector<std::string_view> take_csv_record(std::string_view& text) {
  std::vector<std::string_view> fields;
  std::size_t begin = 0;
  std::size_t at = 0;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (quoted || (text[at] != ',' && text[at] != '\n')) continue;
    fields.push_back(text.substr(begin, at - begin));
    begin = at + 1;
    if (text[at] == '\n') break;
  }
  if (at == text.size()) fields.push_back(text.substr(begin));
  text.remove_prefix(std::min(text.size(), at + 1));
  return fields;
}

std::string csv_cell(const Column& column, std::size_t row) {
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.values))
    return fmt::format("{}", (*integers)[row]);
  if (const auto* reals = std::get_if<std::vector<double>>(&column.values))
    return csv_number((*reals)[row]);
  return csv_field(std::get<std::vector<std::string>>(column.values)[row]);
}

std::string csv_header(const Table& table) {
  std::string header;
  for (const auto& column : table.columns()) {
    if (!header.empty()) header += ',';
    header += csv_field(column.name);
  }
  return header;
}

std::string csv_rows(const Table& table) {
  std::string rows;
  for (std::size_t row = 0; row < table.rows(); ++row)
    for (const auto& column : table.columns()) {
      rows += csv_cell(column, row);
      rows += &column == &table.columns().back() ? '\n' : ',';
    }
  return rows;
}

}  // namespace smear
