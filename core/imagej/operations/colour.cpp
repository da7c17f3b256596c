// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/colour.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace smear::imagej {

void rgb_to_hsb(const std::uint8_t rgb[3], float hsb[3]) {
  const auto [least, most] = std::minmax({rgb[0], rgb[1], rgb[2]});
  hsb[2] = static_cast<float>(most) / 255.0F;
  const auto spread = static_cast<float>(most - least);
  if (most == least) {
    hsb[0] = hsb[1] = 0.0F;
    return;
  }
  hsb[1] = spread / static_cast<float>(most);
  const float red = static_cast<float>(most - rgb[0]) / spread;
  const float green = static_cast<float>(most - rgb[1]) / spread;
  const float blue = static_cast<float>(most - rgb[2]) / spread;
  float hue = 0.0F;
  if (rgb[0] == most)
    hue = blue - green;
  else if (rgb[1] == most)
    hue = 2.0F + red - blue;
  else
    hue = 4.0F + green - red;
  hue /= 6.0F;
  hsb[0] = hue < 0.0F ? hue + 1.0F : hue;
}

void hsb_to_rgb(const float hsb[3], std::uint8_t rgb[3]) {
  const auto byte = [](float value) {
    return static_cast<std::uint8_t>(static_cast<int>(value * 255.0F + 0.5F));
  };
  const auto [hue, saturation, brightness] = std::tuple(hsb[0], hsb[1], hsb[2]);
  if (saturation == 0.0F) {
    rgb[0] = rgb[1] = rgb[2] = byte(brightness);
    return;
  }
  const float sixths = (hue - std::floor(hue)) * 6.0F;
  const float fraction = sixths - std::floor(sixths);
  const auto most = byte(brightness);
  const auto least = byte(brightness * (1.0F - saturation));
  const auto falling = byte(brightness * (1.0F - saturation * fraction));
  const auto rising = byte(brightness * (1.0F - saturation * (1.0F - fraction)));
  const auto set = [rgb](std::uint8_t r, std::uint8_t g, std::uint8_t b) {
    rgb[0] = r;
    rgb[1] = g;
    rgb[2] = b;
  };
  switch (static_cast<int>(sixths)) {
    case 0: set(most, rising, least); break;
    case 1: set(falling, most, least); break;
    case 2: set(least, most, rising); break;
    case 3: set(least, falling, most); break;
    case 4: set(rising, least, most); break;
    case 5: set(most, least, falling); break;
    default: set(0, 0, 0);
  }
}

void split_hsb(const cv::Mat& rgb, cv::Mat hsb[3]) {
  for (int c = 0; c < 3; ++c) hsb[c].create(rgb.size(), CV_8UC1);
  for (int y = 0; y < rgb.rows; ++y) {
    const auto* from = rgb.ptr<std::uint8_t>(y);
    std::uint8_t* const to[3] = {hsb[0].ptr(y), hsb[1].ptr(y), hsb[2].ptr(y)};
    for (int x = 0; x < rgb.cols; ++x) {
      float values[3];
      rgb_to_hsb(from + 3 * x, values);
      for (int c = 0; c < 3; ++c)
        to[c][x] = static_cast<std::uint8_t>(static_cast<double>(values[c]) * 255.0);
    }
  }
}

cv::Mat merge_hsb(const cv::Mat hsb[3]) {
  cv::Mat rgb(hsb[0].size(), CV_8UC3);
  for (int y = 0; y < rgb.rows; ++y) {
    const std::uint8_t* const from[3] = {hsb[0].ptr(y), hsb[1].ptr(y), hsb[2].ptr(y)};
    auto* to = rgb.ptr<std::uint8_t>(y);
    for (int x = 0; x < rgb.cols; ++x) {
      float values[3];
      for (int c = 0; c < 3; ++c)
        values[c] = static_cast<float>(static_cast<double>(from[c][x]) / 255.0);
      hsb_to_rgb(values, to + 3 * x);
    }
  }
  return rgb;
}

}  // namespace smear::imagej
