// SPDX-License-Identifier: Apache-2.0
// Built for an SDK newer than the program.
#include "descriptor.h"

const smear::PluginDescriptor smear_plugin_descriptor = [] {
  auto descriptor = right_descriptor("newer-minor");
  descriptor.api_minor = SMEAR_API_MINOR + 1;
  return descriptor;
}();
