// SPDX-License-Identifier: Apache-2.0
#include "cli/overrides.h"

#include <boost/program_options/value_semantic.hpp>
#include <string>

namespace smear::cli {

namespace po = boost::program_options;

void add_overrides(po::options_description& options) {
  options.add_options()("set",
                        po::value<std::vector<std::string>>()->value_name("STAGE.OPTION=VALUE"),
                        "another value for a stage's option (again for more)")(
      "device", po::value<std::string>()->value_name("DEVICE"),
      "where every stage with an option 'device' computes, such as cpu or cuda")(
      "precision", po::value<std::string>()->value_name("PRECISION"),
      "of every stage with an option 'precision': float32 or bfloat16");
}

std::vector<Override> overrides_of(const Invocation& invocation) {
  std::vector<Override> overrides;
  for (const std::string name : {"device", "precision"})
    if (invocation.options.contains(name))
      overrides.push_back({"", name, invocation.options[name].as<std::string>(), "--" + name});
  if (invocation.options.contains("set"))
    for (const auto& text : invocation.options["set"].as<std::vector<std::string>>())
      overrides.push_back(Override::parse(text));
  return overrides;
}

}  // namespace smear::cli
