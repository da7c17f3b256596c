// SPDX-License-Identifier: Apache-2.0
#include "synth/outline.h"

#include <algorithm>
#include <cmath>

#include "synth/portable-math.h"

namespace smear::synth {
namespace {

struct Harmonic {
  double order;
  double amplitude;
  double phase;
};

// Orders 2..6 with falling weight, scaled so that their joint root mean square is `rms`.
std::array<Harmonic, 5> draw_harmonics(double rms, Random& random) {
  std::array<Harmonic, 5> harmonics{};
  double power = 0.0;
  for (int i = 0; i < 5; ++i) {
    const double amplitude = random.uniform(0.4, 1.0) / (1.0 + 0.6 * i);
    harmonics[static_cast<std::size_t>(i)] = {i + 2.0, amplitude, random.uniform()};
    power += amplitude * amplitude / 2.0;
  }
  for (Harmonic& harmonic : harmonics) harmonic.amplitude *= rms / std::sqrt(power);
  return harmonics;
}

}  // namespace

Outline::Outline(const OutlineShape& shape, Random& random) {
  const auto harmonics = draw_harmonics(shape.irregularity, random);
  const double axis_angle = random.uniform();
  const double spikes = std::floor(random.uniform(9.0, 14.0));
  const double spike_phase = random.uniform();
  const double stretch = std::sqrt(shape.elongation);
  for (int i = 0; i < steps; ++i) {
    const double angle = static_cast<double>(i) / steps;
    const double along = cosine_of_turns(angle - axis_angle) / stretch;
    const double across = sine_of_turns(angle - axis_angle) * stretch;
    double radius = 1.0 / std::sqrt(along * along + across * across);
    double deviation = shape.crenation * sine_of_turns(spikes * angle + spike_phase);
    for (const Harmonic& harmonic : harmonics)
      deviation += harmonic.amplitude * sine_of_turns(harmonic.order * angle + harmonic.phase);
    radius *= shape.radius * std::max(0.3, 1.0 + deviation);
    radii_[static_cast<std::size_t>(i)] = static_cast<float>(radius);
  }
  radii_[steps] = radii_[0];
  radii_[steps + 1] = radii_[1];
  largest_ = *std::max_element(radii_.begin(), radii_.end());
}

float Outline::radius_towards(float x, float y) const {
  const float position = turns_of(x, y) * static_cast<float>(steps);
  const auto step = static_cast<std::size_t>(position);
  return mix(radii_[step], radii_[step + 1], position - static_cast<float>(step));
}

}  // namespace smear::synth
