// SPDX-License-Identifier: Apache-2.0
#include "study/sweep.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "config/libraries.h"
#include "config/version.h"
#include "run/display-path.h"
#include "run/file-lock.h"
#include "run/origin.h"
#include "run/outputs.h"
#include "run/workspace.h"
#include "study/claims.h"
#include "study/condition-runner.h"
#include "study/condition.h"
#include "study/input-images.h"
#include "study/measurement.h"
#include "study/report.h"
#include "study/results.h"
#include "study/training.h"
#include "train/model-file.h"
#include "train/provenance.h"
#include "train/split.h"

namespace smear::study {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using nlohmann::ordered_json;

constexpr std::string_view marker = "study";
constexpr std::array output_folders{"models", "conditions", "sheets"};
constexpr std::array output_files{"report.html", "measures.csv",    "claims.csv",
                                  "split.csv",   "experiment.yaml", "sweep.json"};
constexpr std::size_t sheet_rows = 8;
constexpr int sheet_cell = 96;

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The folder OUT of a sweep, held by one process at a time.
class StudyFolder {
 public:
  explicit StudyFolder(const SweepOptions& options) : out_(options.output) {
    check(options);
    std::error_code error;
    fs::create_directories(own(), error);
    if (error) throw RunError(fmt::format("cannot create {}: {}", own().string(), error.message()));
    lock_.emplace(own() / "lock", fmt::format("another smear is at work in {}; wait for it",
                                              display(out_.string())));
    if (options.overwrite) empty();
    write_whole(own() / marker, "1\n");
  }

  static void check(const SweepOptions& options) {
    std::error_code error;
    const auto& out = options.output;
    if (out.empty()) throw ConfigError("OUT is an empty name");
    const auto name = display(out.string());
    if (options.resume && options.overwrite)
      throw ConfigError("--resume goes on and --overwrite begins anew; give one of them");
    if (fs::exists(out, error) && !fs::is_directory(out, error))
      throw ConfigError(fmt::format("OUT {} is a file, expected a folder", name));
    const bool earlier = fs::exists(out / ".smear" / marker, error);
    if (earlier && !options.resume && !options.overwrite)
      throw ConfigError(fmt::format(
          "{} holds an earlier sweep: --resume does what is missing in it, --overwrite replaces it",
          name));
    if (!earlier && fs::exists(out, error) && !only_own(out))
      throw ConfigError(
          fmt::format("{} is not empty and holds no sweep: choose a new folder", name));
  }

  [[nodiscard]] fs::path own() const { return out_ / ".smear"; }

 private:
  // What a sweep that was killed in its first instant leaves.
  static bool only_own(const fs::path& out) {
    std::error_code error;
    for (fs::directory_iterator it(out, error); !error && it != fs::directory_iterator();
         it.increment(error))
      if (it->path().filename() != ".smear" || holds_run(out)) return false;
    return true;
  }

  void empty() const {
    std::error_code error;
    for (const auto* name : output_folders) fs::remove_all(out_ / name, error);
    for (const auto* name : output_files) fs::remove(out_ / name, error);
    for (const auto* name : {"runs", "trainings"}) fs::remove_all(own() / name, error);
  }

  fs::path out_;
  std::optional<FileLock> lock_;
};

/// A condition with where it stands in the report.
struct PlannedCondition {
  Condition condition;
  std::size_t grid = 0;  ///< of the outcome's; references and fits have none
  bool shown = true;
};

/// Everything that an experiment comes down to with this data.
struct Plan {
  Plan(const Experiment& experiment, Registry& registry, const DataSet& data)
      : trainings(experiment, registry, data) {
    grids.push_back({.name = "control",
                     .title = "Controls",
                     .description = "The same measures of real images, of plain reconstructions, "
                                    "of draws from the prior and of blurred images: what the "
                                    "numbers of generated images are to be read against.",
                     .axis = "",
                     .sheet = "",
                     .conditions = {}});
    for (const auto set : {InputSet::malignant_training, InputSet::benign_training})
      conditions.push_back({reference_condition(set), 0, false});
    for (auto& condition : control_conditions(experiment, trainings.plain()))
      conditions.push_back({std::move(condition), 0, true});
    add_grid(experiment, {.name = "seeds",
                          .title = "Training seeds",
                          .description = "The plain model, trained anew from other random "
                                         "numbers: differences as large as these are no effect.",
                          .axis = "",
                          .settings = seed_settings(experiment)});
    for (const auto& grid : experiment.grids) add_grid(experiment, grid);
    for (const auto& training : trainings.trainings())
      if (training.dropout)
        for (const auto set : {InputSet::malignant_training, InputSet::malignant})
          conditions.push_back({fit_condition(set, training.name), 0, false});
    for (const auto set : {InputSet::malignant, InputSet::benign, InputSet::malignant_training,
                           InputSet::benign_training}) {
      images[set] = images_of(set, experiment, data);
      constexpr std::size_t least = 5;
      if (images[set].size() < least)
        throw ConfigError(fmt::format(
            "{} images are {}, at least {} are needed; more images, or another data.validation or "
            "data.block, give more",
            images[set].size(), name_of(set), least));
    }
  }

  void add_grid(const Experiment& experiment, const Grid& grid) {
    grids.push_back({grid.name, grid.title, grid.description, grid.axis, "", {}});
    for (const auto& setting : grid.settings)
      conditions.push_back(
          {condition_of(setting, experiment, trainings.add(setting)), grids.size() - 1, true});
  }

  [[nodiscard]] std::vector<std::string> ids() const {
    std::vector<std::string> result;
    for (const auto& planned : conditions) result.push_back(planned.condition.id);
    return result;
  }

  TrainingPlan trainings;
  std::vector<GridOutcome> grids;  ///< without conditions yet
  std::vector<PlannedCondition> conditions;
  std::map<InputSet, std::vector<InputImage>> images;
};

DataSet read_data(const Experiment& experiment, const SweepOptions& options,
                  SweepObserver& observer) {
  return {options.data, experiment.data, experiment.seed, options.jobs,
          [&](std::int64_t done, std::int64_t all) {
            observer.progress("reading images",
                              static_cast<double>(done) / static_cast<double>(all),
                              fmt::format("{} of {}", done, all));
          }};
}

/// Of the classes that the experiment needs; the data may hold others.
std::vector<ClassCounts> counts_of(const Experiment& experiment, const DataSet& data) {
  auto counts = data.counts();
  std::erase_if(counts, [&](const ClassCounts& c) {
    return std::ranges::find(experiment.data.classes, c.class_name) ==
           experiment.data.classes.end();
  });
  return counts;
}

class Sweep {
 public:
  Sweep(const Experiment& experiment, Registry& registry, const SweepOptions& options,
        SweepObserver& observer, const std::atomic<bool>& stop)
      : experiment_(experiment),
        options_(options),
        observer_(observer),
        stop_(stop),
        start_(Clock::now()),
        started_(now()),
        data_(read_data(experiment, options, observer)),
        plan_(experiment, registry, data_),
        folder_(options),  // last of what may refuse: what is refused leaves nothing behind
        store_(options.output / "models", folder_.own() / "trainings"),
        runner_(registry, fs::absolute(options.output / "conditions").lexically_normal(),
                folder_.own() / "runs", options.data.front(), experiment.seed, options.jobs) {}

  SweepSummary run() {
    refuse_other_models();
    for (const auto& text : notes_on_data()) note(text);
    failed_images_ = std::ranges::count_if(data_.images(),
                                           [](const DataImage& image) { return !image.usable(); });
    // From here on OUT is another: a report that stands tells of what is there.
    std::error_code ignored;
    for (const auto* name : output_files)
      if (name != std::string_view("sweep.json")) fs::remove(options_.output / name, ignored);
    write_whole(options_.output / "experiment.yaml", experiment_as_run());
    write_whole(options_.output / "split.csv", split_table(named_by_class()));
    // What other grids of the experiment have cost is not thrown away for one that is run alone.
    if (experiment_.whole) {
      store_.prune(plan_.trainings.trainings());
      runner_.prune(plan_.ids());
    }
    SweepSummary summary;
    if (!measure(true) || !train() || !measure(false)) {
      summary.end = SweepEnd::interrupted;
    } else {
      summary.outcome = outcome();
      write(summary.outcome);
    }
    summary.failed_images = failed_images_;
    summary.failed_models = failed_models_;
    summary.failed_conditions = failed_conditions_;
    summary.seconds = seconds_since(start_);
    return summary;
  }

 private:
  void note(const std::string& message) {
    notes_.push_back(message);
    observer_.note(message);
  }

  [[nodiscard]] int jobs() const {
    return options_.jobs > 0 ? options_.jobs
                             : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }

  // Where the data lies is not part of the results.
  [[nodiscard]] std::vector<DataImage> named_by_class() const {
    auto images = data_.images();
    std::map<std::string, std::string> names;
    for (auto& image : images) {
      const auto name = fmt::format("{}/{}", image.class_name, image.file.filename().string());
      names[image.path] = name;
      image.path = name;
    }
    for (auto& image : images)
      if (const auto it = names.find(image.duplicate_of); it != names.end())
        image.duplicate_of = it->second;
    return images;
  }

  [[nodiscard]] std::string experiment_as_run() const {
    if (experiment_.changes.empty()) return experiment_.text;
    return fmt::format("# Run with {}\n", fmt::join(experiment_.changes, " ")) + experiment_.text;
  }

  // Somebody who forgets a --set on resuming must not lose days of training for it.
  void refuse_other_models() const {
    std::vector<std::string> others;
    std::error_code error;
    for (const auto& training : plan_.trainings.trainings())
      if (fs::exists(store_.model(training.name), error) &&
          fs::exists(store_.history(training.name), error) && !store_.has(training))
        others.push_back(training.name);
    const auto earlier = folder_.own() / "changes";
    if (!others.empty())
      throw ConfigError(fmt::format(
          "{} of the models in {} were trained with other settings, data or plugins ({}{}), and "
          "would be lost; --resume needs the experiment and the --set that they were made with{}, "
          "--overwrite begins anew",
          others.size(), display((options_.output / "models").string()), others.front(),
          others.size() > 1 ? ", ..." : "",
          fs::exists(earlier, error)
              ? fmt::format(" (the last call had: {})", config::read_bytes(earlier))
              : ""));
    write_whole(earlier, experiment_.changes.empty()
                             ? std::string("none")
                             : fmt::format("{}", fmt::join(experiment_.changes, " ")));
  }

  // By the names that the results have, wherever the data lies.
  [[nodiscard]] std::vector<std::string> notes_on_data() const {
    auto notes = data_.notes();
    const auto named = named_by_class();
    for (auto& text : notes)
      for (std::size_t i = 0; i < named.size(); ++i) {
        const auto path = display(data_.images()[i].path);
        if (const auto at = text.find(path); at != std::string::npos)
          text.replace(at, path.size(), display(named[i].path));
      }
    return notes;
  }

  // Over all calls that it took, as far as they came to an end in good order.
  void add_time(const std::string& phase, Clock::time_point start) {
    const auto file = folder_.own() / "seconds.json";
    std::error_code error;
    auto seconds = fs::exists(file, error)
                       ? ordered_json::parse(config::read_bytes(file), nullptr, false)
                       : ordered_json::object();
    if (!seconds.is_object()) seconds = ordered_json::object();
    seconds[phase] = seconds.value(phase, 0.0) + seconds_since(start);
    write_whole(file, seconds.dump() + "\n");
    seconds_ = seconds;
  }

  bool train() {
    const auto start = Clock::now();
    auto models = train_all(
        plan_.trainings.trainings(), data_, store_, jobs(),
        [&](double part, const std::string& words) { observer_.progress("training", part, words); },
        stop_);
    add_time("training", start);
    if (!models) return false;
    models_ = *std::move(models);
    for (std::size_t i = 0; i < models_.size(); ++i) {
      const auto& training = plan_.trainings.trainings()[i];
      if (models_[i].reason.empty()) continue;
      // Everything rests on these two.
      if (training.name == plan_.trainings.classifier() || training.name == plan_.trainings.plain())
        throw RunError(fmt::format("{}: {}", training.name, models_[i].reason));
      ++failed_models_;
      note(fmt::format("no model {} ({}): {}", training.name, training.label, models_[i].reason));
    }
    return true;
  }

  [[nodiscard]] bool has_model(const std::string& name) const {
    if (name.empty()) return true;
    const auto& trainings = plan_.trainings.trainings();
    const auto it = std::ranges::find(trainings, name, &PlannedTraining::name);
    return models_[static_cast<std::size_t>(it - trainings.begin())].reason.empty();
  }

  // The references, which need no model, come first: where no cells are found in real images, that
  // is told before hours are spent.
  bool measure(bool references) {
    const auto start = Clock::now();
    std::int64_t all = 0;
    std::int64_t before = 0;
    std::vector<const PlannedCondition*> todo;
    for (const auto& planned : plan_.conditions)
      if (is_of_references(planned.condition) == references &&
          has_model(planned.condition.training)) {
        todo.push_back(&planned);
        all += std::ssize(plan_.images.at(planned.condition.set));
      }
    std::size_t number = 0;
    for (const auto* planned : todo) {
      const auto& condition = planned->condition;
      const auto done = [&](std::int64_t images) {
        observer_.progress(
            references ? "measuring real cells" : "measuring",
            static_cast<double>(before + images) / static_cast<double>(all),
            fmt::format("{} of {} conditions; {}", number, todo.size(), condition.id));
      };
      if (!run_condition(*planned, done)) return false;
      before += std::ssize(plan_.images.at(condition.set));
      ++number;
    }
    add_time("measuring", start);
    if (references)
      for (const auto set : {InputSet::malignant_training, InputSet::benign_training})
        (void)reference(set);
    return true;
  }

  static bool is_of_references(const Condition& condition) {
    return is_reference(condition.set) && !condition.compare_only;
  }

  // False where it was interrupted. A setting that cannot be run costs no other.
  bool run_condition(const PlannedCondition& planned,
                     const std::function<void(std::int64_t)>& done) {
    const auto& condition = planned.condition;
    const std::string to_models = "../../../models/";
    const auto text =
        pipeline_text(condition, experiment_, to_models + condition.training + ".safetensors",
                      to_models + plan_.trainings.classifier() + ".safetensors");
    try {
      auto result = runner_.run(condition.id, text, plan_.images.at(condition.set), done, stop_);
      if (!result) return false;
      tell_failures(condition.id, *result);
      results_.emplace(condition.id, *std::move(result));
    } catch (const RunError&) {
      throw;
    } catch (const Error& e) {
      if (!planned.shown || planned.grid == 0) throw;
      ++failed_conditions_;
      note(fmt::format("{} could not be run: {}", condition.id, e.what()));
    }
    return true;
  }

  void tell_failures(const std::string& id, const ConditionResult& result) {
    if (result.failed.empty()) return;
    failed_images_ += std::ssize(result.failed);
    const auto& first = result.failed.front();
    note(fmt::format(
        "{}: {} could not be measured, the first {}: {}", id,
        result.failed.size() == 1 ? "1 image" : fmt::format("{} images", result.failed.size()),
        first.name, first.reason));
  }

  [[nodiscard]] std::vector<std::string> names_of(InputSet set) const {
    std::vector<std::string> names;
    for (const auto& image : plan_.images.at(set)) names.push_back(image.name);
    return names;
  }

  [[nodiscard]] Measured measured(const Condition& condition) const {
    return read_measured(runner_.folder(condition.id), names_of(condition.set));
  }

  [[nodiscard]] Reference reference(InputSet set) const {
    return {measured(reference_condition(set)), experiment_.least_cells,
            fmt::format("images ({})", name_of(set))};
  }

  StudyOutcome outcome() {
    observer_.progress("writing the report", 0.0, "estimating");
    StudyOutcome outcome;
    describe(outcome);
    const Estimator estimator(reference(InputSet::malignant_training),
                              reference(InputSet::benign_training), experiment_.least_cells);
    std::map<InputSet, std::vector<Multiplicities>> resamples;
    for (const auto& [set, images] : plan_.images)
      resamples[set] =
          smear::study::resamples(images.size(), static_cast<int>(experiment_.bootstrap),
                                  experiment_.seed * 8 + static_cast<std::uint64_t>(set));
    std::vector<const PlannedCondition*> shown;
    for (const auto& planned : plan_.conditions)
      if (planned.shown && results_.contains(planned.condition.id)) shown.push_back(&planned);
    std::vector<ConditionOutcome> outcomes(shown.size());
    std::vector<Estimates> estimates(shown.size());
    tbb::parallel_for(std::size_t{0}, shown.size(), [&](std::size_t i) {
      const auto& condition = shown[i]->condition;
      const auto values = measured(condition);
      estimates[i] = estimator(values, resamples.at(condition.set));
      outcomes[i] = outcome_of(condition, values, estimates[i]);
    });
    AllEstimates all;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      outcome.grids[shown[i]->grid].conditions.push_back(std::move(outcomes[i]));
      all.emplace(shown[i]->condition.id, std::move(estimates[i]));
    }
    const Judge judge(experiment_, all);
    for (const auto& claim : experiment_.claims) outcome.claims.push_back(judge(claim));
    rank(outcome, all);
    add_trainings(outcome, resamples);
    constexpr double doubtful = 0.75;
    if (const auto& evaluation = outcome.classifier.evaluation;
        evaluation && evaluation->balanced_accuracy < doubtful)
      note(
          fmt::format("the classifier tells the classes apart with a balanced accuracy of {:.2f} "
                      "only: its malignancy score says little",
                      evaluation->balanced_accuracy));
    outcome.notes = notes_;
    return outcome;
  }

  void describe(StudyOutcome& outcome) const {
    outcome.title = experiment_.title;
    outcome.question = experiment_.question;
    outcome.method = experiment_.method;
    if (!experiment_.changes.empty())
      outcome.method +=
          fmt::format(" This sweep was run with {}.", fmt::join(experiment_.changes, " "));
    outcome.malignant = experiment_.malignant;
    outcome.benign = experiment_.benign;
    for (const auto& counts : counts_of(experiment_, data_))
      outcome.split.push_back(counts_text({counts}));
    outcome.image_size = experiment_.image_size;
    outcome.replicates = static_cast<int>(experiment_.bootstrap);
    outcome.confidence = experiment_.confidence;
    outcome.grids = plan_.grids;
    outcome.classifier.model = fmt::format("models/{}.safetensors", plan_.trainings.classifier());
    outcome.classifier.block = experiment_.data.block;
    outcome.classifier.evaluation =
        evaluation_in(read_model_file(store_.model(plan_.trainings.classifier())));
    outcome.files = {"measures.csv",    "claims.csv", "split.csv",
                     "experiment.yaml", "models",     "conditions"};
    outcome.experiment = experiment_.text;
  }

  [[nodiscard]] ConditionOutcome outcome_of(const Condition& condition, const Measured& values,
                                            const Estimates& estimates) const {
    ConditionOutcome outcome;
    outcome.id = condition.id;
    outcome.label = condition.label;
    outcome.description = condition.description;
    outcome.model = condition.training;
    outcome.images = static_cast<std::int64_t>(values.done);
    outcome.failed = static_cast<std::int64_t>(values.images - values.done);
    outcome.cells = values.cell_count();
    for (const auto& [name, estimate] : estimates) {
      auto measured = interval(estimate);
      if (is_of_distance(name)) measured.low = std::max(measured.low, 0.0);
      outcome.measures.emplace(name, measured);
    }
    return outcome;
  }

  [[nodiscard]] Interval interval(const Estimate& estimate) const {
    return interval_of(estimate.value, estimate.replicates, experiment_.confidence);
  }

  // Settings of the grids alone: controls and seeds are there to compare with.
  void rank(StudyOutcome& outcome, const AllEstimates& estimates) const {
    constexpr std::string_view measure = "frechet_malignant";
    for (const auto& grid : outcome.grids) {
      if (grid.name == "control" || grid.name == "seeds") continue;
      for (const auto& condition : grid.conditions) {
        const auto it = condition.measures.find(measure);
        if (it != condition.measures.end())
          outcome.ranking.push_back(
              {condition.id, fmt::format("{}: {}", grid.title, condition.label), it->second});
        else
          ++outcome.unranked;
      }
    }
    std::ranges::stable_sort(outcome.ranking, {},
                             [](const RankedSetting& s) { return s.distance.estimate; });
    if (outcome.ranking.empty()) return;
    const auto estimate_of = [&](const RankedSetting& setting) -> const Estimate& {
      return estimates.find(setting.condition)->second.find(measure)->second;
    };
    const auto& first = estimate_of(outcome.ranking.front());
    for (auto& setting : outcome.ranking)
      setting.tied = difference(estimate_of(setting), first, experiment_.confidence).low <= 0.0;
  }

  void add_trainings(StudyOutcome& outcome,
                     const std::map<InputSet, std::vector<Multiplicities>>& resamples) const {
    const auto& trainings = plan_.trainings.trainings();
    for (std::size_t i = 0; i < trainings.size(); ++i) {
      const auto& training = trainings[i];
      if (training.name == plan_.trainings.classifier()) continue;
      TrainingOutcome entry;
      entry.name = training.name;
      entry.label = training.label;
      entry.model = fmt::format("models/{}.safetensors", training.name);
      entry.epochs = std::ssize(models_[i].history);
      if (const auto best = best_epoch(models_[i].history)) {
        entry.best_epoch = static_cast<std::int64_t>(*best) + 1;
        entry.reconstruction =
            smear::measure(models_[i].history[*best], "validation_reconstruction");
      }
      entry.dropout = training.dropout;
      entry.reason = models_[i].reason;
      if (training.dropout && entry.reason.empty()) {
        const auto seen = fit(InputSet::malignant_training, training.name, resamples);
        const auto held_out = fit(InputSet::malignant, training.name, resamples);
        if (seen && held_out) {
          entry.training_error = interval(*seen);
          entry.held_out_error = interval(*held_out);
          entry.gap = difference(*held_out, *seen, experiment_.confidence);
        }
      }
      outcome.trainings.push_back(std::move(entry));
    }
  }

  [[nodiscard]] std::optional<Estimate> fit(
      InputSet set, const std::string& training,
      const std::map<InputSet, std::vector<Multiplicities>>& resamples) const {
    const auto values = measured(fit_condition(set, training));
    const auto it = values.values.find("mse");
    if (it == values.values.end()) return std::nullopt;
    return mean_of(it->second, resamples.at(set));
  }

  // The same inputs for each value, as in the study's figures; controls have sets of their own.
  void write_sheets(StudyOutcome& outcome) {
    const auto rows_of = [&](InputSet set) {
      auto names = names_of(set);
      std::vector<std::string> rows;
      const auto count = std::min(sheet_rows, names.size());
      for (std::size_t i = 0; i < count; ++i) rows.push_back(names[i * names.size() / count]);
      return rows;
    };
    for (std::size_t g = 0; g < outcome.grids.size(); ++g) {
      auto& grid = outcome.grids[g];
      observer_.progress("writing the report",
                         static_cast<double>(g) / static_cast<double>(outcome.grids.size()),
                         fmt::format("contact sheet of {}", grid.name));
      std::vector<SheetSource> columns;
      if (grid.name != "control")
        columns.push_back({"input", runner_.folder(std::string(control::real_benign)),
                           rows_of(InputSet::benign)});
      for (const auto& planned : plan_.conditions)
        if (planned.shown && planned.grid == g && results_.contains(planned.condition.id))
          columns.push_back({planned.condition.label, runner_.folder(planned.condition.id),
                             rows_of(planned.condition.set)});
      grid.sheet = fmt::format("sheets/{}.png", grid.name);
      write_sheet(columns, sheet_cell, options_.output / grid.sheet);
    }
  }

  void write(StudyOutcome& outcome) {
    std::error_code ignored;
    fs::remove_all(options_.output / "sheets", ignored);
    write_sheets(outcome);
    write_whole(options_.output / "measures.csv", measures_table(outcome));
    write_whole(options_.output / "claims.csv", claims_table(outcome));
    write_whole(options_.output / "sweep.json",
                provenance().dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    // Last: where it stands, all else does.
    write_study_report(outcome, options_.output / "report.html");
    fs::remove_all(folder_.own() / "trainings", ignored);
    fs::remove_all(folder_.own() / "runs", ignored);
    observer_.progress("writing the report", 1.0, "done");
  }

  [[nodiscard]] ordered_json provenance() const {
    std::vector<std::string> words;
    for (const auto& word : options_.command) words.push_back(shell_word(display(word)));
    std::vector<std::string> folders;
    for (const auto& folder : options_.data)
      folders.push_back(display(fs::absolute(folder).lexically_normal().string()));
    return {{"smear_version", std::string(version())},
            {"command", fmt::format("{}", fmt::join(words, " "))},
            {"host", host_name()},
            {"processors", std::thread::hardware_concurrency()},
            {"jobs", jobs()},
            {"started", utc_time(started_)},
            {"finished", utc_time(now())},
            {"seconds", seconds_since(start_)},
            {"seconds_of_all_calls", seconds_},
            {"data", folders},
            {"split_sha256", split_hash(data_.images())},
            {"experiment_sha256", content_hash(experiment_.text)},
            {"changes", experiment_.changes},
            {"libraries", library_versions()}};
  }

  const Experiment& experiment_;
  const SweepOptions& options_;
  SweepObserver& observer_;
  const std::atomic<bool>& stop_;
  Clock::time_point start_;
  double started_;
  DataSet data_;
  Plan plan_;
  StudyFolder folder_;
  ModelStore store_;
  ConditionRunner runner_;
  std::vector<TrainedModel> models_;  // as the plan's
  std::map<std::string, ConditionResult> results_;
  std::vector<std::string> notes_;
  std::int64_t failed_images_ = 0;
  std::int64_t failed_models_ = 0;
  std::int64_t failed_conditions_ = 0;
  ordered_json seconds_;  // by phase, over all calls
};

}  // namespace

SweepSize plan_sweep(const Experiment& experiment, Registry& registry, const SweepOptions& options,
                     SweepObserver& observer) {
  const auto data = read_data(experiment, options, observer);
  for (const auto& note : data.notes()) observer.note(note);
  const Plan plan(experiment, registry, data);
  SweepSize size;
  size.classes = counts_of(experiment, data);
  for (const auto& training : plan.trainings.trainings()) size.models.push_back(training.name);
  size.conditions = plan.ids();
  for (const auto& planned : plan.conditions)
    size.images += std::ssize(plan.images.at(planned.condition.set));
  return size;
}

SweepSummary run_sweep(const Experiment& experiment, Registry& registry,
                       const SweepOptions& options, SweepObserver& observer,
                       const std::atomic<bool>& stop) {
  StudyFolder::check(options);
  return Sweep(experiment, registry, options, observer, stop).run();
}

}  // namespace smear::study
