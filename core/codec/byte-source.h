// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace smear::codec {

/// A file's bytes, or bytes in memory, read at any offset. Nothing here throws after construction,
/// since the C libraries that read through it cannot be thrown through.
class ByteSource {
 public:
  /// Throws `SampleError` for what is missing, empty, unreadable or no regular file.
  explicit ByteSource(const std::filesystem::path& path);
  explicit ByteSource(std::span<const std::byte> bytes);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// The first bytes, at most 64 KiB of a file: enough to know its format, and often all of it.
  [[nodiscard]] std::span<const std::byte> head() const { return head_; }

  /// How many bytes were read: fewer than `count` at the end, and after a read error.
  std::size_t read(std::uint64_t offset, void* to, std::size_t count) noexcept;

  /// `errno` of the first read that failed, or 0.
  [[nodiscard]] int error() const { return error_; }

 private:
  std::size_t read_file(std::uint64_t offset, unsigned char* to, std::size_t count) noexcept;

  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::vector<std::byte> buffer_;
  std::span<const std::byte> head_;
  int error_ = 0;
};

/// Throws `SampleError`: the operating system's reason if reading failed, else `reason`.
[[noreturn]] void refuse(const ByteSource& source, const std::string& reason);

}  // namespace smear::codec
