// SPDX-License-Identifier: Apache-2.0
#include "similarity.h"

#include <algorithm>
#include <array>

namespace smear::vae {
namespace {

using torch::Tensor;

constexpr std::int64_t full_window = 11;
constexpr double sigma = 1.5;
constexpr double c1 = 0.01 * 0.01;
constexpr double c2 = 0.03 * 0.03;
constexpr std::array scale_weights{0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

std::int64_t window_for(const Tensor& image) {
  const auto edge = std::min({full_window, image.size(2), image.size(3)});
  return edge % 2 == 0 ? edge - 1 : edge;
}

/// The Gaussian-weighted mean around each place at which the window fits.
Tensor smoothed(const Tensor& image, std::int64_t window) {
  const auto channels = image.size(1);
  auto line = at::arange(window, image.options()) - static_cast<double>(window / 2);
  line = (line.square() / (-2.0 * sigma * sigma)).exp();
  line = line / line.sum();
  const auto rows = line.view({1, 1, -1, 1}).repeat({channels, 1, 1, 1});
  const auto columns = line.view({1, 1, 1, -1}).repeat({channels, 1, 1, 1});
  const auto along = [&](const Tensor& from, const Tensor& kernel) {
    return at::conv2d(from, kernel, /*bias=*/{}, at::IntArrayRef{1}, at::IntArrayRef{0},
                      at::IntArrayRef{1}, channels);
  };
  return along(along(image, rows), columns);
}

struct Terms {
  Tensor whole;               ///< luminance times contrast and structure
  Tensor contrast_structure;  ///< {n} each
};

Terms terms(const Tensor& a, const Tensor& b) {
  const auto window = window_for(a);
  const auto mean_a = smoothed(a, window);
  const auto mean_b = smoothed(b, window);
  const auto variance_a = smoothed(a * a, window) - mean_a * mean_a;
  const auto variance_b = smoothed(b * b, window) - mean_b * mean_b;
  const auto covariance = smoothed(a * b, window) - mean_a * mean_b;
  const auto structure = (2.0 * covariance + c2) / (variance_a + variance_b + c2);
  const auto luminance = (2.0 * mean_a * mean_b + c1) / (mean_a * mean_a + mean_b * mean_b + c1);
  return {(luminance * structure).mean({1, 2, 3}), structure.mean({1, 2, 3})};
}

std::size_t scales_that_fit(const Tensor& image) {
  std::size_t scales = 1;
  auto edge = std::min(image.size(2), image.size(3));
  while (scales < scale_weights.size() && edge / 2 >= full_window) {
    edge /= 2;
    ++scales;
  }
  return scales;
}

}  // namespace

Tensor ssim(const Tensor& a, const Tensor& b) {
  return terms(a.contiguous(), b.contiguous()).whole;
}

Tensor ms_ssim(const Tensor& a_full, const Tensor& b_full) {
  auto a = a_full.contiguous();
  auto b = b_full.contiguous();
  const auto scales = scales_that_fit(a);
  double sum = 0.0;
  for (std::size_t i = 0; i < scales; ++i) sum += scale_weights[i];
  Tensor product;
  for (std::size_t i = 0; i < scales; ++i) {
    const auto found = terms(a, b);
    const auto base = i + 1 < scales ? found.contrast_structure : found.whole;
    // The power's gradient is infinite at 0.
    const auto factor = base.clamp_min(1e-6).pow(scale_weights[i] / sum);
    product = product.defined() ? product * factor : factor;
    if (i + 1 < scales) {
      a = at::avg_pool2d(a, 2);
      b = at::avg_pool2d(b, 2);
    }
  }
  return product;
}

Tensor psnr(const Tensor& a, const Tensor& b) {
  return -10.0 * (a - b).square().mean({1, 2, 3}).log10();
}

}  // namespace smear::vae
