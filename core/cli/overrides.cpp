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
      "where every stage with an option 'device' computes, such as cpu or cuda");
}

std::vector<Override> overrides_of(const Invocation& invocation) {
  std::vector<Override> overrides;
  if (invocation.options.contains("device"))
    overrides.push_back({"", "device", invocation.options["device"].as<std::string>(), "--device"});
  if (invocation.options.contains("set"))
    for (const auto& text : invocation.options["set"].as<std::vector<std::string>>())
      overrides.push_back(Override::parse(text));
  return overrides;
}

}  // namespace smear::cli
