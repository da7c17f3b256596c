// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/diagnostics.h"
#include "imagej/macro/ast.h"

namespace smear::imagej {

// ImageJ takes what begins with `List.getValue` for a text wherever a text may stand: printed and
// joined it has all digits of the list, and in conditions texts are compared.

/// What the tree calls a `List.getValue` that is a text; code has `List.getValue`.
inline constexpr const char* list_text_function = "List.textOf";

/// Whether it is a call of `List.getValue`.
bool is_list_value(const Expression& e);

/// Marks those `List.getValue` that are printed, written or joined to a text.
void take_list_values_as_text(Program& program);

/// Refuses those where ImageJ, taking them for a text, computes what nobody means or stops.
void check_list_values(const Program& program, std::vector<Diagnostic>& problems);

}  // namespace smear::imagej
