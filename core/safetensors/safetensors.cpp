// SPDX-License-Identifier: Apache-2.0
#include "safetensors/safetensors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "smear/errors.h"

namespace smear::safetensors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

// More than any model's; a header is parsed in memory.
constexpr std::uint64_t largest_header = 16 << 20;
constexpr std::size_t most_dimensions = 8;
constexpr std::uint64_t length_bytes = 8;

constexpr std::array types{std::pair{Type::float32, std::string_view("F32")},
                           std::pair{Type::uint8, std::string_view("U8")},
                           std::pair{Type::int64, std::string_view("I64")}};

Type type_from(const std::string& name, const std::string& of) {
  for (const auto& [type, text] : types)
    if (text == name) return type;
  throw PluginError(fmt::format("tensor '{}' is of type {}, expected F32, U8 or I64", of, name));
}

/// The product of a shape and a size in bytes, or an error where it is no size at all.
std::uint64_t bytes_of_shape(const std::string& name, const std::vector<std::int64_t>& shape,
                             Type type) {
  // Checked without zeros first: a product of 0 says nothing of what stands beside it.
  std::uint64_t bytes = bytes_of(type);
  bool empty = false;
  for (const auto length : shape) {
    if (length == 0) {
      empty = true;
      continue;
    }
    if (length < 0 ||
        (bytes > std::numeric_limits<std::int64_t>::max() / static_cast<std::uint64_t>(length)))
      throw PluginError(
          fmt::format("tensor '{}' has the impossible shape [{}]", name, fmt::join(shape, ", ")));
    bytes *= static_cast<std::uint64_t>(length);
  }
  return empty ? 0 : bytes;
}

Entry entry_from(const std::string& name, const Json& json, std::uint64_t available) {
  Entry entry;
  entry.name = name;
  entry.type = type_from(json.at("dtype").get<std::string>(), name);
  const auto& shape = json.at("shape");
  if (!shape.is_array() || shape.size() > most_dimensions)
    throw PluginError(
        fmt::format("tensor '{}' has no shape of up to {} numbers", name, most_dimensions));
  for (const auto& length : shape) {
    if (!length.is_number_integer())
      throw PluginError(fmt::format("tensor '{}' has a shape that is not whole numbers", name));
    entry.shape.push_back(length.get<std::int64_t>());
  }
  const auto& offsets = json.at("data_offsets");
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned())
    throw PluginError(fmt::format("tensor '{}' has no data_offsets of two numbers", name));
  entry.begin = offsets[0].get<std::uint64_t>();
  entry.end = offsets[1].get<std::uint64_t>();
  if (entry.end > available)
    throw PluginError(
        fmt::format("it is truncated: tensor '{}' should end at byte {} of the data, which has {}",
                    name, entry.end, available));
  const auto bytes = bytes_of_shape(name, entry.shape, entry.type);
  if (entry.begin > entry.end || entry.end - entry.begin != bytes)
    throw PluginError(
        fmt::format("tensor '{}' of shape [{}] needs {} bytes, but {} to {} are given", name,
                    fmt::join(entry.shape, ", "), bytes, entry.begin, entry.end));
  return entry;
}

/// JSON keeps the last of two equal keys; here they are an error.
Json parse(const std::string& text) {
  std::vector<std::set<std::string>> keys;
  return Json::parse(text, [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
      throw PluginError(fmt::format("its header has '{}' twice", value.get<std::string>()));
    return true;
  });
}

void check_layout(const std::vector<Entry>& entries, std::uint64_t available) {
  std::uint64_t end = 0;
  for (const auto& entry : entries) {
    if (entry.begin != end)
      throw PluginError(fmt::format(
          "tensor '{}' begins at byte {} of the data, expected {}: there is a gap or an overlap",
          entry.name, entry.begin, end));
    end = entry.end;
  }
  if (end != available)
    throw PluginError(
        fmt::format("its tensors end at byte {} of the data, which has {}", end, available));
}

std::string header_of(const Metadata& metadata, const std::vector<Array>& arrays) {
  Json json = Json::object();
  json["__metadata__"] = metadata;
  std::uint64_t at = 0;
  for (const auto& array : arrays) {
    const auto bytes = bytes_of_shape(array.name, array.shape, array.type);
    json[array.name] = {
        {"dtype", name_of(array.type)}, {"shape", array.shape}, {"data_offsets", {at, at + bytes}}};
    at += bytes;
  }
  auto text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((length_bytes - text.size() % length_bytes) % length_bytes, ' ');
  return text;
}

/// A new file that is removed again unless it is renamed. Always of the same name, so that what a
/// killed program left is replaced; two programs do not write one model, as a lock keeps them out.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& final_name)
      : final_(final_name),
        path_(final_name.string() + ".part"),
        descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) fail();
  }
  ~TemporaryFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(const void* data, std::uint64_t size) {
    const auto* at = static_cast<const char*>(data);
    while (size > 0) {
      const auto written = ::write(descriptor_, at, std::min<std::uint64_t>(size, 1U << 30U));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail();
      at += written;
      size -= static_cast<std::uint64_t>(written);
    }
  }

  void publish() {
    if (::fsync(descriptor_) != 0) fail();
    if (::rename(path_.c_str(), final_.c_str()) != 0) fail();
    ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  [[noreturn]] void fail() const {
    throw RunError(fmt::format("cannot write {}: {}", final_.string(), std::strerror(errno)));
  }

  fs::path final_;
  fs::path path_;
  int descriptor_;
};

}  // namespace

std::string_view name_of(Type type) {
  return std::ranges::find(types, type, &decltype(types)::value_type::first)->second;
}

std::size_t bytes_of(Type type) {
  switch (type) {
    case Type::float32: return 4;
    case Type::uint8: return 1;
    case Type::int64: return 8;
  }
  return 1;
}

std::int64_t Entry::elements() const {
  return static_cast<std::int64_t>((end - begin) / bytes_of(type));
}

Reader::Reader(const fs::path& file) : file_(file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error) throw PluginError(fmt::format("it cannot be read: {}", error.message()));
  stream_.open(file, std::ios::binary);
  std::uint64_t length = 0;
  if (size >= length_bytes) stream_.read(reinterpret_cast<char*>(&length), length_bytes);
  if (!stream_ || size < length_bytes)
    throw PluginError("it is no safetensors file: it is shorter than its header's length");
  if (length > size - length_bytes)
    throw PluginError(fmt::format(
        "it is truncated or no safetensors file: its header should have {} bytes, the file has {}",
        length, size));
  if (length > largest_header)
    throw PluginError(
        fmt::format("its header has {} bytes, at most {} are read", length, largest_header));
  std::string text(length, '\0');
  if (!stream_.read(text.data(), static_cast<std::streamsize>(length)))
    throw PluginError("its header cannot be read");
  data_ = length_bytes + length;
  const auto available = size - data_;
  try {
    const Json json = parse(text);
    if (!json.is_object()) throw PluginError("its header is no JSON object");
    for (const auto& [name, value] : json.items()) {
      if (name == "__metadata__")
        metadata_ = value.get<Metadata>();
      else
        entries_.push_back(entry_from(name, value, available));
    }
  } catch (const Json::exception& problem) {
    throw PluginError(fmt::format("its header is damaged: {}", problem.what()));
  }
  std::ranges::stable_sort(entries_, {}, &Entry::begin);
  check_layout(entries_, available);
}

const Entry* Reader::find(std::string_view name) const {
  const auto it = std::ranges::find(entries_, name, &Entry::name);
  return it == entries_.end() ? nullptr : &*it;
}

void Reader::read(const Entry& entry, void* to) {
  stream_.clear();
  stream_.seekg(static_cast<std::streamoff>(data_ + entry.begin));
  if (!stream_.read(static_cast<char*>(to), static_cast<std::streamsize>(entry.end - entry.begin)))
    throw PluginError(fmt::format("tensor '{}' of {} cannot be read", entry.name, file_.string()));
}

void write(const fs::path& file, const Metadata& metadata, const std::vector<Array>& arrays) {
  const auto header = header_of(metadata, arrays);
  const std::uint64_t length = header.size();
  TemporaryFile out(file);
  out.write(&length, length_bytes);
  out.write(header.data(), length);
  for (const auto& array : arrays)
    out.write(array.data, bytes_of_shape(array.name, array.shape, array.type));
  out.publish();
}

}  // namespace smear::safetensors
