// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/pipeline.h"

namespace smear {

/// Which part of the samples a run takes: number `index` (from 1) of `count`.
struct Shard {
  int index = 1;
  int count = 1;
  /// Parses "1/3". Throws `ConfigError`.
  static Shard parse(const std::string& text);
  /// Depends on the path alone, so that a file stays in its shard whatever comes beside it.
  [[nodiscard]] bool takes(const std::string& path) const;
};

/// The files that a run works on.
struct FileList {
  std::filesystem::path root;  ///< what the paths are relative to
  std::vector<std::string>
      files;  ///< in input order: sorted by bytes, or as the list file has them
  /// Where the files of a list are that lie outside the list's own folder, by the name they go by.
  std::unordered_map<std::string, std::filesystem::path> outside;
  [[nodiscard]] std::filesystem::path path_of(const std::string& file) const;

  /// Further files of each sample, by slot: templates relative to `root` (`input: beside`).
  std::map<std::string, std::string> beside;
  /// Those of a file, by slot, whether they are there or not.
  [[nodiscard]] std::map<std::string, std::filesystem::path> files_beside(
      const std::string& file) const;

  /// What a scan could not look into ("no permission"), by path; each becomes a quarantined sample.
  std::vector<std::pair<std::string, std::string>> unreadable;
};

/// Finds the input files. `input` is a directory (searched with its subdirectories; links are
/// followed, loops are not), one file, or a text file with one path a line (relative ones start at
/// the list's folder, those outside it go by their absolute path without the first '/'; blank lines
/// and lines beginning with # are skipped).
///
/// The output directory and any other directory that holds a run (`.smear/`) are left out, and so
/// are hidden files. Broken links and directories whose name matches are listed: reading them is
/// what fails. Throws `ConfigError` where there is nothing to read.
FileList find_files(const std::filesystem::path& input, const std::filesystem::path& output,
                    const InputSettings& settings);

/// Whether a glob matches (fnmatch(3)): `*`, `?` and `[...]` stay within a name. A pattern without
/// '/' is matched against the file's name alone; in one with `**` every star crosses folders.
/// Letter case is ignored.
bool matches_glob(std::string_view pattern, std::string_view path);

}  // namespace smear
