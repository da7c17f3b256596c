// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <opencv2/core.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

/// Between the two values whose ranks (from 0) are next to `rank`, linearly.
template <typename ValueOfRank>
double interpolated(double rank, ValueOfRank value_of_rank) {
  const double below = std::floor(rank);
  const double low = value_of_rank(static_cast<std::size_t>(below));
  if (rank == below) return low;
  return low + (rank - below) * (value_of_rank(static_cast<std::size_t>(below) + 1) - low);
}

/// The percentiles of all values of a matrix, by counting: exact and fast for whole numbers.
template <typename Value>
std::vector<double> counted_percentiles(const cv::Mat& values,
                                        const std::vector<double>& percents) {
  std::vector<std::size_t> counts(std::size_t{std::numeric_limits<Value>::max()} + 1);
  for (int y = 0; y < values.rows; ++y) {
    const auto* row = values.ptr<Value>(y);
    for (int x = 0; x < values.cols; ++x) ++counts[row[x]];
  }
  const auto value_of_rank = [&](std::size_t rank) {
    std::size_t value = 0;
    for (std::size_t seen = counts[0]; seen <= rank; seen += counts[value]) ++value;
    return static_cast<double>(value);
  };
  std::vector<double> result;
  for (const double percent : percents)
    result.push_back(
        interpolated(percent / 100.0 * static_cast<double>(values.total() - 1), value_of_rank));
  return result;
}

std::vector<double> selected_percentiles(const cv::Mat& values,
                                         const std::vector<double>& percents) {
  std::vector<float> all;
  all.reserve(values.total());
  for (int y = 0; y < values.rows; ++y)
    all.insert(all.end(), values.ptr<float>(y), values.ptr<float>(y) + values.cols);
  const auto value_of_rank = [&](std::size_t rank) {
    const auto place = all.begin() + static_cast<std::ptrdiff_t>(rank);
    std::ranges::nth_element(all, place);
    return static_cast<double>(*place);
  };
  std::vector<double> result;
  for (const double percent : percents)
    result.push_back(
        interpolated(percent / 100.0 * static_cast<double>(all.size() - 1), value_of_rank));
  return result;
}

double fraction(double value, double low, double high) {
  return std::clamp((value - low) / (high - low), 0.0, 1.0);
}

template <typename Value>
cv::Mat stretched_by_table(const cv::Mat& values, double low, double high) {
  constexpr double top = std::numeric_limits<Value>::max();
  std::vector<Value> table(static_cast<std::size_t>(top) + 1);
  for (std::size_t value = 0; value < table.size(); ++value)
    table[value] = static_cast<Value>(fraction(static_cast<double>(value), low, high) * top + 0.5);
  cv::Mat result(values.size(), values.type());
  for (int y = 0; y < values.rows; ++y) {
    const auto* from = values.ptr<Value>(y);
    auto* to = result.ptr<Value>(y);
    for (int x = 0; x < values.cols; ++x) to[x] = table[from[x]];
  }
  return result;
}

cv::Mat stretched_to_unit_range(const cv::Mat& values, double low, double high) {
  cv::Mat result(values.size(), values.type());
  for (int y = 0; y < values.rows; ++y) {
    const auto* from = values.ptr<float>(y);
    auto* to = result.ptr<float>(y);
    for (int x = 0; x < values.cols; ++x)
      to[x] = static_cast<float>(fraction(static_cast<double>(from[x]), low, high));
  }
  return result;
}

class RescaleIntensity final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "rescale-intensity",
      .summary = "Stretches the values between two percentiles to the full range.",
      .category = Category::preprocessing,
      .details =
          "With L and H the `low` and `high` percentile, a value v becomes "
          "top * (v - L) / (H - L), clipped to 0..top; top is 255 for 8-bit, 65535 for 16-bit "
          "and 1 for 32-bit images. 8- and 16-bit results are rounded, halves up. The p-th "
          "percentile of n sorted values is the value at position p / 100 * (n - 1), counted "
          "from 0, with linear interpolation between neighbours, as NumPy has it.\n\n"
          "The channels of an RGB image are stretched each by its own percentiles, which changes "
          "the colour balance; with `joint`, all by those of the three channels' values taken "
          "together. An image, or a channel, whose two percentiles are equal is refused.\n\n"
          "The defaults saturate 0.35 % of the pixels, as ImageJ's Enhance Contrast with "
          "normalize does by default; ImageJ takes the limits from whole histogram bins and "
          "truncates.",
      .example = R"(name: stretch
stages:
  - rescale-intensity: {low: 1, high: 99, joint: true}
  - save-image: {to: "stretched/{id}.png"}
)",
      .reference =
          "R. J. Hyndman and Y. Fan, Sample quantiles in statistical packages, The American "
          "Statistician 50(4), 1996 (definition 7)",
  };

  void describe(OptionSpec& spec) override {
    spec.real("low", low_).range(0.0, 100.0).unit("%").help("The percentile that becomes 0.");
    spec.real("high", high_)
        .range(0.0, 100.0)
        .unit("%")
        .help("The percentile that becomes the largest value.");
    spec.boolean("joint", joint_).help("The same limits for the three channels of an RGB image.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void check() const override {
    if (low_ >= high_)
      throw ConfigError(
          fmt::format("rescale-intensity: low must be below high, got {} and {}", low_, high_));
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.channels() == 1 || joint_) {
      const cv::Mat result = stretched(image.pixels().reshape(1));
      sample.set("image", image.with_pixels(result.reshape(image.channels())));
      return;
    }
    std::vector<cv::Mat> channels;
    cv::split(image.pixels(), channels);
    for (auto& channel : channels) channel = stretched(channel);
    cv::Mat result;
    cv::merge(channels, result);
    sample.set("image", image.with_pixels(std::move(result)));
  }

 private:
  [[nodiscard]] cv::Mat stretched(const cv::Mat& values) const {
    const std::vector<double> percents{low_, high_};
    const int depth = values.depth();
    if (depth == CV_32S)
      throw SampleError("rescale-intensity: labels have no intensity; give it an image");
    const auto limits = depth == CV_8U    ? counted_percentiles<uchar>(values, percents)
                        : depth == CV_16U ? counted_percentiles<ushort>(values, percents)
                                          : selected_percentiles(values, percents);
    if (limits[0] >= limits[1])
      throw SampleError(
          fmt::format("rescale-intensity: the percentiles {} % and {} % are both {}, "
                      "there is nothing to stretch; choose them further apart",
                      low_, high_, limits[0]));
    if (depth == CV_8U) return stretched_by_table<uchar>(values, limits[0], limits[1]);
    if (depth == CV_16U) return stretched_by_table<ushort>(values, limits[0], limits[1]);
    return stretched_to_unit_range(values, limits[0], limits[1]);
  }

  double low_ = 0.175;
  double high_ = 99.825;
  bool joint_ = false;
};

}  // namespace

void register_rescale_intensity(StageRegistrar& registrar) { registrar.add<RescaleIntensity>(); }

}  // namespace smear
