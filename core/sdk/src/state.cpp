// SPDX-License-Identifier: Apache-2.0
#include "smear/state.h"

namespace smear {

State::~State() = default;

}  // namespace smear
