// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/rank-filters.h"

#include "smear/stage.h"

namespace smear {
namespace {

class RankFilter final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "rank-filter",
      .summary = "Replaces each pixel by a statistic of its round neighbourhood.",
      .category = Category::preprocessing,
      .details =
          "What ImageJ's Mean..., Minimum..., Maximum..., Median... and Variance... compute, to "
          "the "
          "bit: the neighbourhood is the disk of the given radius as ImageJ draws it (0.5 is a "
          "cross "
          "of 5 pixels, 1 the 3 x 3 square, 1.5 has 13 pixels, 2 has 21), outside the image its "
          "edge "
          "is repeated, and results are rounded and cut to the range of the pixel type. The "
          "channels "
          "of an RGB image are filtered each alone. Stage `median` has a square neighbourhood "
          "instead, and is faster.",
      .example = R"(name: lower-envelope
stages:
  - rank-filter: {statistic: minimum, radius: 3}
  - save-image: {to: "minimum/{id}.png"}
)",
      .reference = "ImageJ User Guide, Process > Filters, https://imagej.net/ij/docs/guide",
  };

  void describe(OptionSpec& spec) override {
    using imagej::RankFilter;
    spec.choice<RankFilter>("statistic", statistic_,
                            {{RankFilter::mean, "mean", "the arithmetic mean"},
                             {RankFilter::minimum, "minimum", "grey-scale erosion"},
                             {RankFilter::maximum, "maximum", "grey-scale dilation"},
                             {RankFilter::variance, "variance", "the mean square deviation"},
                             {RankFilter::median, "median", "the middle value"}})
        .help("What of the neighbourhood becomes the pixel.");
    spec.real("radius", radius_).range(0.5, 500.0).unit("px").help("Radius of the neighbourhood.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    cv::Mat result = image.pixels().clone();
    imagej::rank_filter(result, {0, 0, result.cols, result.rows}, statistic_, radius_);
    sample.set("image", image.with_pixels(std::move(result)));
  }

 private:
  imagej::RankFilter statistic_ = imagej::RankFilter::mean;
  double radius_ = 2.0;
};

}  // namespace

void register_rank_filter(StageRegistrar& registrar) { registrar.add<RankFilter>(); }

}  // namespace smear
