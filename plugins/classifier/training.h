// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "options.h"
#include "smear/model-kind.h"

namespace smear::classifier {

/// Trains a classifier, as `ModelKind::train` says.
TrainingEnd train(const TrainingOptions& options, const TrainingJob& job,
                  TrainingObserver& observer, const std::atomic<bool>& stop);

}  // namespace smear::classifier
