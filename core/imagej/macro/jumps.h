// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "imagej/macro/ast.h"

namespace smear::imagej {

/// Which jumps leave a statement.
struct Escapes {
  bool give = false;   ///< return
  bool next = false;   ///< continue of a loop around it
  bool leave = false;  ///< break of a loop around it
  [[nodiscard]] bool any() const { return give || next || leave; }
};
Escapes escapes_of(const Statement& statement);

/// Whether it always ends in a jump.
bool always_jumps(const Statement& statement);

/// The statements as a block without jumps out of it, which does the same where the block is the
/// last of the function or loop that they jump to the end of: what follows `if (a) return;` goes
/// into its `else`. A value to return is assigned to `result`. Null where that cannot be written.
StatementPtr without_jumps(const std::vector<const Statement*>& statements,
                           const std::string& result);

/// What a statement does with a variable's value of before.
struct VariableUse {
  bool reads_old = false;   ///< on one way at least
  bool always_set = false;  ///< on each way it has another behind it
};
/// Of a statement without jumps out of it, whose functions do not know the variable.
VariableUse use_of(const Statement& statement, const std::string& variable);

}  // namespace smear::imagej
