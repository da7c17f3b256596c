// SPDX-License-Identifier: Apache-2.0
// Tests the layers and their gradients against LibTorch's own.
#include "layers.h"

#include <gtest/gtest.h>
#include <smear/reparameterization.h>

namespace smear::vae {
namespace {

using torch::Tensor;

Tensor random(std::vector<std::int64_t> shape) { return torch::randn(shape).requires_grad_(true); }

Tensor last(const Tensor& tensor) {
  return tensor.detach().contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_(true);
}

void expect_near(const Tensor& found, const Tensor& expected, double tolerance,
                 const std::string& what) {
  ASSERT_TRUE(found.defined()) << what;
  ASSERT_EQ(found.sizes(), expected.sizes()) << what;
  const double scale = 1.0 + expected.abs().max().item<double>();
  EXPECT_LT((found - expected).abs().max().item<double>(), tolerance * scale) << what;
}

/// The same function in two ways, with the same arguments: outputs and all gradients.
template <typename Ours, typename Theirs>
void compare(Ours ours, Theirs theirs, const std::vector<Tensor>& arguments) {
  const auto found = ours(arguments);
  const auto expected = theirs(arguments);
  expect_near(found, expected, 1e-5, "output");
  const auto weights = torch::randn(expected.sizes());
  const auto our_gradients = torch::autograd::grad({(found * weights).sum()}, arguments);
  const auto their_gradients = torch::autograd::grad({(expected * weights).sum()}, arguments);
  for (std::size_t i = 0; i < arguments.size(); ++i)
    expect_near(our_gradients[i], their_gradients[i], 1e-4, "gradient " + std::to_string(i));
}

class Layers : public testing::Test {
 protected:
  void SetUp() override { torch::manual_seed(1); }
};

TEST_F(Layers, TransposedConvolution) {
  for (const std::int64_t edge : {1, 4, 16})
    compare([](const auto& a) { return convolve_transposed(a[0], a[1], a[2]); },
            [](const auto& a) {
              return at::conv_transpose2d(a[0], a[1], a[2], at::IntArrayRef{2, 2},
                                          at::IntArrayRef{1, 1}, at::IntArrayRef{1, 1});
            },
            {last(random({2, 8, edge, edge})), last(random({8, 5, 3, 3})), random({5})});
}

TEST_F(Layers, PhasesMakeTheTransposedConvolution) {
  for (const std::int64_t edge : {1, 3, 16})
    compare([](const auto& a) { return convolve_phases(a[0], phase_kernels(a[1]), a[2]); },
            [](const auto& a) {
              return at::conv_transpose2d(a[0], a[1], a[2], at::IntArrayRef{2, 2},
                                          at::IntArrayRef{1, 1}, at::IntArrayRef{1, 1});
            },
            {last(random({2, 8, edge, edge + 1})), last(random({8, 3, 3, 3})), random({3})});
}

TEST_F(Layers, FeaturesReducedAndExpanded) {
  compare([](const auto& a) { return reduce_features(a[0], a[1]); },
          [](const auto& a) { return at::matmul(a[0], a[1].t()); },
          {random({5, 64}), random({7, 64})});
  compare([](const auto& a) { return expand_features(a[0], a[1]); },
          [](const auto& a) { return at::matmul(a[0], a[1]); }, {random({5, 7}), random({7, 64})});
}

}  // namespace
}  // namespace smear::vae
