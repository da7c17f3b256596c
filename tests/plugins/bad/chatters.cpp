// SPDX-License-Identifier: Apache-2.0
// Prints while it registers.
#include <cstdio>

#include "stub-stage.h"

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "chatters");
  std::puts("a plugin writes into the program's output");
}

}  // namespace

SMEAR_PLUGIN("chatters", "1.0", "Apache-2.0", add_stages);
