// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "smear/image.h"

namespace smear::study {

/// A column of a contact sheet: a heading and pictures from top to bottom.
struct SheetColumn {
  std::string heading;          ///< UTF-8; shortened where two lines do not hold it
  std::vector<Image> pictures;  ///< rgb8 of any size; an empty one is shown as a grey square
};

/// All columns side by side on white, as an rgb8 image that depends on the arguments alone. Each
/// picture is scaled to fit a square of `cell` pixels (16..1024), its proportions kept, and the
/// rest of the square is grey; where a column is shorter than others, nothing is drawn. Throws
/// `std::invalid_argument` for no columns, another `cell` and pictures of another type.
Image contact_sheet(const std::vector<SheetColumn>& columns, int cell);

}  // namespace smear::study
