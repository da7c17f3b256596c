// SPDX-License-Identifier: Apache-2.0
// Built for an SDK of the next epoch.
#include "descriptor.h"

const smear::PluginDescriptor smear_plugin_descriptor = [] {
  auto descriptor = right_descriptor("wrong-epoch");
  descriptor.api_epoch = SMEAR_API_EPOCH + 1;
  descriptor.api_minor = 3;
  return descriptor;
}();
