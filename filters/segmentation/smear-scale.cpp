// SPDX-License-Identifier: Apache-2.0
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "segmentation/cell-scale.h"
#include "segmentation/mask-operations.h"
#include "segmentation/otsu.h"
#include "smear/stage.h"

namespace smear {
namespace {

/// A place on an outline and the direction in which the density rises.
struct Edge {
  float x = 0.0F;
  float y = 0.0F;
  float ux = 0.0F;
  float uy = 0.0F;
};

/// Bilinear interpolation inside an image; the place must lie a pixel from its edge.
float sampled(const cv::Mat& image, float x, float y) {
  const int left = static_cast<int>(x);
  const int top = static_cast<int>(y);
  const float right_share = x - static_cast<float>(left);
  const float low_share = y - static_cast<float>(top);
  const auto* row = image.ptr<float>(top) + left;
  const auto* next = image.ptr<float>(top + 1) + left;
  return (1.0F - low_share) * ((1.0F - right_share) * row[0] + right_share * row[1]) +
         low_share * ((1.0F - right_share) * next[0] + right_share * next[1]);
}

/// The ridges of the gradient's magnitude (as Canny's non-maximum suppression finds them) that
/// are not faint beside the others of the image.
std::vector<Edge> edges_of(const cv::Mat& density) {
  constexpr float least = 0.006F;  // optical density a pixel: well above an 8-bit camera's noise
  constexpr double share = 0.4;    // of the strong edges' slope
  cv::Mat dx;
  cv::Mat dy;
  cv::Mat slope;
  cv::Sobel(density, dx, CV_32F, 1, 0, 3, 1.0 / 8.0);
  cv::Sobel(density, dy, CV_32F, 0, 1, 3, 1.0 / 8.0);
  cv::magnitude(dx, dy, slope);
  std::vector<Edge> edges;
  std::vector<float> slopes;
  for (int y = 2; y < density.rows - 2; ++y)
    for (int x = 2; x < density.cols - 2; ++x) {
      const float here = slope.at<float>(y, x);
      if (here < least) continue;
      const float ux = dx.at<float>(y, x) / here;
      const float uy = dy.at<float>(y, x) / here;
      const auto px = static_cast<float>(x);
      const auto py = static_cast<float>(y);
      if (here < sampled(slope, px + ux, py + uy) || here <= sampled(slope, px - ux, py - uy))
        continue;
      edges.push_back({px, py, ux, uy});
      slopes.push_back(here);
    }
  if (edges.empty()) return edges;
  auto sorted = slopes;
  const auto strong = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() * 4 / 5);
  std::nth_element(sorted.begin(), strong, sorted.end());
  const float limit = static_cast<float>(share) * *strong;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < edges.size(); ++i)
    if (slopes[i] >= limit) edges[kept++] = edges[i];
  edges.resize(kept);
  return edges;
}

/// Where an edge's vote for a centre falls: four neighbouring bins and their shares.
struct Vote {
  std::size_t bin = 0;
  std::array<float, 4> share{};
};

/// How much of a circle's outline the edges of one centre are on average, beyond chance, if all
/// cells have radius `radius`: each edge votes for a centre at that distance uphill, and is told
/// how many others voted for the same place. The whole outline of a circle gives 1.
double agreement(const std::vector<Edge>& edges, cv::Size size, double radius) {
  const auto bin = static_cast<float>(0.3 * radius);
  // Bins lie evenly about the image's centre, so that a mirrored image gives the same. A vote
  // falls up to one radius outside of the image.
  const auto bins_for = [&](int pixels) {
    return static_cast<std::size_t>((static_cast<double>(pixels) + 2.0 * radius) /
                                    static_cast<double>(bin)) +
           4;
  };
  const std::size_t columns = bins_for(size.width);
  const std::size_t rows = bins_for(size.height);
  const auto middle = [](auto count) { return (static_cast<float>(count) - 1.0F) / 2.0F; };
  std::vector<float> bins(columns * rows, 0.0F);
  std::vector<Vote> votes;
  votes.reserve(edges.size());
  double own = 0.0;
  for (const Edge& edge : edges) {
    const float x = (edge.x - middle(size.width) + edge.ux * static_cast<float>(radius)) / bin +
                    middle(columns);
    const float y =
        (edge.y - middle(size.height) + edge.uy * static_cast<float>(radius)) / bin + middle(rows);
    const auto column = static_cast<std::size_t>(x);
    const auto row = static_cast<std::size_t>(y);
    const float right = x - static_cast<float>(column);
    const float low = y - static_cast<float>(row);
    const Vote vote{
        row * columns + column,
        {(1.0F - low) * (1.0F - right), (1.0F - low) * right, low * (1.0F - right), low * right}};
    bins[vote.bin] += vote.share[0];
    bins[vote.bin + 1] += vote.share[1];
    bins[vote.bin + columns] += vote.share[2];
    bins[vote.bin + columns + 1] += vote.share[3];
    for (const float share : vote.share) own += static_cast<double>(share * share);
    votes.push_back(vote);
  }
  double together = 0.0;
  for (const Vote& vote : votes)
    together += static_cast<double>(
        bins[vote.bin] * vote.share[0] + bins[vote.bin + 1] * vote.share[1] +
        bins[vote.bin + columns] * vote.share[2] + bins[vote.bin + columns + 1] * vote.share[3]);
  const auto n = static_cast<double>(edges.size());
  const double by_chance = n * n * static_cast<double>(bin * bin) / size.area();
  return (together - own - by_chance) / n / (2.0 * std::numbers::pi * radius);
}

struct Estimate {
  double radius = 0.0;     ///< in pixels
  double agreement = 0.0;  ///< of the outlines, 0 (none) to 1 (all are circles of that radius)
};

/// The radius of a disk of the median area of the cells that lie alone: convex objects of roughly
/// the size of a red cell away from the image's edge. Nothing unless they make up most of what is
/// stained. The votes find the smaller half axis of cells that are all elongated; this does not.
std::optional<double> radius_by_area(const cv::Mat& density, double radius) {
  constexpr double convex = 0.9;
  constexpr double most = 0.6;
  constexpr std::size_t fewest = 15;
  const double unit = segmentation::disk_area(radius);
  const auto values = segmentation::values_in(density, density > -1.0);
  const double threshold = segmentation::otsu_thresholds(values, -0.05, 0.35, 2).front();
  const cv::Mat stained = density > threshold;
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(stained, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  std::vector<double> areas;
  double alone = 0.0;
  double all = 0.0;
  for (const auto& contour : contours) {
    // The polygon through the pixels' centres lies half a pixel inside the outline.
    const double area = cv::contourArea(contour) + static_cast<double>(contour.size()) / 2.0;
    const cv::Rect box = cv::boundingRect(contour);
    if (area < 0.3 * unit || box.x == 0 || box.y == 0 || box.br().x == density.cols ||
        box.br().y == density.rows)
      continue;
    all += area;
    if (area > 4.0 * unit) continue;
    std::vector<cv::Point> hull;
    cv::convexHull(contour, hull);
    const double convex_area = cv::contourArea(hull) + cv::arcLength(hull, true) / 2.0;
    if (area < convex * convex_area) continue;
    areas.push_back(area);
    alone += area;
  }
  if (areas.size() < fewest || alone < most * all) return std::nullopt;
  const auto middle = areas.begin() + static_cast<std::ptrdiff_t>(areas.size() / 2);
  std::nth_element(areas.begin(), middle, areas.end());
  return std::sqrt(*middle / std::numbers::pi);
}

/// The mean of each value and its neighbours, itself counted twice.
std::vector<double> smoothed(const std::vector<double>& values) {
  std::vector<double> result = values;
  for (std::size_t i = 1; i + 1 < values.size(); ++i)
    result[i] = (values[i - 1] + 2.0 * values[i] + values[i + 1]) / 4.0;
  return result;
}

/// Tries radii in steps of 8 % in an image of the given size and interpolates the best one.
std::optional<Estimate> estimated_at(const cv::Mat& density, double zoom) {
  constexpr double smallest = 2.5;
  constexpr double step = 1.08;
  constexpr std::size_t fewest_edges = 20;
  cv::Mat image;
  cv::resize(density, image, segmentation::zoomed(density.size(), zoom), 0, 0,
             zoom < 1.0 ? cv::INTER_AREA : cv::INTER_CUBIC);
  cv::GaussianBlur(image, image, {0, 0}, 1.0);
  const std::vector<Edge> edges = edges_of(image);
  if (edges.size() < fewest_edges) return std::nullopt;
  std::vector<double> agreements;
  const double largest = std::min(image.cols, image.rows) / 3.0;
  for (double radius = smallest; radius <= largest; radius *= step)
    agreements.push_back(agreement(edges, image.size(), radius));
  if (agreements.size() < 3) return std::nullopt;
  agreements = smoothed(agreements);
  const auto best = std::ranges::max_element(agreements);
  const auto i = static_cast<std::size_t>(best - agreements.begin());
  double offset = 0.0;
  if (i > 0 && i + 1 < agreements.size()) {
    const double before = agreements[i - 1];
    const double after = agreements[i + 1];
    const double bend = before - 2.0 * *best + after;
    if (bend < 0.0) offset = 0.5 * (before - after) / bend;
  }
  double radius = smallest * std::pow(step, static_cast<double>(i) + offset);
  if (const auto by_area = radius_by_area(image, radius); by_area && *by_area > 1.1 * radius)
    radius = *by_area;
  return Estimate{radius / zoom, *best};
}

/// At a resolution at which a red cell has few pixels: in finer images the rim of the pale centre
/// and the grain of the stain have outlines too.
std::optional<Estimate> estimated(const cv::Mat& density) {
  constexpr int large = 400;  // pixels along the longer side, above which half the resolution does
  constexpr int small = 200;  // below which it is doubled: edges blur into each other there
  constexpr double fine = 28.0;  // pixels a radius, above which it is halved again
  const cv::Mat clipped = cv::min(cv::max(density, -0.05), 0.35);
  const int longer = std::max(clipped.cols, clipped.rows);
  double zoom = longer > large ? 0.5 : 1.0;
  while (zoom * longer < small) zoom *= 2.0;
  for (;;) {
    const auto estimate = estimated_at(clipped, zoom);
    if (!estimate || estimate->radius * zoom <= fine || zoom * longer <= small) return estimate;
    zoom /= 2.0;
  }
}

class SmearScale final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "smear-scale",
      .summary = "Finds how many pixels a red cell's radius has, and so the pixel size.",
      .category = Category::segmentation,
      .details =
          "Red cells are the only thing in a smear that is everywhere, round and of one size. From "
          "each place on an outline (ridges of the Gaussian gradient of the green optical density) "
          "the centre of its cell lies one radius uphill. For radii in steps of 8 % all places "
          "vote; the radius for which their votes agree most, beyond chance and as a share of a "
          "circle's outline, is taken (smoothed over neighbouring radii and interpolated by a "
          "parabola). Clumps, pale centres and a few larger white cells do not move it. Images of "
          "more than 400 pixels are halved for it, those of less than 200 doubled, and where a "
          "radius has more than 28 pixels they are halved again; radii from 2.5 pixels of that "
          "image to a third of its shorter side are tried. Where at least 15 convex objects (of "
          "Otsu's threshold) lie alone and make up 0.6 of what is stained, and their median area "
          "is that of a circle more than 1.1 times as large, that circle's radius is taken: the "
          "votes find the shorter half axis of cells that are all elongated.\n\n"
          "The pixel size becomes `3.75 / radius` micrometres, since a red cell measures "
          "7.5, and is written to the image and the densities; whatever is derived from them "
          "carries it on, and later stages take the red cell's radius from it. An image whose "
          "pixel size is known keeps it, unless a red cell would then be smaller than 2 pixels "
          "or larger than the image, or more than twice as large or small as the one estimated "
          "with at least twice `min_agreement`. That gives a warning, and the estimate is taken: "
          "such sizes stem from a scanner or a program that wrote a default. Of pixels that are "
          "not square the geometric mean of the edges counts.\n\n"
          "With an agreement below `min_agreement` there are no red cells to go by (an empty "
          "field, noise, a crop of one cell): the pixel size stays unknown, with a warning. "
          "Table `scale` has one row: `red_cell_radius_px` and `pixel_size_um` (missing where "
          "unknown), `agreement`, and `source`: `option` (`pixel_size`), `image` (stated by the "
          "file), "
          "`estimated` or `unknown`.",
      .example = R"(name: magnification
stages:
  - background
  - optical-density
  - smear-scale
  - save-table: {slot: scale, to: scale.csv}
)",
      .reference =
          "G. Loy, A. Zelinsky, Fast radial symmetry for detecting points of interest, IEEE Trans. "
          "Pattern Anal. Mach. Intell. 25(8), 2003 (votes along the gradient)",
  };

  void describe(OptionSpec& spec) override {
    spec.real("pixel_size", pixel_size_)
        .range(0.0, 1000.0)
        .unit("um")
        .help("The pixel size of every image, whatever it states; 0 to find it.");
    spec.real("min_agreement", min_agreement_)
        .range(0.0, 1.0)
        .help("Least agreement of the outlines for which the estimate counts.");
    spec.input("image", SlotType::any_image);
    spec.input("density-red", SlotType::float32);
    spec.input("density-green", SlotType::float32);
    spec.input("density-blue", SlotType::float32);
    spec.output_like("image", "image");
    spec.output("density-red", SlotType::float32);
    spec.output("density-green", SlotType::float32);
    spec.output("density-blue", SlotType::float32);
    spec.output("scale", SlotType::table);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    const Image& density = sample.image("density-green");
    segmentation::check_float(info.name, density, "density-green");
    segmentation::check_same_size(info.name, image, "image", density, "density-green");
    const auto estimate = estimated(density.pixels());
    const bool agreed = estimate && estimate->agreement >= min_agreement_;
    std::optional<PixelSize> size =
        pixel_size_ > 0.0 ? PixelSize{pixel_size_, pixel_size_} : known(sample, image, estimate);
    std::string source = pixel_size_ > 0.0 ? "option"
                         : size            ? "image"
                         : agreed          ? "estimated"
                                           : "unknown";
    if (!size && agreed) {
      const double edge = segmentation::red_cell_radius_um / estimate->radius;
      size = PixelSize{edge, edge};
    }
    if (!size)
      sample.warn(fmt::format(
          "{} found no red cells to take the scale from; give the image a pixel size if there are",
          info.name));
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const double edge = size ? std::sqrt(size->x_um * size->y_um) : none;
    const double agreement = estimate ? estimate->agreement : none;
    Table table;
    table.add("red_cell_radius_px", std::vector{segmentation::red_cell_radius_um / edge});
    table.add("pixel_size_um", std::vector{edge});
    table.add("agreement", std::vector{agreement});
    table.add("source", std::vector{source});
    for (const char* slot : {"image", "density-red", "density-green", "density-blue"})
      sample.set(slot, Image(sample.image(slot).pixels(), size));
    sample.set("scale", std::move(table));
  }

 private:
  /// The image's own pixel size, if a red cell has a size in it that can be.
  [[nodiscard]] std::optional<PixelSize> known(Sample& sample, const Image& image,
                                               const std::optional<Estimate>& estimate) const {
    constexpr double smallest = 2.0;
    constexpr double most_different = 2.0;
    const auto radius = segmentation::red_cell_radius(image);
    if (!radius) return std::nullopt;
    bool can_be = *radius >= smallest && 2.0 * *radius <= std::max(image.width(), image.height());
    if (estimate && estimate->agreement >= 2.0 * min_agreement_) {
      const double ratio = estimate->radius / *radius;
      can_be = can_be && ratio <= most_different && ratio >= 1.0 / most_different;
    }
    if (can_be) return image.pixel_size();
    sample.warn(fmt::format(
        "{} does not believe the pixel size of {} um that the image states, and estimates it",
        info.name, image.pixel_size()->x_um));
    return std::nullopt;
  }

  double pixel_size_ = 0.0;
  double min_agreement_ = 0.025;
};

}  // namespace

void register_smear_scale(StageRegistrar& registrar) { registrar.add<SmearScale>(); }

}  // namespace smear
