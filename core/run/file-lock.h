// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace smear {

/// Keeps other processes out of what a file stands for, until it goes out of scope or the process
/// ends in whatever way. Some network file systems have no locks; there it is up to the user.
class FileLock {
 public:
  /// Makes the file. Throws `ConfigError` with the message `busy` where another process holds it,
  /// `RunError` where it cannot be written.
  FileLock(const std::filesystem::path& file, const std::string& busy);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace smear
