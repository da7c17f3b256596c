// SPDX-License-Identifier: Apache-2.0
// Has a stage of the name of a built-in one.
#include "stub-stage.h"

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "takes-built-in");
  StubStage::add_to(registrar, "gaussian-blur");
}

}  // namespace

SMEAR_PLUGIN("takes-built-in", "1.0", "Apache-2.0", add_stages);
