// SPDX-License-Identifier: Apache-2.0
// Tests SSIM, MS-SSIM, PSNR and the reconstruction losses against closed forms and naive sums.
#include "similarity.h"

#include <gtest/gtest.h>
#include <smear/reparameterization.h>

#include <cmath>

#include "reconstruction-loss.h"
#include "smear/errors.h"

namespace smear::vae {
namespace {

torch::Tensor level(double value, std::int64_t edge = 64) {
  return torch::full({1, 3, edge, edge}, value, torch::kFloat64);
}

double number(const torch::Tensor& tensor) { return tensor.item<double>(); }

/// The definition, window by window, of one grey image of `edge` px.
double naive_ssim(const torch::Tensor& a, const torch::Tensor& b, int edge) {
  constexpr int window = 11;
  double weights[window][window];
  double total = 0.0;
  for (int y = 0; y < window; ++y)
    for (int x = 0; x < window; ++x)
      total += weights[y][x] =
          std::exp(-((y - 5) * (y - 5) + (x - 5) * (x - 5)) / (2.0 * 1.5 * 1.5));
  const auto va = a.accessor<float, 2>();
  const auto vb = b.accessor<float, 2>();
  double sum = 0.0;
  for (int top = 0; top + window <= edge; ++top)
    for (int left = 0; left + window <= edge; ++left) {
      double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
      for (int y = 0; y < window; ++y)
        for (int x = 0; x < window; ++x) {
          const double w = weights[y][x] / total;
          const double p = va[top + y][left + x];
          const double q = vb[top + y][left + x];
          ma += w * p;
          mb += w * q;
          aa += w * p * p;
          bb += w * q * q;
          ab += w * p * q;
        }
      sum += (2 * ma * mb + 1e-4) * (2 * (ab - ma * mb) + 9e-4) /
             ((ma * ma + mb * mb + 1e-4) * (aa - ma * ma + bb - mb * mb + 9e-4));
    }
  return sum / ((edge - window + 1) * (edge - window + 1));
}

TEST(Ssim, FollowsItsDefinition) {
  torch::manual_seed(2);
  const auto a = torch::rand({1, 1, 20, 20});
  const auto b = (a + 0.2 * torch::randn({1, 1, 20, 20})).clamp(0, 1);
  EXPECT_NEAR(number(ssim(a, b)), naive_ssim(a[0][0], b[0][0], 20), 1e-5);
}

TEST(Ssim, OfFlatImagesIsTheLuminanceTerm) {
  const double expected = (2 * 0.25 * 0.75 + 1e-4) / (0.0625 + 0.5625 + 1e-4);
  EXPECT_NEAR(number(ssim(level(0.25), level(0.75))), expected, 1e-5);
  EXPECT_NEAR(number(ssim(level(0.25, 4), level(0.75, 4))), expected,
              1e-5);  // smaller than a window
}

TEST(Similarity, OfEqualImagesIsPerfect) {
  torch::manual_seed(2);
  const auto image = torch::rand({2, 3, 64, 64});
  EXPECT_NEAR(ssim(image, image).min().item<double>(), 1.0, 1e-6);
  EXPECT_NEAR(ms_ssim(image, image).min().item<double>(), 1.0, 1e-6);
  EXPECT_TRUE(std::isinf(psnr(image, image)[0].item<double>()));
}

TEST(Similarity, FallsWithNoiseAndIsOneNumberAnImage) {
  torch::manual_seed(2);
  const auto image = torch::rand({1, 3, 200, 200});
  const auto noise = torch::randn({1, 3, 200, 200});
  double before_ssim = 1.0;
  double before_ms = 1.0;
  for (const double amount : {0.05, 0.1, 0.3}) {
    const auto noisy = (image + amount * noise).clamp(0, 1);
    EXPECT_LT(number(ssim(image, noisy)), before_ssim);
    EXPECT_LT(number(ms_ssim(image, noisy)), before_ms);
    before_ssim = number(ssim(image, noisy));
    before_ms = number(ms_ssim(image, noisy));
  }
  EXPECT_EQ(ssim(torch::rand({3, 3, 32, 32}), torch::rand({3, 3, 32, 32})).sizes().vec(),
            std::vector<std::int64_t>{3});
}

TEST(Psnr, IsInDecibels) {
  EXPECT_NEAR(number(psnr(level(0.5), level(0.6))), 20.0, 1e-4);
  EXPECT_NEAR(number(psnr(level(0.0), level(1.0))), 0.0, 1e-4);
}

TEST(ReconstructionLoss, SumsOverPixelsAndChannels) {
  const auto logits =
      torch::full({2, 3, 4, 4}, std::log(0.6 / 0.4), torch::kFloat64);  // outputs of 0.6
  const auto images = level(0.5, 4).repeat({2, 1, 1, 1});
  const auto of = [&](ReconstructionLoss kind) {
    const auto loss = reconstruction_loss(kind, logits, images);
    EXPECT_EQ(loss.sizes().vec(), std::vector<std::int64_t>{2});
    return loss[0].item<double>();
  };
  EXPECT_NEAR(of(ReconstructionLoss::squared_error), 48 * 0.01, 1e-5);
  EXPECT_NEAR(of(ReconstructionLoss::absolute_error), 48 * 0.1, 1e-5);
  EXPECT_NEAR(of(ReconstructionLoss::cross_entropy), 48 * -0.5 * (std::log(0.6) + std::log(0.4)),
              1e-4);
  const double mix = 48 * (0.84 * (1 - (2 * 0.3 + 1e-4) / (0.25 + 0.36 + 1e-4)) + 0.16 * 0.1);
  EXPECT_NEAR(of(ReconstructionLoss::ms_ssim_mix), mix, 1e-4);
}

TEST(ReconstructionLoss, OfSaturatedOutputsStaysFinite) {
  const auto logits = torch::full({1, 3, 4, 4}, 200.0).requires_grad_(true);
  const auto loss = reconstruction_loss(ReconstructionLoss::cross_entropy, logits, level(0.0, 4));
  EXPECT_NEAR(loss.item<double>(), 48 * 200.0, 1e-2);
  EXPECT_NEAR(torch::autograd::grad({loss.sum()}, {logits})[0].sum().item<double>(), 48.0, 1e-3);
}

TEST(ReconstructionLoss, IsNamed) {
  for (const auto kind : {ReconstructionLoss::squared_error, ReconstructionLoss::cross_entropy,
                          ReconstructionLoss::absolute_error, ReconstructionLoss::ms_ssim_mix})
    EXPECT_EQ(reconstruction_loss_of(name_of(kind)), kind);
  EXPECT_THROW((void)reconstruction_loss_of("no such"), PluginError);
}

}  // namespace
}  // namespace smear::vae
