// SPDX-License-Identifier: Apache-2.0
// Tests that augmentation changes what it says and nothing else, the same for the same seed.
#include "learning/augmentation.h"

#include <gtest/gtest.h>

#include "fixtures.h"
#include "learning/preprocessing.h"

namespace smear::learning {
namespace {

TEST(Augmentation, ChangesWhatItSaysAndNothingElse) {
  const auto image = to_tensor(test::Discs(1, 0).read(0));
  Augmentation options;
  EXPECT_TRUE(augmented(image, options, 1).equal(image));
  options.flip = true;
  options.rotate = true;
  bool changed = false;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto turned = augmented(image, options, seed);
    changed = changed || !turned.equal(image);
    EXPECT_TRUE(std::get<0>(turned.flatten().sort()).equal(std::get<0>(image.flatten().sort())));
    EXPECT_TRUE(turned.equal(augmented(image, options, seed)));
  }
  EXPECT_TRUE(changed);
  options = {};
  options.brightness = 0.2;
  const auto ratio = augmented(image, options, 5) / image;
  EXPECT_LE(ratio.max().item<double>(), 1.2 + 1e-5);
  EXPECT_GE(ratio.min().item<double>(), 0.8 - 1e-5);
  options.brightness = 0.0;
  options.stain = 0.2;
  const auto power = augmented(image, options, 5).log() / image.log();
  for (int channel = 0; channel < 3; ++channel) {
    const auto one = power.select(1, channel);
    EXPECT_NEAR(one.max().item<double>(), one.min().item<double>(), 1e-3);
    EXPECT_NEAR(one.mean().item<double>(), 1.0, 0.2 + 1e-5);
  }
}

// A Gaussian keeps the mean, lowers the variance, and softens no more than its largest sigma.
TEST(Augmentation, BlursUpToItsSigma) {
  const auto image = to_tensor(test::Discs(1, 0).read(0));
  Augmentation options;
  options.blur = 2.0;
  const auto deviation = [](const torch::Tensor& t) { return t.std().item<double>(); };
  double least = deviation(image);
  bool changed = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto soft = augmented(image, options, seed);
    EXPECT_TRUE(soft.equal(augmented(image, options, seed)));
    EXPECT_EQ(soft.sizes(), image.sizes());
    EXPECT_NEAR(soft.mean().item<double>(), image.mean().item<double>(), 0.01);
    EXPECT_LE(deviation(soft), deviation(image) + 1e-6);
    least = std::min(least, deviation(soft));
    changed = changed || !soft.equal(image);
  }
  EXPECT_TRUE(changed);
  EXPECT_GT(least, 0.5 * deviation(image));
}

}  // namespace
}  // namespace smear::learning
