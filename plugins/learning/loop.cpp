// SPDX-License-Identifier: Apache-2.0
#include "learning/loop.h"

#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "learning/seeds.h"
#include "learning/threads.h"
#include "smear/errors.h"

namespace smear::learning {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using torch::Tensor;

std::vector<Tensor> values_of(const std::vector<Parameter>& parameters) {
  std::vector<Tensor> values;
  for (const auto& parameter : parameters) values.push_back(parameter.value);
  return values;
}

double loss_of(const Measures& losses) { return losses.front().second; }

}  // namespace

Loop::Loop(const LoopOptions& options, const TrainingJob& job, TrainingObserver& observer,
           const std::atomic<bool>& stop, const Images& images, Learner& learner)
    : options_(options),
      job_(job),
      observer_(observer),
      stop_(stop),
      images_(images),
      learner_(learner),
      adam_(values_of(learner.parameters())) {}

TrainingEnd Loop::run(const std::vector<std::string>& description) {
  take_up();
  observer_.started(progress_.epoch, options_.epochs, steps_per_epoch(),
                    static_cast<std::int64_t>(images_.training().size()), progress_.history,
                    description);
  while (progress_.epoch < options_.epochs) {
    if (out_of_patience()) return TrainingEnd::early_stopped;
    if (!train_epoch()) {
      save();
      return TrainingEnd::interrupted;
    }
  }
  return TrainingEnd::complete;
}

void Loop::check_best(const std::string& training) const {
  const auto of = nlohmann::json::parse(training, nullptr, false);
  if (!of.is_object() || of.value("best_epoch", std::int64_t{0}) != progress_.best_epoch + 1)
    throw PluginError(fmt::format(
        "{} is not of the best epoch, {}; begin anew with --overwrite, or give keep: last",
        best_file().string(), progress_.best_epoch + 1));
}

std::string Loop::training_json(const Progress& progress, const std::string& evaluation) {
  nlohmann::ordered_json training{{"epochs", progress.history.size()},
                                  {"best_epoch", progress.best_epoch + 1},
                                  {"best_loss", progress.best_loss}};
  if (!progress.history.empty())
    for (const auto& [name, value] : progress.history.back())
      if (name != "seconds" && name != "images_per_second") training["last"][name] = value;
  if (!evaluation.empty()) training["evaluation"] = nlohmann::ordered_json::parse(evaluation);
  return training.dump();
}

std::int64_t Loop::steps_per_epoch() const {
  const auto count = static_cast<std::int64_t>(images_.training().size());
  return (count + options_.batch - 1) / options_.batch;
}

void Loop::take_up() {
  std::error_code error;
  if (!job_.resume) return;
  const bool there = fs::exists(last_file(), error);
  if (error)
    throw RunError(fmt::format("cannot look for {}: {}", last_file().string(), error.message()));
  if (!there) return;
  progress_ = load_checkpoint(last_file(), learner_.checkpoint_kind(), learner_.parameters(), adam_,
                              job_.options);
  const auto& p = progress_;
  if (p.epoch < 0 || p.step < 0 || p.step >= steps_per_epoch() || p.best_epoch < -1 ||
      p.best_epoch >= std::max<std::int64_t>(p.epoch, 1) ||
      p.images !=
          std::min(p.step * options_.batch, static_cast<std::int64_t>(images_.training().size())) ||
      static_cast<std::int64_t>(p.history.size()) != p.epoch || adam_.steps() < 0)
    throw PluginError(fmt::format("checkpoint {} is damaged: its progress is not possible",
                                  last_file().string()));
}

void Loop::save() const {
  save_checkpoint(last_file(), learner_.checkpoint_kind(), progress_, learner_.parameters(), adam_,
                  job_.options);
}

// Without held-out images nothing tells that the training should stop.
bool Loop::out_of_patience() const {
  return options_.patience > 0 && progress_.best_epoch >= 0 && !images_.validation().empty() &&
         progress_.epoch - 1 - progress_.best_epoch >= options_.patience;
}

// A new order each epoch, which depends on the seed and the epoch's number alone.
std::vector<std::size_t> Loop::order() const {
  const auto& items = images_.training();
  const auto shuffled =
      at::randperm(static_cast<std::int64_t>(items.size()),
                   at::detail::createCPUGenerator(seed_of(
                       job_.seed, {for_order, static_cast<std::uint64_t>(progress_.epoch)})),
                   torch::kInt64);
  std::vector<std::size_t> result;
  const auto* positions = shuffled.data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < items.size(); ++i)
    result.push_back(items[static_cast<std::size_t>(positions[i])]);
  return result;
}

// False where it was interrupted.
bool Loop::train_epoch() {
  const auto items = order();
  const auto steps = steps_per_epoch();
  auto start = Clock::now();
  const auto lap = [&] {
    const auto now = Clock::now();
    progress_.seconds += std::chrono::duration<double>(now - start).count();
    start = now;
  };
  double rate = 0.0;
  while (progress_.step < steps) {
    rate = train_step(items, progress_.step, steps);
    lap();
    if (++progress_.step < steps && stop_) return false;
  }
  end_epoch(rate);
  return !stop_ || progress_.epoch >= options_.epochs;
}

double Loop::train_step(const std::vector<std::size_t>& items, std::int64_t step,
                        std::int64_t steps) {
  const Moment moment{progress_.epoch, step,
                      static_cast<double>(progress_.epoch) +
                          static_cast<double>(step) / static_cast<double>(steps)};
  const auto first = items.begin() + step * options_.batch;
  const auto count = std::min<std::int64_t>(options_.batch, items.end() - first);
  const auto result = learner_.step({first, first + count}, moment);
  const double norm = norm_of(result.gradients);
  if (!std::isfinite(norm) || !std::isfinite(loss_of(result.losses))) fail(step, result, norm);
  const double rate = options_.learning_rate_at(moment.epochs);
  const double clip = options_.gradient_clip;
  adam_.step(result.gradients, rate, clip > 0.0 && norm > clip ? clip / norm : 1.0);
  learner_.moved(rate);
  progress_.images += count;
  if (progress_.sums.empty())
    for (const auto& [name, loss] : result.losses) progress_.sums.emplace_back(name, 0.0);
  for (std::size_t i = 0; i < result.losses.size(); ++i)
    progress_.sums[i].second += result.losses[i].second * static_cast<double>(count);
  progress_.norm_sum += norm;
  auto measures = result.losses;
  measures.emplace_back("gradient_norm", norm);
  observer_.step(progress_.epoch, step, measures);
  return rate;
}

void Loop::fail(std::int64_t step, const Learner::Step& result, double norm) const {
  std::string where = "none";
  double largest = -1.0;
  for (std::size_t i = 0; i < result.gradients.size(); ++i) {
    if (!result.gradients[i].defined()) continue;
    const double found = result.gradients[i].abs().max().item<double>();
    // What is not finite is larger than all else; the first such is the nearest to the input.
    if (std::isfinite(largest) && (!std::isfinite(found) || found > largest)) {
      largest = found;
      where = learner_.parameters()[i].name;
    }
  }
  std::string losses;
  for (const auto& [name, loss] : result.losses) losses += fmt::format("{} {}, ", name, loss);
  throw RunError(fmt::format(
      "the training diverged in epoch {}, step {}: {}gradient norm {}; the largest gradient is {} "
      "in {}. {}, and begin anew",
      progress_.epoch + 1, step + 1, losses, norm, largest, where, learner_.remedy()));
}

Measures Loop::measures_of_epoch(const Measures& validation, double rate) const {
  const auto count = static_cast<double>(progress_.images);
  Measures measures{{"epoch", static_cast<double>(progress_.epoch + 1)}};
  for (const auto& [name, sum] : progress_.sums)
    measures.emplace_back("training_" + name, sum / count);
  for (const auto& [name, value] : validation) measures.emplace_back("validation_" + name, value);
  measures.emplace_back("learning_rate", rate);
  for (const auto& setting : learner_.settings(static_cast<double>(progress_.epoch + 1)))
    measures.push_back(setting);
  measures.emplace_back("gradient_norm",
                        progress_.norm_sum / static_cast<double>(steps_per_epoch()));
  measures.emplace_back("seconds", progress_.seconds);
  measures.emplace_back("images_per_second", count / progress_.seconds);
  return measures;
}

void Loop::end_epoch(double rate) {
  const auto validation = images_.validation().empty() ? Measures{} : learner_.validate();
  const auto measures = measures_of_epoch(validation, rate);
  const double judged = validation.empty()
                            ? loss_of(progress_.sums) / static_cast<double>(progress_.images)
                            : loss_of(validation);
  if (!std::isfinite(judged))
    throw RunError(fmt::format(
        "the training diverged in epoch {}: after its last step, {}, the validation loss is {}; "
        "the mean norm of the epoch's gradients was {}. {}, and begin anew",
        progress_.epoch + 1, steps_per_epoch(), judged,
        progress_.norm_sum / static_cast<double>(steps_per_epoch()), learner_.remedy()));
  progress_.history.push_back(measures);
  if (progress_.best_epoch < 0 || judged < progress_.best_loss) {
    progress_.best_loss = judged;
    progress_.best_epoch = progress_.epoch;
    learner_.save_best(best_file(), progress_);
  }
  const auto epoch = progress_.epoch;
  begin_next_epoch();
  // Before the checkpoint, so that a training that is killed in between shows them again.
  learner_.show(epoch);
  save();
  observer_.epoch(measures);
}

void Loop::begin_next_epoch() {
  ++progress_.epoch;
  progress_.step = 0;
  progress_.images = 0;
  progress_.sums.clear();
  progress_.norm_sum = 0.0;
  progress_.seconds = 0.0;
}

TrainingEnd on_threads_of(const TrainingJob& job, const std::function<TrainingEnd()>& train) {
  prepare_process();
  const int threads = job.threads > 0
                          ? job.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  return arena.execute(train);
}

}  // namespace smear::learning
