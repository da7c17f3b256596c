// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "smear/model-kind.h"
#include "smear/reparameterization.h"
#include "training/options.h"

namespace smear::vae {

/// Trains an autoencoder, as `ModelKind::train` says.
TrainingEnd train(const TrainingOptions& options, Reparameterization& reparameterization,
                  const TrainingJob& job, TrainingObserver& observer,
                  const std::atomic<bool>& stop);

}  // namespace smear::vae
