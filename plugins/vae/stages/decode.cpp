// SPDX-License-Identifier: Apache-2.0
#include "stages/latents.h"
#include "stages/stages.h"

namespace smear::vae {
namespace {

class Decode final : public ModelStage {
 public:
  static constexpr StageInfo info{
      .name = "vae.decode",
      .summary = "Decodes a latent z into an image.",
      .category = Category::model,
      .details =
          "The decoder gives for each pixel and channel a value in [0, 1], which is rounded to "
          "0..255. The image has the model's size and no pixel size in micrometres. A z of several "
          "rows (draws, or the steps of an interpolation) gives their images beside each other, in "
          "rows of `columns`. A class-conditional model decodes as the `class` that is given, "
          "whatever the encoder was told: so one image can be seen as each of the classes.",
      .example = R"(name: reconstructions
stages:
  - vae.encode: {model: model.safetensors}
  - reparameterize: {function: mean}
  - vae.decode: {model: model.safetensors}
  - save-image: {to: "reconstructions/{id}.png"}
)",
      .reference = "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013",
  };

  void describe(OptionSpec& spec) override {
    describe_model(spec);
    spec.text("class", class_).help("The class to decode as, for a class-conditional model.");
    spec.integer("columns", columns_)
        .range(1, 1000)
        .help("Images of several z side by side, at most so many in a row.");
    spec.input("z", SlotType::tensor).help("{latent}, or {rows, latent}.");
    spec.output("image", SlotType::rgb8).help("The decoded image, or several beside each other.");
  }

  void open() override {
    ModelStage::open();
    (void)model().classes(class_, 1);
  }

  void process_batch(std::span<Sample*> samples, const RunContext& /*run*/) const override {
    std::vector<torch::Tensor> latents;
    for (const Sample* sample : samples) latents.push_back(latents_of(*sample, "z"));
    const auto images = decoded(at::cat(latents));
    std::size_t next = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const auto rows = static_cast<std::size_t>(latents[i].size(0));
      const std::vector<Image> own(images.begin() + static_cast<std::ptrdiff_t>(next),
                                   images.begin() + static_cast<std::ptrdiff_t>(next + rows));
      samples[i]->set("image", rows == 1 ? own.front() : learning::montage(own, columns_));
      next += rows;
    }
  }

 private:
  // Not all at a time: a feature map of the published model takes 256 KiB a row.
  [[nodiscard]] std::vector<Image> decoded(const torch::Tensor& z) const {
    std::vector<Image> images;
    constexpr auto chunk = static_cast<std::int64_t>(learning::stage_batch);
    for (std::int64_t first = 0; first < z.size(0); first += chunk) {
      const auto rows = std::min(chunk, z.size(0) - first);
      for (const auto& image : model().network.decode(z.narrow(0, first, rows),
                                                      model().classes(class_, rows), precision()))
        images.push_back(learning::to_image(image));
    }
    return images;
  }

  std::string class_;
  int columns_ = 8;
};

}  // namespace

void register_decode(PluginRegistrar& registrar) { registrar.add<Decode>(); }

}  // namespace smear::vae
