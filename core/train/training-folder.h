// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "run/file-lock.h"

namespace smear {

/// The folder beside a model that holds what its training writes, `MODEL.train`, held by one
/// process at a time.
class TrainingFolder {
 public:
  enum class Open {
    create,     ///< neither the model nor the folder may be there
    resume,     ///< goes on with what is there, or begins where nothing is
    overwrite,  ///< empties the folder; an old model stands until the new one is whole
  };

  /// The folder of the model at `model`: its extension replaced by ".train".
  static std::filesystem::path of(const std::filesystem::path& model);

  /// Throws `ConfigError` where `model` cannot be trained this way, because something is there that
  /// would be lost, or nothing to go on from. Changes nothing.
  static void check(const std::filesystem::path& model, Open open);

  /// Checks, makes or enters the folder. Throws `ConfigError` as `check` and where another process
  /// trains in it, `RunError` where it cannot be written.
  TrainingFolder(const std::filesystem::path& model, Open open);

  /// Removes what the program itself wrote, and the folder where that leaves it empty: for a
  /// training that was refused before it began.
  void discard() const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path split() const { return path_ / "split.csv"; }
  [[nodiscard]] std::filesystem::path history() const { return path_ / "history.csv"; }
  [[nodiscard]] std::filesystem::path report() const { return path_ / "report.html"; }
  [[nodiscard]] std::filesystem::path pictures() const { return path_ / "pictures"; }
  [[nodiscard]] std::filesystem::path provenance() const { return path_ / "provenance.json"; }

 private:
  std::filesystem::path path_;
  std::optional<FileLock> lock_;
};

}  // namespace smear
