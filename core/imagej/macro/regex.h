// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace smear::imagej {

/// Whether a regular expression of Java's is found in the text. Throws `ValueError` for what is
/// none, or is not supported.
bool finds(const std::string& text, const std::string& pattern);

}  // namespace smear::imagej
