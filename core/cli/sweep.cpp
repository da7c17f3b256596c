// SPDX-License-Identifier: Apache-2.0
#include "study/sweep.h"

#include <fmt/format.h>

#include <boost/program_options/value_semantic.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/interrupt.h"
#include "cli/program.h"
#include "cli/sweep-progress.h"
#include "run/display-path.h"
#include "run/origin.h"
#include "train/provenance.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;
using nlohmann::json;
using study::Verdict;

po::options_description options() {
  po::options_description all;
  auto add = all.add_options();
  add("data", po::value<std::vector<std::string>>()->required()->value_name("DIR"),
      "folder of images, searched with its subfolders; a class is the name of the folder that "
      "holds a file (again for more)");
  add("output,o", po::value<std::string>()->required()->value_name("OUT"),
      "folder for models, images, measures and report");
  add("resume", po::bool_switch(),
      "do what is missing in OUT; what another experiment left there is removed first (not where "
      "--grid leaves out grids)");
  add("overwrite", po::bool_switch(), "replace the sweep that OUT holds");
  add("grid", po::value<std::vector<std::string>>()->value_name("NAME"),
      "run this grid of the experiment alone, with the controls (again for more)");
  add("set", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"),
      "another value for a setting, such as images=20 or vae.epochs=5 (again for more)");
  add("jobs,j", po::value<int>()->default_value(0)->value_name("N"),
      "models that are trained, and images that are measured, at the same time; 0 is one for each "
      "processor");
  add("dry-run", po::bool_switch(), "check, count and stop");
  add("json", po::bool_switch(), "messages on stderr and the summary on stdout as JSON lines");
  add("quiet,q", po::bool_switch(), "print notes and the summary's report only");
  return all;
}

std::vector<std::string> texts(const Invocation& invocation, const char* name) {
  if (!invocation.options.contains(name)) return {};
  return invocation.options[name].as<std::vector<std::string>>();
}

study::SweepOptions sweep_options(const Invocation& invocation) {
  study::SweepOptions sweep;
  for (const auto& folder : texts(invocation, "data")) sweep.data.emplace_back(folder);
  sweep.output = invocation.options["output"].as<std::string>();
  sweep.resume = invocation.options["resume"].as<bool>();
  sweep.overwrite = invocation.options["overwrite"].as<bool>();
  sweep.jobs = invocation.options["jobs"].as<int>();
  constexpr int most = 1024;
  if (sweep.jobs < 0 || sweep.jobs > most)
    throw ConfigError(fmt::format("--jobs must be 0..{}, got {}", most, sweep.jobs));
  sweep.command = command_words();
  return sweep;
}

void print_json(const json& event) {
  std::cout << event.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

int print_plan(const study::Experiment& experiment, const study::SweepSize& size, bool as_json) {
  if (as_json) {
    print_json({{"event", "plan"},
                {"name", experiment.name},
                {"models", size.models},
                {"conditions", size.conditions},
                {"images", size.images}});
    return exit_done;
  }
  std::cout << fmt::format("{}: {} models, {} conditions, {} images in all\n{}\nconditions:\n",
                           display(experiment.name), size.models.size(), size.conditions.size(),
                           size.images, counts_text(size.classes));
  for (const auto& id : size.conditions) std::cout << "  " << display(id) << '\n';
  return exit_done;
}

bool any_failed(const study::SweepSummary& summary) {
  return summary.failed_images + summary.failed_models + summary.failed_conditions > 0;
}

json summary_json(const study::SweepSummary& summary, const std::string& report, int code) {
  json event{{"event", "finished"},
             {"end", summary.end == study::SweepEnd::complete ? "complete" : "interrupted"},
             {"seconds", summary.seconds},
             {"failed_images", summary.failed_images},
             {"failed_models", summary.failed_models},
             {"failed_conditions", summary.failed_conditions},
             {"exit_code", code}};
  if (summary.end != study::SweepEnd::complete) return event;
  event["report"] = report;
  auto claims = json::object();
  for (const auto& claim : summary.outcome.claims) claims[claim.name] = name_of(claim.verdict);
  event["claims"] = claims;
  if (!summary.outcome.ranking.empty())
    event["closest"] = summary.outcome.ranking.front().condition;
  return event;
}

void print_summary(const study::SweepSummary& summary, const study::SweepOptions& sweep,
                   const std::string& report, bool quiet) {
  if (summary.end == study::SweepEnd::interrupted) {
    std::cout << "interrupted; the same command with --resume goes on:\n  smear";
    for (const auto& word : sweep.command)
      if (&word != &sweep.command.front() && word != "--overwrite" && word != "--resume")
        std::cout << ' ' << shell_word(display(word));
    std::cout << " --resume\n";
    return;
  }
  const auto& outcome = summary.outcome;
  if (!quiet) {
    std::cout << fmt::format("done in {}\n", clock_time(summary.seconds));
    if (const auto& evaluation = outcome.classifier.evaluation)
      std::cout << fmt::format("classifier: held-out balanced accuracy {:.4f}\n",
                               evaluation->balanced_accuracy);
    for (const auto& claim : outcome.claims)
      std::cout << fmt::format("{:<10} {}: {}\n", name_of(claim.verdict), claim.name, claim.text);
    if (!outcome.claims.empty())
      std::cout << fmt::format("claims: {} held, {} not held, {} undecided\n",
                               count(outcome, Verdict::held), count(outcome, Verdict::not_held),
                               count(outcome, Verdict::undecided));
    if (!outcome.ranking.empty()) {
      const auto& closest = outcome.ranking.front();
      std::cout << fmt::format(
          "closest to real malignant cells: {} (squared Frechet distance {:.3g}, {:.3g} to "
          "{:.3g})\n",
          closest.label, closest.distance.estimate, closest.distance.low, closest.distance.high);
    }
    if (any_failed(summary))
      std::cout << fmt::format(
          "failed: {} models, {} conditions, {} images; the report tells why\n",
          summary.failed_models, summary.failed_conditions, summary.failed_images);
  }
  std::cout << "report: " << display(report) << '\n';
}

int sweep(const Invocation& invocation) {
  const bool as_json = invocation.options["json"].as<bool>();
  const bool quiet = invocation.options["quiet"].as<bool>();
  const auto sweep = sweep_options(invocation);
  Registry registry;
  fill_registry(registry, invocation);
  std::vector<Override> overrides;
  for (const auto& text : texts(invocation, "set"))
    overrides.push_back(study::parse_experiment_override(text));
  const auto experiment = study::load_experiment(find_experiment(invocation.positional.front()),
                                                 registry, overrides, texts(invocation, "grid"));
  const auto progress = make_sweep_progress(as_json ? ProgressStyle::json
                                            : quiet ? ProgressStyle::quiet
                                                    : ProgressStyle::automatic);
  if (invocation.options["dry-run"].as<bool>())
    return print_plan(experiment, plan_sweep(experiment, registry, sweep, *progress), as_json);
  const auto summary = study::run_sweep(experiment, registry, sweep, *progress, stop_on_signals());
  const auto report = (sweep.output / "report.html").string();
  const int code = summary.end == study::SweepEnd::interrupted ? interrupted_exit_code()
                   : any_failed(summary)                       ? exit_quarantined
                                                               : exit_done;
  if (as_json)
    print_json(summary_json(summary, report, code));
  else
    print_summary(summary, sweep, report, quiet);
  return code;
}

}  // namespace

Command sweep_command() {
  return {
      .name = "sweep",
      .summary = "Runs a study: trains, generates, measures and judges its claims",
      .arguments = "EXPERIMENT --data DIR... -o OUT [options]",
      .details =
          "EXPERIMENT is a YAML file, or the name of one that comes with Smearkit: `study` is the\n"
          "published study of malignant-looking cells by temperature and bias in full size,\n"
          "`study-small` the same at 64 px in about 40 minutes on two cores. It lists grids of\n"
          "settings (each trained anew, or drawn from one model), the stages that measure cells,\n"
          "and claims with the rules that decide them. OUT/report.html tells what came out;\n"
          "docs/study.md explains experiment files.\n\n"
          "Ctrl-C and SIGTERM stop after the work at hand; --resume goes on, also after a crash,\n"
          "and gives the same files. Exit codes: 0 done; 1 the sweep failed; 2 config, usage or\n"
          "input error; 3 done, but some models, conditions or images failed; 4 a plugin was "
          "refused;\n"
          "130 or 143 stopped.\n\n"
          "  smear sweep study-small --data smears -o out\n"
          "  smear sweep study-small --data smears -o out --resume\n"
          "  smear sweep study --data smears -o out --grid temperature --set vae.image_size=128",
      .options = options,
      .positional_min = 1,
      .positional_max = 1,
      .run = sweep};
}

}  // namespace smear::cli
