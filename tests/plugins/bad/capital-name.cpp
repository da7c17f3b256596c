// SPDX-License-Identifier: Apache-2.0
// Its name is none.
#include "descriptor.h"

const smear::PluginDescriptor smear_plugin_descriptor = [] {
  auto descriptor = right_descriptor("capital-name");
  descriptor.name = "Capital Name";
  return descriptor;
}();
