// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <locale>
#include <numbers>
#include <optional>
#include <regex>

#include <boost/locale/encoding_utf.hpp>

#include "imagej/macro/functions.h"
#include "imagej/macro/regex.h"
#include "imagej/number-format.h"

namespace smear::imagej {
namespace {

using When = Builtin::When;

// Regular expressions and letters are of characters, not of bytes.
std::wstring wide(const std::string& text) {
  return boost::locale::conv::utf_to_utf<wchar_t>(text);
}
std::string narrow(const std::wstring& text) { return boost::locale::conv::utf_to_utf<char>(text); }

ArrayRef new_array() { return std::make_shared<std::vector<MacroValue>>(); }

// Whether a group that repeats something is itself repeated: such patterns can take for ever.
bool repeats_repetition(const std::string& pattern) {
  std::vector<bool> repeats{false};
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (c == '(') {
      repeats.push_back(false);
    } else if (c == ')' && repeats.size() > 1) {
      const bool inner = repeats.back();
      repeats.pop_back();
      const char next = i + 1 < pattern.size() ? pattern[i + 1] : ' ';
      if (inner && (next == '*' || next == '+' || next == '{')) return true;
      if (inner) repeats.back() = true;
    } else if (c == '*' || c == '+' || c == '{') {
      repeats.back() = true;
    }
  }
  return false;
}

// A regular expression of Java's as one of ECMAScript's; what differs is refused.
std::wregex java_regex(const std::string& pattern) {
  static constexpr std::array<std::string_view, 12> foreign = {
      "(?i", "(?s", "(?m", "(?x", "(?u", "(?d", "(?<", "(?>", "*+", "++", "?+", "&&"};
  const auto refuse = [&](std::string_view what) {
    return ValueError(fmt::format("the regular expression '{}' uses '{}', which is not supported",
                                  pattern, what));
  };
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      static constexpr std::string_view known =
          "tnrfdDsSwWbB.\\+*?()[]{}|^$/-_,:;#@!%&=<>\"'~ 123456789";
      if (i + 1 >= pattern.size() || known.find(pattern[i + 1]) == std::string_view::npos)
        throw refuse(pattern.substr(i, 2));
      ++i;
      continue;
    }
    if (in_class && pattern[i] == '[') throw refuse("[ within [ ]");
    if (pattern[i] == '[') in_class = true;
    if (pattern[i] == ']') in_class = false;
    for (const auto one : foreign)
      if (pattern.compare(i, one.size(), one) == 0 && !(in_class && one != "&&")) throw refuse(one);
  }
  if (repeats_repetition(pattern)) throw refuse("a repetition within a repetition");
  if (pattern.size() > 500) throw ValueError("this regular expression is too long");
  try {
    return std::wregex(wide(pattern), std::wregex::ECMAScript);
  } catch (const std::regex_error&) {
    throw ValueError(fmt::format("'{}' is no regular expression", pattern));
  }
}

void check_length(const std::string& text) {
  // std::regex recurses over the text: this keeps the stack whole.
  if (text.size() > 5'000)
    throw ValueError("a text of more than 5000 characters is too long for a regular expression");
}

}  // namespace

bool finds(const std::string& text, const std::string& pattern) {
  check_length(text);
  return std::regex_search(wide(text), java_regex(pattern));
}

namespace {

Value matches(BuiltinCall& call) {
  const std::string text = call.text(0);
  check_length(text);
  return std::regex_match(wide(text), java_regex(call.text(1)));
}

Value replace(BuiltinCall& call) {
  const std::string text = call.text(0);
  const std::string old = call.text(1);
  const std::string by = call.text(2);
  // ImageJ takes a single character as it is, and longer texts as regular expressions.
  if (utf16_of(old).size() == 1) {
    std::string result;
    for (std::size_t at = 0;;) {
      const auto found = text.find(old, at);
      result += text.substr(at, found - at);
      if (found == std::string::npos) return result;
      result += by;
      if (result.size() > 10'000'000) throw ValueError("a text of more than 10 million characters");
      at = found + old.size();
    }
  }
  if (by.find('\\') != std::string::npos)
    throw ValueError("a replacement with a backslash is not supported");
  if (old.empty()) throw ValueError("the text to replace is empty");
  check_length(text);
  return narrow(std::regex_replace(wide(text), java_regex(old), wide(by)));
}

std::size_t index_of(const std::u16string& text, double at) {
  const auto index = java_int(at);
  if (index < 0 || static_cast<std::size_t>(index) > text.size())
    throw ValueError(fmt::format("{} is not within the string '{}', which has {} characters", index,
                                 utf8_of(text), text.size()));
  return static_cast<std::size_t>(index);
}

Value substring(BuiltinCall& call) {
  const auto text = utf16_of(call.text(0));
  const auto first = index_of(text, call.number(1));
  const auto last = call.count() > 2 ? index_of(text, call.number(2)) : text.size();
  if (last < first)
    throw ValueError(fmt::format("the part ends at {} before it begins at {}", last, first));
  return utf8_of(text.substr(first, last - first));
}

Value found_at(std::size_t at) {
  return at == std::u16string::npos ? -1.0 : static_cast<double>(at);
}
Value index_of_text(BuiltinCall& call) {
  const auto text = utf16_of(call.text(0));
  const std::size_t from = call.count() > 2 ? index_of(text, call.number(2)) : 0;
  return found_at(text.find(utf16_of(call.text(1)), from));
}
Value last_index_of_text(BuiltinCall& call) {
  return found_at(utf16_of(call.text(0)).rfind(utf16_of(call.text(1))));
}

Value length_of(BuiltinCall& call) {
  if (call.arguments[0].is_array()) return static_cast<double>(call.array(0)->size());
  return static_cast<double>(utf16_of(call.text(0)).size());
}

std::string trimmed(const std::string& text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  auto first = std::ranges::find_if_not(text, blank);
  auto last = std::find_if_not(text.rbegin(), text.rend(), blank).base();
  return first < last ? std::string(first, last) : "";
}

// As Java's StringTokenizer: at any of the characters, without empty parts.
void tokenize(const std::string& text, const std::string& delimiters,
              std::vector<MacroValue>& into) {
  for (std::size_t at = 0;;) {
    at = text.find_first_not_of(delimiters, at);
    if (at == std::string::npos) return;
    const auto end = std::min(text.find_first_of(delimiters, at), text.size());
    into.emplace_back().value = text.substr(at, end - at);
    at = end;
  }
}

void split_at_regex(const std::string& whole, const std::string& pattern,
                    std::vector<MacroValue>& into) {
  check_length(whole);
  const std::wstring text = wide(whole);
  const auto expression = java_regex(pattern);
  auto from = text.begin();
  for (std::wsregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i) {
    if (i->length() == 0) throw ValueError("the pattern to split at fits an empty text");
    // Java drops an empty first part of no length.
    into.emplace_back().value = narrow({from, text.begin() + i->position()});
    from = text.begin() + i->position() + i->length();
  }
  into.emplace_back().value = narrow({from, text.end()});
}

Value split(BuiltinCall& call) {
  const std::string text = call.text(0);
  const std::string at = call.count() > 1 ? call.text(1) : "";
  auto result = new_array();
  if (text.empty()) return result;
  if (at.size() > 2 && at.front() == '(' && at.back() == ')') {
    split_at_regex(text, at.substr(1, at.size() - 2), *result);
  } else if (at == "," || at == ";" || at == "\n") {
    // These keep empty parts; line feeds not a last one.
    std::size_t from = 0;
    for (auto found = text.find(at); found != std::string::npos; found = text.find(at, from)) {
      result->emplace_back().value = text.substr(from, found - from);
      from = found + 1;
    }
    if (at != "\n" || from < text.size()) result->emplace_back().value = text.substr(from);
  } else {
    tokenize(text, at.empty() ? " \t\n\r" : at, *result);
  }
  return result;
}

double java_round(double value) { return std::floor(value + 0.5); }
// Java's Math.round gives a long, which has no NaN.
double math_round(double value) { return std::isnan(value) ? 0.0 : java_round(value); }

Value parse_int(BuiltinCall& call) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string text = call.text(0);
  const int radix = call.count() > 1 ? java_int(call.number(1)) : 10;
  if (radix == 10) {
    const auto value = number_in_text(text);
    if (!value || std::isnan(*value)) return nan;
    return java_round(*value);
  }
  if (radix < 2 || radix > 36) throw ValueError("a radix of 2..36 is expected");
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
  if (error != std::errc() || end != text.data() + text.size()) return nan;
  return static_cast<double>(value);
}

int decimals_of(double value) {
  const auto decimals = java_int(value);
  if (decimals < -9 || decimals > 9) return decimals < 0 ? -9 : 9;
  return decimals;
}

Value to_string(BuiltinCall& call) {
  if (call.count() == 1) return call.text(0);
  if (call.arguments[0].is_number()) return d2s(call.number(0), decimals_of(call.number(1)));
  return d2s(number_in_text(call.text(0)).value_or(std::numeric_limits<double>::quiet_NaN()),
             decimals_of(call.number(1)));
}

// The decimal digits of a number as Java's Double.toString has them, and the place of the point.
struct Digits {
  std::string text;
  int point = 0;  // 0.TEXT times 10 to this
};
Digits digits_of(double value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  std::string all(buffer.data(), end);
  const auto e = all.find('e');
  Digits digits{all.substr(0, e), value == 0.0 ? 1 : std::stoi(all.substr(e + 1)) + 1};
  std::erase(digits.text, '.');
  return digits;
}

// Rounds to `count` digits, half up.
Digits rounded(Digits digits, int count) {
  if (count >= static_cast<int>(digits.text.size())) return digits;
  if (count < 0) return {"0", digits.point};
  const bool up = digits.text[static_cast<std::size_t>(count)] >= '5';
  digits.text.resize(static_cast<std::size_t>(count));
  if (up) {
    auto i = digits.text.size();
    while (i > 0 && digits.text[i - 1] == '9') digits.text[--i] = '0';
    if (i > 0)
      ++digits.text[i - 1];
    else {
      digits.text.insert(0, "1");
      ++digits.point;
    }
  }
  if (digits.text.empty()) digits.text = "0";
  return digits;
}

std::string java_fixed(double value, int places) {
  const Digits whole = digits_of(value);
  const Digits d = rounded(whole, whole.point + places);
  const bool nothing = whole.point + places < 0;
  const auto digit = [&](int i) {
    return !nothing && i >= 0 && i < static_cast<int>(d.text.size())
               ? d.text[static_cast<std::size_t>(i)]
               : '0';
  };
  std::string text;
  for (int i = std::min(0, d.point - 1); i < d.point; ++i)
    if (i >= 0 || d.point <= 0) text += i == d.point - 1 || i >= 0 ? digit(i) : '0';
  if (d.point <= 0) text = "0";
  if (places > 0) text += '.';
  for (int i = 0; i < places; ++i) text += digit(d.point + i);
  return text;
}

std::string java_exponent(double value, int places) {
  const Digits d = rounded(digits_of(value), places + 1);
  std::string text = d.text.substr(0, 1);
  if (places > 0) text += '.';
  for (int i = 1; i <= places; ++i)
    text += i < static_cast<int>(d.text.size()) ? d.text[static_cast<std::size_t>(i)] : '0';
  const int exponent = value == 0.0 ? 0 : d.point - 1;
  return text + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
}

// One %-FLAGS-WIDTH.PLACES-f of a format.
std::string formatted(const std::string& flags, int width, int places, char kind, double value) {
  const auto has = [&](char flag) { return flags.find(flag) != std::string::npos; };
  const bool finite = std::isfinite(value);
  std::string text = std::isnan(value)   ? "NaN"
                     : std::isinf(value) ? "Infinity"
                     : kind == 'f'       ? java_fixed(std::fabs(value), places)
                                         : java_exponent(std::fabs(value), places);
  if (kind == 'E')
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  const std::string sign = std::isnan(value)     ? ""
                           : std::signbit(value) ? "-"
                           : has('+')            ? "+"
                           : has(' ')            ? " "
                                                 : "";
  const auto missing =
      static_cast<std::size_t>(std::max(0, width - static_cast<int>(text.size() + sign.size())));
  if (has('0') && finite) return sign + std::string(missing, '0') + text;
  if (has('-')) return sign + text + std::string(missing, ' ');
  return std::string(missing, ' ') + sign + text;
}

Value format(BuiltinCall& call) {
  static const std::regex directive(R"(%([-+ 0]*)(\d{0,3})(?:\.(\d{1,3}))?([feE%]))");
  const std::string pattern = call.text(0);
  std::string result;
  std::size_t next = 1;
  auto from = pattern.cbegin();
  for (auto at = pattern.find('%'); at != std::string::npos; at = pattern.find('%', at)) {
    result.append(from, pattern.cbegin() + static_cast<std::ptrdiff_t>(at));
    std::smatch match;
    const auto here = pattern.cbegin() + static_cast<std::ptrdiff_t>(at);
    if (!std::regex_search(here, pattern.cend(), match, directive,
                           std::regex_constants::match_continuous))
      throw ValueError(fmt::format("String.format: '{}' is not supported", pattern.substr(at, 6)),
                       "ImageJ gives it decimal numbers: %.2f, %8.3f, %05.1f and %e are, %d is an "
                       "error there, too");
    const char kind = match[4].str()[0];
    if (kind == '%') {
      result += '%';
    } else {
      if (next >= call.count())
        throw ValueError("String.format: there are fewer numbers than places for them");
      result +=
          formatted(match[1], match[2].length() == 0 ? 0 : std::stoi(match[2]),
                    match[3].length() == 0 ? 6 : std::stoi(match[3]), kind, call.number(next++));
    }
    from = match[0].second;
    at = static_cast<std::size_t>(from - pattern.cbegin());
  }
  return result.append(from, pattern.cend());
}

Value join(BuiltinCall& call) {
  const std::string by = call.count() > 1 ? call.text(1) : ", ";
  std::string result;
  bool first = true;
  for (const auto& one : *call.array(0)) {
    result += (first ? "" : by) + element_text(one);
    if (result.size() > 10'000'000) throw ValueError("a text of more than 10 million characters");
    first = false;
  }
  return result;
}

Value pad(BuiltinCall& call) {
  std::string text = call.text(0);
  // A number that is none becomes 0.
  if (call.name == "IJ.pad" && call.arguments[0].is_number() && std::isnan(call.number(0)))
    text = "0";
  const auto length = java_int(call.number(1));
  if (length > 1000) throw ValueError("a length of at most 1000 is expected");
  while (static_cast<int>(utf16_of(text).size()) < length) text.insert(0, "0");
  return text;
}

// Which letters belong together.
const std::ctype<wchar_t>& letters_for(const std::wstring& text) {
  static const std::optional<std::locale> locale = []() -> std::optional<std::locale> {
    try {
      return std::locale("C.UTF-8");
    } catch (const std::runtime_error&) {
      return std::nullopt;
    }
  }();
  if (!locale && std::ranges::any_of(text, [](wchar_t letter) { return letter > 127; }))
    throw ValueError("small and capital letters beyond ASCII need the system's locale C.UTF-8",
                     "install it (Debian: libc-bin)");
  return std::use_facet<std::ctype<wchar_t>>(locale ? *locale : std::locale::classic());
}

Value to_lower_case(BuiltinCall& call) {
  std::wstring text = wide(call.text(0));
  letters_for(text).tolower(text.data(), text.data() + text.size());
  return narrow(text);
}

Value to_upper_case(BuiltinCall& call) {
  const std::wstring given = wide(call.text(0));
  const auto& letters = letters_for(given);
  std::wstring text;
  for (const wchar_t letter : given) {
    if (letter == L'\u00df')
      text += L"SS";
    else
      text += letters.toupper(letter);
  }
  return narrow(text);
}

Value from_codes(BuiltinCall& call) {
  std::u16string text;
  for (std::size_t i = 0; i < call.count(); ++i) {
    const auto code = java_int(call.number(i));
    if (code < 0 || code > 65535) throw ValueError("a character's code is 0..65535");
    text += static_cast<char16_t>(code);
  }
  return utf8_of(text);
}

Value char_at(BuiltinCall& call) {
  const auto text = utf16_of(call.text(0));
  const auto at = index_of(text, call.number(1));
  if (at == text.size()) throw ValueError(fmt::format("{} is behind the last character", at));
  return utf8_of(text.substr(at, 1));
}
Value code_at(BuiltinCall& call) {
  const auto text = utf16_of(call.text(0));
  const auto at = index_of(text, call.number(1));
  if (at == text.size()) throw ValueError(fmt::format("{} is behind the last character", at));
  return static_cast<double>(text[at]);
}

constexpr const char* string_buffer = "(String.buffer)";
std::string buffer_of(const Session& session) {
  const auto found = session.variables.find(string_buffer);
  if (found == session.variables.end()) return "";
  const auto* text = std::get_if<std::string>(&found->second.value);
  return text == nullptr ? "" : *text;
}

Value to_hex(BuiltinCall& call) {
  return fmt::format("{:x}", static_cast<std::uint32_t>(java_int(call.number(0))));
}
Value to_binary(BuiltinCall& call) {
  return fmt::format("{:b}", static_cast<std::uint32_t>(java_int(call.number(0))));
}

}  // namespace

void add_text_functions(std::vector<Builtin>& all) {
  const auto add = [&](const char* name, int least, int most, Value (*run)(BuiltinCall&)) {
    add_builtin(all, name, least, most, run);
  };
  add("lengthOf", 1, 1, length_of);
  add("substring", 2, 3, substring);
  add("indexOf", 2, 3, index_of_text);
  add("lastIndexOf", 2, 2, last_index_of_text);
  add("startsWith", 2, 2, [](BuiltinCall& c) { return Value(c.text(0).starts_with(c.text(1))); });
  add("endsWith", 2, 2, [](BuiltinCall& c) { return Value(c.text(0).ends_with(c.text(1))); });
  add("String.contains", 2, 2,
      [](BuiltinCall& c) { return Value(c.text(0).find(c.text(1)) != std::string::npos); });
  add("matches", 2, 2, matches);
  add("replace", 3, 3, replace);
  add("split", 1, 2, split);
  add("toLowerCase", 1, 1, to_lower_case);
  add("toUpperCase", 1, 1, to_upper_case);
  add("toString", 1, 2, to_string);
  add("d2s", 2, 2,
      [](BuiltinCall& c) { return Value(d2s(c.number(0), decimals_of(c.number(1)))); });
  add("parseInt", 1, 2, parse_int);
  add("parseFloat", 1, 1, [](BuiltinCall& c) {
    return Value(number_in_text(c.text(0)).value_or(std::numeric_limits<double>::quiet_NaN()));
  });
  add("String.join", 1, 2, join);
  add("String.format", 1, -1, format);
  add("String.pad", 2, 2, pad);
  add("IJ.pad", 2, 2, pad);
  // The buffer is a variable that no macro can name.
  const auto add_state = [&](const char* name, int count, Builtin::When when,
                             Value (*run)(BuiltinCall&)) {
    add(name, count, count, run);
    all.back().when = when;
  };
  add_state("String.resetBuffer", 0, When::effect, [](BuiltinCall& c) {
    c.session.variables[string_buffer].value = std::string();
    return Value(0.0);
  });
  add_state("String.append", 1, When::effect, [](BuiltinCall& c) {
    const std::string text = buffer_of(c.session) + c.text(0);
    if (text.size() > 10'000'000) throw ValueError("a text of more than 10 million characters");
    c.session.variables[string_buffer].value = text;
    return Value(0.0);
  });
  add_state("String.buffer", 0, When::state,
            [](BuiltinCall& c) { return Value(buffer_of(c.session)); });
  add("String.trim", 1, 1, [](BuiltinCall& c) { return Value(trimmed(c.text(0))); });
  add("String.charAt", 2, 2, char_at);
  add("charCodeAt", 2, 2, code_at);
  add("fromCharCode", 1, -1, from_codes);
  add("toHex", 1, 1, to_hex);
  add("toBinary", 1, 1, to_binary);
}

void add_number_functions(std::vector<Builtin>& all) {
  using Function1 = double (*)(double);
  using Function2 = double (*)(double, double);
  const auto one = [&](std::initializer_list<const char*> names, Function1 f) {
    for (const char* name : names) {
      Builtin made{.name = name, .least = 1, .most = 1, .run = {}, .why = {}};
      made.run = [f](BuiltinCall& c) { return Value(f(c.number(0))); };
      all.push_back(std::move(made));
    }
  };
  const auto two = [&](std::initializer_list<const char*> names, Function2 f) {
    for (const char* name : names) {
      Builtin made{.name = name, .least = 2, .most = 2, .run = {}, .why = {}};
      made.run = [f](BuiltinCall& c) { return Value(f(c.number(0), c.number(1))); };
      all.push_back(std::move(made));
    }
  };
  one({"round"}, java_round);
  one({"Math.round"}, math_round);
  one({"floor", "Math.floor"}, std::floor);
  one({"Math.ceil"}, std::ceil);
  one({"abs", "Math.abs"}, std::fabs);
  one({"sqrt", "Math.sqrt"}, std::sqrt);
  one({"exp", "Math.exp"}, std::exp);
  one({"log", "Math.log"}, std::log);
  one({"Math.log10"}, std::log10);
  one({"sin", "Math.sin"}, std::sin);
  one({"cos", "Math.cos"}, std::cos);
  one({"tan", "Math.tan"}, std::tan);
  one({"asin", "Math.asin"}, std::asin);
  one({"acos", "Math.acos"}, std::acos);
  one({"atan", "Math.atan"}, std::atan);
  one({"Math.sqr"}, [](double x) { return x * x; });
  one({"Math.erf"}, std::erf);
  one({"Math.toRadians"}, [](double x) { return x * (std::numbers::pi / 180.0); });
  one({"Math.toDegrees"}, [](double x) { return x * (180.0 / std::numbers::pi); });
  one({"isNaN"}, [](double x) { return std::isnan(x) ? 1.0 : 0.0; });
  add_builtin(all, "Math.constrain", 3, 3, [](BuiltinCall& c) {
    // Java's minimum and maximum: NaN where either is.
    if (std::isnan(c.number(0))) return Value(c.number(0));
    return Value(std::min(std::max(c.number(0), c.number(1)), c.number(2)));
  });
  add_builtin(all, "Math.map", 5, 5, [](BuiltinCall& c) {
    return Value((c.number(0) - c.number(1)) / (c.number(2) - c.number(1)) *
                     (c.number(4) - c.number(3)) +
                 c.number(3));
  });
  two({"pow", "Math.pow"}, std::pow);
  two({"atan2", "Math.atan2"}, std::atan2);
  // Java's: NaN where either is.
  two({"minOf", "Math.min"}, [](double a, double b) {
    return std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::quiet_NaN()
                                          : std::min(a, b);
  });
  two({"maxOf", "Math.max"}, [](double a, double b) {
    return std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::quiet_NaN()
                                          : std::max(a, b);
  });
}

}  // namespace smear::imagej
