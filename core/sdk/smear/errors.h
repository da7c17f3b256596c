// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace smear {

/// Base of every error that Smearkit raises on purpose. `what()` is one sentence that a user can
/// act on: what is wrong, where, and what to do about it. It never ends with a full stop.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user's command line, pipeline or option values are wrong (exit code 2).
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// One sample cannot be handled: it is quarantined with this reason and the run goes on.
class SampleError : public Error {
 public:
  using Error::Error;
};

/// The run as a whole cannot go on: full disk, unwritable output, vanished input (exit code 1).
class RunError : public Error {
 public:
  using Error::Error;
};

/// A plugin or a model was refused (exit code 4).
class PluginError : public Error {
 public:
  using Error::Error;
};

}  // namespace smear
