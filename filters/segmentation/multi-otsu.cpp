// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <opencv2/core.hpp>

#include "segmentation/otsu.h"
#include "smear/stage.h"

namespace smear {
namespace {

constexpr int bins = segmentation::otsu_bins;
using Histogram = segmentation::OtsuHistogram;

/// How grey values fall into the 256 bins.
struct Binning {
  double lowest = 0.0;
  double width = 1.0;

  template <typename T>
  [[nodiscard]] std::size_t bin_of(T value) const {
    if constexpr (sizeof(T) == 1) return value;
    const double bin = std::floor((static_cast<double>(value) - lowest) / width);
    return static_cast<std::size_t>(std::clamp(bin, 0.0, bins - 1.0));
  }
};

/// Calls `visit(x, y, value)` for each pixel that `within` admits.
template <typename T, typename Visit>
void for_each_pixel(const cv::Mat& pixels, const cv::Mat& within, const Visit& visit) {
  for (int y = 0; y < pixels.rows; ++y) {
    const T* row = pixels.ptr<T>(y);
    const std::uint8_t* admitted = within.empty() ? nullptr : within.ptr<std::uint8_t>(y);
    for (int x = 0; x < pixels.cols; ++x)
      if (admitted == nullptr || admitted[x] != 0) visit(x, y, row[x]);
  }
}

/// One bin a level where the values allow it, else 256 equal bins from the least to the greatest.
template <typename T>
Binning binning_of(const cv::Mat& pixels, const cv::Mat& within) {
  if constexpr (sizeof(T) == 1) return {};
  T least = std::numeric_limits<T>::max();
  T greatest = std::numeric_limits<T>::lowest();
  for_each_pixel<T>(pixels, within, [&](int, int, T value) {
    if constexpr (std::is_floating_point_v<T>)
      if (!std::isfinite(value))
        throw SampleError("multi-otsu needs finite values, this image has NaN or infinite ones");
    least = std::min(least, value);
    greatest = std::max(greatest, value);
  });
  if (least > greatest) return {};
  const double span = static_cast<double>(greatest) - static_cast<double>(least);
  const bool exact = std::is_integral_v<T> && span < bins;
  return {static_cast<double>(least), exact || span == 0.0 ? 1.0 : span / bins};
}

struct Result {
  cv::Mat mask;
  cv::Mat classes;
  bool divisible = true;  ///< else both are empty: there are fewer grey values than classes
};

class MultiOtsu final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "multi-otsu",
      .summary = "Divides grey values into classes by Otsu's criterion for several thresholds.",
      .category = Category::segmentation,
      .details =
          "Finds the thresholds that maximise the between-class variance of a histogram of 256 "
          "bins, exactly, by dynamic programming (Otsu's criterion for any number of classes; one "
          "threshold gives the classical method). Among equally good thresholds the lowest are "
          "taken.\n\n"
          "8-bit images have one bin a level, so the result is exact; so do 16-bit images whose "
          "values span fewer than 256 levels. Else the bins are 256 equal parts of the range "
          "between the least and the greatest value counted, and thresholds lie on their edges. "
          "`within` restricts what is counted and what is classified; outside it both outputs are "
          "0. An image with fewer different values than classes, as a blank field may be, and an "
          "empty `within` give empty outputs (0 everywhere) and a warning.",
      .example = R"(name: three-classes
stages:
  - to-grey
  - multi-otsu: {classes: 3, select: [1]}
  - save-image: {inputs: {image: mask}, to: "darkest/{id}.png"}
)",
      .reference =
          "N. Otsu, A threshold selection method from gray-level histograms, IEEE Trans. "
          "Syst. Man Cybern. 9(1), 1979",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("classes", classes_).range(2, 5).help("Number of classes.");
    spec.reals("select", select_)
        .length(1, 5)
        .range(1, 5)
        .help("Classes that make up the mask; 1 is the darkest.");
    spec.input("image", SlotType::grey);
    spec.input("within", SlotType::mask).optional().help("Where to look; everywhere if empty.");
    spec.output("mask", SlotType::mask).help("255 where the class is one of `select`.");
    spec.output("classes", SlotType::label32).help("1 for the darkest class and so on.");
  }

  void check() const override {
    for (const double number : select_)
      if (number != std::floor(number) || number > classes_)
        throw ConfigError(
            fmt::format("select holds {}, but classes are numbered 1..{}", number, classes_));
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    const cv::Mat within = sample.has("within") ? sample.image("within").pixels() : cv::Mat();
    if (!within.empty() && (within.size() != image.pixels().size() || within.type() != CV_8UC1))
      throw SampleError(
          fmt::format("multi-otsu needs a mask of {} x {} pixels in slot within, got {} x {}",
                      image.width(), image.height(), within.cols, within.rows));
    Result result;
    switch (image.type()) {
      case PixelType::grey8: result = divided<std::uint8_t>(image.pixels(), within); break;
      case PixelType::grey16: result = divided<std::uint16_t>(image.pixels(), within); break;
      case PixelType::float32: result = divided<float>(image.pixels(), within); break;
      default:
        throw SampleError(
            fmt::format("multi-otsu needs a grey image, this one is {}; put to-grey before it",
                        name_of(image.type())));
    }
    if (!within.empty() && cv::countNonZero(within) == 0)
      sample.warn(fmt::format("{} had an empty mask to look within", info.name));
    if (!result.divisible)
      sample.warn(
          fmt::format("{} met fewer different grey values than {} classes, so both outputs "
                      "are empty",
                      info.name, classes_));
    sample.set("mask", image.with_pixels(std::move(result.mask)));
    sample.set("classes", image.with_pixels(std::move(result.classes)));
  }

 private:
  template <typename T>
  [[nodiscard]] Result divided(const cv::Mat& pixels, const cv::Mat& within) const {
    Result result{cv::Mat::zeros(pixels.size(), CV_8UC1), cv::Mat::zeros(pixels.size(), CV_32SC1)};
    const Binning binning = binning_of<T>(pixels, within);
    Histogram histogram{};
    for_each_pixel<T>(pixels, within,
                      [&](int, int, T value) { ++histogram[binning.bin_of(value)]; });
    const auto filled = bins - std::ranges::count(histogram, 0);
    if (filled == 0) return result;
    result.divisible = filled >= classes_;
    if (!result.divisible) return result;
    const auto class_of_bin = classes_of_bins(segmentation::otsu_starts(histogram, classes_));
    std::array<std::uint8_t, bins> mask_of_bin{};
    for (std::size_t b = 0; b < bins; ++b) mask_of_bin[b] = selected(class_of_bin[b]) ? 255 : 0;
    for_each_pixel<T>(pixels, within, [&](int x, int y, T value) {
      const std::size_t bin = binning.bin_of(value);
      result.classes.ptr<std::int32_t>(y)[x] = class_of_bin[bin];
      result.mask.ptr<std::uint8_t>(y)[x] = mask_of_bin[bin];
    });
    return result;
  }

  [[nodiscard]] static std::array<int, bins> classes_of_bins(const std::vector<int>& starts) {
    std::array<int, bins> result{};
    for (int b = 0; b < bins; ++b)
      result[static_cast<std::size_t>(b)] = 1 + static_cast<int>(std::ranges::count_if(
                                                    starts, [b](int start) { return b >= start; }));
    return result;
  }

  [[nodiscard]] bool selected(int number) const {
    return std::ranges::find(select_, static_cast<double>(number)) != select_.end();
  }

  int classes_ = 3;
  std::vector<double> select_{1.0};
};

}  // namespace

void register_multi_otsu(StageRegistrar& registrar) { registrar.add<MultiOtsu>(); }

}  // namespace smear
