// SPDX-License-Identifier: Apache-2.0
// One of two plugins with the same stage.
#include "stub-stage.h"

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "twice-b");
  StubStage::add_to(registrar, "twice");
}

}  // namespace

SMEAR_PLUGIN("twice-b", "1.0", "Apache-2.0", add_stages);
