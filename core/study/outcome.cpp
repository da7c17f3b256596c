// SPDX-License-Identifier: Apache-2.0
#include "study/outcome.h"

#include <algorithm>

namespace smear::study {

const std::vector<MeasureInfo>& measures() {
  static const std::vector<MeasureInfo> all{
      {"frechet_malignant", "Fréchet distance to real malignant cells", "",
       "how far the shapes of its white cells (area, circularity, solidity, boundary roughness "
       "together) are from those of real malignant ones; 0 is the same distribution. Features are "
       "divided by their standard deviation over real malignant cells"},
      {"malignancy", "Malignancy score", "",
       "probability of the malignant class by a classifier of real smears, mean over images"},
      {"circularity", "Circularity", "",
       "4 pi area / perimeter² of white cells, mean: 1 is a circle, irregular outlines have less"},
      {"boundary_roughness", "Boundary roughness", "",
       "outline / outline of the convex hull of white cells, mean: 1 is convex, ragged ones have "
       "more"},
      {"sharpness", "Sharpness", "grey levels²",
       "variance of the Laplacian of the image, mean: blurred images have less, noisy ones more"},
      {"mse", "Reconstruction error", "",
       "mean squared difference from the input image, intensities 0 to 1"},
      {"ssim", "SSIM", "", "structural similarity to the input image: 1 is equal"},
      {"kl", "KL divergence", "nats",
       "of the latent's distribution from the prior, as the reparameterization defines it"},
      {"solidity", "Solidity", "", "area / area of the convex hull of white cells, mean"},
      {"area", "Area", "px²",
       "of white cells, mean, in pixels of the image that they are found in"},
      {"cells_per_image", "Cells an image", "", "whole white cells found in an image, mean"},
      {"diversity", "Diversity", "",
       "mean squared difference between two draws from the same input: 0 is always the same image"},
      {"frechet_benign", "Fréchet distance to real benign cells", "",
       "as to malignant ones, on the same scale"},
      {"wasserstein_malignant.area", "Area: distance to malignant", "px²",
       "Wasserstein distance of the distribution of areas from that of real malignant cells"},
      {"wasserstein_malignant.circularity", "Circularity: distance to malignant", "",
       "the same of circularity"},
      {"wasserstein_malignant.solidity", "Solidity: distance to malignant", "",
       "the same of solidity"},
      {"wasserstein_malignant.boundary_roughness", "Boundary roughness: distance to malignant", "",
       "the same of boundary roughness"},
      {"wasserstein_benign.area", "Area: distance to benign", "px²",
       "Wasserstein distance of the distribution of areas from that of real benign cells"},
      {"wasserstein_benign.circularity", "Circularity: distance to benign", "",
       "the same of circularity"},
      {"wasserstein_benign.solidity", "Solidity: distance to benign", "", "the same of solidity"},
      {"wasserstein_benign.boundary_roughness", "Boundary roughness: distance to benign", "",
       "the same of boundary roughness"},
  };
  return all;
}

const MeasureInfo* find_measure(std::string_view name) {
  const auto it = std::ranges::find(measures(), name, &MeasureInfo::name);
  return it == measures().end() ? nullptr : &*it;
}

std::int64_t count(const StudyOutcome& outcome, Verdict verdict) {
  return std::ranges::count(outcome.claims, verdict, &ClaimOutcome::verdict);
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::held: return "held";
    case Verdict::not_held: return "not held";
    case Verdict::undecided: return "undecided";
  }
  return "";
}

}  // namespace smear::study
