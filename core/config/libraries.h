// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace smear {

/// The libraries that decide or carry results, and the compiler, with their versions.
std::map<std::string, std::string> library_versions();

}  // namespace smear
