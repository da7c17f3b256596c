// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

constexpr int full_window = 11;
constexpr double window_sigma = 1.5;
constexpr double c1 = 0.01 * 0.01;
constexpr double c2 = 0.03 * 0.03;

int window_for(cv::Size size) {
  const int edge = std::min({full_window, size.width, size.height});
  return edge % 2 == 0 ? edge - 1 : edge;
}

/// The Gaussian-weighted mean around each place at which the window lies in the image.
cv::Mat smoothed(const cv::Mat& values, int window) {
  cv::Mat result;
  cv::GaussianBlur(values, result, {window, window}, window_sigma);
  const int margin = window / 2;
  return result(cv::Rect(margin, margin, values.cols - 2 * margin, values.rows - 2 * margin));
}

/// Of images in [0, 1], in double precision, since variances are differences of squares.
/// ITK's filter of that name is another one: it compares means over the whole image.
double structural_similarity(const cv::Mat& a, const cv::Mat& b) {
  const int window = window_for(a.size());
  const cv::Mat mean_a = smoothed(a, window);
  const cv::Mat mean_b = smoothed(b, window);
  const cv::Mat squares_a = mean_a.mul(mean_a);
  const cv::Mat squares_b = mean_b.mul(mean_b);
  const cv::Mat products = mean_a.mul(mean_b);
  const cv::Mat variance_a = smoothed(a.mul(a), window) - squares_a;
  const cv::Mat variance_b = smoothed(b.mul(b), window) - squares_b;
  const cv::Mat covariance = smoothed(a.mul(b), window) - products;
  const cv::Scalar k1 = cv::Scalar::all(c1);
  const cv::Scalar k2 = cv::Scalar::all(c2);
  const cv::Mat structure = (2.0 * covariance + k2) / (variance_a + variance_b + k2);
  const cv::Mat luminance = (2.0 * products + k1) / (squares_a + squares_b + k1);
  const cv::Scalar mean = cv::mean(luminance.mul(structure));
  return cv::sum(mean)[0] / a.channels();
}

cv::Mat scaled_to_one(const cv::Mat& image) {
  cv::Mat result;
  image.convertTo(result, CV_64F, 1.0 / 255.0);
  return result;
}

class CompareImages final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "compare-images",
      .summary = "Measures how alike two images are: error, PSNR and SSIM.",
      .category = Category::measurement,
      .details =
          "Writes one row an image, to be saved by `save-table`. `image` and `reference` must have "
          "the same size, and both be grey or both RGB, of 8 bits. x and y are their intensities "
          "divided by 255; no colour weighs more than another.\n\n"
          "- `mse`: the mean of (x - y)^2 over pixels and channels.\n"
          "- `psnr_db`: -10 log10 of it, in decibels; missing where the images are equal.\n"
          "- `ssim`: the structural similarity, 1 for equal images: Gaussian window of 11 x 11 px "
          "and sigma 1.5, K1 = 0.01, K2 = 0.03, the mean over channels and over the places at "
          "which the whole window lies in the image. A smaller image gets the largest odd window "
          "that fits. These are the definitions of `vae.score`.",
      .example = R"(name: loss-by-smoothing
stages:
  - gaussian-blur: {sigma: 1}
  - compare-images: {inputs: {reference: source}}
  - save-table: {slot: comparison, to: comparison.csv}
)",
      .reference =
          "Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, Image quality "
          "assessment: from error visibility to structural similarity, IEEE Transactions "
          "on Image Processing 13(4), 2004",
  };

  void describe(OptionSpec& spec) override {
    spec.input("image", SlotType::grey8 | SlotType::rgb8);
    spec.input("reference", SlotType::grey8 | SlotType::rgb8).help("What it is compared with.");
    spec.output("comparison", SlotType::table).help("One row.");
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    const Image& reference = sample.image("reference");
    if (image.type() != reference.type())
      throw SampleError(fmt::format(
          "compare-images needs two grey or two RGB images of 8 bits, got {} and {}; turn one into "
          "the other, such as by to-grey",
          name_of(image.type()), name_of(reference.type())));
    segmentation::check_same_size(info.name, image, "image", reference, "reference");
    const cv::Mat x = scaled_to_one(image.pixels());
    const cv::Mat y = scaled_to_one(reference.pixels());
    const double error =
        cv::norm(x, y, cv::NORM_L2SQR) / (static_cast<double>(x.total()) * x.channels());
    Table table;
    table.add("mse", std::vector<double>{error});
    table.add("psnr_db",
              std::vector<double>{error > 0.0 ? -10.0 * std::log10(error) : std::nan("")});
    table.add("ssim", std::vector<double>{structural_similarity(x, y)});
    sample.set("comparison", std::move(table));
  }
};

}  // namespace

void register_compare_images(StageRegistrar& registrar) { registrar.add<CompareImages>(); }

}  // namespace smear
