// SPDX-License-Identifier: Apache-2.0
#include <smear/plugin.h>

#include <opencv2/core.hpp>

namespace {

class ClassName final : public smear::Stage {
 public:
  static constexpr smear::StageInfo info{
      .name = "@name@",
      .summary = "Multiplies every pixel by a factor.",
      .category = smear::Category::preprocessing,
      .details =
          "Each value of each channel is multiplied by `factor`, rounded and clipped to "
          "the range of the pixel type.",
      .example = R"(name: try-@name@
stages:
  - @name@: {factor: 1.5}
  - save-image: {to: "@name@/{id}.png"}
)",
      .reference = "",
  };

  void describe(smear::OptionSpec& spec) override {
    spec.real("factor", factor_).range(0.0, 100.0).help("What to multiply with.");
    spec.input("image", smear::SlotType::any_image);
    spec.output_like("image", "image");
  }

  void process(smear::Sample& sample, const smear::RunContext&) const override {
    const smear::Image& image = sample.image("image");
    cv::Mat result;  // a new one: the pixels of an input are shared and never written into
    image.pixels().convertTo(result, -1, factor_);
    sample.set("image", image.with_pixels(result));
  }

 private:
  double factor_ = 1.0;
};

}  // namespace

void register_plugin(smear::PluginRegistrar& registrar) { registrar.add<ClassName>(); }
SMEAR_PLUGIN("@name@", "0.1.0", "Apache-2.0", register_plugin);
