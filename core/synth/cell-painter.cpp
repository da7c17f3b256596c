// SPDX-License-Identifier: Apache-2.0
#include "synth/cell-painter.h"

#include <algorithm>
#include <cmath>

#include "synth/portable-math.h"
#include "synth/random.h"
#include "synth/texture.h"

namespace smear::synth {
namespace {

// Adds density_at(p) to every pixel of the layer within `reach` of `centre`; p is relative to it.
template <typename DensityAt>
void add_around(Point centre, float reach, AbsorbanceLayer& layer, DensityAt density_at) {
  const int left = std::max(static_cast<int>(std::floor(centre.x - reach)), layer.left);
  const int top = std::max(static_cast<int>(std::floor(centre.y - reach)), layer.top);
  const int right =
      std::min(static_cast<int>(std::ceil(centre.x + reach)), layer.left + layer.density.cols - 1);
  const int bottom =
      std::min(static_cast<int>(std::ceil(centre.y + reach)), layer.top + layer.density.rows - 1);
  for (int y = top; y <= bottom; ++y) {
    auto* row = layer.density.ptr<cv::Vec3f>(y - layer.top);
    for (int x = left; x <= right; ++x) {
      const Absorbance added =
          density_at(Point{static_cast<float>(x) - centre.x, static_cast<float>(y) - centre.y});
      cv::Vec3f& pixel = row[x - layer.left];
      pixel[0] += added.red;
      pixel[1] += added.green;
      pixel[2] += added.blue;
    }
  }
}

// How much of a pixel at this depth below a surface is inside it.
float coverage(float depth) { return clamp01(depth + 0.5F); }

// Thickness of a dried biconcave disc relative to its ring: flat with a steep rim, and thinned out
// to nearly nothing in a middle whose relative width and paleness differ from cell to cell.
float biconcave(float rho, float rho_from_pale, float pallor, float width) {
  const float rho3 = rho * rho * rho;
  const float flat = std::sqrt(std::max(1.0F - 0.5F * rho3 * rho3, 0.0F));
  return flat * (1.0F - pallor * (1.0F - smooth_step(0.08F, 0.82F * width, rho_from_pale)));
}

class RedPainter {
 public:
  RedPainter(const Cell& cell, const Palette& palette)
      : cell_(cell),
        stain_(palette.red_cell * cell.stain),
        rim_width_(0.11F * static_cast<float>(cell.radius)),
        texture_(cell.texture_seed) {}

  [[nodiscard]] float reach() const { return cell_.outline.largest_radius() + 3.0F * rim_width_; }

  Absorbance operator()(Point p) const {
    const float distance = std::sqrt(p.x * p.x + p.y * p.y);
    const float edge = cell_.outline.radius_towards(p.x, p.y);
    const float depth = edge - distance;
    // Light refracted at the rim leaves a dark line inside and a faint bright one outside.
    const float halo = depth < 0.0F ? -0.03F * bell((depth + rim_width_) / rim_width_) : 0.0F;
    if (depth < -0.5F) return Absorbance{1.0F, 1.0F, 1.0F} * halo;
    const float dx = p.x / edge - cell_.pallor_offset.x;
    const float dy = p.y / edge - cell_.pallor_offset.y;
    const float body =
        biconcave(distance / edge, std::sqrt(dx * dx + dy * dy), cell_.pallor, cell_.pallor_width);
    const float rim = 0.16F * bell((depth - rim_width_) / rim_width_);
    const float scale = 2.2F / static_cast<float>(cell_.radius);
    const float mottling = 0.94F + 0.12F * texture_.at(p.x * scale, p.y * scale);
    const float thickness = (body + rim) * mottling;
    return stain_ * (thickness * coverage(depth)) + Absorbance{1.0F, 1.0F, 1.0F} * halo;
  }

 private:
  const Cell& cell_;
  Absorbance stain_;
  float rim_width_;
  Texture texture_;
};

// What distinguishes the kinds of white cells beside the shapes.
struct WhiteLook {
  Absorbance cytoplasm;
  Absorbance granule;
  float cytoplasm_grain;  // contrast of the cytoplasm's texture
  float chromatin_scale;  // its clumps per radius
  float chromatin_grain;  // its contrast
  float nucleus_strength;
  int nucleoli;
};

WhiteLook look_of(const Cell& cell, const Palette& palette) {
  switch (cell.subtype) {
    case Subtype::lymphocyte: return {palette.basophilic * 0.85F, {}, 0.3F, 4.0F, 0.55F, 1.08F, 0};
    case Subtype::monocyte:
      return {palette.monocytic, palette.neutrophilic * 0.5F, 0.5F, 5.0F, 0.5F, 0.82F, 0};
    case Subtype::eosinophil:
      return {
          palette.eosinophilic * 0.35F, palette.eosinophilic * 0.64F, 0.3F, 4.5F, 0.4F, 0.9F, 0};
    case Subtype::blast:
      return {palette.basophilic * 1.15F,
              {},
              0.3F,
              7.0F,
              0.32F,
              0.78F,
              1 + static_cast<int>(cell.texture_seed % 3)};
    default:
      return {
          palette.neutrophilic * 0.85F, palette.neutrophilic * 0.8F, 0.4F, 4.5F, 0.52F, 1.0F, 0};
  }
}

class WhitePainter {
 public:
  WhitePainter(const Cell& cell, const Palette& palette)
      : cell_(cell),
        look_(look_of(cell, palette)),
        nucleus_(palette.nucleus * (look_.nucleus_strength * cell.stain)),
        texture_(cell.texture_seed),
        radius_(static_cast<float>(cell.radius)) {
    Random random(cell.texture_seed);
    for (int i = 0; i < look_.nucleoli; ++i) {
      const double turns = random.uniform();
      const double distance = cell.radius * random.uniform(0.1, 0.55);
      nucleoli_[i] = {static_cast<float>(distance * cosine_of_turns(turns)),
                      static_cast<float>(distance * sine_of_turns(turns))};
    }
    nucleolus_radius_ = radius_ * static_cast<float>(random.uniform(0.12, 0.18));
  }

  [[nodiscard]] float reach() const { return cell_.outline.largest_radius() + 1.0F; }

  Absorbance operator()(Point p) const {
    const float depth = cell_.depth(p);
    if (depth <= -0.5F) return {};
    const float nucleus_depth = cell_.nucleus_depth(p, depth);
    const float inside = smooth_step(-0.6F, 0.8F, nucleus_depth);
    const Absorbance body = inside < 1.0F ? cytoplasm(p, depth) : Absorbance{};
    const Absorbance core = inside > 0.0F ? chromatin(p, nucleus_depth) : Absorbance{};
    return mix(body, core, inside) * coverage(depth);
  }

 private:
  [[nodiscard]] Absorbance cytoplasm(Point p, float depth) const {
    const float scale = 7.0F / radius_;
    const float grain = texture_.rough(p.x * scale + 91.0F, p.y * scale + 47.0F) - 0.5F;
    const float edge = 0.2F * bell((depth - 0.07F * radius_) / (0.08F * radius_));
    return look_.cytoplasm * (cell_.stain * (0.95F + look_.cytoplasm_grain * grain + edge));
  }

  [[nodiscard]] Absorbance chromatin(Point p, float depth) const {
    const float scale = look_.chromatin_scale / radius_;
    // Clumps have edges: the contrast of the smooth noise is raised.
    const float noise = texture_.rough(p.x * scale, p.y * scale);
    const float clumps = smooth_step(0.28F, 0.72F, noise) - 0.5F;
    const float membrane = 0.1F * bell((depth - 0.06F * radius_) / (0.07F * radius_));
    float strength = 0.95F + look_.chromatin_grain * clumps + membrane;
    for (int i = 0; i < look_.nucleoli; ++i) {
      const float x = p.x - nucleoli_[i].x;
      const float y = p.y - nucleoli_[i].y;
      strength -= 0.48F * bell(std::sqrt(x * x + y * y) / nucleolus_radius_);
    }
    return nucleus_ * std::max(strength, 0.3F);
  }

  const Cell& cell_;
  WhiteLook look_;
  Absorbance nucleus_;
  Texture texture_;
  float radius_;
  Point nucleoli_[3];
  float nucleolus_radius_ = 1.0F;
};

class PlateletPainter {
 public:
  PlateletPainter(const Cell& cell, const Palette& palette)
      : cell_(cell), stain_(palette.platelet * cell.stain), texture_(cell.texture_seed) {}

  [[nodiscard]] float reach() const { return cell_.outline.largest_radius() + 1.0F; }

  Absorbance operator()(Point p) const {
    const float depth = cell_.depth(p);
    if (depth <= -0.5F) return {};
    const auto radius = static_cast<float>(cell_.radius);
    const float scale = 3.0F / radius;
    const float grain = texture_.rough(p.x * scale, p.y * scale) - 0.5F;
    const float middle = smooth_step(0.0F, 0.7F * radius, depth);
    return stain_ * ((0.4F + 0.45F * middle + 0.5F * grain) * coverage(depth));
  }

 private:
  const Cell& cell_;
  Absorbance stain_;
  Texture texture_;
};

void paint_granules(const Cell& cell, Absorbance stain, AbsorbanceLayer& layer) {
  Random random(mix_seeds(cell.texture_seed, 1));
  for (int i = 0; i < cell.granules.count; ++i) {
    const double turns = random.uniform();
    const double distance = 0.93 * std::sqrt(random.uniform());
    const float radius = cell.granules.radius * static_cast<float>(random.uniform(0.75, 1.25));
    const auto x = static_cast<float>(cosine_of_turns(turns));
    const auto y = static_cast<float>(sine_of_turns(turns));
    const float far = static_cast<float>(distance) * cell.outline.radius_towards(x, y);
    const Point p{x * far, y * far};
    // Granules show through the nucleus hardly at all.
    const bool hidden =
        !cell.nucleus.empty() && cell.nucleus_depth(p, cell.depth(p)) > 0.3F * radius;
    const Absorbance spot = stain * (cell.stain * (hidden ? 0.12F : 1.0F));
    const Point centre{cell.centre.x + p.x, cell.centre.y + p.y};
    add_around(centre, 2.0F * radius + 1.0F, layer, [&](Point q) {
      const float r = std::sqrt(q.x * q.x + q.y * q.y);
      const bool inside = cell.depth({p.x + q.x, p.y + q.y}) > 0.0F;
      return inside ? spot * bell(r / radius) : Absorbance{};
    });
  }
}

bool touches(const Cell& cell, const AbsorbanceLayer& layer) {
  const float reach = 1.5F * cell.outline.largest_radius() + 2.0F;
  return cell.centre.y + reach > static_cast<float>(layer.top) &&
         cell.centre.y - reach < static_cast<float>(layer.top + layer.density.rows);
}

template <typename Painter>
void paint_with(const Painter& painter, const Cell& cell, AbsorbanceLayer& layer) {
  add_around(cell.centre, painter.reach(), layer, painter);
}

}  // namespace

void paint_cell(const Cell& cell, const Palette& palette, AbsorbanceLayer& layer) {
  if (!touches(cell, layer)) return;
  switch (cell.cell_class) {
    case CellClass::red: return paint_with(RedPainter(cell, palette), cell, layer);
    case CellClass::white:
      paint_with(WhitePainter(cell, palette), cell, layer);
      return paint_granules(cell, look_of(cell, palette).granule, layer);
    case CellClass::platelet:
      paint_with(PlateletPainter(cell, palette), cell, layer);
      return paint_granules(cell, palette.platelet * 0.7F, layer);
  }
}

}  // namespace smear::synth
