// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Files of named arrays, in the safetensors format (format description:
/// huggingface.co/docs/safetensors): 8 bytes with the length of a JSON header, the header, then the
/// arrays' bytes, little-endian, one behind the other. There is no code in them, and nothing is
/// allocated by what a header claims before it is known to fit the file.
namespace smear::safetensors {

enum class Type { float32, uint8, int64 };
/// "F32", "U8", "I64".
std::string_view name_of(Type type);
std::size_t bytes_of(Type type);

/// What the header says of an array.
struct Entry {
  std::string name;
  Type type = Type::float32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  ///< in bytes from the end of the header
  std::uint64_t end = 0;

  [[nodiscard]] std::int64_t elements() const;
};

/// Text by key; what is not an array.
using Metadata = std::map<std::string, std::string>;

/// A file open for reading, its header checked as a whole: every array of a known type, within the
/// file, of the size that its shape says, and together all of the file.
class Reader {
 public:
  /// Throws `PluginError` with the reason to refuse the file.
  explicit Reader(const std::filesystem::path& file);

  [[nodiscard]] const Metadata& metadata() const { return metadata_; }
  /// In the order of their bytes.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /// nullptr where there is no array of that name.
  [[nodiscard]] const Entry* find(std::string_view name) const;

  /// Fills `to`, which has room for the entry's bytes. Throws `PluginError`.
  void read(const Entry& entry, void* to);

 private:
  std::filesystem::path file_;
  std::ifstream stream_;
  std::uint64_t data_ = 0;  // where the arrays begin
  Metadata metadata_;
  std::vector<Entry> entries_;
};

/// An array to be written.
struct Array {
  std::string name;
  Type type = Type::float32;
  std::vector<std::int64_t> shape;
  const void* data = nullptr;  ///< dense and row-major
};

/// Writes the file whole or not at all: under a temporary name beside it, then renamed. Throws
/// `RunError`.
void write(const std::filesystem::path& file, const Metadata& metadata,
           const std::vector<Array>& arrays);

}  // namespace smear::safetensors
