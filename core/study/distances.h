// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <span>

/// How far two sets of cells are from each other.
namespace smear::study {

/// The 1-Wasserstein distance of two empirical distributions of any sizes, in the unit of the
/// values: the integral of |F - G| over their distribution functions, exact. NaN where a set is
/// empty. Throws `std::invalid_argument` for a value that is NaN or infinite: what was not measured
/// is for the caller to leave out.
double wasserstein_distance(std::span<const double> a, std::span<const double> b);

/// A row a cell, a column a feature.
using Features = cv::Mat1d;

/// The normal distribution of as many dimensions as there are features. Empty matrices: unknown.
struct Gaussian {
  cv::Mat1d mean;        ///< {1, features}
  cv::Mat1d covariance;  ///< {features, features}
};

/// That of the rows' mean and covariance (divided by n - 1); unknown for fewer than two rows.
/// Throws `std::invalid_argument` for a value that is NaN or infinite.
Gaussian gaussian_of(const Features& rows);

/// The squared Frechet distance of two Gaussians (Dowson and Landau, Journal of Multivariate
/// Analysis 12, 1982), squared as the Frechet inception distance is:
/// |mu_a - mu_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)). At least 0; NaN where one is unknown.
/// Throws `std::invalid_argument` where their dimensions differ.
double frechet_distance(const Gaussian& a, const Gaussian& b);

/// That of the Gaussians fitted to the rows; NaN for fewer than two rows.
double frechet_distance(const Features& a, const Features& b);

/// Brings features of different units to one scale, so that none outweighs the others in the
/// Frechet distance: (x - mean) / deviation, both those of a reference, by column.
class Standardization {
 public:
  /// The reference needs a row; of a column that does not vary only the mean is subtracted. Throws
  /// `std::invalid_argument` for a reference without rows or with values that are not finite.
  explicit Standardization(const Features& reference);
  /// Throws `std::invalid_argument` for another number of columns than the reference's.
  [[nodiscard]] Features operator()(const Features& features) const;

 private:
  cv::Mat1d mean_;       // {1, features}
  cv::Mat1d deviation_;  // likewise
};

}  // namespace smear::study
