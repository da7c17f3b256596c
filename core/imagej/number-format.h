// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace smear::imagej {

/// ImageJ's `d2s(value, decimals)` of the macro language: fixed decimals, half to even on the exact
/// binary value, at 0 decimals half away from zero; negative `decimals` is scientific ("1.23E4")
/// with that many; NaN, Infinity and -Infinity as words.
std::string d2s(double value, int decimals);

/// How a Results table writes numbers: as `d2s`, but scientific "1.000E-5" where |value| is below
/// both 10^-decimals and, with `small_scientific` (versions before 1.54f), 0.001, and where it is
/// above 999999999999.
std::string table_d2s(double value, int decimals, bool small_scientific = true);

/// As the macro language turns a number into a string: integers without point, others with 4
/// decimals (more for small ones, fewer for large ones) and no zeros at the end, very large and
/// very small ones "1.0000E10".
std::string macro_text(double value);

}  // namespace smear::imagej
