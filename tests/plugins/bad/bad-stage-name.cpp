// SPDX-License-Identifier: Apache-2.0
// Adds a stage of a name that no pipeline could have.
#include "stub-stage.h"

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "bad-stage-name");
  StubStage::add_to(registrar, "Bad Name");
}

}  // namespace

SMEAR_PLUGIN("bad-stage-name", "1.0", "Apache-2.0", add_stages);
