// SPDX-License-Identifier: Apache-2.0
// Wasserstein and Frechet distances agree with closed forms and naive sums, are metrics, and refuse
// what has no distance.
#include "study/distances.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <opencv2/core.hpp>
#include <stdexcept>
#include <vector>

namespace smear::study {
namespace {

using Values = std::vector<double>;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

Values uniform(int count, double low, double high, unsigned seed) {
  cv::RNG generator(seed);
  Values values;
  for (int i = 0; i < count; ++i) values.push_back(generator.uniform(low, high));
  return values;
}

/// The middles of `count` equal parts: a uniform distribution without chance.
Values even(int count, double low, double high) {
  Values values;
  for (int i = 0; i < count; ++i) values.push_back(low + (high - low) * (i + 0.5) / count);
  return values;
}

/// The definition: |F - G| between each two neighbouring values, both counted anew.
double naive_wasserstein(const Values& a, const Values& b) {
  Values all = a;
  all.insert(all.end(), b.begin(), b.end());
  std::ranges::sort(all);
  const auto share = [](const Values& values, double limit) {
    const auto count = std::ranges::count_if(values, [&](double v) { return v <= limit; });
    return static_cast<double>(count) / static_cast<double>(values.size());
  };
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < all.size(); ++i)
    sum += std::abs(share(a, all[i]) - share(b, all[i])) * (all[i + 1] - all[i]);
  return sum;
}

TEST(WassersteinDistance, OfPointMassesIsTheirDistance) {
  EXPECT_EQ(wasserstein_distance(Values{2.0}, Values{5.0}), 3.0);
  EXPECT_EQ(wasserstein_distance(Values{2.0, 2.0, 2.0}, Values{5.0}), 3.0);
  // Half of the mass moves by 4.
  EXPECT_EQ(wasserstein_distance(Values{0.0, 4.0}, Values{0.0}), 2.0);
  // A third by 1, a third by 2.
  EXPECT_NEAR(wasserstein_distance(Values{0.0, 1.0, 2.0}, Values{0.0}), 1.0, 1e-15);
}

TEST(WassersteinDistance, OfAShiftedSetIsTheShift) {
  const Values a = uniform(500, -3.0, 8.0, 1);
  for (const double shift : {-7.5, 0.25, 100.0}) {
    Values b = a;
    for (double& value : b) value += shift;
    EXPECT_NEAR(wasserstein_distance(a, b), std::abs(shift), 1e-12);
  }
}

TEST(WassersteinDistance, OfTwoUniformDistributions) {
  // Quantiles p and 1 + 3 p: the mean of 1 + 2 p is 2.
  EXPECT_NEAR(wasserstein_distance(even(1000, 0, 1), even(1500, 1, 4)), 2.0, 1e-3);
  // Quantiles 2 p - 1 and p - 1/2: the mean of |p - 1/2| is 1/4.
  EXPECT_NEAR(wasserstein_distance(even(1000, -1, 1), even(700, -0.5, 0.5)), 0.25, 1e-3);
}

TEST(WassersteinDistance, OfSetsOfOneSizeIsTheMeanDifferenceInOrder) {
  Values a = uniform(301, 0.0, 1.0, 2);
  Values b = uniform(301, 0.2, 3.0, 3);
  const double distance = wasserstein_distance(a, b);
  std::ranges::sort(a);
  std::ranges::sort(b);
  const double sum = std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                                           [](double x, double y) { return std::abs(x - y); });
  EXPECT_NEAR(distance, sum / 301.0, 1e-14);
}

TEST(WassersteinDistance, FollowsItsDefinition) {
  for (unsigned seed = 1; seed < 20; ++seed) {
    Values a = uniform(1 + static_cast<int>(seed) * 3, 0.0, 10.0, seed);
    const Values b = uniform(40, 2.0, 9.0, seed + 100);
    if (seed % 2 == 0)
      for (double& value : a) value = std::round(value);  // values that occur more than once
    EXPECT_NEAR(wasserstein_distance(a, b), naive_wasserstein(a, b), 1e-12) << seed;
  }
}

TEST(WassersteinDistance, IsAMetric) {
  const Values a = uniform(90, 0.0, 1.0, 4);
  const Values b = uniform(50, 0.5, 2.0, 5);
  const Values c = uniform(70, -1.0, 3.0, 6);
  Values shuffled = a;
  std::ranges::reverse(shuffled);
  shuffled.insert(shuffled.end(), a.begin(), a.end());  // the same distribution
  EXPECT_EQ(wasserstein_distance(a, shuffled), 0.0);
  EXPECT_GT(wasserstein_distance(a, b), 0.0);
  EXPECT_EQ(wasserstein_distance(a, b), wasserstein_distance(b, a));
  EXPECT_LE(wasserstein_distance(a, c), wasserstein_distance(a, b) + wasserstein_distance(b, c));
}

TEST(WassersteinDistance, OfAnEmptySetIsUnknown) {
  EXPECT_TRUE(std::isnan(wasserstein_distance(Values{}, Values{1.0})));
  EXPECT_TRUE(std::isnan(wasserstein_distance(Values{1.0}, Values{})));
  EXPECT_TRUE(std::isnan(wasserstein_distance(Values{}, Values{})));
}

TEST(WassersteinDistance, RefusesWhatIsNotFinite) {
  for (const double bad : {not_a_number, infinite, -infinite}) {
    EXPECT_THROW((void)wasserstein_distance(Values{1.0, bad}, Values{1.0}), std::invalid_argument);
    EXPECT_THROW((void)wasserstein_distance(Values{1.0}, Values{bad}), std::invalid_argument);
  }
}

// --- Frechet

Features normal(int rows, const cv::Mat1d& mean, const cv::Mat1d& mix, unsigned seed) {
  Features noise(rows, mean.cols);
  cv::RNG generator(seed);
  generator.fill(noise, cv::RNG::NORMAL, 0.0, 1.0);
  return Features(noise * mix + cv::repeat(mean, rows, 1));
}

cv::Mat1d diagonal(std::initializer_list<double> values) {
  return cv::Mat1d(cv::Mat::diag(cv::Mat1d(std::vector<double>(values), true)));
}

cv::Mat1d row(std::initializer_list<double> values) {
  return cv::Mat1d(cv::Mat1d(std::vector<double>(values), true).t());
}

/// A rotation of the plane.
cv::Mat1d turned(double angle) {
  return (cv::Mat1d(2, 2) << std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle));
}

TEST(GaussianOf, HasTheMeanAndTheUnbiasedCovariance) {
  const Features rows = (Features(3, 2) << 1.0, 10.0, 2.0, 14.0, 6.0, 12.0);
  const Gaussian gaussian = gaussian_of(rows);
  EXPECT_NEAR(gaussian.mean(0), 3.0, 1e-14);
  EXPECT_NEAR(gaussian.mean(1), 12.0, 1e-14);
  EXPECT_NEAR(gaussian.covariance(0, 0), (4.0 + 1.0 + 9.0) / 2.0, 1e-13);
  EXPECT_NEAR(gaussian.covariance(1, 1), (4.0 + 4.0 + 0.0) / 2.0, 1e-13);
  EXPECT_NEAR(gaussian.covariance(0, 1), (4.0 - 2.0 + 0.0) / 2.0, 1e-13);
  EXPECT_EQ(gaussian.covariance(0, 1), gaussian.covariance(1, 0));
}

TEST(FrechetDistance, InOneDimensionIsThatOfMeansAndDeviations) {
  for (const auto& [m1, s1, m2, s2] : std::vector<std::array<double, 4>>{
           {0, 1, 0, 1}, {0, 1, 3, 1}, {2, 0.5, -1, 4}, {5, 0, 1, 2}, {1000, 1e-3, 1000, 2e-3}}) {
    const Gaussian a{row({m1}), cv::Mat1d(row({s1 * s1}))};
    const Gaussian b{row({m2}), cv::Mat1d(row({s2 * s2}))};
    EXPECT_NEAR(frechet_distance(a, b), (m1 - m2) * (m1 - m2) + (s1 - s2) * (s1 - s2), 1e-12);
  }
}

TEST(FrechetDistance, OfDiagonalCovariancesIsTheSumOverDimensions) {
  const Gaussian a{row({0, 1, 2}), diagonal({1.0, 4.0, 9.0})};
  const Gaussian b{row({1, 1, 0}), diagonal({16.0, 1.0, 9.0})};
  EXPECT_NEAR(frechet_distance(a, b), (1 + 0 + 4) + (9 + 1 + 0), 1e-12);
}

TEST(FrechetDistance, OfCovariancesWithOneBasisIsThatOfTheirAxes) {
  const cv::Mat1d basis = turned(0.7);
  const Gaussian a{row({0, 0}), cv::Mat1d(basis * diagonal({4.0, 0.25}) * basis.t())};
  const Gaussian b{row({3, 4}), cv::Mat1d(basis * diagonal({1.0, 9.0}) * basis.t())};
  EXPECT_NEAR(frechet_distance(a, b), 25.0 + 1.0 + 6.25, 1e-12);
}

TEST(FrechetDistance, OfTwoDimensionsFollowsTheClosedFormOfTheRoot) {
  // tr((A B)^(1/2))^2 = tr(A B) + 2 sqrt(det(A B)) for 2 x 2.
  for (const double angle : {0.0, 0.4, 1.2}) {
    const Gaussian a{row({0, 0}), cv::Mat1d(turned(angle) * diagonal({5.0, 0.3}) * turned(-angle))};
    const Gaussian b{row({0, 0}),
                     cv::Mat1d(turned(-2 * angle) * diagonal({2.0, 7.0}) * turned(2 * angle))};
    const cv::Mat1d product(a.covariance * b.covariance);
    const double root =
        std::sqrt(cv::trace(product)[0] + 2.0 * std::sqrt(cv::determinant(product)));
    EXPECT_NEAR(frechet_distance(a, b), 5.3 + 9.0 - 2.0 * root, 1e-12) << angle;
  }
}

TEST(FrechetDistance, OfLinearImagesOfOneSetIsExact) {
  // y = x S with a symmetric positive S is the optimal transport of x, whose mean squared way is
  // the distance: tr((I - S) C (I - S)) for a set of covariance C.
  const cv::Mat1d stretch(turned(0.3) * diagonal({0.5, 3.0}) * turned(-0.3));
  const Features x = normal(200, row({0, 0}), (cv::Mat1d(2, 2) << 1.0, 0.6, 0.0, 0.8), 5);
  const cv::Mat1d centred(x - cv::repeat(gaussian_of(x).mean, x.rows, 1));
  const cv::Mat1d ways(centred * (cv::Mat1d::eye(2, 2) - stretch));
  EXPECT_NEAR(frechet_distance(centred, Features(centred * stretch)), ways.dot(ways) / 199.0,
              1e-12);
}

TEST(FrechetDistance, IsSymmetricAndZeroForTheSameSet) {
  const Features a = normal(80, row({1, 2, 3}), diagonal({1, 2, 3}), 1);
  const Features b = normal(50, row({0, 2, 5}), diagonal({2, 2, 1}), 2);
  EXPECT_NEAR(frechet_distance(a, a), 0.0, 1e-12);
  EXPECT_GT(frechet_distance(a, b), 1.0);
  EXPECT_NEAR(frechet_distance(a, b), frechet_distance(b, a), 1e-12);
  const double ab = std::sqrt(frechet_distance(a, b));
  const Features c = normal(60, row({3, 3, 3}), diagonal({1, 1, 1}), 3);
  EXPECT_LE(ab, std::sqrt(frechet_distance(a, c)) + std::sqrt(frechet_distance(c, b)));
}

TEST(FrechetDistance, TakesFeaturesThatDoNotVary) {
  Features a = normal(30, row({1, 2}), diagonal({1, 0}), 1);
  EXPECT_NEAR(frechet_distance(a, a), 0.0, 1e-7);
  Features b = a.clone();
  b.col(1) += 3.0;
  EXPECT_NEAR(frechet_distance(a, b), 9.0, 1e-7);
}

TEST(FrechetDistance, OfFewerThanTwoRowsIsUnknown) {
  const Features several = normal(5, row({1, 2}), diagonal({1, 1}), 1);
  EXPECT_TRUE(std::isnan(frechet_distance(several, Features(1, 2, 0.0))));
  EXPECT_TRUE(std::isnan(frechet_distance(Features(), several)));
}

TEST(FrechetDistance, RefusesWhatCannotBeCompared) {
  const Features two = normal(5, row({1, 2}), diagonal({1, 1}), 1);
  const Features three = normal(5, row({1, 2, 3}), diagonal({1, 1, 1}), 1);
  EXPECT_THROW((void)frechet_distance(two, three), std::invalid_argument);
  for (const double bad : {not_a_number, infinite}) {
    Features broken = two.clone();
    broken(3, 1) = bad;
    EXPECT_THROW((void)frechet_distance(two, broken), std::invalid_argument);
  }
}

TEST(Standardization, GivesTheReferenceMeanZeroAndVarianceOne) {
  const Features reference = normal(100, row({2000, 0.9, -3}), diagonal({300, 0.02, 1}), 1);
  const Features standard = Standardization(reference)(reference);
  for (int i = 0; i < 3; ++i) {
    cv::Scalar mean;
    cv::Scalar deviation;
    cv::meanStdDev(standard.col(i), mean, deviation);
    EXPECT_NEAR(mean[0], 0.0, 1e-12);
    EXPECT_NEAR(deviation[0], 1.0, 1e-12);
  }
  const Features two = (Features(2, 1) << 1.0, 3.0);
  EXPECT_NEAR(Standardization(two)(Features(1, 1, 7.0))(0), 5.0, 1e-14);
}

TEST(Standardization, LeavesTheUnitOfAColumnThatDoesNotVary) {
  const Features reference(4, 1, 0.1);
  EXPECT_NEAR(Standardization(reference)(Features(1, 1, 2.1))(0), 2.0, 1e-12);
}

TEST(Standardization, RefusesWhatItCannotUse) {
  EXPECT_THROW(Standardization{Features()}, std::invalid_argument);
  EXPECT_THROW(Standardization{Features(2, 2, not_a_number)}, std::invalid_argument);
  EXPECT_THROW((void)Standardization(Features(2, 2, 1.0))(Features(2, 3, 1.0)),
               std::invalid_argument);
  EXPECT_TRUE(Standardization(Features(2, 2, 1.0))(Features()).empty());
}

}  // namespace
}  // namespace smear::study
