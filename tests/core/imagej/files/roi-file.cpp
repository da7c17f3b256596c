// SPDX-License-Identifier: Apache-2.0
// Selections of every type keep their fields and, where ImageJ wrote them, their bytes.
#include "imagej/files/roi-file.h"

#include <gmock/gmock.h>

#include "imagej/files/bytes.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<std::byte> bytes_of_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  std::string digits;
  for (const char c : hex)
    if (c != ' ') digits += c;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

/// What ImageJ 1.53t saves of makeSelection("traced", newArray(10,12,12,10), newArray(5,5,12,12)).
std::vector<std::byte> traced_by_imagej() {
  auto bytes = bytes_of_hex(
      "496f7574 00e40800 0005000a 000c000c 00040000 00000000 00000000 00000000"
      "00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000050"
      "00000002 00020000 00000000 00070007");
  bytes.resize(bytes.size() + 64);
  return bytes;
}

Roi traced() {
  Roi roi;
  roi.type = RoiType::traced;
  roi.bounds = {10, 5, 2, 7};
  roi.points = {{10, 5}, {12, 5}, {12, 12}, {10, 12}};
  return roi;
}

/// `roi` as it comes back from its bytes.
Roi again(const Roi& roi) {
  Roi read = decode_roi(encode_roi(roi));
  read.stored.clear();
  return read;
}

TEST(RoiFile, WritesWhatImageJWrites) { EXPECT_EQ(encode_roi(traced()), traced_by_imagej()); }

TEST(RoiFile, ReadsWhatImageJWrites) {
  Roi roi = decode_roi(traced_by_imagej());
  roi.stored.clear();
  EXPECT_EQ(roi, traced());
}

TEST(RoiFile, KeepsAllFields) {
  Roi roi = traced();
  roi.name = "Zelle \xC2\xB5";
  roi.stroke_colour = 0xFFFF0000;
  roi.fill_colour = 0x80112233;
  roi.stroke_width = 2.5;
  roi.position = 3;
  roi.channel = 1;
  roi.slice = 2;
  roi.frame = 4;
  roi.group = 7;
  roi.properties = "a: b c\n";
  roi.label_colour = 0xFFFFFFFF;
  roi.label_font_size = 18;
  roi.options = 8 | 32;
  EXPECT_EQ(again(roi), roi);
}

TEST(RoiFile, KeepsFractions) {
  Roi roi = traced();
  roi.points = {{10.5, 5.25}, {12, 5}, {11.75, 12}, {10, 11.5}};
  roi.subpixel = true;
  EXPECT_EQ(again(roi), roi);
  Roi rectangle;
  rectangle.bounds = {1, 2, 4, 5};
  rectangle.exact_bounds = cv::Rect2d(1.25, 2.5, 3.5, 4.25);
  EXPECT_EQ(again(rectangle), rectangle);
}

TEST(RoiFile, KeepsEveryType) {
  for (const RoiType type : {RoiType::polygon, RoiType::freeline, RoiType::polyline,
                             RoiType::freehand, RoiType::traced, RoiType::angle}) {
    Roi roi = traced();
    roi.type = type;
    EXPECT_EQ(again(roi), roi);
  }
  Roi line;
  line.type = RoiType::line;
  line.subtype = RoiSubtype::arrow;
  line.style = 0x0206;
  line.bounds = {1, 2, 9, 8};
  line.points = {{1, 2}, {10, 10}};
  EXPECT_EQ(again(line), line);
  Roi ellipse = traced();
  ellipse.type = RoiType::freehand;
  ellipse.subtype = RoiSubtype::ellipse;
  ellipse.axis = {{10, 5}, {12, 12}};
  ellipse.axis_ratio = 0.5;
  EXPECT_EQ(again(ellipse), ellipse);
  Roi composite;
  composite.type = RoiType::composite;
  composite.bounds = {0, 0, 4, 4};
  composite.path = {0, 0, 0, 1, 4, 0, 1, 4, 4, 4, 0, 1, 1, 1, 2, 1, 4};
  EXPECT_EQ(again(composite), composite);
}

TEST(RoiFile, KeepsPointsAndTheirCounters) {
  Roi points;
  points.type = RoiType::point;
  points.subpixel = true;
  points.bounds = {1, 2, 4, 3};
  points.points = {{1, 2}, {4.5, 3.5}};
  points.counters = {0, 0x201};
  points.point_size = 4;
  points.style = 0x0100;
  EXPECT_EQ(again(points), points);
}

TEST(RoiFile, KeepsTextsAndUnknownBytes) {
  Roi text;
  text.type = RoiType::rectangle;
  text.subtype = RoiSubtype::text;
  text.bounds = {1, 2, 30, 10};
  text.content = {0, 0, 0, 18, 1, 2, 3, 4};
  EXPECT_EQ(again(text), text);
  // The last bytes of the second header mean nothing to us.
  auto bytes = traced_by_imagej();
  bytes.back() = std::byte{42};
  Roi roi = decode_roi(bytes);
  EXPECT_EQ(encode_roi(roi), bytes);
  roi.group = 2;
  EXPECT_NE(encode_roi(roi), bytes);
  EXPECT_EQ(again(roi).group, 2);
}

TEST(RoiFile, KeepsWhatIsFarOut) {
  Roi far = traced();
  for (auto& p : far.points) p.x += 69000;
  far.bounds.x += 69000;
  const Roi read = again(far);
  EXPECT_EQ(read.points, far.points);
  EXPECT_EQ(read.bounds, far.bounds);
}

TEST(RoiFile, CallsItAsItIsTold) {
  Roi roi = traced();
  roi.name = "stored";
  const auto bytes = encode_roi(roi);
  EXPECT_EQ(decode_roi(bytes).name, "stored");
  EXPECT_EQ(decode_roi(bytes, "told").name, "told");
  EXPECT_EQ(decode_roi(encode_roi(decode_roi(bytes, "told"))).name, "told");
}

TEST(RoiFile, RefusesDamage) {
  const auto refusal = [](std::vector<std::byte> bytes, const char* reason) {
    EXPECT_THAT([&] { decode_roi(bytes); }, ThrowsMessage<SampleError>(HasSubstr(reason)));
  };
  const auto good = traced_by_imagej();
  refusal({}, "Iout");
  refusal({good.begin(), good.begin() + 70}, "end before");
  auto bytes = good;
  bytes[6] = std::byte{77};
  refusal(bytes, "unknown type");
  bytes = good;
  bytes[16] = std::byte{0xFF};
  refusal(bytes, "end before");
  bytes = good;
  bytes[63] = std::byte{0xFF};
  refusal(bytes, "end before");
  bytes = good;
  bytes[39] = std::byte{2};
  refusal(bytes, "path");
}

TEST(Utf16, GoesThereAndBack) {
  const std::string text = "a\xC2\xB5\xE2\x82\xAC\xF0\x9F\x94\xAC";
  EXPECT_EQ(to_utf16(text), u"a\u00B5\u20AC\U0001F52C");
  EXPECT_EQ(to_utf8(to_utf16(text)), text);
  EXPECT_EQ(to_utf8(std::u16string(1, static_cast<char16_t>(0xD800))), "\xEF\xBF\xBD");
  EXPECT_EQ(to_utf16("\xB5m"), u"\u00B5m") << "ISO-8859-1";
}

}  // namespace
}  // namespace smear::imagej
