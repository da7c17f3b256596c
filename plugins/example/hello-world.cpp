// SPDX-License-Identifier: Apache-2.0
#include <smear/plugin.h>

#include <opencv2/imgproc.hpp>

namespace {

class HelloWorld final : public smear::Stage {
 public:
  static constexpr smear::StageInfo info{
      .name = "hello-world",
      .summary = "Writes a greeting onto the image.",
      .category = smear::Category::other,
      .details = "In the lower left corner, in black letters.",
      .example =
          "name: hello\nstages:\n  - hello-world: {text: Good morning}\n"
          "  - save-image: {to: \"hello/{id}.png\"}\n",
      .reference = "",
  };

  void describe(smear::OptionSpec& spec) override {
    spec.text("text", text_).help("What to write.");
    spec.input("image", smear::SlotType::grey8 | smear::SlotType::rgb8);
    spec.output_like("image", "image");
  }

  void process(smear::Sample& sample, const smear::RunContext&) const override {
    const smear::Image& image = sample.image("image");
    cv::Mat result = image.pixels().clone();  // the pixels of an input are never written into
    cv::putText(result, text_, {4, result.rows - 8}, cv::FONT_HERSHEY_SIMPLEX, 0.5, {0, 0, 0});
    sample.set("image", image.with_pixels(result));
  }

 private:
  std::string text_ = "Hello, world";
};
}  // namespace

void add_stages(smear::PluginRegistrar& registrar) { registrar.add<HelloWorld>(); }
SMEAR_PLUGIN("hello-world", "1.0.0", "Apache-2.0", add_stages);
