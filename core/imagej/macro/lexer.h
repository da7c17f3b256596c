// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"

namespace smear::imagej {

/// One token of a macro.
struct Token {
  enum class Kind {
    number,
    string,
    word,
    symbol,     ///< an operator or punctuation, in `text`
    parameter,  ///< a `#@` line, without the "#@", in `text`
    end,
  };
  Kind kind = Kind::end;
  std::string text;  ///< of strings the characters that they stand for
  double number = 0.0;
  Place place;
  Place stop;         ///< just behind it
  bool exact = true;  ///< of strings: written as it is, without escapes
};

/// Splits a macro as ImageJ's tokenizer does. Never throws: what is wrong goes to `problems`, with
/// `file` as its file. The last token is `end`. Places count from 1, columns in bytes.
std::vector<Token> tokens_of(std::string_view text, const std::string& file,
                             std::vector<Diagnostic>& problems);

}  // namespace smear::imagej
