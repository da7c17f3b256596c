// SPDX-License-Identifier: Apache-2.0
#include <boost/program_options/value_semantic.hpp>
#include <iostream>

#include "cli/program.h"
#include "run/results.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;

po::options_description options() {
  po::options_description all;
  all.add_options()("output,o", po::value<std::string>()->required()->value_name("OUT"),
                    "folder of the joined run")("overwrite", po::bool_switch(),
                                                "replace the run that OUT holds");
  return all;
}

int merge(const Invocation& invocation) {
  const std::vector<std::filesystem::path> runs(invocation.positional.begin(),
                                                invocation.positional.end());
  const std::filesystem::path out = invocation.options["output"].as<std::string>();
  const bool quarantined = merge_runs(runs, out, invocation.options["overwrite"].as<bool>());
  std::cout << "report: " << (out / "report.html").string() << '\n';
  return quarantined ? exit_quarantined : exit_done;
}

}  // namespace

Command merge_command() {
  return {.name = "merge",
          .summary = "Joins the runs of shards into one",
          .arguments = "RUN... -o OUT",
          .details =
              "  smear run count-cells slides -o part1 --shard 1/2\n"
              "  smear run count-cells slides -o part2 --shard 2/2\n"
              "  smear merge part1 part2 -o out",
          .options = options,
          .positional_min = 1,
          .positional_max = 100'000,
          .run = merge};
}

}  // namespace smear::cli
