// SPDX-License-Identifier: Apache-2.0
// Tests that a classifier comes back from its file as it was, that a file which is not what it says
// is refused with the reason, and that an image's probabilities depend on that image alone.
#include "model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tbb/task_arena.h>

#include <cmath>
#include <functional>

#include "../learning/fixtures.h"
#include "learning/model-file.h"
#include "smear/errors.h"

namespace smear::classifier {
namespace {

using testing::HasSubstr;
using torch::Tensor;

class ClassifierFile : public testing::Test {
 protected:
  ClassifierFile() : model(architecture(), torch::kCPU) {
    model.network.initialize(at::detail::createCPUGenerator(1));
    const torch::NoGradGuard no_gradients;
    model.network.parameters()[8].value.detach().normal_();  // the head, which begins with zeros
    model.preprocessing = {.size = 32, .blank_corner = 0.2};
    model.metadata["training"] = "{}";
  }

  static Architecture architecture() {
    return {.image_size = 32, .filters = {8, 12}, .slope = 0.1, .classes = {"a", "b", "c"}};
  }

  [[nodiscard]] std::filesystem::path file() const { return folder / "m.safetensors"; }

  /// Writes the file anew with `change` made to its parts; why it is refused then, or "".
  [[nodiscard]] std::string reason_after(
      const std::function<void(safetensors::Metadata&,
                               std::vector<std::pair<std::string, Tensor>>&)>& change) {
    save_model(model, file());
    safetensors::Reader reader(file());
    auto metadata = reader.metadata();
    std::vector<std::pair<std::string, Tensor>> tensors;
    for (const auto& entry : reader.entries())
      tensors.emplace_back(entry.name, learning::read_tensor(reader, entry));
    change(metadata, tensors);
    std::vector<safetensors::Array> arrays;
    for (const auto& [name, tensor] : tensors) arrays.push_back(learning::array_of(name, tensor));
    safetensors::write(file(), metadata, arrays);
    return reason();
  }

  [[nodiscard]] std::string reason() const {
    try {
      (void)load_model(file(), torch::kCPU);
      return "";
    } catch (const PluginError& error) {
      return error.what();
    }
  }

  learning::test::Folder folder;
  Model model;
};

TEST_F(ClassifierFile, ComesBack) {
  save_model(model, file());
  const auto back = load_model(file(), torch::kCPU);
  EXPECT_EQ(back->network.architecture(), architecture());
  EXPECT_EQ(back->preprocessing.blank_corner, 0.2);
  for (std::size_t i = 0; i < model.network.parameters().size(); ++i)
    EXPECT_TRUE(back->network.parameters()[i].value.equal(model.network.parameters()[i].value));
}

TEST_F(ClassifierFile, IsRefusedWhereItIsNotWhatItSays) {
  EXPECT_EQ(reason_after([](auto&, auto&) {}), "");
  EXPECT_THAT(reason_after([](auto& metadata, auto&) { metadata["smearkit.kind"] = "vae"; }),
              HasSubstr("it is a model of kind 'vae', expected 'classifier'"));
  EXPECT_THAT(reason_after([](auto& metadata, auto&) { metadata["smearkit.format"] = "2"; }),
              HasSubstr("format 2"));
  EXPECT_THAT(reason_after([](auto&, auto& tensors) { tensors.pop_back(); }),
              HasSubstr("it lacks tensor"));
  EXPECT_THAT(
      reason_after([](auto&, auto& tensors) { tensors.emplace_back("more", torch::zeros({2})); }),
      HasSubstr("'more' is no part"));
  EXPECT_THAT(reason_after([](auto&, auto& tensors) {
                tensors.front().second = torch::zeros({1, 1});
              }),
              HasSubstr("its architecture wants"));
  EXPECT_THAT(reason_after([](auto&, auto& tensors) {
                tensors.front().second = tensors.front().second.clone().fill_(NAN);
              }),
              HasSubstr("not finite"));
  auto huge = architecture();
  huge.filters.assign(8, 4096);
  EXPECT_THAT(
      reason_after([&](auto& metadata, auto&) { metadata["architecture"] = huge.to_json(); }),
      HasSubstr("impossible"));
  auto other = architecture();
  other.image_size = 64;
  EXPECT_THAT(
      reason_after([&](auto& metadata, auto&) { metadata["architecture"] = other.to_json(); }),
      HasSubstr("its network takes 64"));
}

TEST_F(ClassifierFile, IsRefusedWhereItIsTruncated) {
  save_model(model, file());
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 1);
  EXPECT_THAT(reason(), HasSubstr("m.safetensors is refused"));
}

TEST_F(ClassifierFile, GivesAnImageTheSameBesideOthers) {
  std::vector<Tensor> images;
  for (int i = 0; i < 5; ++i)
    images.push_back(torch::rand({1, 3, 32, 32}).contiguous(torch::MemoryFormat::ChannelsLast));
  tbb::task_arena arena(3);
  arena.execute([&] {
    const auto together = model.network.probabilities(images);
    EXPECT_EQ(together.sizes().vec(), (std::vector<std::int64_t>{5, 3}));
    EXPECT_LT((together.sum(1) - 1.0).abs().max().item<double>(), 1e-12);
    for (std::size_t i = 0; i < images.size(); ++i)
      EXPECT_TRUE(model.network.probabilities({images[i]})[0].equal(
          together[static_cast<std::int64_t>(i)]));
  });
}

}  // namespace
}  // namespace smear::classifier
