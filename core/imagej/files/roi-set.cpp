// SPDX-License-Identifier: Apache-2.0
#include "imagej/files/roi-set.h"

#include <fmt/format.h>
#include <zip.h>
#include <zlib.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "codec/output-file.h"
#include "imagej/files/roi-file.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

constexpr std::uint64_t kMaxFile = 1U << 30U;
constexpr std::uint64_t kMaxEntry = 64U << 20U;
/// Of all entries: a few kB of a zip can claim terabytes.
constexpr std::uint64_t kMaxUnpacked = 1U << 30U;
constexpr zip_int64_t kMaxEntries = 1'000'000;
/// 1 January 1980, the first day that a zip can tell.
constexpr zip_uint16_t kDate = 1U << 5U | 1U;

constexpr std::uint16_t kOverlayLabels = 8;
constexpr std::uint16_t kOverlayBackgrounds = 32;

std::string reason(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using Entry = std::unique_ptr<zip_file_t, Discard>;
using Source = std::unique_ptr<zip_source_t, Discard>;

Archive open_archive(std::span<const std::byte> bytes) {
  zip_error_t error;
  zip_error_init(&error);
  Source source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error));
  if (!source) throw SampleError("the zip cannot be read: " + reason(error));
  Archive archive(zip_open_from_source(source.get(), ZIP_RDONLY, &error));
  if (!archive) throw SampleError("the zip cannot be read: " + reason(error));
  source.release();  // the archive's
  zip_error_fini(&error);
  return archive;
}

/// The entry's bytes, whatever size it claims. `left` is how many there may be.
std::vector<std::byte> unpacked(zip_t* archive, zip_uint64_t index, std::string_view name,
                                std::uint64_t left) {
  const Entry entry(zip_fopen_index(archive, index, 0));
  if (!entry)
    throw SampleError(
        fmt::format("the zip's entry {} cannot be read: {}", name, zip_strerror(archive)));
  std::vector<std::byte> bytes;
  constexpr std::size_t block = 16 * 1024;
  while (true) {
    const std::size_t before = bytes.size();
    bytes.resize(before + block);
    const zip_int64_t got = zip_fread(entry.get(), bytes.data() + before, block);
    if (got < 0)
      throw SampleError(fmt::format("the zip is damaged: its entry {} cannot be unpacked: {}", name,
                                    zip_file_strerror(entry.get())));
    bytes.resize(before + static_cast<std::size_t>(got));
    if (bytes.size() > std::min(left, kMaxEntry))
      throw SampleError(fmt::format("the zip's entry {} is larger than any selection", name));
    if (got == 0) return bytes;
  }
}

std::vector<Roi> unpack(std::span<const std::byte> bytes) {
  const Archive archive = open_archive(bytes);
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  if (count > kMaxEntries)
    throw SampleError(fmt::format("the zip has {} entries, more than {}", count, kMaxEntries));
  std::vector<Roi> rois;
  std::uint64_t left = kMaxUnpacked;
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    const char* text = zip_get_name(archive.get(), i, 0);
    const std::string_view name = text != nullptr ? text : "";
    if (!name.ends_with(".roi")) continue;
    const auto entry = unpacked(archive.get(), i, name, left);
    left -= entry.size();
    try {
      rois.push_back(decode_roi(entry, std::string(name.substr(0, name.size() - 4))));
    } catch (const SampleError& error) {
      throw SampleError(fmt::format("{} in the zip: {}", name, error.what()));
    }
  }
  if (rois.empty()) throw SampleError("the zip holds no selections (.roi)");
  return rois;
}

/// What the entries are called.
std::vector<std::string> entry_names(const std::vector<Roi>& rois) {
  std::map<std::string, int> uses;
  std::vector<std::string> names;
  for (const auto& roi : rois) {
    std::string name = roi.name;
    if (name.ends_with(".roi")) name.resize(name.size() - 4);
    ++uses[name];
    names.push_back(std::move(name));
  }
  std::map<std::string, int> suffixes;
  for (auto& name : names) {
    if (uses[name] == 1) continue;
    --uses[name];
    int& suffix = suffixes[name];
    std::string unique;
    do unique = fmt::format("{}-{}", name, ++suffix);
    while (uses.contains(unique));
    ++uses[unique];
    name = std::move(unique);
  }
  return names;
}

/// As it was read, where only the entry that it came from was named otherwise, as those are that
/// share a name: what is not understood here survives, and the name inside stays.
std::vector<std::byte> entry_of(const Roi& roi) {
  if (roi.stored.empty()) return encode_roi(roi);
  Roi as_read = decode_roi(std::as_bytes(std::span(roi.stored)));
  if (as_read.name.empty()) return encode_roi(roi);
  as_read.name = roi.name;
  if (as_read != roi) return encode_roi(roi);
  const auto bytes = std::as_bytes(std::span(roi.stored));
  return {bytes.begin(), bytes.end()};
}

/// An entry of a zip that is being written, with its bytes as they will stand in it.
struct Deflated {
  std::vector<Bytef> bytes;
  std::size_t read = 0;   ///< of them
  zip_uint64_t size = 0;  ///< before compression
  zip_uint32_t crc = 0;
};

/// Compresses one selection after another with one state. libzip would make one for each, with
/// tables for far more than the few hundred bytes of a selection: that took longer than all else
/// that is done to save a set.
class Compressor {
 public:
  Compressor() {
    // No header of zlib's, a window of 4 kB and tables for it.
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -12, 5, Z_DEFAULT_STRATEGY) !=
        Z_OK)
      throw RunError("the zip cannot be made: out of memory");
  }
  ~Compressor() { deflateEnd(&stream_); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  Deflated deflated(std::span<const std::byte> bytes) {
    const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
    Deflated entry;
    entry.size = bytes.size();
    entry.crc = static_cast<zip_uint32_t>(crc32_z(0, data, bytes.size()));
    deflateReset(&stream_);
    entry.bytes.resize(deflateBound(&stream_, bytes.size()));
    stream_.next_in = const_cast<Bytef*>(data);
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = entry.bytes.data();
    stream_.avail_out = static_cast<uInt>(entry.bytes.size());
    if (deflate(&stream_, Z_FINISH) != Z_STREAM_END)
      throw RunError("the zip cannot be made: a selection cannot be compressed");
    entry.bytes.resize(entry.bytes.size() - stream_.avail_out);
    return entry;
  }

 private:
  z_stream stream_{};
};

/// What libzip asks of an entry: the entry is the source, and it is compressed already.
zip_int64_t answer(void* source, void* data, zip_uint64_t length, zip_source_cmd_t question) {
  auto& entry = *static_cast<Deflated*>(source);
  switch (question) {
    case ZIP_SOURCE_OPEN: entry.read = 0; return 0;
    case ZIP_SOURCE_READ: {
      const std::size_t count = std::min<std::size_t>(length, entry.bytes.size() - entry.read);
      std::copy_n(entry.bytes.data() + entry.read, count, static_cast<Bytef*>(data));
      entry.read += count;
      return static_cast<zip_int64_t>(count);
    }
    case ZIP_SOURCE_STAT: {
      auto& status = *static_cast<zip_stat_t*>(data);
      zip_stat_init(&status);
      status.valid = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD;
      status.size = entry.size;
      status.comp_size = entry.bytes.size();
      status.crc = entry.crc;
      status.comp_method = ZIP_CM_DEFLATE;
      return sizeof(status);
    }
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                            ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
    default: return 0;  // nothing to close or free, and nothing fails
  }
}

/// A zip being put together in memory.
class Packer {
 public:
  Packer() {
    zip_error_t error;
    zip_error_init(&error);
    Source source(zip_source_buffer_create(nullptr, 0, 0, &error));
    if (source) archive_.reset(zip_open_from_source(source.get(), ZIP_TRUNCATE, &error));
    if (!archive_) throw RunError("the zip cannot be made: " + reason(error));
    source_ = source.release();  // the archive's, but it outlives that
    zip_source_keep(source_);
  }
  ~Packer() {
    archive_.reset();
    zip_source_free(source_);
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  void add(const std::string& name, std::span<const std::byte> bytes) {
    auto& deflated = entries_.emplace_back(compressor_.deflated(bytes));
    zip_source_t* entry = zip_source_function(archive_.get(), answer, &deflated);
    if (entry == nullptr) fail();
    const zip_int64_t index = zip_file_add(archive_.get(), name.c_str(), entry, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(entry);
      fail();
    }
    const auto at = static_cast<zip_uint64_t>(index);
    if (zip_file_set_dostime(archive_.get(), at, 0, kDate, 0) != 0 ||
        zip_set_file_compression(archive_.get(), at, ZIP_CM_DEFLATE, 0) != 0)
      fail();
  }

  std::vector<std::byte> finish() {
    if (zip_close(archive_.get()) != 0) fail();
    static_cast<void>(archive_.release());  // closed
    zip_stat_t status;
    zip_stat_init(&status);
    if (zip_source_stat(source_, &status) != 0 || zip_source_open(source_) != 0)
      throw RunError("the zip cannot be made: out of memory");
    std::vector<std::byte> bytes(status.size);
    const zip_int64_t got = zip_source_read(source_, bytes.data(), bytes.size());
    zip_source_close(source_);
    if (got != static_cast<zip_int64_t>(bytes.size()))
      throw RunError("the zip cannot be made: out of memory");
    return bytes;
  }

 private:
  [[noreturn]] void fail() const {
    throw RunError(std::string("the zip cannot be made: ") + zip_strerror(archive_.get()));
  }

  Compressor compressor_;
  std::deque<Deflated> entries_;  // where the archive finds them when it is closed
  Archive archive_;
  zip_source_t* source_ = nullptr;
};

}  // namespace

std::vector<Roi> decode_rois(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                              std::min<std::size_t>(bytes.size(), 4));
  if (head == "Iout") {
    Roi roi = decode_roi(bytes);
    if (roi.name.empty()) roi.name = name;
    return {std::move(roi)};
  }
  if (head.starts_with("PK")) return unpack(bytes);
  throw SampleError("this is neither a .roi file nor a zip of them");
}

std::vector<Roi> load_rois(const std::filesystem::path& path) {
  return decode_rois(file_bytes(path, kMaxFile), path.stem().string());
}

void save_roi_set(const std::vector<Roi>& rois, const std::filesystem::path& path) {
  if (rois.empty()) throw SampleError("there are no selections to save");
  if (path.extension() == ".roi") {
    if (rois.size() > 1)
      throw SampleError(
          fmt::format("a .roi file holds one selection, not {}; save them as .zip", rois.size()));
    save_roi(rois.front(), path);
    return;
  }
  const auto names = entry_names(rois);
  Packer packer;
  for (std::size_t i = 0; i < rois.size(); ++i) packer.add(names[i] + ".roi", entry_of(rois[i]));
  const auto bytes = packer.finish();
  codec::OutputFile file(path);
  file.write(bytes.data(), bytes.size());
  file.finish();
}

std::vector<Roi> show_all_overlay(std::vector<Roi> rois, bool labels) {
  if (rois.empty()) return rois;
  // What holds for a whole overlay, its first selection says.
  rois.front().options |= (labels ? kOverlayLabels : 0) | kOverlayBackgrounds;
  rois.front().label_colour = 0xFFFFFFFF;
  return rois;
}

}  // namespace smear::imagej
