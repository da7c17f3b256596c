// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/arithmetic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

namespace smear::imagej {
namespace {

// Java's (int) of a double.
std::int32_t java_int(double value) {
  constexpr double limit = 2147483647.0;
  if (std::isnan(value)) return 0;
  return static_cast<std::int32_t>(std::clamp(value, -limit - 1.0, limit));
}

// Java's (int)Math.round: a long of which the upper half is cut off.
std::int32_t java_round(double value) {
  constexpr double limit = 9.2e18;
  if (std::isnan(value)) return 0;
  const auto whole = static_cast<std::int64_t>(std::clamp(std::floor(value + 0.5), -limit, limit));
  return static_cast<std::int32_t>(whole);
}

std::int32_t wrapped_sum(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

// What becomes of the whole number `pixel` of 0..most, not yet cut to that range.
std::int32_t whole_result(Arithmetic operation, double number, const DisplayRange& range,
                          std::int32_t pixel, std::int32_t most) {
  const std::int32_t whole = java_int(number);
  const double value = pixel;
  switch (operation) {
    case Arithmetic::invert: return most - pixel;
    case Arithmetic::set: return whole;
    case Arithmetic::add: return wrapped_sum(pixel, whole);
    case Arithmetic::subtract: return wrapped_sum(pixel, java_int(-number));
    case Arithmetic::multiply: return java_round(value * number);
    case Arithmetic::divide: return number == 0.0 ? pixel : java_round(value * (1.0 / number));
    case Arithmetic::bit_and: return pixel & whole;
    case Arithmetic::bit_or: return pixel | whole;
    case Arithmetic::bit_xor: return pixel ^ whole;
    case Arithmetic::minimum: return std::max(pixel, whole);
    case Arithmetic::maximum: return std::min(pixel, whole);
    case Arithmetic::gamma: {
      const double span = range.max - range.min;
      if (span == 0.0) return pixel;
      return java_int(std::exp(std::log((value - range.min) / span) * number) * span + range.min);
    }
    case Arithmetic::log:
      return pixel == 0 ? 0 : java_int(std::log(value) * (range.max / std::log(range.max)));
    case Arithmetic::exp: return java_int(std::exp(value * (std::log(range.max) / range.max)));
    case Arithmetic::square: return java_int(value * value);
    case Arithmetic::square_root: return java_int(std::sqrt(value));
    default: return pixel;
  }
}

template <typename Function>
void each_float(const cv::Rect& region, cv::Mat& pixels, const Function& function) {
  for (int y = region.y; y < region.y + region.height; ++y) {
    auto* row = pixels.ptr<float>(y);
    for (int x = region.x; x < region.x + region.width; ++x) row[x] = function(row[x]);
  }
}

void apply_to_floats(Arithmetic operation, double number, const DisplayRange& range,
                     const cv::Rect& region, cv::Mat& pixels) {
  const auto c = static_cast<float>(number);
  const auto each = [&](const auto& function) { each_float(region, pixels, function); };
  const auto in_double = [&](const auto& function) {
    each([&](float v) { return static_cast<float>(function(static_cast<double>(v))); });
  };
  switch (operation) {
    case Arithmetic::invert:
      each([min = static_cast<float>(range.min), max = static_cast<float>(range.max)](float v) {
        return max - (v - min);
      });
      break;
    case Arithmetic::set: each([c](float) { return c; }); break;
    case Arithmetic::add: each([c](float v) { return v + c; }); break;
    case Arithmetic::subtract: each([c](float v) { return v - c; }); break;
    case Arithmetic::multiply: each([c](float v) { return v * c; }); break;
    case Arithmetic::divide:
      if (number == 0.0)
        each([](float v) { return v / 0.0F; });
      else
        each([inverse = static_cast<float>(1.0 / number)](float v) { return v * inverse; });
      break;
    case Arithmetic::minimum: each([c](float v) { return v < c ? c : v; }); break;
    case Arithmetic::maximum: each([c](float v) { return v > c ? c : v; }); break;
    case Arithmetic::gamma:
      in_double([g = static_cast<double>(c)](double v) {
        return v <= 0.0 ? 0.0 : std::exp(g * std::log(v));
      });
      break;
    case Arithmetic::log: in_double([](double v) { return std::log(v); }); break;
    case Arithmetic::exp: in_double([](double v) { return std::exp(v); }); break;
    case Arithmetic::square: each([](float v) { return v * v; }); break;
    case Arithmetic::square_root:
      in_double([](double v) { return v <= 0.0 ? 0.0 : std::sqrt(v); });
      break;
    case Arithmetic::reciprocal:
      each([](float v) { return v == 0.0F ? std::numeric_limits<float>::quiet_NaN() : 1.0F / v; });
      break;
    case Arithmetic::absolute: each([](float v) { return std::fabs(v); }); break;
    default: break;
  }
}

void apply_to_bytes(Arithmetic operation, double number, const cv::Rect& region, cv::Mat& pixels) {
  std::array<std::uint8_t, 256> table{};
  for (int i = 0; i < 256; ++i)
    table[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(
        std::clamp(whole_result(operation, number, {0.0, 255.0}, i, 255), 0, 255));
  const int channels = pixels.channels();
  for (int y = region.y; y < region.y + region.height; ++y) {
    auto* row = pixels.ptr<std::uint8_t>(y);
    for (int x = region.x * channels; x < (region.x + region.width) * channels; ++x)
      row[x] = table[row[x]];
  }
}

void apply_to_words(Arithmetic operation, double number, const DisplayRange& range,
                    const cv::Rect& region, cv::Mat& pixels) {
  for (int y = region.y; y < region.y + region.height; ++y) {
    auto* row = pixels.ptr<std::uint16_t>(y);
    for (int x = region.x; x < region.x + region.width; ++x)
      row[x] = static_cast<std::uint16_t>(
          std::clamp(whole_result(operation, number, range, row[x], 65535), 0, 65535));
  }
}

}  // namespace

void apply(Arithmetic operation, double number, const DisplayRange& range, const cv::Rect& region,
           cv::Mat& pixels) {
  switch (pixels.depth()) {
    case CV_8U: apply_to_bytes(operation, number, region, pixels); break;
    case CV_16U: apply_to_words(operation, number, range, region, pixels); break;
    default: apply_to_floats(operation, number, range, region, pixels);
  }
}

bool resets_display_range(Arithmetic operation, int depth) {
  if (depth == CV_8U) return false;
  switch (operation) {
    case Arithmetic::minimum:
    case Arithmetic::maximum: return true;
    case Arithmetic::invert: return depth == CV_16U;
    case Arithmetic::reciprocal:
    case Arithmetic::absolute: return depth == CV_32F;
    default: return false;
  }
}

}  // namespace smear::imagej
