// SPDX-License-Identifier: Apache-2.0
#include <opencv2/imgproc.hpp>

#include "imagej/operations/watershed.h"
#include "segmentation/connected-components.h"
#include "segmentation/relief.h"
#include "smear/stage.h"

namespace smear {
namespace {

using segmentation::distance_inside;
using segmentation::Relief;

/// Smoothed without lifting the background, which must stay the lowest.
cv::Mat smoothed_inside(const cv::Mat& distance, double sigma) {
  if (sigma == 0.0) return distance;
  const int reach = static_cast<int>(std::ceil(4.0 * sigma));
  cv::Mat result;
  cv::GaussianBlur(distance, result, {2 * reach + 1, 2 * reach + 1}, sigma, sigma,
                   cv::BORDER_REPLICATE);
  result.setTo(0.0, distance == 0.0);
  return result;
}

enum class Method { flooding, imagej };

class Watershed final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "watershed",
      .summary = "Splits touching objects of a mask along the necks between them.",
      .category = Category::segmentation,
      .details =
          "Computes the exact Euclidean distance of each pixel of the mask to the nearest "
          "background pixel (the image's edge is no background) and takes as markers the peaks of "
          "this distance map that are more than `h` higher than the highest saddle that leads "
          "from them to a higher peak: the regional maxima of the h-maxima transform. Each "
          "connected part of the mask keeps at least one. From the markers the negative distance "
          "is flooded inside the mask, in order of height and then of arrival (the watershed from "
          "markers of Beucher and Meyer). A larger "
          "`h` splits less.\n\n"
          "`smooth` smooths the distance map inside the mask by a Gaussian (sampled, cut at 4 "
          "sigma, edges repeated) before anything is done with it, which removes peaks that stem "
          "from ragged outlines. Peaks lower than `min_peak` are no markers, except the highest "
          "of a connected part.\n\n"
          "With slot `core`, a second mask, the distances inside its common part with `mask` are "
          "added before smoothing: gaps in the core then split objects that are one in `mask`, "
          "and objects without a core are split by their outline alone. `h` and `min_peak` apply "
          "to the sum.\n\n"
          "With slot `markers`, a mask or labels, those are flooded from instead; parts of the "
          "mask that no marker touches get no label, and markers outside the mask are ignored. "
          "With `add_peaks`, the peaks that lie outside the markers are flooded from as well, so "
          "that objects found in another way are kept apart from the others.\n\n"
          "`method: imagej` divides the mask where ImageJ's Watershed does, to the bit: on "
          "ImageJ's own "
          "distance map, at saddles half a pixel or more below both peaks, with a line one pixel "
          "wide "
          "between the parts. The other options and slots have no meaning then.\n\n"
          "Without `line` the labels cover the mask exactly; with it, a line of label 0, one "
          "pixel wide, lies between the objects that were split. Labels are numbered 1..n in "
          "raster order: rows from the top, each from the left, by their first pixel.",
      .example = R"(name: split-touching-cells
stages:
  - to-grey
  - gaussian-blur: {sigma: 1.5}
  - auto-threshold: {method: otsu, objects: dark}
  - fill-holes
  - watershed: {h: 1}
  - measure
  - save-table: {slot: objects, to: cells.csv}
)",
      .reference =
          "P. Soille, Morphological Image Analysis, 2nd ed., Springer, 2004, 6.3.4 and 9; "
          "R. Beare and G. Lehmann, The watershed transform in ITK, Insight Journal, 2006",
  };

  void describe(OptionSpec& spec) override {
    spec.choice<Method>("method", method_,
                        {{Method::flooding, "flooding", "from the peaks, as said above"},
                         {Method::imagej, "imagej", "ImageJ's, as its Watershed"}})
        .help("Whose watershed is computed.");
    spec.real("h", h_)
        .range(0.0, 10000.0)
        .unit("px")
        .help(
            "How much a peak must rise above the saddle to a higher one to be an object of its "
            "own.");
    spec.real("smooth", smooth_)
        .range(0.0, 100.0)
        .unit("px")
        .help("Standard deviation of a Gaussian that smooths the distances; 0 for none.");
    spec.real("min_peak", min_peak_)
        .range(0.0, 10000.0)
        .unit("px")
        .help("Smallest distance from the background that a peak must have to split an object.");
    spec.boolean("add_peaks", add_peaks_)
        .help("With slot `markers`: flood also from the peaks outside of them.");
    spec.boolean("line", line_)
        .help("Leave a line of label 0 between the objects that were split.");
    spec.integer("connectivity", connectivity_).range(4, 8).help("Neighbours of a pixel: 4 or 8.");
    spec.input("mask", SlotType::mask);
    spec.input("core", SlotType::mask)
        .optional()
        .help("Where the objects surely are; gaps in it split them.");
    spec.input("markers", SlotType::mask | SlotType::label32)
        .optional()
        .help("One marker an object, instead of the peaks.");
    spec.output("labels", SlotType::label32);
  }

  void check() const override {
    segmentation::check_connectivity(connectivity_);
    const Watershed plain;
    if (method_ == Method::imagej &&
        (h_ != plain.h_ || smooth_ != 0.0 || min_peak_ != 0.0 || add_peaks_ || line_))
      throw ConfigError("method: imagej takes none of h, smooth, min_peak, add_peaks and line");
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& mask = sample.image("mask");
    segmentation::check_mask(info.name, mask);
    if ((mask.width() + 2.0) * (mask.height() + 2.0) > std::numeric_limits<int>::max())
      throw SampleError("watershed takes up to 2^31 pixels; tile the image");
    if (method_ == Method::imagej) {
      sample.set("labels", mask.with_pixels(as_imagej(mask.pixels())));
      return;
    }
    cv::Mat distance = distance_inside(mask.pixels());
    if (sample.has("core")) {
      const Image& core = sample.image("core");
      segmentation::check_mask("watershed: 'core'", core);
      segmentation::check_same_size(info.name, mask, "mask", core, "core");
      cv::add(distance, distance_inside(core.pixels() & mask.pixels()), distance);
    }
    const Relief relief(smoothed_inside(distance, smooth_), connectivity_);
    cv::Mat markers;
    if (sample.has("markers")) {
      cv::copyMakeBorder(given_markers(mask, sample.image("markers")), markers, 1, 1, 1, 1,
                         cv::BORDER_CONSTANT, cv::Scalar(0.0));
      if (add_peaks_) add_outside(markers, peaks_of(relief));
    } else {
      markers = peaks_of(relief);
    }
    const cv::Mat framed = relief.flooded(markers, line_);
    cv::Mat labels = framed({1, 1, mask.width(), mask.height()}).clone();
    segmentation::number_in_raster_order(labels, segmentation::largest_label(markers));
    sample.set("labels", mask.with_pixels(std::move(labels)));
  }

 private:
  [[nodiscard]] cv::Mat as_imagej(const cv::Mat& mask) const {
    cv::Mat divided = mask.clone();
    imagej::watershed(divided, 255);
    return segmentation::components(divided, connectivity_);
  }

  [[nodiscard]] cv::Mat peaks_of(const Relief& relief) const {
    return relief.peaks(static_cast<float>(h_), static_cast<float>(min_peak_));
  }

  /// Puts the peaks between the markers, numbered on from them.
  static void add_outside(cv::Mat& markers, cv::Mat peaks) {
    peaks.setTo(0, markers > 0);
    cv::add(peaks, segmentation::largest_label(markers), peaks, peaks > 0);
    markers = cv::max(markers, peaks);
  }

  [[nodiscard]] cv::Mat given_markers(const Image& mask, const Image& markers) const {
    segmentation::check_same_size(info.name, mask, "mask", markers, "markers");
    if (markers.type() == PixelType::label32) {
      segmentation::largest_label(markers.pixels());  // refuses labels that cannot be
      return markers.pixels();
    }
    segmentation::check_mask("watershed: 'markers'", markers);
    return segmentation::components(markers.pixels(), connectivity_);
  }

  Method method_ = Method::flooding;
  double h_ = 1.0;
  double smooth_ = 0.0;
  double min_peak_ = 0.0;
  bool add_peaks_ = false;
  bool line_ = false;
  int connectivity_ = 8;
};

}  // namespace

void register_watershed(StageRegistrar& registrar) { registrar.add<Watershed>(); }

}  // namespace smear
