// SPDX-License-Identifier: Apache-2.0
// The classes of reparameterizations.h as a plugin, for tests of the program.
#include "harness/reparameterizations.h"

static void register_plugin(smear::PluginRegistrar& registrar) {
  using namespace smear::test;
  registrar.add<Draws>();
  registrar.add<Encode>();
  registrar.add_model_kind<Trainee>();
  registrar.add_reparameterization<Plain>();
  registrar.add_reparameterization<Warm>();
  registrar.add_reparameterization<Clash>();
}
SMEAR_PLUGIN("draws", "1.2.3", "Apache-2.0", register_plugin);
