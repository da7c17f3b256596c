// SPDX-License-Identifier: Apache-2.0
#include "smear/table.h"

#include <algorithm>

#include "smear/errors.h"

namespace smear {
namespace {

std::size_t length_of(const Column& column) {
  return std::visit([](const auto& values) { return values.size(); }, column.values);
}

template <typename T>
const std::vector<T>& values_of(const Column* column, std::string_view name, const char* kind) {
  if (column == nullptr) throw SampleError("the table has no column '" + std::string(name) + "'");
  if (const auto* values = std::get_if<std::vector<T>>(&column->values)) return *values;
  throw SampleError("column '" + std::string(name) + "' does not hold " + kind);
}

}  // namespace

void Table::add(Column column) {
  if (has(column.name)) throw SampleError("the table has two columns '" + column.name + "'");
  if (!columns_.empty() && length_of(column) != rows())
    throw SampleError("column '" + column.name + "' has " + std::to_string(length_of(column)) +
                      " rows, the table has " + std::to_string(rows()));
  columns_.push_back(std::move(column));
}

void Table::add(std::string name, std::vector<std::int64_t> values) {
  add(Column{std::move(name), std::move(values)});
}
void Table::add(std::string name, std::vector<double> values) {
  add(Column{std::move(name), std::move(values)});
}
void Table::add(std::string name, std::vector<std::string> values) {
  add(Column{std::move(name), std::move(values)});
}

std::size_t Table::rows() const { return columns_.empty() ? 0 : length_of(columns_.front()); }

const Column* Table::find(std::string_view name) const {
  const auto it = std::ranges::find(columns_, name, &Column::name);
  return it == columns_.end() ? nullptr : &*it;
}

const std::vector<std::int64_t>& Table::integers(std::string_view name) const {
  return values_of<std::int64_t>(find(name), name, "integers");
}
const std::vector<double>& Table::reals(std::string_view name) const {
  return values_of<double>(find(name), name, "real numbers");
}
const std::vector<std::string>& Table::texts(std::string_view name) const {
  return values_of<std::string>(find(name), name, "text");
}

}  // namespace smear
