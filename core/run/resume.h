// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <unordered_set>
#include <vector>

#include "run/source.h"
#include "run/workspace.h"

namespace smear {

/// Size and modification time of an input: when they change, the file is done again.
struct FileStamp {
  std::int64_t size = 0;
  std::int64_t time = 0;  ///< nanoseconds
  bool operator==(const FileStamp&) const = default;
};
/// Of all the files that a sample is read from.
FileStamp stamp_of(const FileList& list, const std::string& file);

/// What stands of an earlier run.
struct EarlierWork {
  std::unordered_set<std::string> kept;  ///< paths that need not be done again
  std::vector<std::string> notes;        ///< what a person should know of the others
};

/// Goes through the ledger of an earlier run. What was made by the same pipeline from the same
/// files, and still stands, is kept; all else is removed, its output files too, and forgotten, so
/// that it is done again and nothing of it stays behind. Results of inputs that are not there any
/// more are kept: nobody could make them again.
EarlierWork take_up(Workspace& workspace, const FileList& list, const std::string& fingerprint);

}  // namespace smear
