// SPDX-License-Identifier: Apache-2.0
#include "synth/nucleus.h"

#include <algorithm>
#include <cmath>

#include "synth/portable-math.h"

namespace smear::synth {
namespace {

// The larger of two depths, rounded off over `width`.
float smooth_max(float a, float b, float width) {
  const float overlap = std::max(width - std::fabs(a - b), 0.0F) / width;
  return std::max(a, b) + overlap * overlap * width * 0.25F;
}

Point on_circle(double radius, double turns) {
  return {static_cast<float>(radius * cosine_of_turns(turns)),
          static_cast<float>(radius * sine_of_turns(turns))};
}

}  // namespace

Nucleus Nucleus::lobed(int lobes, double cell_radius, Random& random) {
  Nucleus nucleus;
  nucleus.strand_ = static_cast<float>(random.uniform(0.3, 0.55));
  nucleus.melting_ = static_cast<float>(0.12 * cell_radius);
  const double lobe_radius = cell_radius * (lobes == 2 ? 0.40 : (lobes == 3 ? 0.35 : 0.30));
  const double ring = cell_radius * (lobes == 2 ? 0.40 : 0.47);
  const double spacing = lobes == 2 ? random.uniform(0.36, 0.5) : random.uniform(0.19, 0.235);
  double turns = random.uniform();
  for (int i = 0; i < lobes; ++i) {
    const double distance = ring * random.uniform(0.8, 1.12);
    const double radius = lobe_radius * random.uniform(0.84, 1.16);
    nucleus.lobes_.push_back({on_circle(distance, turns), static_cast<float>(radius)});
    turns += spacing * random.uniform(0.88, 1.12);
  }
  return nucleus;
}

Nucleus Nucleus::kidney(double cell_radius, Random& random) {
  Nucleus nucleus;
  nucleus.strand_ = 0.97F;
  nucleus.melting_ = static_cast<float>(0.2 * cell_radius);
  const double bend = cell_radius * random.uniform(0.36, 0.44);
  const double thickness = cell_radius * random.uniform(0.33, 0.4);
  const double start = random.uniform();
  const double extent = random.uniform(0.38, 0.56);
  for (int i = 0; i < 5; ++i) {
    const double turns = start + extent * i / 4.0;
    const double radius = thickness * random.uniform(0.92, 1.08);
    nucleus.lobes_.push_back({on_circle(bend, turns), static_cast<float>(radius)});
  }
  return nucleus;
}

Nucleus Nucleus::single(const OutlineShape& shape, Point offset, Random& random) {
  Nucleus nucleus;
  nucleus.outline_ = Outline(shape, random);
  nucleus.lobes_.push_back({offset, static_cast<float>(shape.radius)});
  return nucleus;
}

float Nucleus::strand_depth(const Lobe& a, const Lobe& b, Point p) const {
  const Point along{b.centre.x - a.centre.x, b.centre.y - a.centre.y};
  const Point from{p.x - a.centre.x, p.y - a.centre.y};
  const float length2 = along.x * along.x + along.y * along.y + 1e-6F;
  const float t = clamp01((from.x * along.x + from.y * along.y) / length2);
  const float dx = from.x - t * along.x;
  const float dy = from.y - t * along.y;
  return strand_ * std::min(a.radius, b.radius) - std::sqrt(dx * dx + dy * dy);
}

float Nucleus::depth(Point p) const {
  if (lobes_.size() == 1) {
    const float x = p.x - lobes_[0].centre.x;
    const float y = p.y - lobes_[0].centre.y;
    return outline_.radius_towards(x, y) - std::sqrt(x * x + y * y);
  }
  float depth = -1e6F;
  for (std::size_t i = 0; i < lobes_.size(); ++i) {
    const float x = p.x - lobes_[i].centre.x;
    const float y = p.y - lobes_[i].centre.y;
    depth = smooth_max(depth, lobes_[i].radius - std::sqrt(x * x + y * y), melting_);
    if (i > 0) depth = smooth_max(depth, strand_depth(lobes_[i - 1], lobes_[i], p), melting_);
  }
  return depth;
}

}  // namespace smear::synth
