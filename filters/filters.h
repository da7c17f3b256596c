// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smear/stage.h"

namespace smear {

/// Adds every built-in stage, and tells ITK and OpenCV to work with one thread.
void register_filters(StageRegistrar& registrar);

}  // namespace smear
