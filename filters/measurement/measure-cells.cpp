// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "measurement/cooccurrence.h"
#include "measurement/lobes.h"
#include "measurement/object-columns.h"
#include "measurement/outline.h"
#include "segmentation/mask-operations.h"
#include "smear/stage.h"

namespace smear {
namespace {

using measurement::add_column;
using measurement::Cooccurrence;
using measurement::Scale;
using measurement::Shape;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint8_t nucleus_value = 255;

/// In the order in which their labels follow each other, and in which they win a pixel.
struct CellClass {
  const char* slot;
  const char* name;
};
constexpr std::array<CellClass, 3> classes{
    {{"white-cells", "white-cell"}, {"red-cells", "red-cell"}, {"platelets", "platelet"}}};

/// All cells in one label image, numbered 1..n class by class.
struct Cells {
  Image labels;
  std::array<int, classes.size()> last{};  ///< the last label of each class

  [[nodiscard]] std::string class_of(int label) const {
    std::size_t i = 0;
    while (label > last[i]) ++i;
    return classes[i].name;
  }
  [[nodiscard]] bool is_white(int label) const { return label <= last[0]; }
};

/// The nuclei of the white cells.
struct Nuclei {
  cv::Rect region;            ///< where all white cells are
  cv::Mat labels;             ///< of that region: the cells' labels where their nuclei are
  std::vector<Shape> shapes;  ///< in label order, in the region's coordinates

  /// Null for a cell without a nucleus.
  [[nodiscard]] const Shape* of(const Shape& cell) const {
    const auto found = std::ranges::lower_bound(shapes, cell.label, {}, &Shape::label);
    return found != shapes.end() && found->label == cell.label ? &*found : nullptr;
  }
};

/// An input of this type, and of the size of the labels if there are any yet.
const Image& input(const Sample& sample, const char* slot, PixelType type, const Image* labels) {
  const Image& image = sample.image(slot);
  if (image.type() != type)
    throw SampleError(fmt::format("measure-cells needs {} in slot '{}', got {}", name_of(type),
                                  slot, name_of(image.type())));
  if (labels != nullptr)
    segmentation::check_same_size("measure-cells", *labels, "labels", image, slot);
  return image;
}

/// Closes the gaps between labels, which a class had or got where another one wins.
void close_gaps(Cells& cells, cv::Mat& labels, const std::vector<std::uint8_t>& seen) {
  std::vector<int> becomes(seen.size(), 0);
  for (std::size_t label = 1; label < seen.size(); ++label)
    becomes[label] = becomes[label - 1] + (seen[label] != 0 ? 1 : 0);
  segmentation::rename_labels(labels, becomes);
  for (int& last : cells.last) last = becomes[static_cast<std::size_t>(last)];
}

using ClassImages = std::array<const Image*, classes.size()>;  ///< null for a class without a slot

/// The labels of each class behind those of the class before, whose last one `cells` tells.
cv::Mat put_together(const ClassImages& images, const Cells& cells, cv::Size size) {
  cv::Mat labels(size, CV_32SC1);
  const int whites = cells.last[0];
  const int whites_and_reds = cells.last[1];
  const std::vector<int> nothing(static_cast<std::size_t>(size.width), 0);
  for (int y = 0; y < size.height; ++y) {
    const auto row = [&](const Image* image) {
      return image != nullptr ? image->pixels().ptr<int>(y) : nothing.data();
    };
    const int* white = row(images[0]);
    const int* red = row(images[1]);
    const int* platelet = row(images[2]);
    auto* to = labels.ptr<int>(y);
    for (int x = 0; x < size.width; ++x) {
      const int platelets = platelet[x] != 0 ? whites_and_reds + platelet[x] : 0;
      const int others = red[x] != 0 ? whites + red[x] : platelets;
      to[x] = white[x] != 0 ? white[x] : others;
    }
  }
  return labels;
}

Cells combined(const ClassImages& images, const Image& given) {
  Cells cells;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (images[i] != nullptr) sum += segmentation::largest_label(images[i]->pixels());
    if (sum > std::numeric_limits<int>::max())
      throw SampleError("measure-cells: the labels are too large; number the cells 1..n");
    cells.last[i] = static_cast<int>(sum);
  }
  cv::Mat labels = put_together(images, cells, given.pixels().size());
  std::vector<std::uint8_t> seen(static_cast<std::size_t>(sum) + 1, 0);
  seen[0] = 1;
  measurement::for_each_run(
      labels, [&](int label, int, int, int) { seen[static_cast<std::size_t>(label)] = 1; });
  if (std::ranges::find(seen, 0) != seen.end()) close_gaps(cells, labels, seen);
  cells.labels = given.with_pixels(std::move(labels));
  return cells;
}

Cells cells_of(const Sample& sample) {
  ClassImages images{};
  const Image* given = nullptr;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (!sample.has(classes[i].slot)) continue;
    images[i] = &input(sample, classes[i].slot, PixelType::label32, given);
    if (given == nullptr) given = images[i];
  }
  if (given == nullptr)
    throw SampleError(
        "measure-cells needs cells in one of the slots 'white-cells', 'red-cells' and 'platelets'; "
        "wire labels to it, as in inputs: {white-cells: labels}");
  return combined(images, *given);
}

Nuclei nuclei_of(const Cells& cells, const std::vector<Shape>& shapes, const cv::Mat& mask) {
  Nuclei nuclei;
  for (const Shape& shape : shapes)
    if (cells.is_white(shape.label)) nuclei.region |= shape.box;
  const cv::Mat labels = cells.labels.pixels()(nuclei.region);
  const cv::Mat values = mask(nuclei.region);
  nuclei.labels.create(labels.size(), CV_32SC1);
  for (int y = 0; y < labels.rows; ++y) {
    const auto* label = labels.ptr<int>(y);
    const auto* value = values.ptr<std::uint8_t>(y);
    auto* to = nuclei.labels.ptr<int>(y);
    for (int x = 0; x < labels.cols; ++x)
      to[x] = value[x] == nucleus_value && cells.is_white(label[x]) ? label[x] : 0;
  }
  nuclei.shapes =
      measurement::shapes_of(nuclei.labels, cells.last[0], measurement::scale_of(cells.labels));
  return nuclei;
}

/// Adds a column of `number(cell, nucleus)`, which is missing for cells that are not white and for
/// those without a nucleus.
template <typename Number>
void add_nucleus_column(Table& table, const char* name, const std::vector<Shape>& shapes,
                        const Cells& cells, const Nuclei& nuclei, const Number& number) {
  add_column(table, name, shapes, [&](const Shape& cell) {
    const Shape* nucleus = cells.is_white(cell.label) ? nuclei.of(cell) : nullptr;
    return nucleus != nullptr ? static_cast<double>(number(cell, *nucleus)) : missing;
  });
}

/// The same for numbers that are 0 for a white cell without a nucleus.
template <typename Number>
void add_count_column(Table& table, const char* name, const std::vector<Shape>& shapes,
                      const Cells& cells, const Nuclei& nuclei, const Number& number) {
  add_column(table, name, shapes, [&](const Shape& cell) {
    if (!cells.is_white(cell.label)) return missing;
    const Shape* nucleus = nuclei.of(cell);
    return nucleus != nullptr ? static_cast<double>(number(cell, *nucleus)) : 0.0;
  });
}

class MeasureCells final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "measure-cells",
      .summary = "Measures white cells with nucleus and chromatin, red cells and platelets.",
      .category = Category::measurement,
      .details =
          "Puts the classes of cells into one label image, `labels`, and writes one row a cell: "
          "white cells first, then red cells, then platelets, each in their old order, numbered "
          "1..n without gaps. Where classes overlap, white cells win before red cells and these "
          "before platelets. A class whose slot is empty is left out; one at least must be "
          "there. `class` is `white-cell`, `red-cell` or `platelet`.\n\n"
          "Size, shape, place and, where there is an image, intensities are those of "
          "[measure](measure.md), under the same names. All cells have as well:\n\n"
          "- `touches_edge`: 1 where a pixel of the cell lies in the first or last row or column "
          "of the image, otherwise 0.\n"
          "- `boundary_roughness`: length of the cell's outline / length of the outline's convex "
          "hull: 1 for a convex cell, more for a ragged one, whatever its size. It is the "
          "inverse of Russ's convexity.\n"
          "- `boundary_deviation`: root mean square, over the length of the outline, of its "
          "distance from an ellipse along the ray from the centroid, / radius of the circle of "
          "the same area. The ellipse has the area, the centroid, and the directions and ratio "
          "of the second moments of what the outline encloses. 0 for an ellipse, a / sqrt(2) for "
          "small waves of height a times the radius.\n\n"
          "The outline of these two does not follow the pixels' edges. The mask of the cell is "
          "smoothed by a Gaussian (sampled, cut at 3 sigma) whose sigma is 4 % of the radius of "
          "the circle of the same area, at least 0.9 and at most 8 pixels; the outline is the "
          "line, with straight pieces between the centres of four pixels, on which it is 1/2 "
          "(half its peak, where that is below 1 since the cell is tiny or thin). Of several "
          "lines the one around the largest area counts, so that holes and loose pixels do not. "
          "Outside the image is background: the outline of a cell that is cut runs along the "
          "edge. If the pixels are not square, all of this is done in micrometres. Mirroring a "
          "cell or turning it by 90 degrees changes nothing.\n\n"
          "With `mask`, white cells have, and others do not (missing values):\n\n"
          "- `nucleus_area_px`, and `nucleus_area_um2` where the pixel size is known: the pixels "
          "of the cell at which the mask is 255. 0 where there are none; `nucleus_circularity`, "
          "`nucleus_solidity` and all about the chromatin are then missing.\n"
          "- `nucleus_cytoplasm_ratio`: nucleus / rest of the cell, by area; missing where there "
          "is no rest. `nucleus_cell_ratio`: nucleus / cell, by area.\n"
          "- `nucleus_circularity`, `nucleus_solidity`: as for cells.\n"
          "- `lobes`: number of lobes of the nucleus. Holes of up to 1 % of its area, and those "
          "of one pixel, are filled first. From each peak of the distance to the nearest pixel "
          "that is not nucleus (exact, between centres of pixels; the image's edge ends the "
          "nucleus) the nucleus is flooded. Where two floods meet (8 neighbours), the one with "
          "the lower peak is a lobe of its own if the distance there is at most `lobe_neck` "
          "times its peak, and otherwise becomes part of the other. Separate parts are lobes. "
          "Those with less than 5 % of the nucleus's area do not count, but one lobe is the "
          "least.\n\n"
          "With `mask` and `density-green`, an optical density log10(background / intensity), "
          "the texture of the nucleus is that of Haralick's co-occurrence matrix. Its 32 levels "
          "are 0.05 wide, from 0 to 1.6; what lies beyond counts as the first or last level. The "
          "limits are fixed, because brightness is gone from an optical density already: a "
          "brighter lamp multiplies background and nucleus alike. Limits taken from each nucleus "
          "would make a smooth one as rough as any, and noise into texture. Pairs of pixels, "
          "both in the nucleus, are counted in either order at offsets (d, 0), (d, d), (0, d) "
          "and (-d, d), where d is a twelfth of the radius of the circle of the nucleus's area, "
          "rounded, at least 1; each measure is the mean of those of these four matrices that "
          "are not empty. p(i, j) are the entries divided by their sum:\n\n"
          "- `chromatin_contrast`: sum of p (i - j)^2.\n"
          "- `chromatin_homogeneity`: sum of p / (1 + (i - j)^2), the inverse difference "
          "moment.\n"
          "- `chromatin_energy`: sum of p^2, the angular second moment.\n"
          "- `chromatin_entropy`: -sum of p log2 p, in bits.\n"
          "- `chromatin_correlation`: sum of p (i - m)(j - m) / v, with mean m and variance v of "
          "the levels in the matrix; missing where all are equal.\n\n"
          "With all three densities: `optical_density_mean`, the mean over the cell of the mean "
          "of the three channels, `integrated_optical_density`, their sum over the cell's "
          "pixels, and with `mask`, `nucleus_optical_density_mean`.",
      .example = R"(name: white-cells
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - fill-holes
  - watershed
  - threshold: {lower: 0, upper: 100, outputs: {mask: nuclei}}
  - measure-cells: {inputs: {white-cells: labels, mask: nuclei, image: source}}
  - save-table: {slot: objects, to: cells.csv}
)",
      .reference =
          "R. M. Haralick, K. Shanmugam and I. Dinstein, Textural Features for Image "
          "Classification, IEEE Transactions on Systems, Man, and Cybernetics SMC-3, 1973; J. C. "
          "Russ, The Image Processing Handbook, 6th ed., CRC Press, 2011",
  };

  void describe(OptionSpec& spec) override {
    spec.real("lobe_neck", lobe_neck_)
        .range(0.0, 1.0)
        .help("A neck divides lobes that is at most this part as wide as the narrower one.");
    spec.input("white-cells", SlotType::label32).optional().help("White cells, one label each.");
    spec.input("red-cells", SlotType::label32).optional().help("Red cells, one label each.");
    spec.input("platelets", SlotType::label32).optional().help("Platelets, one label each.");
    spec.input("mask", SlotType::grey8 | SlotType::mask)
        .optional()
        .help("255 where the nuclei of white cells are.");
    spec.input("image", SlotType::any_image).optional().help("Where intensities are taken from.");
    for (const char* slot : densities)
      spec.input(slot, SlotType::float32)
          .optional()
          .help("Optical density, log10(background / intensity).");
    spec.output("objects", SlotType::table);
    spec.output("labels", SlotType::label32);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Cells cells = cells_of(sample);
    const Image& labels = cells.labels;
    const Scale scale = measurement::scale_of(labels);
    const auto shapes = measurement::shapes_of(labels.pixels(), cells.last.back(), scale);

    Table table;
    measurement::add_label_column(table, shapes);
    add_column(table, "class", shapes, [&](const Shape& s) { return cells.class_of(s.label); });
    measurement::add_pixel_columns(table, shapes, scale);
    if (labels.pixel_size()) measurement::add_micrometre_columns(table, shapes, scale);
    if (sample.has("image"))
      measurement::add_intensity_columns(table, info.name, shapes, sample.image("image"), labels);
    add_boundary_columns(table, shapes, labels.pixels(), scale);
    std::optional<Nuclei> nuclei;
    if (sample.has("mask")) {
      nuclei = nuclei_of(cells, shapes, input(sample, "mask", PixelType::grey8, &labels).pixels());
      add_nucleus_columns(table, shapes, cells, *nuclei);
    }
    if (nuclei && sample.has("density-green"))
      add_chromatin_columns(table, shapes, cells, *nuclei,
                            input(sample, "density-green", PixelType::float32, &labels).pixels());
    if (std::ranges::all_of(densities, [&](const char* slot) { return sample.has(slot); }))
      add_density_columns(table, shapes, cells, nuclei ? &*nuclei : nullptr, sample);
    sample.set("labels", labels);
    sample.set("objects", std::move(table));
  }

 private:
  static constexpr std::array<const char*, 3> densities{"density-red", "density-green",
                                                        "density-blue"};
  /// Width of a level of the co-occurrence matrix, in optical density.
  static constexpr float level_width = 0.05F;
  /// A smaller part of the nucleus than this is a speck.
  static constexpr double smallest_lobe = 0.05;
  /// Holes above this part of the nucleus are gaps between lobes.
  static constexpr double largest_filled_hole = 0.01;

  static void add_boundary_columns(Table& table, const std::vector<Shape>& shapes,
                                   const cv::Mat& labels, Scale scale) {
    const cv::Rect inner(1, 1, labels.cols - 2, labels.rows - 2);
    std::vector<std::int64_t> touches;
    std::vector<double> roughness;
    std::vector<double> deviation;
    for (const Shape& shape : shapes) {
      const measurement::Outline outline(labels, shape.label, shape.box, shape.area, scale);
      touches.push_back((shape.box & inner) == shape.box ? 0 : 1);
      roughness.push_back(outline.roughness());
      deviation.push_back(outline.deviation());
    }
    table.add("touches_edge", std::move(touches));
    table.add("boundary_roughness", std::move(roughness));
    table.add("boundary_deviation", std::move(deviation));
  }

  void add_nucleus_columns(Table& table, const std::vector<Shape>& shapes, const Cells& cells,
                           const Nuclei& nuclei) const {
    const auto add = [&](const char* name, const auto& number) {
      add_nucleus_column(table, name, shapes, cells, nuclei, number);
    };
    const auto count = [&](const char* name, const auto& number) {
      add_count_column(table, name, shapes, cells, nuclei, number);
    };
    const Scale scale = measurement::scale_of(cells.labels);
    const auto area = [](const Shape& s) { return static_cast<double>(s.area); };
    count("nucleus_area_px", [&](const Shape&, const Shape& n) { return area(n); });
    if (cells.labels.pixel_size())
      count("nucleus_area_um2",
            [&](const Shape&, const Shape& n) { return area(n) * scale.x * scale.y; });
    count("nucleus_cytoplasm_ratio", [&](const Shape& c, const Shape& n) {
      return c.area > n.area ? area(n) / (area(c) - area(n)) : missing;
    });
    count("nucleus_cell_ratio", [&](const Shape& c, const Shape& n) { return area(n) / area(c); });
    add("nucleus_circularity", [&](const Shape&, const Shape& n) {
      return measurement::circularity(area(n) * scale.x * scale.y, n.scaled_perimeter);
    });
    add("nucleus_solidity",
        [&](const Shape&, const Shape& n) { return area(n) / n.hull.area({}); });
    count("lobes", [&](const Shape&, const Shape& n) {
      cv::Mat mask;
      cv::copyMakeBorder(nuclei.labels(n.box) == n.label, mask, 1, 1, 1, 1, cv::BORDER_CONSTANT,
                         cv::Scalar(0.0));
      const double largest = std::max(1.0, largest_filled_hole * cv::countNonZero(mask));
      mask = segmentation::filled(mask, largest);
      return measurement::Lobes(mask, lobe_neck_).count(smallest_lobe);
    });
  }

  static measurement::Texture chromatin(const Nuclei& nuclei, const Shape& nucleus,
                                        const cv::Mat& density) {
    const cv::Mat labels = nuclei.labels(nucleus.box);
    const cv::Mat values = density(nuclei.region)(nucleus.box);
    cv::Mat levels(labels.size(), CV_8UC1, cv::Scalar(Cooccurrence::outside));
    for (int y = 0; y < labels.rows; ++y)
      for (int x = 0; x < labels.cols; ++x) {
        if (labels.at<int>(y, x) != nucleus.label) continue;
        const float level = values.at<float>(y, x) / level_width;
        constexpr auto top = static_cast<float>(Cooccurrence::levels - 1);
        // In this order a density that is not a number gives level 0.
        levels.at<std::uint8_t>(y, x) =
            static_cast<std::uint8_t>(level > 0.0F ? std::min(level, top) : 0.0F);
      }
    const double radius = std::sqrt(static_cast<double>(nucleus.area) / std::numbers::pi);
    return measurement::texture_of(levels,
                                   std::max(1, static_cast<int>(std::lround(radius / 12.0))));
  }

  static void add_chromatin_columns(Table& table, const std::vector<Shape>& shapes,
                                    const Cells& cells, const Nuclei& nuclei,
                                    const cv::Mat& density) {
    std::vector<measurement::Texture> textures(static_cast<std::size_t>(cells.last[0]) + 1);
    for (const Shape& nucleus : nuclei.shapes)
      textures[static_cast<std::size_t>(nucleus.label)] = chromatin(nuclei, nucleus, density);
    using measurement::Texture;
    for (const auto& [name, value] : {std::pair{"chromatin_contrast", &Texture::contrast},
                                      {"chromatin_homogeneity", &Texture::homogeneity},
                                      {"chromatin_energy", &Texture::energy},
                                      {"chromatin_entropy", &Texture::entropy},
                                      {"chromatin_correlation", &Texture::correlation}})
      add_nucleus_column(table, name, shapes, cells, nuclei, [&](const Shape& c, const Shape&) {
        return textures[static_cast<std::size_t>(c.label)].*value;
      });
  }

  /// The sum over each label's pixels of the mean density of the three channels.
  static std::vector<double> density_sums(const cv::Mat& labels, int largest,
                                          const std::array<cv::Mat, 3>& density) {
    std::vector<double> sums(static_cast<std::size_t>(largest) + 1, 0.0);
    measurement::for_each_run(labels, [&](int label, int y, int first, int last) {
      const auto* red = density[0].ptr<float>(y);
      const auto* green = density[1].ptr<float>(y);
      const auto* blue = density[2].ptr<float>(y);
      double sum = 0.0;
      for (int x = first; x <= last; ++x)
        sum += (static_cast<double>(red[x]) + green[x] + blue[x]) / 3.0;
      sums[static_cast<std::size_t>(label)] += sum;
    });
    return sums;
  }

  static void add_density_columns(Table& table, const std::vector<Shape>& shapes,
                                  const Cells& cells, const Nuclei* nuclei, const Sample& sample) {
    std::array<cv::Mat, 3> density;
    for (std::size_t i = 0; i < density.size(); ++i)
      density[i] = input(sample, densities[i], PixelType::float32, &cells.labels).pixels();
    const auto sums = density_sums(cells.labels.pixels(), cells.last.back(), density);
    const auto sum = [&](const Shape& s) { return sums[static_cast<std::size_t>(s.label)]; };
    add_column(table, "optical_density_mean", shapes,
               [&](const Shape& s) { return sum(s) / static_cast<double>(s.area); });
    add_column(table, "integrated_optical_density", shapes, sum);
    if (nuclei == nullptr) return;
    for (cv::Mat& channel : density) channel = channel(nuclei->region);
    const auto inside = density_sums(nuclei->labels, cells.last[0], density);
    add_nucleus_column(table, "nucleus_optical_density_mean", shapes, cells, *nuclei,
                       [&](const Shape&, const Shape& n) {
                         return inside[static_cast<std::size_t>(n.label)] /
                                static_cast<double>(n.area);
                       });
  }

  double lobe_neck_ = 0.75;
};

}  // namespace

void register_measure_cells(StageRegistrar& registrar) { registrar.add<MeasureCells>(); }

}  // namespace smear
