// SPDX-License-Identifier: Apache-2.0
// Tests that what the network gives for an image depends on nothing else, and that its weights
// survive the layout of model files.
#include "network.h"

#include <gtest/gtest.h>
#include <smear/reparameterization.h>
#include <tbb/task_arena.h>

#include "learning/threads.h"
#include "smear/errors.h"

namespace smear::vae {
namespace {

Architecture small() {
  Architecture architecture;
  architecture.image_size = 32;
  architecture.filters = {4, 8, 16};
  architecture.latent = 6;
  return architecture;
}

std::vector<torch::Tensor> images(int count, std::int64_t size) {
  std::vector<torch::Tensor> result;
  for (int i = 0; i < count; ++i)
    result.push_back(torch::rand({1, 3, size, size}).contiguous(torch::MemoryFormat::ChannelsLast));
  return result;
}

class NetworkTest : public testing::Test {
 protected:
  void SetUp() override {
    learning::prepare_process();
    torch::manual_seed(1);
    network.initialize(at::detail::createCPUGenerator(3));
  }
  Network network{small(), torch::kCPU};
};

TEST_F(NetworkTest, GivesAnImageTheSameBitsAloneAsInABatch) {
  const auto batch = images(9, 32);
  const auto together = network.encode(batch, {});
  const auto pictures = network.decode(together.mu, {});
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const auto alone = network.encode({batch[i]}, {});
    EXPECT_TRUE(alone.mu.equal(together.mu.narrow(0, row, 1))) << i;
    EXPECT_TRUE(alone.logvar.equal(together.logvar.narrow(0, row, 1))) << i;
    EXPECT_TRUE(network.decode(alone.mu, {}).front().equal(pictures[i])) << i;
  }
}

TEST_F(NetworkTest, GivesTheSameBitsOnAnyNumberOfThreads) {
  const auto batch = images(8, 32);
  tbb::task_arena one(1);
  tbb::task_arena two(2);
  Posterior a;
  Posterior b;
  one.execute([&] { a = network.encode(batch, {}); });
  two.execute([&] { b = network.encode(batch, {}); });
  EXPECT_TRUE(a.mu.equal(b.mu));
  EXPECT_TRUE(a.logvar.equal(b.logvar));
}

TEST_F(NetworkTest, IsNearlyTheSameInBfloat16) {
  try {
    check_precision(Precision::bfloat16, true);
  } catch (const ConfigError& error) {
    GTEST_SKIP() << error.what();
  }
  const auto batch = images(3, 32);
  const auto exact = network.encode(batch, {});
  const auto rounded = network.encode(batch, {}, Precision::bfloat16);
  EXPECT_FALSE(rounded.mu.equal(exact.mu));
  const double scale = exact.mu.abs().max().item<double>();
  EXPECT_LT((rounded.mu - exact.mu).abs().max().item<double>(), 0.03 * scale);
  const auto pictures = network.decode(exact.mu, {});
  const auto others = network.decode(exact.mu, {}, Precision::bfloat16);
  for (std::size_t i = 0; i < pictures.size(); ++i)
    EXPECT_LT((pictures[i] - others[i]).abs().max().item<double>(), 0.03) << i;
}

TEST_F(NetworkTest, KeepsItsWeightsThroughTheFileLayout) {
  for (const bool conditional : {false, true}) {
    auto architecture = small();
    if (conditional) architecture.classes = {"a", "b", "c"};
    Network from(architecture, torch::kCPU);
    from.initialize(at::detail::createCPUGenerator(5));
    Network to(architecture, torch::kCPU);
    const auto shapes = weight_shapes(architecture);
    const auto weights = from.file_weights();
    ASSERT_EQ(weights.size(), shapes.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(weights[i].first, shapes[i].name);
      EXPECT_EQ(weights[i].second.sizes().vec(), shapes[i].shape) << shapes[i].name;
      to.set_file_weight(weights[i].first, weights[i].second);
    }
    for (std::size_t i = 0; i < from.parameters().size(); ++i)
      EXPECT_TRUE(from.parameters()[i].value.equal(to.parameters()[i].value))
          << from.parameters()[i].name;
  }
}

TEST_F(NetworkTest, DecodesOneLatentAsEachClassDifferently) {
  auto architecture = small();
  architecture.classes = {"benign", "pre-b"};
  Network conditional(architecture, torch::kCPU);
  conditional.initialize(at::detail::createCPUGenerator(5));
  const auto z = torch::randn({1, 6});
  const auto as = [&](std::int64_t c) {
    return conditional.decode(z, torch::full({1}, c, torch::kInt64)).front();
  };
  EXPECT_FALSE(as(0).equal(as(1)));
  const auto image = images(1, 32);
  const auto of = [&](std::int64_t c) {
    return conditional.encode(image, torch::full({1}, c, torch::kInt64)).mu;
  };
  EXPECT_FALSE(of(0).equal(of(1)));
}

TEST(Architecture, SurvivesJson) {
  auto architecture = small();
  architecture.classes = {"benign", "pre-b"};
  architecture.slope = 0.1;
  EXPECT_EQ(Architecture::from_json(architecture.to_json()), architecture);
}

TEST(Architecture, OfThePublicationHasItsParameters) {
  // Convolutions of 3 x 3, and 65536 features: counted by hand.
  const std::int64_t convolutions =
      (9 * 3 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 128 + 128) + (9 * 128 * 256 + 256);
  const std::int64_t transposed =
      (9 * 256 * 128 + 128) + (9 * 128 * 64 + 64) + (9 * 64 * 32 + 32) + (9 * 32 * 3 + 3);
  const std::int64_t dense = 2 * (65536 * 128 + 128) + (128 * 65536 + 65536);
  EXPECT_EQ(Architecture{}.parameters(), convolutions + transposed + dense);
}

TEST(Architecture, RefusesSizesThatDoNotFit) {
  const auto refused = [](auto change) {
    Architecture architecture;
    change(architecture);
    EXPECT_THROW(architecture.check(), ConfigError);
    EXPECT_THROW((void)Architecture::from_json(architecture.to_json()), PluginError);
  };
  refused([](Architecture& a) { a.image_size = 100; });
  refused([](Architecture& a) { a.image_size = 0; });
  refused([](Architecture& a) { a.filters = {}; });
  refused([](Architecture& a) { a.filters = {0}; });
  refused([](Architecture& a) { a.latent = 0; });
  refused([](Architecture& a) { a.latent = std::int64_t{1} << 40; });
  refused([](Architecture& a) { a.latent = 65536; });  // 12 billion parameters
  refused([](Architecture& a) { a.slope = 1.0; });
  refused([](Architecture& a) { a.classes = {"a", "a"}; });
  EXPECT_THROW((void)Architecture::from_json("{}"), PluginError);
  EXPECT_THROW((void)Architecture::from_json("nothing"), PluginError);
}

}  // namespace
}  // namespace smear::vae
