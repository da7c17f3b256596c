// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "run/ledger.h"

namespace smear {

/// Writes a run's table: the rows that samples appended to it, in input order, after a first column
/// `image`. Samples whose tables have different columns are put under the union of them, in order
/// of first appearance; missing values stay empty. Numbers have up to 9 significant digits.
void write_table(const Ledger& ledger, const std::string& table, const std::filesystem::path& file);

/// Writes `samples.csv`: one row a sample, in input order.
void write_samples(const Ledger& ledger, const std::filesystem::path& file);

/// Writes `counts.csv`: one row a sample that is done, in input order, one column a class. A table
/// of objects gives the counts; without classes the column is `objects`. No file where no sample has a
/// table of objects.
void write_counts(const Ledger& ledger, const std::filesystem::path& file);

}  // namespace smear
