// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/subtract-background.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/core/hal/intrin.hpp>
#include <vector>

#include "imagej/operations/colour.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
// Pixels computed at a time, staying in registers.
constexpr int block = 16;

// ---- The ball ----

// Its upper half, cut off at the sides, in pixels of the shrunk image.
struct Ball {
  explicit Ball(double radius) {
    int trim = 40;  // per cent of the radius that is cut off
    if (radius <= 10.0) {
      shrink = 1;
      trim = 24;
    } else if (radius <= 30.0) {
      shrink = 2;
      trim = 24;
    } else if (radius <= 100.0) {
      shrink = 4;
      trim = 32;
    }
    const double small = std::max(1.0, radius / shrink);
    const int cut = static_cast<int>(trim * small) / 100;
    half = static_cast<int>(std::floor(small - cut + 0.5));
    for (int y = -half; y <= half; ++y)
      for (int x = -half; x <= half; ++x) {
        const double square = small * small - x * x - y * y;
        heights.push_back(square > 0.0 ? static_cast<float>(std::sqrt(square)) : 0.0F);
      }
  }
  [[nodiscard]] int width() const { return 2 * half + 1; }
  [[nodiscard]] const float* row(int y) const {
    return heights.data() + static_cast<std::ptrdiff_t>(y) * width();
  }

  int shrink = 8;
  int half = 0;
  std::vector<float> heights;
};

int rounded_up(int columns) { return (columns + block - 1) / block * block; }

using Four = cv::v_float32x4;

// How far the ball rises under the surface: the least gap between both.
struct Under {
  static constexpr float start = std::numeric_limits<float>::max();
  static Four nearer(const Four& a, const Four& b) { return cv::v_min(a, b); }
  static float nearer(float a, float b) { return std::min(a, b); }
  static Four at(const Four& surface, const Four& ball) { return surface - ball; }
};

// What the ball reaches, from where its centre is.
struct Over {
  static constexpr float start = -std::numeric_limits<float>::max();
  static Four nearer(const Four& a, const Four& b) { return cv::v_max(a, b); }
  static float nearer(float a, float b) { return std::max(a, b); }
  static Four at(const Four& centre, const Four& ball) { return centre + ball; }
};

// Rows of the input that the same row of the ball lies under, as one: the ball is symmetric, and
// rounding keeps order, so that the nearer of two pixels can be taken before the ball is.
template <typename Contact>
class RowPairs {
 public:
  RowPairs(const cv::Mat& input, int half) : input_(input), joined_(half + 1, input.cols, CV_32F) {}

  /// `rows[dy]` becomes the pair at the distance dy from `middle`; null where both lie outside.
  void around(int middle, std::vector<const float*>& rows) {
    for (int dy = 0; dy < static_cast<int>(rows.size()); ++dy) {
      const auto* above = row(middle - dy);
      const auto* below = row(middle + dy);
      const bool both = above != nullptr && below != nullptr && dy > 0;
      rows[static_cast<std::size_t>(dy)] = both               ? joined(above, below, dy)
                                           : above != nullptr ? above
                                                              : below;
    }
  }

 private:
  [[nodiscard]] const float* row(int y) const {
    return y >= 0 && y < input_.rows ? input_.ptr<float>(y) : nullptr;
  }
  const float* joined(const float* above, const float* below, int dy) {
    auto* to = joined_.ptr<float>(dy);
    for (int x = 0; x < input_.cols; ++x) to[x] = Contact::nearer(above[x], below[x]);
    return to;
  }

  const cv::Mat& input_;
  cv::Mat joined_;
};

// The contact of the ball with `block` columns of the input from `column` on.
template <typename Contact>
void touch(const std::vector<const float*>& rows, const Ball& ball, int column, float* to) {
  Four found[block / 4];
  for (auto& four : found) four = cv::v_setall_f32(Contact::start);
  for (int dy = 0; dy <= ball.half; ++dy) {
    const auto* row = rows[static_cast<std::size_t>(dy)];
    if (row == nullptr) continue;
    const auto* middle = row + column + ball.half;
    const auto* heights = ball.row(ball.half + dy) + ball.half;
    for (int dx = 0; dx <= ball.half; ++dx) {
      const Four height = cv::v_setall_f32(heights[dx]);
      for (int k = 0; k < block / 4; ++k) {
        const auto* at = middle + 4 * k;
        const Four pixels = Contact::nearer(cv::v_load(at - dx), cv::v_load(at + dx));
        found[k] = Contact::nearer(Contact::at(pixels, height), found[k]);
      }
    }
  }
  for (int k = 0; k < block / 4; ++k) cv::v_store(to + 4 * k, found[k]);
}

// Touches everywhere: row y of the result has its middle at row y + `shift` of the input, and the
// input has ball.half columns more on either side, and up to `block` more on the right.
template <typename Contact>
cv::Mat touch_all(const cv::Mat& input, cv::Size size, int shift, const Ball& ball) {
  cv::Mat result(size.height, rounded_up(size.width), CV_32F);
  RowPairs<Contact> pairs(input, ball.half);
  std::vector<const float*> rows(static_cast<std::size_t>(ball.half) + 1);
  for (int y = 0; y < size.height; ++y) {
    pairs.around(y + shift, rows);
    for (int column = 0; column < result.cols; column += block)
      touch<Contact>(rows, ball, column, result.ptr<float>(y) + column);
  }
  return result;
}

// The highest that a ball rolled under the image reaches at each pixel; its centre comes up to
// `half` outside the image.
cv::Mat rolled(const cv::Mat& image, const Ball& ball) {
  const int half = ball.half;
  const cv::Size places(image.cols + 2 * half, image.rows + 2 * half);
  cv::Mat padded;
  const int right = rounded_up(places.width) - image.cols;
  cv::copyMakeBorder(image, padded, 0, 0, 2 * half, right, cv::BORDER_CONSTANT,
                     cv::Scalar(static_cast<double>(infinity)));
  // NaN holds no ball up.
  cv::patchNaNs(padded, static_cast<double>(infinity));
  cv::Mat centres = touch_all<Under>(padded, places, -half, ball);
  cv::copyMakeBorder(centres, centres, 0, 0, 0, block, cv::BORDER_REPLICATE);
  return touch_all<Over>(centres, image.size(), half, ball)(cv::Rect({0, 0}, image.size())).clone();
}

// The minimum of each block of `unit` pixels in both directions; the last blocks may be smaller.
cv::Mat shrunk(const cv::Mat& image, int unit) {
  cv::Mat small((image.rows + unit - 1) / unit, (image.cols + unit - 1) / unit, CV_32F,
                cv::Scalar(std::numeric_limits<float>::max()));
  for (int y = 0; y < image.rows; ++y) {
    const auto* from = image.ptr<float>(y);
    auto* to = small.ptr<float>(y / unit);
    for (int cell = 0; cell < small.cols; ++cell) {
      float least = to[cell];
      const int end = std::min(image.cols, (cell + 1) * unit);
      for (int x = cell * unit; x < end; ++x) least = from[x] < least ? from[x] : least;
      to[cell] = least;
    }
  }
  return small;
}

// Between which two cells of the shrunk image each pixel lies, and the weight of the first. Where
// there is one cell only, the first is -1.
struct Places {
  Places(int length, int small, int unit) {
    for (int i = 0; i < length; ++i) {
      const int cell = std::min((i - unit / 2) / unit, small - 2);
      const float beyond = (static_cast<float>(i) + 0.5F) / static_cast<float>(unit) -
                           (static_cast<float>(cell) + 0.5F);
      cells.push_back(cell);
      weights.push_back(1.0F - beyond);
    }
  }
  std::vector<int> cells;
  std::vector<float> weights;
};

cv::Mat enlarged(const cv::Mat& small, cv::Size size, int unit) {
  const Places across(size.width, small.cols, unit);
  const Places down(size.height, small.rows, unit);
  cv::Mat wide(small.rows, size.width, CV_32F);
  for (int y = 0; y < small.rows; ++y) {
    const auto* from = small.ptr<float>(y);
    auto* to = wide.ptr<float>(y);
    for (int x = 0; x < size.width; ++x) {
      const auto at = static_cast<std::size_t>(x);
      const auto* cell = from + across.cells[at];
      to[x] = cell[0] * across.weights[at] + cell[1] * (1.0F - across.weights[at]);
    }
  }
  const std::vector<float> nothing(static_cast<std::size_t>(size.width), 0.0F);
  cv::Mat large(size, CV_32F);
  for (int y = 0; y < size.height; ++y) {
    const auto at = static_cast<std::size_t>(y);
    // ImageJ takes zeros for what lies above a single row.
    const auto* above = down.cells[at] < 0 ? nothing.data() : wide.ptr<float>(down.cells[at]);
    const auto* below = wide.ptr<float>(down.cells[at] + 1);
    const float weight = down.weights[at];
    auto* to = large.ptr<float>(y);
    for (int x = 0; x < size.width; ++x) to[x] = above[x] * weight + below[x] * (1.0F - weight);
  }
  return large;
}

cv::Mat rolling_ball(const cv::Mat& image, double radius) {
  const Ball ball(radius);
  if (ball.shrink == 1) return rolled(image, ball);
  if (image.cols <= ball.shrink)
    throw SampleError(
        fmt::format("a ball of radius {} needs an image more than {} pixels wide, got {}: choose a "
                    "radius of at "
                    "most 10",
                    radius, ball.shrink, image.cols));
  return enlarged(rolled(shrunk(image, ball.shrink), ball), image.size(), ball.shrink);
}

// ---- What comes before ----

// Replaces each pixel by `combine` of the three pixels along x, then along y; ends count twice.
template <typename Combine>
void filter_3_along_each(cv::Mat& image, Combine combine) {
  for (int y = 0; y < image.rows; ++y) {
    auto* row = image.ptr<float>(y);
    float before = row[0];
    for (int x = 0; x < image.cols; ++x) {
      const float here = row[x];
      row[x] = combine(before, here, row[std::min(x + 1, image.cols - 1)]);
      before = here;
    }
  }
  std::vector<float> above(image.ptr<float>(0), image.ptr<float>(0) + image.cols);
  for (int y = 0; y < image.rows; ++y) {
    auto* row = image.ptr<float>(y);
    const auto* below = image.ptr<float>(std::min(y + 1, image.rows - 1));
    for (int x = 0; x < image.cols; ++x) {
      const float here = row[x];
      row[x] = combine(above[static_cast<std::size_t>(x)], here, below[x]);
      above[static_cast<std::size_t>(x)] = here;
    }
  }
}

void smooth(cv::Mat& image) {
  filter_3_along_each(image, [](float a, float b, float c) { return (a + b + c) * 0.33333333F; });
}

// The maximum of 3x3, and by how much it raised the pixels on average.
double widen_peaks(cv::Mat& image) {
  double raised = 0.0;
  filter_3_along_each(image, [&raised](float a, float b, float c) {
    const float most = std::max(std::max(a, b), c);
    raised += static_cast<double>(most - b);
    return most;
  });
  return raised / image.cols / image.rows;
}

// ---- The paraboloid ----

// Pixels at equal steps in a plane.
struct Line {
  float* first;
  std::ptrdiff_t step;
  int length;
};

// Slides parabolas along lines, from below.
class Parabola {
 public:
  explicit Parabola(int longest)
      : values_(static_cast<std::size_t>(longest)), next_(static_cast<std::size_t>(longest)) {}

  /// Where the parabola touches the line, the pixels stay; between, they come down to it.
  void slide(const Line& line, float curvature) {
    read(line, curvature);
    int from = 0;
    first_contact_ = line.length - 1;
    last_contact_ = 0;
    while (from < line.length - 1) {
      const auto [to, slope] = next_contact(from, line.length, curvature);
      if (from == 0) first_contact_ = to;
      if (to == line.length - 1) last_contact_ = from;
      const float start = values_[static_cast<std::size_t>(from)];
      for (int i = from + 1; i < to; ++i) {
        const auto distance = static_cast<float>(i - from);
        line.first[i * line.step] = start + distance * (slope - distance * curvature);
      }
      from = to;
    }
  }

  /// Slides, and estimates what the values at both ends would be without objects there.
  std::pair<float, float> slide_and_estimate_ends(const Line& line, float curvature);

 private:
  struct Contact {
    int at;
    float slope;
  };

  // Reads a line, and chains the points that are not more pointed downwards than the parabola:
  // others it cannot touch.
  void read(const Line& line, float curvature) {
    const float least_bend = static_cast<float>(1.999 * static_cast<double>(curvature));
    lowest_ = std::numeric_limits<float>::max();
    int chained = 0;
    float before = 0.0F;
    float before_that = 0.0F;
    for (int i = 0; i < line.length; ++i) {
      const float value = line.first[i * line.step];
      values_[static_cast<std::size_t>(i)] = value;
      lowest_ = std::min(lowest_, value);
      if (i >= 2 && before + before - before_that - value < least_bend) {
        next_[static_cast<std::size_t>(chained)] = i - 1;
        chained = i - 1;
      }
      before_that = before;
      before = value;
    }
    next_[static_cast<std::size_t>(chained)] = line.length - 1;
    next_[static_cast<std::size_t>(line.length - 1)] = std::numeric_limits<int>::max();
  }

  // The point at which a parabola through `from` touches first when it is tilted up from below.
  [[nodiscard]] Contact next_contact(int from, int length, float curvature) const {
    const float start = values_[static_cast<std::size_t>(from)];
    Contact contact{0, std::numeric_limits<float>::max()};
    int end = length;
    int until_limit = 0;
    for (int i = next_[static_cast<std::size_t>(from)]; i < end;
         i = next_[static_cast<std::size_t>(i)], ++until_limit) {
      const auto distance = static_cast<float>(i - from);
      const float slope =
          (values_[static_cast<std::size_t>(i)] - start) / distance + curvature * distance;
      if (slope < contact.slope) {
        contact = {i, slope};
        until_limit = -3;
      }
      if (until_limit == 0) {
        // Behind this the parabola is lower than all of the line.
        const auto half = static_cast<double>(0.5F * contact.slope / curvature);
        const auto drop = static_cast<double>((start - lowest_) / curvature);
        const int limit = from + static_cast<int>(half + std::sqrt(half * half + drop) + 1.0);
        if (limit < end && limit > 0) end = limit;
      }
    }
    return contact;
  }

  std::vector<float> values_;
  std::vector<int> next_;
  float lowest_ = 0.0F;
  int first_contact_ = 0;  // after the first pixel
  int last_contact_ = 0;   // before the last
};

float sixth_power_less_one(float x) { return x * x * x * x * x * x - 1.0F; }

std::pair<float, float> Parabola::slide_and_estimate_ends(const Line& line, float curvature) {
  slide(line, curvature);
  const int length = line.length;
  int first = first_contact_;
  int last = last_contact_;
  // Contacts far inside say nothing about the ends.
  if (4 * first >= length) first = 0;
  if (4 * (length - 1 - last) >= length) last = length - 1;
  const float start = values_[static_cast<std::size_t>(first)];
  const auto span = static_cast<float>(last - first);
  const float slope = (values_[static_cast<std::size_t>(last)] - start) / span;
  const float origin = start - slope * static_cast<float>(first);
  // A sixth-order curve under the middle third, for backgrounds that fall off towards the ends.
  const float middle = 0.5F * static_cast<float>(last + first);
  float depth = 0.0F;
  for (int i = (length + 2) / 3; i <= 2 * length / 3; ++i) {
    const float curve = sixth_power_less_one((static_cast<float>(i) - middle) * 2.0F / span);
    const float line_value = origin + slope * static_cast<float>(i);
    const float value = values_[static_cast<std::size_t>(i)];
    if (value < line_value + depth * curve) depth = -(line_value - value) / curve;
  }
  const auto end = static_cast<float>(length - 1);
  const auto to_end = static_cast<float>(length - 1 - last);
  const auto from_start = static_cast<float>(first);
  const float low = sixth_power_less_one((from_start - middle) * 2.0F / span);
  const float high = sixth_power_less_one((static_cast<float>(last) - middle) * 2.0F / span);
  return {origin + depth * low + curvature * from_start * from_start,
          origin + end * slope + depth * high + curvature * to_end * to_end};
}

// Objects in the corners would be taken for background, since no parabola reaches below them:
// brings the corner pixels down to what three lines that end there let expect.
void correct_corners(cv::Mat& image, float curvature, Parabola& parabola) {
  const int width = image.cols;
  const int height = image.rows;
  auto* pixels = image.ptr<float>(0);
  auto* bottom = image.ptr<float>(height - 1);
  const int diagonal = std::min(width, height);
  const float steep = 2.0F * curvature;
  const auto [top_left, top_right] =
      parabola.slide_and_estimate_ends({pixels, 1, width}, curvature);
  const auto [bottom_left, bottom_right] =
      parabola.slide_and_estimate_ends({bottom, 1, width}, curvature);
  const auto [left_top, left_bottom] =
      parabola.slide_and_estimate_ends({pixels, width, height}, curvature);
  const auto [right_top, right_bottom] =
      parabola.slide_and_estimate_ends({pixels + width - 1, width, height}, curvature);
  const float d1 = parabola.slide_and_estimate_ends({pixels, width + 1, diagonal}, steep).first;
  const float d2 =
      parabola.slide_and_estimate_ends({pixels + width - 1, width - 1, diagonal}, steep).first;
  const float d3 = parabola.slide_and_estimate_ends({bottom, 1 - width, diagonal}, steep).first;
  const float d4 =
      parabola.slide_and_estimate_ends({bottom + width - 1, -1 - width, diagonal}, steep).first;
  const auto lower = [](float& corner, float a, float b, float c) {
    const float expected = (a + b + c) / 3.0F;
    if (corner > expected) corner = expected;
  };
  lower(pixels[0], top_left, left_top, d1);
  lower(pixels[width - 1], top_right, right_top, d2);
  lower(bottom[0], bottom_left, left_bottom, d3);
  lower(bottom[width - 1], bottom_right, right_bottom, d4);
}

// Lines of one or two pixels have nothing between their ends.
void slide_falling(cv::Mat& image, float curvature, Parabola& parabola) {
  auto* pixels = image.ptr<float>(0);
  const int width = image.cols;
  const int height = image.rows;
  for (int x = 0; x < width - 2; ++x)
    parabola.slide({pixels + x, width + 1, std::min(height, width - x)}, curvature);
  for (int y = 1; y < height - 2; ++y)
    parabola.slide(
        {pixels + static_cast<std::ptrdiff_t>(y) * width, width + 1, std::min(width, height - y)},
        curvature);
}

void slide_rising(cv::Mat& image, float curvature, Parabola& parabola) {
  auto* pixels = image.ptr<float>(0);
  const int width = image.cols;
  const int height = image.rows;
  for (int x = 2; x < width; ++x)
    parabola.slide({pixels + x, width - 1, std::min(height, x + 1)}, curvature);
  for (int y = 0; y < height - 2; ++y)
    parabola.slide({pixels + static_cast<std::ptrdiff_t>(y) * width + width - 1, width - 1,
                    std::min(width, height - y)},
                   curvature);
}

void slide_rows(cv::Mat& image, float curvature, Parabola& parabola) {
  for (int y = 0; y < image.rows; ++y)
    parabola.slide({image.ptr<float>(y), 1, image.cols}, curvature);
}

void slide_columns(cv::Mat& image, float curvature, Parabola& parabola) {
  for (int x = 0; x < image.cols; ++x)
    parabola.slide({image.ptr<float>(0) + x, image.cols, image.rows}, curvature);
}

void sliding_paraboloid(cv::Mat& image, double radius) {
  const auto along = static_cast<float>(0.5 / radius);
  const auto diagonal = static_cast<float>(1.0 / radius);
  Parabola parabola(std::max(image.cols, image.rows));
  correct_corners(image, along, parabola);
  slide_rows(image, along, parabola);
  slide_columns(image, along, parabola);
  slide_rows(image, along, parabola);
  slide_falling(image, diagonal, parabola);
  slide_rising(image, diagonal, parabola);
  slide_falling(image, diagonal, parabola);
}

// ---- Subtraction ----

template <typename T>
void subtract(const cv::Mat& background, bool light, bool create, cv::Mat& plane) {
  constexpr auto most = static_cast<float>(std::numeric_limits<T>::max());
  const float offset = !create && light ? most + 0.5F : 0.5F;
  for (int y = 0; y < plane.rows; ++y) {
    const auto* from = background.ptr<float>(y);
    T* to = plane.ptr<T>(y);
    for (int x = 0; x < plane.cols; ++x) {
      float value = create ? from[x] + offset : static_cast<float>(to[x]) - from[x] + offset;
      // NaN becomes 0, as in Java.
      if (!(value >= 0.0F)) value = 0.0F;
      if (value > most) value = most;
      to[x] = static_cast<T>(value);
    }
  }
}

void subtract_in_grey(cv::Mat& plane, const BackgroundModel& model, bool create) {
  cv::Mat values;
  plane.convertTo(values, CV_32F);
  const cv::Mat background = background_of(std::move(values), model);
  switch (plane.depth()) {
    case CV_8U: subtract<std::uint8_t>(background, model.light, create, plane); break;
    case CV_16U: subtract<std::uint16_t>(background, model.light, create, plane); break;
    default:
      if (create)
        background.copyTo(plane);
      else
        plane -= background;
  }
}

}  // namespace

cv::Mat background_of(cv::Mat values, const BackgroundModel& model) {
  // Both methods work from below, on an image of its own whose rows lie one behind the other.
  cv::Mat image = model.light ? cv::Mat(-values) : values.clone();
  if (!model.paraboloid) {
    if (model.smooth) smooth(image);
    image = rolling_ball(image, model.radius);
  } else {
    float raised = 0.0F;
    if (model.smooth) {
      raised = static_cast<float>(widen_peaks(image));
      smooth(image);
    }
    sliding_paraboloid(image, model.radius);
    image -= raised;
  }
  if (model.light) image = -image;
  return image;
}

void subtract_background(cv::Mat& plane, const BackgroundModel& model, bool create, bool separate) {
  if (plane.channels() == 1) {
    subtract_in_grey(plane, model, create);
    return;
  }
  if (separate) {
    for (int channel = 0; channel < plane.channels(); ++channel) {
      cv::Mat one;
      cv::extractChannel(plane, one, channel);
      subtract_in_grey(one, model, create);
      cv::insertChannel(one, plane, channel);
    }
    return;
  }
  cv::Mat hsb[3];
  split_hsb(plane, hsb);
  subtract_in_grey(hsb[2], model, create);
  merge_hsb(hsb).copyTo(plane);
}

}  // namespace smear::imagej
