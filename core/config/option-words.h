// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "smear/options.h"

namespace smear {

/// "number", "list of names", "file in OUT, one a run".
std::string_view describe_kind(OptionKind kind);

/// What an option may be, in words: "number, 0..1000 px", "one of otsu, li".
std::string describe_values(const OptionInfo& option);

/// The default as in YAML, "none" where it is empty, "none, must be given" where there is none.
std::string describe_default(const OptionInfo& option);

/// The default as JSON.
nlohmann::json default_json(const OptionInfo& option);

}  // namespace smear
