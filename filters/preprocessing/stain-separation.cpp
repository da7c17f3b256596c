// SPDX-License-Identifier: Apache-2.0
#include <opencv2/core.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

using Vector = cv::Vec3d;
using Matrix = cv::Matx33d;

enum class Preset { haematoxylin_eosin, giemsa, custom };

struct Pair {
  Vector first;
  Vector second;
};

constexpr double least_volume = 0.02;  // of the parallelepiped of three unit vectors

Pair preset_vectors(Preset preset) {
  const Vector eosin(0.092789, 0.954111, 0.283111);
  if (preset == Preset::giemsa) return {{0.834750, 0.513556, 0.196330}, eosin};
  return {{0.644211, 0.716556, 0.266844}, eosin};
}

Vector to_vector(const std::vector<double>& values) { return {values[0], values[1], values[2]}; }

/// The stains' unit vectors as rows; the third is perpendicular to the other two where absent.
Matrix stain_matrix(const Vector& first, const Vector& second, const std::vector<double>& third) {
  const Vector a = cv::normalize(first);
  const Vector b = cv::normalize(second);
  const Vector c = third.empty() ? cv::normalize(a.cross(b)) : cv::normalize(to_vector(third));
  return {a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]};
}

/// For one channel and one stain: what each of the 256 levels adds to the concentration.
using Table = std::array<float, 256>;

class StainSeparation final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "stain-separation",
      .summary = "Separates stains by colour deconvolution.",
      .category = Category::preprocessing,
      .details =
          "After Ruifrok and Johnston. The optical density of a pixel is "
          "`OD_c = -log10(max(I_c, 0.5) / white_c)` in each channel c of red, green and blue, and "
          "is taken to be a sum of stains, `OD = C1 v1 + C2 v2 + C3 v3`, with v1, v2, v3 the "
          "stains' optical densities scaled to length 1. Solving the three equations gives the "
          "concentrations C, in units of optical density, as float images. Nothing is clipped: "
          "noise around an unstained background gives values around 0, colours outside the "
          "stains' span give negative ones. `white` times `10^-OD` gives the image back.\n\n"
          "Vectors (red, green, blue) of the presets: `haematoxylin-eosin` 0.644211, 0.716556, "
          "0.266844 and 0.092789, 0.954111, 0.283111; `giemsa` 0.834750, 0.513556, 0.196330 "
          "(methylene blue and azure) and the same eosin. They differ between laboratories; "
          "measure them where single-stained areas are at hand. Where no third vector is given, "
          "it is the normalised cross product of the first two, and the third concentration is "
          "what these two leave unexplained.",
      .example = R"(name: nuclei-by-stain
stages:
  - flat-field: {white: 240}
  - stain-separation: {preset: giemsa, stain: 1, white: [240]}
  - save-image: {to: "azure/{id}.tif"}
)",
      .reference =
          "A.C. Ruifrok, D.A. Johnston, Quantification of histochemical staining by color "
          "deconvolution, Anal. Quant. Cytol. Histol. 23, 2001",
  };

  void describe(OptionSpec& spec) override {
    spec.choice<Preset>("preset", preset_,
                        {{Preset::haematoxylin_eosin, "haematoxylin-eosin",
                          "1 haematoxylin, 2 eosin, 3 the rest"},
                         {Preset::giemsa, "giemsa",
                          "1 methylene blue and azure (nuclei), 2 eosin (red cells), 3 the rest"},
                         {Preset::custom, "custom", "vector_1, vector_2 and, if given, vector_3"}})
        .help("Which stains.");
    spec.reals("vector_1", vectors_[0])
        .length(0, 3)
        .range(-10.0, 10.0)
        .help(
            "Optical density of the first stain in red, green, blue, of any length; with "
            "preset: custom.");
    spec.reals("vector_2", vectors_[1]).length(0, 3).range(-10.0, 10.0).help("Of the second.");
    spec.reals("vector_3", vectors_[2])
        .length(0, 3)
        .range(-10.0, 10.0)
        .help("Of the third; absent, it is perpendicular to the other two.");
    spec.integer("stain", stain_).range(1, 3).help("Which concentration goes to slot `image`.");
    spec.reals("white", white_)
        .length(1, 3)
        .range(1.0, 255.0)
        .unit("grey levels")
        .help("Level of the unstained background: one number, or one each for red, green, blue.");
    spec.input("image", SlotType::rgb8);
    spec.output("image", SlotType::float32).help("The concentration that `stain` chooses.");
    spec.output("stain-1", SlotType::float32).help("Concentration of the first stain.");
    spec.output("stain-2", SlotType::float32).help("Of the second.");
    spec.output("stain-3", SlotType::float32).help("Of the third, or the rest.");
  }

  void check() const override {
    if (white_.size() == 2) throw ConfigError("white must hold 1 or 3 numbers, got 2");
    for (std::size_t i = 0; i < 3; ++i) check_vector(i);
    const double volume = std::abs(cv::determinant(matrix()));
    // Parallel first vectors have no cross product: their volume is not a number.
    if (!(volume >= least_volume))
      throw ConfigError(
          "the stain vectors lie in one plane or line, so no colour tells the stains "
          "apart; give vectors that differ more");
  }

  void open() override {
    const Matrix inverse = matrix().inv();
    for (std::size_t channel = 0; channel < 3; ++channel)
      for (std::size_t stain = 0; stain < 3; ++stain)
        for (std::size_t level = 0; level < 256; ++level) {
          const double white = white_[white_.size() == 1 ? 0 : channel];
          const double intensity = std::max(static_cast<double>(level), 0.5);
          tables_[channel][stain][level] =
              static_cast<float>(-std::log10(intensity / white) *
                                 inverse(static_cast<int>(channel), static_cast<int>(stain)));
        }
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.type() != PixelType::rgb8)
      throw SampleError(fmt::format("stain-separation needs an RGB image, this one is {}",
                                    name_of(image.type())));
    std::array<Image, 3> stains;
    for (std::size_t stain = 0; stain < 3; ++stain)
      stains[stain] = image.with_pixels(concentration(image.pixels(), stain));
    sample.set("stain-1", stains[0]);
    sample.set("stain-2", stains[1]);
    sample.set("stain-3", stains[2]);
    sample.set("image", stains[static_cast<std::size_t>(stain_ - 1)]);
  }

 private:
  [[nodiscard]] Matrix matrix() const {
    if (preset_ == Preset::custom)
      return stain_matrix(to_vector(vectors_[0]), to_vector(vectors_[1]), vectors_[2]);
    const Pair pair = preset_vectors(preset_);
    return stain_matrix(pair.first, pair.second, {});
  }

  void check_vector(std::size_t i) const {
    const auto& vector = vectors_[i];
    const std::string name = fmt::format("vector_{}", i + 1);
    if (preset_ != Preset::custom) {
      if (!vector.empty())
        throw ConfigError(name + " is given beside a preset; write preset: custom to use it");
      return;
    }
    if (vector.empty() && i < 2)
      throw ConfigError(fmt::format("preset: custom needs {}: [red, green, blue]", name));
    if (!vector.empty() && vector.size() != 3)
      throw ConfigError(fmt::format("{} must hold 3 numbers, got {}", name, vector.size()));
    if (!vector.empty() && cv::norm(to_vector(vector)) < 1e-6)
      throw ConfigError(name + " must not be zero");
  }

  [[nodiscard]] cv::Mat concentration(const cv::Mat& pixels, std::size_t stain) const {
    cv::Mat result(pixels.size(), CV_32FC1);
    const Table& red = tables_[0][stain];
    const Table& green = tables_[1][stain];
    const Table& blue = tables_[2][stain];
    for (int y = 0; y < pixels.rows; ++y) {
      const auto* in = pixels.ptr<std::uint8_t>(y);
      auto* out = result.ptr<float>(y);
      for (int x = 0; x < pixels.cols; ++x, in += 3)
        out[x] = red[in[0]] + green[in[1]] + blue[in[2]];
    }
    return result;
  }

  Preset preset_ = Preset::giemsa;
  std::array<std::vector<double>, 3> vectors_;
  int stain_ = 1;
  std::vector<double> white_{255.0};
  std::array<std::array<Table, 3>, 3> tables_{};  ///< by channel, stain and level
};

}  // namespace

void register_stain_separation(StageRegistrar& registrar) { registrar.add<StainSeparation>(); }

}  // namespace smear
