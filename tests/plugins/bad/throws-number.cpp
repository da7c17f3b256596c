// SPDX-License-Identifier: Apache-2.0
// Throws what is no std::exception.
#include "stub-stage.h"

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "throws-number");
  throw 42;
}

}  // namespace

SMEAR_PLUGIN("throws-number", "1.0", "Apache-2.0", add_stages);
