// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "smear/export.h"

namespace smear {

/// A column of a `Table`: integers, real numbers (NaN is a missing value) or text.
struct Column {
  using Values =
      std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>>;
  std::string name;
  Values values;
};

/// Named, typed columns of equal length: measurements, one row an object.
/// Column names carry their unit as a suffix (`area_px`, `area_um2`) unless they have none.
class SMEAR_SDK_API Table {
 public:
  /// Appends a column. Throws `SampleError` for a name that is there already, or for a length that
  /// differs from the other columns'.
  void add(std::string name, std::vector<std::int64_t> values);
  void add(std::string name, std::vector<double> values);
  void add(std::string name, std::vector<std::string> values);

  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

  /// The column's values. Throws `SampleError` where there is no such column, or of another type.
  [[nodiscard]] const std::vector<std::int64_t>& integers(std::string_view name) const;
  [[nodiscard]] const std::vector<double>& reals(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& texts(std::string_view name) const;

 private:
  [[nodiscard]] const Column* find(std::string_view name) const;
  void add(Column column);

  std::vector<Column> columns_;
};

}  // namespace smear
