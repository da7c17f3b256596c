// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smear::imagej {

/// The language that a text seems to be written in rather than ImageJ's: "a Python script", "an
/// HTML page", ... Nothing where it may be a macro.
std::optional<std::string> language_of(std::string_view text);

/// What ImageJ's macro language has for a function of other languages: "lengthOf(text)" for
/// `strlen`. Empty where nothing is known.
std::string own_function_for(std::string_view name);

/// What it has for a word of other languages between or before values: "&&" for `and`, "else if"
/// for `elseif`. Empty where nothing is known.
std::string own_word_for(std::string_view word);

/// Whether it is the name of a type, which variables are declared with elsewhere.
bool is_type_name(std::string_view word);

}  // namespace smear::imagej
