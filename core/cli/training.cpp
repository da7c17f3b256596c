// SPDX-License-Identifier: Apache-2.0
#include "cli/training.h"

#include <fmt/format.h>

#include <boost/program_options/value_semantic.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/interrupt.h"
#include "cli/program.h"
#include "cli/training-progress.h"
#include "config/training.h"
#include "config/yaml.h"
#include "run/display-path.h"
#include "run/origin.h"
#include "run/outputs.h"
#include "train/data-set.h"
#include "train/evaluation.h"
#include "train/model-file.h"
#include "train/provenance.h"
#include "train/training-log.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;
using nlohmann::json;
using Open = TrainingFolder::Open;

/// What the user typed, checked.
struct Request {
  std::vector<fs::path> data;
  fs::path model;
  Open open = Open::create;
  std::vector<Override> overrides;
  std::string device;
  int threads = 0;
  bool dry_run = false;
  bool as_json = false;
  bool quiet = false;
};

std::vector<Override> overrides_in(const Invocation& invocation) {
  std::vector<Override> overrides;
  for (const char* name : {"epochs", "precision", "seed"})
    if (invocation.options.contains(name))
      overrides.push_back(
          {"", name, invocation.options[name].as<std::string>(), fmt::format("--{}", name)});
  if (invocation.options.contains("set"))
    for (const auto& text : invocation.options["set"].as<std::vector<std::string>>())
      overrides.push_back(parse_training_override(text));
  return overrides;
}

Request request_of(const Invocation& invocation, const TrainingWords& words) {
  const auto& given = invocation.options;
  Request request;
  for (const auto& folder : given["data"].as<std::vector<std::string>>())
    request.data.emplace_back(folder);
  request.data.insert(request.data.end(), words.folders.begin(), words.folders.end());
  request.model = given["output"].as<std::string>();
  const bool resume = given["resume"].as<bool>();
  const bool overwrite = given["overwrite"].as<bool>();
  if (resume && overwrite)
    throw ConfigError("--resume goes on and --overwrite begins anew; give one of them");
  request.open = resume ? Open::resume : overwrite ? Open::overwrite : Open::create;
  request.overrides = overrides_in(invocation);
  request.device = given["device"].as<std::string>();
  request.threads = given["threads"].as<int>();
  if (request.threads < 0 || request.threads > 1024)
    throw ConfigError(fmt::format("--threads must be 0..1024, got {}", request.threads));
  request.dry_run = given["dry-run"].as<bool>();
  request.as_json = given["json"].as<bool>();
  request.quiet = given["quiet"].as<bool>();
  return request;
}

void print_json(const json& event) {
  std::cout << event.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

json counts_json(const DataSet& data) {
  auto result = json::array();
  for (const auto& c : data.counts())
    result.push_back({{"class", c.class_name},
                      {"training", c.training},
                      {"validation", c.validation},
                      {"reference", c.reference},
                      {"left_out", c.left_out}});
  return result;
}

int print_plan(const TrainingConfig& config, const DataSet& data, const Request& request) {
  if (request.as_json)
    print_json({{"event", "plan"},
                {"name", config.name},
                {"model", config.model},
                {"seed", config.seed},
                {"classes", counts_json(data)}});
  else
    std::cout << fmt::format("{}: trains a {} with seed {}\n{}\n", display(config.name),
                             config.model, config.seed, counts_text(data.counts()));
  return exit_done;
}

// Throws `ConfigError` where the data or the seed is not what the training began with.
void check_same_split(const TrainingFolder& folder, const DataSet& data,
                      const std::map<std::string, std::string>& began_with, std::uint64_t seed) {
  const auto earlier = began_with.find("seed");
  if (earlier != began_with.end() && earlier->second != std::to_string(seed))
    throw ConfigError(fmt::format("the training in {} began with seed {}, not {}",
                                  display(folder.path().string()), earlier->second, seed));
  const auto differences = split_differences(config::read_text(folder.split()), data.images());
  if (differences.empty()) return;
  std::string text =
      fmt::format("the data is not what the training in {} began with, so it cannot go on:",
                  display(folder.path().string()));
  for (const auto& difference : differences) text += "\n  " + display(difference);
  throw ConfigError(text + "\ngive the same data, or begin anew with --overwrite");
}

std::map<std::string, std::string> provenance_in(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  const auto parsed = json::parse(config::read_text(file), nullptr, false);
  std::map<std::string, std::string> result;
  if (parsed.is_object())
    for (const auto& [key, value] : parsed.items())
      if (value.is_string()) result[key] = value.get<std::string>();
  return result;
}

/// A training from the folder's lock to the last report.
class Training {
 public:
  Training(const Request& request, const TrainingConfig& config, const DataSet& data,
           TrainingObserver& progress)
      : config_(config),
        data_(data),
        folder_(request.model, request.open),
        job_(job_of(request)),
        log_(folder_, first_report(), progress),
        may_be_discarded_(request.open == Open::create) {
    write_whole(folder_.split(), split_table(data.images()));
    write_whole(folder_.provenance(),
                json(job_.provenance).dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  }

  TrainingEnd run(const std::atomic<bool>& stop) {
    try {
      const auto end = config_.kind->train(job_, log_, stop);
      finish(end);
      return end;
    } catch (const std::exception& e) {
      if (!log_.has_started() && may_be_discarded_)
        folder_.discard();
      else
        report_failure(e.what());
      throw;
    }
  }

  [[nodiscard]] const TrainingReport& report() const { return log_.report(); }
  [[nodiscard]] fs::path report_file() const { return folder_.report(); }

 private:
  TrainingJob job_of(const Request& request) {
    TrainingJob job;
    job.data = &data_;
    job.model = request.model;
    job.folder = folder_.path();
    job.resume = request.open == Open::resume;
    job.seed = config_.seed;
    job.device = request.device;
    job.threads = request.threads;
    for (const auto& [name, value] : config_.values) job.options[name] = to_string(value);
    job.provenance = training_provenance(config_, data_, request.data);
    std::error_code error;
    if (job.resume && fs::exists(folder_.split(), error)) {
      const auto began_with = provenance_in(folder_.provenance());
      check_same_split(folder_, data_, began_with, config_.seed);
      if (const auto it = began_with.find("started"); it != began_with.end()) {
        job.provenance["resumed"] = job.provenance["started"];
        job.provenance["started"] = it->second;
      }
    }
    return job;
  }

  [[nodiscard]] TrainingReport first_report() const {
    TrainingReport report;
    report.title = config_.name;
    report.subtitle = config_.description;
    report.state = "about to begin";
    report.classes = data_.counts();
    report.notes = data_.notes();
    report.options = job_.options;
    report.provenance = job_.provenance;
    return report;
  }

  void finish(TrainingEnd end) {
    std::error_code error;
    if (end != TrainingEnd::interrupted && !fs::exists(job_.model, error))
      throw PluginError(fmt::format("the model kind '{}' says it is done, but wrote no {}",
                                    config_.model, display(job_.model.string())));
    if (end != TrainingEnd::interrupted) take_evaluation();
    switch (end) {
      case TrainingEnd::complete: log_.finish("complete", ""); break;
      case TrainingEnd::early_stopped:
        log_.finish("stopped early: the validation loss did not fall any more", "");
        break;
      case TrainingEnd::interrupted:
        log_.finish("interrupted", "The same command with --resume goes on.");
        break;
    }
  }

  // The plugin tells in the model's file how good the model is, if it knows. A kind of model may
  // have files of its own that say nothing of this.
  void take_evaluation() {
    try {
      if (auto evaluation = evaluation_in(read_model_file(job_.model)))
        log_.evaluated(*std::move(evaluation));
    } catch (const PluginError&) {
    }
  }

  // The disk may be what failed: then there is no report of it, and the first error counts.
  void report_failure(const std::string& why) {
    try {
      log_.finish("failed", why);
    } catch (const RunError&) {
    }
  }

  const TrainingConfig& config_;
  const DataSet& data_;
  TrainingFolder folder_;
  TrainingJob job_;
  TrainingLog log_;
  bool may_be_discarded_;
};

std::string_view name_of(TrainingEnd end) {
  switch (end) {
    case TrainingEnd::complete: return "complete";
    case TrainingEnd::early_stopped: return "early_stopped";
    case TrainingEnd::interrupted: return "interrupted";
  }
  return "complete";
}

json summary_json(const Training& training, TrainingEnd end, const Request& request, int code) {
  const auto& history = training.report().history;
  json summary{{"event", "finished"},
               {"end", name_of(end)},
               {"epochs", history.size()},
               {"seconds", training.report().seconds},
               {"report", training.report_file().string()},
               {"exit_code", code}};
  if (end != TrainingEnd::interrupted) summary["model"] = request.model.string();
  if (const auto& evaluation = training.report().evaluation) {
    summary["balanced_accuracy"] = evaluation->balanced_accuracy;
    summary["expected_calibration_error"] = evaluation->expected_calibration_error;
  }
  if (const auto best = best_epoch(history)) {
    summary["best_epoch"] = *best + 1;
    for (const auto& [name, value] : history[*best])
      if (name.ends_with("_loss")) summary[name] = value;
  }
  return summary;
}

void print_evaluation(const HeldOutEvaluation& evaluation, std::int64_t block) {
  std::cout << fmt::format(
      "held-out balanced accuracy {:.4f} ({}; {})\nexpected calibration error {:.4f}\n",
      evaluation.balanced_accuracy, recognized_text(evaluation),
      block > 1 ? fmt::format("blocks of {} neighbouring files", block) : "single files",
      evaluation.expected_calibration_error);
}

void print_summary(const Training& training, TrainingEnd end, const Request& request,
                   std::int64_t block) {
  const auto& report = training.report();
  std::cout << fmt::format("{} after {} of {} epochs, {}\n",
                           end == TrainingEnd::complete        ? "complete"
                           : end == TrainingEnd::early_stopped ? "stopped early"
                                                               : "interrupted",
                           report.history.size(), report.epochs, clock_time(report.seconds));
  if (const auto best = best_epoch(report.history)) {
    std::cout << fmt::format("best epoch: {}", *best + 1);
    for (const std::string name : {"training_loss", "validation_loss"})
      if (const auto value = measure(report.history[*best], name))
        std::cout << fmt::format(
            ", {} {:.6g}", name == "training_loss" ? "training loss" : "validation loss", *value);
    std::cout << '\n';
  }
  if (end == TrainingEnd::early_stopped) std::cout << "the validation loss did not fall any more\n";
  if (report.evaluation) print_evaluation(*report.evaluation, block);
  if (end != TrainingEnd::interrupted)
    std::cout << "model: " << display(request.model.string()) << '\n';
  std::cout << "report: " << display(training.report_file().string()) << '\n';
  if (end != TrainingEnd::interrupted)
    std::cout << "next: smear model show " << shell_word(display(request.model.string())) << '\n';
  else
    std::cout << "the same command "
              << (request.open == Open::resume      ? "goes on"
                  : request.open == Open::overwrite ? "with --resume instead of --overwrite goes on"
                                                    : "with --resume goes on")
              << '\n';
}

// A kind's own command trains nothing else.
void check_kind(const TrainingConfig& config, const std::string& kind) {
  if (!kind.empty() && config.model != kind)
    throw ConfigError(fmt::format("{} trains a {}, not a {}; give it to `smear train`",
                                  display(config.file), config.model, kind));
}

void tell_notes(const DataSet& data, TrainingObserver& progress) {
  for (const auto& note : data.notes()) progress.note(note);
}

}  // namespace

po::options_description training_options() {
  po::options_description all;
  auto add = all.add_options();
  add("data", po::value<std::vector<std::string>>()->required()->value_name("DIR"),
      "folder of images, searched with its subfolders; a class is the name of the folder that "
      "holds a file (again for more)");
  add("output,o", po::value<std::string>()->required()->value_name("MODEL.safetensors"),
      "the model's file; the training's own files go to MODEL.train beside it");
  add("resume", po::bool_switch(), "go on with the training in MODEL.train");
  add("overwrite", po::bool_switch(), "begin anew where MODEL or MODEL.train is there already");
  add("epochs", po::value<std::string>()->value_name("N"), "short for --set epochs=N");
  add("precision", po::value<std::string>()->value_name("PRECISION"),
      "short for --set precision=PRECISION: float32 or bfloat16");
  add("seed", po::value<std::string>()->value_name("S"),
      "seed of the split and of everything random, instead of the config's");
  add("set", po::value<std::vector<std::string>>()->value_name("OPTION=VALUE"),
      "another value for an option of the model, or data.OPTION=VALUE (again for more)");
  add("device", po::value<std::string>()->default_value("cpu")->value_name("D"),
      "where to compute: cpu, or cuda where the plugin's LibTorch has it");
  add("threads", po::value<int>()->default_value(0)->value_name("N"),
      "threads; 0 is one for each processor");
  add("dry-run", po::bool_switch(), "check, read the images, show the split and stop");
  add("json", po::bool_switch(), "messages on stderr and the summary on stdout as JSON lines");
  add("quiet,q", po::bool_switch(), "no progress and no summary");
  return all;
}

int run_training(const Invocation& invocation, const TrainingWords& words) {
  const auto request = request_of(invocation, words);
  TrainingFolder::check(request.model, request.open);
  Registry registry;
  fill_registry(registry, invocation);
  const auto config =
      load_training_config(find_training_config(words.config), registry, request.overrides);
  check_kind(config, words.kind);
  auto progress = make_training_progress(request.as_json ? ProgressStyle::json
                                         : request.quiet ? ProgressStyle::quiet
                                                         : ProgressStyle::automatic);
  // Nothing is written while the images are read, so a signal may end the program as it is.
  const DataSet data(request.data, config.data, config.seed, request.threads,
                     [&](std::int64_t done, std::int64_t all) { progress->reading(done, all); });
  tell_notes(data, *progress);
  if (request.dry_run) {
    progress.reset();
    return print_plan(config, data, request);
  }
  Training training(request, config, data, *progress);
  const auto end = training.run(stop_on_signals());
  progress.reset();
  const int code = end == TrainingEnd::interrupted ? interrupted_exit_code() : exit_done;
  if (request.as_json)
    print_json(summary_json(training, end, request, code));
  else if (!request.quiet || end == TrainingEnd::interrupted)
    print_summary(training, end, request, config.data.block);
  return code;
}

}  // namespace smear::cli
