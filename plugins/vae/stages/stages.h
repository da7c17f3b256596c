// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smear/plugin.h"

/// The plugin's stages, one a file.
namespace smear::vae {

void register_encode(PluginRegistrar& registrar);
void register_reparameterize(PluginRegistrar& registrar);
void register_decode(PluginRegistrar& registrar);
void register_reconstruct(PluginRegistrar& registrar);
void register_score(PluginRegistrar& registrar);
void register_interpolate(PluginRegistrar& registrar);
void register_arithmetic(PluginRegistrar& registrar);

}  // namespace smear::vae
