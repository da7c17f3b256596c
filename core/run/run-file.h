// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "run/ledger.h"

namespace smear {

/// Writes a file of the whole run from what its samples appended, in input order: a table as
/// `write_table` does, or of the pieces' form:
///
/// - "text": the pieces one after another, behind their common head; what follows an ASCII record
///   separator (0x1e) in the head ends the file;
/// - "imagej-results": one Results table of the samples' tables, as ImageJ would have it after
///   working on one image after another. No file where there is no row, as ImageJ writes none.
///
/// Throws `RunError` for a form it does not know, and where the disk does not take the file.
void write_run_file(const Ledger& ledger, const std::string& name,
                    const std::filesystem::path& file);

}  // namespace smear
