// SPDX-License-Identifier: Apache-2.0
#include "imagej/files/tiff-description.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "imagej/files/bytes.h"

namespace smear::imagej {
namespace {

constexpr std::string_view kMicrometre = "\xC2\xB5m";
constexpr int kNoFunction = 20;
constexpr int kUncalibratedOd = 21;
constexpr std::size_t kMostCoefficients = 5;

struct Line {
  std::string key;
  std::string value;
  std::string raw;
};

/// java.util.Properties' lines.
class PropertyReader {
 public:
  explicit PropertyReader(std::u16string text) : text_(std::move(text)) {}

  std::vector<Line> read() {
    std::vector<Line> lines;
    while (at_ < text_.size()) {
      skip_blanks();
      if (at_ >= text_.size()) break;
      if (is_end(text_[at_])) {
        ++at_;
      } else if (text_[at_] == u'#' || text_[at_] == u'!') {
        while (at_ < text_.size() && !is_end(text_[at_])) ++at_;
      } else {
        lines.push_back(line());
      }
    }
    return lines;
  }

 private:
  static bool is_end(char16_t c) { return c == u'\n' || c == u'\r'; }
  static bool is_blank(char16_t c) { return c == u' ' || c == u'\t' || c == u'\f'; }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  Line line() {
    const std::size_t start = at_;
    std::u16string key;
    while (at_ < text_.size() && !is_end(text_[at_]) && !is_blank(text_[at_]) &&
           text_[at_] != u'=' && text_[at_] != u':')
      take(key);
    skip_blanks();
    if (at_ < text_.size() && (text_[at_] == u'=' || text_[at_] == u':')) {
      ++at_;
      skip_blanks();
    }
    std::u16string value;
    while (at_ < text_.size() && !is_end(text_[at_])) take(value);
    return {to_utf8(key), to_utf8(value), to_utf8(text_.substr(start, at_ - start))};
  }

  void take(std::u16string& to) {
    const char16_t c = text_[at_++];
    if (c != u'\\' || at_ >= text_.size()) {
      to += c;
      return;
    }
    const char16_t escaped = text_[at_++];
    switch (escaped) {
      case u't': to += u'\t'; break;
      case u'n': to += u'\n'; break;
      case u'r': to += u'\r'; break;
      case u'f': to += u'\f'; break;
      case u'u': to += unit(); break;
      case u'\n':
      case u'\r':
        if (escaped == u'\r' && at_ < text_.size() && text_[at_] == u'\n') ++at_;
        skip_blanks();
        break;
      default: to += escaped;
    }
  }

  char16_t unit() {
    unsigned value = 0;
    std::size_t digits = 0;
    for (; digits < 4 && at_ + digits < text_.size(); ++digits) {
      const char16_t c = text_[at_ + digits];
      unsigned digit = 16;
      if (c >= u'0' && c <= u'9') digit = c - u'0';
      if ((c | 0x20) >= u'a' && (c | 0x20) <= u'f') digit = (c | 0x20U) - u'a' + 10U;
      if (digit == 16) return u'u';
      value = value << 4U | digit;
    }
    if (digits < 4) return u'u';
    at_ += 4;
    return static_cast<char16_t>(value);
  }

  std::u16string text_;
  std::size_t at_ = 0;
};

std::optional<double> number_of(const std::string& text) {
  double value = 0.0;
  const char* first = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

/// The lines of one description.
class Description {
 public:
  explicit Description(std::string_view text) : lines_(PropertyReader(to_utf16(text)).read()) {}

  /// The last line of a key wins, as in Java.
  [[nodiscard]] const std::string* text(std::string_view key) const {
    const auto found = std::find_if(lines_.rbegin(), lines_.rend(),
                                    [&](const Line& line) { return line.key == key; });
    return found == lines_.rend() ? nullptr : &found->value;
  }
  [[nodiscard]] std::optional<double> number(std::string_view key) const {
    const std::string* value = text(key);
    return value == nullptr ? std::nullopt : number_of(*value);
  }
  [[nodiscard]] double number(std::string_view key, double otherwise) const {
    return number(key).value_or(otherwise);
  }
  [[nodiscard]] int whole(std::string_view key, int otherwise) const {
    const auto value = number(key);
    return value && std::abs(*value) < 1e9 ? static_cast<int>(*value) : otherwise;
  }
  [[nodiscard]] bool is_true(std::string_view key) const {
    const std::string* value = text(key);
    return value != nullptr && *value == "true";
  }
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }

 private:
  std::vector<Line> lines_;
};

bool is_known(const std::string& key) {
  // ImageJ writes 8bitcolor, and forgets it when it opens the file.
  constexpr std::array<std::string_view, 25> known{
      "ImageJ",  "images",    "channels", "slices",   "frames", "hyperstack", "mode",
      "unit",    "yunit",     "zunit",    "cf",       "vunit",  "tunit",      "zeroclip",
      "spacing", "finterval", "fps",      "loop",     "min",    "max",        "xorigin",
      "yorigin", "zorigin",   "inverty",  "8bitcolor"};
  const bool coefficient = key.size() == 2 && key[0] == 'c' && key[1] >= '0' && key[1] <= '9';
  return coefficient || std::ranges::find(known, key) != known.end();
}

void apply_dimensions(const Description& from, ImagePlus& image) {
  const int planes = static_cast<int>(image.stack.size());
  const std::int64_t channels = from.whole("channels", 1);
  const std::int64_t slices = from.whole("slices", 1);
  const std::int64_t frames = from.whole("frames", 1);
  const bool fits = channels > 0 && slices > 0 && frames > 0 && channels <= planes &&
                    slices <= planes && frames <= planes && channels * slices * frames == planes;
  image.channels = fits ? static_cast<int>(channels) : 1;
  image.slices = fits ? static_cast<int>(slices) : planes;
  image.frames = fits ? static_cast<int>(frames) : 1;
  image.hyperstack = (image.channels > 1) + (image.slices > 1) + (image.frames > 1) > 1;
  // Channels have colours where the description says a mode, whichever, or that they are channels.
  const std::string* mode = from.text("mode");
  image.mode.clear();
  if (image.channels < 2 || image.type == ImageType::rgb) return;
  if (mode != nullptr && (*mode == "composite" || *mode == "grayscale"))
    image.mode = *mode;
  else if (mode != nullptr || from.is_true("hyperstack"))
    image.mode = "color";
}

void apply_value_calibration(const Description& from, Calibration& calibration) {
  const int function = from.whole("cf", kNoFunction);
  const std::string* unit = from.text("vunit");
  if (function < 0 || function > kUncalibratedOd || function == kNoFunction || unit == nullptr)
    return;
  std::vector<double> coefficients;
  while (coefficients.size() < kMostCoefficients) {
    const auto value = from.number(fmt::format("c{}", coefficients.size()));
    if (!value) break;
    coefficients.push_back(*value);
  }
  if (coefficients.size() < 2 && function != kUncalibratedOd) return;
  calibration.function = function;
  calibration.coefficients = std::move(coefficients);
  calibration.value_unit = *unit;
  calibration.zero_clip = from.is_true("zeroclip");
}

void apply_calibration(const Description& from, Calibration& calibration) {
  const bool micrometres = calibration.unit == kMicrometre;
  const std::string* unit = from.text("unit");
  // Very small centimetres have become micrometres by now.
  if (!(micrometres && unit != nullptr && *unit == "cm"))
    calibration.unit = unit == nullptr || unit->empty() ? "pixel"
                       : *unit == "um"                  ? std::string(kMicrometre)
                                                        : *unit;
  if (const auto* text = from.text("yunit")) calibration.y_unit = *text;
  if (const auto* text = from.text("zunit")) calibration.z_unit = *text;
  if (const auto* text = from.text("tunit"); text != nullptr && !text->empty())
    calibration.time_unit = *text;
  if (const double spacing = std::abs(from.number("spacing", 0.0)); spacing > 0.0)
    calibration.pixel_depth = spacing;
  calibration.frame_interval = from.number("finterval", 0.0);
  calibration.frames_per_second = from.number("fps", 0.0);
  calibration.loop = from.is_true("loop");
  calibration.x_origin = from.number("xorigin", 0.0);
  calibration.y_origin = from.number("yorigin", 0.0);
  calibration.z_origin = from.number("zorigin", 0.0);
  calibration.invert_y = from.is_true("inverty");
  apply_value_calibration(from, calibration);
}

/// Values with the characters that Java's properties would take for something else as \uXXXX.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char16_t unit : to_utf16(text)) {
    if (unit < 32 || unit > 126 || unit == u'\\')
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(unit));
    else
      result += static_cast<char>(unit);
  }
  return result;
}

/// 5 rather than 5.0.
std::string short_text(double value) {
  const bool whole = value == std::floor(value) && std::abs(value) < 2e9;
  return whole ? fmt::format("{:.0f}", value) : java_text(value);
}

class Lines {
 public:
  explicit Lines(std::string_view version) : text_(fmt::format("ImageJ={}\n", version)) {}

  void add(std::string_view key, std::string_view value) {
    text_ += fmt::format("{}={}\n", key, value);
  }
  void add_unless(double usual, std::string_view key, double value) {
    if (value != usual) add(key, java_text(value));
  }
  void add_short(std::string_view key, double value) {
    if (value != 0.0) add(key, short_text(value));
  }
  void add_line(const std::string& raw) { text_ += raw + '\n'; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_dimensions(const ImagePlus& image, Lines& lines) {
  if (image.stack.size() < 2) return;
  lines.add("images", fmt::format("{}", image.stack.size()));
  if (image.channels > 1) lines.add("channels", fmt::format("{}", image.channels));
  if (image.slices > 1) lines.add("slices", fmt::format("{}", image.slices));
  if (image.frames > 1) lines.add("frames", fmt::format("{}", image.frames));
  if (image.hyperstack) lines.add("hyperstack", "true");
  if (!image.mode.empty()) lines.add("mode", image.mode);
}

void add_calibration(const ImagePlus& image, Lines& lines) {
  const Calibration& c = image.calibration;
  if (c.scaled()) lines.add("unit", escaped(c.unit));
  if (c.function != kNoFunction) {
    lines.add("cf", fmt::format("{}", c.function));
    for (std::size_t i = 0; i < c.coefficients.size(); ++i)
      lines.add(fmt::format("c{}", i), java_text(c.coefficients[i]));
    lines.add("vunit", escaped(c.value_unit));
    if (c.zero_clip) lines.add("zeroclip", "true");
  }
  lines.add_short("finterval", c.frame_interval);
  if (c.time_unit != "sec") lines.add("tunit", escaped(c.time_unit));
  if (!c.y_unit.empty() && c.y_unit != c.unit) lines.add("yunit", escaped(c.y_unit));
  if (!c.z_unit.empty() && c.z_unit != c.unit) lines.add("zunit", escaped(c.z_unit));
  if (image.stack.size() < 2) return;
  lines.add_unless(1.0, "spacing", c.pixel_depth);
  lines.add_short("fps", c.frames_per_second);
  lines.add("loop", c.loop ? "true" : "false");
}

void add_range(const ImagePlus& image, Lines& lines) {
  if (image.type == ImageType::rgb) return;
  const bool deep = image.type == ImageType::grey16 || image.type == ImageType::grey32;
  if (!deep && image.range == DisplayRange{}) return;
  lines.add("min", java_text(image.range.min));
  lines.add("max", java_text(image.range.max));
}

std::string generated(const ImagePlus& image, std::string_view version) {
  Lines lines(version);
  add_dimensions(image, lines);
  add_calibration(image, lines);
  add_range(image, lines);
  lines.add_unless(0.0, "xorigin", image.calibration.x_origin);
  lines.add_unless(0.0, "yorigin", image.calibration.y_origin);
  lines.add_unless(0.0, "zorigin", image.calibration.z_origin);
  if (image.calibration.invert_y) lines.add("inverty", "true");
  for (const auto& raw : image.unknown_description) lines.add_line(raw);
  return lines.take();
}

/// An image of which only that is as in `image` which descriptions do not say.
ImagePlus undescribed(const ImagePlus& image) {
  ImagePlus blank;
  blank.type = image.type;
  blank.stack.resize(image.stack.size());
  blank.calibration.pixel_width = image.calibration.pixel_width;
  blank.calibration.pixel_height = image.calibration.pixel_height;
  return blank;
}

/// What stands before '=' in the lines of a description behind the first, joined; nothing for one
/// that ImageJ does not write like that.
std::optional<std::string> keys_of(std::string_view text) {
  const bool ascii =
      std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= 32 && c < 127); });
  if (!ascii || !text.starts_with("ImageJ=") || !text.ends_with('\n')) return std::nullopt;
  std::string keys;
  for (std::size_t at = text.find('\n'); at < text.size();) {
    const auto end = std::min(text.find('\n', at + 1), text.size());
    const auto line = text.substr(at, end - at);
    keys += line.substr(0, line.find('='));
    at = end;
  }
  return keys;
}

/// Java's numbers differ from ours in the last digit here and there: what was read is right then.
bool says_the_same(const ImagePlus& image, const std::string& text, std::string_view version) {
  const std::string& stored = image.stored_description;
  const auto keys = keys_of(stored);
  if (!keys || keys != keys_of(text)) return false;
  const auto planes = static_cast<std::size_t>(Description(stored).whole("images", 1));
  if (planes != image.stack.size()) return false;
  ImagePlus as_read = undescribed(image);
  apply_description(stored, as_read);
  return generated(as_read, version) == text;
}

}  // namespace

bool apply_description(std::string_view text, ImagePlus& image) {
  text = text.substr(0, text.find('\0'));
  if (!text.starts_with("ImageJ")) return false;
  const Description from(text);
  apply_dimensions(from, image);
  apply_calibration(from, image.calibration);
  const double low = from.number("min", 0.0);
  const double high = from.number("max", 0.0);
  if (high >= low && (low != 0.0 || high != 0.0) && image.type != ImageType::rgb)
    image.range = {low, high};
  for (const auto& line : from.lines())
    if (!is_known(line.key)) image.unknown_description.push_back(line.raw);
  image.stored_description = text;
  return true;
}

std::string description_of(const ImagePlus& image, std::string_view version) {
  std::string text = generated(image, version);
  if (!says_the_same(image, text, version)) return text;
  const std::string& stored = image.stored_description;
  return fmt::format("ImageJ={}", version) + stored.substr(stored.find('\n'));
}

std::string java_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const auto e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  const int exponent = std::stoi(std::string(text.substr(e + 1)));
  const std::string sign = std::signbit(value) ? "-" : "";
  if (value == 0.0) return sign + "0.0";
  if (exponent < -3 || exponent >= 7)
    return fmt::format("{}{}.{}E{}", sign, digits[0], digits.size() > 1 ? digits.substr(1) : "0",
                       exponent);
  if (exponent < 0)
    return fmt::format("{}0.{}{}", sign, std::string(static_cast<std::size_t>(-exponent - 1), '0'),
                       digits);
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  const std::string fraction = digits.substr(whole);
  return fmt::format("{}{}.{}", sign, digits.substr(0, whole), fraction.empty() ? "0" : fraction);
}

}  // namespace smear::imagej
