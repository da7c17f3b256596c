// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "study/bootstrap.h"

/// Numbers as a person reads them.
namespace smear::study {

/// Three significant digits, without an exponent from 0.001 to a million: "0.950", "12.3", "1230";
/// four decimals between 1 and 1.05;
/// "∞" for what is infinite, "–" for NaN. The sign is U+2212.
std::string figure_text(double value);

/// "12.3 (10.1 to 15.0)"; the estimate alone where both ends of the interval are NaN.
std::string interval_text(const Interval& interval);

}  // namespace smear::study
