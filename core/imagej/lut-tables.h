// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "imagej/lut.h"

namespace smear::imagej {

/// One of ImageJ's own colour tables.
struct NamedLut {
  std::string name;     ///< ImageJ's command
  std::string stage;    ///< of the stage
  std::string summary;  ///< one sentence
  Lut lut;
};

/// Those of Image > Lookup Tables beside Grays.
const std::vector<NamedLut>& lut_tables();
/// One of them.
const Lut& lut_named(std::string_view name);

}  // namespace smear::imagej
