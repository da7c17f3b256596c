// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <opencv2/core.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/commands/filter-runner.h"

namespace smear::imagej {
namespace {

struct Kernel {
  int width = 0;
  int height = 0;
  std::vector<float> weights;
};

std::vector<float> numbers_in(std::string_view line) {
  std::vector<float> numbers;
  const auto separates = [](char c) { return c == ' ' || c == ',' || c == '\t' || c == '\r'; };
  for (std::size_t at = 0; at < line.size();) {
    if (separates(line[at])) {
      ++at;
      continue;
    }
    double number = 0.0;
    const auto [end, error] = std::from_chars(line.data() + at, line.data() + line.size(), number);
    if (error != std::errc() || (end != line.data() + line.size() && !separates(*end)))
      throw ConfigError(fmt::format("Convolve...: '{}' is no row of numbers", line));
    numbers.push_back(static_cast<float>(number));
    at = static_cast<std::size_t>(end - line.data());
  }
  return numbers;
}

// Rows of numbers, of one odd length; rows without any do not count.
Kernel kernel_of(const std::string& text) {
  Kernel kernel;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto row = numbers_in(std::string_view(text).substr(at, end - at));
    at = end + 1;
    if (row.empty()) continue;
    if (kernel.height > 0 && static_cast<int>(row.size()) != kernel.width)
      throw ConfigError("Convolve...: the rows of the kernel differ in length");
    kernel.width = static_cast<int>(row.size());
    kernel.weights.insert(kernel.weights.end(), row.begin(), row.end());
    ++kernel.height;
  }
  if (kernel.height == 1)
    throw ConfigError("Convolve...: ImageJ takes kernels of several rows only, divided by \\n");
  if (kernel.width % 2 == 0 || kernel.height % 2 == 0)
    throw ConfigError(fmt::format(
        "Convolve...: a kernel has an odd number of rows and of columns, this one is {} x {}",
        kernel.width, kernel.height));
  return kernel;
}

double scale_of(const Kernel& kernel) {
  double sum = 0.0;
  for (const float weight : kernel.weights) sum += weight;
  return sum == 0.0 ? 1.0 : static_cast<double>(static_cast<float>(1.0 / sum));
}

// Pixels beyond the image are those at its edge.
void convolve(cv::Mat& values, const cv::Rect& region, const Kernel& kernel, double scale) {
  const cv::Mat from = values.clone();
  for (int y = region.y; y < region.y + region.height; ++y)
    for (int x = region.x; x < region.x + region.width; ++x) {
      double sum = 0.0;
      const float* weight = kernel.weights.data();
      for (int v = -kernel.height / 2; v <= kernel.height / 2; ++v) {
        const auto* row = from.ptr<float>(std::clamp(y + v, 0, from.rows - 1));
        for (int u = -kernel.width / 2; u <= kernel.width / 2; ++u, ++weight)
          sum += row[std::clamp(x + u, 0, from.cols - 1)] * *weight;
      }
      values.at<float>(y, x) = static_cast<float>(sum * scale);
    }
}

void run_convolution(Session& session, const Kernel& kernel, double scale, bool all_planes) {
  run_float_filter(
      session, {.all_planes = all_planes},
      [&](cv::Mat& plane, const cv::Rect& region) { convolve(plane, region, kernel, scale); });
}

Key stack_key() { return Key::flag("stack", "all slices of a stack, not only the current one"); }

void add_convolve(CommandTable& table) {
  Command any = command(
      "Convolve...", "convolve", "Convolves the image with a kernel.",
      "Each pixel becomes the sum of its neighbours times the kernel's numbers, which is not "
      "turned "
      "round; pixels beyond the image are those at its edge. Rounded and cut to the type's range. "
      "The display range is set anew, unless something is selected.");
  any.keys = {Key::of_text("text1", "",
                           "the kernel: rows of numbers, divided by \\n; an odd number "
                           "of rows and of columns"),
              Key::flag("normalize", "divide by the sum of the kernel, where it is not 0"),
              stack_key()};
  any.check = [](const Values& values) { kernel_of(values.text("text1")); };
  any.run = [](Session& session, const Values& values, Host&) {
    const Kernel kernel = kernel_of(values.text("text1"));
    run_convolution(session, kernel, values.flag("normalize") ? scale_of(kernel) : 1.0,
                    values.flag("stack"));
    ImagePlus& image = session.active();
    image.threshold.reset();
    if (image.type != ImageType::rgb && !image.roi) image.reset_display_range();
  };
  table.add(std::move(any));
}

struct Shadow {
  const char* name;
  const char* stage;
  std::array<float, 9> weights;
};

// Whole numbers of one plane, or channel, from what it was `before`.
template <typename T>
void shade_part(const cv::Mat& before, const cv::Rect& part, const std::array<float, 9>& weights,
                cv::Mat& plane) {
  const int channels = plane.channels();
  for (int y = part.y; y < part.y + part.height; ++y)
    for (int x = part.x; x < part.x + part.width; ++x)
      for (int channel = 0; channel < channels; ++channel) {
        // In this order, and in 32 bits, which decides the last bit.
        float sum = 0.0F;
        for (int k = 0; k < 9; ++k) {
          const int row = std::clamp(y + k / 3 - 1, 0, before.rows - 1);
          const int column = std::clamp(x + k % 3 - 1, 0, before.cols - 1);
          sum += weights[static_cast<std::size_t>(k)] *
                 static_cast<float>(before.ptr<T>(row)[column * channels + channel]);
        }
        T& to = plane.ptr<T>(y)[x * channels + channel];
        if constexpr (std::is_same_v<T, float>)
          to = sum;
        else
          to = static_cast<T>(
              std::clamp(sum, 0.0F, static_cast<float>(std::numeric_limits<T>::max())));
      }
}

void shade(cv::Mat& plane, const cv::Rect& region, const std::array<float, 9>& weights) {
  const cv::Mat before = plane.clone();
  cv::Rect part = region;
  if (plane.channels() > 1) part &= cv::Rect(1, 1, plane.cols - 2, plane.rows - 2);
  if (part.empty()) return;
  switch (plane.depth()) {
    case CV_8U: shade_part<std::uint8_t>(before, part, weights, plane); break;
    case CV_16U: shade_part<std::uint16_t>(before, part, weights, plane); break;
    default: shade_part<float>(before, part, weights, plane);
  }
}

constexpr std::array shadows{
    Shadow{"North", "north", {1, 2, 1, 0, 1, 0, -1, -2, -1}},
    Shadow{"South", "south", {-1, -2, -1, 0, 1, 0, 1, 2, 1}},
    Shadow{"East", "east", {-1, 0, 1, -2, 1, 2, -1, 0, 1}},
    Shadow{"West", "west", {1, 0, -1, 2, 1, -2, 1, 0, -1}},
    Shadow{"Northwest", "northwest", {2, 1, 0, 1, 1, -1, 0, -1, -2}},
    Shadow{"Southeast", "southeast", {-2, -1, 0, -1, 1, 1, 0, 1, 2}},
    Shadow{"Northeast", "northeast", {0, 1, 2, -1, 1, 1, -2, -1, 0}},
    Shadow{"Southwest", "southwest", {0, -1, -2, 1, 1, -1, 2, 1, 0}},
};

void add_shadows(CommandTable& table) {
  for (const auto& shadow : shadows) {
    const auto& w = shadow.weights;
    Command light = command(
        shadow.name, shadow.stage, "Shows the image as if light came from one side.",
        fmt::format("Convolves with {} {} {} / {} {} {} / {} {} {}, cut to the type's range. The "
                    "outermost pixels of RGB images stay as they are.",
                    w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8]));
    light.keys = {stack_key()};
    light.run = [&w](Session& session, const Values& values, Host&) {
      run_filter(session, {.all_planes = values.flag("stack")},
                 [&w](cv::Mat& plane, const cv::Rect& region) { shade(plane, region, w); });
    };
    ask_about_stack(light);
    table.add(std::move(light));
  }
}

}  // namespace

void add_convolution_commands(CommandTable& table) {
  add_convolve(table);
  add_shadows(table);
}

}  // namespace smear::imagej
