// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace smear {

/// The text of report.html, with markers where the training's figures go; embedded by the build.
[[nodiscard]] std::string_view training_page();

/// The text of page.css, which the pages of trainings and of studies share.
[[nodiscard]] std::string_view page_style();

}  // namespace smear
