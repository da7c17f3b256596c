// SPDX-License-Identifier: Apache-2.0
#include "codec/npy.h"
#include "smear/stage.h"

namespace smear {
namespace {

class SaveTensor final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "save-tensor",
      .summary = "Saves a tensor, such as a latent code, as a NumPy file.",
      .category = Category::input_output,
      .details =
          "Writes one .npy file a sample (version 1.0, `<f4`, C order), which `numpy.load` reads. "
          "A sample whose tensor holds NaN or infinity fails.\n\n"
          "Pipelines read such files back with `input: {tensor: z}`: the slot named there holds "
          "the tensor, and there is no image.",
      .example = R"(name: copy-latents
input: {include: ["*.npy"], tensor: z}
stages:
  - save-tensor: {slot: z, to: "latents/{dir}/{stem}.npy"}
)",
      .reference = "NumPy Enhancement Proposal 1, A simple file format for NumPy arrays",
  };

  void describe(OptionSpec& spec) override {
    spec.slot("slot", slot_).help("The tensor to save.");
    spec.output("to", to_).help("Where each tensor goes inside the output folder; ends in .npy.");
    // The slot that is read follows the option, so that the pipeline's plan shows it.
    spec.input(slot_, SlotType::tensor).help("The tensor to save.");
  }

  void check() const override {
    if (slot_.empty()) throw ConfigError("slot must name a tensor, such as z");
    if (!to_.ends_with(".npy")) throw ConfigError("to must end in .npy, got '" + to_ + "'");
  }

  void process(Sample& sample, const RunContext& run) const override {
    const Tensor& tensor = sample.tensor(slot_);
    run.outputs().save(sample, to_,
                       [&](const std::filesystem::path& path) { codec::write_npy(path, tensor); });
  }

 private:
  std::string slot_ = "z";
  std::string to_ = "latents/{id}.npy";
};

}  // namespace

void register_save_tensor(StageRegistrar& registrar) { registrar.add<SaveTensor>(); }

}  // namespace smear
