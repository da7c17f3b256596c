// SPDX-License-Identifier: Apache-2.0
#include "training/training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mutex>
#include <nlohmann/json.hpp>

#include "learning/device.h"
#include "learning/images.h"
#include "learning/loop.h"
#include "learning/seeds.h"
#include "learning/threads.h"
#include "model.h"
#include "smear/errors.h"
#include "training/step.h"

namespace smear::vae {
namespace {

namespace fs = std::filesystem;
using Part = TrainingData::Part;
using learning::augmented;
using learning::fitted;
using learning::for_each_in_parallel;
using learning::Images;
using learning::Loop;
using learning::montage;
using learning::Purpose;
using learning::seed_of;
using learning::seeded_generator;
using learning::to_image;
using learning::to_tensor;
using learning::trained_classes;
using torch::Tensor;

constexpr std::size_t picture_images = 8;

class Training final : public learning::Learner {
 public:
  Training(const TrainingOptions& options, Reparameterization& reparameterization,
           const TrainingJob& job, TrainingObserver& observer, const std::atomic<bool>& stop)
      : options_(options),
        reparameterization_(reparameterization),
        job_(job),
        observer_(observer),
        device_(usable_device(job.device, options.precision)),
        classes_(trained_classes(*job.data)),
        preprocessing_{options.image_size},
        model_(checked(options.architecture(classes_)), device_),
        images_(*job.data, preprocessing_, observer) {
    model_.preprocessing = preprocessing_;
    model_.loss = options.loss;
    model_.reparameterization = options.reparameterization.name;
    model_.network.initialize(
        at::detail::createCPUGenerator(seed_of(job.seed, {Purpose::for_weights})));
    prepare_reparameterization();
    for (const auto& parameter : reparameterization_.parameters()) {
      auto value = parameter.value;
      value.set_requires_grad(true);
    }
    step_.emplace(model_.network, reparameterization_, options_);
    loop_.emplace(options, job, observer, stop, images_, *this);
  }

  TrainingEnd run() {
    const auto end = loop_->run(description());
    if (end != TrainingEnd::interrupted) finish();
    return end;
  }

 private:
  // `prepare` may draw from LibTorch's own generator, which all trainings of the process share.
  void prepare_reparameterization() {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    torch::manual_seed(seed_of(job_.seed, {Purpose::for_parameters}));
    reparameterization_.prepare(options_.latent, device_);
  }

  static torch::Device usable_device(const std::string& name, Precision precision) {
    const auto device = learning::device_of(name);
    check_precision(precision, device.is_cpu());
    return device;
  }

  static Architecture checked(Architecture architecture) {
    architecture.check();
    return architecture;
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

  [[nodiscard]] const std::vector<Parameter>& parameters() const override {
    return step_->parameters();
  }
  [[nodiscard]] std::string checkpoint_kind() const override { return "vae-checkpoint"; }
  [[nodiscard]] std::string remedy() const override {
    return "Lower learning_rate, or set gradient_clip or kl_warmup";
  }

  [[nodiscard]] Batch batch_of(const std::vector<std::size_t>& items, std::int64_t first,
                               std::optional<std::int64_t> epoch) const {
    const auto count = std::min(options_.batch, static_cast<std::int64_t>(items.size()) - first);
    Batch batch;
    batch.epoch = epoch;
    batch.images.resize(static_cast<std::size_t>(count));
    for_each_in_parallel(count, [&](std::int64_t i) {
      const auto item = items[static_cast<std::size_t>(first + i)];
      auto image = images_.tensor(item);
      if (epoch)
        image = augmented(image, options_,
                          seed_of(job_.seed, {Purpose::for_augmentation,
                                              static_cast<std::uint64_t>(*epoch), item}));
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

  static Measures measures_of(const Losses& losses) {
    return {{"loss", losses.total}, {"reconstruction", losses.reconstruction}, {"kl", losses.kl}};
  }

  Learner::Step step(const std::vector<std::size_t>& items,
                     const learning::Moment& moment) override {
    auto batch = batch_of(items, 0, moment.epoch);
    batch.kl_weight = options_.kl_weight_at(moment.epochs);
    batch.seed = seed_of(job_.seed, {Purpose::for_step, static_cast<std::uint64_t>(moment.epoch),
                                     static_cast<std::uint64_t>(moment.step)});
    auto result = step_->run(batch);
    return {measures_of(result.losses), std::move(result.gradients)};
  }

  Measures validate() override {
    const auto& items = images_.validation();
    Losses sums;
    const auto all = static_cast<std::int64_t>(items.size());
    for (std::int64_t first = 0; first < all; first += options_.batch) {
      auto batch = batch_of(items, first, std::nullopt);
      // The same noise in every epoch, so that epochs can be compared.
      batch.seed = seed_of(job_.seed, {Purpose::for_validation, static_cast<std::uint64_t>(first)});
      const auto losses = step_->evaluate(batch);
      const auto count = static_cast<double>(batch.images.size());
      sums.total += losses.total * count;
      sums.reconstruction += losses.reconstruction * count;
      sums.kl += losses.kl * count;
    }
    const auto count = static_cast<double>(all);
    return measures_of({sums.total / count, sums.reconstruction / count, sums.kl / count});
  }

  [[nodiscard]] Measures settings(double epochs) const override {
    return {{"kl_weight", options_.kl_weight_at(epochs)}};
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
    const auto batch = batch_of(items, 0, std::nullopt);
    const auto posterior = model_.network.encode(batch.images, batch.classes);
    const auto count = static_cast<std::int64_t>(batch.images.size());
    const auto z =
        reparameterization_
            .draw(posterior.mu, posterior.logvar, generator(Purpose::for_pictures, 0), std::nullopt)
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
                                       architecture.latent, generator(Purpose::for_pictures, 1),
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

  void show(std::int64_t epoch) override {
    if (!options_.pictures_after(epoch)) return;
    observer_.picture(epoch, "reconstructions", reconstructions());
    observer_.picture(epoch, "samples", samples());
  }

  void save_best(const fs::path& file, const learning::Progress& progress) override {
    save_model_to(file, progress);
  }

  void save_model_to(const fs::path& file, const learning::Progress& progress) {
    model_.reparameterization_parameters = reparameterization_.parameters();
    model_.metadata = {};
    model_.metadata["options"] = nlohmann::json(job_.options).dump();
    model_.metadata["provenance"] = nlohmann::json(job_.provenance).dump();
    model_.metadata["training"] = Loop::training_json(progress);
    save_model(model_, file);
  }

  // The weights to keep, with what only the end can tell: pictures and the classes' means.
  void finish() {
    if (options_.keep == Keep::best) {
      const auto best = load_model(loop_->best_file(), device_);
      loop_->check_best(best->metadata.at("training"));
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
    save_model_to(job_.model, loop_->progress());
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
  torch::Device device_;
  std::vector<std::string> classes_;
  Preprocessing preprocessing_;
  Model model_;
  Images images_;
  std::optional<vae::Step> step_;
  std::optional<Loop> loop_;
};

}  // namespace

TrainingEnd train(const TrainingOptions& options, Reparameterization& reparameterization,
                  const TrainingJob& job, TrainingObserver& observer,
                  const std::atomic<bool>& stop) {
  return learning::on_threads_of(
      job, [&] { return Training(options, reparameterization, job, observer, stop).run(); });
}

}  // namespace smear::vae
