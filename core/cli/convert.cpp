// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <boost/program_options/value_semantic.hpp>
#include <iostream>

#include "cli/overrides.h"
#include "cli/program.h"
#include "config/macro.h"
#include "run/outputs.h"

namespace smear::cli {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

po::options_description options() {
  po::options_description all;
  auto add = all.add_options();
  add("output,o", po::value<std::string>()->value_name("FILE"),
      "the file to write, .yaml or .ijm; without it the text is printed");
  add("overwrite", po::bool_switch(), "replace FILE where it is there");
  add_overrides(all);
  add_macro_settings(all);
  return all;
}

void check_direction(const fs::path& from, const fs::path& to) {
  if (is_macro(from) == is_macro(to))
    throw ConfigError(
        fmt::format("a macro is converted to a pipeline (.yaml), a pipeline to a macro "
                    "(.ijm); got {} and {}",
                    from.string(), to.string()));
}

int convert(const Invocation& invocation) {
  const auto file = find_pipeline(invocation.positional[0]);
  Registry registry;
  fill_registry(registry, invocation);
  const auto overrides = overrides_of(invocation);
  if (is_macro(file) && !overrides.empty())
    throw ConfigError(
        "--set STAGE.OPTION, --device and --precision change a run, not the pipeline that "
        "is written; change it there");
  std::vector<std::string> notes;
  // Loaded in both directions: what is written is a pipeline that runs.
  const auto pipeline =
      load_pipeline_or_macro(file, registry, overrides, macro_settings_of(invocation), &notes);
  const auto text = is_macro(file) ? pipeline.text : macro_of_pipeline(pipeline);
  for (const auto& note : notes) std::cerr << "note: " << note << '\n';
  if (!invocation.options.contains("output")) {
    std::cout << text;
    return exit_done;
  }
  const fs::path output = invocation.options["output"].as<std::string>();
  check_direction(file, output);
  std::error_code error;
  if (fs::exists(output, error) && !invocation.options["overwrite"].as<bool>())
    throw ConfigError(fmt::format("{} is there already; --overwrite replaces it", output.string()));
  write_whole(output, text);
  std::cout << output.string() << '\n';
  return exit_done;
}

}  // namespace

Command convert_command() {
  return {
      .name = "convert",
      .summary = "Turns an ImageJ macro into a pipeline, and a pipeline into a macro",
      .arguments = "PIPELINE [-o FILE] [options]",
      .details =
          "A macro (.ijm) becomes a YAML pipeline with one stage a statement, which does here\n"
          "what `smear run` does with the macro itself. A pipeline of ImageJ's commands, "
          "and\n"
          "of stages that compute what one of them does, becomes a macro that ImageJ runs over a\n"
          "folder; another stage is named with its place and what to take instead. Exit code 2\n"
          "where something cannot be converted.\n\n"
          "  smear convert count.ijm -o count.yaml\n"
          "  smear convert count.yaml -o count.ijm",
      .options = options,
      .positional_min = 1,
      .positional_max = 1,
      .run = convert};
}

}  // namespace smear::cli
