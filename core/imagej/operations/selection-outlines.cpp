// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/selection-outlines.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

namespace smear::imagej {
namespace {

// An outline that is not yet closed: both its ends lie on upright sides that go on downwards. New
// corners come to the back where the outline goes along, to the front where it comes from.
using Open = std::deque<cv::Point>;

class Tracer {
 public:
  Tracer(const cv::Mat& mask, cv::Point origin)
      : mask_(mask), origin_(origin), open_(static_cast<std::size_t>(mask.cols) + 1, nullptr) {}

  std::vector<std::vector<cv::Point2d>> run() {
    for (int y = 0; y <= mask_.rows; ++y) {
      kept_ = nullptr;
      for (int x = 0; x < mask_.cols; ++x)
        if (is(x, y) != is(x, y - 1))
          take_side(x, y);
        else
          kept_ = nullptr;
    }
    return std::move(done_);
  }

 private:
  bool is(int x, int y) const {
    return x >= 0 && y >= 0 && x < mask_.cols && y < mask_.rows &&
           mask_.ptr<std::uint8_t>(y)[x] != 0;
  }

  Open*& at(int x) { return open_[static_cast<std::size_t>(x)]; }

  // Makes the outline that ends (or, `front`, begins) at one end of a level side reach its other
  // end.
  static void extend(Open& outline, bool front, cv::Point from, cv::Point to) {
    for (const auto p : {from, to}) {
      // A side that goes on straight loses the corner between.
      const auto size = outline.size();
      const auto nth = [&](std::size_t i) { return front ? outline[i] : outline[size - 1 - i]; };
      if (size > 0 && nth(0) == p) continue;
      if (size > 1 &&
          ((nth(0).y == p.y && nth(1).y == p.y) || (nth(0).x == p.x && nth(1).x == p.x)))
        (front ? outline.front() : outline.back()) = p;
      else if (front)
        outline.push_front(p);
      else
        outline.push_back(p);
    }
  }

  void take_side(int x, int y) {
    const bool upper = is(x, y);  // of a pixel below; else the lower side of one above
    // Where two pixels touch by corners, the outline above may wait for the next side.
    Open* left = kept_ != nullptr ? kept_ : at(x);
    const bool was_kept = kept_ != nullptr;
    kept_ = nullptr;
    Open* right = at(x + 1);
    const cv::Point a(x, y);
    const cv::Point b(x + 1, y);
    const bool corners_touch =
        upper ? is(x + 1, y - 1) && !is(x + 1, y) : is(x + 1, y) && !is(x + 1, y - 1);
    const auto clear_left = [&] {
      if (!was_kept) at(x) = nullptr;
    };
    if (left == nullptr && right == nullptr) {
      at(x) = at(x + 1) = &start(upper ? b : a, upper ? a : b);
    } else if (left == nullptr) {
      extend(*right, !upper, b, a);
      at(x) = right;
      at(x + 1) = nullptr;
    } else if (right == nullptr) {
      extend(*left, upper, a, b);
      clear_left();
      at(x + 1) = left;
    } else if (corners_touch && !was_kept && (!upper || left == right)) {
      extend(*left, upper, a, b);
      clear_left();
      at(x + 1) = left;
      kept_ = right;
    } else {
      clear_left();
      at(x + 1) = nullptr;
      join(upper ? *right : *left, upper ? *left : *right, upper ? b : a, upper ? a : b);
    }
  }

  Open& start(cv::Point first, cv::Point last) {
    all_.push_back(std::make_unique<Open>(Open{first, last}));
    return *all_.back();
  }

  // The side from the end of one outline to the beginning of another, or of the same.
  void join(Open& before, Open& after, cv::Point from, cv::Point to) {
    extend(before, false, from, from);
    extend(after, true, to, to);
    if (&before == &after) {
      close(before);
      return;
    }
    // A side that begins where the outline's last one ends may go straight on.
    for (const auto p : after) extend(before, false, p, p);
    after.clear();
    for (auto& open : open_)
      if (open == &after) open = &before;
    if (kept_ == &after) kept_ = &before;
  }

  void close(Open& outline) {
    std::vector<cv::Point2d> corners;
    for (std::size_t i = 0; i < outline.size(); ++i) {
      const auto before = outline[i == 0 ? outline.size() - 1 : i - 1];
      const auto after = outline[i + 1 == outline.size() ? 0 : i + 1];
      const auto p = outline[i];
      const bool straight =
          (before.x == p.x && p.x == after.x) || (before.y == p.y && p.y == after.y);
      if (!straight) corners.emplace_back(p + origin_);
    }
    outline.clear();
    done_.push_back(std::move(corners));
  }

  const cv::Mat& mask_;
  cv::Point origin_;
  std::vector<Open*> open_;  // by x: the outline whose upright side runs there
  Open* kept_ = nullptr;
  std::vector<std::unique_ptr<Open>> all_;
  std::vector<std::vector<cv::Point2d>> done_;
};

using Corners = std::vector<cv::Point2d>;

// Follows the sides of pixels that touch by sides: where two touch by a corner only, it stays with
// the one that it goes round.
class SideTracer {
 public:
  explicit SideTracer(const cv::Mat& mask)
      : width_(mask.cols + 1), sides_(cv::Mat::zeros(mask.rows + 1, width_, CV_8UC1)) {
    for (int y = 0; y < mask.rows; ++y)
      for (int x = 0; x < mask.cols; ++x)
        if (mask.at<std::uint8_t>(y, x) != 0) add_pixel(mask, x, y);
  }

  std::vector<Corners> run(cv::Point origin) {
    std::vector<Corners> loops;
    for (int y = 0; y < sides_.rows; ++y)
      for (int x = 0; x < width_; ++x)
        while (sides_.at<std::uint8_t>(y, x) != 0) loops.push_back(loop_from({x, y}, origin));
    return loops;
  }

 private:
  // Each turn to the left is the next one: down, right, up, left.
  static constexpr std::array<std::array<int, 2>, 4> steps = {{{0, 1}, {1, 0}, {0, -1}, {-1, 0}}};

  // The sides that leave a corner, the inside on their left.
  void add_pixel(const cv::Mat& mask, int x, int y) {
    const auto outside = [&](int px, int py) {
      return px < 0 || py < 0 || px >= mask.cols || py >= mask.rows ||
             mask.at<std::uint8_t>(py, px) == 0;
    };
    if (outside(x - 1, y)) at({x, y}) |= 1U;
    if (outside(x, y + 1)) at({x, y + 1}) |= 2U;
    if (outside(x + 1, y)) at({x + 1, y + 1}) |= 4U;
    if (outside(x, y - 1)) at({x + 1, y}) |= 8U;
  }

  std::uint8_t& at(cv::Point p) { return sides_.at<std::uint8_t>(p); }

  Corners loop_from(cv::Point start, cv::Point origin) {
    Corners corners;
    const int first = direction_of(at(start));
    const auto first_side = static_cast<std::uint8_t>(1U << static_cast<unsigned>(first));
    cv::Point p = start;
    int direction = first;
    while (true) {
      at(p) &= static_cast<std::uint8_t>(~(1U << static_cast<unsigned>(direction)));
      p += cv::Point(steps[static_cast<std::size_t>(direction)][0],
                     steps[static_cast<std::size_t>(direction)][1]);
      const int left = (direction + 1) % 4;
      const unsigned sides = at(p) | (p == start ? first_side : 0U);
      const int next = (sides & (1U << static_cast<unsigned>(left))) != 0 ? left
                       : (sides & (1U << static_cast<unsigned>(direction))) != 0
                           ? direction
                           : direction_of(sides);
      if (next != direction) corners.emplace_back(p + origin);
      if (p == start && next == first) return corners;
      direction = next;
    }
  }

  static int direction_of(unsigned sides) { return std::countr_zero(sides); }

  int width_;
  cv::Mat sides_;  // by corner: a bit for each side that leaves it
};

// The inside is on the left of each side, so that outsides have a negative area here.
bool is_hole(const Corners& loop) {
  double twice_area = 0.0;
  for (std::size_t i = 0; i < loop.size(); ++i) {
    const auto& a = loop[i];
    const auto& b = loop[i + 1 == loop.size() ? 0 : i + 1];
    twice_area += a.x * b.y - b.x * a.y;
  }
  return twice_area > 0.0;
}

void begin_at_the_top(Corners& loop) {
  const double side = is_hole(loop) ? -1.0 : 1.0;
  const auto first = std::ranges::min_element(loop, [&](const auto& a, const auto& b) {
    return a.y < b.y || (a.y == b.y && side * a.x < side * b.x);
  });
  std::rotate(loop.begin(), first, loop.end());
}

// The lowest side's place: loops are in the order of it.
std::pair<double, double> lowest_of(const Corners& loop) {
  const auto lowest = std::ranges::max_element(
      loop, [](const auto& a, const auto& b) { return a.y < b.y || (a.y == b.y && a.x > b.x); });
  return {lowest->y, lowest->x};
}

}  // namespace

std::vector<Corners> separate_outlines(const cv::Mat& mask, cv::Point origin) {
  auto loops = SideTracer(mask).run(origin);
  for (auto& loop : loops) begin_at_the_top(loop);
  std::ranges::stable_sort(loops, {}, lowest_of);
  return loops;
}

std::vector<std::vector<cv::Point2d>> selection_outlines(const cv::Mat& mask, cv::Point origin) {
  return Tracer(mask, origin).run();
}

}  // namespace smear::imagej
