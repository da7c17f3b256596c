// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "smear/plugin.h"

namespace smear {

/// What a plugin registers, for the plugin's own tests: compile the plugin's source into the test
/// and hand over its register function. No program and no loading is involved.
class PluginUnderTest final : public PluginRegistrar {
 public:
  using Options = std::map<std::string, OptionValue>;

  explicit PluginUnderTest(void (*register_plugin)(PluginRegistrar&)) { register_plugin(*this); }

  using PluginRegistrar::add;
  using PluginRegistrar::add_model_kind;
  using PluginRegistrar::add_reparameterization;
  void add(const StageInfo& info, StageFactory factory) override {
    stages_.emplace(info.name, std::move(factory));
  }
  void add_reparameterization(const ReparameterizationInfo& info,
                              ReparameterizationFactory factory) override {
    reparameterizations_.emplace(info.name, std::move(factory));
  }

  void add_model_kind(const ModelKindInfo& info, ModelKindFactory factory) override {
    model_kinds_.emplace(info.name, std::move(factory));
  }

  /// The stage, opened, with these options checked as a pipeline's are. Throws `ConfigError`.
  [[nodiscard]] std::unique_ptr<Stage> stage(const std::string& name,
                                             const Options& options = {}) const {
    auto stage = made(stages_, name);
    configure(*stage, options);
    stage->open();
    return stage;
  }

  /// The reparameterization with these options; `T` is `Reparameterization`.
  template <typename T>
  [[nodiscard]] std::unique_ptr<T> reparameterization(const std::string& name,
                                                      const Options& options = {}) const {
    auto configurable = made(reparameterizations_, name);
    configure(*configurable, options);
    auto* typed = dynamic_cast<T*>(configurable.get());
    if (typed == nullptr) throw PluginError("'" + name + "' is no Reparameterization");
    configurable.release();
    return std::unique_ptr<T>(typed);
  }

  /// The kind of model with these training options.
  [[nodiscard]] std::unique_ptr<ModelKind> model_kind(const std::string& name,
                                                      const Options& options = {}) const {
    auto kind = made(model_kinds_, name);
    configure(*kind, options);
    return kind;
  }

  /// Runs the stage on a sample. A stage that saves files cannot be run so.
  static void run(const Stage& stage, Sample& sample) {
    stage.process(sample, RunContext(1, 0, nullptr));
  }

 private:
  template <typename Factory>
  static typename Factory::result_type made(const std::map<std::string, Factory>& factories,
                                            const std::string& name) {
    const auto it = factories.find(name);
    if (it == factories.end()) throw ConfigError("the plugin registers no '" + name + "'");
    return it->second();
  }

  static void configure(Configurable& configurable, const Options& options) {
    OptionSpec spec;
    configurable.describe(spec);
    for (const auto& [key, value] : options) {
      const OptionInfo* option = spec.find(key);
      if (option == nullptr) throw ConfigError("there is no option '" + key + "'");
      if (auto problem = problem_with(*option, value)) throw ConfigError(*problem);
      option->assign(value);
    }
    configurable.check();
  }

  std::map<std::string, StageFactory> stages_;
  std::map<std::string, ReparameterizationFactory> reparameterizations_;
  std::map<std::string, ModelKindFactory> model_kinds_;
};

}  // namespace smear
