// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "run/ledger.h"

namespace smear {

/// What a file of the run is where no sample appended to it.
struct EmptyRunFile {
  bool missing = false;             ///< there is none
  std::optional<std::string> text;  ///< it has this; else a table without rows
};

/// Writes a file of the whole run from what its samples appended, in input order: a table as
/// `write_table` does, or of the pieces' form:
///
/// - "text": the pieces one after another, behind their common head; what follows an ASCII record
///   separator (0x1e) in the head ends the file;
/// - "imagej-results": one Results table of the samples' tables, as ImageJ would have it after
///   working on one image after another. No file where there is no row, as ImageJ writes none.
///
/// Where nothing was appended, the file is `empty`. Throws `RunError` for a form it does not know,
/// and where the disk does not take the file.
void write_run_file(const Ledger& ledger, const std::string& name,
                    const std::filesystem::path& file, const EmptyRunFile& empty = {});

}  // namespace smear
