// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/ellipse-fit.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <utility>

namespace smear::imagej {
namespace {

// ImageJ's constants: what the last digits of angles and axes depend on.
constexpr double half_pi = 1.5707963267949;
constexpr double root_of_pi = 1.772453851;
constexpr double pixel_moment = 0.08333333;  // of a unit square about its centre: 1/12

// About the centre of gravity, of one pixel on average.
struct Moments {
  double count = 0.0;
  double x = 0.0;
  double y = 0.0;
  double xx = 0.0;
  double yy = 0.0;
  double xy = 0.0;
};

Moments moments_of(const cv::Mat& mask) {
  std::int64_t n = 0;
  std::int64_t x_sum = 0;
  std::int64_t y_sum = 0;
  std::int64_t xx_sum = 0;
  std::int64_t yy_sum = 0;
  std::int64_t xy_sum = 0;
  for (int y = 0; y < mask.rows; ++y) {
    const auto* row = mask.ptr<std::uint8_t>(y);
    std::int64_t in_row = 0;
    std::int64_t row_x = 0;
    for (int x = 0; x < mask.cols; ++x) {
      const std::int64_t is = row[x] != 0 ? 1 : 0;
      in_row += is;
      row_x += is * x;
      xx_sum += is * x * x;
    }
    n += in_row;
    x_sum += row_x;
    y_sum += in_row * y;
    xy_sum += row_x * y;
    yy_sum += in_row * y * y;
  }
  Moments m;
  m.count = static_cast<double>(n);
  m.x = static_cast<double>(x_sum) / m.count;
  m.y = static_cast<double>(y_sum) / m.count;
  const double xx = static_cast<double>(xx_sum) + pixel_moment * m.count;
  const double yy = static_cast<double>(yy_sum) + pixel_moment * m.count;
  m.xx = xx / m.count - m.x * m.x;
  m.yy = yy / m.count - m.y * m.y;
  m.xy = static_cast<double>(xy_sum) / m.count - m.x * m.y;
  return m;
}

// Where the major axis lies, radians 0..pi. Exactly upright and level ones are told apart by which
// moment is larger; a cross moment that is nearly 0 gives nearly 0 or nearly pi.
double direction_of(double p, double q, double r) {
  if (r == 0.0) return p < q ? 0.0 : p > q ? half_pi : 0.0;
  const double difference = p == q ? 0.000001 : p - q;
  double theta = 0.5 * std::atan(2.0 * r / difference);
  if (theta < 0.0) theta += half_pi;
  if (r > 0.0) theta += half_pi;
  return theta;
}

}  // namespace

Ellipse fit_ellipse(const cv::Mat& mask) {
  const Moments m = moments_of(mask);
  if (m.count == 0.0) {
    Ellipse none;
    none.major = none.minor = std::numeric_limits<double>::quiet_NaN();
    return none;
  }
  // The ellipse p x^2 + 2 r x y + q y^2 = 1, up to a factor that the area decides.
  double scale = 4.0 * std::abs(m.yy * m.xx - m.xy * m.xy);
  if (scale < 0.000001) scale = 0.000001;
  double p = m.yy / scale;
  double q = m.xx / scale;
  const double r = m.xy / scale;
  const double theta = direction_of(p, q, r);
  if (r == 0.0 && p < q) std::swap(p, q);
  double sine = std::sin(theta);
  if (sine == 0.0) sine = 0.000001;
  const double z = r * std::cos(theta) / sine;
  Ellipse ellipse;
  ellipse.x = m.x;
  ellipse.y = m.y;
  ellipse.major = std::sqrt(1.0 / std::abs(q + z));
  ellipse.minor = std::sqrt(1.0 / std::abs(p - z));
  const double to_area = std::sqrt(m.count / (std::numbers::pi * ellipse.major * ellipse.minor));
  ellipse.major *= to_area * 2.0;
  ellipse.minor *= to_area * 2.0;
  ellipse.angle = 180.0 * theta / std::numbers::pi;
  if (ellipse.angle == 180.0) ellipse.angle = 0.0;
  if (ellipse.major < ellipse.minor) std::swap(ellipse.major, ellipse.minor);
  return ellipse;
}

Ellipse fit_ellipse(const cv::Size& rectangle) {
  Ellipse ellipse;
  ellipse.x = rectangle.width / 2.0 - 0.5;
  ellipse.y = rectangle.height / 2.0 - 0.5;
  ellipse.major = rectangle.width * 2.0 / root_of_pi;
  ellipse.minor = rectangle.height * 2.0 / root_of_pi;
  if (ellipse.major < ellipse.minor) {
    std::swap(ellipse.major, ellipse.minor);
    ellipse.angle = 90.0;
  }
  return ellipse;
}

}  // namespace smear::imagej
