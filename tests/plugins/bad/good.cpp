// SPDX-License-Identifier: Apache-2.0
// A plugin with nothing wrong.
#include "stub-stage.h"

namespace {

/// Without LibTorch, as the program sees any reparameterization.
class StubNoise final : public smear::Configurable {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "stub-noise", .summary = "Draws nothing.", .details = "", .reference = ""};
  void describe(smear::OptionSpec& spec) override {
    spec.real("temperature", temperature_).at_least(0.0).help("Factor of the noise.");
  }

 private:
  double temperature_ = 1.0;
};

void add_stages(smear::PluginRegistrar& registrar) {
  StubStage::add_to(registrar, "good");
  registrar.add_reparameterization<StubNoise>();
}

}  // namespace

SMEAR_PLUGIN("good", "1.0", "Apache-2.0", add_stages);
