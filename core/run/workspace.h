// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "run/file-lock.h"
#include "run/ledger.h"

namespace smear {

/// The folder OUT of a run, held by one process at a time.
class Workspace {
 public:
  enum class Open { create, resume, overwrite };

  /// Makes OUT or enters it. `overwrite` removes what the earlier run wrote, and nothing else.
  /// Throws `ConfigError` where another process works in OUT, `RunError` where it cannot be
  /// written.
  Workspace(std::filesystem::path out, Open open);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  [[nodiscard]] Ledger& ledger() { return *ledger_; }
  [[nodiscard]] const std::filesystem::path& out() const { return out_; }

  /// How names of files that are not whole yet begin, on the same file system as OUT.
  [[nodiscard]] std::filesystem::path staging(std::uint64_t number) const;

  /// Removes an output file and the folders that it leaves empty.
  void remove_output(const std::string& name) const;

 private:
  void remove_earlier_run();

  std::filesystem::path out_;
  std::optional<FileLock> lock_;
  std::unique_ptr<Ledger> ledger_;
};

/// Whether a folder holds a run.
bool holds_run(const std::filesystem::path& out);

/// Where the ledger of a run in `out` lies.
std::filesystem::path ledger_of(const std::filesystem::path& out);

}  // namespace smear
