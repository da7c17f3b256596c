// SPDX-License-Identifier: Apache-2.0
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "segmentation/cell-scale.h"
#include "segmentation/mask-operations.h"
#include "segmentation/relief.h"
#include "segmentation/white-cell-body.h"
#include "smear/stage.h"

namespace smear {
namespace {

using segmentation::ColourClass;
using segmentation::ColourMixture;
using segmentation::component_of;
using segmentation::dilated;
using segmentation::disk_area;
using segmentation::filled;
using segmentation::grown;
using segmentation::hull_of;
using segmentation::opened;
using segmentation::Relief;
using segmentation::solidity_of;
using segmentation::WhiteCellBody;

enum class Cells { all, central };

constexpr std::uint8_t cytoplasm_level = 128;
constexpr std::uint8_t nucleus_level = 255;

// Lengths in red cell radii, areas in red cell areas.
constexpr double max_nuclear_hole = 0.04;  // larger ones are gaps between nuclei
constexpr double opening = 0.12;           // what is narrower is no nucleus
constexpr double split_height = 0.1;       // of the neck of a nucleus below its parts
constexpr double max_lobe_radius = 1.1;    // inscribed; two that are larger are two nuclei
constexpr double max_cell = 8.0;           // the largest that touching parts may be joined to
constexpr double convex = 0.9;             // solidity of one cell
constexpr double nucleus_rich = 0.65;      // share of the nucleus that only single-lobed cells have
constexpr double enlarging_sigma = 1.0;    // pixels of the working image
constexpr double working_radius = 20.0;    // pixels; finer images are reduced
constexpr double least_radius = 7.0;       // pixels; coarser images are enlarged

/// A white cell in the frame of the whole image.
struct Cell {
  cv::Rect frame;
  cv::Mat cell;  ///< masks of the frame's size
  cv::Mat nucleus;
  cv::Mat seed;  ///< the nucleus that it was found from
};

/// The part of an image of size `to` that `frame` is of one of size `from`.
cv::Rect enlarged(const cv::Rect& frame, cv::Size from, cv::Size to) {
  if (from == to) return frame;
  const double x = static_cast<double>(to.width) / from.width;
  const double y = static_cast<double>(to.height) / from.height;
  const cv::Point first(cvRound(frame.x * x), cvRound(frame.y * y));
  const cv::Point last(cvRound(frame.br().x * x), cvRound(frame.br().y * y));
  return {first, last};
}

/// An image, and that of the empty slide, in any size or empty.
struct Picture {
  cv::Mat rgb;
  cv::Mat background;

  /// The empty slide's mean colour in a part of the image.
  [[nodiscard]] std::optional<cv::Vec3b> light(const cv::Rect& frame) const {
    if (background.empty()) return std::nullopt;
    const cv::Scalar mean = cv::mean(background(enlarged(frame, rgb.size(), background.size())));
    return cv::Vec3b(cv::saturate_cast<std::uint8_t>(mean[0]),
                     cv::saturate_cast<std::uint8_t>(mean[1]),
                     cv::saturate_cast<std::uint8_t>(mean[2]));
  }
  [[nodiscard]] std::optional<cv::Vec3b> light() const {
    return light(cv::Rect({0, 0}, rgb.size()));
  }
};

class SegmentWhiteCells final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "segment-white-cells",
      .summary = "Finds white cells, each with its nucleus and its cytoplasm.",
      .category = Category::segmentation,
      .details =
          "Starts from nuclei, as `stain-classes` finds them, and looks for the cell around each. "
          "All lengths are in red cell radii, taken from the pixel size (`smear-scale`); where "
          "that "
          "is unknown, the equivalent radius of the largest nucleus stands for one if it has at "
          "least 6 pixels, and else nothing is found. The image is "
          "brought to between 7 and 20 pixels a radius for it, and outlines are brought back.\n\n"
          "1. *Nuclei.* Holes up to 0.04 red cell areas are filled, and what an opening with a "
          "disk "
          "of 0.12 radii removes is dropped. Nuclei less than `lobe_gap` apart are a group: lobes "
          "of one cell, or cells that touch.\n"
          "2. *Body.* In CIE L\\*a\\*b\\*, what is farther from the background than 0.38 of the "
          "way to "
          "the colour around the nucleus is stained. Of that, cytoplasm is told from red cells by "
          "normal distributions of five features (L\\*, a\\*, b\\*, log blue/red, log green/blue): "
          "those of the image's red cells, pale, middle and dense ones, against that of the pixels "
          "near this nucleus that are unlike them, estimated anew three times; distance from the "
          "nucleus counts against cytoplasm. Holes are filled, tails and rims removed by opening "
          "with a disk of `smoothing` radii.\n"
          "3. *Cells that touch.* The nucleus is divided at its necks (h-maxima of the distance "
          "map, h 0.1, watershed). Parts with an inscribed circle of at least `lobe_radius` could "
          "be "
          "nuclei of their own. Where a group has several of them, they are one cell only if at "
          "most one has more than 1.1 radii, and the body is convex (solidity 0.9), at most 8 red "
          "cell areas large, and less than 0.65 nucleus: lobes of a granulocyte lie in plenty of "
          "cytoplasm, blasts that touch do not. Else the body is divided among them by a watershed "
          "of the distances, and two neighbours are joined again if together they pass this test.\n"
          "4. *Nucleus.* Otsu's threshold of green over blue within the cell, mixed 0.7 to 0.3 "
          "with the upper one of two for its surroundings.\n\n"
          "Cells with less than `min_nucleus` or `min_cell` are dropped; what two cells claim goes "
          "to "
          "the one whose nucleus is nearer. Labels are numbered in raster order. With `cells: "
          "central`, "
          "for a crop of one cell, only the group of nuclei nearest to the middle is taken, as one "
          "cell and at full resolution, its red neighbours are learnt from the crop itself, and "
          "neither scale nor limits are needed; a crop with less than 0.4 % of nucleus has no "
          "cell.\n\n"
          "Slot `mask` has 128 in cytoplasm and 255 in nuclei.",
      .example = R"(name: white-cells
stages:
  - gaussian-blur: {sigma: 0.7}
  - background
  - optical-density
  - smear-scale
  - stain-classes
  - segment-white-cells
  - overlay: {inputs: {image: source, labels: white-cells}, to: "overlays/{id}.png"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.choice<Cells>("cells", cells_,
                       {{Cells::all, "all", "every white cell of a field"},
                        {Cells::central, "central", "the one in the middle of a crop"}})
        .help("Which cells to look for.");
    spec.real("min_nucleus", min_nucleus_)
        .range(0.0, 100.0)
        .unit("red cell areas")
        .help("Area of the smallest nucleus.");
    spec.real("min_cell", min_cell_)
        .range(0.0, 100.0)
        .unit("red cell areas")
        .help("Area of the smallest white cell.");
    spec.real("lobe_gap", lobe_gap_)
        .range(0.0, 10.0)
        .unit("red cell radii")
        .help("Nuclei nearer to each other are looked at together.");
    spec.real("lobe_radius", lobe_radius_)
        .range(0.0, 10.0)
        .unit("red cell radii")
        .help("Inscribed radius from which on a part of a nucleus may be a nucleus of its own.");
    spec.real("smoothing", smoothing_)
        .range(0.0, 10.0)
        .unit("red cell radii")
        .help("Radius of the disk that the cell's outline is opened with.");
    spec.input("image", SlotType::grey8 | SlotType::rgb8);
    spec.input("background", SlotType::grey8 | SlotType::rgb8)
        .optional()
        .help("The empty slide; without it, its colour is that of what is bright around a cell.");
    spec.input("nuclear-stain", SlotType::float32);
    spec.input("nuclei", SlotType::mask);
    spec.output("white-cells", SlotType::label32);
    spec.output("mask", SlotType::mask);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image image = segmentation::as_rgb(info.name, sample.image("image"), "image");
    const Image& stain = sample.image("nuclear-stain");
    const Image& nuclei = sample.image("nuclei");
    segmentation::check_mask(info.name, nuclei);
    segmentation::check_float(info.name, stain, "nuclear-stain");
    segmentation::check_same_size(info.name, image, "image", nuclei, "nuclei");
    segmentation::check_same_size(info.name, image, "image", stain, "nuclear-stain");
    const cv::Mat light = segmentation::optional_rgb(info.name, sample, "background");
    cv::Mat labels = cv::Mat::zeros(image.pixels().size(), CV_32SC1);
    cv::Mat mask = cv::Mat::zeros(image.pixels().size(), CV_8UC1);
    if (cells_ == Cells::central) {
      for (const Cell& cell : central_cell({image.pixels(), light}, nuclei.pixels()))
        draw(cell, 1, image.pixels().size(), labels, mask);
    } else if (const double radius = unit(image, nuclei.pixels()); radius > 0.0) {
      const double scale = std::clamp(1.0, least_radius / radius, working_radius / radius);
      const cv::Size size = segmentation::zoomed(image.pixels().size(), scale);
      int count = 0;
      std::vector<Cell> cells =
          cells_of({segmentation::in_size(image.pixels(), size), light},
                   segmentation::in_size(stain.pixels(), size),
                   segmentation::in_size(nuclei.pixels(), size) > 127, radius * scale);
      const auto too_small = [&](const Cell& cell) { return !large_enough(cell, radius * scale); };
      std::erase_if(cells, too_small);
      part_overlaps(cells, size);
      std::erase_if(cells, too_small);
      for (const Cell& cell : cells) draw(cell, ++count, size, labels, mask);
      segmentation::number_in_raster_order(labels, count);
    }
    sample.set("white-cells", nuclei.with_pixels(std::move(labels)));
    sample.set("mask", nuclei.with_pixels(std::move(mask)));
  }

 private:
  /// The red cell's radius, by which all is measured. Where it is unknown, that of the largest
  /// nucleus stands for it, which is of about the same size; 0 where there is none, only grains.
  static double unit(const Image& image, const cv::Mat& nuclei) {
    constexpr double grain = 6.0;  // pixels
    if (const auto radius = segmentation::red_cell_radius(image)) return *radius;
    const double radius = std::sqrt(static_cast<double>(largest_area(nuclei)) / std::numbers::pi);
    return radius < grain ? 0.0 : radius;
  }

  static std::int64_t largest_area(const cv::Mat& mask) {
    const cv::Mat labels = segmentation::components(mask, 8);
    std::int64_t largest = 0;
    for (const auto& region : segmentation::regions(labels, segmentation::largest_label(labels)))
      largest = std::max(largest, region.area);
    return largest;
  }

  static cv::Mat without_specks(const cv::Mat& nuclei) {
    constexpr double share = 0.1;
    return segmentation::without_small(nuclei, share * static_cast<double>(largest_area(nuclei)));
  }

  /// The group of nuclei nearest to the image's centre, as one cell.
  [[nodiscard]] std::vector<Cell> central_cell(const Picture& picture,
                                               const cv::Mat& stained_nuclei) const {
    constexpr double least_share = 0.004;  // of a crop; what is smaller is noise
    const cv::Mat nuclei = without_specks(opened(stained_nuclei, 1.0));
    const cv::Mat centre = nearest_to_centre(nuclei);
    const double lobe = std::sqrt(static_cast<double>(largest_area(nuclei)) / std::numbers::pi);
    if (disk_area(lobe) < least_share * static_cast<double>(nuclei.total())) return {};
    const cv::Mat group = component_of(dilated(nuclei, 0.4 * lobe), centre) & nuclei;
    if (cv::countNonZero(group) == 0) return {};
    const double radius = std::sqrt(cv::countNonZero(group) / std::numbers::pi);
    const WhiteCellBody body(picture.rgb, group, hull_of(group), radius, picture.light());
    const cv::Mat cell = body.cell(std::nullopt, true);
    const cv::Rect frame({0, 0}, picture.rgb.size());
    return {{frame, cell, body.nucleus_in(cell, frame), group}};
  }

  /// One pixel of the mask.
  static cv::Mat nearest_to_centre(const cv::Mat& mask) {
    cv::Mat result = cv::Mat::zeros(mask.size(), CV_8UC1);
    double least = std::numeric_limits<double>::infinity();
    cv::Point best(-1, -1);
    for (int y = 0; y < mask.rows; ++y)
      for (int x = 0; x < mask.cols; ++x) {
        if (mask.at<std::uint8_t>(y, x) == 0) continue;
        const double distance = std::hypot(x - (mask.cols - 1) / 2.0, y - (mask.rows - 1) / 2.0);
        if (distance < least) {
          least = distance;
          best = {x, y};
        }
      }
    if (best.x >= 0) result.at<std::uint8_t>(best) = 255;
    return result;
  }

  [[nodiscard]] std::vector<Cell> cells_of(const Picture& picture, const cv::Mat& stain,
                                           const cv::Mat& stained_nuclei, double radius) const {
    const cv::Mat nuclei =
        opened(filled(stained_nuclei, max_nuclear_hole * disk_area(radius)), opening * radius);
    if (static_cast<double>(largest_area(nuclei)) < 0.2 * min_nucleus_ * disk_area(radius))
      return {};
    const auto red_cells = red_cell_class(picture.rgb, stain, nuclei, radius);
    const cv::Mat groups = segmentation::components(dilated(nuclei, lobe_gap_ * radius / 2.0), 8);
    std::vector<Cell> cells;
    const int count = segmentation::largest_label(groups);
    const auto regions = segmentation::regions(groups, count);
    for (int group = 1; group <= count; ++group) {
      const cv::Rect box = regions[static_cast<std::size_t>(group)].box();
      const cv::Mat inside = nuclei(box) & (groups(box) == group);
      const int area = cv::countNonZero(inside);
      if (area < min_nucleus_ * disk_area(radius)) continue;
      const double reach = std::min(2.5 * radius, std::sqrt(area / std::numbers::pi));
      const cv::Rect frame = grown(box, 1.2 * reach + 0.5 * radius, nuclei.size());
      cv::Mat nucleus = cv::Mat::zeros(frame.size(), CV_8UC1);
      inside.copyTo(nucleus(box - frame.tl()));
      for (Cell& cell : cells_in(picture, frame, nucleus, red_cells, radius))
        cells.push_back(std::move(cell));
    }
    return cells;
  }

  /// How the stained pixels look that are neither nuclei nor near one.
  static std::optional<ColourMixture> red_cell_class(const cv::Mat& rgb, const cv::Mat& stain,
                                                     const cv::Mat& nuclei, double radius) {
    constexpr std::size_t fewest = 200;
    constexpr std::size_t step = 7;
    const cv::Mat far = ~dilated(nuclei, 0.8 * radius);
    const cv::Mat red = (stain != 0.0) & (stain < 0.5) & far;
    std::vector<cv::Vec3b> pixels;
    std::size_t met = 0;
    for (int y = 0; y < red.rows; ++y) {
      const auto* inside = red.ptr<std::uint8_t>(y);
      const auto* pixel = rgb.ptr<cv::Vec3b>(y);
      for (int x = 0; x < red.cols; ++x)
        if (inside[x] != 0 && met++ % step == 0) pixels.push_back(pixel[x]);
    }
    if (pixels.size() < fewest) return std::nullopt;
    auto sampled = segmentation::colour_features(cv::Mat(pixels));
    // Pale and dense ones apart: a single class would be so wide that cytoplasm is in it.
    constexpr std::size_t groups = 3;
    std::ranges::sort(sampled, {}, [](const auto& pixel) { return pixel(0); });
    std::vector<ColourClass> classes;
    for (std::size_t g = 0; g < groups; ++g)
      classes.emplace_back(std::vector(
          sampled.begin() + static_cast<std::ptrdiff_t>(g * sampled.size() / groups),
          sampled.begin() + static_cast<std::ptrdiff_t>((g + 1) * sampled.size() / groups)));
    return ColourMixture(std::move(classes));
  }

  /// The cells of one group of nuclei: one, unless several parts of it could each be a whole
  /// nucleus and what surrounds them is not the body of one cell.
  [[nodiscard]] std::vector<Cell> cells_in(const Picture& picture, const cv::Rect& frame,
                                           const cv::Mat& nucleus,
                                           const std::optional<ColourMixture>& red_cells,
                                           double radius) const {
    const cv::Mat part = picture.rgb(frame);
    const auto light = picture.light(frame);
    const double area = cv::countNonZero(nucleus);
    const cv::Mat markers = nuclear_markers(nucleus, radius);
    const int count = segmentation::largest_label(markers);
    if (count > 1) {
      const double one = std::sqrt(area / std::numbers::pi / count);
      const WhiteCellBody body(part, nucleus, core_of(markers, nucleus, count), one, light);
      const cv::Mat cells = body.cell(red_cells, false);
      if (whole_nuclei(markers, nucleus, count, radius) > 1 ||
          !is_one_cell(cells, body.nucleus_in(cells, {{0, 0}, frame.size()}), radius))
        return split(frame.tl(), body, cells, nucleus, markers, count, radius);
    }
    const cv::Mat hull = hull_of(nucleus);
    const WhiteCellBody body(part, nucleus, hull, std::sqrt(area / std::numbers::pi), light);
    const cv::Mat cell = smoothed(body.cell(red_cells, false) | hull, nucleus, radius);
    return {{frame, cell, body.nucleus_in(cell, {{0, 0}, frame.size()}), nucleus}};
  }

  /// Calls `visit(label, frame, mask)` with each label's frame, a little wider than it, and mask.
  template <typename Visit>
  static void for_each_part(const cv::Mat& labels, int count, const Visit& visit) {
    constexpr double margin = 2.0;  // background around, from which distances count
    const auto regions = segmentation::regions(labels, count);
    for (int label = 1; label <= count; ++label) {
      const auto& region = regions[static_cast<std::size_t>(label)];
      if (region.area == 0) continue;
      const cv::Rect frame = grown(region.box(), margin, labels.size());
      visit(label, frame, cv::Mat(labels(frame) == label));
    }
  }

  /// What surely belongs to several cells: the hulls of their nuclei.
  static cv::Mat core_of(const cv::Mat& markers, const cv::Mat& nucleus, int count) {
    cv::Mat core = nucleus.clone();
    for_each_part(markers, count, [&](int, const cv::Rect& frame, const cv::Mat& mask) {
      cv::Mat place = core(frame);
      place |= hull_of(mask);
    });
    return core;
  }

  /// Without tails, such as rims of red cells.
  [[nodiscard]] cv::Mat smoothed(const cv::Mat& cell, const cv::Mat& nucleus, double radius) const {
    return component_of(opened(cell, smoothing_ * radius) | (nucleus & cell), nucleus);
  }

  /// How many parts are too large to be lobes.
  [[nodiscard]] static int whole_nuclei(const cv::Mat& markers, const cv::Mat& nucleus, int count,
                                        double radius) {
    const cv::Mat distance = segmentation::distance_inside(nucleus);
    int whole = 0;
    for_each_part(markers, count, [&](int, const cv::Rect& frame, const cv::Mat& mask) {
      if (inscribed_radius(distance(frame), mask) > max_lobe_radius * radius) ++whole;
    });
    return whole;
  }

  static double inscribed_radius(const cv::Mat& distance, const cv::Mat& mask) {
    double radius = 0.0;
    cv::minMaxLoc(distance, nullptr, &radius, nullptr, nullptr, mask);
    return radius;
  }

  [[nodiscard]] bool is_one_cell(const cv::Mat& cells, const cv::Mat& nucleus,
                                 double radius) const {
    const cv::Mat cell = opened(cells, smoothing_ * radius) | nucleus;
    const double area = cv::countNonZero(cell);
    return area <= max_cell * disk_area(radius) &&
           cv::countNonZero(nucleus & cell) < nucleus_rich * area && solidity_of(cell) >= convex;
  }

  [[nodiscard]] std::vector<Cell> split(const cv::Point& origin, const WhiteCellBody& body,
                                        const cv::Mat& cells, const cv::Mat& nucleus,
                                        const cv::Mat& markers, int count, double radius) const {
    cv::Mat distance = segmentation::distance_inside(cells);
    cv::add(distance, segmentation::distance_inside(nucleus), distance);
    cv::GaussianBlur(distance, distance, {0, 0}, std::max(0.5, 0.1 * radius));
    distance.setTo(0.0, cells == 0);
    cv::Mat framed;
    cv::copyMakeBorder(markers, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
    const Relief relief(distance, 8);
    cv::Mat parts = relief.flooded(framed, false)({1, 1, markers.cols, markers.rows}).clone();
    merge(parts, count, nucleus, radius);
    std::vector<Cell> result;
    for_each_part(parts, count, [&](int, const cv::Rect& frame, const cv::Mat& mask) {
      const cv::Mat seed = nucleus(frame) & mask;
      const cv::Mat cell = smoothed(mask, seed, radius);
      result.push_back({frame + origin, cell, body.nucleus_in(cell, frame), seed & cell});
    });
    return result;
  }

  /// One label for each part of the nucleus that is large enough for a cell of its own.
  [[nodiscard]] cv::Mat nuclear_markers(const cv::Mat& nucleus, double radius) const {
    cv::Mat distance = segmentation::distance_inside(nucleus);
    cv::Mat smooth;
    cv::GaussianBlur(distance, smooth, {0, 0}, std::max(0.5, 0.08 * radius));
    smooth.setTo(0.0, nucleus == 0);
    const Relief relief(smooth, 8);
    const cv::Mat peaks = relief.peaks(static_cast<float>(split_height * radius), 0.0F);
    const cv::Rect inner(1, 1, nucleus.cols, nucleus.rows);
    const cv::Mat parts = relief.flooded(peaks, false)(inner).clone();
    const int count = segmentation::largest_label(parts);
    int kept = 0;
    cv::Mat markers = cv::Mat::zeros(parts.size(), CV_32SC1);
    for_each_part(parts, count, [&](int, const cv::Rect& frame, const cv::Mat& mask) {
      if (inscribed_radius(distance(frame), mask) >= lobe_radius_ * radius &&
          cv::countNonZero(mask) >= min_nucleus_ * disk_area(radius))
        markers(frame).setTo(++kept, mask);
    });
    // The lobes that hang on to them go with them.
    cv::Mat framed;
    cv::copyMakeBorder(markers, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
    return relief.flooded(framed, false)(inner).clone();
  }

  /// Joins neighbouring parts that together look like one cell: convex, with cytoplasm around.
  void merge(cv::Mat& parts, int count, const cv::Mat& nucleus, double radius) const {
    const cv::Mat distance = segmentation::distance_inside(nucleus);
    const auto regions = segmentation::regions(parts, count);
    std::vector<bool> merged(static_cast<std::size_t>(count) + 1, false);
    for (const auto& [pair, length] : segmentation::seams_of(parts)) {
      const auto first = static_cast<std::size_t>(pair.first);
      const auto second = static_cast<std::size_t>(pair.second);
      if (merged[first] || merged[second]) continue;
      const cv::Rect frame = regions[first].box() | regions[second].box();
      cv::Mat place = parts(frame);
      const cv::Mat both = (place == pair.first) | (place == pair.second);
      const auto whole = [&](int part) {
        return inscribed_radius(distance(frame), place == part) > max_lobe_radius * radius;
      };
      if ((whole(pair.first) && whole(pair.second)) ||
          !is_one_cell(both, nucleus(frame) & both, radius))
        continue;
      place.setTo(pair.first, both);
      merged[first] = merged[second] = true;
    }
  }

  [[nodiscard]] bool large_enough(const Cell& cell, double radius) const {
    return cv::countNonZero(cell.nucleus) >= min_nucleus_ * disk_area(radius) &&
           cv::countNonZero(cell.cell) >= min_cell_ * disk_area(radius);
  }

  /// Gives what several cells claim to the one whose nucleus is nearest.
  static void part_overlaps(std::vector<Cell>& cells, cv::Size size) {
    cv::Mat nearest(size, CV_32FC1, cv::Scalar(std::numeric_limits<float>::infinity()));
    cv::Mat owner = cv::Mat::zeros(size, CV_32SC1);
    int number = 0;
    for (const Cell& cell : cells) {
      cv::Mat distance;
      cv::distanceTransform(cell.seed == 0, distance, cv::DIST_L2, cv::DIST_MASK_5);
      cv::Mat place = nearest(cell.frame);
      const cv::Mat mine = cell.cell & (distance < place);
      distance.copyTo(place, mine);
      owner(cell.frame).setTo(++number, mine);
    }
    number = 0;
    for (Cell& cell : cells) {
      cell.cell &= owner(cell.frame) == ++number;
      cell.cell = component_of(cell.cell, cell.seed);
      cell.nucleus &= cell.cell;
    }
  }

  /// Draws a cell that was found in an image of `size`.
  static void draw(const Cell& cell, int label, cv::Size size, cv::Mat& labels, cv::Mat& mask) {
    const cv::Rect frame = enlarged(cell.frame, size, labels.size());
    const auto enlarge = [&](const cv::Mat& part) {
      if (frame.size() == part.size()) return part;
      // Blurred, so that the outline is no staircase of large pixels; what the image's edge cuts
      // goes on beyond it.
      cv::Mat result;
      cv::GaussianBlur(part, result, {0, 0}, enlarging_sigma, enlarging_sigma,
                       cv::BORDER_REPLICATE);
      cv::resize(result, result, frame.size(), 0, 0, cv::INTER_CUBIC);
      return cv::Mat(result > 127);
    };
    cv::Mat place = labels(frame);
    const cv::Mat free =
        enlarge(cell.cell) & (place == 0);  // enlarged outlines may overlap a little
    place.setTo(label, free);
    mask(frame).setTo(cytoplasm_level, free);
    mask(frame).setTo(nucleus_level, free & enlarge(cell.nucleus));
  }

  Cells cells_ = Cells::all;
  double min_nucleus_ = 0.25;
  double min_cell_ = 0.4;
  double lobe_gap_ = 0.5;
  double lobe_radius_ = 0.75;
  double smoothing_ = 0.5;
};

}  // namespace

void register_segment_white_cells(StageRegistrar& registrar) { registrar.add<SegmentWhiteCells>(); }

}  // namespace smear
