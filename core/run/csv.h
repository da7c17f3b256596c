// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "smear/table.h"

namespace smear {

/// A CSV field after RFC 4180: quoted where it holds a comma, a quote or a line break.
std::string csv_field(std::string_view text);

/// What `csv_field` was given, of a field as it is written.
std::string csv_text(std::string_view field);

/// A number as tables have it: up to 9 significant digits; "" for NaN, a missing value.
std::string csv_number(double value);

/// Splits one record, as `csv_field` writes them, into its fields, which stay quoted. Removes it,
/// and the line feed behind it, from `text`.
std::vector<std::string_view> take_csv_record(std::string_view& text);

/// A table's cell as a field.
std::string csv_cell(const Column& column, std::size_t row);

/// The names of the columns as one record, without a line feed.
std::string csv_header(const Table& table);

/// A record a row, each with its line feed.
std::string csv_rows(const Table& table);

}  // namespace smear
