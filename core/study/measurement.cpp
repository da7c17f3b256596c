// SPDX-License-Identifier: Apache-2.0
#include "study/measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "smear/errors.h"
#include "study/clustered-features.h"
#include "study/clustered-values.h"
#include "study/csv-table.h"

namespace smear::study {
namespace {

namespace fs = std::filesystem;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Feature {
  std::string_view measure;
  std::string_view column;  // of the table of cells
};
constexpr std::array features{Feature{"area", "area_px"}, Feature{"circularity", "circularity"},
                              Feature{"solidity", "solidity"},
                              Feature{"boundary_roughness", "boundary_roughness"}};

/// What is measured once an image: the table's file, its column, and the measure.
struct PerImage {
  std::string_view file;
  std::string_view column;
  std::string_view measure;
};
constexpr std::array per_image{PerImage{"comparison.csv", "mse", "mse"},
                               PerImage{"comparison.csv", "ssim", "ssim"},
                               PerImage{"divergence.csv", "kl", "kl"},
                               PerImage{"diversity.csv", "mse", "diversity"},
                               PerImage{"sharpness.csv", "laplacian_variance", "sharpness"},
                               PerImage{"classification.csv", "probability", "malignancy"}};

using Places = std::unordered_map<std::string, std::size_t>;

std::vector<double> column_of(const CsvTable& table, std::string_view column,
                              const Places& places) {
  std::vector<double> values(places.size(), nan);
  for (std::size_t row = 0; row < table.rows(); ++row)
    if (const auto it = places.find(table.text(row, "image")); it != places.end())
      values[it->second] = table.number(row, column);
  return values;
}

/// The rows of whole white cells, by image.
std::vector<Features> cells_of(const CsvTable& table, const Places& places) {
  std::vector<Features> cells(places.size());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto it = places.find(table.text(row, "image"));
    if (it == places.end() || table.text(row, "class") != "white-cell" ||
        table.number(row, "touches_edge") != 0.0)
      continue;
    Features cell(1, static_cast<int>(features.size()));
    bool known = true;
    for (std::size_t f = 0; f < features.size(); ++f) {
      const double value = table.number(row, features[f].column);
      known = known && std::isfinite(value);
      cell(0, static_cast<int>(f)) = value;
    }
    if (known) cells[it->second].push_back(cell);
  }
  return cells;
}

Features joined(const std::vector<Features>& cells) {
  Features all;
  for (const auto& some : cells)
    if (!some.empty()) all.push_back(some);
  return all;
}

std::vector<double> column_of(const Features& cells, int column) {
  std::vector<double> values;
  for (int row = 0; row < cells.rows; ++row) values.push_back(cells(row, column));
  return values;
}

/// Sums over the images, as often as each is drawn.
struct Sums {
  std::vector<double> sums;    // of each image
  std::vector<double> counts;  // what they are divided by

  [[nodiscard]] double mean(const Multiplicities& times) const {
    double sum = 0.0;
    double count = 0.0;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sum += times[i] * sums[i];
      count += times[i] * counts[i];
    }
    return count > 0.0 ? sum / count : nan;
  }
};

/// Fewer images with cells have no spread to speak of.
constexpr std::int64_t least_images = 5;

template <typename Statistic>
Estimate estimate_of(std::size_t images, const std::vector<Multiplicities>& resamples,
                     const Statistic& statistic) {
  Estimate estimate;
  estimate.value = statistic(Multiplicities(images, 1));
  estimate.replicates.reserve(resamples.size());
  for (const auto& times : resamples) estimate.replicates.push_back(statistic(times));
  return estimate;
}

/// The same of a distance, less the bias of the bootstrap.
template <typename Statistic>
Estimate distance_of(std::size_t images, const std::vector<Multiplicities>& resamples,
                     const Statistic& statistic) {
  auto estimate = estimate_of(images, resamples, statistic);
  double sum = 0.0;
  std::int64_t count = 0;
  for (const double replicate : estimate.replicates)
    if (std::isfinite(replicate)) {
      sum += replicate;
      ++count;
    }
  if (count > 0)
    for (double& replicate : estimate.replicates)
      replicate += estimate.value - sum / static_cast<double>(count);
  return estimate;
}

}  // namespace

Estimate mean_of(const std::vector<double>& values, const std::vector<Multiplicities>& resamples) {
  Sums sums;
  for (const double value : values) {
    sums.sums.push_back(std::isnan(value) ? 0.0 : value);
    sums.counts.push_back(std::isnan(value) ? 0.0 : 1.0);
  }
  return estimate_of(values.size(), resamples,
                     [&](const Multiplicities& times) { return sums.mean(times); });
}

Interval difference(const Estimate& of, const Estimate& than, double confidence) {
  std::vector<double> replicates;
  const auto count = std::min(of.replicates.size(), than.replicates.size());
  for (std::size_t i = 0; i < count; ++i)
    replicates.push_back(of.replicates[i] - than.replicates[i]);
  return interval_of(of.value - than.value, std::move(replicates), confidence);
}

bool is_of_shape(std::string_view measure) {
  return is_of_distance(measure) ||
         std::ranges::any_of(features, [&](const Feature& f) { return f.measure == measure; });
}

bool is_of_distance(std::string_view measure) {
  return measure.starts_with("wasserstein_") || measure.starts_with("frechet_");
}

std::int64_t Measured::cell_count() const {
  std::int64_t count = 0;
  for (const auto& some : cells) count += some.rows;
  return count;
}

Measured read_measured(const fs::path& folder, const std::vector<std::string>& images) {
  Measured measured;
  measured.images = images.size();
  Places places;
  for (const auto& image : images) places.emplace(image, places.size());
  std::map<std::string_view, CsvTable> tables;
  for (const auto& what : per_image) {
    auto it = tables.find(what.file);
    if (it == tables.end())
      it = tables.emplace(what.file, CsvTable::read(folder / what.file)).first;
    if (it->second.rows() > 0)
      measured.values.emplace(what.measure, column_of(it->second, what.column, places));
  }
  measured.cells = cells_of(CsvTable::read(folder / "cells.csv"), places);
  // Every image that came through has a sharpness, and not every one has cells.
  if (const auto it = measured.values.find("sharpness"); it != measured.values.end()) {
    std::vector<double> counts;
    for (std::size_t i = 0; i < images.size(); ++i) {
      const bool done = !std::isnan(it->second[i]);
      measured.done += done ? 1 : 0;
      counts.push_back(done ? measured.cells[i].rows : nan);
    }
    measured.values.emplace("cells_per_image", std::move(counts));
  }
  return measured;
}

Reference::Reference(const Measured& measured, std::int64_t least_cells, const std::string& what)
    : cells_(joined(measured.cells)) {
  if (cells_.rows < least_cells)
    throw RunError(fmt::format(
        "only {} whole white cells were found in {} {}, at least {} are needed to compare with: "
        "look at whether the stages of 'cells' find cells in real images of this size, or raise "
        "reference_images",
        cells_.rows, measured.done, what, least_cells));
}

Estimator::Estimator(const Reference& malignant, const Reference& benign, std::int64_t least_cells)
    : standardization_(malignant.cells()), least_cells_(least_cells) {
  for (const auto& [name, reference] :
       {std::pair("malignant", &malignant), std::pair("benign", &benign)}) {
    Known known{name, {}, gaussian_of(standardization_(reference->cells()))};
    for (int f = 0; f < static_cast<int>(features.size()); ++f)
      known.features.push_back(column_of(reference->cells(), f));
    references_.push_back(std::move(known));
  }
}

Estimates Estimator::operator()(const Measured& measured,
                                const std::vector<Multiplicities>& resamples) const {
  Estimates estimates;
  for (const auto& [name, values] : measured.values) {
    auto estimate = mean_of(values, resamples);
    if (!std::isnan(estimate.value)) estimates.emplace(name, std::move(estimate));
  }
  const auto with_cells =
      std::ranges::count_if(measured.cells, [](const Features& cells) { return !cells.empty(); });
  if (measured.cell_count() >= least_cells_ && with_cells >= least_images)
    add_shapes(measured, resamples, estimates);
  return estimates;
}

void Estimator::add_shapes(const Measured& measured, const std::vector<Multiplicities>& resamples,
                           Estimates& estimates) const {
  for (int f = 0; f < static_cast<int>(features.size()); ++f) {
    const std::string name(features[static_cast<std::size_t>(f)].measure);
    Sums sums;
    std::vector<std::vector<double>> clusters;
    for (const auto& cells : measured.cells) {
      clusters.push_back(column_of(cells, f));
      double sum = 0.0;
      for (const double value : clusters.back()) sum += value;
      sums.sums.push_back(sum);
      sums.counts.push_back(cells.rows);
    }
    estimates.emplace(name,
                      estimate_of(measured.images, resamples,
                                  [&](const Multiplicities& times) { return sums.mean(times); }));
    for (const auto& reference : references_) {
      const std::vector<std::vector<double>> real{reference.features[static_cast<std::size_t>(f)]};
      const ClusteredValues values(clusters, real);
      const Multiplicities once{1};
      estimates.emplace(fmt::format("wasserstein_{}.{}", reference.name, name),
                        distance_of(measured.images, resamples, [&](const Multiplicities& times) {
                          return values.wasserstein_distance(times, once);
                        }));
    }
  }
  std::vector<Features> standardised;
  for (const auto& cells : measured.cells)
    standardised.push_back(cells.empty() ? Features() : standardization_(cells));
  const ClusteredFeatures clustered(standardised);
  for (const auto& reference : references_)
    estimates.emplace("frechet_" + reference.name,
                      distance_of(measured.images, resamples, [&](const Multiplicities& times) {
                        return frechet_distance(clustered.gaussian(times), reference.gaussian);
                      }));
}

}  // namespace smear::study
