// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

namespace smear {

/// False for NaN, and for what no figure comes to before it ends as infinite; differences of what
/// can be drawn are finite, too.
bool can_be_drawn(double value);

/// From the smallest to the largest of the values that a chart shows.
struct ValueRange {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  /// Makes room for a value; one that cannot be drawn needs none.
  void include(double value);
  /// True until a value is included.
  [[nodiscard]] bool empty() const { return low > high; }
};

/// The axis of a chart's values, which is logarithmic where all are positive and the largest is
/// more than 30 times the smallest.
class ValueScale {
 public:
  /// Of a range that is not empty.
  explicit ValueScale(ValueRange range);

  /// Where a value stands: 0 at the low end of the axis, 1 at the high one.
  [[nodiscard]] double part(double value) const;
  /// Round numbers within; at most about `most` of them where the axis is linear.
  [[nodiscard]] std::vector<double> ticks(int most) const;
  [[nodiscard]] bool logarithmic() const { return logarithmic_; }

 private:
  ValueRange range_;
  bool logarithmic_;
};

/// Round numbers that divide low..high in `most` parts or fewer, all of them within.
std::vector<double> linear_ticks(double low, double high, int most);

/// Powers of ten within low..high, both positive; with 2 and 5 times them where those are few.
std::vector<double> logarithmic_ticks(double low, double high);

}  // namespace smear
