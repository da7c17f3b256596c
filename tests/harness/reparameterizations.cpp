// SPDX-License-Identifier: Apache-2.0
#include "harness/reparameterizations.h"

#include "filters/filters.h"
#include "registry/registry.h"

namespace smear::test {

Registry registry_with_reparameterizations() {
  Registry registry;
  register_filters(registry);
  registry.add<Draws>();
  registry.add<Encode>();
  registry.add_model_kind<Trainee>();
  registry.add_reparameterization<Plain>();
  registry.add_reparameterization<Warm>();
  registry.add_reparameterization<Clash>();
  return registry;
}

}  // namespace smear::test
