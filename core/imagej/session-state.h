// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "imagej/session.h"
#include "smear/state.h"

namespace smear::imagej {

/// A session as what a slot holds: ImageJ's state on its way from stage to stage.
class SessionState final : public State {
 public:
  explicit SessionState(Session begun) : session(std::move(begun)) {}
  Session session;
};

/// The slot that it lies in.
inline constexpr std::string_view session_slot = "imagej";

}  // namespace smear::imagej
