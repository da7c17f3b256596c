// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "imagej/number-format.h"

namespace smear::imagej {

Value value_of(const MacroValue& value) {
  if (const auto* number = std::get_if<double>(&value.value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value.value)) return *text;
  return std::make_shared<std::vector<MacroValue>>(std::get<std::vector<MacroValue>>(value.value));
}

MacroValue macro_value_of(const Value& value) {
  if (value.is_number()) return {std::get<double>(value.data)};
  if (value.is_string()) return {std::get<std::string>(value.data)};
  return {*std::get<ArrayRef>(value.data)};
}

std::string text_of(const Value& value) {
  if (value.is_number()) return macro_text(std::get<double>(value.data));
  if (value.is_string()) return std::get<std::string>(value.data);
  throw ValueError("a number or a string is expected, got an array");
}

double number_of(const Value& value) {
  if (value.is_number()) return std::get<double>(value.data);
  if (value.is_array()) throw ValueError("a number is expected, got an array");
  throw ValueError(
      fmt::format("a number is expected, got the string '{}'", std::get<std::string>(value.data)),
      "parseFloat(...) makes a number of it");
}

const ArrayRef& array_of(const Value& value) {
  if (value.is_array()) return std::get<ArrayRef>(value.data);
  throw ValueError(fmt::format("an array is expected, got '{}'", text_of(value)));
}

bool truth_of(const Value& value) {
  if (value.is_string()) {
    const auto& text = std::get<std::string>(value.data);
    if (text == "true") return true;
    if (text == "false") return false;
  }
  const double number = number_of(value);
  if (number != 0.0 && number != 1.0)
    throw ValueError(fmt::format("a condition is expected, got {}", macro_text(number)),
                     "compare it: ... != 0");
  return number == 1.0;
}

std::int32_t java_int(double value) {
  if (std::isnan(value)) return 0;
  if (value <= std::numeric_limits<std::int32_t>::min())
    return std::numeric_limits<std::int32_t>::min();
  if (value >= std::numeric_limits<std::int32_t>::max())
    return std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(value);
}

namespace {

// Java's compareToIgnoreCase, for ASCII.
int compare_texts(const std::string& a, const std::string& b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (const int d = lower(a[i]) - lower(b[i]); d != 0) return d;
  return static_cast<int>(a.size()) - static_cast<int>(b.size());
}

Value comparison(std::string_view op, const Value& left, const Value& right) {
  if (left.is_array() || right.is_array()) throw ValueError("arrays cannot be compared");
  if (left.is_number() && right.is_number()) {
    const double a = std::get<double>(left.data);
    const double b = std::get<double>(right.data);
    if (op == "==") return a == b;
    if (op == "!=") return a != b;
    if (op == "<") return a < b;
    if (op == "<=") return a <= b;
    if (op == ">") return a > b;
    return a >= b;
  }
  const int order = compare_texts(text_of(left), text_of(right));
  if (op == "==") return order == 0;
  if (op == "!=") return order != 0;
  if (op == "<") return order < 0;
  if (op == "<=") return order <= 0;
  if (op == ">") return order > 0;
  return order >= 0;
}

std::uint32_t bits_of(double value) { return static_cast<std::uint32_t>(java_int(value)); }
Value of_bits(std::uint32_t bits) { return static_cast<double>(static_cast<std::int32_t>(bits)); }

}  // namespace

Value binary_value(std::string_view op, const Value& left, const Value& right) {
  if (op == "&&") {
    // Both are looked at: there is no short circuit.
    const bool a = truth_of(left);
    const bool b = truth_of(right);
    return a && b;
  }
  if (op == "||") {
    const bool a = truth_of(left);
    const bool b = truth_of(right);
    return a || b;
  }
  if (op == "==" || op == "!=" || op.front() == '<' || op.front() == '>')
    if (op != "<<" && op != ">>") return comparison(op, left, right);
  const double a = number_of(left);
  const double b = number_of(right);
  if (op == "*") return a * b;
  if (op == "/") return a / b;
  if (op == "%") return std::fmod(a, b);
  if (op == "&") return of_bits(bits_of(a) & bits_of(b));
  if (op == "|") return of_bits(bits_of(a) | bits_of(b));
  if (op == "^") return of_bits(bits_of(a) ^ bits_of(b));
  // Java shifts by the lowest five bits, right with the sign.
  if (op == "<<") return of_bits(bits_of(a) << (bits_of(b) & 31U));
  return static_cast<double>(java_int(a) >> (bits_of(b) & 31U));
}

Value unary_value(std::string_view op, const Value& value) {
  if (op == "!") return !truth_of(value);
  if (op == "-") return -number_of(value);
  return of_bits(~bits_of(number_of(value)));
}

std::optional<std::string> word_of_method(std::string_view method, const Value& result) {
  if (!result.is_number()) return std::nullopt;
  if (method == "matches") return truth_of(result) ? "1.0" : "0.0";
  if (method == "contains" || method == "startsWith" || method == "endsWith")
    return truth_of(result) ? "true" : "false";
  return std::nullopt;
}

bool asks_text(std::string_view method) {
  return method == "matches" || method == "contains" || method == "startsWith" ||
         method == "endsWith" || method == "indexOf" || method == "lastIndexOf";
}

Value sum_of(const std::vector<Term>& terms, bool mixed) {
  const bool joined = std::ranges::any_of(terms, [](const Term& t) { return t.value.is_string(); });
  if (!joined) {
    double sum = number_of(terms.front().value);
    for (std::size_t i = 1; i < terms.size(); ++i) {
      const double next = number_of(terms[i].value);
      sum = terms[i].op == '+' ? sum + next : sum - next;
    }
    return sum;
  }
  if (!terms.front().value.is_string() && !mixed)
    throw ValueError("ImageJ makes NaN of a number + a string here",
                     "begin with a string: \"\" + ...");
  std::string text;
  bool begun = false;
  const auto is_text = [&](const Term& term) {
    return !term.value.is_number() || term.own_function || term.method || (begun && term.as_text);
  };
  for (std::size_t i = 0; i < terms.size();) {
    if (terms[i].op == '-') throw ValueError("'-' cannot be used on strings");
    if (is_text(terms[i])) {
      text += terms[i].as_text ? *terms[i].as_text : text_of(terms[i].value);
      begun = true;
      ++i;
      if (text.size() > 10'000'000) throw ValueError("a text of more than 10 million characters");
      continue;
    }
    double run = number_of(terms[i++].value);
    const auto goes_on = [&](const Term& term) {
      return term.value.is_number() && !term.method && !(begun && term.as_text);
    };
    for (; i < terms.size() && goes_on(terms[i]); ++i) {
      const double next = number_of(terms[i].value);
      run = terms[i].op == '+' ? run + next : run - next;
    }
    if (i < terms.size() && terms[i].element && terms[i].value.is_string())
      throw ValueError("ImageJ makes NaN of a number and an element of an array that is a text",
                       "put the element into a variable first");
    text += macro_text(run);
    if (text.size() > 10'000'000) throw ValueError("a text of more than 10 million characters");
  }
  return text;
}

std::optional<double> number_in_text(std::string text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  text.erase(text.begin(), std::ranges::find_if_not(text, blank));
  while (!text.empty() && blank(text.back())) text.pop_back();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.erase(0, 1);
  }
  if (text == "Infinity")
    return negative ? -std::numeric_limits<double>::infinity()
                    : std::numeric_limits<double>::infinity();
  // Java takes a type's letter behind the number.
  if (!text.empty() && std::string_view("dDfF").find(text.back()) != std::string_view::npos)
    text.pop_back();
  if (text.empty() ||
      (std::isdigit(static_cast<unsigned char>(text.front())) == 0 && text.front() != '.'))
    return std::nullopt;
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? -value : value;
}

void expand(const ArrayRef& array, double index) {
  const auto last = java_int(index);
  if (last >= 1'000'000) throw ValueError(fmt::format("index {} of an array is too large", last));
  if (last < 0 || static_cast<std::size_t>(last) < array->size()) return;
  MacroValue nothing;
  nothing.value = std::numeric_limits<double>::quiet_NaN();
  array->resize(static_cast<std::size_t>(last) + 1, nothing);
}

std::u16string utf16_of(std::string_view text) {
  std::u16string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    std::uint32_t code = bytes == 1 ? lead : lead & (0x7FU >> bytes);
    if (lead >= 0x80 && (lead < 0xC0 || i + bytes > text.size())) {
      result += u'\uFFFD';
      ++i;
      continue;
    }
    for (std::size_t k = 1; k < bytes; ++k)
      code = (code << 6U) | (static_cast<std::uint8_t>(text[i + k]) & 0x3FU);
    i += bytes;
    if (code < 0x10000) {
      result += static_cast<char16_t>(code);
    } else {
      result += static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10U));
      result += static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FFU));
    }
  }
  return result;
}

std::string utf8_of(std::u16string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t code = text[i];
    if (code >= 0xD800 && code < 0xDC00 && i + 1 < text.size())
      code = 0x10000 + ((code - 0xD800) << 10U) + (static_cast<std::uint32_t>(text[++i]) - 0xDC00);
    const auto tail = [&](std::uint32_t bits) {
      result += static_cast<char>(0x80 | (bits & 0x3FU));
    };
    if (code < 0x80) {
      result += static_cast<char>(code);
    } else if (code < 0x800) {
      result += static_cast<char>(0xC0 | (code >> 6U));
      tail(code);
    } else if (code < 0x10000) {
      result += static_cast<char>(0xE0 | (code >> 12U));
      tail(code >> 6U);
      tail(code);
    } else {
      result += static_cast<char>(0xF0 | (code >> 18U));
      tail(code >> 12U);
      tail(code >> 6U);
      tail(code);
    }
  }
  return result;
}

}  // namespace smear::imagej
