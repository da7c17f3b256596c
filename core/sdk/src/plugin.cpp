// SPDX-License-Identifier: Apache-2.0
#include "smear/plugin.h"

namespace smear {

Configurable::~Configurable() = default;
PluginRegistrar::~PluginRegistrar() = default;

}  // namespace smear
