// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imagej/command.h"
#include "imagej/letters.h"
#include "imagej/macro/ast.h"
#include "imagej/macro/functions.h"

namespace smear::imagej {

// Questions about code, and the words of messages about it.

/// The terms of a sum with their signs, from left to right; the first has '+'.
std::vector<std::pair<char, const Expression*>> terms_of(const Expression& sum);

/// Whether it changes a variable: `n++`.
bool has_step(const Expression& expression);

/// Whether the variable is read in it.
bool reads(const Expression& expression, std::string_view variable);

/// Whether argument `i` of a call is a variable that the function assigns to.
bool is_out(const Builtin& function, const Expression& call, std::size_t i);

/// Whether it is `toString(x, decimals)` of more than a variable or a number: ImageJ makes a text
/// of such a number first, which has four decimals.
bool takes_text_of(const Expression& call);

/// Whether it changes the array that is argument `i`.
bool changes(const Builtin& function, std::size_t i);

/// Calls `visit` with every expression of a statement, outer ones first, and with every statement,
/// itself first. Either may be empty.
void for_each(const Statement& statement, const std::function<void(const Expression&)>& visit,
              const std::function<void(const Statement&)>& enter = {});
void for_each(const Expression& expression, const std::function<void(const Expression&)>& visit);
/// The same of all that a macro says, its functions behind its statements.
void for_each(const Program& program, const std::function<void(const Expression&)>& visit,
              const std::function<void(const Statement&)>& enter = {});
/// The same of a statement and of the functions that it calls.
void for_each_reached(const Program& program, const Statement& statement,
                      const std::function<void(const Expression&)>& visit,
                      const std::function<void(const Statement&)>& enter = {});

/// The macro's own functions that are called, and those that these call.
std::set<std::string> functions_called(const Program& program, const Statement& statement);

/// "f takes 2 arguments, got 3".
std::string wrong_count(std::string_view function, int count, int least, int most);
/// Why there is no such command.
std::string unknown_command(std::string_view name);
/// "did you mean 'x'?", or a hint about the dots that some commands end with.
std::string nearest_command(std::string_view name, const CommandTable& table);
std::string nearest_function(std::string_view name, const CommandTable& table,
                             const Program* program = nullptr);

/// What is wrong with a macro before it is run, all of it: functions and commands that are not
/// known or refused, numbers of arguments, option strings that are written out or whose keys are
/// (`"sigma=" + s`), two calls with effects in one condition.
void check_macro(const Program& program, const CommandTable& table,
                 std::vector<Diagnostic>& problems);

/// Checks an option string with '\x01' in the place of each part that is only known when it is run.
/// Throws `ConfigError`, also where the name of an option is such a part.
void check_outline(const Command& command, const std::string& outline);

/// The place in the macro of byte `offset` of a text that `expression` (a string, or a sum of some
/// written out) stands for.
Place place_within(const Expression& expression, std::size_t offset);

}  // namespace smear::imagej
