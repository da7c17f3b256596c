// SPDX-License-Identifier: Apache-2.0
// Registers well and crashes when asked for its stage's options.
#include <csignal>

#include "smear/plugin.h"

namespace {

class Crashing final : public smear::Stage {
 public:
  static constexpr smear::StageInfo info{.name = "crashes-describing",
                                         .summary = "Crashes.",
                                         .category = smear::Category::other,
                                         .details = "",
                                         .example = "",
                                         .reference = ""};
  void describe(smear::OptionSpec&) override { std::raise(SIGFPE); }
  void process(smear::Sample&, const smear::RunContext&) const override {}
};

void add_stages(smear::PluginRegistrar& registrar) { registrar.add<Crashing>(); }

}  // namespace

SMEAR_PLUGIN("crashes-describing", "1.0", "Apache-2.0", add_stages);
