// SPDX-License-Identifier: Apache-2.0
// Its descriptor has another layout, whatever its API says.
#include "descriptor.h"

const smear::PluginDescriptor smear_plugin_descriptor = [] {
  auto descriptor = right_descriptor("wrong-size");
  descriptor.struct_size = 32;
  return descriptor;
}();
