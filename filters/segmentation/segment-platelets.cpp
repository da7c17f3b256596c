// SPDX-License-Identifier: Apache-2.0
#include <opencv2/imgproc.hpp>

#include "segmentation/cell-scale.h"
#include "segmentation/mask-operations.h"
#include "smear/stage.h"

namespace smear {
namespace {

using segmentation::Densities;
using segmentation::disk;
using segmentation::Region;

class SegmentPlatelets final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "segment-platelets",
      .summary = "Finds platelets: small, violet and alone.",
      .category = Category::segmentation,
      .details =
          "Platelets take up the dye of nuclei, but little of it. What is looked for is small "
          "places whose `0.8 OD_red + 0.2 OD_green - OD_blue` stands out from their surroundings: "
          "haemoglobin has more blue density than red and does not show in it, however thick. "
          "The image is brought to a red cell radius of 14 pixels, that value is smoothed "
          "(sigma 0.07 red cell radii), and its white top-hat is taken (what an opening with a "
          "disk of 0.6 radii removes). A component, opened by one pixel, of the pixels whose "
          "top-hat exceeds the "
          "threshold, `contrast` or `noise` times the background's noise if that is more, is a "
          "platelet if\n\n"
          "- its area is `min_area` to `max_area` red cells,\n"
          "- its highest value is at least 1.3 times the threshold,\n"
          "- its area is at least 0.85 of its convex hull's, and its bounding box at most 2.2 "
          "times as long as wide (unless the image's edge cuts it),\n"
          "- at least `alone` of a ring around it, 0.2 radii wide and 0.1 radii or 1.2 pixels "
          "away, is background "
          "(a green density below 0.04): stained grains in red cells and the ragged rims of "
          "cells are not platelets, and clumps of platelets are found in part only,\n"
          "- it keeps 0.1 radii from white cells (slot `white-cells`, where it is filled).\n\n"
          "The red cell's radius is taken from the pixel size, see `smear-scale`; where it is "
          "unknown no platelet is found, with a warning.",
      .example = R"(name: platelets
stages:
  - gaussian-blur: {sigma: 0.7}
  - background
  - optical-density
  - smear-scale
  - segment-platelets
  - overlay: {inputs: {image: source, labels: platelets}, to: "overlays/{id}.png"}
)",
      .reference =
          "P. Soille, Morphological Image Analysis, 2nd ed., Springer, 2004, 4.4 (top-hat)",
  };

  void describe(OptionSpec& spec) override {
    spec.real("contrast", contrast_)
        .range(0.0, 10.0)
        .unit("optical density")
        .help("How much a platelet stands out at least.");
    spec.real("noise", noise_)
        .range(0.0, 100.0)
        .unit("standard deviations of the background")
        .help("How much a platelet stands out at least from a noisy background.");
    spec.real("min_area", min_area_)
        .range(0.0, 10.0)
        .unit("red cell areas")
        .help("Area of the smallest platelet.");
    spec.real("max_area", max_area_)
        .range(0.0, 10.0)
        .unit("red cell areas")
        .help("Area of the largest platelet.");
    spec.real("alone", alone_)
        .range(0.0, 1.0)
        .help("Least part of a platelet's surroundings that is background.");
    spec.input("density-red", SlotType::float32);
    spec.input("density-green", SlotType::float32);
    spec.input("density-blue", SlotType::float32);
    spec.input("white-cells", SlotType::label32)
        .optional()
        .help("White cells, in which no platelet is looked for.");
    spec.output("platelets", SlotType::label32);
  }

  void check() const override {
    if (min_area_ > max_area_)
      throw ConfigError(
          fmt::format("min_area must not be above max_area, got {} and {}", min_area_, max_area_));
  }

  void process(Sample& sample, const RunContext&) const override {
    const Densities density(info.name, sample);
    cv::Mat labels = cv::Mat::zeros(density.size(), CV_32SC1);
    if (const auto radius = segmentation::red_cell_radius(density.image()))
      labels = found(
          density, segmentation::where_labelled(info.name, sample, "white-cells", density.image()),
          working_radius / *radius);
    else
      sample.warn(fmt::format("{} does not know the red cell's radius and finds none", info.name));
    sample.set("platelets", density.image().with_pixels(std::move(labels)));
  }

 private:
  static constexpr double working_radius = 14.0;

  [[nodiscard]] cv::Mat found(const Densities& density, const cv::Mat& white, double scale) const {
    const cv::Size size = segmentation::zoomed(density.size(), scale);
    const auto resized = [&](const cv::Mat& image) { return segmentation::in_size(image, size); };
    const cv::Mat green = resized(density.green());
    cv::Mat stain = 0.8 * resized(density.red()) + 0.2 * green - resized(density.blue());
    cv::GaussianBlur(stain, stain, {0, 0}, 0.07 * working_radius);
    cv::Mat standing_out;
    cv::morphologyEx(stain, standing_out, cv::MORPH_TOPHAT, disk(0.6 * working_radius));
    const cv::Mat background = green < 0.03;
    const double threshold = std::max(contrast_, noise_ * spread(stain, background));
    cv::Mat candidates = standing_out > threshold;
    candidates &= ~segmentation::dilated(resized(white) > 127, 0.1 * working_radius);
    candidates = segmentation::opened(candidates, 1.0);
    const cv::Mat objects = segmentation::components(candidates, 8);
    cv::Mat kept = cv::Mat::zeros(size, CV_32SC1);
    int count = 0;
    int label = 0;
    for (const Region& region :
         segmentation::regions(objects, segmentation::largest_label(objects))) {
      if (region.area > 0 &&
          is_platelet(region, label, objects, standing_out, green, threshold, scale))
        kept(region.box()).setTo(++count, objects(region.box()) == label);
      ++label;
    }
    cv::Mat labels = segmentation::labels_in_size(kept, density.size(), 1.0 / scale);
    segmentation::number_in_raster_order(labels, count);
    return labels;
  }

  /// The standard deviation of most of the background, from the median deviation.
  static double spread(const cv::Mat& values, const cv::Mat& where) {
    constexpr std::size_t fewest = 100;
    std::vector<float> background = segmentation::values_in(values, where);
    if (background.size() < fewest) return 0.0;
    const float middle = segmentation::quantile(background, 0.5);
    for (float& value : background) value = std::abs(value - middle);
    return 1.4826 * static_cast<double>(segmentation::quantile(std::move(background), 0.5));
  }

  [[nodiscard]] bool is_platelet(const Region& region, int label, const cv::Mat& objects,
                                 const cv::Mat& standing_out, const cv::Mat& green,
                                 double threshold, double pixel) const {
    constexpr double peak = 1.3;
    constexpr double convex = 0.85;
    constexpr double longest = 2.2;
    constexpr double blur = 1.2;  // pixels of the image
    const double margin = 0.3 * working_radius + blur * pixel + 1.0;
    const auto area = static_cast<double>(region.area);
    const double unit = segmentation::disk_area(working_radius);
    if (area < min_area_ * unit || area > max_area_ * unit) return false;
    const cv::Rect box = region.box();
    if (!region.touches_edge_of(objects) &&
        std::max(box.width, box.height) > longest * std::min(box.width, box.height))
      return false;
    const cv::Rect frame = segmentation::grown(box, margin, objects.size());
    const cv::Mat object = objects(frame) == label;
    double highest = 0.0;
    cv::minMaxLoc(standing_out(frame), nullptr, &highest, nullptr, nullptr, object);
    if (highest < peak * threshold || segmentation::solidity_of(object) < convex) return false;
    // Where a pixel is large its blur is too.
    const double inner = std::max(0.1 * working_radius, blur * pixel);
    const cv::Mat ring = segmentation::dilated(object, inner + 0.2 * working_radius) &
                         ~segmentation::dilated(object, inner);
    const cv::Mat empty = ring & (green(frame) < 0.04);
    return cv::countNonZero(empty) >= alone_ * cv::countNonZero(ring);
  }

  double contrast_ = 0.06;
  double noise_ = 4.0;
  double min_area_ = 0.03;
  double max_area_ = 0.5;
  double alone_ = 0.6;
};

}  // namespace

void register_segment_platelets(StageRegistrar& registrar) { registrar.add<SegmentPlatelets>(); }

}  // namespace smear
