// SPDX-License-Identifier: Apache-2.0
#include <itkHistogram.h>
#include <itkHuangThresholdCalculator.h>
#include <itkMaximumEntropyThresholdCalculator.h>
#include <itkMomentsThresholdCalculator.h>
#include <itkOtsuThresholdCalculator.h>
#include <itkRenyiEntropyThresholdCalculator.h>
#include <itkYenThresholdCalculator.h>

#include <opencv2/imgproc.hpp>

#include "imagej/operations/auto-threshold.h"
#include "imagej/operations/convert-type.h"
#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

enum class Method {
  otsu,
  li,
  triangle,
  huang,
  yen,
  isodata,
  maximum_entropy,
  renyi_entropy,
  moments,
  // Only ImageJ has these:
  standard,
  intermodes,
  ij_isodata,
  mean,
  min_error,
  minimum,
  percentile,
  shanbhag
};

imagej::ThresholdMethod imagej_method(Method method) {
  using enum imagej::ThresholdMethod;
  switch (method) {
    case Method::otsu: return otsu;
    case Method::li: return li;
    case Method::triangle: return triangle;
    case Method::huang: return huang;
    case Method::yen: return yen;
    case Method::isodata: return iso_data;
    case Method::maximum_entropy: return max_entropy;
    case Method::renyi_entropy: return renyi_entropy;
    case Method::moments: return moments;
    case Method::standard: return standard;
    case Method::intermodes: return intermodes;
    case Method::ij_isodata: return ij_iso_data;
    case Method::mean: return mean;
    case Method::min_error: return min_error;
    case Method::minimum: return minimum;
    case Method::percentile: return percentile;
    case Method::shanbhag: return shanbhag;
  }
  return standard;
}

bool is_imagej_only(Method method) { return method >= Method::standard; }

constexpr int bin_count = 256;
using Counts = std::array<std::int64_t, bin_count>;
using Histogram = itk::Statistics::Histogram<double>;

/// Where the bins lie on the grey scale: bin i covers [origin + i * width, origin + (i+1) * width).
struct Binning {
  double origin = 0.0;
  double width = 1.0;
  bool one_value_a_bin = true;  ///< then `width` is 1 and the values are integers

  [[nodiscard]] int bin(double value) const {
    return std::clamp(static_cast<int>(std::floor((value - origin) / width)), 0, bin_count - 1);
  }
  /// The grey value that stands for a split after this bin.
  [[nodiscard]] double threshold_after(int bin) const {
    return origin + (one_value_a_bin ? bin : bin + 1) * width;
  }
};

/// Number of pixels and mean bin of the bins `from`..`to`.
struct Side {
  double number = 0.0;
  double mean = 0.0;
};

Side side_of(const Counts& counts, int from, int to) {
  Side side;
  for (int i = from; i <= to; ++i) {
    const auto count = static_cast<double>(counts[static_cast<std::size_t>(i)]);
    side.number += count;
    side.mean += i * count;
  }
  if (side.number > 0.0) side.mean /= side.number;
  return side;
}

/// A histogram with what every method asks of it: the first and the last bin that is not empty,
/// which are not the same one.
struct Occupied {
  const Counts& counts;
  int first = 0;
  int last = bin_count - 1;

  explicit Occupied(const Counts& from) : counts(from) {
    while (counts[static_cast<std::size_t>(first)] == 0) ++first;
    while (counts[static_cast<std::size_t>(last)] == 0) --last;
  }
  [[nodiscard]] double mean_up_to(int bin) const { return side_of(counts, first, bin).mean; }
  [[nodiscard]] double mean_above(int bin) const { return side_of(counts, bin + 1, last).mean; }
};

// Not ITK's: that one draws its line to the 1 % quantile, and so never sees the tail of an image
// with few objects.
int triangle(const Occupied& histogram) {
  const Counts& counts = histogram.counts;
  const auto peak = static_cast<int>(std::ranges::max_element(counts) - counts.begin());
  const int low = std::max(histogram.first - 1, 0);
  const int high = std::min(histogram.last + 1, bin_count - 1);
  const bool bright_tail = peak - low < high - peak;
  const int end = bright_tail ? high : low;
  const int away = bright_tail ? -1 : 1;  // one step from the tail's end to the peak
  const auto height = [&](int bin) { return counts[static_cast<std::size_t>(bin)]; };
  // The distance from the line, times the line's length: whole numbers, so that ties are ties.
  std::int64_t largest = 0;
  int split = end;
  for (int bin = end; bin != peak; bin += away) {
    const std::int64_t distance = (height(peak) - height(end)) * std::abs(bin - end) -
                                  std::abs(peak - end) * (height(bin) - height(end));
    if (distance > largest) {
      largest = distance;
      split = bin;
    }
  }
  return split - away;
}

// Not ITK's: that one takes the lower edges of the bins for grey values, half a level too dark.
int li(const Occupied& histogram) {
  const auto rounded = [&](double value) {
    return std::clamp(static_cast<int>(value + 0.5), histogram.first, histogram.last - 1);
  };
  int threshold = rounded(histogram.mean_up_to(histogram.last));
  while (true) {
    const double dark = histogram.mean_up_to(threshold);
    const double bright = histogram.mean_above(threshold);
    // Where all dark pixels are 0 its logarithm is minus infinity, and the limit is 0.
    const int next = rounded((bright - dark) / (std::log(bright) - std::log(dark)));
    if (next == threshold) return threshold;
    threshold = next;
  }
}

// Not ITK's: that one returns the first occupied bin above the midpoint, which is bright.
int isodata(const Occupied& histogram) {
  int bin = histogram.first;
  while ((histogram.mean_up_to(bin) + histogram.mean_above(bin)) / 2 >= bin + 1) ++bin;
  return bin;
}

template <typename Calculator>
double split_of(const Histogram* histogram) {
  auto calculator = Calculator::New();
  calculator->SetInput(histogram);
  if constexpr (std::is_same_v<Calculator, itk::OtsuThresholdCalculator<Histogram, double>>)
    calculator->SetReturnBinMidpoint(true);
  calculator->Update();
  return calculator->GetThreshold();
}

Histogram::Pointer itk_histogram(const Counts& counts) {
  auto histogram = Histogram::New();
  histogram->SetMeasurementVectorSize(1);
  Histogram::SizeType size(1);
  size.Fill(bin_count);
  Histogram::MeasurementVectorType lower(1);
  Histogram::MeasurementVectorType upper(1);
  lower.Fill(-0.5);
  upper.Fill(bin_count - 0.5);
  histogram->Initialize(size, lower, upper);
  histogram->SetToZero();
  for (std::size_t i = 0; i < counts.size(); ++i)
    histogram->SetFrequency(i, static_cast<Histogram::AbsoluteFrequencyType>(counts[i]));
  return histogram;
}

double split_of(Method method, const Occupied& occupied) {
  const Histogram::Pointer histogram = itk_histogram(occupied.counts);
  switch (method) {
    case Method::triangle: return triangle(occupied);
    case Method::li: return li(occupied);
    case Method::isodata: return isodata(occupied);
    case Method::otsu: return split_of<itk::OtsuThresholdCalculator<Histogram, double>>(histogram);
    case Method::huang:
      return split_of<itk::HuangThresholdCalculator<Histogram, double>>(histogram);
    case Method::yen: return split_of<itk::YenThresholdCalculator<Histogram, double>>(histogram);
    case Method::maximum_entropy:
      return split_of<itk::MaximumEntropyThresholdCalculator<Histogram, double>>(histogram);
    case Method::renyi_entropy:
      return split_of<itk::RenyiEntropyThresholdCalculator<Histogram, double>>(histogram);
    case Method::moments:
      return split_of<itk::MomentsThresholdCalculator<Histogram, double>>(histogram);
    default: break;
  }
  throw SampleError("auto-threshold: a method that does not exist");
}

/// The last bin of the dark side. The methods see bin numbers as grey values, because some of
/// them (Li, Huang) round to whole numbers, which would ruin a float image of range 0..1.
int last_dark_bin(Method method, const Counts& counts) {
  const Occupied occupied(counts);
  const double split = split_of(method, occupied);
  if (!std::isfinite(split))
    throw SampleError(
        "auto-threshold: the method finds no threshold in this histogram; use another");
  return static_cast<int>(std::clamp<long>(std::lround(split), occupied.first, occupied.last - 1));
}

/// Calls `visit(value)` for every pixel that takes part.
template <typename Pixel, typename Visit>
void for_each_value(const cv::Mat& pixels, const cv::Mat& within, const Visit& visit) {
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* row = pixels.ptr<Pixel>(y);
    const auto* inside = within.empty() ? nullptr : within.ptr<std::uint8_t>(y);
    for (int x = 0; x < pixels.cols; ++x)
      if (inside == nullptr || inside[x] > 0) visit(row[x]);
  }
}

class AutoThreshold final : public Stage {
 public:
  enum class Objects { dark, bright };
  enum class Definition { itk, imagej };

  static constexpr StageInfo info{
      .name = "auto-threshold",
      .summary =
          "Makes a mask of the dark or the bright pixels, by a threshold from the histogram.",
      .category = Category::segmentation,
      .details =
          "Of an RGB image the weighted grey 0.299 R + 0.587 G + 0.114 B is thresholded. "
          "A histogram of 256 bins is split in two. Of an "
          "8-bit image, and of a 16-bit one whose values span at most 256, each bin is one grey "
          "value; otherwise the bins are of equal width between the smallest and the largest "
          "value of the image. The methods see the bin's number as its grey value (of 8 bit, "
          "the grey value itself); both sides of the split always hold a pixel.\n\n"
          "`triangle` draws a line from the peak (the first of equal ones) to the empty bin next "
          "to the end of the longer tail (bin 0 or 255 if the tail ends there), and the last dark "
          "bin is the one next to the bin farthest below that line, on the tail's side, as in "
          "ImageJ. `li` starts at the mean and repeats t = (b - a) / (ln b - ln a), rounded, with "
          "a and b the means of the two sides, until t stays the same. `isodata` is the lowest "
          "t with t <= (a + b) / 2 < t + 1. The other methods are ITK's threshold calculators."
          "\n\n"
          "The last bin of the dark side gives the threshold t: its grey value, which is dark, or "
          "where bins are wider its upper edge, which is bright. Then t is multiplied by `scale` "
          "and moved into `limits`, and with one grey value a bin dark means value <= t, "
          "otherwise value < t. Objects are 255 in the mask and all else is 0.\n\n"
          "With `within`, only its pixels enter the histogram and the result. Where all these "
          "pixels are equal, or there are none, or the mean grey values of the two sides differ "
          "by less than `minimum_contrast`, the mask is empty and a warning says so.\n\n"
          "`definition: imagej` computes what ImageJ's setAutoThreshold and Convert to Mask do, to "
          "the bit: 16-bit and float images are binned into 256 levels between their smallest and "
          "largest value, of the whole image, and each method has ImageJ's rounding, ties and "
          "fallbacks. `objects: bright` is its word `dark`, which is about the background. There "
          "`scale`, `limits` and `minimum_contrast` have no counterpart, and colours no threshold: "
          "use to-grey before.",
      .example = R"(name: dark-objects
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
)",
      .reference =
          "N. Otsu, A threshold selection method from gray-level histograms, IEEE Trans. "
          "SMC 9:62-66, 1979; M. Sezgin and B. Sankur, Survey over image thresholding "
          "techniques, J. Electronic Imaging 13:146-165, 2004",
  };

  void describe(OptionSpec& spec) override {
    spec.choice<Method>(
            "method", method_,
            {{Method::otsu, "otsu", "largest variance between the classes (Otsu 1979)"},
             {Method::li, "li", "minimum cross entropy (Li and Tam 1998)"},
             {Method::triangle, "triangle",
              "farthest from the line between peak and tail (Zack 1977)"},
             {Method::huang, "huang", "minimum fuzziness, Shannon's entropy (Huang and Wang 1995)"},
             {Method::yen, "yen", "maximum correlation criterion (Yen 1995)"},
             {Method::isodata, "isodata",
              "midway between the means of the classes (Ridler and Calvard 1978)"},
             {Method::maximum_entropy, "maximum-entropy",
              "largest sum of the entropies of the classes (Kapur 1985)"},
             {Method::renyi_entropy, "renyi-entropy",
              "the same with Renyi's entropies (Sahoo 1997)"},
             {Method::moments, "moments", "keeps the first three moments (Tsai 1985)"},
             {Method::standard, "default", "ImageJ's variant of isodata; definition: imagej"},
             {Method::intermodes, "intermodes",
              "midway between two peaks (Prewitt 1966); definition: imagej"},
             {Method::ij_isodata, "ij-isodata",
              "isodata of ImageJ's first versions; definition: imagej"},
             {Method::mean, "mean", "the mean grey value (Glasbey 1993); definition: imagej"},
             {Method::min_error, "min-error",
              "minimum error (Kittler and Illingworth 1986); definition: imagej"},
             {Method::minimum, "minimum",
              "the valley between two peaks (Prewitt 1966); definition: imagej"},
             {Method::percentile, "percentile",
              "half of the pixels are objects (Doyle 1962); definition: imagej"},
             {Method::shanbhag, "shanbhag",
              "entropies of fuzzy sets (Shanbhag 1994); definition: imagej"}})
        .help("How the histogram is split.");
    spec.choice<Definition>(
            "definition", definition_,
            {{Definition::itk, "itk", "ITK's calculators, and ours where the text above says so"},
             {Definition::imagej, "imagej", "ImageJ's setAutoThreshold, to the bit"}})
        .help("Whose rounding, ties and bins.");
    spec.choice<Objects>("objects", objects_,
                         {{Objects::dark, "dark", "objects are darker than their background"},
                          {Objects::bright, "bright", "objects are brighter"}})
        .help("Which side of the threshold the objects are on.");
    spec.real("scale", scale_).above(0.0).help("Factor on the threshold that was found.");
    spec.reals("limits", limits_)
        .length(0, 2)
        .unit("grey values")
        .help("[lowest, highest] threshold allowed; empty for no limits.");
    spec.real("minimum_contrast", minimum_contrast_)
        .at_least(0.0)
        .unit("grey values")
        .help("Smallest difference of the two sides' means; below it there are no objects.");
    spec.input("image", SlotType::any_image);
    spec.input("within", SlotType::mask).optional().help("Where to look; everywhere if empty.");
    spec.output("mask", SlotType::mask);
  }

  void check() const override {
    if (limits_.size() == 1)
      throw ConfigError("limits must be two numbers, [lowest, highest], or empty");
    if (limits_.size() == 2 && limits_[0] > limits_[1])
      throw ConfigError(
          fmt::format("limits must be [lowest, highest], got [{}, {}]", limits_[0], limits_[1]));
    if (definition_ == Definition::imagej) {
      if (scale_ != 1.0 || !limits_.empty() || minimum_contrast_ != 0.0)
        throw ConfigError(
            "definition: imagej has no scale, limits or minimum_contrast; leave them out");
    } else if (is_imagej_only(method_)) {
      throw ConfigError("this method is ImageJ's: add definition: imagej");
    }
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    cv::Mat within;
    if (sample.has("within")) {
      segmentation::check_mask("auto-threshold: 'within'", sample.image("within"));
      segmentation::check_same_size(info.name, image, "image", sample.image("within"), "within");
      within = sample.image("within").pixels();
    }
    if (definition_ == Definition::imagej) {
      sample.set("mask", image.with_pixels(imagej_mask(sample, image, within)));
      return;
    }
    cv::Mat mask;
    switch (image.type()) {
      case PixelType::grey8: mask = segmented<std::uint8_t>(sample, image.pixels(), within); break;
      case PixelType::grey16:
        mask = segmented<std::uint16_t>(sample, image.pixels(), within);
        break;
      case PixelType::float32: mask = segmented<float>(sample, image.pixels(), within); break;
      case PixelType::rgb8: {
        cv::Mat grey;
        cv::cvtColor(image.pixels(), grey, cv::COLOR_RGB2GRAY);
        mask = segmented<std::uint8_t>(sample, grey, within);
        break;
      }
      default:
        throw SampleError(fmt::format(
            "auto-threshold needs a grey image, got {}; use to-grey first", name_of(image.type())));
    }
    sample.set("mask", image.with_pixels(std::move(mask)));
  }

 private:
  [[nodiscard]] cv::Mat imagej_mask(Sample& sample, const Image& image,
                                    const cv::Mat& within) const {
    if (image.type() != PixelType::grey8 && image.type() != PixelType::grey16 &&
        image.type() != PixelType::float32)
      throw SampleError(
          fmt::format("auto-threshold: definition: imagej takes grey images, got {}; use to-grey "
                      "first",
                      name_of(image.type())));
    if (!cv::checkRange(image.pixels()))
      throw SampleError("auto-threshold: the image holds a value that is not finite");
    imagej::ImagePlus shown("", image.pixels());
    shown.reset_display_range();
    const bool deep = image.type() != PixelType::grey8;
    if (deep && !(shown.range.max > shown.range.min)) {
      sample.warn(fmt::format("{}: all pixels are equal, so there are no objects", info.name));
      return cv::Mat::zeros(image.pixels().size(), CV_8UC1);
    }
    const cv::Mat levels =
        deep ? imagej::convert_grey(shown.pixels(), imagej::ImageType::grey8, shown.range)
             : shown.pixels();
    const auto found =
        imagej::auto_limits(imagej_method(method_), imagej::histogram_of(levels, within),
                            objects_ == Objects::bright, false);
    cv::Mat mask = imagej::within_limits(
        shown.pixels(), deep ? imagej::limits_in_values(found, shown.type, shown.range) : found);
    if (!within.empty()) mask &= within > 0;
    return mask;
  }

  template <typename Pixel>
  cv::Mat segmented(Sample& sample, const cv::Mat& pixels, const cv::Mat& within) const {
    const cv::Mat empty = cv::Mat::zeros(pixels.size(), CV_8UC1);
    auto smallest = std::numeric_limits<Pixel>::max();
    auto largest = std::numeric_limits<Pixel>::lowest();
    for_each_value<Pixel>(pixels, within, [&](Pixel value) {
      if (!std::isfinite(static_cast<double>(value)))
        throw SampleError("auto-threshold: the image holds a value that is not finite");
      smallest = std::min(smallest, value);
      largest = std::max(largest, value);
    });
    if (smallest >= largest) {
      sample.warn(fmt::format("{}: all pixels are equal, so there are no objects", info.name));
      return empty;
    }
    const Binning binning = binning_of<Pixel>(smallest, largest);
    Counts counts{};
    for_each_value<Pixel>(pixels, within, [&](Pixel value) {
      ++counts[static_cast<std::size_t>(binning.bin(value))];
    });
    const int split = last_dark_bin(method_, counts);
    if (contrast(counts, split) * binning.width < minimum_contrast_) {
      sample.warn(fmt::format("{}: the contrast is below minimum_contrast, so there are no objects",
                              info.name));
      return empty;
    }
    return side<Pixel>(pixels, within, final_threshold(binning, split), binning.one_value_a_bin);
  }

  template <typename Pixel>
  static Binning binning_of(Pixel smallest, Pixel largest) {
    if constexpr (std::is_same_v<Pixel, std::uint8_t>) return {};
    const double range = static_cast<double>(largest) - static_cast<double>(smallest);
    if (std::is_integral_v<Pixel> && range < bin_count) return {static_cast<double>(smallest)};
    return {static_cast<double>(smallest), range / bin_count, false};
  }

  /// Difference of the mean bins of the two sides.
  static double contrast(const Counts& counts, int split) {
    return side_of(counts, split + 1, bin_count - 1).mean - side_of(counts, 0, split).mean;
  }

  [[nodiscard]] double final_threshold(const Binning& binning, int split) const {
    const double threshold = binning.threshold_after(split) * scale_;
    return limits_.empty() ? threshold : std::clamp(threshold, limits_[0], limits_[1]);
  }

  template <typename Pixel>
  cv::Mat side(const cv::Mat& pixels, const cv::Mat& within, double threshold,
               bool threshold_is_dark) const {
    const bool want_dark = objects_ == Objects::dark;
    cv::Mat mask(pixels.size(), CV_8UC1);
    for (int y = 0; y < pixels.rows; ++y) {
      const auto* in = pixels.ptr<Pixel>(y);
      auto* out = mask.ptr<std::uint8_t>(y);
      for (int x = 0; x < pixels.cols; ++x) {
        const auto value = static_cast<double>(in[x]);
        const bool dark = threshold_is_dark ? value <= threshold : value < threshold;
        out[x] = dark == want_dark ? 255 : 0;
      }
    }
    if (!within.empty()) mask &= within > 0;
    return mask;
  }

  Method method_ = Method::otsu;
  Definition definition_ = Definition::itk;
  Objects objects_ = Objects::dark;
  double scale_ = 1.0;
  std::vector<double> limits_;
  double minimum_contrast_ = 0.0;
};

}  // namespace

void register_auto_threshold(StageRegistrar& registrar) { registrar.add<AutoThreshold>(); }

}  // namespace smear
