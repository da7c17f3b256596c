// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace smear::cli {

/// A file of core/cli/templates: its path there ("stage/CMakeLists.txt") and its text.
struct Template {
  std::string_view path;
  std::string_view text;
};

/// All of them, in alphabetical order.
const std::vector<Template>& templates();

}  // namespace smear::cli
