// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <boost/program_options/value_semantic.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/interrupt.h"
#include "cli/overrides.h"
#include "cli/program.h"
#include "cli/progress.h"
#include "run/memory-budget.h"
#include "run/origin.h"
#include "run/runner.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;

po::options_description options() {
  po::options_description all;
  auto add = all.add_options();
  add("output,o", po::value<std::string>()->required()->value_name("OUT"),
      "folder for what the run writes");
  add("jobs,j", po::value<int>()->default_value(0)->value_name("N"),
      "images at work at the same time; 0 is one for each processor");
  add("resume", po::bool_switch(),
      "do what is missing in OUT; results of a different pipeline are removed first");
  add("overwrite", po::bool_switch(), "replace the run that OUT holds");
  add("shard", po::value<std::string>()->default_value("1/1")->value_name("I/N"),
      "take part I of N; `smear merge` joins the parts");
  add("seed", po::value<std::int64_t>()->value_name("S"), "seed of everything random (default 1)");
  add("include", po::value<std::vector<std::string>>()->value_name("GLOB"),
      "read files that match, instead of the pipeline's (again for more)");
  add("exclude", po::value<std::vector<std::string>>()->value_name("GLOB"),
      "leave out files that match, beside the pipeline's (again for more)");
  add_overrides(all);
  add_macro_settings(all);
  add("limit", po::value<std::int64_t>()->value_name("N"), "stop after the first N files");
  add("max-failures", po::value<std::int64_t>()->value_name("N"),
      "give up after more than N failures");
  add("ram", po::value<std::string>()->value_name("SIZE"),
      "memory for images at work, such as 4G (default: 3/4 of the machine's)");
  add("dry-run", po::bool_switch(), "check, count the files and stop");
  add("json", po::bool_switch(), "messages on stderr and the summary on stdout as JSON lines");
  add("quiet,q", po::bool_switch(), "print failures only");
  return all;
}

template <typename T>
std::optional<T> given(const Invocation& invocation, const char* name) {
  if (!invocation.options.contains(name)) return std::nullopt;
  return invocation.options[name].as<T>();
}

void check_not_negative(const std::optional<std::int64_t>& value, const char* name) {
  if (value && *value < 0)
    throw ConfigError(fmt::format("--{} must not be negative, got {}", name, *value));
}

RunOptions run_options(const Invocation& invocation) {
  RunOptions run;
  run.input = invocation.positional[1];
  run.output = invocation.options["output"].as<std::string>();
  run.jobs = invocation.options["jobs"].as<int>();
  if (run.jobs < 0 || run.jobs > 1024)
    throw ConfigError(fmt::format("--jobs must be 0..1024, got {}", run.jobs));
  run.resume = invocation.options["resume"].as<bool>();
  run.overwrite = invocation.options["overwrite"].as<bool>();
  run.shard = Shard::parse(invocation.options["shard"].as<std::string>());
  const auto seed = given<std::int64_t>(invocation, "seed");
  check_not_negative(seed, "seed");
  if (seed) run.seed = static_cast<std::uint64_t>(*seed);
  run.limit = given<std::int64_t>(invocation, "limit");
  run.max_failures = given<std::int64_t>(invocation, "max-failures");
  if (run.limit && *run.limit < 1)
    throw ConfigError(fmt::format("--limit must be at least 1, got {}", *run.limit));
  check_not_negative(run.max_failures, "max-failures");
  if (const auto ram = given<std::string>(invocation, "ram")) run.ram = parse_bytes(*ram);
  constexpr std::int64_t least_ram = 1LL << 20;
  if (run.ram != 0 && run.ram < least_ram) throw ConfigError("--ram must be at least 1M");
  run.dry_run = invocation.options["dry-run"].as<bool>();
  run.command = command_words();
  return run;
}

Pipeline pipeline_of(const Invocation& invocation, Registry& registry) {
  std::vector<std::string> notes;
  auto pipeline =
      load_pipeline_or_macro(find_pipeline(invocation.positional[0]), registry,
                             overrides_of(invocation), macro_settings_of(invocation), &notes);
  if (!invocation.options["quiet"].as<bool>() && !invocation.options["json"].as<bool>())
    for (const auto& note : notes) std::cerr << "note: " << note << '\n';
  if (const auto include = given<std::vector<std::string>>(invocation, "include"))
    pipeline.input.include = *include;
  if (const auto exclude = given<std::vector<std::string>>(invocation, "exclude"))
    pipeline.input.exclude.insert(pipeline.input.exclude.end(), exclude->begin(), exclude->end());
  return pipeline;
}

nlohmann::json summary_json(const RunSummary& s, const RunOptions& options, int code) {
  return {{"event", "finished"},
          {"files", s.files},
          {"kept", s.kept},
          {"done", s.done},
          {"quarantined", s.quarantined},
          {"seconds", s.seconds},
          {"end", name_of(s.end)},
          {"exit_code", code},
          {"output", options.output.string()}};
}

void print_summary(const RunSummary& s, const RunOptions& options) {
  const double rate =
      s.seconds > 0.0 ? static_cast<double>(s.done + s.quarantined) / s.seconds : 0.0;
  std::cout << fmt::format("{} done, {} quarantined", s.done, s.quarantined);
  if (s.kept > 0) std::cout << fmt::format(", {} kept from the earlier run", s.kept);
  if (s.done + s.quarantined == 0) {
    std::cout << "\nreport: " << (options.output / "report.html").string() << '\n';
    return;
  }
  std::cout << fmt::format(" in {} ({:.1f} images/s)\n", clock_time(s.seconds), rate);
  if (s.quarantined > 0)
    std::cout << "what failed and why: " << (options.output / "samples.csv").string() << '\n';
  std::cout << "report: " << (options.output / "report.html").string() << '\n';
  if (s.end == RunEnd::interrupted)
    std::cout << "interrupted; the same command with --resume goes on\n";
  if (s.end == RunEnd::too_many_failures)
    std::cout << "given up after more than --max-failures failures; --resume goes on\n";
}

int exit_code_of(const RunSummary& summary, bool any_quarantined) {
  if (summary.end == RunEnd::interrupted) return interrupted_exit_code();
  if (summary.end == RunEnd::too_many_failures) return exit_run_failed;
  return any_quarantined ? exit_quarantined : exit_done;
}

int run(const Invocation& invocation) {
  const bool json = invocation.options["json"].as<bool>();
  const bool quiet = invocation.options["quiet"].as<bool>();
  const auto options = run_options(invocation);
  Registry registry;
  fill_registry(registry, invocation);
  const auto pipeline = pipeline_of(invocation, registry);
  const auto plan = plan_run(pipeline, options);
  if (invocation.options["dry-run"].as<bool>()) {
    if (json)
      std::cout << nlohmann::json{{"event", "plan"},
                                  {"files", plan.selected.size()},
                                  {"found", plan.list.files.size()},
                                  {"unreadable_folders", plan.list.unreadable.size()}}
                       .dump()
                << '\n';
    else
      std::cout << fmt::format("{}: {} stages, {} of {} files\n", pipeline.name,
                               pipeline.stages.size(), plan.selected.size(),
                               plan.list.files.size());
    return exit_done;
  }
  const auto& stop_requested = stop_on_signals();
  RunSummary summary;
  {
    const auto progress = make_progress(json    ? ProgressStyle::json
                                        : quiet ? ProgressStyle::quiet
                                                : ProgressStyle::automatic);
    summary = run_pipeline(pipeline, options, plan, *progress, stop_requested);
  }
  const int code = exit_code_of(summary, summary.quarantined > 0);
  if (json)
    std::cout << summary_json(summary, options, code)
                     .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
              << '\n';
  else if (!quiet)
    print_summary(summary, options);
  return code;
}

}  // namespace

Command run_command() {
  return {
      .name = "run",
      .summary = "Runs a pipeline over a folder of slides",
      .arguments = "PIPELINE INPUT -o OUT [options]",
      .details =
          "PIPELINE is a YAML file, an ImageJ macro (.ijm), or the name of a pipeline that comes "
          "with\n"
          "Smearkit (count-cells).\n"
          "INPUT is a folder (searched with its subfolders), one file, or a text file (.txt, "
          ".lst)\n"
          "with one path a line. An image that fails is quarantined with its reason in\n"
          "OUT/samples.csv, the others are done.\n\n"
          "Exit codes: 0 all done; 1 the run failed; 2 config, usage or input error; 3 finished,\n"
          "some samples quarantined; 4 a plugin or model was refused; 130 or 143 stopped by Ctrl-C "
          "or\n"
          "SIGTERM, after the images at work.\n\n"
          "  smear run count-cells slides -o out\n"
          "  smear run count-cells slides -o out --resume\n"
          "  smear run count-cells slides -o part2 --shard 2/8   # one of eight cluster jobs",
      .options = options,
      .positional_min = 2,
      .positional_max = 2,
      .run = run};
}

}  // namespace smear::cli
