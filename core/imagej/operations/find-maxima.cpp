// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/find-maxima.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <opencv2/core/hal/intrin.hpp>
#include <opencv2/imgproc.hpp>

#include "imagej/operations/watershed.h"

namespace smear::imagej {
namespace {

// What is known of a pixel.
enum Mark : std::uint8_t {
  candidate = 1,
  listed = 2,
  processed = 4,
  area = 8,
  equal = 16,
  point = 32,
  eliminated = 64,
  edge = 128,  // of the image; never removed
};

// The eight neighbours: above, and then clockwise.
constexpr std::array<int, 8> step_x{0, 1, 1, 1, 0, -1, -1, -1};
constexpr std::array<int, 8> step_y{-1, -1, 0, 1, 1, 1, 0, -1};
constexpr float root_2 = 1.4142135624F;

class Search {
 public:
  Search(const cv::Mat& values, const cv::Rect& region, const MaximaSettings& settings)
      : values_(values.isContinuous() ? values : values.clone()),
        region_(region),
        settings_(settings),
        width_(values.cols),
        height_(values.rows),
        pixels_(values_.ptr<float>()),
        marks_(cv::Mat::zeros(values.size(), CV_8UC1)),
        mark_(marks_.ptr<std::uint8_t>()) {
    for (std::size_t d = 0; d < 8; ++d) offset_[d] = step_x[d] + step_y[d] * width_;
  }

  Maxima run(bool segmented) {
    find_range();
    if (!(highest_ > least_) || (settings_.strict && highest_ - least_ <= settings_.prominence))
      return one_area(segmented);
    correct_heights();
    // Where areas are wanted, those of the edge are needed until the end.
    exclude_now_ = settings_.exclude_edges && !segmented;
    if (settings_.lowest) lowest_ = *settings_.lowest - (highest_ - least_) * 1e-6;
    mark_edges();
    find_candidates();
    if (order_.empty()) return one_area(segmented);
    list_.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_));
    for (std::size_t i = order_.size(); i-- > 0;) {
      const int at = static_cast<int>(order_[i] & 0xffffffff);
      if ((mark_[at] & processed) == 0) judge(at);
    }
    Maxima result;
    result.points = std::move(found_);
    if (segmented) {
      result.segments = segments();
    } else {
      result.single_points = marked(point);
      result.areas = marked(area);
    }
    return result;
  }

 private:
  void mark_edges() {
    for (int x = 0; x < width_; ++x) mark_[x] = mark_[x + (height_ - 1) * width_] = edge;
    for (int y = 0; y < height_; ++y) mark_[y * width_] = mark_[(y + 1) * width_ - 1] = edge;
  }

  [[nodiscard]] bool is_inner(int at) const { return (mark_[at] & edge) == 0; }
  [[nodiscard]] bool is_within(int at, std::size_t d) const {
    const int nx = at % width_ + step_x[d];
    const int ny = at / width_ + step_y[d];
    return nx >= 0 && ny >= 0 && nx < width_ && ny < height_;
  }

  // Nothing stands out: no maximum, and all counts as one area.
  Maxima one_area(bool segmented) const {
    Maxima result;
    const cv::Mat none = cv::Mat::zeros(height_, width_, CV_8UC1);
    const cv::Mat all(height_, width_, CV_8UC1, cv::Scalar(255));
    if (segmented) {
      result.segments = settings_.exclude_edges ? none : all;
    } else {
      result.single_points = none;
      result.areas = all;
    }
    return result;
  }

  void find_range() {
    least_ = std::numeric_limits<float>::max();
    highest_ = -std::numeric_limits<float>::max();
    for (int y = region_.y; y < region_.y + region_.height; ++y) {
      const float* line = pixels_ + y * width_ + region_.x;
      int x = 0;
#if CV_SIMD128
      // By comparing: what v_min and v_max make of NaN differs between machines.
      auto low = cv::v_setall_f32(least_);
      auto high = cv::v_setall_f32(highest_);
      for (; x + 4 <= region_.width; x += 4) {
        const auto here = cv::v_load(line + x);
        low = cv::v_select(here < low, here, low);
        high = cv::v_select(here > high, here, high);
      }
      least_ = cv::v_reduce_min(low);
      highest_ = cv::v_reduce_max(high);
#endif
      for (; x < region_.width; ++x) {
        if (least_ > line[x]) least_ = line[x];
        if (highest_ < line[x]) highest_ = line[x];
      }
    }
  }

  // Heights of a distance map on ridges that run between pixels, of a line inside the image. `to`
  // has the map's values, which stay where they are 0.
  void correct_line(int y, float* to) const {
    const float* line = pixels_ + y * width_;
    int x = 1;
#if CV_SIMD128
    for (; x + 4 < width_; x += 4)
      if (cv::v_check_any(cv::v_load(line + x) != cv::v_setzero_f32()))
        cv::v_store(to + x, corrected(line + x));
#endif
    for (; x < width_ - 1; ++x) to[x] = corrected_height(line + x);
  }

  [[nodiscard]] float corrected_height(const float* at) const {
    const float v = *at;
    float height = v + 0.5F * root_2;
    bool ridge = false;
    for (std::size_t d = 0; d < 4; ++d) {
      const float a = at[offset_[d]];
      const float b = at[offset_[d + 4]];
      const bool over = v >= a && v >= b;
      ridge |= over;
      const float h = (over ? (a + b) / 2.0F : std::min(a, b)) + (d % 2 == 0 ? 1.0F : root_2);
      height = std::min(height, h);
    }
    return v != 0.0F && ridge ? height : v;
  }

#if CV_SIMD128
  // The same of four pixels at once.
  [[nodiscard]] cv::v_float32x4 corrected(const float* at) const {
    const auto v = cv::v_load(at);
    const auto half = cv::v_setall_f32(0.5F);
    auto height = v + cv::v_setall_f32(0.5F * root_2);
    auto ridge = cv::v_setzero_f32();
    for (std::size_t d = 0; d < 4; ++d) {
      const auto a = cv::v_load(at + offset_[d]);
      const auto b = cv::v_load(at + offset_[d + 4]);
      const auto over = (v >= a) & (v >= b);
      ridge = ridge | over;
      const auto h = cv::v_select(over, (a + b) * half, cv::v_min(a, b));
      height = cv::v_min(height, h + cv::v_setall_f32(d % 2 == 0 ? 1.0F : root_2));
    }
    return cv::v_select(ridge & (v != cv::v_setzero_f32()), height, v);
  }
#endif

  void correct_heights() {
    heights_ = values_;
    if (settings_.distance_map) {
      heights_ = values_.clone();
      for (int y = 1; y < height_ - 1; ++y) correct_line(y, heights_.ptr<float>(y));
    }
    height_at_ = heights_.ptr<float>();
  }

  // What candidates are sorted by: the height as a whole number, in Java's conversion of floats.
  [[nodiscard]] std::int64_t rank_of(int at) const {
    const auto factor = static_cast<float>(2e9 / static_cast<double>(highest_ - least_));
    const float scaled = (height_at_[at] - least_) * factor;
    if (std::isnan(scaled)) return 0;
    if (scaled >= 2147483647.0F) return 2147483647;
    if (scaled <= -2147483648.0F) return -2147483648LL;
    return static_cast<std::int64_t>(scaled);
  }

  // Whether a neighbour is higher, at the edge of the image.
  [[nodiscard]] bool is_below_a_neighbour(int at) const {
    for (std::size_t d = 0; d < 8; ++d) {
      if (!is_within(at, d)) continue;
      const int next = at + offset_[d];
      if (pixels_[next] > pixels_[at] && height_at_[next] > height_at_[at]) return true;
    }
    return false;
  }

  [[nodiscard]] bool is_below_inside(int at) const {
    return std::ranges::any_of(offset_, [&](int step) {
      return pixels_[at + step] > pixels_[at] && height_at_[at + step] > height_at_[at];
    });
  }

  // The columns of a line inside the image, but for its ends, whose pixels no neighbour is above.
  void find_peaks(int y, std::vector<int>& columns) const {
    columns.clear();
    const int line = y * width_;
    int x = 1;
#if CV_SIMD128
    for (; x + 4 < width_; x += 4) {
      const auto value = cv::v_load(pixels_ + line + x);
      const auto height = cv::v_load(height_at_ + line + x);
      auto below = value == cv::v_setall_f32(least_);
      if (cv::v_check_all(below)) continue;
      for (const int step : offset_)
        below = below | ((cv::v_load(pixels_ + line + x + step) > value) &
                         (cv::v_load(height_at_ + line + x + step) > height));
      const int bits = cv::v_signmask(below);
      for (int i = 0; bits != 15 && i < 4; ++i)
        if ((bits >> i & 1) == 0) columns.push_back(x + i);
    }
#endif
    for (; x < width_ - 1; ++x)
      if (!is_below_inside(line + x)) columns.push_back(x);
  }

  // Local maxima in the order of their heights; among equal ones, the last pixel comes first.
  void find_candidates() {
    std::vector<int> columns;
    for (int y = region_.y; y < region_.y + region_.height; ++y) {
      const int line = y * width_;
      const int first = region_.x;
      const int last = region_.x + region_.width - 1;
      if (y == 0 || y == height_ - 1) {
        for (int x = first; x <= last; ++x) add_edge_candidate(line + x);
        continue;
      }
      if (first == 0) add_edge_candidate(line);
      find_peaks(y, columns);
      for (const int x : columns)
        if (x >= first && x <= last) add_candidate(line + x);
      if (last == width_ - 1 && width_ > 1) add_edge_candidate(line + last);
    }
    std::ranges::sort(order_);
  }

  void add_edge_candidate(int at) {
    if (!exclude_now_ && !is_below_a_neighbour(at)) add_candidate(at);
  }

  void add_candidate(int at) {
    if (pixels_[at] == least_ || (settings_.lowest && pixels_[at] < lowest_)) return;
    mark_[at] |= candidate;
    order_.push_back(rank_of(at) << 32U | static_cast<std::uint32_t>(at));
  }

  // What one flood from a candidate came to.
  struct Outcome {
    bool maximum = true;
    bool higher = false;  // it met a pixel that should have been treated first: `start`
    int start = 0;
    double x_sum = 0.0;
    double y_sum = 0.0;
    int equals = 1;
  };

  // Spreads over all that is within the prominence; `length` pixels are then in the list.
  Outcome flood(int start, int& length) {
    Outcome out;
    out.start = start;
    out.x_sum = start % width_;
    out.y_sum = start / width_;
    float top = height_at_[start];
    const float error =
        settings_.fractions
            ? 1.1F * (settings_.distance_map ? root_2 / 2.0F : (highest_ - least_) / 2e9F)
            : 0.0F;
    const auto prominence = static_cast<float>(settings_.prominence);
    list_[0] = start;
    length = 1;
    mark_[start] |= equal | listed;
    for (int i = 0; i < length; ++i) {
      const int at = list_[static_cast<std::size_t>(i)];
      const bool inner = is_inner(at);
      for (std::size_t d = 0; d < 8; ++d) {
        if (!inner && !is_within(at, d)) continue;
        const int next = at + offset_[d];
        if ((mark_[next] & listed) != 0) continue;
        if (settings_.distance_map && pixels_[next] <= 0.0F) continue;
        if ((mark_[next] & processed) != 0) {
          out.maximum = false;
          break;
        }
        const float v = height_at_[next];
        if (v > top + error) {
          out.maximum = false;
          break;
        }
        if (!(v >= top - prominence)) continue;
        if (v > top) {
          out.higher = true;
          out.start = next;
          top = v;
          break;
        }
        list_[static_cast<std::size_t>(length++)] = next;
        mark_[next] |= listed;
        if (exclude_now_ && !is_inner(next) && (settings_.strict || v >= top)) out.maximum = false;
        if (v == top) {
          mark_[next] |= equal;
          out.x_sum += next % width_;
          out.y_sum += next / width_;
          ++out.equals;
        }
      }
    }
    return out;
  }

  // Decides about a candidate and marks the area that belongs to it.
  void judge(int start) {
    int length = 0;
    Outcome out = flood(start, length);
    while (out.higher) {
      for (int i = 0; i < length; ++i) mark_[list_[static_cast<std::size_t>(i)]] &= edge;
      out = flood(out.start, length);
    }
    const double x_mean = out.x_sum / out.equals;
    const double y_mean = out.y_sum / out.equals;
    double least = 1e20;
    int nearest = 0;
    const int forget = out.maximum ? listed : listed | equal;
    for (int i = 0; i < length; ++i) {
      const int at = list_[static_cast<std::size_t>(i)];
      auto& mark = mark_[at];
      mark = static_cast<std::uint8_t>((mark & ~forget) | processed);
      if (!out.maximum) continue;
      mark |= area;
      if ((mark & equal) == 0) continue;
      const double dx = x_mean - at % width_;
      const double dy = y_mean - at / width_;
      if (const double d = dx * dx + dy * dy; d < least) {
        least = d;
        nearest = at;
      }
    }
    if (!out.maximum) return;
    mark_[nearest] |= point;
    const cv::Point where(nearest % width_, nearest / width_);
    if (!(settings_.exclude_edges && !is_inner(nearest))) found_.push_back(where);
  }

  cv::Mat marked(std::uint8_t mark) const {
    cv::Mat result(height_, width_, CV_8UC1);
    auto* to = result.ptr<std::uint8_t>();
    for (int i = 0; i < width_ * height_; ++i) to[i] = (mark_[i] & mark) != 0 ? 255 : 0;
    return result;
  }

  // The values as levels 1..254, maxima 255, and what is below the lowest value 0.
  cv::Mat relief() const {
    const bool edm = settings_.distance_map;
    const double lowest = edm ? 0.5 : lowest_;
    double base = edm ? 1.0 : settings_.lowest ? lowest_ : static_cast<double>(least_);
    double factor = 253.0 / (static_cast<double>(highest_) - base);
    // Moved by almost half a level of the full scale, so that all above the base comes above
    // level 1.
    base -= (static_cast<double>(highest_) - base) * (1.0 / 253.0 / 2.0 - 1e-6);
    if (edm) factor = std::min(factor, 1.0);
    const double cut = edm || settings_.lowest ? lowest : -std::numeric_limits<double>::infinity();
    cv::Mat result(height_, width_, CV_8UC1);
    auto* to = result.ptr<std::uint8_t>();
    for (int i = 0; i < width_ * height_; ++i) {
      const double v = pixels_[i];
      if (v < cut) {
        to[i] = 0;
        continue;
      }
      // Rounded half up; cut to 0..253 before it becomes an int, NaN to 0.
      const double level = (v - base) * factor + 0.5;
      const double low = level >= 0.0 ? level : 0.0;
      const auto whole = 1 + static_cast<int>(low < 253.0 ? low : 253.0);
      to[i] = static_cast<std::uint8_t>((mark_[i] & area) != 0 ? 255 : whole);
    }
    return result;
  }

  // Lowers candidates that are no maxima, with all around them, to the saddle that joins them to
  // something higher.
  void lower_others(std::uint8_t* levels) {
    for (std::size_t i = order_.size(); i-- > 0;) {
      const int start = static_cast<int>(order_[i] & 0xffffffff);
      if ((mark_[start] & (area | eliminated)) == 0) lower(levels, start);
    }
  }

  void lower(std::uint8_t* levels, int start) {
    int level = levels[start] + 1;
    list_[0] = start;
    mark_[start] |= listed;
    int length = 1;
    int above = 1;  // how many of the list lie above the saddle
    bool saddle = false;
    while (!saddle && level > 0) {
      --level;
      above = length;
      for (int i = 0; i < length && !saddle; ++i)
        saddle = reaches_saddle(levels, list_[static_cast<std::size_t>(i)], level, length);
    }
    for (int i = 0; i < length; ++i)
      mark_[list_[static_cast<std::size_t>(i)]] &= static_cast<std::uint8_t>(~listed);
    for (int i = 0; i < above; ++i) {
      levels[list_[static_cast<std::size_t>(i)]] = static_cast<std::uint8_t>(level);
      mark_[list_[static_cast<std::size_t>(i)]] |= eliminated;
    }
  }

  bool reaches_saddle(const std::uint8_t* levels, int at, int level, int& length) {
    const bool inner = is_inner(at);
    for (std::size_t d = 0; d < 8; ++d) {
      if (!inner && !is_within(at, d)) continue;
      const int next = at + offset_[d];
      if ((mark_[next] & listed) != 0) continue;
      const bool high = levels[next] >= level;
      const bool done = (mark_[next] & eliminated) != 0;
      if ((mark_[next] & area) != 0 || (done && high)) return true;
      if (high && !done) {
        list_[static_cast<std::size_t>(length++)] = next;
        mark_[next] |= listed;
      }
    }
    return false;
  }

  // How many lines of uncovered pixels leave a pixel.
  int lines_from(const std::uint8_t* levels, int at) const {
    const bool inner = is_inner(at);
    bool before = true;
    bool first = true;
    int lines = 0;
    for (std::size_t d = 0; d < 8; ++d) {
      bool set = before;
      if (inner || is_within(at, d)) {
        const bool open = levels[at + offset_[d]] != 255;
        // Diagonal neighbours can part two lines but are none themselves.
        if (d % 2 == 0)
          set = open;
        else if (!open)
          set = false;
      } else {
        set = true;
      }
      if (set && !before) ++lines;
      before = set;
      if (d == 0) first = set;
    }
    return lines + (first && !before ? 1 : 0);
  }

  void remove_line(std::uint8_t* levels, int at) const {
    levels[at] = 255;
    for (bool on = true; on;) {
      on = false;
      const bool inner = is_inner(at);
      for (std::size_t d = 0; d < 8; d += 2) {
        if (!inner && !is_within(at, d)) continue;
        const int next = at + offset_[d];
        if (levels[next] == 255 || levels[next] == 0) continue;
        const int lines = lines_from(levels, next);
        if (lines > 1) continue;
        at = next;
        levels[at] = 255;
        on = lines == 1;
        break;
      }
    }
  }

  // Lines that end inside an area part nothing.
  void remove_loose_ends(std::uint8_t* levels) const {
    for (int at = 0; at < width_ * height_; ++at) {
      if (levels[at] == 255 || levels[at] == 0) continue;
      const int lines = lines_from(levels, at);
      if (lines == 0)
        levels[at] = 255;
      else if (lines == 1)
        remove_line(levels, at);
    }
  }

  // The areas of maxima that touch the edge with values within the prominence, and all that lies
  // within their outlines.
  void clear_edge_areas(cv::Mat& result) const {
    const auto clear = [&](int x, int y) {
      if ((mark_[x + y * width_] & area) != 0 && result.at<std::uint8_t>(y, x) == 255)
        clear_outlined({x, y}, result);
    };
    for (int x = 0; x < width_; ++x) {
      clear(x, 0);
      clear(x, height_ - 1);
    }
    for (int y = 0; y < height_; ++y) {
      clear(0, y);
      clear(width_ - 1, y);
    }
  }

  static void clear_outlined(cv::Point seed, cv::Mat& result) {
    // With a margin, which the outside is reached by.
    cv::Mat around;
    cv::copyMakeBorder(result, around, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
    constexpr int one = 128;
    cv::floodFill(around, seed + cv::Point(1, 1), cv::Scalar(one), nullptr, {}, {}, 8);
    cv::Mat outside = around != one;
    cv::floodFill(outside, {0, 0}, cv::Scalar(one), nullptr, {}, {}, 4);
    const cv::Rect inner(1, 1, result.cols, result.rows);
    result.setTo(0, outside(inner) != one);
  }

  cv::Mat segments() {
    cv::Mat result = relief();
    auto* levels = result.ptr<std::uint8_t>();
    lower_others(levels);
    grow_areas(result);
    if (!settings_.distance_map) remove_loose_ends(levels);
    for (int i = 0; i < width_ * height_; ++i) levels[i] = levels[i] == 255 ? 255 : 0;
    if (settings_.exclude_edges) clear_edge_areas(result);
    return result;
  }

  cv::Mat values_;
  cv::Rect region_;
  MaximaSettings settings_;
  int width_;
  int height_;
  const float* pixels_;
  cv::Mat heights_;
  const float* height_at_ = nullptr;
  cv::Mat marks_;
  std::uint8_t* mark_;
  std::array<int, 8> offset_{};
  float least_ = 0.0F;
  float highest_ = 0.0F;
  double lowest_ = 0.0;
  bool exclude_now_ = false;
  std::vector<std::int64_t> order_;
  std::vector<int> list_;
  std::vector<cv::Point> found_;
};

}  // namespace

Maxima find_maxima(const cv::Mat& values, const cv::Rect& region, const MaximaSettings& settings,
                   bool segmented) {
  return Search(values, region, settings).run(segmented);
}

}  // namespace smear::imagej
