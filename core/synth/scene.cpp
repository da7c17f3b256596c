// SPDX-License-Identifier: Apache-2.0
#include "synth/scene.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "synth/cell-maker.h"
#include "synth/portable-math.h"
#include "synth/texture.h"

namespace smear::synth {
namespace {

// Mean numbers in a field of the default kind.
constexpr double whites_in_field = 2.0;
constexpr double reds_in_field = 68.0;
constexpr double platelets_in_field = 5.0;

// Finds the cells near a place without looking at all of them.
class Neighbourhood {
 public:
  // No cell may be wider than `reach`.
  Neighbourhood(double width, double height, double reach)
      : reach_(reach),
        columns_(static_cast<int>(width / reach) + 5),
        rows_(static_cast<int>(height / reach) + 5),
        bins_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_)) {}

  void add(Point centre, double radius) {
    bins_[bin(column(centre), row(centre))].push_back({centre, radius});
  }

  // The least distance to another centre, relative to the sum of both radii.
  [[nodiscard]] double clearance(Point centre, double radius) const {
    double least = 1e9;
    for (int y = row(centre) - 1; y <= row(centre) + 1; ++y)
      for (int x = column(centre) - 1; x <= column(centre) + 1; ++x) {
        if (x < 0 || y < 0 || x >= columns_ || y >= rows_) continue;
        for (const Disc& other : bins_[bin(x, y)]) {
          const double dx = other.centre.x - centre.x;
          const double dy = other.centre.y - centre.y;
          least = std::min(least, std::sqrt(dx * dx + dy * dy) / (radius + other.radius));
        }
      }
    return least;
  }

 private:
  struct Disc {
    Point centre;
    double radius;
  };
  // Two bins beyond the border, where the centres of cells may lie that reach into the image.
  [[nodiscard]] int place(double position, int bins) const {
    return std::clamp(static_cast<int>(position / reach_ + 2.0), 0, bins - 1);
  }
  [[nodiscard]] int column(Point p) const { return place(p.x, columns_); }
  [[nodiscard]] int row(Point p) const { return place(p.y, rows_); }
  [[nodiscard]] std::size_t bin(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_) +
           static_cast<std::size_t>(x);
  }

  double reach_;
  int columns_;
  int rows_;
  std::vector<std::vector<Disc>> bins_;
};

class Arrangement {
 public:
  Arrangement(const SmearSettings& settings, Random& random)
      : settings_(settings),
        random_(random),
        maker_(settings.red_radius, settings.irregularity, random),
        crowding_(random.bits()),
        whites_around_(settings.width, settings.height, 5.0 * settings.red_radius),
        reds_around_(settings.width, settings.height, 5.0 * settings.red_radius) {}

  std::vector<Cell> arrange() {
    place_whites();
    place_reds();
    place_platelets();
    std::vector<Cell> all = std::move(reds_);
    std::move(whites_.begin(), whites_.end(), std::back_inserter(all));
    std::move(platelets_.begin(), platelets_.end(), std::back_inserter(all));
    return all;
  }

 private:
  void place_whites() {
    const int count = draw_count(whites_in_field, 1.6);
    for (int i = 0; i < count; ++i) {
      Cell cell = maker_.white(settings_.abnormal, random_);
      for (int attempt = 0; attempt < 20; ++attempt) {
        cell.centre = anywhere(1.6);
        if (whites_around_.clearance(cell.centre, cell.radius) < 1.0) continue;
        whites_around_.add(cell.centre, cell.radius);
        whites_.push_back(std::move(cell));
        break;
      }
    }
  }

  void place_reds() {
    const int count = draw_count(reds_in_field * random_.uniform(0.6, 1.35), 1.0);
    const double stickiness = random_.uniform(0.0, 0.45);
    for (int i = 0; i < count; ++i) {
      Cell cell = maker_.red(random_);
      for (int attempt = 0; attempt < 12; ++attempt) {
        const bool sticks = !reds_.empty() && random_.chance(stickiness);
        cell.centre = sticks ? beside_a_red() : anywhere(1.0);
        // Cells lie loosely in thin places of the smear and crowd in thick ones.
        if (!random_.chance(crowding(cell.centre))) continue;
        const double overlap = random_.chance(0.3) ? random_.uniform(0.6, 0.97) : 0.99;
        if (reds_around_.clearance(cell.centre, cell.radius) < overlap) continue;
        if (whites_around_.clearance(cell.centre, cell.radius) < 0.94) continue;
        reds_around_.add(cell.centre, cell.radius);
        reds_.push_back(std::move(cell));
        break;
      }
    }
  }

  void place_platelets() {
    const int count = draw_count(platelets_in_field * random_.uniform(0.3, 1.7), 0.3);
    for (int i = 0; i < count; ++i) {
      Cell cell = maker_.platelet(random_);
      for (int attempt = 0; attempt < 12; ++attempt) {
        const bool clumps = !platelets_.empty() && random_.chance(0.15);
        cell.centre = clumps ? beside(platelets_.back(), 2.2) : anywhere(0.3);
        const double apart = random_.chance(0.1) ? 0.0 : 1.02;
        if (reds_around_.clearance(cell.centre, cell.radius) < apart) continue;
        if (whites_around_.clearance(cell.centre, cell.radius) < 1.05) continue;
        platelets_.push_back(std::move(cell));
        break;
      }
    }
  }

  // `margin`, in radii of a red cell, is how far outside the image centres may lie.
  int draw_count(double mean_in_field, double margin) {
    const double border = 2.0 * margin * settings_.red_radius;
    const double fields =
        fields_in(settings_.width + border, settings_.height + border, settings_.red_radius);
    return random_.poisson(mean_in_field * fields * settings_.density);
  }

  Point anywhere(double margin) {
    const double border = margin * settings_.red_radius;
    const double x = random_.uniform(-border, settings_.width + border);
    const double y = random_.uniform(-border, settings_.height + border);
    return {static_cast<float>(x), static_cast<float>(y)};
  }

  Point beside_a_red() {
    const auto which = static_cast<double>(reds_.size()) * random_.uniform();
    return beside(reds_[static_cast<std::size_t>(which)], random_.uniform(1.3, 2.1));
  }

  // Its neighbour at a distance of so many radii.
  Point beside(const Cell& cell, double radii) {
    const double turns = random_.uniform();
    return {cell.centre.x + static_cast<float>(radii * cell.radius * cosine_of_turns(turns)),
            cell.centre.y + static_cast<float>(radii * cell.radius * sine_of_turns(turns))};
  }

  [[nodiscard]] double crowding(Point p) const {
    const auto scale = static_cast<float>(1.0 / (9.0 * settings_.red_radius));
    return 0.08 + 0.92 * smooth_step(0.2F, 0.55F, crowding_.rough(p.x * scale, p.y * scale));
  }

  const SmearSettings& settings_;
  Random& random_;
  CellMaker maker_;
  Texture crowding_;
  Neighbourhood whites_around_;
  Neighbourhood reds_around_;
  std::vector<Cell> whites_;
  std::vector<Cell> reds_;
  std::vector<Cell> platelets_;
};

}  // namespace

std::vector<Cell> arrange_cells(const SmearSettings& settings, Random& random) {
  return Arrangement(settings, random).arrange();
}

}  // namespace smear::synth
