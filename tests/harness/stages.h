// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "registry/registry.h"
#include "smear/stage.h"

/// Runs single stages by name, as a pipeline would, for tests that look at what a stage computes.
namespace smear::test {

using Options = std::map<std::string, OptionValue>;

/// A registry with the built-in stages.
Registry& registry();

/// The stage with these options (checked as a pipeline's are). Throws `ConfigError`.
std::unique_ptr<Stage> make_stage(const std::string& name, const Options& options = {});

/// Runs the stage on a sample.
void run_stage(const std::string& name, const Options& options, Sample& sample);

/// Runs a stage that turns slot `in` into slot `out`.
Image run_on(const std::string& name, const Options& options, const Image& image,
             const std::string& in = "image", const std::string& out = "image");

}  // namespace smear::test
