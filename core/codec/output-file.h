// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace smear::codec {

/// A file being written by a C library: errors are kept until `finish` instead of thrown.
class OutputFile {
 public:
  /// Throws `RunError` where the file cannot be made.
  explicit OutputFile(std::filesystem::path path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// False once anything failed.
  bool write(const void* bytes, std::size_t count) noexcept;
  /// Reads back what was written; how many bytes there were.
  std::size_t read(void* to, std::size_t count) noexcept;
  void seek(std::uint64_t offset) noexcept;
  [[nodiscard]] std::uint64_t position() const { return position_ + pending_; }
  /// How long the file is by now.
  std::uint64_t size() noexcept;

  [[nodiscard]] bool failed() const { return error_ != 0; }

  /// Writes what is pending and closes. Throws `RunError` if anything failed since the beginning.
  void finish();

 private:
  bool flush() noexcept;

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t position_ = 0;  ///< where `buffer_` begins in the file
  std::uint64_t size_ = 0;
  std::size_t pending_ = 0;
  std::vector<unsigned char> buffer_;
  int error_ = 0;
};

}  // namespace smear::codec
