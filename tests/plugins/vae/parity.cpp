// SPDX-License-Identifier: Apache-2.0
// Tests the published model against PyTorch: outputs, loss and gradients, from a model file, on a
// real smear where there is one, else on a made one.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "codec/codec.h"
#include "fixtures.h"
#include "model.h"
#include "training/step.h"

namespace smear::vae {
namespace {

using torch::Tensor;

Image real_or_made_smear(std::size_t i) {
  const std::array names{"WBC-Malignant-Early-001.jpg", "WBC-Malignant-Early-002.jpg"};
  const auto file = std::filesystem::path(SMEAR_TEST_DATA) / "leukemia/early-pre-b" / names[i];
  std::error_code error;
  return std::filesystem::exists(file, error) ? codec::read_image(file, {})
                                              : test::Discs(2, 0, 0, 256).read(i);
}

/// The gradients in the layout of the weights' file: as weights of a network of their own.
std::vector<std::pair<std::string, Tensor>> in_file_layout(const Architecture& architecture,
                                                           const std::vector<Tensor>& gradients) {
  const torch::NoGradGuard no_gradients;
  const Network holder(architecture, torch::kCPU);
  for (std::size_t i = 0; i < holder.parameters().size(); ++i)
    holder.parameters()[i].value.detach().copy_(gradients[i]);
  return holder.file_weights();
}

TEST(Parity, OfThePublishedModelWithPyTorch) {
  if (std::system("/usr/bin/python3 -c 'import torch, numpy' 2>/dev/null") != 0)
    GTEST_SKIP() << "there is no PyTorch (Debian: python3-torch python3-numpy)";
  const test::Folder folder;
  const TrainingOptions options;
  Model model(options.architecture({}), torch::kCPU);
  model.network.initialize(at::detail::createCPUGenerator(11));
  const auto model_file = folder / "model.safetensors";
  save_model(model, model_file);

  Batch batch;
  for (std::size_t i = 0; i < 2; ++i)
    batch.images.push_back(
        learning::to_tensor(learning::fitted(real_or_made_smear(i), model.preprocessing)));
  const auto posterior = model.network.encode(batch.images, {});
  const test::Mean mean;
  const auto result = Step(model.network, mean, options).run(batch);
  std::vector<std::pair<std::string, Tensor>> computed{
      {"images", at::cat(batch.images).contiguous()},
      {"mu", posterior.mu.contiguous()},
      {"logvar", posterior.logvar.contiguous()},
      {"reconstructions", at::cat(model.network.decode(posterior.mu, {})).contiguous()},
      {"loss", torch::full({1}, result.losses.total)}};
  for (auto& [name, gradient] : in_file_layout(model.network.architecture(), result.gradients))
    computed.emplace_back("gradient." + name, gradient);
  std::vector<safetensors::Array> arrays;
  for (const auto& [name, tensor] : computed) arrays.push_back(learning::array_of(name, tensor));
  const auto computed_file = folder / "computed.safetensors";
  safetensors::write(computed_file, {{"of", "parity"}}, arrays);

  const auto command = std::string("/usr/bin/python3 ") + SMEAR_PARITY_SCRIPT + " '" +
                       model_file.string() + "' '" + computed_file.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace smear::vae
