// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "registry/registry.h"

namespace smear {

/// The JSON Schema (draft 7) of pipelines, with the stages of this registry; what an editor's YAML
/// language server needs to complete and check them. Loads the plugins; those that are refused are
/// left out.
nlohmann::json pipeline_schema(Registry& registry);

/// The same of training configs, with the kinds of models of this registry.
nlohmann::json training_schema(Registry& registry);

}  // namespace smear
