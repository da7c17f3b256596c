// SPDX-License-Identifier: Apache-2.0
#include <itkLabelImageToShapeLabelMapFilter.h>

#include "itk-bridge.h"
#include "measurement/shape.h"
#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

using measurement::Hull;
using measurement::Moments;
using measurement::Scale;

/// What is known of one object's shape; lengths in pixels.
struct Shape {
  int label = 0;
  std::int64_t area = 0;
  double perimeter = 0.0;
  double scaled_perimeter = 0.0;  ///< with the edge lengths of the pixel
  cv::Point2d centroid;
  cv::Rect box;
  Moments moments;
  Hull hull;
};

using ShapeObject = itk::ShapeLabelObject<itk::SizeValueType, 2>;
using ShapeMap = itk::LabelMap<ShapeObject>;

ShapeMap::Pointer shape_map(const cv::Mat& labels, Scale scale) {
  using Filter = itk::LabelImageToShapeLabelMapFilter<itk_bridge::ItkImage<std::int32_t>, ShapeMap>;
  auto image = itk_bridge::view<std::int32_t>(labels);
  const double spacing[2] = {scale.x, scale.y};
  image->SetSpacing(spacing);
  auto filter = Filter::New();
  filter->SetInput(image);
  filter->SetComputePerimeter(true);
  filter->SetNumberOfWorkUnits(1);
  filter->Update();
  return filter->GetOutput();
}

/// ITK's moments are those of the pixels' centres. Each pixel's square adds 1/12 along both axes,
/// without which a line would have no width.
Moments moments_of(const ShapeObject& object) {
  const auto& size = object.GetPrincipalMoments();
  const auto& axis = object.GetPrincipalAxes();
  Moments moments{1.0 / 12.0, 0.0, 1.0 / 12.0};
  for (unsigned i = 0; i < 2; ++i) {
    moments.xx += size[i] * axis[i][0] * axis[i][0];
    moments.xy += size[i] * axis[i][0] * axis[i][1];
    moments.yy += size[i] * axis[i][1] * axis[i][1];
  }
  return moments;
}

Hull hull_of(const ShapeObject& object) {
  std::vector<Hull::Run> runs;
  runs.reserve(object.GetNumberOfLines());
  for (itk::SizeValueType i = 0; i < object.GetNumberOfLines(); ++i) {
    const auto& line = object.GetLine(i);
    const auto x = static_cast<int>(line.GetIndex()[0]);
    runs.push_back(
        {static_cast<int>(line.GetIndex()[1]), x, x + static_cast<int>(line.GetLength()) - 1});
  }
  return Hull(std::move(runs));
}

Shape shape_of(const ShapeObject& object) {
  const auto& region = object.GetBoundingBox();
  return {.label = static_cast<int>(object.GetLabel()),
          .area = static_cast<std::int64_t>(object.GetNumberOfPixels()),
          .perimeter = object.GetPerimeter(),
          .scaled_perimeter = object.GetPerimeter(),
          .centroid = {object.GetCentroid()[0], object.GetCentroid()[1]},
          .box = {static_cast<int>(region.GetIndex(0)), static_cast<int>(region.GetIndex(1)),
                  static_cast<int>(region.GetSize(0)), static_cast<int>(region.GetSize(1))},
          .moments = moments_of(object),
          .hull = hull_of(object)};
}

/// The objects' shapes in label order. Pixels that are not square need the perimeter twice: it
/// does not follow from the one in pixels.
std::vector<Shape> shapes_of(const cv::Mat& labels, Scale scale) {
  std::vector<Shape> shapes;
  const auto map = shape_map(labels, {});
  for (itk::SizeValueType i = 0; i < map->GetNumberOfLabelObjects(); ++i)
    shapes.push_back(shape_of(*map->GetNthLabelObject(i)));
  std::ranges::sort(shapes, {}, &Shape::label);
  if (scale.x == scale.y) {
    for (Shape& shape : shapes) shape.scaled_perimeter = shape.perimeter * scale.x;
    return shapes;
  }
  const auto scaled = shape_map(labels, scale);
  for (Shape& shape : shapes)
    shape.scaled_perimeter =
        scaled->GetLabelObject(static_cast<itk::SizeValueType>(shape.label))->GetPerimeter();
  return shapes;
}

/// Mean, range and standard deviation of one channel of one object. Values are summed as
/// differences from the first one, which keeps large values of little spread exact.
class Intensity {
 public:
  void add(double value) {
    if (count_ == 0) first_ = smallest_ = largest_ = value;
    ++count_;
    smallest_ = std::min(smallest_, value);
    largest_ = std::max(largest_, value);
    sum_ += value - first_;
    squares_ += (value - first_) * (value - first_);
  }

  [[nodiscard]] double mean() const { return first_ + sum_ / number(); }
  [[nodiscard]] double smallest() const { return smallest_; }
  [[nodiscard]] double largest() const { return largest_; }
  [[nodiscard]] double deviation() const {
    if (count_ < 2) return 0.0;
    return std::sqrt(std::max(0.0, squares_ - sum_ * sum_ / number()) / (number() - 1.0));
  }

 private:
  [[nodiscard]] double number() const { return static_cast<double>(count_); }

  std::int64_t count_ = 0;
  double first_ = 0.0;
  double smallest_ = 0.0;
  double largest_ = 0.0;
  double sum_ = 0.0;
  double squares_ = 0.0;
};

/// One entry a label and channel: `label * channels + channel`.
template <typename Pixel>
std::vector<Intensity> intensities(const cv::Mat& image, const cv::Mat& labels, int largest) {
  const int channels = image.channels();
  std::vector<Intensity> result(static_cast<std::size_t>(largest + 1) *
                                static_cast<std::size_t>(channels));
  for (int y = 0; y < labels.rows; ++y) {
    const auto* label = labels.ptr<int>(y);
    const auto* value = image.ptr<Pixel>(y);
    for (int x = 0; x < labels.cols; ++x) {
      if (label[x] == 0) continue;
      Intensity* object =
          &result[static_cast<std::size_t>(label[x]) * static_cast<std::size_t>(channels)];
      for (int c = 0; c < channels; ++c)
        object[c].add(static_cast<double>(value[x * channels + c]));
    }
  }
  return result;
}

std::vector<Intensity> intensities(const Image& image, const cv::Mat& labels, int largest) {
  switch (image.type()) {
    case PixelType::grey8:
    case PixelType::rgb8: return intensities<std::uint8_t>(image.pixels(), labels, largest);
    case PixelType::grey16: return intensities<std::uint16_t>(image.pixels(), labels, largest);
    case PixelType::float32: return intensities<float>(image.pixels(), labels, largest);
    case PixelType::label32: break;
  }
  throw SampleError("measure takes intensities from grey and RGB images, not from labels");
}

/// Adds a column made of one number an object.
template <typename Objects, typename Number>
void add_column(Table& table, const std::string& name, const Objects& objects,
                const Number& number) {
  std::vector<std::decay_t<std::invoke_result_t<Number, typename Objects::const_reference>>> values;
  values.reserve(objects.size());
  for (const auto& object : objects) values.push_back(number(object));
  table.add(name, std::move(values));
}

void add_pixel_columns(Table& table, const std::vector<Shape>& shapes, Scale scale) {
  const auto add = [&](const char* name, const auto& number) {
    add_column(table, name, shapes, number);
  };
  add("label", [](const Shape& s) { return std::int64_t{s.label}; });
  add("area_px", [](const Shape& s) { return s.area; });
  add("perimeter_px", [](const Shape& s) { return s.perimeter; });
  add("circularity", [&](const Shape& s) {
    return measurement::circularity(static_cast<double>(s.area) * scale.x * scale.y,
                                    s.scaled_perimeter);
  });
  add("solidity", [](const Shape& s) { return static_cast<double>(s.area) / s.hull.area({}); });
  add("feret_max_px", [](const Shape& s) { return s.hull.max_feret({}); });
  add("feret_min_px", [](const Shape& s) { return s.hull.min_feret({}); });
  add("major_axis_px", [](const Shape& s) { return s.moments.ellipse_axes({}).first; });
  add("minor_axis_px", [](const Shape& s) { return s.moments.ellipse_axes({}).second; });
  add("aspect_ratio", [&](const Shape& s) {
    const auto [major, minor] = s.moments.ellipse_axes(scale);
    return major / minor;
  });
  add("centroid_x_px", [](const Shape& s) { return s.centroid.x; });
  add("centroid_y_px", [](const Shape& s) { return s.centroid.y; });
  add("bbox_x", [](const Shape& s) { return std::int64_t{s.box.x}; });
  add("bbox_y", [](const Shape& s) { return std::int64_t{s.box.y}; });
  add("bbox_width", [](const Shape& s) { return std::int64_t{s.box.width}; });
  add("bbox_height", [](const Shape& s) { return std::int64_t{s.box.height}; });
}

void add_micrometre_columns(Table& table, const std::vector<Shape>& shapes, Scale scale) {
  const auto add = [&](const char* name, const auto& number) {
    add_column(table, name, shapes, number);
  };
  add("area_um2", [&](const Shape& s) { return static_cast<double>(s.area) * scale.x * scale.y; });
  add("perimeter_um", [](const Shape& s) { return s.scaled_perimeter; });
  add("feret_max_um", [&](const Shape& s) { return s.hull.max_feret(scale); });
  add("feret_min_um", [&](const Shape& s) { return s.hull.min_feret(scale); });
  add("major_axis_um", [&](const Shape& s) { return s.moments.ellipse_axes(scale).first; });
  add("minor_axis_um", [&](const Shape& s) { return s.moments.ellipse_axes(scale).second; });
  add("centroid_x_um", [&](const Shape& s) { return s.centroid.x * scale.x; });
  add("centroid_y_um", [&](const Shape& s) { return s.centroid.y * scale.y; });
}

void add_intensity_columns(Table& table, const std::vector<Shape>& shapes, const Image& image,
                           const cv::Mat& labels, int largest) {
  const auto all = intensities(image, labels, largest);
  const auto names = image.channels() == 3 ? std::vector<std::string>{"red", "green", "blue"}
                                           : std::vector<std::string>{"intensity"};
  for (std::size_t c = 0; c < names.size(); ++c) {
    const auto of = [&](const Shape& s) -> const Intensity& {
      return all[static_cast<std::size_t>(s.label) * names.size() + c];
    };
    add_column(table, names[c] + "_mean", shapes, [&](const Shape& s) { return of(s).mean(); });
    add_column(table, names[c] + "_min", shapes, [&](const Shape& s) { return of(s).smallest(); });
    add_column(table, names[c] + "_max", shapes, [&](const Shape& s) { return of(s).largest(); });
    add_column(table, names[c] + "_std", shapes, [&](const Shape& s) { return of(s).deviation(); });
  }
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
    const Image labels = given.with_pixels(wanted(given.pixels()));
    const auto size = labels.pixel_size();
    const Scale scale = size ? Scale{size->x_um, size->y_um} : Scale{};
    const auto shapes = shapes_of(labels.pixels(), scale);

    Table table;
    add_pixel_columns(table, shapes, scale);
    if (size) add_micrometre_columns(table, shapes, scale);
    if (sample.has("image")) {
      const Image& image = sample.image("image");
      segmentation::check_same_size(info.name, labels, "labels", image, "image");
      add_intensity_columns(table, shapes, image, labels.pixels(),
                            segmentation::largest_label(labels.pixels()));
    }
    sample.set("labels", labels);
    sample.set("objects", std::move(table));
  }

 private:
  [[nodiscard]] cv::Mat wanted(const cv::Mat& labels) const {
    segmentation::largest_label(labels);  // refuses labels that cannot be
    if (min_area_ <= 1 && max_area_ == 0) return labels.isContinuous() ? labels : labels.clone();
    return segmentation::select_objects(labels, 8, [this](const segmentation::Region& region) {
      return region.area >= min_area_ && (max_area_ == 0 || region.area <= max_area_);
    });
  }

  std::int64_t min_area_ = 0;
  std::int64_t max_area_ = 0;
};

}  // namespace

void register_measure(StageRegistrar& registrar) { registrar.add<Measure>(); }

}  // namespace smear
