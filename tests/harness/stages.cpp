// SPDX-License-Identifier: Apache-2.0
#include "harness/stages.h"

#include "filters/filters.h"

namespace smear::test {

Registry& registry() {
  static Registry instance = [] {
    Registry registry;
    register_filters(registry);
    return registry;
  }();
  return instance;
}

std::unique_ptr<Stage> make_stage(const std::string& name, const Options& options) {
  auto stage = registry().make(name);
  OptionSpec spec;
  stage->describe(spec);
  for (const auto& [key, value] : options) {
    const OptionInfo* option = spec.find(key);
    if (option == nullptr) throw ConfigError(name + " has no option " + key);
    if (auto problem = problem_with(*option, value)) throw ConfigError(*problem);
    option->assign(value);
  }
  stage->check();
  stage->open();
  return stage;
}

void run_stage(const std::string& name, const Options& options, Sample& sample) {
  const auto stage = make_stage(name, options);
  stage->process(sample, RunContext(1, 0, nullptr));
}

Image run_on(const std::string& name, const Options& options, const Image& image,
             const std::string& in, const std::string& out) {
  Sample sample(SampleId{"image.png", 0});
  sample.set(in, image);
  run_stage(name, options, sample);
  return sample.image(out);
}

}  // namespace smear::test
