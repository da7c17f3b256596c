// SPDX-License-Identifier: Apache-2.0
// Never returns.
#include <chrono>
#include <thread>

#include "stub-stage.h"

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "hangs");
  while (true) std::this_thread::sleep_for(std::chrono::seconds(1));
}

}  // namespace

SMEAR_PLUGIN("hangs", "1.0", "Apache-2.0", add_stages);
