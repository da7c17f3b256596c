// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace smear::cli {

/// From now on, Ctrl-C and a batch system's SIGTERM set the flag that is returned, for work that
/// stops in good order; a second signal ends the program at once.
const std::atomic<bool>& stop_on_signals();

/// The exit code of a command that such a signal stopped, as a shell has it: 130 or 143.
int interrupted_exit_code();

}  // namespace smear::cli
