// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/gaussian-blur.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/core/hal/intrin.hpp>
#include <vector>

namespace smear::imagej {
namespace {

// From this standard deviation on, lines are shrunk first.
constexpr double shrinks_above = 8.5;
// Cells around the part of a shrunk line that is used: what enlarging reaches, and one more.
constexpr int padding = 3;
// Pixels computed at a time, their sums staying in registers.
constexpr int block = 16;

// One half of a symmetric kernel, and for every distance the sum of the weights beyond it.
struct Kernel {
  std::vector<float> weights;
  std::vector<float> tails;
  [[nodiscard]] int size() const { return static_cast<int>(weights.size()); }
};

// A bell curve that is cut off has a step at its end; ImageJ replaces its outermost part by a
// parabola that meets it smoothly.
void end_smoothly(std::vector<float>& weights) {
  const auto size = static_cast<int>(weights.size());
  double slope = std::numeric_limits<double>::max();
  int r = size;
  while (r > size / 2) {
    --r;
    const double candidate =
        std::sqrt(static_cast<double>(weights[static_cast<std::size_t>(r)])) / (size - r);
    if (!(candidate < slope)) break;
    slope = candidate;
  }
  for (int j = r + 2; j < size; ++j)
    weights[static_cast<std::size_t>(j)] =
        static_cast<float>((size - j) * (size - j) * slope * slope);
}

Kernel kernel_of(double sigma, double accuracy, int line_length) {
  const int longest = std::max(50, line_length);
  const int wanted = static_cast<int>(std::ceil(sigma * std::sqrt(-2.0 * std::log(accuracy)))) + 1;
  const int size = std::min(wanted, longest);
  Kernel kernel;
  kernel.weights.resize(static_cast<std::size_t>(size));
  kernel.tails.resize(static_cast<std::size_t>(size));
  for (int i = 0; i < size; ++i)
    kernel.weights[static_cast<std::size_t>(i)] =
        static_cast<float>(std::exp(-0.5 * i * i / sigma / sigma));
  if (size < longest && size > 3) end_smoothly(kernel.weights);

  double sum = 0.0;
  if (size < longest) {
    sum = static_cast<double>(kernel.weights[0]);
    for (std::size_t i = 1; i < kernel.weights.size(); ++i)
      sum += 2.0 * static_cast<double>(kernel.weights[i]);
  } else {
    sum = sigma * std::sqrt(2.0 * std::numbers::pi);
  }
  double rest = 0.5 + 0.5 * static_cast<double>(kernel.weights[0]) / sum;
  for (std::size_t i = 0; i < kernel.weights.size(); ++i) {
    const double weight = static_cast<double>(kernel.weights[i]) / sum;
    kernel.weights[i] = static_cast<float>(weight);
    rest -= weight;
    kernel.tails[i] = static_cast<float>(rest);
  }
  return kernel;
}

// A line with zeros on both sides, so that sums need not ask where it ends.
class PaddedLine {
 public:
  PaddedLine(int length, int margin)
      : cells_(static_cast<std::size_t>(length + 2 * (margin + block)), 0.0F), margin_(margin) {}
  float* data() { return cells_.data() + margin_; }

 private:
  std::vector<float> cells_;
  int margin_;
};

// Adds to the sums of `block` cells their weighted neighbours, the nearest first.
void add_neighbours(const float* at, const Kernel& kernel, float* sums) {
  cv::v_float32x4 fours[block / 4];
  for (int j = 0; j < block / 4; ++j) fours[j] = cv::v_load(sums + 4 * j);
  for (int k = 1; k < kernel.size(); ++k) {
    const auto weight = cv::v_setall_f32(kernel.weights[static_cast<std::size_t>(k)]);
    for (int j = 0; j < block / 4; ++j) {
      const float* cell = at + 4 * j;
      fours[j] += weight * (cv::v_load(cell - k) + cv::v_load(cell + k));
    }
  }
  for (int j = 0; j < block / 4; ++j) cv::v_store(sums + 4 * j, fours[j]);
}

// Blurs cells from..to of a line of `length` (`line` has zeros around it) into `out`, which has
// room for `block` cells more. The order of the additions is what decides the last bit.
void convolve(const float* line, int length, const Kernel& kernel, int from, int to, float* out) {
  const int size = kernel.size();
  const float* weights = kernel.weights.data();
  const float* tails = kernel.tails.data();
  const float first = line[0];
  const float last = line[length - 1];
  for (int start = from; start < to; start += block) {
    float sums[block];
    const float* at = line + start;
    for (int j = 0; j < block; ++j) sums[j] = at[j] * weights[0];
    const int end = std::min(start + block, to);
    for (int i = start; i < std::min(end, size); ++i) sums[i - start] += tails[i] * first;
    for (int i = std::max(start, length - size); i < end; ++i)
      if (i + size > length || i >= size) sums[i - start] += tails[length - 1 - i] * last;
    add_neighbours(at, kernel, sums);
    std::copy_n(sums, block, out + (start - from));
  }
}

// A quadratic spline of three units, for shrinking.
std::vector<float> shrinking_kernel(int unit) {
  std::vector<float> kernel(static_cast<std::size_t>(3 * unit));
  const int middle = unit * 3 / 2;
  for (int i = 0; i < (unit * 3 + 1) / 2; ++i) {
    const double x = i / static_cast<double>(unit);
    const double value =
        (i <= unit / 2 ? 0.75 - x * x : 0.125 + 0.5 * (x - 1.0) * (x - 2.0)) / unit;
    kernel[static_cast<std::size_t>(middle - i)] = static_cast<float>(value);
    kernel[static_cast<std::size_t>(middle + i)] = static_cast<float>(value);
  }
  return kernel;
}

// A cubic spline of four units, for enlarging.
std::vector<float> enlarging_kernel(int unit) {
  std::vector<float> kernel(static_cast<std::size_t>(4 * unit));
  const int middle = 2 * unit;
  for (int i = 0; i < 2 * unit; ++i) {
    const double x = i / static_cast<double>(unit);
    const double value =
        i < unit ? 2.0 / 3.0 - x * x * (1.0 - 0.5 * x) : (2.0 - x) * (2.0 - x) * (2.0 - x) / 6.0;
    kernel[static_cast<std::size_t>(middle - i)] = static_cast<float>(value);
    kernel[static_cast<std::size_t>(middle + i)] = static_cast<float>(value);
  }
  return kernel;
}

// Blurs lines of one length and one range of columns.
class LineBlur {
 public:
  LineBlur(double sigma, double accuracy, int length, int from, int to)
      : unit_(sigma > shrinks_above ? std::min(static_cast<int>(std::floor(sigma / 4.0)), length)
                                    : 1),
        length_(length),
        from_(from),
        to_(to) {
    const bool shrinks = sigma > shrinks_above;
    const int longest = shrinks ? (length + unit_ - 1) / unit_ + 2 * padding : length;
    if (shrinks) {
      // What the two splines blur already.
      sigma = std::sqrt(sigma * sigma / (unit_ * unit_) - 1.0 / 3.0 - 1.0 / 4.0);
      shrinking_ = shrinking_kernel(unit_);
      enlarging_ = enlarging_kernel(unit_);
    }
    kernel_ = kernel_of(sigma, accuracy, longest);
    int cells = length;
    if (shrinks) {
      const int reach = kernel_.size() * unit_;
      const int read_from = std::max(0, from - reach);
      const int read_to = std::min(length, to + reach);
      cells = (read_to - read_from + unit_ - 1) / unit_ + 2 * padding;
      origin_ = read_from - padding * unit_;
    }
    cells_ = cells;
    line_ = PaddedLine(cells, kernel_.size());
    out_.resize(static_cast<std::size_t>(cells + block));
  }

  void run(float* pixels) {
    float* line = line_.data();
    if (shrinking_.empty()) {
      // What is further away than the range needs, ImageJ takes for 0 in the pixels beyond it.
      const int read_to = std::min(length_, to_ + kernel_.size());
      std::copy_n(pixels, read_to, line);
      convolve(line, length_, kernel_, from_, written_to(), out_.data());
      std::copy_n(out_.data(), written_to() - from_, pixels + from_);
      return;
    }
    shrink(pixels, line);
    convolve(line, cells_, kernel_, 0, cells_, out_.data());
    enlarge(pixels);
  }

 private:
  // ImageJ does not stop at the end of the range before the kernel lies within the line.
  [[nodiscard]] int written_to() const { return std::max(to_, std::min(kernel_.size(), length_)); }

  void shrink(const float* pixels, float* line) const {
    int x = origin_ - unit_ - unit_ / 2;
    for (int cell = -1; cell <= cells_; ++cell) {
      float behind = 0.0F;
      float here = 0.0F;
      float ahead = 0.0F;
      for (int i = 0; i < unit_; ++i, ++x) {
        const float value = pixels[std::clamp(x, 0, length_ - 1)];
        const auto at = static_cast<std::size_t>(i);
        const auto unit = static_cast<std::size_t>(unit_);
        behind += value * shrinking_[at + 2 * unit];
        here += value * shrinking_[at + unit];
        ahead += value * shrinking_[at];
      }
      if (cell > 0) line[cell - 1] += behind;
      if (cell >= 0 && cell < cells_) line[cell] += here;
      if (cell + 1 < cells_) line[cell + 1] = ahead;
    }
  }

  void enlarge(float* pixels) const {
    const float* kernel = enlarging_.data();
    for (int x = from_; x < to_; ++x) {
      const int above = x - origin_ + unit_ - 1;
      const float* cell = out_.data() + above / unit_;
      const int i = unit_ - 1 - above % unit_;
      pixels[x] = cell[-2] * kernel[i] + cell[-1] * kernel[i + unit_] +
                  cell[0] * kernel[i + 2 * unit_] + cell[1] * kernel[i + 3 * unit_];
    }
  }

  int unit_;
  int length_;
  int from_;
  int to_;
  int cells_ = 0;
  int origin_ = 0;  // the pixel of cell 0
  Kernel kernel_;
  std::vector<float> shrinking_;
  std::vector<float> enlarging_;
  PaddedLine line_{0, 0};
  std::vector<float> out_;
};

void blur_along_y(cv::Mat& values, const cv::Rect& region, double sigma, double accuracy) {
  cv::Mat part = values.colRange(region.x, region.x + region.width);
  cv::Mat columns;
  cv::transpose(part, columns);
  LineBlur blur(sigma, accuracy, values.rows, region.y, region.y + region.height);
  for (int x = 0; x < columns.rows; ++x) blur.run(columns.ptr<float>(x));
  cv::Mat rows;
  cv::transpose(columns, rows);
  rows.copyTo(part);
}

}  // namespace

void gaussian_blur(cv::Mat& values, const cv::Rect& region, double sigma_x, double sigma_y,
                   double accuracy) {
  // Rows around the region that blurring along y reads. What they are changed to is not to stay.
  const double reach = std::ceil(5.0 * std::max(0.0, sigma_y));
  const int extra = static_cast<int>(std::min(reach, static_cast<double>(values.rows)));
  const int region_end = region.y + region.height;
  const int top = std::max(0, region.y - extra);
  const int bottom = std::min(values.rows, region_end + extra);
  const cv::Mat above = values.rowRange(top, region.y).clone();
  const cv::Mat below = values.rowRange(region_end, bottom).clone();
  if (sigma_x > 0.0) {
    LineBlur blur(sigma_x, accuracy, values.cols, region.x, region.x + region.width);
    for (int y = top; y < bottom; ++y) blur.run(values.ptr<float>(y));
  }
  if (sigma_y > 0.0) blur_along_y(values, region, sigma_y, accuracy);
  // Only in the region's columns: ImageJ blurs further ones of lines that are short for the kernel.
  const cv::Range columns(region.x, region.x + region.width);
  if (!above.empty()) above.colRange(columns).copyTo(values(cv::Range(top, region.y), columns));
  if (!below.empty())
    below.colRange(columns).copyTo(values(cv::Range(region_end, bottom), columns));
}

double gaussian_accuracy(int depth) {
  return depth == CV_8U ? gaussian_accuracy_8_bit : gaussian_accuracy_deep;
}

}  // namespace smear::imagej
