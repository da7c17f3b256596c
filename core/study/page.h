// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace smear::study {

/// The text of report.html, with markers where the study's figures go; embedded by the build.
[[nodiscard]] std::string_view study_page();

}  // namespace smear::study
