// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "imagej/preferences.h"
#include "imagej/results-table.h"

namespace smear::imagej {

/// What one sample adds to a Results table of the whole run, with all digits: text for the ledger.
std::string results_piece(const ResultsTable& table, const Preferences& preferences);

/// Makes one table of pieces: rows one after another, as when ImageJ measures image after image
/// without clearing the table between.
class ResultsJoiner {
 public:
  /// Throws `RunError` for what is no piece.
  void add(std::string_view piece);
  /// As `ResultsTable::to_text`; empty where there is no row.
  [[nodiscard]] std::string text(char separator) const;

 private:
  ResultsTable table_;
  Preferences preferences_;
};

}  // namespace smear::imagej
