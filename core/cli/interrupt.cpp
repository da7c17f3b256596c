// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <csignal>

namespace smear::cli {
namespace {

std::atomic<bool> stop_requested = false;
std::atomic<int> stop_signal = SIGINT;

void request_stop(int signal) {
  stop_signal = signal;
  stop_requested = true;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

const std::atomic<bool>& stop_on_signals() {
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  return stop_requested;
}

int interrupted_exit_code() { return 128 + stop_signal; }

}  // namespace smear::cli
