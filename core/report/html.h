// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smear::report {

/// Text as it stands in HTML, between tags or in a quoted attribute.
[[nodiscard]] std::string html_text(std::string_view text);

/// The template with its markers filled, in the order in which they stand; each is looked for in
/// the template alone: what a file name says can never be taken for a marker. Throws `RunError`
/// where a marker is missing.
[[nodiscard]] std::string fill(std::string_view page,
                               const std::vector<std::pair<std::string_view, std::string>>& parts);

}  // namespace smear::report
