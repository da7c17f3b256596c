// SPDX-License-Identifier: Apache-2.0
#include "study/training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "config/version.h"
#include "run/outputs.h"
#include "study/csv-table.h"
#include "train/model-file.h"
#include "train/provenance.h"

namespace smear::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* key_of_provenance = "study_key";

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string plugin_text(const Registry::Plugin& plugin) {
  return plugin.name.empty() ? ""
                             : fmt::format("{} {} {}", plugin.name, plugin.version,
                                           content_hash(config::read_bytes(plugin.library)));
}

// What the files hold that options name.
void add_contents(const OptionSpec& spec, const OptionValues& values,
                  std::vector<std::string>& contents) {
  for (const auto& option : spec.options()) {
    if (option.kind != OptionKind::file) continue;
    const auto it = values.find(option.name);
    const auto file = it == values.end() ? "" : to_string(it->second);
    if (!file.empty()) contents.push_back(content_hash(config::read_bytes(file)));
  }
}

std::string key_of(const TrainingConfig& config, const DataSet& data) {
  std::map<std::string, std::string> options;
  for (const auto& [name, value] : config.values) options[name] = to_string(value);
  std::vector<std::string> plugins{plugin_text(config.plugin)};
  for (const auto& chosen : config.reparameterizations)
    plugins.push_back(plugin_text(chosen.plugin));
  std::vector<std::string> contents;
  add_contents(config.spec, config.values, contents);
  for (const auto& chosen : config.reparameterizations)
    add_contents(chosen.spec, config.values, contents);
  std::vector<DataImage> images;
  for (const auto& image : data.images())
    if (has(config.data.classes, image.class_name)) images.push_back(image);
  json key{{"model", config.model}, {"options", options},          {"classes", config.data.classes},
           {"seed", config.seed},   {"split", split_hash(images)}, {"plugins", plugins}};
  if (!contents.empty()) key["files"] = contents;
  return content_hash(key.dump());
}

/// The images of some classes, so that a model depends on no other.
class DataView final : public TrainingData {
 public:
  DataView(const DataSet& data, const std::vector<std::string>& classes)
      : data_(data), classes_(classes) {
    for (std::size_t i = 0; i < data.items().size(); ++i) {
      if (!has(classes, data.items()[i].class_name)) continue;
      items_.push_back(data.items()[i]);
      place_.push_back(i);
    }
  }
  [[nodiscard]] const std::vector<Item>& items() const override { return items_; }
  [[nodiscard]] const std::vector<std::string>& classes() const override { return classes_; }
  [[nodiscard]] Image read(std::size_t i) const override { return data_.read(place_.at(i)); }

 private:
  const DataSet& data_;
  std::vector<std::string> classes_;
  std::vector<Item> items_;
  std::vector<std::size_t> place_;
};

bool is_of_time(std::string_view measure) {
  return measure == "seconds" || measure == "images_per_second";
}

/// The history as it is kept: without times, which are not the same twice.
std::string kept(TrainingHistory history) {
  for (auto& epoch : history)
    std::erase_if(epoch, [](const auto& measure) { return is_of_time(measure.first); });
  return history_table(history);
}

TrainingHistory history_in(const fs::path& file) {
  const auto table = CsvTable::read(file);
  TrainingHistory history(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row)
    for (const auto& column : table.columns())
      history[row].emplace_back(column, table.number(row, column));
  return history;
}

/// What all trainings that are at work have done so far.
class Total {
 public:
  Total(std::size_t models, TrainingProgress progress)
      : parts_(models), progress_(std::move(progress)) {}

  /// A model that needs no training: nothing is told, as no time has passed.
  void skip(std::size_t model) {
    parts_[model] = 1.0;
    ++done_;
  }
  void set(std::size_t model, double part, const std::string& words) {
    const std::lock_guard lock(mutex_);
    parts_[model] = part;
    tell(words);
  }
  void finish(std::size_t model, const std::string& words) {
    const std::lock_guard lock(mutex_);
    parts_[model] = 1.0;
    ++done_;
    tell(words);
  }

 private:
  void tell(const std::string& words) {
    double sum = 0.0;
    for (const double part : parts_) sum += part;
    progress_(sum / static_cast<double>(parts_.size()),
              fmt::format("{} of {} models trained; {}", done_, parts_.size(), words));
  }

  std::mutex mutex_;
  std::vector<double> parts_;
  std::size_t done_ = 0;
  TrainingProgress progress_;
};

/// Keeps the history of one training and tells how far it is.
class Watch final : public TrainingObserver {
 public:
  Watch(std::string name, std::size_t model, Total& total, const std::atomic<bool>& stop,
        std::atomic<bool>& halt)
      : name_(std::move(name)), model_(model), total_(total), stop_(stop), halt_(halt) {}

  void reading(std::int64_t, std::int64_t) override {}
  void started(std::int64_t, std::int64_t epochs, std::int64_t steps, std::int64_t,
               const std::vector<Measures>& history, const std::vector<std::string>&) override {
    epochs_ = epochs;
    steps_ = steps;
    history_ = history;
  }
  void step(std::int64_t epoch, std::int64_t step, const Measures&) override {
    if (stop_) halt_ = true;
    const double done =
        static_cast<double>(epoch) +
        static_cast<double>(step + 1) / static_cast<double>(std::max<std::int64_t>(steps_, 1));
    total_.set(model_, done / static_cast<double>(epochs_),
               fmt::format("{}: epoch {} of {}", name_, epoch + 1, epochs_));
  }
  void epoch(const Measures& measures) override { history_.push_back(measures); }
  void picture(std::int64_t, std::string_view, const Image&) override {}
  void note(std::string_view) override {}

  [[nodiscard]] const TrainingHistory& history() const { return history_; }

 private:
  std::string name_;
  std::size_t model_;
  Total& total_;
  const std::atomic<bool>& stop_;
  std::atomic<bool>& halt_;
  std::int64_t epochs_ = 1;
  std::int64_t steps_ = 1;
  TrainingHistory history_;
};

/// One training, from where it stands to its end.
class Worker {
 public:
  /// `halt` ends all trainings: set where `stop` is, or where one of them cannot go on.
  Worker(const DataSet& data, const ModelStore& store, Total& total, const std::atomic<bool>& stop,
         std::atomic<bool>& halt)
      : data_(data), store_(store), total_(total), stop_(stop), halt_(halt) {}

  /// False where it was interrupted.
  bool train(PlannedTraining& training, std::size_t number, TrainedModel& result) const {
    enter(training);
    const DataView view(data_, training.config.data.classes);
    Watch watch(training.name, number, total_, stop_, halt_);
    TrainingJob job;
    job.data = &view;
    job.model = store_.model(training.name);
    job.folder = store_.work(training.name);
    job.resume = true;
    job.seed = training.config.seed;
    job.threads = 1;
    for (const auto& [name, value] : training.config.values) job.options[name] = to_string(value);
    job.provenance = provenance_of(training);
    try {
      if (training.config.kind->train(job, watch, halt_) == TrainingEnd::interrupted) return false;
    } catch (const RunError& e) {
      result.reason = e.what();
      result.history = watch.history();
      return true;
    }
    write_whole(store_.history(training.name), kept(watch.history()));
    std::error_code ignored;
    fs::remove_all(store_.work(training.name), ignored);
    return true;
  }

 private:
  // A folder of another model, which is of no use, is emptied.
  void enter(const PlannedTraining& training) const {
    const auto folder = store_.work(training.name);
    const auto key = folder / "key";
    std::error_code error;
    if (!fs::exists(key, error) || config::read_bytes(key) != training.key) {
      fs::remove_all(folder, error);
      fs::create_directories(folder, error);
      write_whole(key, training.key);
    }
    for (const auto& file : {store_.model(training.name), store_.history(training.name)})
      fs::remove(file, error);
    write_whole(store_.config(training.name), training.config.text);
  }

  // Nothing of when and where, so that two runs make the same file.
  [[nodiscard]] std::map<std::string, std::string> provenance_of(
      const PlannedTraining& training) const {
    return {
        {"smear_version", std::string(version())}, {"config", training.config.name},
        {"config_text", training.config.text},     {"model", training.config.model},
        {"images", counts_text(data_.counts())},   {"seed", std::to_string(training.config.seed)},
        {key_of_provenance, training.key}};
  }

  const DataSet& data_;
  const ModelStore& store_;
  Total& total_;
  const std::atomic<bool>& stop_;
  std::atomic<bool>& halt_;
};

}  // namespace

std::string training_text(const Experiment& experiment, const std::string& kind,
                          const std::string& name, const Options& options,
                          const std::vector<std::string>& classes, std::uint64_t seed) {
  const auto number = [](auto value) { return word(fmt::format("{}", value)); };
  return config::to_yaml(
      map_of({{"name", text(name)},
              {"model", word(kind)},
              {"seed", number(seed)},
              {"data", map_of({{"classes", list_of(classes)},
                               {"include", list_of(experiment.data.input.include)},
                               {"validation", number(experiment.data.validation)},
                               {"block", number(experiment.data.block)},
                               {"max_images", number(experiment.data.max_images)}})},
              {"options", map_of(options)}}));
}

TrainingPlan::TrainingPlan(const Experiment& experiment, Registry& registry, const DataSet& data)
    : experiment_(experiment), registry_(registry), data_(data) {
  add("classifier", "classifier", experiment.classifier, {experiment.benign, experiment.malignant},
      experiment.seed, std::nullopt);
  for (const auto& setting : seed_settings(experiment)) {
    const auto name = add(setting);
    if (plain_.empty()) plain_ = name;
  }
}

std::string TrainingPlan::add(const Setting& setting) {
  auto name = setting.id;
  std::ranges::replace(name, '/', '-');
  // Grid a-b with value c and grid a with value b-c.
  const auto taken = [&](const std::string& candidate) {
    return std::ranges::find(trainings_, candidate, &PlannedTraining::name) != trainings_.end();
  };
  const auto first = name;
  for (int n = 2; taken(name); ++n) name = fmt::format("{}-{}", first, n);
  return add("vae", name, setting.training, setting.classes, setting.seed, setting.dropout);
}

std::string TrainingPlan::add(const std::string& kind, const std::string& name,
                              const Options& options, const std::vector<std::string>& classes,
                              std::uint64_t seed, std::optional<double> dropout) {
  PlannedTraining training;
  training.name = name;
  training.config = parse_training_config(
      training_text(experiment_, kind, name, options, classes, seed), experiment_.file, registry_);
  training.key = key_of(training.config, data_);
  training.dropout = dropout;
  std::vector<std::string> changes;
  for (const auto& [option, value, place] : options)
    if (std::ranges::none_of(experiment_.autoencoder, [&](const auto& plain) {
          return plain.name == option && words(plain.value) == words(value);
        }))
      changes.push_back(fmt::format("{} {}", option, words(value)));
  training.label = kind == "classifier"
                       ? fmt::format("{} against {}", classes[0], classes[1])
                       : fmt::format("{}, seed {}{}{}", fmt::join(classes, ", "), seed,
                                     changes.empty() ? "" : ", ", fmt::join(changes, ", "));
  const auto same = std::ranges::find(trainings_, training.key, &PlannedTraining::key);
  if (same == trainings_.end()) {
    trainings_.push_back(std::move(training));
    return name;
  }
  if (dropout && !same->dropout) same->dropout = dropout;
  return same->name;
}

bool ModelStore::has(const PlannedTraining& training) const {
  std::error_code error;
  if (!fs::exists(model(training.name), error) || !fs::exists(history(training.name), error))
    return false;
  try {
    const auto file = read_model_file(model(training.name));
    const auto it = file.provenance.find(key_of_provenance);
    return it != file.provenance.end() && it->is_string() && it->get<std::string>() == training.key;
  } catch (const PluginError&) {
    return false;
  }
}

void ModelStore::prune(const std::vector<PlannedTraining>& trainings) const {
  std::set<std::string> names;
  for (const auto& training : trainings) names.insert(training.name);
  for (const auto& folder : {folder_, working_}) {
    std::error_code error;
    std::vector<fs::path> old;
    for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator();
         it.increment(error))
      if (!names.contains(folder == working_ ? it->path().filename().string()
                                             : it->path().stem().string()))
        old.push_back(it->path());
    for (const auto& path : old) fs::remove_all(path, error);
  }
}

std::optional<std::vector<TrainedModel>> train_all(std::vector<PlannedTraining>& trainings,
                                                   const DataSet& data, const ModelStore& store,
                                                   int jobs, const TrainingProgress& progress,
                                                   const std::atomic<bool>& stop) {
  std::vector<TrainedModel> results(trainings.size());
  Total total(trainings.size(), progress);
  std::vector<std::size_t> todo;
  for (std::size_t i = 0; i < trainings.size(); ++i) {
    if (store.has(trainings[i]))
      total.skip(i);
    else
      todo.push_back(i);
  }
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> halt = false;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    const Worker worker(data, store, total, stop, halt);
    for (auto n = next++; n < todo.size() && !stop && !halt; n = next++) try {
        const auto i = todo[n];
        if (worker.train(trainings[i], i, results[i]))
          total.finish(i, fmt::format("{} done", trainings[i].name));
        else
          halt = true;
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        halt = true;
      }
  };
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < std::min<int>(jobs, static_cast<int>(todo.size())); ++t)
      threads.emplace_back(work);
  }
  if (failure) std::rethrow_exception(failure);
  if (stop || halt) return std::nullopt;
  for (std::size_t i = 0; i < trainings.size(); ++i)
    if (results[i].reason.empty())
      results[i].history = history_in(store.history(trainings[i].name));
  return results;
}

}  // namespace smear::study
