// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/watershed.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "imagej/operations/distance-map.h"
#include "imagej/operations/find-maxima.h"

namespace smear::imagej {
namespace {

constexpr std::uint8_t covered = 255;
constexpr std::array<std::uint8_t, 8> nothing{};

// For each set of covered neighbours (bit 0 above, then clockwise) the directions, as bits, in
// which a pixel may be covered: away from a neighbour that is, and not where it would join two
// areas.
constexpr std::array<std::uint8_t, 256> growth_table() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned item = 0; item < 256; ++item) {
    std::array<bool, 8> set{};
    unsigned directions = 0;
    for (unsigned i = 0; i < 8; ++i) {
      set[i] = (item >> i & 1U) != 0;
      if (set[i]) directions |= 1U << ((i + 4) % 8);
    }
    // A direct neighbour joins the diagonal ones beside it.
    for (unsigned i = 0; i < 8; i += 2)
      if (set[i]) set[(i + 1) % 8] = set[(i + 7) % 8] = true;
    int changes = 0;
    for (unsigned i = 0; i < 8; ++i) changes += set[i] != set[(i + 1) % 8] ? 1 : 0;
    table[item] = static_cast<std::uint8_t>(changes >= 4 ? 0 : directions);
  }
  return table;
}

constexpr auto growth = growth_table();
// The order in which areas grow into the eight directions: diagonal ones first.
constexpr std::array<unsigned, 8> directions{7, 3, 1, 5, 0, 4, 2, 6};

// Works on a copy with a frame that is never covered, and keeps for each pixel the set of its
// covered neighbours.
class Flood {
 public:
  explicit Flood(const cv::Mat& relief)
      : columns_(relief.cols),
        rows_(relief.rows),
        width_(relief.cols + 2),
        levels_(static_cast<std::size_t>(width_) * static_cast<std::size_t>(rows_ + 2), framed),
        around_(levels_.size(), 0),
        steps_{-width_, 1 - width_, 1, width_ + 1, width_, width_ - 1, -1, -width_ - 1} {
    for (int y = 0; y < rows_; ++y)
      std::copy_n(relief.ptr<std::uint8_t>(y), columns_, levels_.data() + place(0, y));
    sort_by_level();
  }

  void run() {
    for (int level = highest_; level >= 1; --level) {
      const int left = cover_level(level);
      if (left > 0 && level > 1) pass_on(level, left);
    }
  }

  void copy_to(cv::Mat& relief) const {
    for (int y = 0; y < rows_; ++y)
      std::copy_n(levels_.data() + place(0, y), columns_, relief.ptr<std::uint8_t>(y));
  }

 private:
  // A level that is none of 0 and `covered`; pixels of the frame are in no list.
  static constexpr std::uint8_t framed = 1;
  static constexpr unsigned every_direction = 0xFF;

  [[nodiscard]] int place(int x, int y) const { return (y + 1) * width_ + x + 1; }
  int& count(int level) { return counts_[static_cast<std::size_t>(level)]; }
  int& start(int level) { return starts_[static_cast<std::size_t>(level)]; }
  std::uint8_t& level_at(int at) { return levels_[static_cast<std::size_t>(at)]; }

  // All but those of level 0, which stay as they are.
  template <typename Visit>
  void for_each_pixel(Visit visit) {
    for (int y = 0; y < rows_; ++y) {
      const int first = place(0, y);
      const int end = first + columns_;
      for (int at = first; at < end;) {
        if (const auto level = level_at(at); level != 0) {
          visit(at++, level);
          continue;
        }
        ++at;
        while (at + 8 <= end && std::memcmp(&level_at(at), nothing.data(), 8) == 0) at += 8;
      }
    }
  }

  void sort_by_level() {
    for_each_pixel([&](int, std::uint8_t level) { ++count(level); });
    int total = 0;
    for (int level = 1; level < covered; ++level) {
      start(level) = total;
      total += count(level);
      if (count(level) > 0) highest_ = level;
    }
    order_.resize(static_cast<std::size_t>(total));
    turned_.resize(static_cast<std::size_t>(total));
    auto next = starts_;
    for_each_pixel([&](int at, std::uint8_t level) {
      if (level == covered)
        tell_neighbours(at);
      else
        order_[static_cast<std::size_t>(next[level]++)] = at;
    });
  }

  void tell_neighbours(int at) {
    for (unsigned d = 0; d < 8; ++d)
      around_[static_cast<std::size_t>(at + steps_[d])] |=
          static_cast<std::uint8_t>(1U << ((d + 4) % 8));
  }

  // Covers what can be covered from one direction of the first `left` pixels of a level; those that
  // stay keep their order. Looks at them only where `possible_` says that there may be such.
  int grow(unsigned direction, int first, int left) {
    if ((possible_ >> direction & 1U) == 0) return 0;
    std::size_t grown = 0;
    auto kept = static_cast<std::size_t>(first);
    const auto end = static_cast<std::size_t>(first + left);
    unsigned seen = 0;
    for (std::size_t i = kept; i < end; ++i) {
      const int at = order_[i];
      const unsigned ways = growth[around_[static_cast<std::size_t>(at)]];
      const bool grows = (ways >> direction & 1U) != 0;
      seen |= ways;
      turned_[grown] = at;
      order_[kept] = at;
      grown += grows ? 1U : 0U;
      kept += grows ? 0U : 1U;
    }
    for (std::size_t i = 0; i < grown; ++i) {
      level_at(turned_[i]) = covered;
      tell_neighbours(turned_[i]);
    }
    possible_ = grown == 0 ? seen : every_direction;
    return static_cast<int>(grown);
  }

  // Until nothing changes in eight directions one after another.
  int cover_level(int level) {
    int left = count(level);
    possible_ = every_direction;
    int idle = 0;
    while (left > 0 && idle < 8) {
      std::size_t next = 0;
      do {
        const int grown = grow(directions[next++ % 8], start(level), left);
        left -= grown;
        if (grown > 0) idle = 0;
      } while (left > 0 && idle++ < 8);
    }
    return left;
  }

  bool may_wait(int at) {
    const int x = at % width_ - 1;
    const int y = at / width_ - 1;
    if (x == 0 || y == 0 || x == columns_ - 1 || y == rows_ - 1) return true;
    return std::ranges::any_of(steps_, [&](int step) { return level_at(at + step) == 0; });
  }

  // Pixels at the image's edge or beside level 0 that were not reached get another chance with the
  // next level. Its pixels lie in front of this level's, so there is room for them.
  void pass_on(int level, int left) {
    int next = level - 1;
    while (next > 1 && count(next) == 0) --next;
    int end = start(next) + count(next);
    for (int i = start(level); i < start(level) + left; ++i) {
      const int at = order_[static_cast<std::size_t>(i)];
      if (may_wait(at)) order_[static_cast<std::size_t>(end++)] = at;
    }
    count(next) = end - start(next);
  }

  int columns_;
  int rows_;
  int width_;
  std::vector<std::uint8_t> levels_;
  std::vector<std::uint8_t> around_;
  std::array<int, 8> steps_;
  int highest_ = 0;
  unsigned possible_ = every_direction;  // in which pixels of the level can be covered, at most
  std::array<int, 256> counts_{};
  std::array<int, 256> starts_{};
  std::vector<int> order_;
  std::vector<int> turned_;
};

}  // namespace

void grow_areas(cv::Mat& relief) {
  Flood flood(relief);
  flood.run();
  flood.copy_to(relief);
}

void watershed(cv::Mat& pixels, std::uint8_t object) {
  const cv::Mat distances = distance_map(pixels, static_cast<std::uint8_t>(255 - object));
  MaximaSettings settings;
  settings.prominence = 0.5;
  settings.distance_map = true;
  const auto found =
      find_maxima(distances, cv::Rect(0, 0, pixels.cols, pixels.rows), settings, true);
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* from = found.segments.ptr<std::uint8_t>(y);
    auto* to = pixels.ptr<std::uint8_t>(y);
    const auto background = static_cast<std::uint8_t>(255 - object);
    for (int x = 0; x < pixels.cols; ++x) to[x] = from[x] == 255 ? to[x] : background;
  }
}

}  // namespace smear::imagej
