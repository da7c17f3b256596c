// SPDX-License-Identifier: Apache-2.0
#include <numbers>
#include <opencv2/core.hpp>
#include <optional>

#include "codec/codec.h"
#include "smear/stage.h"

namespace smear {
namespace {

using Vector = cv::Vec3d;

/// Reinhard's: in the decorrelated space l-alpha-beta.
struct Moments {
  Vector mean;
  Vector deviation;
};

const cv::Matx33d& lms_of_rgb() {
  static const cv::Matx33d matrix(0.3811, 0.5783, 0.0402, 0.1967, 0.7244, 0.0782, 0.0241, 0.1288,
                                  0.8444);
  return matrix;
}

/// l-alpha-beta of the decimal logarithm of LMS; its rows are perpendicular unit vectors.
const cv::Matx33d& lab_of_log_lms() {
  static const double a = 1 / std::sqrt(3.0);
  static const double b = 1 / std::sqrt(6.0);
  static const double c = 1 / std::numbers::sqrt2;
  static const cv::Matx33d matrix(a, a, a, b, b, -2 * b, c, -c, 0);
  return matrix;
}

/// Natural logarithm of LMS; black counts as level 1.
cv::Mat log_lms(const cv::Mat& rgb) {
  cv::Mat values;
  rgb.convertTo(values, CV_32F);
  cv::max(values, 1.0F, values);
  cv::transform(values, values, lms_of_rgb() * (1 / 255.0));
  cv::log(values, values);
  return values;
}

Moments moments_of(const cv::Mat& log_lms_values) {
  cv::Mat lab;
  cv::transform(log_lms_values, lab, lab_of_log_lms() * (1 / std::numbers::ln10));
  cv::Scalar mean;
  cv::Scalar deviation;
  cv::meanStdDev(lab, mean, deviation);
  return {{mean[0], mean[1], mean[2]}, {deviation[0], deviation[1], deviation[2]}};
}

cv::Mat reinhard(const cv::Mat& rgb, const Moments& target) {
  cv::Mat values = log_lms(rgb);
  const Moments source = moments_of(values);
  Vector scale;
  for (int c = 0; c < 3; ++c)
    scale[c] = source.deviation[c] > 1e-5 ? target.deviation[c] / source.deviation[c] : 1.0;
  // Into l-alpha-beta, stretch, and back, is one affine map of log LMS.
  const cv::Matx33d& lab = lab_of_log_lms();
  const cv::Matx33d linear = lab.t() * cv::Matx33d::diag(scale) * lab;
  const Vector shift = lab.t() * (target.mean - scale.mul(source.mean)) * std::numbers::ln10;
  cv::Matx34d affine;
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 4; ++column)
      affine(row, column) = column < 3 ? linear(row, column) : shift[row];
  cv::transform(values, values, affine);
  cv::min(values, 20.0F, values);  // infinities would meet as NaN in the next product
  cv::exp(values, values);
  cv::transform(values, values, lms_of_rgb().inv() * 255.0);
  cv::Mat result;
  values.convertTo(result, CV_8U);
  return result;
}

/// Macenko's: the two stains that span the optical densities.
struct Stains {
  Vector first;  ///< unit vector of optical density
  Vector second;
  std::array<double, 2> strongest{};  ///< 99th percentile of each one's concentration
};

struct MacenkoOptions {
  Vector white;
  double alpha = 1.0;
  double beta = 0.15;
};

// Fewer stained pixels than this say nothing of percentiles.
constexpr std::size_t least_stained = 100;
// Percentiles of a million pixels are those of all.
constexpr int most_fitted = 1'000'000;
// Directions nearer than this (sine) are one stain and noise.
constexpr double least_difference = 0.03;
// A stain that is not there is not stretched.
constexpr double least_concentration = 0.01;

/// The optical density of each level of each channel.
using Densities = std::array<std::array<float, 256>, 3>;

Densities densities(const Vector& white) {
  Densities result;
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t level = 0; level < 256; ++level) {
      const double intensity = std::max(static_cast<double>(level), 0.5);
      const double density = -std::log10(intensity / white[static_cast<int>(c)]);
      result[c][level] = static_cast<float>(std::max(density, 0.0));
    }
  return result;
}

std::vector<cv::Vec3f> stained_pixels(const cv::Mat& rgb, const MacenkoOptions& options) {
  const Densities table = densities(options.white);
  const auto threshold = static_cast<float>(options.beta * options.beta);
  const int step = std::max(1, static_cast<int>(rgb.total()) / most_fitted);
  std::vector<cv::Vec3f> result;
  int skip = 0;
  for (int y = 0; y < rgb.rows; ++y) {
    const auto* row = rgb.ptr<cv::Vec3b>(y);
    int x = skip;
    for (; x < rgb.cols; x += step) {
      const cv::Vec3b& p = row[x];
      const cv::Vec3f density(table[0][p[0]], table[1][p[1]], table[2][p[2]]);
      if (density.dot(density) >= threshold) result.push_back(density);
    }
    skip = x - rgb.cols;
  }
  return result;
}

/// Nearest rank.
float percentile(std::vector<float>& values, double percent) {
  const auto rank = static_cast<std::ptrdiff_t>(
      std::lround(percent / 100 * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

/// The two leading directions of the densities, about the origin and not about their mean: the
/// plane of two stains goes through the unstained point.
std::pair<Vector, Vector> plane_of(const std::vector<cv::Vec3f>& pixels) {
  cv::Matx33d moments = cv::Matx33d::zeros();
  for (const cv::Vec3f& p : pixels)
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) moments(i, j) += static_cast<double>(p[i]) * p[j];
  cv::Vec3d values;
  cv::Matx33d vectors;
  cv::eigen(moments, values, vectors);
  Vector first(vectors(0, 0), vectors(0, 1), vectors(0, 2));
  const Vector second(vectors(1, 0), vectors(1, 1), vectors(1, 2));
  if (first[0] + first[1] + first[2] < 0.0) first = -first;
  return {first, second};
}

/// Concentrations from a density: the least-squares solution, 2 x 3.
cv::Matx23d unmixing(const Vector& first, const Vector& second) {
  const cv::Matx32d stains(first[0], second[0], first[1], second[1], first[2], second[2]);
  return (stains.t() * stains).inv() * stains.t();
}

std::array<double, 2> strongest(const std::vector<cv::Vec3f>& pixels, const cv::Matx23d& unmix) {
  std::array<double, 2> result{};
  std::vector<float> values(pixels.size());
  for (int stain = 0; stain < 2; ++stain) {
    const cv::Vec3f row(static_cast<float>(unmix(stain, 0)), static_cast<float>(unmix(stain, 1)),
                        static_cast<float>(unmix(stain, 2)));
    std::ranges::transform(pixels, values.begin(), [&](const cv::Vec3f& p) { return row.dot(p); });
    result[static_cast<std::size_t>(stain)] = percentile(values, 99.0);
  }
  return result;
}

/// The image's two stains, or nothing where it does not show two.
std::optional<Stains> stains_of(const cv::Mat& rgb, const MacenkoOptions& options) {
  const std::vector<cv::Vec3f> pixels = stained_pixels(rgb, options);
  if (pixels.size() < least_stained) return std::nullopt;
  const auto [along, across] = plane_of(pixels);
  // Densities are not negative, so all lie within 90 degrees of `along`: tangents order as angles.
  std::vector<float> tangents;
  tangents.reserve(pixels.size());
  for (const cv::Vec3f& p : pixels) {
    const double a = along.dot(p);
    if (a > 1e-6) tangents.push_back(static_cast<float>(across.dot(p) / a));
  }
  if (tangents.empty()) return std::nullopt;
  const double low = percentile(tangents, options.alpha);
  const double high = percentile(tangents, 100.0 - options.alpha);
  Stains result;
  result.first = cv::normalize(Vector(along + across * low));
  result.second = cv::normalize(Vector(along + across * high));
  if (cv::norm(result.first.cross(result.second)) < least_difference) return std::nullopt;
  // Haemoglobin and eosin absorb blue light, the dyes of nuclei red light.
  if (result.first[0] - result.first[2] < result.second[0] - result.second[2])
    std::swap(result.first, result.second);
  result.strongest = strongest(pixels, unmixing(result.first, result.second));
  return result;
}

cv::Mat macenko(const cv::Mat& rgb, const Stains& source, const Stains& target,
                const Vector& white) {
  cv::Matx32d mixing(target.first[0], target.second[0], target.first[1], target.second[1],
                     target.first[2], target.second[2]);
  for (int stain = 0; stain < 2; ++stain) {
    const auto s = static_cast<std::size_t>(stain);
    if (source.strongest[s] < least_concentration) continue;
    for (int c = 0; c < 3; ++c) mixing(c, stain) *= target.strongest[s] / source.strongest[s];
  }
  const cv::Matx33d map = mixing * unmixing(source.first, source.second) * -std::numbers::ln10;
  const Densities table = densities(white);
  cv::Mat values(rgb.size(), CV_32FC3);
  for (int y = 0; y < rgb.rows; ++y) {
    const auto* in = rgb.ptr<cv::Vec3b>(y);
    auto* out = values.ptr<cv::Vec3f>(y);
    for (int x = 0; x < rgb.cols; ++x)
      out[x] = {table[0][in[x][0]], table[1][in[x][1]], table[2][in[x][2]]};
  }
  cv::transform(values, values, map);
  cv::exp(values, values);
  cv::multiply(values, cv::Scalar(white[0], white[1], white[2]), values);
  cv::Mat result;
  values.convertTo(result, CV_8U);
  return result;
}

Vector to_vector(const std::vector<double>& values, std::size_t from = 0) {
  return {values[from], values[from + 1], values[from + 2]};
}

enum class Method { reinhard, macenko };

class StainNormalize final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "stain-normalize",
      .summary = "Brings the colours of differently stained smears to one standard.",
      .category = Category::preprocessing,
      .details =
          "The standard is a reference image, or stored statistics.\n\n"
          "`reinhard`: RGB/255 (0 counted as 1/255, no gamma) is turned into LMS with Reinhard's "
          "matrix, its decimal logarithm into Ruderman's l-alpha-beta, and each of the three is "
          "shifted and stretched to the target's mean and standard deviation over all pixels. "
          "This is the \"Lab\" of the paper, not CIE L\\*a\\*b\\*. A component that does not vary "
          "(standard deviation up to 0.00001) is shifted only.\n\n"
          "`macenko`: optical densities `-log10(max(I, 0.5) / white)`, negative ones counted as "
          "0; pixels whose density vector is at least `beta` long are stained. (The paper drops "
          "pixels by single channels in some readings; eosin alone has next to no density in "
          "red, so here the length counts.) The two leading eigenvectors of the uncentred second "
          "moments span a plane; in it the `alpha` and `100 - alpha` percentiles of the angle "
          "are the two stains, the first being the one with more density in red less that in "
          "blue (haematoxylin; methylene blue and azure). Concentrations are the least-squares "
          "solution; each is "
          "scaled so that its 99th percentile over stained pixels becomes the target's, unless "
          "it is below 0.01, and the image is composed again with the target's vectors. What the "
          "two stains do not explain is lost. Percentiles are nearest ranks, of every n-th pixel "
          "in images above two megapixels. An image with fewer than 100 stained pixels, or whose "
          "two directions differ by less than 1.7 degrees, passes unchanged, with a warning.\n\n"
          "Both methods take a background that differs from `white`, or a vignette, for stain: put "
          "`flat-field: {white: 255}` before this stage, as the example does. The default "
          "statistics are medians over 91 fields of Giemsa-type stained smears (BCCD data set) "
          "treated in that way. Both methods round to the nearest level and clip.",
      .example = R"(name: one-colour-standard
stages:
  - flat-field: {white: 255}
  - stain-normalize: {method: macenko}
  - save-image: {to: "normal/{id}.png"}
)",
      .reference =
          "E. Reinhard et al., Color transfer between images, IEEE Computer Graphics and "
          "Applications 21(5), 2001; M. Macenko et al., A method for normalizing "
          "histology slides for quantitative analysis, ISBI 2009",
  };

  void describe(OptionSpec& spec) override {
    spec.choice<Method>("method", method_,
                        {{Method::reinhard, "reinhard", "mean and spread of colours"},
                         {Method::macenko, "macenko", "two stain vectors and their strengths"}})
        .help("How colours are compared; macenko keeps white white.");
    spec.file("reference", reference_)
        .help("An RGB image that sets the standard, in place of the target options.");
    spec.reals("target_mean", target_mean_)
        .length(3, 3)
        .range(-10.0, 10.0)
        .help("reinhard: means of l, alpha and beta.");
    spec.reals("target_deviation", target_deviation_)
        .length(3, 3)
        .range(0.0, 10.0)
        .help("reinhard: standard deviations of l, alpha and beta.");
    spec.reals("target_vectors", target_vectors_)
        .length(6, 6)
        .range(-10.0, 10.0)
        .help(
            "macenko: optical density in red, green, blue of the first stain, then of the "
            "second; of any length.");
    spec.reals("target_strengths", target_strengths_)
        .length(2, 2)
        .range(0.0, 10.0)
        .unit("optical density")
        .help("macenko: 99th percentiles of the two concentrations.");
    spec.reals("white", white_)
        .length(1, 3)
        .range(1.0, 255.0)
        .unit("grey levels")
        .help(
            "macenko: level of the unstained background: one number, or one each for red, "
            "green, blue.");
    spec.real("alpha", alpha_)
        .range(0.0, 25.0)
        .unit("%")
        .help("macenko: part of the stained pixels beyond each stain's direction.");
    spec.real("beta", beta_)
        .range(0.001, 3.0)
        .unit("optical density")
        .help("macenko: from which density on a pixel is stained.");
    spec.input("image", SlotType::rgb8);
    spec.output("image", SlotType::rgb8);
  }

  void check() const override {
    if (white_.size() == 2) throw ConfigError("white must hold 1 or 3 numbers, got 2");
    const Vector first = to_vector(target_vectors_);
    const Vector second = to_vector(target_vectors_, 3);
    const double lengths = cv::norm(first) * cv::norm(second);
    if (!(cv::norm(first.cross(second)) >= least_difference * lengths) || lengths < 1e-9)
      throw ConfigError("target_vectors must be two different directions");
  }

  void open() override {
    target_moments_ = {to_vector(target_mean_), to_vector(target_deviation_)};
    target_stains_ = {cv::normalize(to_vector(target_vectors_)),
                      cv::normalize(to_vector(target_vectors_, 3)),
                      {target_strengths_[0], target_strengths_[1]}};
    if (!reference_.empty()) measure_reference(read_reference().pixels());
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.type() != PixelType::rgb8)
      throw SampleError(
          fmt::format("stain-normalize needs an RGB image, this one is {}", name_of(image.type())));
    if (method_ == Method::reinhard) {
      sample.set("image", image.with_pixels(reinhard(image.pixels(), target_moments_)));
      return;
    }
    const auto stains = stains_of(image.pixels(), macenko_options());
    if (!stains) {
      sample.set("image", image);
      sample.warn(fmt::format("{} found no two stains and left the image as it is", info.name));
      return;
    }
    sample.set("image", image.with_pixels(macenko(image.pixels(), *stains, target_stains_,
                                                  macenko_options().white)));
  }

 private:
  [[nodiscard]] MacenkoOptions macenko_options() const {
    return {white_.size() == 3 ? to_vector(white_) : Vector::all(white_[0]), alpha_, beta_};
  }

  [[nodiscard]] Image read_reference() const {
    try {
      Image image = codec::read_image(reference_);
      if (image.type() == PixelType::rgb8) return image;
      throw SampleError(fmt::format("it is {} and not RGB", name_of(image.type())));
    } catch (const SampleError& error) {
      throw ConfigError(fmt::format("reference image {}: {}", reference_, error.what()));
    }
  }

  void measure_reference(const cv::Mat& pixels) {
    if (method_ == Method::reinhard) {
      target_moments_ = moments_of(log_lms(pixels));
      return;
    }
    const auto stains = stains_of(pixels, macenko_options());
    if (!stains)
      throw ConfigError(fmt::format(
          "reference image {} does not show two stains; take a well stained field", reference_));
    target_stains_ = *stains;
  }

  Method method_ = Method::macenko;
  std::string reference_;
  std::vector<double> target_mean_{-0.074, -0.009, 0.004};
  std::vector<double> target_deviation_{0.077, 0.032, 0.004};
  std::vector<double> target_vectors_{0.455, 0.890, 0.0, 0.254, 0.621, 0.742};
  std::vector<double> target_strengths_{0.42, 0.20};
  std::vector<double> white_{255.0};
  double alpha_ = 1.0;
  double beta_ = 0.15;
  Moments target_moments_;
  Stains target_stains_;
};

}  // namespace

void register_stain_normalize(StageRegistrar& registrar) { registrar.add<StainNormalize>(); }

}  // namespace smear
