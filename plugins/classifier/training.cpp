// SPDX-License-Identifier: Apache-2.0
#include "training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/autograd.h>

#include <nlohmann/json.hpp>

#include "evaluation.h"
#include "learning/device.h"
#include "learning/loop.h"
#include "learning/seeds.h"
#include "learning/threads.h"
#include "model.h"
#include "smear/errors.h"

namespace smear::classifier {
namespace {

namespace fs = std::filesystem;
using learning::Gradients;
using learning::Loop;
using learning::Purpose;
using learning::seed_of;
using torch::Tensor;
using Items = std::vector<std::size_t>;

class Training final : public learning::Learner {
 public:
  Training(const TrainingOptions& options, const TrainingJob& job, TrainingObserver& observer,
           const std::atomic<bool>& stop)
      : options_(options),
        job_(job),
        observer_(observer),
        model_(architecture_of(options, *job.data), learning::device_of(job.device)),
        preprocessing_{options.image_size, options.blank_corner},
        images_(*job.data, preprocessing_, observer) {
    for (const auto& item : job.data->items())
      truths_.push_back(item.part == TrainingData::Part::reference
                            ? 0
                            : architecture().class_index(item.class_name));
    weights_ = class_weights();
    model_.preprocessing = preprocessing_;
    model_.network.initialize(
        at::detail::createCPUGenerator(seed_of(job.seed, {Purpose::for_weights})));
    for (const auto& parameter : parameters()) values_.push_back(parameter.value);
    loop_.emplace(options, job, observer, stop, images_, *this);
  }

  TrainingEnd run() {
    const auto end = loop_->run(description());
    if (end != TrainingEnd::interrupted) finish();
    return end;
  }

 private:
  static Architecture architecture_of(const TrainingOptions& options, const TrainingData& data) {
    auto result = options.architecture(learning::trained_classes(data));
    result.check();
    return result;
  }

  [[nodiscard]] const Architecture& architecture() const { return model_.network.architecture(); }

  // Of each class's loss; their mean over the training images is 1.
  [[nodiscard]] std::vector<double> class_weights() const {
    const auto classes = architecture().classes.size();
    std::vector<double> counts(classes, 0.0);
    for (const auto item : images_.training()) ++counts[static_cast<std::size_t>(truths_[item])];
    std::vector<double> weights(classes, 1.0);
    for (std::size_t i = 0; i < classes; ++i) {
      if (counts[i] == 0.0)
        throw ConfigError(fmt::format(
            "no image of class '{}' is left to train on; give more of them, a smaller data.block "
            "or less data.validation",
            architecture().classes[i]));
      if (options_.balance)
        weights[i] = static_cast<double>(images_.training().size()) /
                     (static_cast<double>(classes) * counts[i]);
    }
    return weights;
  }

  [[nodiscard]] std::vector<std::string> description() const {
    const auto& a = architecture();
    return {fmt::format("Classifier of {0} x {0} RGB images, filters {1}: {2} parameters",
                        a.image_size, fmt::join(a.filters, "/"), a.parameters()),
            fmt::format("classes: {}", fmt::join(a.classes, ", ")),
            fmt::format("{} images to train on, {} held out", images_.training().size(),
                        images_.validation().size()),
            fmt::format("Adam at {}, device {}", options_.learning_rate, job_.device)};
  }

  [[nodiscard]] const std::vector<learning::Parameter>& parameters() const override {
    return model_.network.parameters();
  }
  [[nodiscard]] std::string checkpoint_kind() const override { return "classifier-checkpoint"; }

  /// A share of a batch, in one graph.
  struct Part {
    Gradients gradients;
    double loss = 0.0;
    std::int64_t right = 0;
  };

  [[nodiscard]] Tensor inputs_of(const Items& items, std::int64_t epoch) const {
    std::vector<Tensor> images;
    for (const auto item : items)
      images.push_back(learning::augmented(
          images_.tensor(item), options_,
          seed_of(job_.seed,
                  {Purpose::for_augmentation, static_cast<std::uint64_t>(epoch), item})));
    return at::cat(images)
        .contiguous(torch::MemoryFormat::ChannelsLast)
        .to(model_.network.device());
  }

  /// The targets of the cross-entropy, {items, classes}: labels, smoothed and weighed.
  [[nodiscard]] Tensor targets_of(const Items& items) const {
    const auto classes = static_cast<std::int64_t>(architecture().classes.size());
    const auto count = static_cast<std::int64_t>(items.size());
    auto targets = at::zeros({count, classes}, torch::kFloat32);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto truth = truths_[items[static_cast<std::size_t>(i)]];
      targets[i].fill_(options_.label_smoothing / static_cast<double>(classes));
      targets[i][truth] += 1.0 - options_.label_smoothing;
      targets[i] *= weights_[static_cast<std::size_t>(truth)];
    }
    return targets.to(model_.network.device());
  }

  [[nodiscard]] Part part_of(const Items& items, const learning::Moment& moment,
                             const learning::Dropout& dropout, double share) const {
    const auto logits = model_.network.logits(inputs_of(items, moment.epoch), dropout);
    const auto loss = -(targets_of(items) * at::log_softmax(logits, 1)).sum() * share;
    Part part;
    part.gradients = torch::autograd::grad({loss}, values_);
    part.loss = loss.item<double>();
    const auto predicted = logits.argmax(1).cpu();
    for (std::size_t i = 0; i < items.size(); ++i)
      if (predicted[static_cast<std::int64_t>(i)].item<std::int64_t>() == truths_[items[i]])
        ++part.right;
    return part;
  }

  Learner::Step step(const Items& items, const learning::Moment& moment) override {
    const auto seed =
        seed_of(job_.seed, {Purpose::for_step, static_cast<std::uint64_t>(moment.epoch),
                            static_cast<std::uint64_t>(moment.step)});
    const double share = 1.0 / static_cast<double>(items.size());
    std::vector<Part> parts(learning::gradient_groups);
    learning::for_each_group(std::ssize(items), [&](std::size_t group, std::int64_t first,
                                                    std::int64_t last) {
      if (first == last) return;
      const learning::Dropout dropout{
          options_.dropout,
          learning::seeded_generator(model_.network.device(), seed_of(seed, {group}))};
      parts[group] = part_of({items.begin() + first, items.begin() + last}, moment, dropout, share);
    });
    std::vector<Gradients> gradients;
    double loss = 0.0;
    std::int64_t right = 0;
    for (auto& part : parts) {
      gradients.push_back(std::move(part.gradients));
      loss += part.loss;
      right += part.right;
    }
    return {{{"loss", loss}, {"accuracy", static_cast<double>(right) * share}},
            learning::summed(gradients)};
  }

  void moved(double learning_rate) override {
    const torch::NoGradGuard no_gradients;
    for (const auto& value : values_)
      if (value.dim() > 1) value.detach().mul_(1.0 - learning_rate * options_.weight_decay);
  }

  [[nodiscard]] std::vector<Prediction> predictions() const {
    std::vector<Tensor> inputs;
    for (const auto item : images_.validation())
      inputs.push_back(images_.tensor(item).to(model_.network.device()));
    const auto probabilities = model_.network.probabilities(inputs);
    std::vector<Prediction> result;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const auto row = probabilities[static_cast<std::int64_t>(i)];
      const auto* values = row.data_ptr<double>();
      result.push_back({static_cast<std::size_t>(truths_[images_.validation()[i]]),
                        {values, values + row.numel()}});
    }
    return result;
  }

  Measures validate() override {
    const auto held_out = predictions();
    double loss = 0.0;
    for (const auto& p : held_out)
      loss -= weights_[p.truth] * std::log(std::max(p.probabilities[p.truth], 1e-300));
    const auto evaluation = evaluate(held_out, architecture().classes.size());
    return {{"loss", loss / static_cast<double>(held_out.size())},
            {"accuracy", evaluation.accuracy},
            {"balanced_accuracy", evaluation.balanced_accuracy},
            {"brier", evaluation.brier},
            {"calibration_error", evaluation.expected_calibration_error}};
  }

  void save_best(const fs::path& file, const learning::Progress& progress) override {
    save(file, progress, {});
  }

  void save(const fs::path& file, const learning::Progress& progress,
            const std::string& evaluation) {
    model_.metadata["options"] = nlohmann::json(job_.options).dump();
    model_.metadata["provenance"] = nlohmann::json(job_.provenance).dump();
    model_.metadata["training"] = Loop::training_json(progress, evaluation);
    save_model(model_, file);
  }

  // The weights to keep, with what they do on the images held out.
  void finish() {
    if (options_.keep == learning::Keep::best) {
      const auto best = load_model(loop_->best_file(), model_.network.device());
      loop_->check_best(best->metadata.at("training"));
      for (const auto& parameter : best->network.parameters())
        model_.network.set(parameter.name, parameter.value);
    }
    std::string evaluation;
    if (images_.validation().empty()) {
      observer_.note("no image is held out, so nothing tells how good the classifier is");
    } else {
      const auto held_out = predictions();
      const auto result = evaluate(held_out, architecture().classes.size());
      observer_.table("held-out", held_out_table(held_out));
      observer_.table("calibration", calibration_table(result));
      evaluation = result.to_json();
    }
    save(job_.model, loop_->progress(), evaluation);
  }

  [[nodiscard]] Table held_out_table(const std::vector<Prediction>& held_out) const {
    std::vector<std::string> images;
    std::vector<std::string> classes;
    for (const auto item : images_.validation()) {
      images.push_back(job_.data->items()[item].path);
      classes.push_back(job_.data->items()[item].class_name);
    }
    Table table;
    table.add("image", std::move(images));
    table.add("class", std::move(classes));
    for (std::size_t i = 0; i < architecture().classes.size(); ++i) {
      std::vector<double> column;
      for (const auto& p : held_out) column.push_back(p.probabilities[i]);
      table.add("probability_" + architecture().classes[i], std::move(column));
    }
    return table;
  }

  [[nodiscard]] Table calibration_table(const Evaluation& evaluation) const {
    std::vector<std::string> classes;
    std::vector<std::int64_t> bins;
    std::vector<std::int64_t> counts;
    std::vector<double> means;
    std::vector<double> fractions;
    for (const auto& bin : evaluation.reliability) {
      const bool empty = bin.count == 0;
      classes.push_back(architecture().classes[bin.of_class]);
      bins.push_back(static_cast<std::int64_t>(bin.bin));
      counts.push_back(bin.count);
      means.push_back(empty ? std::nan("") : bin.mean_probability);
      fractions.push_back(empty ? std::nan("") : bin.observed_fraction);
    }
    Table table;
    table.add("class", std::move(classes));
    table.add("bin", std::move(bins));
    table.add("count", std::move(counts));
    table.add("mean_probability", std::move(means));
    table.add("observed_fraction", std::move(fractions));
    return table;
  }

  const TrainingOptions& options_;
  const TrainingJob& job_;
  TrainingObserver& observer_;
  Model model_;
  learning::Preprocessing preprocessing_;
  learning::Images images_;
  std::vector<std::int64_t> truths_;  // the class of each item; 0 of those of the reference part
  std::vector<double> weights_;
  std::vector<Tensor> values_;
  std::optional<Loop> loop_;
};

}  // namespace

TrainingEnd train(const TrainingOptions& options, const TrainingJob& job,
                  TrainingObserver& observer, const std::atomic<bool>& stop) {
  return learning::on_threads_of(job, [&] { return Training(options, job, observer, stop).run(); });
}

}  // namespace smear::classifier
