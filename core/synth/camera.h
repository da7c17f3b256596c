// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "synth/cell-painter.h"
#include "synth/palette.h"
#include "synth/random.h"
#include "synth/texture.h"

namespace smear::synth {

/// Microscope and camera of one image: uneven light, a blur, and noise of light and sensor.
class Camera {
 public:
  Camera(cv::Size size, double red_radius, const Palette& palette, Random& random);

  /// How many pixels around a part of the image contribute to it.
  [[nodiscard]] int margin() const { return static_cast<int>(kernel_.size()) - 1; }

  /// Exposes `rows` rows of `image` (CV_8UC3, RGB) from row `top` on; the layer must hold the part
  /// and the margin around it.
  void expose(const AbsorbanceLayer& layer, int top, int rows, cv::Mat& image) const;

 private:
  [[nodiscard]] cv::Mat transmitted(const AbsorbanceLayer& layer) const;
  [[nodiscard]] cv::Mat blurred(const cv::Mat& light) const;
  void develop_row(const float* light, int y, cv::Mat& image) const;
  [[nodiscard]] float illumination(int x, int y) const;

  cv::Size size_;
  Palette palette_;
  std::vector<float> kernel_;  // the half from the middle outward
  float vignette_;
  float slope_x_;
  float slope_y_;
  float shot_noise_;    // standard deviation in full light, grey levels
  float sensor_noise_;  // standard deviation in the dark, grey levels
  Texture film_;        // plasma dried on the glass
  float film_scale_;
  float film_density_;
  std::uint64_t noise_seed_;
};

}  // namespace smear::synth
