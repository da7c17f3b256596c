// SPDX-License-Identifier: Apache-2.0
#include "codec/pixels.h"

#include <fmt/format.h>
#include <libexif/exif-data.h>

#include <algorithm>
#include <array>
#include <memory>

#include "smear/errors.h"

namespace smear::codec {
namespace {

template <typename Sample>
cv::Mat drop_last_channel(const cv::Mat& pixels) {
  const int channels = pixels.channels();
  constexpr Sample opaque = std::numeric_limits<Sample>::max();
  cv::Mat result(pixels.size(), CV_MAKETYPE(pixels.depth(), channels - 1));
  for (int y = 0; y < pixels.rows; ++y) {
    const Sample* from = pixels.ptr<Sample>(y);
    Sample* to = result.ptr<Sample>(y);
    for (int x = 0; x < pixels.cols; ++x) {
      for (int c = 0; c + 1 < channels; ++c) *to++ = *from++;
      if (*from++ != opaque)
        throw SampleError(fmt::format(
            "the image is transparent at pixel ({}, {}); flatten it onto a background and save it "
            "without alpha channel",
            x, y));
    }
  }
  return result;
}

std::optional<int> exif_number(const ExifData& data, ExifTag tag) {
  const ExifEntry* entry = exif_content_get_entry(data.ifd[EXIF_IFD_0], tag);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2)
    return std::nullopt;
  return exif_get_short(entry->data, exif_data_get_byte_order(const_cast<ExifData*>(&data)));
}

/// A positive ratio, or nothing.
std::optional<double> exif_ratio(const ExifData& data, ExifTag tag) {
  const ExifEntry* entry = exif_content_get_entry(data.ifd[EXIF_IFD_0], tag);
  if (entry == nullptr || entry->format != EXIF_FORMAT_RATIONAL || entry->size < 8)
    return std::nullopt;
  const ExifRational ratio =
      exif_get_rational(entry->data, exif_data_get_byte_order(const_cast<ExifData*>(&data)));
  if (ratio.numerator == 0 || ratio.denominator == 0) return std::nullopt;
  return static_cast<double>(ratio.numerator) / ratio.denominator;
}

std::optional<PixelSize> exif_pixel_size(const ExifData& data) {
  constexpr int kInch = 2, kCentimetre = 3;
  const auto x = exif_ratio(data, EXIF_TAG_X_RESOLUTION);
  const auto y = exif_ratio(data, EXIF_TAG_Y_RESOLUTION);
  const int unit = exif_number(data, EXIF_TAG_RESOLUTION_UNIT).value_or(kInch);
  if (!x || !y || (unit != kInch && unit != kCentimetre)) return std::nullopt;
  const double unit_um = unit == kInch ? 25400.0 : 10000.0;
  return calibration(unit_um / *x, unit_um / *y);
}

}  // namespace

void check_size(std::int64_t width, std::int64_t height, std::int64_t max_pixels) {
  if (width <= 0 || height <= 0)
    throw SampleError(fmt::format("the image claims {} x {} pixels", width, height));
  if (width > std::numeric_limits<int>::max() || height > std::numeric_limits<int>::max() ||
      width > max_pixels / height)
    throw SampleError(fmt::format(
        "the image claims {} x {} pixels, more than the limit of {} (input: max_pixels)", width,
        height, max_pixels));
}

std::optional<PixelSize> calibration(double x_um, double y_um) {
  const auto plausible = [](double um) { return um >= 1e-3 && um < 10.0; };
  if (!plausible(x_um) || !plausible(y_um)) return std::nullopt;
  return PixelSize{x_um, y_um};
}

cv::Mat without_alpha(const cv::Mat& pixels) {
  return pixels.depth() == CV_16U ? drop_last_channel<std::uint16_t>(pixels)
                                  : drop_last_channel<std::uint8_t>(pixels);
}

bool is_grey(const std::vector<cv::Vec3b>& palette) {
  return std::ranges::all_of(palette,
                             [](const cv::Vec3b& c) { return c[0] == c[1] && c[1] == c[2]; });
}

cv::Mat expand_palette(const cv::Mat& indices, const std::vector<cv::Vec3b>& palette) {
  const bool grey = is_grey(palette);
  cv::Mat result(indices.size(), grey ? CV_8UC1 : CV_8UC3);
  for (int y = 0; y < indices.rows; ++y) {
    const std::uint8_t* from = indices.ptr(y);
    std::uint8_t* to = result.ptr(y);
    for (int x = 0; x < indices.cols; ++x) {
      if (from[x] >= palette.size())
        throw SampleError(
            fmt::format("the image is damaged: pixel ({}, {}) has colour {} of a palette of {}", x,
                        y, from[x], palette.size()));
      const cv::Vec3b& colour = palette[from[x]];
      for (int c = 0; c < (grey ? 1 : 3); ++c) *to++ = colour[c];
    }
  }
  return result;
}

cv::Mat upright(const cv::Mat& pixels, int orientation) {
  constexpr int kUpsideDown = 0, kMirror = 1, kBoth = -1, kNone = 2;
  constexpr std::array<int, 9> flips{kNone, kNone,   kMirror, kBoth,      kUpsideDown,
                                     kNone, kMirror, kBoth,   kUpsideDown};
  if (orientation < 2 || orientation > 8) return pixels;
  cv::Mat result = pixels;
  if (orientation >= 5) cv::transpose(pixels, result);
  const int flip = flips[static_cast<std::size_t>(orientation)];
  if (flip == kNone) return result;
  cv::Mat flipped;
  cv::flip(result, flipped, flip);
  return flipped;
}

Exif read_exif(std::span<const unsigned char> block) {
  constexpr std::array<unsigned char, 6> prefix{'E', 'x', 'i', 'f', 0, 0};
  // libexif wants the prefix, which PNG leaves out.
  std::vector<unsigned char> whole;
  if (block.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), block.begin()))
    whole.assign(prefix.begin(), prefix.end());
  whole.insert(whole.end(), block.begin(), block.end());
  const std::unique_ptr<ExifData, void (*)(ExifData*)> data(
      exif_data_new_from_data(whole.data(), static_cast<unsigned>(whole.size())), exif_data_unref);
  if (!data) return {};
  const int orientation = exif_number(*data, EXIF_TAG_ORIENTATION).value_or(1);
  return {orientation >= 1 && orientation <= 8 ? orientation : 1, exif_pixel_size(*data)};
}

}  // namespace smear::codec
