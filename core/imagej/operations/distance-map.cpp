// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/distance-map.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/core/hal/intrin.hpp>
#include <span>
#include <type_traits>
#include <vector>

namespace smear::imagej {
namespace {

// The square of the distance where there is no background.
constexpr float unreached = 2147483647.0F;

// Columns [first, end) of a line that are no background.
struct Run {
  int first = 0;
  int end = 0;
};

// A pixel by its place: two numbers of 16 bits, whose differences to others OpenCV squares and adds
// in one instruction for four pixels.
struct Packed {
  using Int = std::int32_t;
  // The line of a pixel that is not known yet: further away than any of an image up to
  // `greatest_side`, and its differences still fit.
  static constexpr Int nowhere = -19197;
  static constexpr int greatest_side = 13570;

  std::uint32_t both = place(0, nowhere);

  Packed() = default;
  Packed(Int x, Int y) : both(place(x, y)) {}
  [[nodiscard]] Int x() const { return static_cast<std::int16_t>(both & 0xFFFFU); }
  [[nodiscard]] Int y() const { return static_cast<std::int16_t>(both >> 16U); }
  static constexpr std::uint32_t place(Int x, Int y) {
    return static_cast<std::uint32_t>(y) << 16U | (static_cast<std::uint32_t>(x) & 0xFFFFU);
  }
};

// The same for images of any size.
struct Wide {
  using Int = std::int64_t;
  static constexpr Int nowhere = -std::int64_t{1} << 31;

  Int column = 0;
  Int line = nowhere;

  Wide() = default;
  Wide(Int x, Int y) : column(x), line(y) {}
  [[nodiscard]] Int x() const { return column; }
  [[nodiscard]] Int y() const { return line; }
};

template <typename Place>
typename Place::Int square_to(const Place& place, typename Place::Int x, typename Place::Int y) {
  return (x - place.x()) * (x - place.x()) + (y - place.y()) * (y - place.y());
}

// More than any square between pixels, and not more than one to nowhere.
template <typename Place>
constexpr typename Place::Int too_far = Place::nowhere* Place::nowhere;

// What one direction knows: of each column the nearest background pixel, as the line before left
// it, and then as this line makes it. One element more at both ends, which knows nothing.
template <typename Place>
struct Knowledge {
  using Int = typename Place::Int;
  std::vector<Place> nearest;
  std::vector<Place> best;
  std::vector<Int> best_square;

  explicit Knowledge(int width)
      : nearest(static_cast<std::size_t>(width) + 2),
        best(static_cast<std::size_t>(width)),
        best_square(best.size()) {}

  // Of what the line before knew of these columns and of those beside them, the nearer.
  void choose(Run run, int line, int beside) {
    int i = run.first;
#if CV_SIMD128
    if constexpr (std::is_same_v<Place, Packed>)
      for (; i + 4 <= run.end; i += 4) choose_four(i, line, beside);
#endif
    for (; i < run.end; ++i) {
      const Place& above = nearest[static_cast<std::size_t>(i + 1)];
      const Place& diagonal = nearest[static_cast<std::size_t>(i + 1 + beside)];
      const Int a = square_to(above, i, line);
      const Int d = square_to(diagonal, i, line);
      best[static_cast<std::size_t>(i)] = d < a ? diagonal : above;
      best_square[static_cast<std::size_t>(i)] = std::min(a, d);
    }
  }

#if CV_SIMD128
  void choose_four(int i, int line, int beside) {
    const auto here = cv::v_reinterpret_as_s16(cv::v_setall_u32(Packed::place(i, line)) +
                                               cv::v_uint32x4(0, 1, 2, 3));
    const auto square = [&](const cv::v_uint32x4& places) {
      const auto difference = cv::v_sub_wrap(here, cv::v_reinterpret_as_s16(places));
      return cv::v_dotprod(difference, difference);
    };
    const auto at = static_cast<std::size_t>(i);
    const auto above = cv::v_load(&nearest[at + 1].both);
    const auto diagonal = cv::v_load(&(&nearest[at + 1] + beside)->both);
    const auto a = square(above);
    const auto d = square(diagonal);
    const auto nearer = d < a;
    cv::v_store(&best[at].both, cv::v_select(cv::v_reinterpret_as_u32(nearer), diagonal, above));
    cv::v_store(&best_square[at], cv::v_select(nearer, d, a));
  }
#endif

  // Background pixels are their own nearest.
  void know_background(int first, int end, int line) {
    for (int i = first; i < end; ++i) nearest[static_cast<std::size_t>(i + 1)] = Place(i, line);
  }
};

// The nearest background pixel that goes along a run, `step` columns at a time. Its square is kept
// up from column to column: the next choice waits for additions only.
template <typename Place>
struct Carried {
  using Int = typename Place::Int;
  Int step;
  Place place;
  Int ahead;   // columns from it to the one before the next, in the direction of `step`
  Int square;  // of the distance to the one before the next

  Carried(Int direction, Place from, Int column, Int line)
      : step(direction),
        place(from),
        ahead(direction * (column - from.x())),
        square(square_to(from, column, line)) {}

  void visit(int column, Int& least, Knowledge<Place>& known) {
    const auto at = static_cast<std::size_t>(column);
    const Int before = square + 2 * ahead + 1;
    const Int best = known.best_square[at];
    const Place other = known.best[at];
    const bool nearer = before < best;
    ahead = nearer ? ahead + 1 : step * (column - other.x());
    place = nearer ? place : other;
    square = std::min(before, best);
    least = std::min(least, square);
    known.nearest[at + 1] = place;
  }
};

template <typename Place>
class Propagation {
 public:
  explicit Propagation(const cv::Mat& pixels, std::uint8_t background)
      : pixels_(pixels),
        background_(background),
        columns_(static_cast<std::size_t>(pixels.cols)),
        squares_(columns_ * static_cast<std::size_t>(pixels.rows), 0) {}

  cv::Mat run() {
    find_runs();
    go([&](auto line) {
      for (int y = 0; y < pixels_.rows; ++y) line(y);
    });
    go([&](auto line) {
      for (int y = pixels_.rows - 1; y >= 0; --y) line(y);
    });
    cv::Mat result = cv::Mat::zeros(pixels_.size(), CV_32FC1);
    for (int y = 0; y < pixels_.rows; ++y) {
      const Int* from = squares_of(y);
      auto* to = result.ptr<float>(y);
      for (const Run& run : runs_of(y))
        for (int x = run.first; x < run.end; ++x)
          to[x] = std::sqrt(from[x] >= too_far<Place> ? unreached : static_cast<float>(from[x]));
    }
    return result;
  }

 private:
  using Int = typename Place::Int;
  using Known = Knowledge<Place>;

  void find_runs() {
    for (int y = 0; y < pixels_.rows; ++y) {
      const auto* from = pixels_.ptr<std::uint8_t>(y);
      const auto* end = from + pixels_.cols;
      for (const auto* at = from; at != end;) {
        const auto* first = std::find_if(at, end, [&](auto v) { return v != background_; });
        at = std::find(first, end, background_);
        if (first == at) break;
        runs_.push_back({static_cast<int>(first - from), static_cast<int>(at - from)});
        std::fill(squares_of(y) + (first - from), squares_of(y) + (at - from), too_far<Place>);
      }
      ends_.push_back(runs_.size());
    }
  }

  [[nodiscard]] std::span<const Run> runs_of(int y) const {
    const auto line = static_cast<std::size_t>(y);
    const std::size_t first = line == 0 ? 0 : ends_[line - 1];
    return std::span(runs_).subspan(first, ends_[line] - first);
  }

  Int* squares_of(int y) { return squares_.data() + columns_ * static_cast<std::size_t>(y); }

  // Line after line in one of the two directions.
  template <typename Lines>
  void go(Lines lines) {
    Known rightwards(pixels_.cols);
    Known leftwards(pixels_.cols);
    lines([&](int y) { sweep(y, rightwards, leftwards); });
  }

  // Both ways along a line at once: they do not depend on each other.
  void sweep(int y, Known& rightwards, Known& leftwards) {
    // All that the line before knew of a run is looked up before this line's pixels beside it
    // are entered.
    for (const Run& run : runs_of(y)) {
      rightwards.choose(run, y, -1);
      leftwards.choose(run, y, 1);
    }
    int done = 0;
    for (const Run& run : runs_of(y)) {
      rightwards.know_background(done, run.first, y);
      leftwards.know_background(done, run.first, y);
      along(run, y, rightwards, leftwards);
      done = run.end;
    }
    rightwards.know_background(done, pixels_.cols, y);
    leftwards.know_background(done, pixels_.cols, y);
  }

  // From the background pixels at both ends of the run; at the image's edge there are none.
  void along(Run run, int y, Known& rightwards, Known& leftwards) {
    const Place before = run.first > 0 ? Place(run.first - 1, y) : Place();
    const Place behind = run.end < pixels_.cols ? Place(run.end, y) : Place();
    Carried<Place> right(1, before, run.first - 1, y);
    Carried<Place> left(-1, behind, run.end, y);
    Int* squares = squares_of(y);
    for (int i = run.first, j = run.end - 1; i < run.end; ++i, --j) {
      right.visit(i, squares[i], rightwards);
      left.visit(j, squares[j], leftwards);
    }
  }

  const cv::Mat& pixels_;
  std::uint8_t background_;
  std::size_t columns_;
  std::vector<Int> squares_;
  std::vector<Run> runs_;
  std::vector<std::size_t> ends_;  // of each line's runs
};

}  // namespace

cv::Mat distance_map(const cv::Mat& pixels, std::uint8_t background) {
  return std::max(pixels.cols, pixels.rows) <= Packed::greatest_side
             ? Propagation<Packed>(pixels, background).run()
             : Propagation<Wide>(pixels, background).run();
}

}  // namespace smear::imagej
