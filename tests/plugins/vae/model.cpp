// SPDX-License-Identifier: Apache-2.0
// Tests that a model comes back from its file as it was, and that a file which is not what it says
// is refused with the reason.
#include "model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "fixtures.h"
#include "smear/errors.h"

namespace smear::vae {
namespace {

using learning::array_of;
using learning::read_tensor;
using testing::HasSubstr;
using torch::Tensor;

class ModelFile : public testing::Test {
 protected:
  ModelFile() : model(architecture(), torch::kCPU) {
    model.network.initialize(at::detail::createCPUGenerator(1));
    model.preprocessing.size = 32;
    model.class_means["benign"] = torch::arange(6).to(torch::kFloat32);
    model.metadata["options"] = R"({"epochs": "3"})";
  }

  static Architecture architecture() { return test::small_options().architecture({}); }

  [[nodiscard]] std::filesystem::path file() const { return folder / "m.safetensors"; }

  /// Writes the file anew with `change` made to its parts.
  void rewrite(const std::function<void(safetensors::Metadata&,
                                        std::vector<std::pair<std::string, Tensor>>&)>& change) {
    save_model(model, file());
    safetensors::Reader reader(file());
    auto metadata = reader.metadata();
    std::vector<std::pair<std::string, Tensor>> tensors;
    for (const auto& entry : reader.entries())
      tensors.emplace_back(entry.name, read_tensor(reader, entry));
    change(metadata, tensors);
    std::vector<safetensors::Array> arrays;
    for (const auto& [name, tensor] : tensors) arrays.push_back(array_of(name, tensor));
    safetensors::write(file(), metadata, arrays);
  }

  [[nodiscard]] std::string reason() const {
    try {
      (void)load_model(file(), torch::kCPU);
    } catch (const PluginError& error) {
      return error.what();
    }
    return "";
  }

  test::Folder folder;
  Model model;
};

TEST_F(ModelFile, ComesBackAsItWas) {
  model.loss = ReconstructionLoss::absolute_error;
  model.reparameterization = "planar-flow";
  model.reparameterization_parameters = {{"u", torch::ones({2, 6})}};
  model.preview = torch::full({4, 6, 3}, 7, torch::kUInt8);
  save_model(model, file());
  const auto loaded = load_model(file(), torch::kCPU);
  EXPECT_EQ(loaded->network.architecture(), architecture());
  EXPECT_EQ(loaded->loss, model.loss);
  EXPECT_EQ(loaded->reparameterization, "planar-flow");
  EXPECT_TRUE(loaded->reparameterization_parameters.at(0).value.equal(torch::ones({2, 6})));
  EXPECT_TRUE(loaded->class_mean("benign").equal(model.class_means["benign"]));
  EXPECT_TRUE(loaded->preview.equal(model.preview));
  EXPECT_EQ(loaded->metadata.at("options"), R"({"epochs": "3"})");
  for (std::size_t i = 0; i < model.network.parameters().size(); ++i)
    EXPECT_TRUE(loaded->network.parameters()[i].value.equal(model.network.parameters()[i].value));
}

TEST_F(ModelFile, IsSharedByThoseWhoHaveItOpen) {
  save_model(model, file());
  const auto one = shared_model(file(), torch::kCPU);
  EXPECT_EQ(shared_model(file(), torch::kCPU), one);
}

TEST_F(ModelFile, IsRefusedWhereItIsOfAnotherKindOrFormat) {
  rewrite([](auto& metadata, auto&) { metadata.erase("smearkit.kind"); });
  EXPECT_THAT(reason(), HasSubstr("no 'smearkit.kind'"));
  rewrite([](auto& metadata, auto&) { metadata["smearkit.kind"] = "cnn"; });
  EXPECT_THAT(reason(), HasSubstr("of kind 'cnn'"));
  rewrite([](auto& metadata, auto&) { metadata["smearkit.format"] = "9"; });
  EXPECT_THAT(reason(), HasSubstr("of format 9"));
  rewrite([](auto& metadata, auto&) { metadata["loss"] = "guess"; });
  EXPECT_THAT(reason(), HasSubstr("loss 'guess'"));
  rewrite([](auto& metadata, auto&) { metadata["preprocessing"] = "{}"; });
  EXPECT_THAT(reason(), HasSubstr("preprocessing"));
}

TEST_F(ModelFile, IsRefusedWhereItsTensorsAreNotThoseOfItsArchitecture) {
  rewrite([](auto&, auto& tensors) { tensors.erase(tensors.begin()); });
  EXPECT_THAT(reason(), HasSubstr("lacks tensor 'encoder.0.weight'"));
  rewrite([](auto&, auto& tensors) { tensors[0].second = torch::zeros({1}); });
  EXPECT_THAT(reason(), HasSubstr("tensor 'encoder.0.weight' is F32 [1]"));
  rewrite([](auto&, auto& tensors) {
    tensors.emplace_back("class_mean.none", torch::zeros({0, 6}));
  });
  EXPECT_THAT(reason(), HasSubstr("'class_mean.none' is empty"));
  rewrite([](auto&, auto& tensors) { tensors.emplace_back("stowaway", torch::zeros({1})); });
  EXPECT_THAT(reason(), HasSubstr("'stowaway' is no part"));
  rewrite([](auto&, auto& tensors) {
    tensors[0].second[0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  });
  EXPECT_THAT(reason(), HasSubstr("not finite"));
}

// Its weights would take terabytes; the file has kilobytes.
TEST_F(ModelFile, IsRefusedBeforeAnArchitectureIsAllocated) {
  auto huge = architecture();
  huge.latent = 1 << 20;
  rewrite([&](auto& metadata, auto&) { metadata["architecture"] = huge.to_json(); });
  EXPECT_THAT(reason(), HasSubstr("architecture is impossible"));
  huge.latent = 4096;
  huge.filters = {4096, 4096, 4096};
  rewrite([&](auto& metadata, auto&) { metadata["architecture"] = huge.to_json(); });
  EXPECT_NE(reason(), "");
}

TEST_F(ModelFile, IsRefusedWhereItIsTruncated) {
  save_model(model, file());
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 1);
  EXPECT_THAT(reason(), HasSubstr("truncated"));
  EXPECT_THAT(reason(), HasSubstr("m.safetensors is refused"));
}

TEST_F(ModelFile, IsRefusedWhereItIsOfAnotherKind) {
  rewrite([](auto& metadata, auto&) { metadata["smearkit.kind"] = "classifier"; });
  EXPECT_THAT(reason(), HasSubstr("it is a model of kind 'classifier', expected 'vae'"));
}

}  // namespace
}  // namespace smear::vae
