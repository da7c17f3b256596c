// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/particles.h"
#include "imagej/roi.h"
#include "measurement/object-columns.h"
#include "smear/stage.h"

namespace smear {
namespace {

enum class Perimeter { crofton, imagej };

// The length of the outer outlines of a label's connected parts, as ImageJ measures that of a
// traced selection.
double imagej_perimeter(const cv::Mat& labels, const measurement::Shape& shape,
                        measurement::Scale scale) {
  cv::Mat inside;
  cv::copyMakeBorder(labels(shape.box) == shape.label, inside, 1, 1, 1, 1, cv::BORDER_CONSTANT, 0);
  double length = 0.0;
  imagej::for_each_particle(inside, true, [&](const imagej::Particle& particle) {
    const auto& corners = particle.outline.corners;
    length += imagej::length_of(
        imagej::Roi::polygon(imagej::RoiType::traced, {corners.begin(), corners.end()}), scale.x,
        scale.y);
  });
  return length;
}

class Measure final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "measure",
      .summary = "Measures each labelled object: size, shape, place and intensities.",
      .category = Category::measurement,
      .details =
          "Writes one row a label, in label order. A pixel is a square around its centre, and the "
          "centre of the first one is at (0, 0).\n\n"
          "- `area_px`: number of pixels.\n"
          "- `perimeter_px`: Crofton's estimate from intercepts in four directions, of outer and "
          "inner contours, as ITK's ShapeLabelMapFilter. The image's edge is contour too.\n"
          "  `perimeter: imagej` gives ImageJ's instead, the sides of the pixels along the outer "
          "outline with each single corner cut off (2 - sqrt 2 px less): larger for ragged "
          "outlines, "
          "and with it the circularity is ImageJ's Circ.\n"
          "- `circularity`: 4 pi area / perimeter^2; values above 1, which small objects reach, "
          "are set to 1.\n"
          "- `solidity`: area / area of the convex hull of the object's pixel squares.\n"
          "- `feret_max_px`, `feret_min_px`: largest and smallest distance of two parallel lines "
          "that hold this hull between them.\n"
          "- `major_axis_px`, `minor_axis_px`: full axes of the ellipse with the same second "
          "central moments, those of pixel squares (1/12 is added to the variance of the "
          "centres); `aspect_ratio` is major / minor.\n"
          "- `centroid_x_px`, `centroid_y_px`; `bbox_x`, `bbox_y` (first column and row), "
          "`bbox_width`, `bbox_height`.\n"
          "- Where slot `image` holds an image: `intensity_mean`, `intensity_min`, "
          "`intensity_max`, `intensity_std` of a grey one, or `red_mean` ... `blue_std`. The "
          "standard deviation divides by n - 1, and is 0 for one pixel. The current image may "
          "have been smoothed: `inputs: {image: source}` measures the one read.\n"
          "- Where the labels' pixel size is known: `area_um2`, `perimeter_um`, `feret_max_um`, "
          "`feret_min_um`, `major_axis_um`, `minor_axis_um`, `centroid_x_um`, `centroid_y_um`. "
          "If its pixels are not square, circularity and aspect ratio are those in "
          "micrometres.\n\n"
          "With `min_area` or `max_area`, objects outside these limits are left out of the table "
          "and of slot `labels`, and the others are renumbered 1..n in their old order.",
      .example = R"(name: measure-dark-objects
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - fill-holes
  - watershed
  - measure: {min_area: 30, inputs: {image: source}}
  - save-table: {slot: objects, to: objects.csv}
)",
      .reference =
          "G. Lehmann, Label object representation and manipulation with ITK, Insight "
          "Journal, 2007",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("min_area", min_area_).at_least(0).unit("px").help("Smallest area that stays.");
    spec.integer("max_area", max_area_)
        .at_least(0)
        .unit("px")
        .help("Largest area that stays; 0 sets no limit.");
    spec.choice<Perimeter>("perimeter", perimeter_,
                           {{Perimeter::crofton, "crofton", "Crofton's estimate, as ITK's"},
                            {Perimeter::imagej, "imagej", "as ImageJ's Analyze Particles..."}})
        .help("How outlines are measured; circularity follows.");
    spec.input("labels", SlotType::label32);
    spec.input("image", SlotType::any_image).optional().help("Where intensities are taken from.");
    spec.output("objects", SlotType::table);
    spec.output("labels", SlotType::label32);
  }

  void check() const override {
    if (max_area_ > 0 && min_area_ > max_area_)
      throw ConfigError(
          fmt::format("min_area must not be above max_area, got {} and {}", min_area_, max_area_));
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& given = sample.image("labels");
    if (given.type() != PixelType::label32)
      throw SampleError(fmt::format("measure needs labels, got {}; use label or watershed first",
                                    name_of(given.type())));
    const int largest = segmentation::largest_label(given.pixels());
    const Image labels = given.with_pixels(wanted(given.pixels()));
    const measurement::Scale scale = measurement::scale_of(labels);
    auto shapes = measurement::shapes_of(labels.pixels(), largest, scale);
    if (perimeter_ == Perimeter::imagej)
      for (auto& shape : shapes) {
        shape.perimeter = imagej_perimeter(labels.pixels(), shape, {});
        shape.scaled_perimeter = imagej_perimeter(labels.pixels(), shape, scale);
      }

    Table table;
    measurement::add_label_column(table, shapes);
    measurement::add_pixel_columns(table, shapes, scale);
    if (labels.pixel_size()) measurement::add_micrometre_columns(table, shapes, scale);
    if (sample.has("image"))
      measurement::add_intensity_columns(table, info.name, shapes, sample.image("image"), labels);
    sample.set("labels", labels);
    sample.set("objects", std::move(table));
  }

 private:
  [[nodiscard]] cv::Mat wanted(const cv::Mat& labels) const {
    if (min_area_ <= 1 && max_area_ == 0) return labels;
    return segmentation::select_objects(labels, 8, [this](const segmentation::Region& region) {
      return region.area >= min_area_ && (max_area_ == 0 || region.area <= max_area_);
    });
  }

  std::int64_t min_area_ = 0;
  std::int64_t max_area_ = 0;
  Perimeter perimeter_ = Perimeter::crofton;
};

}  // namespace

void register_measure(StageRegistrar& registrar) { registrar.add<Measure>(); }

}  // namespace smear
