// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "smear/plugin.h"

/// A stage that does nothing, under any name.
class StubStage final : public smear::Stage {
 public:
  static smear::StageInfo named(std::string_view name) {
    return {.name = name,
            .summary = "Does nothing.",
            .category = smear::Category::other,
            .details = "",
            .example = "",
            .reference = ""};
  }
  static void add_to(smear::PluginRegistrar& registrar, std::string_view name) {
    registrar.add(named(name), [] { return std::make_unique<StubStage>(); });
  }

  void describe(smear::OptionSpec& spec) override {
    spec.real("strength", strength_).range(0.0, 1.0).unit("px").help("How much of nothing.");
  }
  void process(smear::Sample&, const smear::RunContext&) const override {}

 private:
  double strength_ = 0.5;
};
