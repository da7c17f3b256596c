// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "registry/registry.h"

namespace smear {

/// A stage as data: name, summary, category, options, slots, example. The names that an option of
/// kind `reparameterization` takes are the registry's.
nlohmann::json stage_json(const Registry::Entry& entry, const Registry& registry);

/// All about a stage, a reparameterization or a kind of model, as text for a terminal.
std::string help_text(const Registry::Entry& entry, const Registry& registry);
std::string help_text(const Registry::ReparameterizationEntry& entry, const Registry& registry);
std::string help_text(const Registry::ModelKindEntry& entry, const Registry& registry);

/// Its reference page in Markdown. Links lead from where `write_reference` puts the page.
std::string reference_page(const Registry::Entry& entry, const Registry& registry);
std::string reference_page(const Registry::ReparameterizationEntry& entry,
                           const Registry& registry);
std::string reference_page(const Registry::ModelKindEntry& entry, const Registry& registry);

}  // namespace smear
