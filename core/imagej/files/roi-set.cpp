// SPDX-License-Identifier: Apache-2.0
#include "imagej/files/roi-set.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
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

  /// `bytes` must live until `finish`.
  void add(const std::string& name, std::span<const std::byte> bytes) {
    zip_source_t* entry = zip_source_buffer(archive_.get(), bytes.data(), bytes.size(), 0);
    if (entry == nullptr) fail();
    const zip_int64_t index = zip_file_add(archive_.get(), name.c_str(), entry, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(entry);
      fail();
    }
    const auto at = static_cast<zip_uint64_t>(index);
    if (zip_file_set_dostime(archive_.get(), at, 0, kDate, 0) != 0 ||
        zip_set_file_compression(archive_.get(), at, ZIP_CM_DEFLATE, 6) != 0)
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

  Archive archive_;
  zip_source_t* source_ = nullptr;
};

}  // namespace

std::vector<Roi> decode_rois(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                              std::min<std::size_t>(bytes.size(), 4));
  if (head == "Iout") return {decode_roi(bytes, name)};
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
  std::vector<std::vector<std::byte>> blobs;
  for (const auto& roi : rois) blobs.push_back(encode_roi(roi));
  Packer packer;
  for (std::size_t i = 0; i < rois.size(); ++i) packer.add(names[i] + ".roi", blobs[i]);
  const auto bytes = packer.finish();
  codec::OutputFile file(path);
  file.write(bytes.data(), bytes.size());
  file.finish();
}

std::vector<Roi> show_all_overlay(std::vector<Roi> rois) {
  if (rois.empty()) return rois;
  // What holds for a whole overlay, its first selection says.
  rois.front().options |= kOverlayLabels | kOverlayBackgrounds;
  rois.front().label_colour = 0xFFFFFFFF;
  return rois;
}

}  // namespace smear::imagej
