// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "registry/registry.h"
#include "smear/options.h"

namespace smear {

/// The JSON Schema (draft 7) of pipelines, with the stages of this registry; what an editor's YAML
/// language server needs to complete and check them.
nlohmann::json pipeline_schema(Registry& registry);

/// A stage as data: name, summary, category, options, slots, example.
nlohmann::json stage_json(const Registry::Entry& entry);

/// A stage's help as text for a terminal.
std::string stage_help(const Registry::Entry& entry);

/// A stage's reference page in Markdown.
std::string stage_page(const Registry::Entry& entry);

/// What an option may be, in words: "number, 0..1000 px", "one of otsu, li".
std::string describe_values(const OptionInfo& option);

}  // namespace smear
