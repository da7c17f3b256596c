// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace smear::report {

/// The text of report.html, with markers where the run's figures go; embedded by the build.
[[nodiscard]] std::string_view page_template();

}  // namespace smear::report
