// SPDX-License-Identifier: Apache-2.0
#include "training/training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "model.h"
#include "smear/errors.h"
#include "threads.h"
#include "training/adam.h"
#include "training/checkpoint.h"
#include "training/images.h"
#include "training/step.h"

namespace smear::vae {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Part = TrainingData::Part;
using torch::Tensor;

// What a seed is for, so that no two uses share one.
enum Purpose : std::uint64_t {
  for_weights,
  for_order,
  for_step,
  for_augmentation,
  for_validation,
  for_pictures,
  for_parameters,
};

constexpr std::size_t picture_images = 8;

std::vector<std::string> trained_classes(const TrainingData& data) {
  std::vector<std::string> result;
  for (const auto& name : data.classes())
    for (const auto& item : data.items())
      if (item.class_name == name && item.part != Part::reference) {
        result.push_back(name);
        break;
      }
  return result;
}

class Training {
 public:
  Training(const TrainingOptions& options, Reparameterization& reparameterization,
           const TrainingJob& job, TrainingObserver& observer, const std::atomic<bool>& stop)
      : options_(options),
        reparameterization_(reparameterization),
        job_(job),
        observer_(observer),
        stop_(stop),
        device_(usable_device(job.device, options.precision)),
        classes_(trained_classes(*job.data)),
        preprocessing_{options.image_size},
        model_(checked(options.architecture(classes_)), device_),
        images_(*job.data, preprocessing_, observer) {
    model_.preprocessing = preprocessing_;
    model_.loss = options.loss;
    model_.reparameterization = options.reparameterization.name;
    model_.network.initialize(cpu_generator(seed_of(job.seed, {for_weights})));
    torch::manual_seed(seed_of(job.seed, {for_parameters}));  // for what `prepare` may draw
    reparameterization_.prepare(options.latent, device_);
    for (const auto& parameter : reparameterization_.parameters()) {
      auto value = parameter.value;
      value.set_requires_grad(true);
    }
    step_.emplace(model_.network, reparameterization_, options_);
    std::vector<Tensor> values;
    for (const auto& parameter : step_->parameters()) values.push_back(parameter.value);
    adam_.emplace(std::move(values));
  }

  TrainingEnd run() {
    take_up();
    const auto steps = steps_per_epoch();
    observer_.started(progress_.epoch, options_.epochs, steps,
                      static_cast<std::int64_t>(images_.training().size()), progress_.history,
                      description());
    while (progress_.epoch < options_.epochs) {
      if (out_of_patience()) {
        finish();
        return TrainingEnd::early_stopped;
      }
      if (!train_epoch()) {
        save();
        return TrainingEnd::interrupted;
      }
    }
    finish();
    return TrainingEnd::complete;
  }

 private:
  static torch::Device usable_device(const std::string& name, Precision precision) {
    const auto device = device_of(name);
    check_precision(precision, device.is_cpu());
    return device;
  }

  static Architecture checked(Architecture architecture) {
    architecture.check();
    return architecture;
  }

  static torch::Generator cpu_generator(std::uint64_t seed) {
    return at::detail::createCPUGenerator(seed);
  }

  [[nodiscard]] fs::path last_file() const { return job_.folder / "last.safetensors"; }
  [[nodiscard]] fs::path best_file() const { return job_.folder / "best.safetensors"; }

  [[nodiscard]] std::int64_t steps_per_epoch() const {
    const auto count = static_cast<std::int64_t>(images_.training().size());
    return (count + options_.batch - 1) / options_.batch;
  }

  [[nodiscard]] std::vector<std::string> description() const {
    const auto& architecture = model_.network.architecture();
    std::vector<std::string> lines{
        fmt::format("VAE of {0} x {0} RGB images, filters {1}, latent {2}: {3} parameters",
                    architecture.image_size, fmt::join(architecture.filters, "/"),
                    architecture.latent, architecture.parameters()),
        fmt::format("{} images to train on, {} held out", images_.training().size(),
                    images_.validation().size()),
        fmt::format("loss: {} + {} KL, reparameterization {}, Adam at {}", name_of(options_.loss),
                    options_.kl_weight, options_.reparameterization.name, options_.learning_rate),
        fmt::format("device {}", job_.device)};
    if (architecture.conditional())
      lines.push_back(
          fmt::format("conditional on the class: {}", fmt::join(architecture.classes, ", ")));
    return lines;
  }

  void take_up() {
    std::error_code error;
    if (!job_.resume) return;
    const bool there = fs::exists(last_file(), error);
    if (error)
      throw RunError(fmt::format("cannot look for {}: {}", last_file().string(), error.message()));
    if (!there) return;
    progress_ = load_checkpoint(last_file(), step_->parameters(), *adam_, job_.options);
    const auto& p = progress_;
    if (p.epoch < 0 || p.step < 0 || p.step >= steps_per_epoch() || p.best_epoch < -1 ||
        p.best_epoch >= std::max<std::int64_t>(p.epoch, 1) ||
        p.images != std::min(p.step * options_.batch,
                             static_cast<std::int64_t>(images_.training().size())) ||
        static_cast<std::int64_t>(p.history.size()) != p.epoch || adam_->steps() < 0)
      throw PluginError(fmt::format("checkpoint {} is damaged: its progress is not possible",
                                    last_file().string()));
  }

  void save() const {
    save_checkpoint(last_file(), progress_, step_->parameters(), *adam_, job_.options);
  }

  // Without held-out images nothing tells that the training should stop.
  [[nodiscard]] bool out_of_patience() const {
    return options_.patience > 0 && progress_.best_epoch >= 0 && !images_.validation().empty() &&
           progress_.epoch - 1 - progress_.best_epoch >= options_.patience;
  }

  [[nodiscard]] Batch batch_of(const std::vector<std::size_t>& items, std::int64_t first,
                               bool training) const {
    const auto count = std::min(options_.batch, static_cast<std::int64_t>(items.size()) - first);
    Batch batch;
    if (training) batch.epoch = progress_.epoch;
    batch.images.resize(static_cast<std::size_t>(count));
    for_each_in_parallel(count, [&](std::int64_t i) {
      const auto item = items[static_cast<std::size_t>(first + i)];
      auto image = images_.tensor(item);
      if (training)
        image = augmented(image, options_,
                          seed_of(job_.seed, {for_augmentation,
                                              static_cast<std::uint64_t>(progress_.epoch), item}));
      batch.images[static_cast<std::size_t>(i)] = image.to(device_);
    });
    if (model_.network.architecture().conditional()) {
      std::vector<std::int64_t> positions;
      for (std::int64_t i = 0; i < count; ++i)
        positions.push_back(model_.network.architecture().class_index(
            job_.data->items()[items[static_cast<std::size_t>(first + i)]].class_name));
      batch.classes = torch::tensor(positions, torch::kInt64).to(device_);
    }
    return batch;
  }

  // A new order each epoch, which depends on the seed and the epoch's number alone.
  [[nodiscard]] std::vector<std::size_t> order() const {
    const auto& items = images_.training();
    const auto shuffled = at::randperm(
        static_cast<std::int64_t>(items.size()),
        cpu_generator(seed_of(job_.seed, {for_order, static_cast<std::uint64_t>(progress_.epoch)})),
        torch::kInt64);
    std::vector<std::size_t> result;
    const auto* positions = shuffled.data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < items.size(); ++i)
      result.push_back(items[static_cast<std::size_t>(positions[i])]);
    return result;
  }

  // False where it was interrupted.
  bool train_epoch() {
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

  double train_step(const std::vector<std::size_t>& items, std::int64_t step, std::int64_t steps) {
    const double epoch = static_cast<double>(progress_.epoch) +
                         static_cast<double>(step) / static_cast<double>(steps);
    auto batch = batch_of(items, step * options_.batch, true);
    batch.kl_weight = options_.kl_weight_at(epoch);
    batch.seed = seed_of(job_.seed, {for_step, static_cast<std::uint64_t>(progress_.epoch),
                                     static_cast<std::uint64_t>(step)});
    const auto result = step_->run(batch);
    const double norm = norm_of(result.gradients);
    if (!std::isfinite(norm) || !std::isfinite(result.losses.total)) fail(step, result, norm);
    const double rate = options_.learning_rate_at(epoch);
    const double clip = options_.gradient_clip;
    adam_->step(result.gradients, rate, clip > 0.0 && norm > clip ? clip / norm : 1.0);
    const auto count = static_cast<double>(batch.images.size());
    progress_.images += static_cast<std::int64_t>(batch.images.size());
    progress_.sums.total += result.losses.total * count;
    progress_.sums.reconstruction += result.losses.reconstruction * count;
    progress_.sums.kl += result.losses.kl * count;
    progress_.norm_sum += norm;
    observer_.step(progress_.epoch, step,
                   {{"loss", result.losses.total},
                    {"reconstruction", result.losses.reconstruction},
                    {"kl", result.losses.kl},
                    {"gradient_norm", norm}});
    return rate;
  }

  [[noreturn]] void fail(std::int64_t step, const Step::Result& result, double norm) const {
    std::string where = "none";
    double largest = -1.0;
    for (std::size_t i = 0; i < result.gradients.size(); ++i) {
      if (!result.gradients[i].defined()) continue;
      const double found = result.gradients[i].abs().max().item<double>();
      // What is not finite is larger than all else; the first such is the nearest to the input.
      if (std::isfinite(largest) && (!std::isfinite(found) || found > largest)) {
        largest = found;
        where = step_->parameters()[i].name;
      }
    }
    throw RunError(fmt::format(
        "the training diverged in epoch {}, step {}: loss {} (reconstruction {}, KL {}), gradient "
        "norm {}; the largest gradient is {} in {}. Lower learning_rate, or set gradient_clip or "
        "kl_warmup, and begin anew",
        progress_.epoch + 1, step + 1, result.losses.total, result.losses.reconstruction,
        result.losses.kl, norm, largest, where));
  }

  [[nodiscard]] std::optional<Losses> validate() const {
    const auto& items = images_.validation();
    if (items.empty()) return std::nullopt;
    Losses sums;
    const auto all = static_cast<std::int64_t>(items.size());
    for (std::int64_t first = 0; first < all; first += options_.batch) {
      auto batch = batch_of(items, first, false);
      // The same noise in every epoch, so that epochs can be compared.
      batch.seed = seed_of(job_.seed, {for_validation, static_cast<std::uint64_t>(first)});
      const auto losses = step_->evaluate(batch);
      const auto count = static_cast<double>(batch.images.size());
      sums.total += losses.total * count;
      sums.reconstruction += losses.reconstruction * count;
      sums.kl += losses.kl * count;
    }
    const auto count = static_cast<double>(all);
    return Losses{sums.total / count, sums.reconstruction / count, sums.kl / count};
  }

  void end_epoch(double rate) {
    const auto count = static_cast<double>(progress_.images);
    const double training_loss = progress_.sums.total / count;
    const auto validation = validate();
    Measures measures{{"epoch", static_cast<double>(progress_.epoch + 1)},
                      {"training_loss", training_loss},
                      {"training_reconstruction", progress_.sums.reconstruction / count},
                      {"training_kl", progress_.sums.kl / count}};
    if (validation) {
      measures.emplace_back("validation_loss", validation->total);
      measures.emplace_back("validation_reconstruction", validation->reconstruction);
      measures.emplace_back("validation_kl", validation->kl);
    }
    measures.emplace_back("learning_rate", rate);
    measures.emplace_back("kl_weight",
                          options_.kl_weight_at(static_cast<double>(progress_.epoch + 1)));
    measures.emplace_back("gradient_norm",
                          progress_.norm_sum / static_cast<double>(steps_per_epoch()));
    measures.emplace_back("seconds", progress_.seconds);
    measures.emplace_back("images_per_second", count / progress_.seconds);
    const double judged = validation ? validation->total : training_loss;
    if (!std::isfinite(judged))
      throw RunError(fmt::format(
          "the training diverged in epoch {}: after its last step, {}, the validation loss is {}; "
          "the mean norm of the epoch's gradients was {}. Lower learning_rate, or set "
          "gradient_clip, "
          "and begin anew",
          progress_.epoch + 1, steps_per_epoch(), judged,
          progress_.norm_sum / static_cast<double>(steps_per_epoch())));
    progress_.history.push_back(measures);
    if (progress_.best_epoch < 0 || judged < progress_.best_loss) {
      progress_.best_loss = judged;
      progress_.best_epoch = progress_.epoch;
      save_model_to(best_file());
    }
    const auto epoch = progress_.epoch;
    ++progress_.epoch;
    progress_.step = 0;
    progress_.images = 0;
    progress_.sums = {};
    progress_.norm_sum = 0.0;
    progress_.seconds = 0.0;
    // Before the checkpoint, so that a training that is killed in between shows them again.
    if (options_.pictures_after(epoch)) show(epoch);
    save();
    observer_.epoch(measures);
  }

  /// Held-out images, or others where there are none, spread over all of them.
  [[nodiscard]] std::vector<std::size_t> shown() const {
    const auto& from = images_.validation().empty() ? images_.training() : images_.validation();
    std::vector<std::size_t> result;
    const auto count = std::min(picture_images, from.size());
    for (std::size_t i = 0; i < count; ++i) result.push_back(from[i * from.size() / count]);
    return result;
  }

  [[nodiscard]] Image reconstructions() const {
    const torch::NoGradGuard no_gradients;
    const auto items = shown();
    const auto batch = batch_of(items, 0, false);
    const auto posterior = model_.network.encode(batch.images, batch.classes);
    const auto count = static_cast<std::int64_t>(batch.images.size());
    const auto z =
        reparameterization_
            .draw(posterior.mu, posterior.logvar, generator(for_pictures, 0), std::nullopt)
            .z;
    std::vector<Image> sheet;
    for (std::int64_t i = 0; i < count; ++i)
      sheet.push_back(images_.image(items[static_cast<std::size_t>(i)]));
    for (const auto& image : model_.network.decode(z, batch.classes))
      sheet.push_back(to_image(image));
    return montage(sheet, static_cast<int>(count));
  }

  /// Decoded draws from the prior; of a conditional model one row a class.
  [[nodiscard]] Image samples() const {
    const torch::NoGradGuard no_gradients;
    const auto& architecture = model_.network.architecture();
    const auto rows = std::max<std::int64_t>(
        architecture.conditional() ? static_cast<std::int64_t>(architecture.classes.size()) : 2, 1);
    const auto columns = static_cast<std::int64_t>(picture_images);
    auto z = reparameterization_.prior(architecture.conditional() ? columns : rows * columns,
                                       architecture.latent, generator(for_pictures, 1),
                                       torch::TensorOptions().device(device_));
    Tensor classes;
    if (architecture.conditional()) {
      z = z.repeat({rows, 1});
      classes = at::arange(rows, torch::TensorOptions().dtype(torch::kInt64).device(device_))
                    .repeat_interleave(columns);
    }
    std::vector<Image> sheet;
    for (const auto& image : model_.network.decode(z, classes)) sheet.push_back(to_image(image));
    return montage(sheet, static_cast<int>(columns));
  }

  [[nodiscard]] torch::Generator generator(Purpose purpose, std::uint64_t number) const {
    return seeded_generator(device_, seed_of(job_.seed, {purpose, number}));
  }

  void show(std::int64_t epoch) const {
    observer_.picture(epoch, "reconstructions", reconstructions());
    observer_.picture(epoch, "samples", samples());
  }

  void save_model_to(const fs::path& file) {
    model_.reparameterization_parameters = reparameterization_.parameters();
    model_.metadata = {};
    model_.metadata["options"] = nlohmann::json(job_.options).dump();
    model_.metadata["provenance"] = nlohmann::json(job_.provenance).dump();
    nlohmann::ordered_json training{{"epochs", progress_.history.size()},
                                    {"best_epoch", progress_.best_epoch + 1},
                                    {"best_loss", progress_.best_loss}};
    if (!progress_.history.empty())
      for (const auto& [name, value] : progress_.history.back())
        if (name != "seconds" && name != "images_per_second") training["last"][name] = value;
    model_.metadata["training"] = training.dump();
    save_model(model_, file);
  }

  // The weights to keep, with what only the end can tell: pictures and the classes' means.
  void finish() {
    if (options_.keep == Keep::best) {
      const auto best = load_model(best_file(), device_);
      const auto of = nlohmann::json::parse(best->metadata.at("training"), nullptr, false);
      if (!of.is_object() || of.value("best_epoch", std::int64_t{0}) != progress_.best_epoch + 1)
        throw PluginError(fmt::format(
            "{} is not of the best epoch, {}; begin anew with --overwrite, or give keep: last",
            best_file().string(), progress_.best_epoch + 1));
      const torch::NoGradGuard no_gradients;
      for (std::size_t i = 0; i < model_.network.parameters().size(); ++i)
        model_.network.parameters()[i].value.detach().copy_(best->network.parameters()[i].value);
      best->install_parameters(model_.reparameterization, reparameterization_);
    }
    add_class_means();
    const Image sheet = reconstructions();
    const cv::Mat& pixels = sheet.pixels();
    model_.preview = at::empty({pixels.rows, pixels.cols, 3}, torch::kUInt8);
    for (int y = 0; y < pixels.rows; ++y)
      std::copy_n(pixels.ptr<std::uint8_t>(y), 3 * pixels.cols,
                  model_.preview[y].data_ptr<std::uint8_t>());
    save_model_to(job_.model);
  }

  void add_class_means() {
    const auto& items = job_.data->items();
    std::map<std::string, std::vector<std::size_t>> by_class;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const bool unknown_class =
          model_.network.architecture().conditional() && items[i].part == Part::reference;
      if (!unknown_class) by_class[items[i].class_name].push_back(i);
    }
    for (const auto& [name, members] : by_class)
      if (auto mean = mean_of(name, members)) model_.class_means[name] = *mean;
  }

  /// Nothing where no image of the class can be used.
  [[nodiscard]] std::optional<Tensor> mean_of(const std::string& name,
                                              const std::vector<std::size_t>& members) const {
    auto sum = at::zeros({options_.latent}, torch::kFloat64);
    std::int64_t used = 0;
    const auto all = static_cast<std::int64_t>(members.size());
    for (std::int64_t first = 0; first < all; first += options_.batch) {
      const auto batch = usable(members, first, std::min(options_.batch, all - first));
      if (batch.empty()) continue;
      const auto count = static_cast<std::int64_t>(batch.size());
      const bool conditional = model_.network.architecture().conditional();
      const auto mu =
          model_.network.encode(batch, conditional ? model_.classes(name, count) : Tensor()).mu;
      sum += mu.cpu().to(torch::kFloat64).sum(0);
      used += count;
    }
    if (used == 0) return std::nullopt;
    return (sum / static_cast<double>(used)).to(torch::kFloat32);
  }

  /// A reference image that cannot be used is no reason to lose a training at its end.
  [[nodiscard]] std::vector<Tensor> usable(const std::vector<std::size_t>& members,
                                           std::int64_t first, std::int64_t count) const {
    std::vector<Tensor> read(static_cast<std::size_t>(count));
    std::vector<std::string> reasons(static_cast<std::size_t>(count));
    for_each_in_parallel(count, [&](std::int64_t i) {
      const auto item = members[static_cast<std::size_t>(first + i)];
      try {
        const Image image = images_.image(item).empty()
                                ? fitted(job_.data->read(item), preprocessing_)
                                : images_.image(item);
        read[static_cast<std::size_t>(i)] = to_tensor(image).to(device_);
      } catch (const SampleError& error) {
        reasons[static_cast<std::size_t>(i)] = fmt::format(
            "{} is left out of its class's mean: {}", job_.data->items()[item].path, error.what());
      }
    });
    std::vector<Tensor> result;
    for (std::size_t i = 0; i < read.size(); ++i) {
      if (read[i].defined()) result.push_back(std::move(read[i]));
      if (!reasons[i].empty()) observer_.note(reasons[i]);
    }
    return result;
  }

  const TrainingOptions& options_;
  Reparameterization& reparameterization_;
  const TrainingJob& job_;
  TrainingObserver& observer_;
  const std::atomic<bool>& stop_;
  torch::Device device_;
  std::vector<std::string> classes_;
  Preprocessing preprocessing_;
  Model model_;
  Images images_;
  std::optional<Step> step_;
  std::optional<Adam> adam_;
  Progress progress_;
};

}  // namespace

TrainingEnd train(const TrainingOptions& options, Reparameterization& reparameterization,
                  const TrainingJob& job, TrainingObserver& observer,
                  const std::atomic<bool>& stop) {
  prepare_process();
  const int threads = job.threads > 0
                          ? job.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  return arena.execute(
      [&] { return Training(options, reparameterization, job, observer, stop).run(); });
}

}  // namespace smear::vae
