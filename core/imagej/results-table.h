// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "imagej/preferences.h"

namespace smear::imagej {

/// The columns that measurements fill, in the order in which tables have them. Their headings:
/// `heading_of`.
enum class MeasurementColumn : std::size_t {
  area,
  mean,
  std_dev,
  mode,
  min,
  max,
  x,
  y,
  xm,
  ym,
  perimeter,
  bx,
  by,
  width,
  height,
  major,
  minor,
  angle,
  circularity,
  feret,
  int_den,
  median,
  skewness,
  kurtosis,
  area_fraction,
  raw_int_den,
  channel,
  slice,
  frame,
  feret_x,
  feret_y,
  feret_angle,
  min_feret,
  aspect_ratio,
  roundness,
  solidity,
  min_threshold,
  max_threshold,
};

/// "Area", "Perim.", "Circ." ...
std::string_view heading_of(MeasurementColumn column);
/// Nothing for a heading that is none of them.
std::optional<MeasurementColumn> measurement_of(std::string_view heading);

/// ImageJ's ResultsTable: numbers and texts by column, and how they are written.
///
/// Columns stand in the order of their headings as ImageJ has it: the measurements in their fixed
/// order, then what was added. A cell that was never set is 0, or NaN where `nan_empty`.
class ResultsTable {
 public:
  using Cell = std::variant<double, std::string>;

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] bool empty() const { return rows_ == 0; }
  void clear();  ///< rows and columns; the precision stays
  void add_row();
  void remove_rows(std::size_t first, std::size_t last);  ///< both included

  void set_label(std::size_t row, std::string label);
  [[nodiscard]] std::string label(std::size_t row) const;
  [[nodiscard]] bool has_labels() const { return has_labels_; }

  /// Sets a cell of an existing row; an unknown heading becomes a new column at the end (a
  /// measurement's at its fixed place, if the table has measurements).
  void set(std::string_view heading, std::size_t row, double value);
  void set(std::string_view heading, std::size_t row, std::string value);
  /// Of the last row.
  void add(std::string_view heading, double value);
  void add(std::string_view heading, std::string value);
  void add(MeasurementColumn column, double value);

  [[nodiscard]] bool has(std::string_view heading) const;
  [[nodiscard]] std::optional<Cell> get(std::string_view heading, std::size_t row) const;
  /// In order, without the row number and "Label".
  [[nodiscard]] std::vector<std::string> headings() const;

  /// Whether there once were columns behind the last: then ImageJ writes a separator behind it.
  [[nodiscard]] bool has_open_end() const;

  /// Gives a column another heading. Throws `SampleError` where there is no such column, or one of
  /// the new heading.
  void rename_column(std::string_view heading, std::string to);
  /// Throws `SampleError` where there is no such column.
  void remove_column(std::string_view heading);

  /// What changed measurements do to a table with rows: of its columns only those of `columns` and
  /// the lasting ones stay, those that it lacks are added, and all labels go unless `labels`.
  void keep_measurements(const std::vector<MeasurementColumn>& columns, bool labels);

  /// Such as ImageJ adds for the kind of selection, not for what is chosen: length and angle of
  /// lines, places of points, the slice.
  void make_lasting(std::string_view heading);

  /// Decimal places, 0..9; negative for scientific notation. Columns with decimals of their own get
  /// them, too.
  void set_precision(int decimals);
  [[nodiscard]] int precision() const { return precision_; }
  bool nan_empty = false;
  bool numbered = true;  ///< whether rows are written with their numbers; those of Summary are not
  /// Whether small numbers are written as 5.000E-4: versions before 1.54f.
  bool small_scientific = true;

  static constexpr int automatic = -2;        ///< decimals only where a value has some
  static constexpr int table_precision = -1;  ///< always `precision` of them
  /// `decimals` is one of these two or 0..9. Nothing where there is no such column.
  void set_decimals(std::string_view heading, int decimals);
  void set_decimals(MeasurementColumn column, int decimals);

  [[nodiscard]] int decimals(std::string_view heading) const;
  /// Whether measurements filled it, so that their columns stand at fixed places.
  [[nodiscard]] bool measured() const { return measured_; }

  /// The cell as ImageJ shows it.
  [[nodiscard]] std::string text(std::string_view heading, std::size_t row) const;

  /// What `saveAs("Results", path)` writes: `separator` is ',' for .csv, else a tab. Lines end with
  /// a line feed. Empty where there are no rows: then ImageJ writes no file.
  [[nodiscard]] std::string to_text(char separator, const Preferences& preferences) const;

 private:
  struct Column {
    std::size_t slot = 0;  // place in the order; measurements' are fixed
    std::string heading;
    std::vector<Cell> cells;
    int decimals = automatic;
    bool texts = false;    // has cells with text
    bool lasting = false;  // whatever is measured from now on
  };
  Column& column_at(std::size_t slot, std::string_view heading, bool texts = false);
  Column& column_of(std::string_view heading, bool texts = false);
  [[nodiscard]] const Column* find(std::string_view heading) const;
  [[nodiscard]] Cell blank(bool texts) const;
  [[nodiscard]] std::string text(const Column& column, std::size_t row) const;
  void append_row(std::size_t row, char separator, bool with_numbers, std::string& out) const;

  std::vector<Column> columns_;  // by slot
  std::vector<std::string> labels_;
  std::size_t rows_ = 0;
  std::size_t end_slot_ = 0;  // behind the last column that ever was since `clear`
  bool has_labels_ = false;
  bool measured_ = false;
  int precision_ = 3;
};

}  // namespace smear::imagej
