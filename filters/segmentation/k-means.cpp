// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

enum class Space { rgb, lab, od_chromaticity };

/// What is clustered: up to three features of a pixel (0 where unused) and how bright it is.
struct Point {
  cv::Vec3f features;
  float brightness = 0.0F;
};

// Centres of a quarter of a million pixels are those of all.
constexpr std::size_t most_fitted = 262'144;

/// Optical densities of the 256 levels; black counts as level 1.
const std::array<float, 256>& densities() {
  static const auto table = [] {
    std::array<float, 256> result{};
    for (std::size_t level = 0; level < 256; ++level)
      result[level] =
          static_cast<float>(-std::log10(std::max(static_cast<double>(level), 1.0) / 255));
    return result;
  }();
  return table;
}

/// The share of each channel in the pixel's optical density: colour whatever the amount of stain.
cv::Mat chromaticity(const cv::Mat& rgb) {
  constexpr float stained = 0.05F;  // below it shares are noise, and the pixel counts as neutral
  const auto& density = densities();
  cv::Mat result(rgb.size(), CV_32FC3);
  for (int y = 0; y < rgb.rows; ++y)
    for (int x = 0; x < rgb.cols; ++x) {
      const auto& p = rgb.at<cv::Vec3b>(y, x);
      const cv::Vec3f od(density[p[0]], density[p[1]], density[p[2]]);
      const float sum = od[0] + od[1] + od[2];
      const bool neutral = sum < stained;
      result.at<cv::Vec3f>(y, x) = neutral ? cv::Vec3f(1.0F / 3.0F, 1.0F / 3.0F, 0.0F)
                                           : cv::Vec3f(od[0] / sum, od[1] / sum, 0.0F);
    }
  return result;
}

cv::Mat features_of(const cv::Mat& pixels, Space space) {
  if (pixels.channels() == 1) {
    cv::Mat values;
    pixels.convertTo(values, CV_32F);
    if (!cv::checkRange(values))
      throw SampleError("k-means needs finite values, this image has NaN or infinite ones");
    const cv::Mat unused = cv::Mat::zeros(values.size(), CV_32FC1);
    cv::merge(std::vector<cv::Mat>{values, unused, unused}, values);
    return values;
  }
  if (space == Space::od_chromaticity) return chromaticity(pixels);
  cv::Mat values;
  pixels.convertTo(values, CV_32F, space == Space::lab ? 1.0 / 255.0 : 1.0);
  if (space == Space::lab) cv::cvtColor(values, values, cv::COLOR_RGB2Lab);
  return values;
}

cv::Mat brightness_of(const cv::Mat& pixels) {
  cv::Mat values;
  pixels.convertTo(values, CV_32F);
  if (values.channels() == 3) cv::transform(values, values, cv::Matx13f::all(1.0F / 3.0F));
  return values;
}

/// Every n-th pixel of those that `within` admits, row by row.
std::vector<Point> points_to_fit(const cv::Mat& features, const cv::Mat& brightness,
                                 const cv::Mat& within) {
  const auto admitted = static_cast<std::size_t>(within.empty() ? static_cast<int>(features.total())
                                                                : cv::countNonZero(within));
  const std::size_t step = (admitted + most_fitted - 1) / most_fitted;
  std::vector<Point> points;
  std::size_t met = 0;
  for (int y = 0; y < features.rows; ++y)
    for (int x = 0; x < features.cols; ++x) {
      if (!within.empty() && within.at<std::uint8_t>(y, x) == 0) continue;
      if (met++ % step == 0)
        points.push_back({features.at<cv::Vec3f>(y, x), brightness.at<float>(y, x)});
    }
  return points;
}

using Centres = std::vector<cv::Vec3f>;

float square_distance(const cv::Vec3f& a, const cv::Vec3f& b) {
  const cv::Vec3f d = a - b;
  return d.dot(d);
}

/// The nearest centre; the first of equally near ones.
std::size_t nearest(const Centres& centres, const cv::Vec3f& features) {
  std::size_t best = 0;
  float least = std::numeric_limits<float>::infinity();
  for (std::size_t c = 0; c < centres.size(); ++c) {
    const float distance = square_distance(centres[c], features);
    if (distance < least) {
      least = distance;
      best = c;
    }
  }
  return best;
}

/// Equal steps of brightness between its 0.5 and 99.5 percentiles. Steps and not quantiles, since
/// nuclei, the darkest, may be one pixel in a hundred.
std::vector<std::size_t> groups_by_brightness(const std::vector<Point>& points,
                                              std::size_t clusters) {
  std::vector<float> sorted;
  for (const Point& p : points) sorted.push_back(p.brightness);
  const auto at = [&](double part) {
    const auto rank =
        static_cast<std::ptrdiff_t>(part * static_cast<double>(sorted.size() - 1) + 0.5);
    std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.end());
    return static_cast<double>(sorted[static_cast<std::size_t>(rank)]);
  };
  const double low = at(0.005);
  const double span = std::max(at(0.995) - low, 1e-30);
  std::vector<std::size_t> groups;
  const auto last = static_cast<double>(clusters - 1);
  for (const Point& p : points)
    groups.push_back(static_cast<std::size_t>(std::clamp(
        std::floor((p.brightness - low) / span * static_cast<double>(clusters)), 0.0, last)));
  return groups;
}

/// The point farthest from the centre of its cluster, the first of several.
std::size_t farthest(const std::vector<Point>& points, const std::vector<std::size_t>& groups,
                     const Centres& centres) {
  std::size_t best = 0;
  float greatest = -1.0F;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const float distance = square_distance(points[i].features, centres[groups[i]]);
    if (distance > greatest) {
      greatest = distance;
      best = i;
    }
  }
  return best;
}

struct Means {
  std::vector<std::size_t> counts;
  std::vector<cv::Vec3d> features;
  std::vector<double> brightness;
};

Means means_of(const std::vector<Point>& points, const std::vector<std::size_t>& groups,
               std::size_t clusters) {
  Means means{std::vector<std::size_t>(clusters), std::vector<cv::Vec3d>(clusters),
              std::vector<double>(clusters)};
  for (std::size_t i = 0; i < points.size(); ++i) {
    ++means.counts[groups[i]];
    means.features[groups[i]] += cv::Vec3d(points[i].features);
    means.brightness[groups[i]] += static_cast<double>(points[i].brightness);
  }
  for (std::size_t c = 0; c < clusters; ++c)
    if (means.counts[c] > 0) {
      means.features[c] *= 1.0 / static_cast<double>(means.counts[c]);
      means.brightness[c] /= static_cast<double>(means.counts[c]);
    }
  return means;
}

/// The means of the groups; an empty group moves to the point that is served worst.
Centres updated(const std::vector<Point>& points, std::vector<std::size_t>& groups,
                std::size_t clusters) {
  Centres centres(clusters);
  Means means = means_of(points, groups, clusters);
  for (std::size_t c = 0; c < clusters; ++c) centres[c] = cv::Vec3f(means.features[c]);
  for (std::size_t c = 0; c < clusters; ++c) {
    if (means.counts[c] > 0) continue;
    const std::size_t chosen = farthest(points, groups, centres);
    groups[chosen] = c;
    centres[c] = points[chosen].features;
  }
  return centres;
}

/// Lloyd's algorithm, to the end or `iterations`. Centres come from the darkest to the brightest;
/// there are none where the points have fewer different features than there are clusters.
Centres fitted(const std::vector<Point>& points, std::size_t clusters, int iterations) {
  std::vector<std::size_t> groups = groups_by_brightness(points, clusters);
  Centres centres = updated(points, groups, clusters);
  for (int i = 0; i < iterations; ++i) {
    bool changed = false;
    for (std::size_t p = 0; p < points.size(); ++p) {
      const std::size_t group = nearest(centres, points[p].features);
      changed |= group != groups[p];
      groups[p] = group;
    }
    if (!changed) break;
    centres = updated(points, groups, clusters);
  }
  for (std::size_t p = 0; p < points.size(); ++p) groups[p] = nearest(centres, points[p].features);
  const Means means = means_of(points, groups, clusters);
  if (std::ranges::count(means.counts, 0U) > 0) return {};
  std::vector<std::size_t> order(clusters);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t c) { return means.brightness[c]; });
  Centres result;
  for (const std::size_t c : order) result.push_back(centres[c]);
  return result;
}

// Not cv::kmeans: it sums in single precision, needs labels to start without random numbers, and
// leaves open what becomes of an empty cluster. ITK's estimator does not
// restart empty clusters either.
class KMeans final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "k-means",
      .summary = "Divides pixels into clusters of similar colour.",
      .category = Category::segmentation,
      .details =
          "Lloyd's k-means with Euclidean distances in one of three spaces: `rgb` (levels), `lab` "
          "(CIE L\\*a\\*b\\* of sRGB, D65) or `od-chromaticity` (the shares of red and green in "
          "the optical density -log10(max(I, 1) / 255) summed over the channels, so that the "
          "amount of stain does not count; a pixel with a sum below 0.05 counts as neutral). A "
          "grey image is clustered by its level, whatever the space.\n\n"
          "Nothing is random. The first clusters are equal steps of brightness (the mean of the "
          "channels) between its 0.5 and 99.5 percentiles; a cluster that becomes empty restarts "
          "at the pixel farthest from its centre. Iteration ends when no pixel changes its "
          "cluster, or after `iterations`. Images with more than 262,144 pixels (within the mask) "
          "are fitted on every n-th of them, and all pixels go to the nearest centre. Clusters "
          "are numbered by the mean brightness of their pixels, 1 being the darkest.\n\n"
          "Outside `within` both outputs are 0. An image with fewer different colours than "
          "clusters, as a blank field may be, and an empty `within` give empty outputs (0 "
          "everywhere) and a warning.",
      .example = R"(name: nuclei-by-colour
stages:
  - k-means: {clusters: 4, space: lab, select: [1]}
  - save-image: {inputs: {image: mask}, to: "nuclei/{id}.png"}
)",
      .reference =
          "S.P. Lloyd, Least squares quantization in PCM, IEEE Trans. Inf. Theory 28(2), "
          "1982",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("clusters", clusters_).range(2, 16).help("Number of clusters.");
    spec.choice<Space>("space", space_,
                       {{Space::rgb, "rgb", "levels of red, green and blue"},
                        {Space::lab, "lab", "CIE L*a*b*, where distances are as people see them"},
                        {Space::od_chromaticity, "od-chromaticity",
                         "the stain's colour, whatever its amount"}})
        .help("In which space colours are compared.");
    spec.reals("select", select_)
        .length(1, 16)
        .range(1, 16)
        .help("Clusters that make up the mask; 1 is the darkest.");
    spec.integer("iterations", iterations_).range(1, 10000).help("How often at most.");
    spec.input("image", SlotType::any_image);
    spec.input("within", SlotType::mask).optional().help("Where to look; everywhere if empty.");
    spec.output("mask", SlotType::mask).help("255 where the cluster is one of `select`.");
    spec.output("clusters", SlotType::label32).help("1 for the darkest cluster and so on.");
  }

  void check() const override {
    for (const double number : select_)
      if (number != std::floor(number) || number > clusters_)
        throw ConfigError(
            fmt::format("select holds {}, but clusters are numbered 1..{}", number, clusters_));
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.type() == PixelType::label32)
      throw SampleError("k-means takes grey and colour images, this one holds labels");
    const cv::Mat within = sample.has("within") ? sample.image("within").pixels() : cv::Mat();
    if (!within.empty() && (within.size() != image.pixels().size() || within.type() != CV_8UC1))
      throw SampleError(
          fmt::format("k-means needs a mask of {} x {} pixels in slot within, got {} x {}",
                      image.width(), image.height(), within.cols, within.rows));
    const cv::Mat clusters = clustered(sample, image.pixels(), within);
    if (!within.empty() && cv::countNonZero(within) == 0)
      sample.warn(fmt::format("{} had an empty mask to look within", info.name));
    cv::Mat mask = cv::Mat::zeros(clusters.size(), CV_8UC1);
    for (const double number : select_) mask.setTo(255, clusters == number);
    sample.set("mask", image.with_pixels(std::move(mask)));
    sample.set("clusters", image.with_pixels(clusters));
  }

 private:
  [[nodiscard]] cv::Mat clustered(Sample& sample, const cv::Mat& pixels,
                                  const cv::Mat& within) const {
    const cv::Mat features = features_of(pixels, space_);
    cv::Mat result = cv::Mat::zeros(pixels.size(), CV_32SC1);
    const auto points = points_to_fit(features, brightness_of(pixels), within);
    if (points.empty()) return result;
    const Centres centres = fitted(points, static_cast<std::size_t>(clusters_), iterations_);
    if (centres.empty()) {
      sample.warn(
          fmt::format("{} met fewer different colours than {} clusters, so both outputs "
                      "are empty",
                      info.name, clusters_));
      return result;
    }
    for (int y = 0; y < result.rows; ++y) {
      const auto* in = features.ptr<cv::Vec3f>(y);
      auto* out = result.ptr<std::int32_t>(y);
      for (int x = 0; x < result.cols; ++x)
        if (within.empty() || within.at<std::uint8_t>(y, x) != 0)
          out[x] = static_cast<std::int32_t>(nearest(centres, in[x])) + 1;
    }
    return result;
  }

  int clusters_ = 3;
  Space space_ = Space::lab;
  std::vector<double> select_{1.0};
  int iterations_ = 100;
};

}  // namespace

void register_k_means(StageRegistrar& registrar) { registrar.add<KMeans>(); }

}  // namespace smear
