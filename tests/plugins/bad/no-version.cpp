// SPDX-License-Identifier: Apache-2.0
// Its descriptor is incomplete.
#include "descriptor.h"

const smear::PluginDescriptor smear_plugin_descriptor = [] {
  auto descriptor = right_descriptor("no-version");
  descriptor.version = nullptr;
  return descriptor;
}();
