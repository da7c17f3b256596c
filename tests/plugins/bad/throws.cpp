// SPDX-License-Identifier: Apache-2.0
// Throws after it has added a stage.
#include <stdexcept>

#include "stub-stage.h"

namespace {

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "throws");
  throw std::runtime_error("the moon is full");
}

}  // namespace

SMEAR_PLUGIN("throws", "1.0", "Apache-2.0", add_stages);
