// SPDX-License-Identifier: Apache-2.0
#include <opencv2/imgproc.hpp>

#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

class LocalThreshold final : public Stage {
 public:
  enum class Objects { dark, bright };

  static constexpr StageInfo info{
      .name = "local-threshold",
      .summary = "Makes a mask of the pixels that are darker or brighter than their surroundings.",
      .category = Category::segmentation,
      .details =
          "The local mean m is the image smoothed by a Gaussian of `sigma`, sampled and cut at 4 "
          "sigma, edges repeated, in single precision. Dark objects are where value < m + offset, "
          "bright ones where value > m + offset. With `limits`, values are clipped to them first, "
          "so that very dark objects do not make everything around them bright by "
          "comparison.\n\n"
          "With `within`, the result is 0 outside of it; the mean is still that of the whole "
          "image. This finds the narrow bright gaps between crowded cells, which one threshold "
          "for the whole image closes.",
      .example = R"(name: crowded-cells
stages:
  - to-grey: {component: green}
  - auto-threshold: {method: otsu, objects: dark}
  - local-threshold: {sigma: 16, objects: dark, inputs: {within: mask}}
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
)",
      .reference =
          "P. D. Wellner, Adaptive thresholding for the DigitalDesk, Xerox EPC-93-110, 1993",
  };

  void describe(OptionSpec& spec) override {
    spec.real("sigma", sigma_)
        .range(0.5, 1000.0)
        .unit("px")
        .help("Standard deviation of the Gaussian; about two radii of the objects.");
    spec.real("offset", offset_)
        .unit("grey values")
        .help("Added to the local mean; may be negative.");
    spec.choice<Objects>("objects", objects_,
                         {{Objects::dark, "dark", "objects are darker than their surroundings"},
                          {Objects::bright, "bright", "objects are brighter"}})
        .help("Which side of the threshold the objects are on.");
    spec.reals("limits", limits_)
        .length(0, 2)
        .unit("grey values")
        .help("[lowest, highest] that values are clipped to first; empty for no clipping.");
    spec.input("image", SlotType::grey);
    spec.input("within", SlotType::mask).optional().help("Where to look; everywhere if empty.");
    spec.output("mask", SlotType::mask);
  }

  void check() const override {
    if (limits_.size() == 1)
      throw ConfigError("limits must be two numbers, [lowest, highest], or empty");
    if (limits_.size() == 2 && limits_[0] > limits_[1])
      throw ConfigError(
          fmt::format("limits must be [lowest, highest], got [{}, {}]", limits_[0], limits_[1]));
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.channels() != 1 || image.type() == PixelType::label32)
      throw SampleError(fmt::format("local-threshold needs a grey image, got {}; use to-grey first",
                                    name_of(image.type())));
    cv::Mat values;
    image.pixels().convertTo(values, CV_32F);
    if (!cv::checkRange(values))
      throw SampleError("local-threshold: the image holds a value that is not finite");
    if (limits_.size() == 2) {
      values = cv::max(values, limits_[0]);
      values = cv::min(values, limits_[1]);
    }
    // OpenCV's sampled Gaussian is exact where a recursive one is not, and as fast at these sizes.
    const int reach = static_cast<int>(std::ceil(4.0 * sigma_));
    cv::Mat level;
    cv::GaussianBlur(values, level, {2 * reach + 1, 2 * reach + 1}, sigma_, sigma_,
                     cv::BORDER_REPLICATE);
    level += offset_;
    cv::Mat mask = objects_ == Objects::dark ? values < level : values > level;
    if (sample.has("within")) {
      const Image& within = sample.image("within");
      segmentation::check_mask("local-threshold: 'within'", within);
      segmentation::check_same_size(info.name, image, "image", within, "within");
      mask &= within.pixels() > 0;
    }
    sample.set("mask", image.with_pixels(std::move(mask)));
  }

 private:
  double sigma_ = 16.0;
  double offset_ = 0.0;
  Objects objects_ = Objects::dark;
  std::vector<double> limits_;
};

}  // namespace

void register_local_threshold(StageRegistrar& registrar) { registrar.add<LocalThreshold>(); }

}  // namespace smear
