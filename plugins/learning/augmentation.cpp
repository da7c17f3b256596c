// SPDX-License-Identifier: Apache-2.0
#include "learning/augmentation.h"

#include <opencv2/imgproc.hpp>
#include <random>

namespace smear::learning {
namespace {

/// In [0, 1), the same on every standard library.
double uniform(std::mt19937_64& generator) {
  return static_cast<double>(generator() >> 11U) * 0x1.0p-53;
}

double factor(std::mt19937_64& generator, double spread) {
  return 1.0 + spread * (2.0 * uniform(generator) - 1.0);
}

/// Softened by a Gaussian of this sigma in px.
torch::Tensor blurred(const torch::Tensor& image, double sigma) {
  const auto rows = image.permute({0, 2, 3, 1}).contiguous();
  auto result = at::empty_like(rows);
  const auto as_matrix = [](const torch::Tensor& t) {
    return cv::Mat(static_cast<int>(t.size(1)), static_cast<int>(t.size(2)), CV_32FC3,
                   t.data_ptr<float>());
  };
  auto to = as_matrix(result);
  cv::GaussianBlur(as_matrix(rows), to, cv::Size(), sigma, sigma, cv::BORDER_REFLECT_101);
  return result.permute({0, 3, 1, 2});
}

}  // namespace

void Augmentation::describe(OptionSpec& spec) {
  spec.boolean("flip", flip).help("Augmentation: flips at random, in both directions.");
  spec.boolean("rotate", rotate).help("Augmentation: turns by multiples of 90 degrees at random.");
  spec.real("brightness", brightness)
      .range(0.0, 1.0)
      .help("Augmentation: all values times a random factor of 1 - this to 1 + this.");
  spec.real("stain", stain)
      .range(0.0, 1.0)
      .help(
          "Augmentation: each channel's optical density times a random factor of 1 - this to 1 + "
          "this.");
}

void Augmentation::describe_blur(OptionSpec& spec) {
  spec.real("blur", blur)
      .range(0.0, 64.0)
      .unit("px")
      .help("Augmentation: softened by a Gaussian whose sigma is drawn from 0 to this.");
}

torch::Tensor augmented(const torch::Tensor& image, const Augmentation& options,
                        std::uint64_t seed) {
  const torch::NoGradGuard no_gradients;
  std::mt19937_64 generator(seed);
  auto result = image;
  if (options.flip) {
    if (uniform(generator) < 0.5) result = result.flip(2);
    if (uniform(generator) < 0.5) result = result.flip(3);
  }
  if (options.rotate)
    result = at::rot90(result, static_cast<std::int64_t>(4.0 * uniform(generator)), {2, 3});
  if (options.brightness > 0.0)
    result = (result * factor(generator, options.brightness)).clamp(0.0, 1.0);
  if (options.stain > 0.0) {
    const auto density = at::empty({1, 3, 1, 1}, torch::kFloat32);
    for (int channel = 0; channel < 3; ++channel)
      density[0][channel][0][0] = factor(generator, options.stain);
    // Optical density is -log of the transmitted share, so its factor is a power of that share.
    result = result.clamp_min(1.0 / 512.0).pow(density).clamp(0.0, 1.0);
  }
  if (options.blur > 0.0)
    if (const double sigma = options.blur * uniform(generator); sigma > 0.05)
      result = blurred(result, sigma);
  return result.contiguous(torch::MemoryFormat::ChannelsLast);
}

}  // namespace smear::learning
