// SPDX-License-Identifier: Apache-2.0
// Calls a function that no library has; linked so that only the call would show it.
#include "stub-stage.h"

void a_function_that_is_nowhere();

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "undefined-symbol");
  a_function_that_is_nowhere();
}

}  // namespace

SMEAR_PLUGIN("undefined-symbol", "1.0", "Apache-2.0", add_stages);
