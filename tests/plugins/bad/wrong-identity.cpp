// SPDX-License-Identifier: Apache-2.0
// Built by another compiler.
#include "descriptor.h"

const smear::PluginDescriptor smear_plugin_descriptor = [] {
  auto descriptor = right_descriptor("wrong-identity");
  descriptor.build_identity = "gcc 4, libstdc++ 4 old strings";
  return descriptor;
}();
