// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace smear::study {

/// A label, which is UTF-8, on at most `most` lines, each of which `fits`: broken at spaces where
/// there are some, else between characters; what has no place becomes an ending, "…" or what
/// `ending` says. No lines for a label of spaces alone. A line that is a single character is taken
/// to fit.
std::vector<std::string> label_lines(std::string_view label, std::size_t most,
                                     const std::function<bool(std::string_view)>& fits,
                                     std::string_view ending = "…");

/// How many code points a UTF-8 text has.
std::size_t characters(std::string_view utf8);

}  // namespace smear::study
