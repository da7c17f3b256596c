// SPDX-License-Identifier: Apache-2.0
#include "smear/resample.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "smear/errors.h"

namespace smear {
namespace {

/// The cubic convolution kernel of Keys with a = -1/2 (Catmull-Rom) at distance `d`.
double cubic(double d) {
  if (d >= 2.0) return 0.0;
  if (d >= 1.0) return ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0;
  return (1.5 * d - 2.5) * d * d + 1.0;
}

/// Along one axis, output i is the sum of inputs first[i] + k, weighted by weights[i * taps + k].
struct Axis {
  int taps = 0;
  std::vector<int> first;
  std::vector<float> weights;
};

Axis make_axis(int in, int out, Interpolation interpolation) {
  const double step = static_cast<double>(in) / out;
  const bool area = interpolation == Interpolation::area;
  const bool bilinear = interpolation == Interpolation::bilinear;
  const int reach = area ? static_cast<int>(std::ceil(step)) + 1 : bilinear ? 2 : 4;
  Axis axis;
  axis.taps = std::min(reach, in);
  const auto taps = static_cast<std::size_t>(axis.taps);
  std::vector<double> weights(taps);
  for (int i = 0; i < out; ++i) {
    const double left = static_cast<double>(static_cast<std::int64_t>(i) * in) / out;
    const double right = static_cast<double>(static_cast<std::int64_t>(i + 1) * in) / out;
    const double centre = (i + 0.5) * step - 0.5;
    const int begin = static_cast<int>(std::floor(area ? left : centre)) - (reach == 4 && !area);
    const int first = std::clamp(begin, 0, in - axis.taps);
    std::ranges::fill(weights, 0.0);
    for (int position = begin; position < begin + reach; ++position) {
      const double distance = std::abs(position - centre);
      const double weight =
          area ? std::max(0.0, std::min(position + 1.0, right) - std::max<double>(position, left)) /
                     step
          : bilinear ? 1.0 - distance
                     : cubic(distance);
      weights[static_cast<std::size_t>(std::clamp(position, 0, in - 1) - first)] += weight;
    }
    axis.first.push_back(first);
    for (const double weight : weights) axis.weights.push_back(static_cast<float>(weight));
  }
  return axis;
}

/// The axis of a kernel that is stretched by the step, so that each input pixel counts. What lies
/// outside of the image has no weight.
Axis make_antialiased_axis(int in, int out, Interpolation interpolation) {
  const double step = static_cast<double>(in) / out;
  const bool bilinear = interpolation == Interpolation::bilinear;
  const double support = (bilinear ? 1.0 : 2.0) * step;
  Axis axis;
  axis.taps = std::min(static_cast<int>(std::ceil(2.0 * support)) + 1, in);
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * step - 0.5;
    const int first = std::clamp(static_cast<int>(std::ceil(centre - support)), 0, in - axis.taps);
    std::vector<double> weights;
    double sum = 0.0;
    for (int k = 0; k < axis.taps; ++k) {
      const double distance = std::abs(first + k - centre) / step;
      weights.push_back(bilinear ? std::max(0.0, 1.0 - distance) : cubic(distance));
      sum += weights.back();
    }
    axis.first.push_back(first);
    for (const double weight : weights) axis.weights.push_back(static_cast<float>(weight / sum));
  }
  return axis;
}

struct Resampling {
  Interpolation interpolation = Interpolation::bilinear;
  bool antialias = false;

  [[nodiscard]] Axis axis(int in, int out) const {
    const bool stretched = antialias && in > out && interpolation != Interpolation::area;
    return stretched ? make_antialiased_axis(in, out, interpolation)
                     : make_axis(in, out, interpolation);
  }
};

/// Columns first, a whole row at a time: that part runs over all of the input and vectorises well.
template <typename Value, int channels>
cv::Mat resampled(const cv::Mat& input, cv::Size size, const Resampling& resampling) {
  const Axis rows = resampling.axis(input.rows, size.height);
  const Axis columns = resampling.axis(input.cols, size.width);
  cv::Mat result(size, input.type());
  std::vector<float> line(static_cast<std::size_t>(input.cols) * channels);
  for (int y = 0; y < size.height; ++y) {
    std::ranges::fill(line, 0.0F);
    const float* weights =
        &rows.weights[static_cast<std::size_t>(y) * static_cast<std::size_t>(rows.taps)];
    for (int k = 0; k < rows.taps; ++k) {
      const auto* from = input.ptr<Value>(rows.first[static_cast<std::size_t>(y)] + k);
      for (std::size_t i = 0; i < line.size(); ++i)
        line[i] += weights[k] * static_cast<float>(from[i]);
    }
    auto* to = result.ptr<Value>(y);
    weights = columns.weights.data();
    for (int x = 0; x < size.width; ++x, weights += columns.taps) {
      const float* from =
          &line[static_cast<std::size_t>(columns.first[static_cast<std::size_t>(x)]) * channels];
      for (int c = 0; c < channels; ++c) {
        float sum = 0.0F;
        for (int k = 0; k < columns.taps; ++k) sum += weights[k] * from[k * channels + c];
        *to++ = cv::saturate_cast<Value>(sum);
      }
    }
  }
  return result;
}

template <typename Pixel>
cv::Mat nearest(const cv::Mat& input, cv::Size size) {
  const auto source_of = [](std::int64_t i, int in, int out) {
    return static_cast<int>((2 * i + 1) * in / (2 * std::int64_t{out}));
  };
  std::vector<int> columns;
  for (int x = 0; x < size.width; ++x) columns.push_back(source_of(x, input.cols, size.width));
  cv::Mat result(size, input.type());
  for (int y = 0; y < size.height; ++y) {
    const auto* from = input.ptr<Pixel>(source_of(y, input.rows, size.height));
    auto* to = result.ptr<Pixel>(y);
    for (const int column : columns) *to++ = from[column];
  }
  return result;
}

cv::Mat nearest(const Image& image, cv::Size size) {
  switch (image.type()) {
    case PixelType::grey8: return nearest<uchar>(image.pixels(), size);
    case PixelType::rgb8: return nearest<cv::Vec3b>(image.pixels(), size);
    case PixelType::grey16: return nearest<ushort>(image.pixels(), size);
    case PixelType::float32: return nearest<float>(image.pixels(), size);
    case PixelType::label32: return nearest<int>(image.pixels(), size);
  }
  return {};
}

cv::Mat interpolated(const Image& image, cv::Size size, const Resampling& resampling) {
  switch (image.type()) {
    case PixelType::grey8: return resampled<uchar, 1>(image.pixels(), size, resampling);
    case PixelType::rgb8: return resampled<uchar, 3>(image.pixels(), size, resampling);
    case PixelType::grey16: return resampled<ushort, 1>(image.pixels(), size, resampling);
    case PixelType::float32: return resampled<float, 1>(image.pixels(), size, resampling);
    case PixelType::label32: break;
  }
  return {};
}

std::optional<PixelSize> scaled(std::optional<PixelSize> pixel_size, cv::Size from, cv::Size to) {
  if (!pixel_size) return pixel_size;
  pixel_size->x_um *= static_cast<double>(from.width) / to.width;
  pixel_size->y_um *= static_cast<double>(from.height) / to.height;
  return pixel_size;
}

void check_size(int width, int height) {
  if (width < 1 || height < 1)
    throw SampleError("an image cannot be scaled to " + std::to_string(width) + " x " +
                      std::to_string(height) + " pixels");
}

}  // namespace

Image resample(const Image& image, int width, int height, Interpolation interpolation,
               bool antialias) {
  const bool to_nearest = interpolation == Interpolation::nearest;
  check_size(width, height);
  if (image.type() == PixelType::label32 && !to_nearest)
    throw SampleError("labels cannot be interpolated, a mean of two labels means nothing");
  const cv::Size size(width, height);
  cv::Mat pixels =
      to_nearest ? nearest(image, size) : interpolated(image, size, {interpolation, antialias});
  return Image(std::move(pixels), scaled(image.pixel_size(), image.pixels().size(), size));
}

namespace {

/// Along one axis, output i is the sum of the inputs from `first[i]` on, by weights in units of
/// 2^-22.
struct FixedAxis {
  static constexpr int bits = 22;
  std::vector<int> first;
  std::vector<std::vector<int>> weights;
};

FixedAxis fixed_axis(int in, int out) {
  const double scale = static_cast<double>(in) / out;
  const double support = std::max(scale, 1.0);  // of the stretched triangle
  FixedAxis axis;
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(centre - support + 0.5));
    const int last = std::min(in, static_cast<int>(centre + support + 0.5));
    std::vector<double> weights;
    double sum = 0.0;
    for (int k = first; k < last; ++k) {
      weights.push_back(std::max(0.0, 1.0 - std::abs((k - centre + 0.5) * (1.0 / support))));
      sum += weights.back();
    }
    std::vector<int> fixed;
    for (const double weight : weights)
      fixed.push_back(static_cast<int>(0.5 + weight / sum * (1 << FixedAxis::bits)));
    axis.first.push_back(first);
    axis.weights.push_back(std::move(fixed));
  }
  return axis;
}

/// The sum of bytes that lie `stride` apart, rounded.
uchar weighted(const uchar* from, std::ptrdiff_t stride, const std::vector<int>& weights) {
  int sum = 1 << (FixedAxis::bits - 1);
  for (const int weight : weights) {
    sum += *from * weight;
    from += stride;
  }
  return static_cast<uchar>(std::clamp(sum >> FixedAxis::bits, 0, 255));
}

cv::Mat columns_scaled(const cv::Mat& input, int width) {
  const auto axis = fixed_axis(input.cols, width);
  const int channels = input.channels();
  cv::Mat result(input.rows, width, input.type());
  for (int y = 0; y < input.rows; ++y) {
    const uchar* from = input.ptr<uchar>(y);
    uchar* to = result.ptr<uchar>(y);
    for (int x = 0; x < width; ++x) {
      const auto at = static_cast<std::size_t>(x);
      for (int c = 0; c < channels; ++c)
        *to++ = weighted(from + axis.first[at] * channels + c, channels, axis.weights[at]);
    }
  }
  return result;
}

cv::Mat rows_scaled(const cv::Mat& input, int height) {
  const auto axis = fixed_axis(input.rows, height);
  const int bytes = input.cols * input.channels();
  cv::Mat result(height, input.cols, input.type());
  for (int y = 0; y < height; ++y) {
    const auto at = static_cast<std::size_t>(y);
    const uchar* from = input.ptr<uchar>(axis.first[at]);
    uchar* to = result.ptr<uchar>(y);
    for (int x = 0; x < bytes; ++x)
      to[x] = weighted(from + x, static_cast<std::ptrdiff_t>(input.step), axis.weights[at]);
  }
  return result;
}

}  // namespace

Image resample_as_pillow(const Image& image, int width, int height) {
  if (image.type() != PixelType::grey8 && image.type() != PixelType::rgb8)
    throw SampleError("only 8-bit images are scaled as Pillow does, this one is " +
                      std::string(name_of(image.type())));
  check_size(width, height);
  cv::Mat pixels = image.pixels();
  if (width != pixels.cols) pixels = columns_scaled(pixels, width);
  if (height != pixels.rows) pixels = rows_scaled(pixels, height);
  return Image(std::move(pixels),
               scaled(image.pixel_size(), image.pixels().size(), cv::Size(width, height)));
}

}  // namespace smear
