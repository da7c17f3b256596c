// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smear/stage.h"

namespace smear {

/// Adds every built-in stage.
void register_filters(StageRegistrar& registrar);

}  // namespace smear
