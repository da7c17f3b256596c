// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smear/plugin.h"

/// The plugin's stages, one a file.
namespace smear::classifier {

void register_score(PluginRegistrar& registrar);

}  // namespace smear::classifier
