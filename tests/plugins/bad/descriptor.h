// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>

#include "smear/plugin.h"

/// For plugins that are to be refused before any of their functions is called.
inline void never_called(smear::PluginRegistrar&) { std::abort(); }

constexpr smear::PluginDescriptor right_descriptor(const char* name) {
  return {sizeof(smear::PluginDescriptor),
          SMEAR_API_EPOCH,
          SMEAR_API_MINOR,
          SMEAR_BUILD_IDENTITY,
          name,
          "1.0",
          "Apache-2.0",
          "",
          never_called};
}

extern "C" SMEAR_SDK_API const smear::PluginDescriptor smear_plugin_descriptor;
