// SPDX-License-Identifier: Apache-2.0
#include "synth/camera.h"

#include <algorithm>
#include <cmath>

#include "synth/portable-math.h"

namespace smear::synth {
namespace {

std::vector<float> gaussian_half(double sigma) {
  const int radius = static_cast<int>(std::ceil(3.0 * sigma));
  std::vector<float> half;
  float sum = 0.0F;
  for (int i = 0; i <= radius; ++i) {
    half.push_back(portable_exp(static_cast<float>(-i * i / (2.0 * sigma * sigma))));
    sum += i == 0 ? half.back() : 2.0F * half.back();
  }
  for (float& weight : half) weight /= sum;
  return half;
}

// out[i] = the weighted sum of in[i + k * step], where `in` points at the middle tap.
void convolve(const float* in, std::ptrdiff_t step, const std::vector<float>& half, int count,
              float* out) {
  for (int i = 0; i < count; ++i) out[i] = half[0] * in[i];
  for (std::size_t k = 1; k < half.size(); ++k) {
    const float weight = half[k];
    const float* before = in - static_cast<std::ptrdiff_t>(k) * step;
    const float* after = in + static_cast<std::ptrdiff_t>(k) * step;
    for (int i = 0; i < count; ++i) out[i] += weight * (before[i] + after[i]);
  }
}

std::uint8_t to_grey_level(float value) {
  return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
}

}  // namespace

Camera::Camera(cv::Size size, double red_radius, const Palette& palette, Random& random)
    : size_(size),
      palette_(palette),
      kernel_(gaussian_half(std::max(0.4, red_radius * random.uniform(0.05, 0.1)))),
      vignette_(static_cast<float>(random.uniform(0.03, 0.13))),
      film_(random.bits()),
      film_scale_(static_cast<float>(0.12 / red_radius)),
      film_density_(static_cast<float>(random.uniform(0.0, 0.035))),
      noise_seed_(random.bits()) {
  const double turns = random.uniform();
  const double slope = random.uniform(0.0, 0.06);
  slope_x_ = static_cast<float>(slope * cosine_of_turns(turns));
  slope_y_ = static_cast<float>(slope * sine_of_turns(turns));
  shot_noise_ = static_cast<float>(random.uniform(1.0, 2.6));
  sensor_noise_ = static_cast<float>(random.uniform(0.4, 1.0));
}

void Camera::expose(const AbsorbanceLayer& layer, int top, int rows, cv::Mat& image) const {
  const cv::Mat light = blurred(transmitted(layer));
  const int first = top - layer.top - margin();
  for (int i = 0; i < rows; ++i) develop_row(light.ptr<float>(first + i), top + i, image);
}

cv::Mat Camera::transmitted(const AbsorbanceLayer& layer) const {
  cv::Mat light(layer.density.size(), CV_32FC3);
  for (int row = 0; row < light.rows; ++row) {
    const auto* density = layer.density.ptr<cv::Vec3f>(row);
    auto* out = light.ptr<cv::Vec3f>(row);
    const float v = static_cast<float>(layer.top + row) * film_scale_;
    for (int column = 0; column < light.cols; ++column) {
      const float u = static_cast<float>(layer.left + column) * film_scale_;
      const float film = film_density_ * film_.at(u, v);
      // The film takes up a little more green than the rest: pinkish.
      out[column] = {portable_exp(-density[column][0] - 0.6F * film),
                     portable_exp(-density[column][1] - 1.3F * film),
                     portable_exp(-density[column][2] - 0.8F * film)};
    }
  }
  return light;
}

// Smaller than `light` by the margin on every side.
cv::Mat Camera::blurred(const cv::Mat& light) const {
  const int width = 3 * (light.cols - 2 * margin());
  cv::Mat smoothed_rows(light.rows, width, CV_32FC1);
  for (int row = 0; row < light.rows; ++row)
    convolve(light.ptr<float>(row) + 3 * margin(), 3, kernel_, width,
             smoothed_rows.ptr<float>(row));
  cv::Mat smoothed(light.rows - 2 * margin(), width, CV_32FC1);
  for (int row = 0; row < smoothed.rows; ++row)
    convolve(smoothed_rows.ptr<float>(row + margin()), width, kernel_, width,
             smoothed.ptr<float>(row));
  return smoothed;
}

void Camera::develop_row(const float* light, int y, cv::Mat& image) const {
  // One generator a row: the noise does not depend on how the image is cut into parts.
  Random random(mix_seeds(noise_seed_, static_cast<std::uint64_t>(y)));
  auto* pixels = image.ptr<std::uint8_t>(y);
  for (int x = 0; x < image.cols; ++x) {
    const float lamp = illumination(x, y);
    for (int c = 0; c < 3; ++c) {
      const float value = palette_.background[c] * lamp * light[3 * x + c];
      const float variance =
          sensor_noise_ * sensor_noise_ + shot_noise_ * shot_noise_ * value / 255.0F;
      const float noise = std::sqrt(variance) * static_cast<float>(random.normal());
      pixels[3 * x + c] = to_grey_level(value + noise);
    }
  }
}

float Camera::illumination(int x, int y) const {
  // -1..1 along the longer edge.
  const float half = 0.5F * static_cast<float>(std::max(size_.width, size_.height));
  const float u = (static_cast<float>(x) - 0.5F * static_cast<float>(size_.width)) / half;
  const float v = (static_cast<float>(y) - 0.5F * static_cast<float>(size_.height)) / half;
  return 1.0F - 0.5F * vignette_ * (u * u + v * v) + slope_x_ * u + slope_y_ * v;
}

}  // namespace smear::synth
