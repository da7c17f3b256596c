// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <opencv2/core.hpp>
#include <optional>

#include "segmentation/cell-scale.h"
#include "segmentation/connected-components.h"
#include "segmentation/otsu.h"
#include "smear/stage.h"

namespace smear {
namespace {

enum class Content { field, white_cell };

/// The three densities of a pixel.
struct Density {
  float red = 0.0F;
  float green = 0.0F;
  float blue = 0.0F;

  [[nodiscard]] float total() const { return red + green + blue; }
  [[nodiscard]] bool is_grey() const { return red == green && green == blue; }
};

// Beyond these an 8-bit camera counts single levels.
constexpr float lowest_density = 0.0F;
constexpr float highest_density = 1.3F;

Density clipped(float red, float green, float blue) {
  return {std::clamp(red, lowest_density, highest_density),
          std::clamp(green, lowest_density, highest_density),
          std::clamp(blue, lowest_density, highest_density)};
}

/// A way to weigh the channels: `red * OD_red + (1 - red) * OD_green - OD_blue`. The dye of nuclei
/// lets blue pass and haemoglobin absorbs it, so nuclei are high; the weights add up to 0, so grey
/// is 0. Which weight of red parts them best depends on the stain: red cells may be pink (absorb
/// green) or bluish grey (absorb red).
struct Weights {
  double red = 0.0;

  [[nodiscard]] float operator()(const Density& density) const {
    const auto share = static_cast<float>(red);
    return share * density.red + (1.0F - share) * density.green - density.blue;
  }
};

/// A division of the stained pixels into nuclei and the rest.
struct Division {
  Weights weights;
  double threshold = 0.0;
  double rest_mean = 0.0;
  double nuclei_mean = 0.0;
  double share = 0.0;         ///< of the nuclei in the stained pixels
  double separability = 0.0;  ///< squared distance of the means over the variance in the classes

  /// Between Otsu's criterion, which would rather halve the red cells than part a few nuclei from
  /// them, and the separability alone, which would take a few dark nuclei and leave the pale ones.
  [[nodiscard]] double criterion() const { return std::sqrt(share * (1.0 - share)) * separability; }
};

/// Number and moments of some pixels' values, and their densities.
struct Moments {
  double count = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  double blue = 0.0;
  double total = 0.0;

  void add(double value, const Density& density) {
    count += 1.0;
    sum += value;
    squares += value * value;
    blue += static_cast<double>(density.blue);
    total += static_cast<double>(density.total());
  }
  [[nodiscard]] double mean() const { return sum / count; }
  [[nodiscard]] double variance() const { return std::max(0.0, squares / count - mean() * mean()); }
  [[nodiscard]] double blue_share() const { return blue / total; }
};

/// What a threshold comes to; nothing where it leaves a class empty or nearly so, or where the
/// class above it is not the one that lets blue pass.
std::optional<Division> division_at(const std::vector<Density>& pixels, Weights weights,
                                    double threshold) {
  constexpr double least_variance = 3e-4;  // that of a camera's levels in a pale stain
  constexpr double least_share = 0.0005;
  constexpr double greatest_share = 0.95;
  constexpr double bluer = 0.02;
  Moments rest;
  Moments nuclei;
  for (const Density& pixel : pixels) {
    const auto value = static_cast<double>(weights(pixel));
    (value > threshold ? nuclei : rest).add(value, pixel);
  }
  const double share = nuclei.count / static_cast<double>(pixels.size());
  if (share < least_share || share > greatest_share) return std::nullopt;
  if (nuclei.blue_share() > rest.blue_share() - bluer) return std::nullopt;
  const double distance = nuclei.mean() - rest.mean();
  const double variance =
      share * nuclei.variance() + (1.0 - share) * rest.variance() + least_variance;
  return Division{weights,       threshold, rest.mean(),
                  nuclei.mean(), share,     distance * distance / variance};
}

class StainClasses final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "stain-classes",
      .summary = "Tells nuclei from red cells by the two stains that this image shows.",
      .category = Category::segmentation,
      .details =
          "The dye of nuclei absorbs red and green and lets blue pass; haemoglobin absorbs blue. "
          "How much red and how much green differs between stains and cameras: red cells may be "
          "pink, brown or bluish grey. So the optical densities are weighed as `w OD_red + "
          "(1 - w) OD_green - OD_blue`, which is 0 for grey and for the empty slide, for several w "
          "from -1 to 0.8, and for each the stained pixels (total density above 0.6 of Otsu's "
          "threshold, and above 0.05) are divided at Otsu's threshold. A division counts if the "
          "means of its two "
          "classes differ by `min_difference`, the squared difference is at least "
          "`min_separability` times the variance within the classes (halving a normal "
          "distribution gives 7), and the class above lets more blue pass. Of those that count "
          "the one with the greatest `sqrt(p (1 - p)) separability` is taken, p being the share of "
          "nuclei: between Otsu's criterion, which halves the red cells where nuclei are rare, "
          "and the separability alone, which takes a few dark nuclei and leaves the pale ones. If "
          "none counts, the upper one of two thresholds is tried in the same way.\n\n"
          "Slot `nuclear-stain` is 0 where the stain is that of the red cells' mean, 1 where it is "
          "that of the nuclei's, and 0 where nothing is stained; `nuclei` is where it is at least "
          "`threshold`. If no division counts there are no nuclei, and both are 0 everywhere.\n\n"
          "With `content: white-cell`, a crop in which nucleus and cytoplasm may be all that is "
          "stained, the map is `1 - G / B` with the transmittances G and B, and the mask what lies "
          "above the upper one of Otsu's two thresholds, if the mean of `OD_green - OD_blue` is "
          "higher there by `min_difference`.\n\n"
          "Table `stains` has one row: "
          "`nuclei_found` (0 or 1), `red_weight` (w), "
          "`red_cell_mean`, `nuclei_mean`, `nuclei_share` and `separability`; `content: "
          "white-cell` "
          "uses neither `threshold` nor `min_separability`, and fills in the first only.",
      .example = R"(name: nuclei
stages:
  - background
  - optical-density
  - stain-classes
  - save-image: {inputs: {image: nuclei}, to: "nuclei/{id}.png"}
)",
      .reference =
          "R.A. Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics "
          "7(2), 1936",
  };

  void describe(OptionSpec& spec) override {
    spec.choice<Content>(
            "content", content_,
            {{Content::field, "field", "red cells, and maybe white ones"},
             {Content::white_cell, "white-cell", "one white cell, and maybe some red ones"}})
        .help("What the image shows.");
    spec.real("threshold", threshold_)
        .range(-10.0, 10.0)
        .help("Value of the map, 0 red cells and 1 nuclei, from which on a pixel is nucleus.");
    spec.real("min_separability", min_separability_)
        .range(0.0, 1e6)
        .help(
            "Least squared distance of the two classes' means, in units of the variance in them, "
            "for there to be nuclei; halving one normally distributed class gives 7.");
    spec.real("min_difference", min_difference_)
        .range(0.0, 10.0)
        .unit("optical density")
        .help("Least difference of the two classes' means.");
    spec.input("density-red", SlotType::float32);
    spec.input("density-green", SlotType::float32);
    spec.input("density-blue", SlotType::float32);
    spec.output("nuclear-stain", SlotType::float32)
        .help("0 where the stain is that of red cells, 1 where it is that of nuclei.");
    spec.output("nuclei", SlotType::mask).help("255 in nuclei.");
    spec.output("stains", SlotType::table).help("How they were told apart.");
  }

  void process(Sample& sample, const RunContext&) const override {
    const segmentation::Densities density(info.name, sample);
    if (content_ == Content::white_cell) return one_cell(sample, density);
    const float least = stained_from(density);
    const std::vector<Density> stained = stained_pixels(density, least);
    if (!stained.empty() && std::ranges::all_of(stained, &Density::is_grey))
      sample.warn(fmt::format("{} has a grey image, in which no stain tells nuclei", info.name));
    const auto division = best_division(stained);
    cv::Mat map = cv::Mat::zeros(density.size(), CV_32FC1);
    cv::Mat nuclei = cv::Mat::zeros(density.size(), CV_8UC1);
    if (division) classify(density, least, *division, map, nuclei);
    sample.set("nuclear-stain", density.image().with_pixels(std::move(map)));
    sample.set("nuclei", density.image().with_pixels(std::move(nuclei)));
    sample.set("stains", table_of(division.has_value(), division));
  }

 private:
  /// Green over blue, which nuclei have least of: of 18 combinations of channels the one that gave
  /// the best nuclei of single cells.
  void one_cell(Sample& sample, const segmentation::Densities& density) const {
    constexpr double lowest = -1.0;
    constexpr double highest = 1.0;
    cv::Mat map(density.size(), CV_32FC1);
    std::vector<float> values;
    for (int y = 0; y < map.rows; ++y)
      for (int x = 0; x < map.cols; ++x) {
        map.at<float>(y, x) = 1.0F - std::pow(10.0F, density.blue(y)[x] - density.green(y)[x]);
        values.push_back(map.at<float>(y, x));
      }
    const double threshold = segmentation::otsu_thresholds(values, lowest, highest, 3).back();
    cv::Mat nuclei = map > threshold;
    const cv::Mat difference = density.green() - density.blue();
    const double in_nuclei = cv::mean(difference, nuclei)[0];
    const double elsewhere = cv::mean(difference, ~nuclei)[0];
    const bool found = in_nuclei - elsewhere >= min_difference_;
    if (!found) nuclei.setTo(0);
    sample.set("nuclei", density.image().with_pixels(std::move(nuclei)));
    sample.set("nuclear-stain", density.image().with_pixels(std::move(map)));
    sample.set("stains", table_of(found, std::nullopt));
  }

  static Table table_of(bool found, const std::optional<Division>& division) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    Table table;
    table.add("nuclei_found", std::vector<std::int64_t>{found ? 1 : 0});
    table.add("red_weight", std::vector{division ? division->weights.red : none});
    table.add("red_cell_mean", std::vector{division ? division->rest_mean : none});
    table.add("nuclei_mean", std::vector{division ? division->nuclei_mean : none});
    table.add("nuclei_share", std::vector{division ? division->share : none});
    table.add("separability", std::vector{division ? division->separability : none});
    return table;
  }

  /// The total density from which on a pixel counts as stained.
  [[nodiscard]] float stained_from(const segmentation::Densities& density) const {
    constexpr double foreground = 0.6;  // of Otsu's threshold: pale cells count too
    constexpr double highest = 1.1;
    constexpr double least = 0.05;
    std::vector<float> totals;
    for (int y = 0; y < density.size().height; ++y)
      for (int x = 0; x < density.size().width; ++x) totals.push_back(at(density, x, y).total());
    const auto thresholds = segmentation::otsu_thresholds(totals, 0.0, highest, 2);
    return static_cast<float>(std::max(foreground * thresholds[0], least));
  }

  static Density at(const segmentation::Densities& density, int x, int y) {
    return clipped(density.red(y)[x], density.green(y)[x], density.blue(y)[x]);
  }

  /// Some of them, from rows and columns that lie evenly.
  static std::vector<Density> stained_pixels(const segmentation::Densities& density, float least) {
    constexpr double most = 40'000.0;  // places that are looked at
    const cv::Size size = density.size();
    const int step =
        std::max(1, static_cast<int>(std::sqrt(static_cast<double>(size.area()) / most)));
    std::vector<Density> pixels;
    for (int y = (size.height - 1) % step / 2; y < size.height; y += step)
      for (int x = (size.width - 1) % step / 2; x < size.width; x += step) {
        const Density pixel = at(density, x, y);
        if (pixel.total() > least) pixels.push_back(pixel);
      }
    return pixels;
  }

  /// Otsu's threshold for the weights that part the classes best. If that parts nothing, nuclei may
  /// be so few that it divides the red cells instead: then the upper one of two thresholds.
  [[nodiscard]] std::optional<Division> best_division(const std::vector<Density>& pixels) const {
    constexpr std::size_t fewest = 100;
    constexpr double lowest = -0.3;
    constexpr double highest = 1.0;
    if (pixels.size() < fewest) return std::nullopt;
    std::optional<Division> best;
    std::vector<float> values(pixels.size());
    for (const int classes : {2, 3}) {
      for (const double red : {-1.0, -0.6, -0.3, 0.0, 0.2, 0.4, 0.6, 0.8}) {
        const Weights weights{red};
        std::ranges::transform(pixels, values.begin(), weights);
        const double threshold =
            segmentation::otsu_thresholds(values, lowest, highest, classes).back();
        const auto division = division_at(pixels, weights, threshold);
        if (!division || division->separability < min_separability_ ||
            division->nuclei_mean - division->rest_mean < min_difference_)
          continue;
        if (!best || division->criterion() > best->criterion()) best = division;
      }
      if (best) break;
    }
    return best;
  }

  void classify(const segmentation::Densities& density, float least, const Division& division,
                cv::Mat& map, cv::Mat& nuclei) const {
    const auto origin = static_cast<float>(division.rest_mean);
    const auto scale = static_cast<float>(1.0 / (division.nuclei_mean - division.rest_mean));
    const auto threshold = static_cast<float>(threshold_);
    for (int y = 0; y < map.rows; ++y) {
      auto* out = map.ptr<float>(y);
      auto* mask = nuclei.ptr<std::uint8_t>(y);
      for (int x = 0; x < map.cols; ++x) {
        const Density pixel = at(density, x, y);
        if (pixel.total() <= least) continue;
        out[x] = (division.weights(pixel) - origin) * scale;
        if (out[x] >= threshold) mask[x] = 255;
      }
    }
  }

  Content content_ = Content::field;
  double threshold_ = 0.5;
  double min_separability_ = 8.0;
  double min_difference_ = 0.06;
};

}  // namespace

void register_stain_classes(StageRegistrar& registrar) { registrar.add<StainClasses>(); }

}  // namespace smear
