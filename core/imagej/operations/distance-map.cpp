// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/distance-map.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace smear::imagej {
namespace {

// The square of the distance where there is no background.
constexpr float unreached = 2147483647.0F;
// Where a pixel that is not known yet seems to be: further away than any pixel of an image.
constexpr int nowhere = -32768;
constexpr int too_far = 32768 * 32768;
// Images up to this size have squares of distances that floats hold exactly.
constexpr int greatest_side = 2800;

template <typename Real>
Real square(Real dx, Real dy) {
  return dx * dx + dy * dy;
}

// What one direction knows: of each column the nearest background pixel, as the line before left
// it, and then as this line makes it. One element more at both ends, which knows nothing.
//
// `Real` holds squares exactly, and has faster arithmetic of several at once than `Int`.
template <typename Int, typename Real>
struct Knowledge {
  std::vector<Int> x;
  std::vector<Int> y;
  std::vector<Int> best_x;
  std::vector<Int> best_y;
  std::vector<Int> best;

  explicit Knowledge(int width)
      : x(static_cast<std::size_t>(width) + 2, 0),
        y(static_cast<std::size_t>(width) + 2, nowhere),
        best_x(static_cast<std::size_t>(width)),
        best_y(best_x),
        best(best_x) {}

  // Of what the line before knew of this column and of the one beside it, the nearer.
  void choose(int width, Int line, int beside) {
    const Int* ax = x.data() + 1;
    const Int* ay = y.data() + 1;
    const Int* dx = ax + beside;
    const Int* dy = ay + beside;
    Int* to_x = best_x.data();
    Int* to_y = best_y.data();
    Int* to = best.data();
    for (int i = 0; i < width; ++i) {
      const Real above = square(static_cast<Real>(i - ax[i]), static_cast<Real>(line - ay[i]));
      const Real diagonal = square(static_cast<Real>(i - dx[i]), static_cast<Real>(line - dy[i]));
      const bool nearer = diagonal < above;
      to_x[i] = nearer ? dx[i] : ax[i];
      to_y[i] = nearer ? dy[i] : ay[i];
      to[i] = static_cast<Int>(nearer ? diagonal : above);
    }
  }
};

// The nearest background pixel that goes along a line.
template <typename Int>
struct Carried {
  Int x = 0;
  Int y = nowhere;

  template <typename Known>
  void visit(std::size_t column, Int line, bool background, Int& square, Known& known) {
    const auto i = static_cast<Int>(column);
    if (background) {
      x = i;
      y = line;
    } else {
      const Int before = (i - x) * (i - x) + (line - y) * (line - y);
      const Int best = known.best[column];
      const bool nearer = before < best;
      x = nearer ? x : known.best_x[column];
      y = nearer ? y : known.best_y[column];
      square = std::min(square, nearer ? before : best);
    }
    known.x[column + 1] = x;
    known.y[column + 1] = y;
  }
};

// Both ways along a line at once: they do not depend on each other.
template <typename Int, typename Known>
void sweep(const std::uint8_t* pixels, std::uint8_t background, int width, Int line, Int* squares,
           Known& rightwards, Known& leftwards) {
  rightwards.choose(width, line, -1);
  leftwards.choose(width, line, 1);
  Carried<Int> right;
  Carried<Int> left;
  const auto columns = static_cast<std::size_t>(width);
  for (std::size_t i = 0; i < columns; ++i) {
    const std::size_t j = columns - 1 - i;
    right.visit(i, line, pixels[i] == background, squares[i], rightwards);
    left.visit(j, line, pixels[j] == background, squares[j], leftwards);
  }
}

template <typename Int, typename Real>
cv::Mat map_of(const cv::Mat& pixels, std::uint8_t background) {
  const int width = pixels.cols;
  const auto columns = static_cast<std::size_t>(width);
  std::vector<Int> squares(columns * static_cast<std::size_t>(pixels.rows));
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* from = pixels.ptr<std::uint8_t>(y);
    auto* to = squares.data() + columns * static_cast<std::size_t>(y);
    for (int x = 0; x < width; ++x) to[x] = from[x] == background ? 0 : too_far;
  }
  using Known = Knowledge<Int, Real>;
  const auto line = [&](int y, Known& rightwards, Known& leftwards) {
    sweep<Int>(pixels.ptr<std::uint8_t>(y), background, width, y,
               squares.data() + columns * static_cast<std::size_t>(y), rightwards, leftwards);
  };
  {
    Known rightwards(width);
    Known leftwards(width);
    for (int y = 0; y < pixels.rows; ++y) line(y, rightwards, leftwards);
  }
  Known rightwards(width);
  Known leftwards(width);
  for (int y = pixels.rows - 1; y >= 0; --y) line(y, rightwards, leftwards);
  cv::Mat result(pixels.size(), CV_32FC1);
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* from = squares.data() + columns * static_cast<std::size_t>(y);
    auto* to = result.ptr<float>(y);
    for (int x = 0; x < width; ++x)
      to[x] = std::sqrt(from[x] >= too_far ? unreached : static_cast<float>(from[x]));
  }
  return result;
}

}  // namespace

cv::Mat distance_map(const cv::Mat& pixels, std::uint8_t background) {
  return std::max(pixels.cols, pixels.rows) <= greatest_side
             ? map_of<int, float>(pixels, background)
             : map_of<std::int64_t, double>(pixels, background);
}

}  // namespace smear::imagej
