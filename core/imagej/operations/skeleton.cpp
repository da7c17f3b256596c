// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/skeleton.h"

#include <string_view>
#include <vector>

namespace smear::imagej {
namespace {

// By the set of a pixel's neighbours that are object (bit 0 above, then clockwise): whether the
// pixel goes in the first pass (1), in the second (2), in both (3) or stays (0). Found by
// experiment: with these tables all objects of up to 4 by 4 pixels, and large random ones, are
// thinned as ImageJ 1.53t thins them.
constexpr std::string_view thinning =
    "0001011100000233000030000000203200000000000000002000202030003032"
    "0301000000000000100000002000000021010000000000002000000030002020"
    "0003010300000003000000000000000200000000000000000000000000000000"
    "0103000100000001100000000000000033030001000000003101000031002000";
// The same for pixels that are left in corners when the first table finds no more.
constexpr std::string_view trimming =
    "0000000000002101000000022000120000000000000000000000000000000000"
    "0000000000000200000000000000200000000000000000000100000000000000"
    "0100000000000200000000000000000000000000000000000000000000000000"
    "1000000000000000000000000000000000000000000000000000000000000000";

// A frame of background all round, so that objects at the image's edge are thinned from there too.
class Thinner {
 public:
  Thinner(const cv::Mat& pixels, std::uint8_t object)
      : width_(pixels.cols + 2),
        set_(static_cast<std::size_t>(width_) * static_cast<std::size_t>(pixels.rows + 2)) {
    for (int y = 0; y < pixels.rows; ++y) {
      const auto* row = pixels.ptr<std::uint8_t>(y);
      for (int x = 0; x < pixels.cols; ++x)
        if (row[x] == object) {
          const int at = (y + 1) * width_ + x + 1;
          set_[static_cast<std::size_t>(at)] = 1;
          left_.push_back(at);
        }
    }
  }

  void run() {
    for (const auto table : {thinning, trimming})
      for (bool again = true; again;) {
        const auto first = pass(table, 1);
        const auto second = pass(table, 2);
        again = first + second > 0;
      }
  }

  [[nodiscard]] bool is_object(int x, int y) const {
    return set_[static_cast<std::size_t>((y + 1) * width_ + x + 1)] != 0;
  }

 private:
  // Removes what the table says of the object pixels as they were before the pass.
  std::size_t pass(std::string_view table, int which) {
    going_.clear();
    std::size_t staying = 0;
    for (const int at : left_) {
      if (((table[neighbours(at)] - '0') & which) != 0)
        going_.push_back(at);
      else
        left_[staying++] = at;
    }
    left_.resize(staying);
    for (const int at : going_) set_[static_cast<std::size_t>(at)] = 0;
    return going_.size();
  }

  [[nodiscard]] std::size_t neighbours(int at) const {
    const auto* p = set_.data() + at;
    return static_cast<std::size_t>(p[-width_] | p[1 - width_] << 1 | p[1] << 2 |
                                    p[width_ + 1] << 3 | p[width_] << 4 | p[width_ - 1] << 5 |
                                    p[-1] << 6 | p[-width_ - 1] << 7);
  }

  int width_;
  std::vector<std::uint8_t> set_;  // 1 object
  std::vector<int> left_;          // the object pixels, in raster order
  std::vector<int> going_;
};

}  // namespace

void skeletonize(cv::Mat& pixels, std::uint8_t object) {
  Thinner thinner(pixels, object);
  thinner.run();
  const auto background = static_cast<std::uint8_t>(255 - object);
  for (int y = 0; y < pixels.rows; ++y) {
    auto* row = pixels.ptr<std::uint8_t>(y);
    for (int x = 0; x < pixels.cols; ++x) row[x] = thinner.is_object(x, y) ? object : background;
  }
}

}  // namespace smear::imagej
