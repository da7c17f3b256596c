// SPDX-License-Identifier: Apache-2.0
// Ends the program, and calls that a success.
#include <cstdlib>

#include "stub-stage.h"

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "exits");
  std::exit(0);
}

}  // namespace

SMEAR_PLUGIN("exits", "1.0", "Apache-2.0", add_stages);
