// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "imagej/macro/ast.h"

namespace smear::imagej {

/// Which place of a macro something was made of.
struct MacroOrigin {
  std::string file;  ///< the macro's name; empty: made of no macro
  Place place;       ///< 0 for what stands nowhere in it
  /// For a stage of macro code: the code that was made, and the places of its nodes in the order
  /// of `for_each_place`.
  std::string code;
  std::vector<Place> places;
};

/// A stage that says in its messages which place of a macro it was made of.
class MadeOfMacro {
 public:
  MadeOfMacro() = default;
  MadeOfMacro(const MadeOfMacro&) = delete;
  MadeOfMacro& operator=(const MadeOfMacro&) = delete;
  virtual ~MadeOfMacro() = default;
  virtual void comes_from(MacroOrigin origin) = 0;
};

/// Visits the places of all statements, expressions and functions of code, always in one order.
void for_each_place(Program& program, const std::function<void(Place&)>& visit);

/// Where each node of `code` was in the macro that it was made of: its last statement of `written`,
/// its functions of `macro`, and the rest of the statement at `place`. In the order of
/// `for_each_place`.
std::vector<Place> places_of(const std::string& code, const Statement* written,
                             const Program& macro, Place place);

/// Reads code that was made of a macro: what is wrong with it later is said with the macro's own
/// places. Code that is not `origin.code` is read as `file`. Throws as `parse_macro`.
std::shared_ptr<const Program> parse_macro_from(const std::string& code, const std::string& file,
                                                const MacroOrigin& origin);

}  // namespace smear::imagej
