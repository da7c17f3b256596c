// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "imagej/macro/functions.h"
#include "imagej/macro/regex.h"
#include "imagej/number-format.h"

namespace smear::imagej {
namespace {

using When = Builtin::When;
using Elements = std::vector<MacroValue>;

// More than any macro keeps by element.
constexpr double most_elements = 1'000'000;

ArrayRef array_with(Elements elements = {}) {
  return std::make_shared<Elements>(std::move(elements));
}

std::size_t size_of(double value) {
  if (!(value >= 0.0) || value > most_elements)
    throw ValueError(fmt::format("an array of {} elements", value));
  return static_cast<std::size_t>(value);
}

Value new_array(BuiltinCall& call) {
  if (call.count() == 1 && call.arguments[0].is_number())
    return array_with(Elements(size_of(call.number(0))));
  Elements elements;
  for (const auto& one : call.arguments) {
    if (one.is_array()) throw ValueError("an array within an array");
    elements.push_back(macro_value_of(one));
  }
  return array_with(std::move(elements));
}

std::vector<double> numbers_of(const Elements& elements) {
  std::vector<double> numbers;
  for (const auto& one : elements) numbers.push_back(number_of(value_of(one)));
  return numbers;
}

bool is_text(const MacroValue& value) { return std::holds_alternative<std::string>(value.value); }

// The order of Array.sort; ImageJ compares strings without regard to case.
std::vector<std::size_t> order_of(const Elements& elements) {
  std::vector<std::size_t> order(elements.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto texts = static_cast<std::size_t>(std::ranges::count_if(elements, is_text));
  if (texts != 0 && texts != elements.size())
    throw ValueError("an array of numbers and strings cannot be sorted");
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const auto left = value_of(elements[a]);
    const auto right = value_of(elements[b]);
    if (texts == 0) {
      const double x = number_of(left);
      const double y = number_of(right);
      // NaN last, as Java sorts.
      return std::isnan(y) ? !std::isnan(x) : x < y;
    }
    return truth_of(binary_value("<", left, right));
  });
  return order;
}

Value sort(BuiltinCall& call) {
  // Further arrays go along with the first.
  const auto order = order_of(*call.array(0));
  for (std::size_t array = 0; array < call.count(); ++array) {
    Elements& elements = *call.array(array);
    if (elements.size() != order.size())
      throw ValueError("arrays that are sorted together have the same length");
    Elements sorted;
    for (const auto i : order) sorted.push_back(elements[i]);
    elements = std::move(sorted);
  }
  return call.arguments[0];
}

Value rank_positions(BuiltinCall& call) {
  Elements positions;
  for (const auto i : order_of(*call.array(0))) positions.push_back({static_cast<double>(i)});
  return array_with(std::move(positions));
}

Value concat(BuiltinCall& call) {
  Elements all;
  for (const auto& one : call.arguments) {
    if (!one.is_array())
      all.push_back(macro_value_of(one));
    else
      all.insert(all.end(), array_of(one)->begin(), array_of(one)->end());
    if (static_cast<double>(all.size()) > most_elements)
      throw ValueError("an array of more than a million elements");
  }
  return array_with(std::move(all));
}

Value slice(BuiltinCall& call) {
  const Elements& elements = *call.array(0);
  const double first = call.number(1);
  const double last = call.count() > 2 ? call.number(2) : static_cast<double>(elements.size());
  if (!(first >= 0) || !(last >= first) || last > static_cast<double>(elements.size()))
    throw ValueError(fmt::format("a part {}..{} of an array of {}", first, last, elements.size()));
  return array_with(
      Elements(elements.begin() + java_int(first), elements.begin() + java_int(last)));
}

Value trim(BuiltinCall& call) {
  const Elements& elements = *call.array(0);
  const auto count = size_of(call.number(1));
  if (count > elements.size())
    throw ValueError(fmt::format("{} elements of an array of {}", count, elements.size()));
  return array_with(
      Elements(elements.begin(), elements.begin() + static_cast<std::ptrdiff_t>(count)));
}

Value fill(BuiltinCall& call) {
  for (auto& one : *call.array(0)) one = {call.number(1)};
  return call.arguments[0];
}

Value reverse(BuiltinCall& call) {
  std::ranges::reverse(*call.array(0));
  return call.arguments[0];
}

Value delete_value(BuiltinCall& call) {
  Elements left;
  for (const auto& one : *call.array(0))
    if (!truth_of(binary_value("==", value_of(one), call.arguments[1]))) left.push_back(one);
  return array_with(std::move(left));
}

Value filter(BuiltinCall& call) {
  const std::string part = call.text(1);
  Elements left;
  if (part.size() > 1 && part.front() == '(' && part.back() == ')') {
    for (const auto& one : *call.array(0))
      if (finds(text_of(value_of(one)), part.substr(1, part.size() - 2))) left.push_back(one);
    return array_with(std::move(left));
  }
  for (const auto& one : *call.array(0))
    if (text_of(value_of(one)).find(part) != std::string::npos) left.push_back(one);
  return array_with(std::move(left));
}

Value sequence(BuiltinCall& call) {
  Elements elements(size_of(call.number(0)));
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = {static_cast<double>(i)};
  return array_with(std::move(elements));
}

// min, max, mean and standard deviation into arguments 1 to 4.
Value statistics(BuiltinCall& call) {
  const auto numbers = numbers_of(*call.array(0));
  const auto n = static_cast<double>(numbers.size());
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  double sum = 0.0;
  double squares = 0.0;
  for (const double x : numbers) {
    sum += x;
    squares += x * x;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const std::array<double, 4> results = {low, high, sum / n,
                                         std::sqrt((n * squares - sum * sum) / n / (n - 1.0))};
  for (std::size_t i = 1; i < call.count(); ++i) call.arguments[i] = results[i - 1];
  return 0.0;
}

Value rotate(BuiltinCall& call) {
  Elements& elements = *call.array(0);
  if (elements.empty()) return call.arguments[0];
  const auto size = static_cast<std::int64_t>(elements.size());
  const auto by = ((java_int(call.number(1)) % size) + size) % size;
  std::rotate(elements.begin(), elements.end() - by, elements.end());
  return call.arguments[0];
}

// Linear interpolation from end to end.
Value resample(BuiltinCall& call) {
  const auto numbers = numbers_of(*call.array(0));
  const auto size = size_of(call.number(1));
  if (numbers.empty() || size < 2)
    throw ValueError("resampling takes and gives 2 or more elements");
  Elements result;
  for (std::size_t i = 0; i < size; ++i) {
    const double at = static_cast<double>(i) * (static_cast<double>(numbers.size()) - 1.0) /
                      (static_cast<double>(size) - 1.0);
    const auto first = std::min(static_cast<std::size_t>(at), numbers.size() - 1);
    const auto second = std::min(first + 1, numbers.size() - 1);
    const double part = at - static_cast<double>(first);
    result.push_back({numbers[first] + part * (numbers[second] - numbers[first])});
  }
  return array_with(std::move(result));
}

// Places of maxima, the middle ones of plateaus: those from which one has to go down by more than
// the tolerance to get to a higher one, and the highest where the values differ by that much. Of
// equals, the first counts as higher. Highest first, of equals the last.
Value maxima(BuiltinCall& call) {
  if (call.count() > 2 && call.number(2) != 0.0)
    throw ValueError(fmt::format("{}: edge modes other than 0 are not supported", call.name));
  auto v = numbers_of(*call.array(0));
  const double tolerance = call.number(1);
  for (double& one : v) {
    if (std::isnan(one)) throw ValueError(fmt::format("{}: the array has NaN", call.name));
    if (call.name == "Array.findMinima") one = -one;
  }
  struct Peak {
    double value;
    std::size_t at;
  };
  std::vector<Peak> peaks;
  const auto [low, high] = std::ranges::minmax_element(v);
  bool highest = false;
  for (std::size_t first = 0, last = 0; first < v.size(); first = last + 1) {
    for (last = first; last + 1 < v.size() && v[last + 1] == v[first];) ++last;
    if ((first > 0 && v[first - 1] > v[first]) || (last + 1 < v.size() && v[last + 1] > v[last]))
      continue;
    // The lowest on the way to a higher one, on either side.
    double saddle = -std::numeric_limits<double>::infinity();
    double lowest = v[first];
    for (auto i = first; i-- > 0;) {
      lowest = std::min(lowest, v[i]);
      if (v[i] >= v[first]) saddle = std::max(saddle, lowest);
      if (v[i] >= v[first]) break;
    }
    lowest = v[first];
    for (auto i = last + 1; i < v.size(); ++i) {
      lowest = std::min(lowest, v[i]);
      if (v[i] > v[first]) saddle = std::max(saddle, lowest);
      if (v[i] > v[first]) break;
    }
    const bool top = v[first] == *high && !highest;
    highest |= top;
    if (top ? *high - *low >= tolerance : v[first] - saddle > tolerance)
      peaks.push_back({v[first], (first + last) / 2});
  }
  std::ranges::reverse(peaks);
  std::ranges::stable_sort(peaks, [](const Peak& a, const Peak& b) { return a.value > b.value; });
  Elements places;
  for (const auto& one : peaks) places.push_back({static_cast<double>(one.at)});
  return array_with(std::move(places));
}

Value delete_index(BuiltinCall& call) {
  Elements left = *call.array(0);
  const auto at = java_int(call.number(1));
  if (at < 0 || static_cast<std::size_t>(at) >= left.size())
    throw ValueError(fmt::format("index {} of an array of {} elements", at, left.size()));
  left.erase(left.begin() + at);
  return array_with(std::move(left));
}

Value print(BuiltinCall& call) {
  std::string line;
  for (std::size_t i = 0; i < call.count(); ++i) {
    if (!call.arguments[i].is_array()) {
      line += (i == 0 ? "" : " ") + call.text(i);
      continue;
    }
    bool first = true;
    for (const auto& one : *call.array(i)) {
      line += (first ? (i == 0 ? "" : " ") : ", ") + element_text(one);
      first = false;
    }
  }
  call.session.log.push_back(line);
  call.host.print(line);
  return 0.0;
}

}  // namespace

std::string element_text(const MacroValue& element) {
  const auto* number = std::get_if<double>(&element.value);
  if (number == nullptr) return text_of(value_of(element));
  return *number == java_int(*number) ? text_of(*number) : table_d2s(*number, 4);
}

void add_array_functions(std::vector<Builtin>& all) {
  const auto add = [&](const char* name, int least, int most,
                       Value (*run)(BuiltinCall&)) -> Builtin& {
    Builtin& one = add_builtin(all, name, least, most, run);
    one.values_only = true;
    return one;
  };
  add("newArray", 0, -1, new_array);
  add("Array.sort", 1, -1, sort).changes_first = true;
  add("Array.rotate", 2, 2, rotate).changes_first = true;
  add("Array.resample", 2, 2, resample);
  add("Array.deleteIndex", 2, 2, delete_index);
  add("Array.findMaxima", 2, 3, maxima);
  add("Array.findMinima", 2, 3, maxima);
  add("Array.rankPositions", 1, 1, rank_positions);
  add("Array.concat", 1, -1, concat);
  add("Array.slice", 2, 3, slice);
  add("Array.trim", 2, 2, trim);
  add("Array.copy", 1, 1, [](BuiltinCall& c) { return Value(array_with(*c.array(0))); });
  add("Array.fill", 2, 2, fill).changes_first = true;
  add("Array.reverse", 1, 1, reverse).changes_first = true;
  add("Array.invert", 1, 1, reverse).changes_first = true;
  add("Array.deleteValue", 2, 2, delete_value);
  add("Array.filter", 2, 2, filter);
  add("Array.getSequence", 1, 1, sequence);
  add("Array.getStatistics", 2, 5, statistics).outs = 0b11110;
  add("Array.print", 1, -1, print).when = When::effect;
}

}  // namespace smear::imagej
