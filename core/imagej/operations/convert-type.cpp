// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/convert-type.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>

#include "smear/errors.h"

namespace smear::imagej {
namespace {

struct Weights {
  double red;
  double green;
  double blue;
};

Weights weights(bool weighted) {
  if (weighted) return {0.299, 0.587, 0.114};
  return {1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0};
}

// Calls `convert` on every pixel of one channel.
template <typename From, typename To, typename Convert>
cv::Mat mapped(const cv::Mat& pixels, int type, const Convert& convert) {
  cv::Mat result(pixels.size(), type);
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* from = pixels.ptr<From>(y);
    auto* to = result.ptr<To>(y);
    for (int x = 0; x < pixels.cols; ++x) to[x] = convert(from[x]);
  }
  return result;
}

// Java's (int) of a number that is at most `most`.
template <typename To>
To truncated(double value, double most) {
  if (!(value > 0.0)) return 0;
  return static_cast<To>(value > most ? most : value);
}

template <typename To>
cv::Mat narrowed(const cv::Mat& pixels, int type, const DisplayRange& range, bool scale,
                 double most) {
  if (!scale)
    return mapped<float, To>(pixels, type, [most](float value) {
      return truncated<To>(static_cast<double>(value) + 0.5, most);
    });
  const double factor = most / (range.max - range.min);
  return mapped<float, To>(pixels, type, [&](float pixel) {
    double value = static_cast<double>(pixel) - range.min;
    if (value < 0.0) value = 0.0;
    return truncated<To>(value * factor + 0.5, most);
  });
}

struct Colour {
  int red;
  int green;
  int blue;
};

Colour colour_of(std::uint32_t argb) {
  return {static_cast<int>(argb >> 16U & 255U), static_cast<int>(argb >> 8U & 255U),
          static_cast<int>(argb & 255U)};
}

// The level whose colour is nearest; the first of several.
int best_level(const Lut& lut, const Colour& colour) {
  int best = 0;
  int least = 1 << 30;
  for (std::size_t i = 0; i < 256; ++i) {
    const int red = lut.red[i] - colour.red;
    const int green = lut.green[i] - colour.green;
    const int blue = lut.blue[i] - colour.blue;
    const int distance = red * red + green * green + blue * blue;
    if (distance < least) {
      least = distance;
      best = static_cast<int>(i);
    }
  }
  return best;
}

}  // namespace

cv::Mat rgb_to_grey8(const cv::Mat& rgb, bool weighted) {
  const Weights w = weights(weighted);
  cv::Mat result(rgb.size(), CV_8UC1);
  for (int y = 0; y < rgb.rows; ++y) {
    const auto* from = rgb.ptr<std::uint8_t>(y);
    auto* to = result.ptr<std::uint8_t>(y);
    if (weighted) {
      for (int x = 0; x < rgb.cols; ++x, from += 3)
        to[x] = static_cast<std::uint8_t>(
            static_cast<int>(from[0] * w.red + from[1] * w.green + from[2] * w.blue + 0.5));
    } else {
      // With thirds the sum in double comes to the same as whole numbers, for all of them.
      for (int x = 0; x < rgb.cols; ++x, from += 3)
        to[x] = static_cast<std::uint8_t>((from[0] + from[1] + from[2] + 1) / 3);
    }
  }
  return result;
}

cv::Mat rgb_to_grey32(const cv::Mat& rgb, bool weighted) {
  const Weights w = weights(weighted);
  cv::Mat result(rgb.size(), CV_32FC1);
  for (int y = 0; y < rgb.rows; ++y) {
    const auto* from = rgb.ptr<std::uint8_t>(y);
    auto* to = result.ptr<float>(y);
    for (int x = 0; x < rgb.cols; ++x, from += 3)
      to[x] = static_cast<float>(from[0] * w.red + from[1] * w.green + from[2] * w.blue);
  }
  return result;
}

cv::Mat grey16_to_grey8(const cv::Mat& pixels, const DisplayRange& range, bool scale) {
  if (!scale)
    return mapped<std::uint16_t, std::uint8_t>(pixels, CV_8UC1, [](std::uint16_t value) {
      return static_cast<std::uint8_t>(std::min<int>(value, 255));
    });
  const int min = static_cast<int>(range.min);
  const int max = static_cast<int>(range.max);
  const double factor = 256.0 / (max - min + 1);
  return mapped<std::uint16_t, std::uint8_t>(pixels, CV_8UC1, [&](std::uint16_t pixel) {
    const int value = std::max(pixel - min, 0);
    return truncated<std::uint8_t>(value * factor + 0.5, 255.0);
  });
}

cv::Mat grey32_to_grey8(const cv::Mat& pixels, const DisplayRange& range, bool scale) {
  return narrowed<std::uint8_t>(pixels, CV_8UC1, range, scale, 255.0);
}

cv::Mat grey32_to_grey16(const cv::Mat& pixels, const DisplayRange& range, bool scale) {
  return narrowed<std::uint16_t>(pixels, CV_16UC1, range, scale, 65535.0);
}

cv::Mat convert_grey(const cv::Mat& pixels, ImageType to, const DisplayRange& range, bool scale) {
  const int depth = pixels.depth();
  if (to == ImageType::grey8) {
    if (depth == CV_16U) return grey16_to_grey8(pixels, range, scale);
    if (depth == CV_32F) return grey32_to_grey8(pixels, range, scale);
    return pixels;
  }
  cv::Mat result = pixels;
  if (to == ImageType::grey16 && depth == CV_32F) return grey32_to_grey16(pixels, range, scale);
  if (to == ImageType::grey16 && depth == CV_8U) pixels.convertTo(result, CV_16U);
  if (to == ImageType::grey32 && depth != CV_32F) pixels.convertTo(result, CV_32F);
  return result;
}

Lut stretched(const Lut& lut, const DisplayRange& range) {
  if (range == DisplayRange{0.0, 255.0}) return lut;
  Lut result;
  for (int i = 0; i < 256; ++i) {
    std::size_t level = 0;
    if (i > range.max)
      level = 255;
    else if (i > range.min)
      level = static_cast<std::size_t>(
          std::min(256.0 / (range.max - range.min) * (i - range.min), 255.0));
    const auto at = static_cast<std::size_t>(i);
    result.red[at] = lut.red[level];
    result.green[at] = lut.green[level];
    result.blue[at] = lut.blue[level];
  }
  return result;
}

Lut shown_lut(const ImagePlus& image) {
  const bool other = image.stretch && image.stretch->found == image.range;
  return stretched(image.lut, other ? image.stretch->over : image.range);
}

cv::Mat grey_to_rgb(const cv::Mat& pixels, const DisplayRange& range, const Lut& lut) {
  const cv::Mat levels = convert_grey(pixels, ImageType::grey8, range, true);
  cv::Mat result(levels.size(), CV_8UC3);
  std::array<std::array<std::uint8_t, 3>, 256> colours{};
  for (std::size_t i = 0; i < 256; ++i) colours[i] = {lut.red[i], lut.green[i], lut.blue[i]};
  for (int y = 0; y < levels.rows; ++y) {
    const auto* from = levels.ptr<std::uint8_t>(y);
    auto* to = result.ptr<std::uint8_t>(y);
    for (int x = 0; x < levels.cols; ++x, to += 3) std::ranges::copy(colours[from[x]], to);
  }
  return result;
}

cv::Scalar value_of_colour(const ImagePlus& image, std::uint32_t argb) {
  const Colour colour = colour_of(argb);
  if (image.type == ImageType::rgb)
    return {static_cast<double>(colour.red), static_cast<double>(colour.green),
            static_cast<double>(colour.blue)};
  if (image.pixels().depth() == CV_8U) return cv::Scalar::all(best_level(shown_lut(image), colour));
  const int best = best_level(image.lut, colour);
  const auto& range = image.range;
  const bool black = colour.red + colour.green + colour.blue == 0;
  if (best == 0 && range.min > 0.0 && black) return cv::Scalar::all(0.0);
  const double value = range.min + (range.max - range.min) * (best / 255.0);
  return cv::Scalar::all(image.type == ImageType::grey16 ? std::floor(value) : value);
}

cv::Scalar painted_value(ImagePlus& image, std::uint32_t argb) {
  const bool deep = image.type == ImageType::grey16 || image.type == ImageType::grey32;
  if (!deep || image.range.min != 0.0 || image.range.max != 0.0)
    return value_of_colour(image, argb);
  const auto before = image.range;
  image.range = {0.0, 255.0};
  const cv::Scalar value = value_of_colour(image, argb);
  const bool black = (argb & 0xffffffU) == 0;
  if (black && value[0] == 0.0) image.range = before;
  return value;
}

}  // namespace smear::imagej
