// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <opencv2/core.hpp>
#include <string>
#include <string_view>
#include <vector>
// After <cstdio>:
#include <jpeglib.h>

#include "codec/codec.h"

/// Image files made without our own writers, for tests of the readers.
namespace smear::test {

/// A folder of its own for every test, and the check that no library wrote to stderr.
class CodecTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "smear-codec-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    ::testing::internal::CaptureStderr();
  }
  void TearDown() override {
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path put(const std::string& name, const std::string& bytes) const {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Patches a file: `text` in place of what stands at `at`.
inline void overwrite(std::string& bytes, std::size_t at, std::string_view text) {
  ASSERT_LE(at + text.size(), bytes.size());
  std::ranges::copy(text, bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

inline Image read_bytes(const std::string& bytes, const codec::ReadOptions& options = {}) {
  return codec::read_image(std::as_bytes(std::span(bytes.data(), bytes.size())), options);
}

/// Why an image is refused; "read" where it is not.
inline std::string refusal(const std::function<void()>& read) {
  try {
    read();
  } catch (const SampleError& error) {
    return error.what();
  }
  return "read";
}
inline std::string refusal_of(const std::string& bytes, const codec::ReadOptions& options = {}) {
  return refusal([&] { read_bytes(bytes, options); });
}

inline double difference(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.type() != b.type()) return 1e9;
  return cv::norm(a, b, cv::NORM_INF);
}

/// Smooth colours that differ in every corner and channel.
inline cv::Mat colours(int width, int height) {
  cv::Mat pixels(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      pixels.at<cv::Vec3b>(y, x) = {
          cv::saturate_cast<uchar>(20 + 200 * x / width),
          cv::saturate_cast<uchar>(30 + 180 * y / height),
          cv::saturate_cast<uchar>(128 + 60 * (x + y) / (width + height))};
  return pixels;
}

/// What EXIF's table says of each orientation: the stored pixel that is seen at (x, y).
inline cv::Mat seen(const cv::Mat& stored, int orientation) {
  const int w = stored.cols;
  const int h = stored.rows;
  const bool turned = orientation >= 5;
  cv::Mat result(turned ? w : h, turned ? h : w, stored.type());
  for (int y = 0; y < result.rows; ++y)
    for (int x = 0; x < result.cols; ++x) {
      const std::array<cv::Point, 9> from{
          cv::Point{x, y}, {x, y}, {w - 1 - x, y}, {w - 1 - x, h - 1 - y},
          {x, h - 1 - y},  {y, x}, {y, h - 1 - x}, {w - 1 - y, h - 1 - x},
          {w - 1 - y, x}};
      const cv::Point p = from[static_cast<std::size_t>(orientation)];
      std::copy_n(stored.ptr(p.y) + static_cast<std::size_t>(p.x) * stored.elemSize(),
                  stored.elemSize(),
                  result.ptr(y) + static_cast<std::size_t>(x) * stored.elemSize());
    }
  return result;
}

/// An EXIF block, without its prefix, that holds an orientation only.
inline std::string exif_block(int orientation, bool big_endian = false) {
  using namespace std::string_literals;
  std::string block = big_endian ? "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s
                                 : "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"s;
  block.push_back(static_cast<char>(orientation));
  block.resize(block.size() + (big_endian ? 6 : 7));
  return block;
}

/// A little-endian EXIF block with a resolution in pixels an inch (unit 2) or centimetre (3); unit
/// 0 leaves the unit out.
inline std::string exif_resolution(std::uint32_t x, std::uint32_t y, std::uint32_t unit,
                                   std::uint32_t orientation = 1, std::uint32_t denominator = 1) {
  std::string block("II*\0\x08\0\0\0", 8);
  const auto put = [&](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) block.push_back(static_cast<char>(value >> (8 * i)));
  };
  const auto entry = [&](std::uint32_t tag, std::uint32_t type, std::uint32_t value) {
    put(tag, 2);
    put(type, 2);
    put(1, 4);
    put(value, 4);
  };
  const std::uint32_t entries = unit == 0 ? 3 : 4;
  const std::uint32_t ratios = 8 + 2 + 12 * entries + 4;
  put(entries, 2);
  entry(0x0112, 3, orientation);
  entry(0x011A, 5, ratios);
  entry(0x011B, 5, ratios + 8);
  if (unit != 0) entry(0x0128, 3, unit);
  put(0, 4);
  for (const std::uint32_t value : {x, denominator, y, denominator}) put(value, 4);
  return block;
}

struct JpegSpec {
  J_COLOR_SPACE stored = JCS_UNKNOWN;  ///< JCS_UNKNOWN: libjpeg's choice
  bool progressive = false;
  int density_unit = 0;
  int density = 1;
  int restart_rows = 0;  ///< rows of blocks between restart markers; 0 for none
  std::string exif = {};
};

inline std::string jpeg(const cv::Mat& pixels, const JpegSpec& spec = {}) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(pixels.cols);
  info.image_height = static_cast<JDIMENSION>(pixels.rows);
  info.input_components = pixels.channels();
  info.in_color_space = pixels.channels() == 1   ? JCS_GRAYSCALE
                        : pixels.channels() == 3 ? JCS_RGB
                                                 : JCS_CMYK;
  jpeg_set_defaults(&info);
  if (spec.stored != JCS_UNKNOWN) jpeg_set_colorspace(&info, spec.stored);
  jpeg_set_quality(&info, 100, TRUE);
  info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
  if (spec.progressive) jpeg_simple_progression(&info);
  info.restart_in_rows = spec.restart_rows;
  info.density_unit = static_cast<UINT8>(spec.density_unit);
  info.X_density = info.Y_density = static_cast<UINT16>(spec.density);
  jpeg_start_compress(&info, TRUE);
  if (!spec.exif.empty()) {
    const std::string block = std::string("Exif\0\0", 6) + spec.exif;
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(block.data()),
                      static_cast<unsigned>(block.size()));
  }
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPROW>(pixels.ptr(static_cast<int>(info.next_scanline)));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::string bytes(reinterpret_cast<char*>(buffer), size);
  jpeg_destroy_compress(&info);
  free(buffer);
  return bytes;
}

}  // namespace smear::test
