// SPDX-License-Identifier: Apache-2.0
#include "synth/settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "smear/errors.h"

namespace smear::synth {
namespace {

constexpr double base_radius = 9.0;
constexpr double cells_in_field = 110.0;  // more than the most crowded field has
constexpr double largest_label = 65535.0;

void check_range(const char* what, double value, double low, double high) {
  if (value >= low && value <= high) return;  // a NaN is out of range
  throw ConfigError(fmt::format("{} must be {}..{}, got {}", what, low, high, value));
}

}  // namespace

double default_red_radius(int width, int height) {
  return base_radius * std::max(1.0, std::max(width, height) / 1024.0);
}

double fields_in(double width, double height, double red_radius) {
  const double scale = base_radius / red_radius;
  return width * height * scale * scale / (224.0 * 224.0);
}

SmearSettings checked(SmearSettings settings) {
  for (const int edge : {settings.width, settings.height})
    if (edge < SmearSettings::smallest_edge || edge > SmearSettings::largest_edge)
      throw ConfigError(
          fmt::format("the size of a synthetic smear must be {}..{} px on either edge, got {}x{}",
                      SmearSettings::smallest_edge, SmearSettings::largest_edge, settings.width,
                      settings.height));
  check_range("the fraction of abnormal white cells", settings.abnormal, 0.0, 1.0);
  check_range("the density of cells", settings.density, 0.0, 3.0);
  check_range("the irregularity of white cells", settings.irregularity, 0.0, 5.0);
  if (settings.red_radius == 0.0)
    settings.red_radius = default_red_radius(settings.width, settings.height);
  check_range("the radius of red cells in px", settings.red_radius, 3.0, 400.0);
  const double fields = fields_in(settings.width, settings.height, settings.red_radius);
  if (fields * cells_in_field * settings.density > largest_label)
    throw ConfigError(fmt::format(
        "{}x{} px with red cells of {} px hold more cells than a 16-bit label image can number: "
        "use a smaller size, a lower density or larger cells",
        settings.width, settings.height, settings.red_radius));
  return settings;
}

}  // namespace smear::synth
