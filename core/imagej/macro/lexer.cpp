// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/lexer.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

namespace smear::imagej {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// The bytes of the UTF-8 character at `at`, and whether it is a letter to ImageJ: 256 and above.
struct Wide {
  std::size_t bytes = 1;
  bool letter = false;
};
Wide wide_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<std::uint8_t>(text[at]);
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  for (std::size_t i = 1; i < bytes; ++i)
    if (at + i >= text.size() || (static_cast<std::uint8_t>(text[at + i]) & 0xC0U) != 0x80U)
      return {};
  // Two bytes that begin with C2 or C3 are 128..255, which ImageJ takes for blanks.
  return {bytes, bytes > 1 && lead > 0xC3};
}

class Lexer {
 public:
  Lexer(std::string_view text, const std::string& file, std::vector<Diagnostic>& problems)
      : text_(text), file_(file), problems_(problems) {}

  std::vector<Token> run() {
    while (skip_blanks()) next();
    begin(Token::Kind::end);
    finish();
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] bool more(std::size_t ahead = 0) const { return at_ + ahead < text_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return more(ahead) ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] Place place() const { return {line_, static_cast<int>(at_ - line_start_) + 1}; }
  void advance(std::size_t count = 1) {
    for (; count > 0 && more(); --count) {
      if (text_[at_] == '\n') {
        ++line_;
        line_start_ = at_ + 1;
        line_begun_ = false;
      }
      ++at_;
    }
  }
  void error(Place where, std::string message, std::string hint = "") {
    problems_.push_back({file_, where, std::move(message), std::move(hint)});
  }

  // To the next token; false at the end.
  bool skip_blanks() {
    while (more()) {
      const char c = peek();
      if (static_cast<std::uint8_t>(c) <= ' ') {
        advance();
      } else if (c == '/' && peek(1) == '/') {
        while (more() && peek() != '\n') advance();
      } else if (c == '/' && peek(1) == '*') {
        skip_comment();
      } else if (static_cast<std::uint8_t>(c) >= 128 && !wide_at(text_, at_).letter) {
        advance(wide_at(text_, at_).bytes);
      } else {
        return true;
      }
    }
    return false;
  }

  void skip_comment() {
    const Place start = place();
    const auto end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) {
      error(start, "this comment is not closed", "end it with */");
      at_ = text_.size();
      return;
    }
    advance(end + 2 - at_);
  }

  void begin(Token::Kind kind) {
    tokens_.emplace_back();
    tokens_.back().kind = kind;
    tokens_.back().place = place();
  }
  void finish() { tokens_.back().stop = place(); }

  void next() {
    const bool first = !line_begun_;
    line_begun_ = true;
    const char c = peek();
    if (c == '#' && peek(1) == '@' && first) return parameter_line();
    if (c == '"' || c == '\'') return string();
    for (const std::string_view quote : {"\u201C", "\u201D", "\u2018", "\u2019", "\u201E"})
      if (text_.substr(at_).starts_with(quote)) {
        begin(Token::Kind::word);
        error(place(), fmt::format("'{}' is a typographic quote", quote),
              "strings stand between \" or '; retype it in a text editor");
        at_ = std::min(text_.find('\n', at_), text_.size());
        return finish();
      }
    if (is_digit(c)) return number();
    if (is_ascii_letter(c) || static_cast<std::uint8_t>(c) >= 128) return word();
    symbol();
  }

  void parameter_line() {
    begin(Token::Kind::parameter);
    advance(2);
    while (more() && peek() != '\n') {
      if (peek() != '\r') tokens_.back().text += peek();
      advance();
    }
    finish();
  }

  void word() {
    begin(Token::Kind::word);
    while (more()) {
      const char c = peek();
      std::size_t bytes = 1;
      if (static_cast<std::uint8_t>(c) >= 128) {
        const auto wide = wide_at(text_, at_);
        if (!wide.letter) break;
        bytes = wide.bytes;
      } else if (!is_ascii_letter(c) && !is_digit(c)) {
        break;
      }
      tokens_.back().text += text_.substr(at_, bytes);
      advance(bytes);
    }
    finish();
  }

  void number() {
    begin(Token::Kind::number);
    const std::size_t start = at_;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
      advance(2);
      while (std::isxdigit(static_cast<unsigned char>(peek())) != 0) advance();
      // ImageJ reads them as Java's int of 32 bits.
      std::int64_t value = 0;
      const auto digits = text_.substr(start + 2, at_ - start - 2);
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
      if (read.ec != std::errc() || digits.empty() || value > 0x7fffffff)
        error(tokens_.back().place, fmt::format("0x{} is no number of 31 bits", digits));
      tokens_.back().number = static_cast<double>(value);
    } else {
      decimal(start);
    }
    tokens_.back().text = text_.substr(start, at_ - start);
    if (is_ascii_letter(peek())) {
      error(tokens_.back().place,
            fmt::format("'{}{}' is neither a number nor a name", tokens_.back().text, peek()));
      while (is_ascii_letter(peek()) || is_digit(peek())) advance();
    }
    finish();
  }

  void decimal(std::size_t start) {
    while (is_digit(peek())) advance();
    if (peek() == '.' && !is_ascii_letter(peek(1))) {
      advance();
      while (is_digit(peek())) advance();
    }
    if (peek() == 'e' || peek() == 'E') {
      const std::size_t sign = peek(1) == '-' || peek(1) == '+' ? 2 : 1;
      if (is_digit(peek(sign))) {
        advance(sign);
        while (is_digit(peek())) advance();
      }
    }
    double value = 0.0;
    const auto digits = text_.substr(start, at_ - start);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    // Java makes 0 or infinity of what is too small or too big.
    if (read.ec == std::errc::result_out_of_range)
      value =
          digits.find("e-") != std::string_view::npos || digits.find("E-") != std::string_view::npos
              ? 0.0
              : HUGE_VAL;
    tokens_.back().number = value;
  }

  void string() {
    begin(Token::Kind::string);
    const char quote = peek();
    advance();
    while (more() && peek() != quote && peek() != '\n') {
      if (peek() == '\\') {
        escape();
      } else {
        tokens_.back().text += peek();
        advance();
      }
    }
    if (peek() != quote || !more()) {
      if (!tokens_.back().text.empty() && tokens_.back().text.back() == '\r')
        tokens_.back().text.pop_back();
      error(tokens_.back().place, "this string does not end on its line",
            fmt::format("close it with {}", quote));
    } else {
      advance();
    }
    finish();
  }

  void escape() {
    tokens_.back().exact = false;
    advance();
    if (!more() || peek() == '\n') return;
    std::string& into = tokens_.back().text;
    const char c = peek();
    if (c >= '0' && c <= '7') {
      int value = 0;
      // Three digits only up to \377.
      for (int i = 0; i < (c <= '3' ? 3 : 2) && peek() >= '0' && peek() <= '7'; ++i) {
        value = value * 8 + (peek() - '0');
        advance();
      }
      if (value < 128) {
        into += static_cast<char>(value);
      } else {
        into += static_cast<char>(0xC0 | (value >> 6));
        into += static_cast<char>(0x80 | (value & 63));
      }
      return;
    }
    advance();
    switch (c) {
      case 'n': into += '\n'; break;
      case 't': into += '\t'; break;
      case 'r': into += '\r'; break;
      case 'b': into += '\b'; break;
      case 'f': into += '\f'; break;
      case 'a': into += '\a'; break;
      case 'v': into += '\v'; break;
      default: into += c;  // the backslash goes
    }
  }

  void symbol() {
    static constexpr std::array<std::string_view, 17> doubles = {"++", "--", "+=", "-=", "*=", "/=",
                                                                 "==", "!=", "<=", ">=", "&&", "||",
                                                                 "<<", ">>", "=>", "**", "::"};
    begin(Token::Kind::symbol);
    for (const auto two : doubles)
      if (text_.substr(at_, 2) == two) {
        tokens_.back().text = two;
        advance(2);
        return finish();
      }
    const char c = peek();
    tokens_.back().text = c;
    advance();
    finish();
    if (std::string_view("+-*/%&|^<>=!~(){}[];,.?:").find(c) == std::string_view::npos) {
      error(tokens_.back().place, fmt::format("'{}' has no meaning in a macro", c));
      tokens_.pop_back();
    }
  }

  std::string_view text_;
  const std::string& file_;
  std::vector<Diagnostic>& problems_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  bool line_begun_ = false;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view text, const std::string& file,
                             std::vector<Diagnostic>& problems) {
  return Lexer(text, file, problems).run();
}

}  // namespace smear::imagej
