// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagej/command.h"

namespace smear {

/// A whole pipeline that shows a command's stage at work on RGB smears: what it needs before it,
/// and a stage that saves what it did.
std::string example_of(const imagej::Command& command);

}  // namespace smear
