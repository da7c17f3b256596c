// SPDX-License-Identifier: Apache-2.0
#include "imagej/files/roi-file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "codec/byte-source.h"
#include "codec/output-file.h"
#include "imagej/files/bytes.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

constexpr std::size_t kHeader = 64;
constexpr std::size_t kHeader2 = 64;
constexpr unsigned kVersion = 228;
/// Coordinates have fractions, or do not fit in 16 bits.
constexpr std::uint16_t kSubPixel = 128;
/// Where numbers stand in the first header ...
constexpr std::size_t kAtVersion = 4;
constexpr std::size_t kAtType = 6;
constexpr std::size_t kAtBounds = 8;  // top, left, bottom, right
constexpr std::size_t kAtCount = 16;
constexpr std::size_t kAtFloats = 18;  // of a rectangle x, y, width, height; of lines the two ends
constexpr std::size_t kAtManyCount = 18;
constexpr std::size_t kAtStrokeWidth = 34;
constexpr std::size_t kAtPathSize = 36;
constexpr std::size_t kAtStrokeColour = 40;
constexpr std::size_t kAtFillColour = 44;
constexpr std::size_t kAtSubtype = 48;
constexpr std::size_t kAtOptions = 50;
constexpr std::size_t kAtStyle = 52;
constexpr std::size_t kAtCornerDiameter = 54;
constexpr std::size_t kAtPosition = 56;
constexpr std::size_t kAtHeader2 = 60;
/// ... and in the second.
constexpr std::size_t kAtChannel = 4;  // then slice and frame
constexpr std::size_t kAtName = 16;    // offset and length
constexpr std::size_t kAtLabelColour = 24;
constexpr std::size_t kAtLabelFontSize = 28;
constexpr std::size_t kAtGroup = 30;
constexpr std::size_t kAtOpacity = 31;
constexpr std::size_t kAtContentSize = 32;
constexpr std::size_t kAtExactStrokeWidth = 36;
constexpr std::size_t kAtProperties = 40;  // offset and length
constexpr std::size_t kAtCounters = 48;

// Larger ones would only be damage.
constexpr std::uint64_t kMaxFile = 64U << 20U;

[[noreturn]] void damaged(const std::string& how) {
  throw SampleError("the ROI is damaged: " + how);
}

bool has_vertices(RoiType type) {
  switch (type) {
    case RoiType::polygon:
    case RoiType::freeline:
    case RoiType::polyline:
    case RoiType::freehand:
    case RoiType::traced:
    case RoiType::angle:
    case RoiType::point: return true;
    default: return false;
  }
}

bool has_content(const Roi& roi) {
  return roi.subtype == RoiSubtype::text || roi.subtype == RoiSubtype::image;
}

bool has_axis(const Roi& roi) {
  return roi.subtype == RoiSubtype::ellipse || roi.subtype == RoiSubtype::rotated_rectangle;
}

bool has_exact_bounds(const Roi& roi) {
  return (roi.type == RoiType::rectangle || roi.type == RoiType::oval) && !has_content(roi);
}

/// Coordinates above 32767 come out of 16 bits as negative ones.
int coordinate(const ByteReader& in, std::size_t at) {
  const int value = in.i16(at);
  return value < -5000 ? value + 65536 : value;
}

double finite(const ByteReader& in, std::size_t at) {
  const double value = in.f32(at);
  if (!std::isfinite(value) || std::abs(value) > 1e9) damaged("a coordinate is no number");
  return value;
}

class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : in_(bytes, "the ROI") {
    const auto magic = in_.bytes(0, std::min<std::size_t>(4, in_.size()));
    if (magic.size() < 4 || in_.u32(0) != 0x496F7574)
      throw SampleError("this is no ImageJ selection: it does not begin with 'Iout'");
    in_.require(0, kHeader);
    version_ = in_.i16(kAtVersion);
  }

  Roi decode() {
    read_header();
    if (has_content(roi_)) {
      read_content();
    } else if (const auto size = in_.i32(kAtPathSize); size != 0) {
      read_path(size);
    } else if (has_vertices(roi_.type)) {
      read_vertices();
    } else if (roi_.type == RoiType::line) {
      read_line();
    } else {
      read_exact_bounds();
    }
    read_header2();
    return std::move(roi_);
  }

 private:
  void read_header() {
    const int type = in_.u8(kAtType);
    if (type > 10) throw SampleError(fmt::format("the ROI is of an unknown type, number {}", type));
    roi_.type = static_cast<RoiType>(type);
    const int top = coordinate(in_, kAtBounds);
    const int left = coordinate(in_, kAtBounds + 2);
    const int bottom = coordinate(in_, kAtBounds + 4);
    const int right = coordinate(in_, kAtBounds + 6);
    roi_.bounds = {left, top, right - left, bottom - top};
    stroke_width_ = in_.u16(kAtStrokeWidth);
    // Older versions left other numbers here.
    if (version_ < 218) return;
    roi_.stroke_width = stroke_width_;
    roi_.stroke_colour = in_.u32(kAtStrokeColour);
    roi_.fill_colour = in_.u32(kAtFillColour);
    const int subtype = in_.u16(kAtSubtype);
    if (subtype > 5)
      throw SampleError(fmt::format("the ROI is of an unknown kind, number {}", subtype));
    roi_.subtype = static_cast<RoiSubtype>(subtype);
    roi_.options = in_.u16(kAtOptions);
    subpixel_ = (roi_.options & kSubPixel) != 0 && version_ >= 222;
    roi_.options &= static_cast<std::uint16_t>(~kSubPixel);
    roi_.position = in_.i32(kAtPosition);
    read_style();
  }

  void read_style() {
    if (roi_.type == RoiType::point || roi_.subtype == RoiSubtype::arrow) {
      roi_.style = in_.u16(kAtStyle);
    } else if (roi_.type == RoiType::rectangle && !has_content(roi_)) {
      roi_.corner_diameter = in_.u16(kAtCornerDiameter);
    } else if (has_axis(roi_)) {
      roi_.axis_ratio = finite(in_, kAtStyle);
      roi_.axis = {{finite(in_, kAtFloats), finite(in_, kAtFloats + 4)},
                   {finite(in_, kAtFloats + 8), finite(in_, kAtFloats + 12)}};
    }
    if (roi_.type != RoiType::point) return;
    roi_.point_size = stroke_width_;
    roi_.stroke_width = 0.0;
  }

  void read_content() {
    check_size();
    const std::size_t end = header2();
    if (end < kHeader || end > in_.size()) damaged("its text or image does not lie in the file");
    const auto bytes = in_.bytes(kHeader, end - kHeader);
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    roi_.content.assign(data, data + bytes.size());
  }

  void read_path(std::int32_t size) {
    if (size < 0) damaged(fmt::format("its path has {} numbers", size));
    const auto count = static_cast<std::size_t>(size);
    in_.require(kHeader, count > in_.size() ? in_.size() : 4 * count);
    roi_.type = RoiType::composite;
    roi_.path.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      roi_.path.push_back(static_cast<float>(finite(in_, kHeader + 4 * i)));
    for (std::size_t i = 0; i < count; i += 1 + coordinates_of(roi_.path[i]))
      if (i + coordinates_of(roi_.path[i]) >= count) damaged("its path ends within a segment");
    check_size();
  }

  /// Of a segment: move, line, quadratic and cubic curve, close.
  static std::size_t coordinates_of(float segment) {
    constexpr std::size_t numbers[] = {2, 2, 4, 6, 0};
    if (segment != std::floor(segment) || segment < 0.0F || segment > 4.0F)
      damaged("its path has a segment of an unknown type");
    return numbers[static_cast<std::size_t>(segment)];
  }

  void read_vertices() {
    std::size_t count = in_.u16(kAtCount);
    if (count == 0) {
      const std::int32_t many = in_.i32(kAtManyCount);
      if (many > 0) count = static_cast<std::size_t>(many);
    }
    if (count == 0) damaged("it has no points");
    roi_.subpixel = subpixel_;
    in_.require(kHeader, count > in_.size() ? in_.size() : (subpixel_ ? 12 : 4) * count);
    roi_.points.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (subpixel_) {
        const std::size_t at = kHeader + 4 * count + 4 * i;
        roi_.points.emplace_back(finite(in_, at), finite(in_, at + 4 * count));
      } else {
        roi_.points.emplace_back(roi_.bounds.x + offset(kHeader + 2 * i),
                                 roi_.bounds.y + offset(kHeader + 2 * (count + i)));
      }
    }
    if (!(roi_.options & 1U)) take_bounds_of_points();
  }

  /// What is left of or above the box, ImageJ draws onto its edge.
  int offset(std::size_t at) const { return std::max(coordinate(in_, at), 0); }

  /// The box of the file may be wrong, or cut to 16 bits.
  void take_bounds_of_points() {
    const bool agrees = std::ranges::all_of(roi_.points, [&](const cv::Point2d& p) {
      return p.x > roi_.bounds.x - 1.0 && p.y > roi_.bounds.y - 1.0 &&
             p.x < roi_.bounds.x + roi_.bounds.width + 1.0 &&
             p.y < roi_.bounds.y + roi_.bounds.height + 1.0;
    });
    if (agrees) return;
    const auto [left, right] = std::ranges::minmax(roi_.points, {}, &cv::Point2d::x);
    const auto [top, bottom] = std::ranges::minmax(roi_.points, {}, &cv::Point2d::y);
    const int x = static_cast<int>(std::floor(left.x));
    const int y = static_cast<int>(std::floor(top.y));
    roi_.bounds = {x, y, static_cast<int>(std::ceil(right.x)) - x,
                   static_cast<int>(std::ceil(bottom.y)) - y};
  }

  void read_line() {
    roi_.points = {{finite(in_, kAtFloats), finite(in_, kAtFloats + 4)},
                   {finite(in_, kAtFloats + 8), finite(in_, kAtFloats + 12)}};
    roi_.subpixel = std::ranges::any_of(roi_.points, [](const cv::Point2d& p) {
      return p.x != std::floor(p.x) || p.y != std::floor(p.y);
    });
  }

  void read_exact_bounds() {
    roi_.integral = !subpixel_ && has_exact_bounds(roi_);
    if (subpixel_ && has_exact_bounds(roi_)) {
      const cv::Rect2d exact(finite(in_, kAtFloats), finite(in_, kAtFloats + 4),
                             finite(in_, kAtFloats + 8), finite(in_, kAtFloats + 12));
      const double right = exact.x + exact.width;
      const double bottom = exact.y + exact.height;
      // 16 bits do not hold the place of everything.
      if (std::abs(exact.x) > 32000.0 || std::abs(exact.y) > 32000.0 || right > 60000.0 ||
          bottom > 60000.0) {
        const auto x = static_cast<int>(exact.x);
        const auto y = static_cast<int>(exact.y);
        roi_.bounds = {x, y, static_cast<int>(std::ceil(right)) - x,
                       static_cast<int>(std::ceil(bottom)) - y};
      }
      if (exact != cv::Rect2d(roi_.bounds)) roi_.exact_bounds = exact;
      if (!(exact.width >= 0.0) || !(exact.height >= 0.0))
        damaged("its width or height is negative");
    }
    check_size();
  }

  void check_size() const {
    if (roi_.bounds.width < 0 || roi_.bounds.height < 0)
      damaged(fmt::format("its size is {} x {}", roi_.bounds.width, roi_.bounds.height));
  }

  /// Where the second header is; 0 where there is none.
  [[nodiscard]] std::size_t header2() const {
    return static_cast<std::size_t>(std::max(in_.i32(kAtHeader2), 0));
  }

  void read_header2() {
    const std::size_t at = header2();
    // Files before version 217 have other bytes there.
    if (version_ < 217 || at == 0) return;
    in_.require(at, kAtExactStrokeWidth + 4);
    roi_.channel = in_.i32(at + kAtChannel);
    roi_.slice = in_.i32(at + kAtChannel + 4);
    roi_.frame = in_.i32(at + kAtChannel + 8);
    roi_.name = text(at + kAtName);
    roi_.label_colour = in_.u32(at + kAtLabelColour);
    roi_.label_font_size = in_.i16(at + kAtLabelFontSize);
    roi_.group = in_.u8(at + kAtGroup);
    roi_.opacity = in_.u8(at + kAtOpacity);
    const double exact = in_.f32(at + kAtExactStrokeWidth);
    if (std::isfinite(exact) && exact > 0.0) roi_.stroke_width = exact;
    if (version_ >= 224 && in_.size() >= at + kAtProperties + 8)
      roi_.properties = text(at + kAtProperties);
    if (version_ >= 225 && in_.size() >= at + kAtCounters + 4)
      read_counters(in_.i32(at + kAtCounters));
  }

  [[nodiscard]] std::string text(std::size_t at) const {
    const std::int32_t offset = in_.i32(at);
    const std::int32_t length = in_.i32(at + 4);
    if (offset <= 0 || length <= 0) return "";
    return in_.utf16(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
  }

  void read_counters(std::int32_t offset) {
    if (offset <= 0 || roi_.type != RoiType::point) return;
    const auto at = static_cast<std::size_t>(offset);
    in_.require(at, 4 * roi_.points.size());
    for (std::size_t i = 0; i < roi_.points.size(); ++i)
      roi_.counters.push_back(in_.i32(at + 4 * i));
    if (std::ranges::all_of(roi_.counters, [](int c) { return c == 0; })) roi_.counters.clear();
  }

  ByteReader in_;
  Roi roi_;
  int version_ = 0;
  int stroke_width_ = 0;
  bool subpixel_ = false;
};

class Encoder {
 public:
  explicit Encoder(const Roi& roi) : roi_(roi) {}

  std::vector<std::byte> encode() {
    check();
    out_.zeros(kHeader);
    write_header();
    write_coordinates();
    const std::size_t header2 = out_.size();
    out_.set_u32(kAtHeader2, static_cast<std::uint32_t>(header2));
    write_header2(header2);
    return out_.take();
  }

 private:
  void check() const {
    const auto in_range = [](double v) { return v > -1e9 && v < 1e9; };
    const bool fit = in_range(roi_.bounds.x) && in_range(roi_.bounds.y) &&
                     std::ranges::all_of(roi_.points, [&](const cv::Point2d& p) {
                       return in_range(p.x) && in_range(p.y);
                     });
    if (!fit) throw SampleError("a selection with coordinates beyond 1e9 pixels cannot be stored");
    if (roi_.type == RoiType::none) throw SampleError("a selection of no type cannot be stored");
    if (has_vertices(roi_.type) && roi_.points.empty())
      throw SampleError("a selection without points cannot be stored");
    if (roi_.type == RoiType::line && roi_.points.size() != 2)
      throw SampleError("a line has two ends");
  }

  void write_header() {
    out_.set_u32(0, 0x496F7574);
    out_.set_u16(kAtVersion, kVersion);
    const bool composite = roi_.type == RoiType::composite;
    out_.set_u8(kAtType, static_cast<unsigned>(composite ? RoiType::rectangle : roi_.type));
    const cv::Rect& b = roi_.bounds;
    const int edges[] = {b.y, b.x, b.y + b.height, b.x + b.width};
    for (std::size_t i = 0; i < 4; ++i)
      out_.set_u16(kAtBounds + 2 * i, static_cast<unsigned>(edges[i]) & 0xFFFFU);
    const bool point = roi_.type == RoiType::point;
    out_.set_u16(
        kAtStrokeWidth,
        static_cast<unsigned>(point && roi_.stroke_width == 0.0 ? roi_.point_size : whole_width()));
    out_.set_u32(kAtStrokeColour, roi_.stroke_colour);
    out_.set_u32(kAtFillColour, roi_.fill_colour);
    out_.set_u16(kAtSubtype, static_cast<unsigned>(roi_.subtype));
    out_.set_u16(kAtOptions,
                 static_cast<unsigned>(roi_.options) | (is_subpixel() ? kSubPixel : 0U));
    out_.set_u32(kAtPosition, static_cast<std::uint32_t>(roi_.position));
    write_style();
  }

  [[nodiscard]] int whole_width() const {
    return static_cast<int>(std::clamp(roi_.stroke_width, 0.0, 32767.0));
  }

  /// 16 bits do not hold the place of what is far out.
  [[nodiscard]] bool is_subpixel() const {
    if (has_exact_bounds(roi_)) return !roi_.integral;
    if (!has_vertices(roi_.type)) return false;
    return roi_.subpixel || roi_.type == RoiType::point ||
           std::ranges::any_of(roi_.points, [](const cv::Point2d& p) {
             return p.x > 60000.0 || p.y > 60000.0 || p.x != std::trunc(p.x) ||
                    p.y != std::trunc(p.y);
           });
  }

  void write_style() {
    if (roi_.type == RoiType::point || roi_.subtype == RoiSubtype::arrow)
      out_.set_u16(kAtStyle, roi_.style);
    else if (roi_.type == RoiType::rectangle && !has_content(roi_))
      out_.set_u16(kAtCornerDiameter, static_cast<unsigned>(roi_.corner_diameter));
    if (roi_.type == RoiType::line) {
      write_floats({roi_.points[0].x, roi_.points[0].y, roi_.points[1].x, roi_.points[1].y});
    } else if (has_axis(roi_) && roi_.axis.size() == 2) {
      out_.set_f32(kAtStyle, static_cast<float>(roi_.axis_ratio));
      write_floats({roi_.axis[0].x, roi_.axis[0].y, roi_.axis[1].x, roi_.axis[1].y});
    } else if (has_exact_bounds(roi_) && !roi_.integral) {
      const cv::Rect2d exact = roi_.exact_bounds.value_or(cv::Rect2d(roi_.bounds));
      write_floats({exact.x, exact.y, exact.width, exact.height});
    }
  }

  void write_floats(const std::array<double, 4>& values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      out_.set_f32(kAtFloats + 4 * i, static_cast<float>(values[i]));
  }

  void write_coordinates() {
    if (has_content(roi_)) {
      out_.bytes(std::span<const std::uint8_t>(roi_.content));
    } else if (roi_.type == RoiType::composite) {
      write_path(roi_.path);
    } else if (has_vertices(roi_.type) && roi_.points.size() > 65535) {
      write_many_points();
    } else if (has_vertices(roi_.type)) {
      write_vertices();
    }
  }

  void write_path(const std::vector<float>& path) {
    out_.set_u32(kAtPathSize, static_cast<std::uint32_t>(path.size()));
    for (const float value : path) out_.f32(value);
  }

  /// 16 bits do not hold their number: ImageJ makes a path of them.
  void write_many_points() {
    if (!roi_.is_area())
      throw SampleError(fmt::format(
          "a line of {} points cannot be stored: the format ends at 65535", roi_.points.size()));
    std::vector<float> path;
    for (const auto& p : roi_.points)
      path.insert(path.end(),
                  {path.empty() ? 0.0F : 1.0F, static_cast<float>(p.x), static_cast<float>(p.y)});
    path.push_back(4.0F);
    out_.set_u8(kAtType, static_cast<unsigned>(RoiType::rectangle));
    write_path(path);
  }

  void write_vertices() {
    const auto& points = roi_.points;
    const bool from_box = has_axis(roi_) || (roi_.options & 1U) != 0;
    const double left = from_box ? roi_.bounds.x : std::ranges::min(points, {}, &cv::Point2d::x).x;
    const double top = from_box ? roi_.bounds.y : std::ranges::min(points, {}, &cv::Point2d::y).y;
    const auto whole = [](double v) { return static_cast<unsigned>(cvFloor(v + 0.5)) & 0xFFFFU; };
    out_.reserve(out_.size() + points.size() * (is_subpixel() ? 12 : 4) + kHeader2);
    out_.set_u16(kAtCount, static_cast<unsigned>(points.size()));
    for (const auto& p : points) out_.u16(whole(p.x - left));
    for (const auto& p : points) out_.u16(whole(p.y - top));
    if (!is_subpixel()) return;
    for (const auto& p : points) out_.f32(static_cast<float>(p.x));
    for (const auto& p : points) out_.f32(static_cast<float>(p.y));
  }

  void write_header2(std::size_t at) {
    out_.zeros(kHeader2);
    out_.set_u32(at + kAtChannel, static_cast<std::uint32_t>(roi_.channel));
    out_.set_u32(at + kAtChannel + 4, static_cast<std::uint32_t>(roi_.slice));
    out_.set_u32(at + kAtChannel + 8, static_cast<std::uint32_t>(roi_.frame));
    out_.set_u32(at + kAtLabelColour, roi_.label_colour);
    out_.set_u16(at + kAtLabelFontSize, static_cast<unsigned>(roi_.label_font_size));
    out_.set_u8(at + kAtGroup, static_cast<unsigned>(roi_.group));
    out_.set_u8(at + kAtOpacity, static_cast<unsigned>(roi_.opacity));
    if (roi_.subtype == RoiSubtype::image)
      out_.set_u32(at + kAtContentSize, static_cast<std::uint32_t>(roi_.content.size()));
    if (roi_.stroke_width > 0.0)
      out_.set_f32(at + kAtExactStrokeWidth, static_cast<float>(roi_.stroke_width));
    write_text(at + kAtName, roi_.name);
    write_text(at + kAtProperties, roi_.properties);
    if (roi_.type != RoiType::point) return;
    out_.set_u32(at + kAtCounters, static_cast<std::uint32_t>(out_.size()));
    for (std::size_t i = 0; i < roi_.points.size(); ++i)
      out_.u32(i < roi_.counters.size() ? static_cast<std::uint32_t>(roi_.counters[i]) : 0U);
  }

  void write_text(std::size_t at, const std::string& text) {
    if (text.empty()) return;
    const std::u16string units = to_utf16(text);
    out_.set_u32(at, static_cast<std::uint32_t>(out_.size()));
    out_.set_u32(at + 4, static_cast<std::uint32_t>(units.size()));
    out_.utf16(units);
  }

  const Roi& roi_;
  ByteWriter out_;
};

/// Whether the bytes that a selection came from still say all that it is.
bool still_says(const Roi& roi) {
  Roi as_read;
  try {
    as_read = Decoder(std::as_bytes(std::span(roi.stored))).decode();
  } catch (const SampleError&) {
    return false;
  }
  as_read.stored = roi.stored;
  return as_read == roi;
}

}  // namespace

Roi decode_roi(std::span<const std::byte> bytes, std::string name) {
  Roi roi = Decoder(bytes).decode();
  if (!name.empty()) roi.name = std::move(name);
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  roi.stored.assign(data, data + bytes.size());
  return roi;
}

std::vector<std::byte> encode_roi(const Roi& roi) {
  if (!roi.stored.empty() && still_says(roi)) {
    const auto bytes = std::as_bytes(std::span(roi.stored));
    return {bytes.begin(), bytes.end()};
  }
  return Encoder(roi).encode();
}

std::vector<std::byte> file_bytes(const std::filesystem::path& path, std::uint64_t most) {
  codec::ByteSource source(path);
  if (source.size() > most)
    throw SampleError(fmt::format("the file holds {} bytes, more than the {} that such files have",
                                  source.size(), most));
  std::vector<std::byte> bytes(source.size());
  if (source.read(0, bytes.data(), bytes.size()) != bytes.size())
    codec::refuse(source, "the file became shorter while it was read");
  return bytes;
}

Roi load_roi(const std::filesystem::path& path) {
  return decode_roi(file_bytes(path, kMaxFile), path.stem().string());
}

void save_roi(const Roi& roi, const std::filesystem::path& path) {
  const auto bytes = encode_roi(roi);
  codec::OutputFile file(path);
  file.write(bytes.data(), bytes.size());
  file.finish();
}

}  // namespace smear::imagej
