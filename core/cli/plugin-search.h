// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"
#include "registry/plugin-catalog.h"

namespace smear::cli {

/// The plugins of --plugin-dir, of SMEAR_PLUGIN_PATH and of the install; none is opened.
/// Throws `ConfigError`.
PluginCatalog plugin_catalog(const Invocation& invocation);

}  // namespace smear::cli
