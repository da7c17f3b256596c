// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/particles.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "imagej/operations/polygon-fill.h"

namespace smear::imagej {
namespace {

// Takes pixels that touch `start` out of `inside`, puts them into the particle's mask.
class Flood {
 public:
  Flood(cv::Mat& inside, Particle& particle)
      : inside_(inside), particle_(particle), bounds_(particle.outline.bounds) {}

  void run(cv::Point start) {
    particle_.mask = cv::Mat(bounds_.size(), CV_8UC1, cv::Scalar(0));
    particle_.count = 0;
    take_run(start);
    while (!runs_.empty()) {
      const Run run = runs_.back();
      runs_.pop_back();
      for (const int y : {run.y - 1, run.y + 1}) {
        const auto* row = inside_.ptr<std::uint8_t>(y + 1) + 1;
        for (int x = run.left - 1; x <= run.right + 1; ++x)
          if (row[x] != 0) x = take_run({x, y}).right;
      }
    }
  }

 private:
  struct Run {
    int left, right, y;
  };

  const Run& take_run(cv::Point at) {
    auto* row = inside_.ptr<std::uint8_t>(at.y + 1) + 1;
    Run run{at.x, at.x, at.y};
    while (row[run.left - 1] != 0) --run.left;
    while (row[run.right + 1] != 0) ++run.right;
    const auto length = static_cast<std::size_t>(run.right - run.left + 1);
    std::memset(row + run.left, 0, length);
    std::memset(particle_.mask.ptr<std::uint8_t>(at.y - bounds_.y) + run.left - bounds_.x, 255,
                length);
    particle_.count += static_cast<int>(length);
    return runs_.emplace_back(run);
  }

  cv::Mat& inside_;
  Particle& particle_;
  cv::Rect bounds_;
  std::vector<Run> runs_;
};

// Everything within the outline.
void take_filled(cv::Mat& inside, Particle& particle) {
  const cv::Rect& box = particle.outline.bounds;
  particle.mask = fill_outline(particle.outline.corners, box);
  particle.count = 0;
  for (int y = 0; y < box.height; ++y) {
    const auto* mask = particle.mask.ptr<std::uint8_t>(y);
    auto* row = inside.ptr<std::uint8_t>(box.y + y + 1) + box.x + 1;
    for (int x = 0; x < box.width; ++x) {
      particle.count += mask[x] & 1;
      row[x] = static_cast<std::uint8_t>(row[x] & ~mask[x]);
    }
  }
}

}  // namespace

void for_each_particle(cv::Mat& inside, bool holes,
                       const std::function<void(const Particle&)>& visit) {
  const int width = inside.cols - 2;
  Particle particle;
  for (int y = 0; y < inside.rows - 2; ++y) {
    const auto* row = inside.ptr<std::uint8_t>(y + 1) + 1;
    for (int x = 0; x < width; ++x) {
      const void* next = std::memchr(row + x, 255, static_cast<std::size_t>(width - x));
      if (next == nullptr) break;
      x = static_cast<int>(static_cast<const std::uint8_t*>(next) - row);
      particle.start = {x, y};
      particle.outline = wand(inside, {x, y}, Connectivity::eight);
      if (holes)
        take_filled(inside, particle);
      else
        Flood(inside, particle).run({x, y});
      const cv::Rect& box = particle.outline.bounds;
      if (box.width == 1 || box.height == 1) particle.mask.release();
      visit(particle);
    }
  }
}

}  // namespace smear::imagej
