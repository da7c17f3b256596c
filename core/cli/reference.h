// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "registry/registry.h"

namespace smear::cli {

/// Writes the reference page of everything in the registry and an index by category to `folder`:
/// stages as `NAME.md`, reparameterizations and kinds of models below `reparameterizations/` and
/// `models/`. A plugin that is refused is told of on stderr and has no pages. Throws `RunError`.
void write_reference(Registry& registry, const std::filesystem::path& folder);

}  // namespace smear::cli
