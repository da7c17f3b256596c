// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "smear/image.h"

namespace smear {

/// The light that falls on a slide, one smooth surface a channel: a polynomial of the pixel
/// coordinates fitted robustly to the image's bright, unstained background.
class Illumination {
 public:
  /// Fits polynomials of `order` (1..3; less where there is too little background to carry that).
  /// Nothing where there is no background with a positive level, as in a black image.
  /// Throws `SampleError` for label images.
  static std::optional<Illumination> fitted(const Image& image, int order);

  /// The surface's mean over the image.
  [[nodiscard]] double mean(int channel) const { return at(channel).mean; }

  /// Writes row `y` of `channel` to every `stride`-th place of `levels`, `width()` of them. Nowhere
  /// less than a quarter of the channel's highest level.
  void write_row(int channel, int y, int stride, float* levels) const;

 private:
  using Monomials = std::array<double, 10>;

  /// One channel's surface, and what it comes to over the image.
  struct Surface {
    Monomials coefficients{};
    double mean = 0.0;
    double highest = 0.0;
  };

  [[nodiscard]] const Surface& at(int channel) const {
    return surfaces_[static_cast<std::size_t>(channel)];
  }

  int width_ = 0;
  int height_ = 0;
  std::vector<Surface> surfaces_;
};

}  // namespace smear
