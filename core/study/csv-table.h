// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smear::study {

/// A CSV file that a run wrote, in memory.
class CsvTable {
 public:
  /// Of a file's text, as `csv_field` and its like write it: a header, then records.
  explicit CsvTable(std::string_view text);
  /// Of a file; one that is not there is an empty table, since a run writes none where no sample
  /// had rows. Throws `ConfigError` where it cannot be read.
  static CsvTable read(const std::filesystem::path& file);

  [[nodiscard]] std::size_t rows() const { return rows_.size(); }
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  /// "" where there is no such column.
  [[nodiscard]] std::string text(std::size_t row, std::string_view column) const;
  /// NaN for an empty field, for what is no number, and where there is no such column.
  [[nodiscard]] double number(std::size_t row, std::string_view column) const;

 private:
  [[nodiscard]] std::optional<std::size_t> index_of(std::string_view column) const;

  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace smear::study
