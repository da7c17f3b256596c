// SPDX-License-Identifier: Apache-2.0
// save-tensor: the tensor of the slot that the option names comes back as it was.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <limits>

#include "codec/npy.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

/// Keeps the tensors that are saved, as they read back.
class SavedTensors final : public Outputs {
 public:
  void save(const Sample&, std::string_view name_template,
            const std::function<void(const std::filesystem::path&)>& write) override {
    std::string pattern = (std::filesystem::temp_directory_path() / "smear-io-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    const auto path = std::filesystem::path(pattern) / "unfinished.tmp";
    try {
      write(path);
      tensors.push_back(codec::read_npy(path));
      names.emplace_back(name_template);
    } catch (...) {
      std::filesystem::remove_all(pattern);
      throw;
    }
    std::filesystem::remove_all(pattern);
  }
  void append(const Sample&, std::string_view, const Table&) override { FAIL(); }

  std::vector<Tensor> tensors;
  std::vector<std::string> names;
};

SavedTensors saved(const Options& options, Tensor mu, Tensor z) {
  Sample sample(SampleId{"image.png", 0});
  sample.set("mu", std::move(mu));
  sample.set("z", std::move(z));
  SavedTensors outputs;
  make_stage("save-tensor", options)->process(sample, RunContext(1, 0, &outputs));
  return outputs;
}

TEST(SaveTensor, SavesTheTensorOfItsSlot) {
  const Tensor mu{{2}, {1.0F, 2.0F}};
  const Tensor z{{2, 2}, {0.1F, -0.2F, 3e-40F, 4e30F}};
  const auto by_default = saved({}, mu, z);
  EXPECT_EQ(by_default.names.at(0), "latents/{id}.npy");
  EXPECT_EQ(by_default.tensors.at(0).shape, z.shape);
  EXPECT_EQ(by_default.tensors.at(0).values, z.values);
  const auto named = saved({{"slot", std::string("mu")}, {"to", std::string("{stem}.npy")}}, mu, z);
  EXPECT_EQ(named.names.at(0), "{stem}.npy");
  EXPECT_EQ(named.tensors.at(0).shape, mu.shape);
  EXPECT_EQ(named.tensors.at(0).values, mu.values);
}

TEST(SaveTensor, RefusesNanAndWrongOptions) {
  const Tensor good{{1}, {1.0F}};
  const Tensor bad{{1}, {std::numeric_limits<float>::quiet_NaN()}};
  EXPECT_THROW(saved({}, good, bad), SampleError);
  EXPECT_THROW(make_stage("save-tensor", {{"to", std::string("a.png")}}), ConfigError);
  EXPECT_THROW(make_stage("save-tensor", {{"slot", std::string()}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
