// SPDX-License-Identifier: Apache-2.0
// Crashes after it has added a stage.
#include <csignal>

#include "stub-stage.h"

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "crashes");
  std::raise(SIGSEGV);
}

}  // namespace

SMEAR_PLUGIN("crashes", "1.0", "Apache-2.0", add_stages);
