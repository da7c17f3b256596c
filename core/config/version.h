// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace smear {

/// The program's version, such as "0.1.0".
std::string_view version();

}  // namespace smear
