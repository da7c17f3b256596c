// SPDX-License-Identifier: Apache-2.0
#include "smear/model-kind.h"

#include "smear/errors.h"

namespace smear {

TrainingData::~TrainingData() = default;
TrainingObserver::~TrainingObserver() = default;
void TrainingObserver::table(std::string_view, const Table&) {}
ModelKind::~ModelKind() = default;

void ModelKind::export_torchscript(const std::filesystem::path&,
                                   const std::filesystem::path&) const {
  throw ConfigError("models of this kind have no TorchScript form");
}

}  // namespace smear
