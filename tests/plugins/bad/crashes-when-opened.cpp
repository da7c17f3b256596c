// SPDX-License-Identifier: Apache-2.0
// Crashes in a static initialiser, before anything of it is called.
#include <csignal>

#include "descriptor.h"

const int crash = std::raise(SIGABRT);

const smear::PluginDescriptor smear_plugin_descriptor = right_descriptor("crashes-when-opened");
