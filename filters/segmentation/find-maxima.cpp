// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/find-maxima.h"

#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

class FindMaxima final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "find-maxima",
      .summary = "Finds the places that stand out of their surroundings.",
      .category = Category::segmentation,
      .details =
          "A maximum is a pixel, or a plateau of equal ones, from which every way to a higher one "
          "leads down by "
          "more than `prominence`. What comes out is what ImageJ's Find Maxima... gives, to the "
          "bit: single "
          "points, the areas within the prominence of each, or the image divided into one part a "
          "maximum by "
          "watershed lines.",
      .example = R"(name: cell-centres
stages:
  - to-grey
  - gaussian-blur: {sigma: 4}
  - invert
  - find-maxima: {prominence: 12}
  - label
  - measure
  - save-table: {slot: objects, to: centres.csv}
)",
      .reference = "ImageJ User Guide, Process > Binary, https://imagej.net/ij/docs/guide",
  };

  void describe(OptionSpec& spec) override {
    spec.real("prominence", settings_.prominence)
        .range(0.0, 1e9)
        .help("How far a maximum stands out, in grey levels.");
    spec.choice<Result>("result", result_,
                        {{Result::points, "points", "one pixel a maximum"},
                         {Result::areas, "areas", "all pixels within the prominence of it"},
                         {Result::segments, "segments", "the parts of the image between them"}})
        .help("What becomes the mask.");
    spec.boolean("exclude_edges", settings_.exclude_edges)
        .help("Leave out maxima whose area touches the edge of the image.");
    spec.boolean("strict", settings_.strict)
        .help("Find nothing where the whole image lies within the prominence.");
    spec.input("image", SlotType::grey);
    spec.output("mask", SlotType::mask);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    cv::Mat values;
    image.pixels().convertTo(values, CV_32F);
    auto settings = settings_;
    settings.fractions = image.type() == PixelType::float32;
    const auto maxima = imagej::find_maxima(values, {0, 0, values.cols, values.rows}, settings,
                                            result_ == Result::segments);
    sample.set("mask", image.with_pixels(result_ == Result::points  ? maxima.single_points
                                         : result_ == Result::areas ? maxima.areas
                                                                    : maxima.segments));
  }

 private:
  enum class Result { points, areas, segments };

  imagej::MaximaSettings settings_;
  Result result_ = Result::points;
};

}  // namespace

void register_find_maxima(StageRegistrar& registrar) { registrar.add<FindMaxima>(); }

}  // namespace smear
