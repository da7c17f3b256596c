// SPDX-License-Identifier: Apache-2.0
// Adds one stage twice.
#include "stub-stage.h"

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "same-stage-within");
  StubStage::add_to(registrar, "same-stage-within");
}

}  // namespace

SMEAR_PLUGIN("same-stage-within", "1.0", "Apache-2.0", add_stages);
