// SPDX-License-Identifier: Apache-2.0
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "segmentation/cell-scale.h"
#include "segmentation/mask-operations.h"
#include "segmentation/otsu.h"
#include "segmentation/relief.h"
#include "smear/stage.h"

namespace smear {
namespace {

using segmentation::Densities;
using segmentation::dilated;
using segmentation::disk_area;
using segmentation::distance_inside;
using segmentation::filled;
using segmentation::opened;
using segmentation::quantile;
using segmentation::Region;
using segmentation::Relief;
using segmentation::values_in;

// Lengths in red cell radii, areas in red cell areas.
constexpr double working_radius = 13.0;  // pixels
constexpr double most_enlarged = 3.0;    // times
constexpr double opening = 0.08;         // what is narrower is no cell
constexpr double vote_weight = 1.0;      // of the votes beside the distance
constexpr double vote_sigma = 0.04;      // of the Gaussian before the gradient
constexpr double vote_spread = 0.2;      // of the Gaussian that gathers votes
constexpr double vote_slope = 0.3;       // least slope that votes, of the strong ones
constexpr double max_distance = 0.6;     // distances beyond tell nothing more
constexpr double merge_area = 2.0;       // the largest that two parts are merged to
constexpr double merge_seam = 0.95;      // density of the seam, of the parts' median
constexpr double max_nuclear = 0.6;      // share of nucleus in a red cell

class SegmentRedCells final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "segment-red-cells",
      .summary = "Finds red cells, and parts those that touch or overlap.",
      .category = Category::segmentation,
      .details =
          "All lengths are in red cell radii, taken from the pixel size (`smear-scale`); the image "
          "is brought to 13 pixels a radius (enlarged 3 times at most), and labels are brought "
          "back.\n\n"
          "1. *Foreground.* The green optical density above `threshold` times the median of what "
          "is stained (above the lower one of Otsu's two thresholds, white cells and nuclei left "
          "out), and above `noise` times the background's noise (from its negative densities). "
          "White cells and platelets, where their slots are filled, are no red cells. Holes up to "
          "`max_hole` are pale centres and filled; what an opening with a disk of 0.08 radii "
          "removes is dropped.\n"
          "2. *Centres.* Each pixel on a slope votes for centres at 0.6 to 1.3 radii uphill; the "
          "votes are smoothed (sigma 0.2) and scaled so that a full circle gives about 1. The "
          "distance to the background, at most 0.6, is added. Peaks of the sum that rise `depth` "
          "above the saddles around them are cells, and the watershed from them divides the "
          "foreground.\n"
          "3. *Merging.* Two neighbours become one again where their union is convex (solidity at "
          "least `merge_solidity`) and at most 2 red cell areas large, unless the seam is denser "
          "than 0.95 of their median: two cells overlap there.\n"
          "4. Cells smaller than `min_area` (those that the image's edge cuts: `min_edge_area`) "
          "are dropped, and those of which more than 0.6 is nucleus.\n\n"
          "Where the red cell's radius is unknown none is found, with a warning, and none where 99 "
          "% "
          "of the image or more would be cells. Labels are numbered in raster order.",
      .example = R"(name: red-cells
stages:
  - gaussian-blur: {sigma: 0.7}
  - background
  - optical-density
  - smear-scale
  - segment-red-cells
  - overlay: {inputs: {image: source, labels: red-cells}, to: "overlays/{id}.png"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.real("threshold", threshold_)
        .range(0.0, 1.0)
        .help("Density from which on a pixel is cell, in units of the median of red cells.");
    spec.real("noise", noise_)
        .range(0.0, 100.0)
        .unit("standard deviations of the background")
        .help("Least density of a cell's pixel.");
    spec.real("max_hole", max_hole_)
        .range(0.0, 10.0)
        .unit("red cell areas")
        .help("Area of the largest pale centre; larger holes are gaps between cells.");
    spec.real("depth", depth_)
        .range(0.0, 10.0)
        .help("How far a cell's centre stands out from the saddle to its neighbour's.");
    spec.real("merge_solidity", merge_solidity_)
        .range(0.0, 1.0)
        .help("Solidity of the union from which on two parts may be one cell; 1 merges none.");
    spec.real("min_area", min_area_)
        .range(0.0, 10.0)
        .unit("red cell areas")
        .help("Area of the smallest red cell.");
    spec.real("min_edge_area", min_edge_area_)
        .range(0.0, 10.0)
        .unit("red cell areas")
        .help("Area of the smallest one that the image's edge cuts.");
    spec.input("density-red", SlotType::float32);
    spec.input("density-green", SlotType::float32);
    spec.input("density-blue", SlotType::float32);
    spec.input("nuclei", SlotType::mask).optional().help("Where the stain is that of nuclei.");
    spec.input("white-cells", SlotType::label32).optional().help("What is no red cell.");
    spec.input("platelets", SlotType::label32).optional().help("What is no red cell either.");
    spec.output("red-cells", SlotType::label32);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Densities density(info.name, sample);
    cv::Mat labels = cv::Mat::zeros(density.size(), CV_32SC1);
    const auto radius = segmentation::red_cell_radius(density.image());
    const auto given = [&](const char* slot) {
      return segmentation::where_labelled(info.name, sample, slot, density.image());
    };
    if (radius)
      labels =
          segmented(density, given("nuclei"), given("white-cells") | given("platelets"), *radius);
    else
      sample.warn(fmt::format("{} does not know the red cell's radius and finds none", info.name));
    sample.set("red-cells", density.image().with_pixels(std::move(labels)));
  }

 private:
  [[nodiscard]] cv::Mat segmented(const Densities& density, const cv::Mat& nuclei,
                                  const cv::Mat& white, double radius) const {
    const double zoom = std::min(most_enlarged, working_radius / radius);
    const cv::Size size = segmentation::zoomed(density.size(), zoom);
    const double working = radius * zoom;
    const cv::Mat green = segmentation::in_size(density.green(), size);
    const cv::Mat small_nuclei = segmentation::in_size(nuclei, size) > 127;
    const cv::Mat small_white = segmentation::in_size(white, size) > 127;
    const double threshold = stained_from(green, small_nuclei, small_white, working);
    const cv::Mat cells = foreground(green, small_white, threshold, working);
    // A field without any background is no field: a black image, or the inside of one cell.
    if (cv::countNonZero(cells | small_white) >= 0.99 * static_cast<double>(cells.total()))
      return cv::Mat::zeros(density.size(), CV_32SC1);
    cv::Mat parts = parted(green, cells, working);
    merge(parts, green, working);
    parts = selected(parts, small_nuclei, working);
    cv::Mat labels = segmentation::labels_in_size(parts, density.size(), radius / working);
    labels.setTo(0, white);
    segmentation::number_in_raster_order(labels, segmentation::largest_label(labels));
    return labels;
  }

  /// The density from which on a pixel counts as cell: a part of the red cells' median, and well
  /// above the background's noise.
  [[nodiscard]] double stained_from(const cv::Mat& green, const cv::Mat& nuclei,
                                    const cv::Mat& white, double radius) const {
    constexpr double lowest = -0.09;
    constexpr double highest = 0.43;
    const cv::Mat outside = ~dilated(opened(nuclei, 0.1 * radius) | white, 0.25 * radius);
    std::vector<float> values = values_in(green, outside);
    if (values.size() < 500) values = values_in(green, green > -1e9);
    const double otsu = segmentation::otsu_thresholds(values, lowest, highest, 3).front();
    std::vector<float> stained;
    double squares = 0.0;
    double below = 0.0;
    for (const float value : values) {
      if (static_cast<double>(value) >= otsu) stained.push_back(value);
      if (value < 0.0F) {
        squares += static_cast<double>(value * value);
        below += 1.0;
      }
    }
    const double noise = below > 100.0 ? std::sqrt(squares / below) : 0.01;
    return std::max(threshold_ * static_cast<double>(quantile(stained, 0.5)), noise_ * noise);
  }

  [[nodiscard]] cv::Mat foreground(const cv::Mat& green, const cv::Mat& white, double threshold,
                                   double radius) const {
    cv::Mat cells = (green > threshold) & ~white;
    cells = opened(cells, 1.0);
    cells = filled(cells | white, max_hole_ * disk_area(radius)) & ~white;
    return opened(cells, opening * radius);
  }

  /// How much of a circle of about the red cell's radius each place is the centre of: votes along
  /// the inward gradient, 1 for a full disk.
  [[nodiscard]] cv::Mat centre_votes(const cv::Mat& green, const cv::Mat& cells,
                                     double radius) const {
    constexpr int radii = 7;
    constexpr double smallest = 0.6;
    constexpr double largest = 1.3;
    cv::Mat smooth;
    const double sigma = std::max(0.8, vote_sigma * radius);
    cv::GaussianBlur(green, smooth, {0, 0}, sigma);
    cv::Mat dx;
    cv::Mat dy;
    cv::Mat slope;
    cv::Sobel(smooth, dx, CV_32F, 1, 0);
    cv::Sobel(smooth, dy, CV_32F, 0, 1);
    cv::magnitude(dx, dy, slope);
    const cv::Mat around = dilated(cells, 2.0);
    const float strong = static_cast<float>(vote_slope) * quantile(values_in(slope, around), 0.9);
    cv::Mat votes = cv::Mat::zeros(green.size(), CV_32FC1);
    if (!(strong > 0.0F)) return votes;
    std::array<float, radii> reach{};
    for (int i = 0; i < radii; ++i)
      reach[static_cast<std::size_t>(i)] =
          static_cast<float>(radius * (smallest + (largest - smallest) * i / (radii - 1)));
    for (int y = 0; y < green.rows; ++y) {
      const auto* here = slope.ptr<float>(y);
      const auto* inside = around.ptr<std::uint8_t>(y);
      const auto* along_x = dx.ptr<float>(y);
      const auto* along_y = dy.ptr<float>(y);
      for (int x = 0; x < green.cols; ++x) {
        if (here[x] <= strong || inside[x] == 0) continue;
        const float weight = std::min(here[x] / (2.0F * strong), 1.0F);
        const float ux = along_x[x] / here[x];
        const float uy = along_y[x] / here[x];
        for (const float r : reach) {
          // Rounded, the sum being positive wherever it counts.
          const int px = static_cast<int>(static_cast<float>(x) + ux * r + 0.5F);
          const int py = static_cast<int>(static_cast<float>(y) + uy * r + 0.5F);
          if (px >= 0 && px < green.cols && py >= 0 && py < green.rows)
            votes.ptr<float>(py)[px] += weight;
        }
      }
    }
    const double spread = vote_spread * radius;
    cv::GaussianBlur(votes, votes, {0, 0}, spread);
    // A full circle has 2 pi r edge pixels times the edge's width, about four sigma, a radius.
    return votes * (4.0 * std::numbers::pi * spread * spread /
                    (2.0 * std::numbers::pi * radius * sigma * 3.0 * radii));
  }

  [[nodiscard]] cv::Mat parted(const cv::Mat& green, const cv::Mat& cells, double radius) const {
    cv::Mat distance;
    // The image's edge is no outline.
    distance = distance_inside(cells);
    cv::GaussianBlur(distance, distance, {0, 0}, std::max(0.5, 0.08 * radius));
    cv::Mat height = cv::min(distance / radius, max_distance);
    height += vote_weight * centre_votes(green, cells, radius);
    height.setTo(0.0, cells == 0);
    cv::add(height, 1e-6, height, cells);
    const Relief relief(height, 8);
    const cv::Mat markers = relief.peaks(static_cast<float>(depth_), 0.0F);
    return relief.flooded(markers, false)({1, 1, cells.cols, cells.rows}).clone();
  }

  /// Joins neighbouring parts whose union is convex and of one cell's size, unless the seam is
  /// darker, as where two cells overlap.
  void merge(cv::Mat& parts, const cv::Mat& green, double radius) const {
    const int count = segmentation::largest_label(parts);
    const auto regions = segmentation::regions(parts, count);
    struct Candidate {
      double solidity = 0.0;
      int a = 0;
      int b = 0;
    };
    std::vector<Candidate> candidates;
    for (const auto& [pair, length] : segmentation::seams_of(parts)) {
      const auto& [a, b] = pair;
      const Region& first = regions[static_cast<std::size_t>(a)];
      const Region& second = regions[static_cast<std::size_t>(b)];
      if (static_cast<double>(first.area + second.area) > merge_area * disk_area(radius)) continue;
      const cv::Rect box = first.box() | second.box();
      const cv::Mat part = parts(box);
      const cv::Mat mask_a = part == a;
      const cv::Mat mask_b = part == b;
      const cv::Mat both = mask_a | mask_b;
      cv::Mat padded;
      cv::copyMakeBorder(both, padded, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
      const double solidity = segmentation::solidity_of(padded);
      if (solidity < merge_solidity_) continue;
      cv::Mat near_a;
      cv::Mat near_b;
      cv::dilate(mask_a, near_a, cv::Mat::ones(3, 3, CV_8UC1));
      cv::dilate(mask_b, near_b, cv::Mat::ones(3, 3, CV_8UC1));
      const cv::Mat seam = (near_a & mask_b) | (near_b & mask_a);
      const double seam_density = cv::mean(green(box), seam)[0];
      const auto typical = static_cast<double>(quantile(values_in(green(box), both), 0.5));
      if (seam_density > merge_seam * typical) continue;
      candidates.push_back({solidity, a, b});
    }
    std::ranges::stable_sort(candidates, std::ranges::greater{}, &Candidate::solidity);
    std::vector<int> becomes(static_cast<std::size_t>(count) + 1);
    for (int i = 0; i <= count; ++i) becomes[static_cast<std::size_t>(i)] = i;
    std::vector<bool> done(becomes.size(), false);
    for (const auto& candidate : candidates) {
      const auto a = static_cast<std::size_t>(candidate.a);
      const auto b = static_cast<std::size_t>(candidate.b);
      if (done[a] || done[b]) continue;
      becomes[b] = candidate.a;
      done[a] = done[b] = true;
    }
    segmentation::rename_labels(parts, becomes);
  }

  [[nodiscard]] cv::Mat selected(const cv::Mat& parts, const cv::Mat& nuclei, double radius) const {
    const int count = segmentation::largest_label(parts);
    std::vector<int> nuclear(static_cast<std::size_t>(count) + 1, 0);
    for (int y = 0; y < parts.rows; ++y)
      for (int x = 0; x < parts.cols; ++x)
        if (nuclei.at<std::uint8_t>(y, x) != 0)
          ++nuclear[static_cast<std::size_t>(parts.at<int>(y, x))];
    std::size_t label = 0;
    std::vector<int> becomes;
    int kept = 0;
    for (const Region& region : segmentation::regions(parts, count)) {
      const auto area = static_cast<double>(region.area);
      const double least = region.touches_edge_of(parts) ? min_edge_area_ : min_area_;
      const bool keep = region.area > 0 && area >= least * disk_area(radius) &&
                        nuclear[label] <= max_nuclear * area;
      becomes.push_back(keep ? ++kept : 0);
      ++label;
    }
    cv::Mat result = parts.clone();
    segmentation::rename_labels(result, becomes);
    segmentation::number_in_raster_order(result, kept);
    return result;
  }

  double threshold_ = 0.35;
  double noise_ = 2.0;
  double max_hole_ = 0.3;
  double depth_ = 0.04;
  double merge_solidity_ = 0.94;
  double min_area_ = 0.45;
  double min_edge_area_ = 0.08;
};

}  // namespace

void register_segment_red_cells(StageRegistrar& registrar) { registrar.add<SegmentRedCells>(); }

}  // namespace smear
