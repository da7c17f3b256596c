// SPDX-License-Identifier: Apache-2.0
#include "synth/palette.h"

#include <algorithm>

namespace smear::synth {
namespace {

Absorbance vary(Absorbance stain, double strength, Random& random) {
  const auto all = static_cast<float>(strength * (1.0 + 0.07 * random.normal()));
  const auto hue = [&random] { return static_cast<float>(1.0 + 0.04 * random.normal()); };
  const float red = hue();
  const float green = hue();
  return {stain.red * all * red, stain.green * all * green, stain.blue * all * hue()};
}

}  // namespace

// The absorbances are those of apparent optical densities in public images of smears: cells'
// median colours over that of empty places.
Palette Palette::draw(Random& random) {
  Palette palette{};
  const auto pink = static_cast<float>(random.uniform());
  const auto purple = static_cast<float>(random.uniform());
  const double strength = random.uniform(0.85, 1.15);
  const Absorbance violet_red{0.33F, 0.36F, 0.15F};
  const Absorbance pink_red{0.21F, 0.46F, 0.42F};
  palette.red_cell = vary(mix(violet_red, pink_red, pink), strength, random);
  palette.nucleus =
      vary(mix({1.00F, 1.55F, 0.25F}, {0.74F, 1.40F, 0.27F}, purple), strength, random);
  palette.basophilic = vary({0.46F, 0.43F, 0.09F}, strength, random);
  palette.neutrophilic = vary({0.20F, 0.36F, 0.13F}, strength, random);
  palette.monocytic = vary({0.38F, 0.42F, 0.18F}, strength, random);
  palette.eosinophilic = vary({0.09F, 0.44F, 0.50F}, strength, random);
  palette.platelet = vary({0.45F, 0.62F, 0.14F}, strength, random);
  const double brightness = random.uniform(222.0, 246.0);
  const double warmth = random.uniform(-3.0, 3.0);
  palette.background[0] = static_cast<float>(std::min(253.0, brightness + 3.0 + warmth));
  palette.background[1] = static_cast<float>(brightness);
  palette.background[2] = static_cast<float>(brightness + 0.5 - warmth);
  return palette;
}

}  // namespace smear::synth
