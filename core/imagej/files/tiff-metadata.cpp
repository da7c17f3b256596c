// SPDX-License-Identifier: Apache-2.0
#include "imagej/files/tiff-metadata.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "imagej/files/bytes.h"
#include "imagej/files/roi-file.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

constexpr std::uint32_t type_of(const char (&name)[5]) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8U | static_cast<unsigned char>(name[i]);
  return value;
}

constexpr std::uint32_t kMagic = type_of("IJIJ");
constexpr std::uint32_t kInfo = type_of("info");
constexpr std::uint32_t kLabels = type_of("labl");
constexpr std::uint32_t kRanges = type_of("rang");
constexpr std::uint32_t kLuts = type_of("luts");
constexpr std::uint32_t kPlot = type_of("plot");
constexpr std::uint32_t kRoi = type_of("roi ");
constexpr std::uint32_t kOverlay = type_of("over");
constexpr std::uint32_t kProperties = type_of("prop");

constexpr std::size_t kLeastHeader = 12;
constexpr std::size_t kMostHeader = 804;
constexpr std::size_t kLutBytes = 768;

class MetadataReader {
 public:
  MetadataReader(std::span<const std::uint32_t> counts, std::span<const std::byte> data,
                 bool big_endian, ImagePlus& image)
      : counts_(counts), in_(data, "the TIFF's ImageJ metadata", big_endian), image_(image) {}

  void read() {
    const std::size_t header = counts_.empty() ? 0 : counts_[0];
    if (header < kLeastHeader || header > kMostHeader || header % 8 != 4)
      throw SampleError("the TIFF is damaged: its ImageJ metadata has no sound header");
    if (in_.u32(0) != kMagic)
      throw SampleError("the TIFF is damaged: its ImageJ metadata does not begin with 'IJIJ'");
    at_ = header;
    for (std::size_t i = 4; i < header; i += 8) {
      const std::uint32_t type = in_.u32(i);
      const std::uint32_t count = in_.u32(i + 4);
      if (count > counts_.size() - next_)
        throw SampleError("the TIFF is damaged: its ImageJ metadata has fewer parts than it says");
      for (std::uint32_t k = 0; k < count; ++k) block(type, k);
    }
  }

 private:
  void block(std::uint32_t type, std::uint32_t index) {
    const std::size_t size = counts_[next_++];
    in_.require(at_, size);
    switch (type) {
      case kInfo: image_.info = in_.utf16(at_, size / 2); break;
      case kLabels:
        if (index < image_.stack.size()) image_.stack[index].label = in_.utf16(at_, size / 2);
        break;
      case kRanges: ranges(size); break;
      case kLuts: lut(size); break;
      case kRoi: image_.roi = decode_roi(in_.bytes(at_, size)); break;
      case kOverlay: image_.overlay.push_back(decode_roi(in_.bytes(at_, size))); break;
      case kProperties: property(in_.utf16(at_, size / 2), index); break;
      default: {
        const auto bytes = in_.bytes(at_, size);
        const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        image_.unknown_metadata.emplace_back(type,
                                             std::vector<std::uint8_t>(data, data + bytes.size()));
      }
    }
    at_ += size;
  }

  void ranges(std::size_t size) {
    for (std::size_t i = 0; i + 16 <= size; i += 16)
      image_.channel_ranges.push_back({in_.f64(at_ + i), in_.f64(at_ + i + 8)});
  }

  void lut(std::size_t size) {
    if (size != kLutBytes)
      throw SampleError("the TIFF is damaged: a channel's colour table has not 256 colours");
    Lut lut;
    for (std::size_t i = 0; i < 256; ++i) {
      lut.red[i] = in_.u8(at_ + i);
      lut.green[i] = in_.u8(at_ + 256 + i);
      lut.blue[i] = in_.u8(at_ + 512 + i);
    }
    image_.channel_luts.push_back(lut);
  }

  void property(std::string text, std::uint32_t index) {
    if (index % 2 == 0) {
      key_ = std::move(text);
      return;
    }
    if (image_.properties.insert_or_assign(key_, std::move(text)).second)
      image_.property_order.push_back(key_);
  }

  std::span<const std::uint32_t> counts_;
  ByteReader in_;
  ImagePlus& image_;
  std::size_t next_ = 1;
  std::size_t at_ = 0;
  std::string key_;
};

/// Where Java's Properties have a key, in a table of `size` places.
std::uint32_t place_of(const std::string& key, std::uint32_t size) {
  std::uint32_t hash = 0;
  for (const char16_t unit : to_utf16(key)) hash = 31 * hash + unit;
  return (hash ^ hash >> 16U) & (size - 1);
}

/// The keys in the order in which Java goes through them: that of the file that they came from, or
/// that of a hash table, which has 16 places and twice as many whenever it is three quarters full.
std::vector<std::string> java_order(const ImagePlus& image) {
  const auto& properties = image.properties;
  if (image.property_order.size() == properties.size() &&
      std::ranges::all_of(image.property_order,
                          [&](const auto& key) { return properties.contains(key); }))
    return image.property_order;
  std::vector<std::string> keys;
  for (const auto& [key, value] : properties) keys.push_back(key);
  const std::size_t count = keys.size() + (image.info.empty() ? 0 : 1);
  std::uint32_t size = 16;
  while (count >= size - size / 4) size *= 2;
  std::ranges::stable_sort(keys, {},
                           [size](const std::string& key) { return place_of(key, size); });
  return keys;
}

/// Blocks of one type after another.
class MetadataWriter {
 public:
  void add(std::uint32_t type, std::vector<std::byte> block) {
    if (types_.empty() || types_.back().first != type) types_.emplace_back(type, 0);
    ++types_.back().second;
    blocks_.push_back(std::move(block));
  }
  void add_text(std::uint32_t type, const std::string& text) {
    ByteWriter out;
    out.utf16(to_utf16(text));
    add(type, out.take());
  }

  Metadata finish() {
    if (blocks_.empty()) return {};
    ByteWriter out;
    out.u32(kMagic);
    for (const auto& [type, count] : types_) {
      out.u32(type);
      out.u32(count);
    }
    Metadata result;
    result.counts.push_back(static_cast<std::uint32_t>(out.size()));
    for (const auto& block : blocks_) {
      result.counts.push_back(static_cast<std::uint32_t>(block.size()));
      out.bytes(std::span<const std::byte>(block));
    }
    result.data = out.take();
    return result;
  }

 private:
  std::vector<std::pair<std::uint32_t, std::uint32_t>> types_;
  std::vector<std::vector<std::byte>> blocks_;
};

void add_labels(const ImagePlus& image, MetadataWriter& out) {
  if (std::ranges::all_of(image.stack, [](const Slice& s) { return s.label.empty(); })) return;
  for (const auto& slice : image.stack) out.add_text(kLabels, slice.label);
}

void add_channels(const ImagePlus& image, MetadataWriter& out) {
  if (!image.is_composite()) return;
  ByteWriter ranges;
  for (const auto& range : image.ranges_of_channels()) {
    ranges.f64(range.min);
    ranges.f64(range.max);
  }
  out.add(kRanges, ranges.take());
  if (image.channel_luts.empty()) return;
  for (int c = 0; c < image.channels; ++c) {
    const auto i = static_cast<std::size_t>(c);
    const Lut lut = i < image.channel_luts.size() ? image.channel_luts[i] : Lut::of_channel(c);
    ByteWriter bytes;
    for (const auto* colour : {&lut.red, &lut.green, &lut.blue})
      bytes.bytes(std::span<const std::uint8_t>(*colour));
    out.add(kLuts, bytes.take());
  }
}

void add_unknown(const ImagePlus& image, bool plots, MetadataWriter& out) {
  for (const auto& [type, bytes] : image.unknown_metadata) {
    if ((type == kPlot) != plots) continue;
    const auto block = std::as_bytes(std::span(bytes));
    out.add(type, {block.begin(), block.end()});
  }
}

}  // namespace

void apply_metadata(std::span<const std::uint32_t> counts, std::span<const std::byte> data,
                    bool big_endian, ImagePlus& image) {
  MetadataReader(counts, data, big_endian, image).read();
}

Metadata metadata_of(const ImagePlus& image) {
  MetadataWriter out;
  if (!image.info.empty()) out.add_text(kInfo, image.info);
  add_labels(image, out);
  add_channels(image, out);
  add_unknown(image, true, out);
  if (image.roi) out.add(kRoi, encode_roi(*image.roi));
  for (const auto& roi : image.overlay) out.add(kOverlay, encode_roi(roi));
  for (const auto& key : java_order(image)) {
    out.add_text(kProperties, key);
    out.add_text(kProperties, image.properties.at(key));
  }
  add_unknown(image, false, out);
  return out.finish();
}

}  // namespace smear::imagej
