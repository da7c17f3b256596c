// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "imagej/session.h"

namespace smear::imagej {

/// An array of the macro language. Variables share it: `b = a; b[0] = 9;` changes `a`.
using ArrayRef = std::shared_ptr<std::vector<MacroValue>>;

/// A value while a macro runs.
struct Value {
  std::variant<double, std::string, ArrayRef> data = 0.0;

  Value() = default;
  Value(double number) : data(number) {}                    // NOLINT(google-explicit-constructor)
  Value(bool truth) : data(truth ? 1.0 : 0.0) {}            // NOLINT(google-explicit-constructor)
  Value(int number) : data(static_cast<double>(number)) {}  // NOLINT(google-explicit-constructor)
  Value(std::string text) : data(std::move(text)) {}        // NOLINT(google-explicit-constructor)
  Value(const char* text) : data(std::string(text)) {}      // NOLINT(google-explicit-constructor)
  Value(ArrayRef array) : data(std::move(array)) {}         // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool is_number() const { return data.index() == 0; }
  [[nodiscard]] bool is_string() const { return data.index() == 1; }
  [[nodiscard]] bool is_array() const { return data.index() == 2; }
};

/// What is wrong with values, without a place: whoever evaluates knows that.
class ValueError : public std::runtime_error {
 public:
  explicit ValueError(const std::string& message, std::string hint_text = "")
      : std::runtime_error(message), hint(std::move(hint_text)) {}
  std::string hint;
};

Value value_of(const MacroValue& value);
MacroValue macro_value_of(const Value& value);

/// As `print` shows it; `ValueError` for arrays.
std::string text_of(const Value& value);
/// `ValueError` that says what was there instead.
double number_of(const Value& value);
const ArrayRef& array_of(const Value& value);
/// A condition's value: 0 or 1 (or "true", "false"); ImageJ refuses others.
bool truth_of(const Value& value);

/// A double as Java makes an int of it: cut, saturated, NaN is 0.
std::int32_t java_int(double value);

/// The number that a text is, as Java's Double.valueOf reads it; nothing where it is none.
std::optional<double> number_in_text(std::string text);

/// Every binary operator but + and -, comparisons without regard to case, && and ||.
Value binary_value(std::string_view op, const Value& left, const Value& right);
Value unary_value(std::string_view op, const Value& value);

/// An element of an array as Array.print and String.join write it: not as numbers become strings
/// elsewhere, 2.5 is "2.5000".
std::string element_text(const MacroValue& element);

/// One term of a sum.
struct Term {
  char op = '+';
  Value value;
  bool own_function = false;                ///< a call of one of the macro's functions
  std::optional<std::string> as_text = {};  ///< of a value of List: what is joined to a text
  bool element = false;                     ///< of an array
  bool method = false;  ///< of a text, such as .indexOf: joined to texts like a text
};

/// The text that is joined to others of what a method of a text gives; nothing where that is a text
/// anyway, or a number.
std::optional<std::string> word_of_method(std::string_view method, const Value& result);
/// Whether a method asks for a number or a truth of a text, and of no array.
bool asks_text(std::string_view method);

/// A sum of numbers, or numbers and strings joined as ImageJ joins them: behind a string, numbers
/// in a row are added first ("x" + 1 + 2 is "x3"). A number before the first string makes ImageJ
/// give NaN except in arguments of its own functions (`mixed`); here it is a `ValueError`.
Value sum_of(const std::vector<Term>& terms, bool mixed);

/// With setOption("ExpandableArrays", true): makes an array long enough for an element that is set;
/// those between are NaN. Throws `ValueError` beyond a million.
void expand(const ArrayRef& array, double index);

/// The text's UTF-16 units, which ImageJ's string functions count, and back.
std::u16string utf16_of(std::string_view text);
std::string utf8_of(std::u16string_view text);

}  // namespace smear::imagej
