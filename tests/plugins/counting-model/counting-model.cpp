// SPDX-License-Identifier: Apache-2.0
// A kind of model that learns nothing but counts, for tests of the program's side of training: its
// "weight" is a number that every step changes by what the images are, so that a training that was
// disturbed and went on shows whether it equals one that never was.
#include <chrono>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include "safetensors/safetensors.h"
#include "smear/errors.h"
#include "smear/plugin.h"

namespace {

namespace fs = std::filesystem;
using smear::Measures;

/// What a checkpoint holds.
struct State {
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  std::uint64_t weight = 0;
  std::string options;
  std::vector<Measures> history;
};

void save(const State& state, const fs::path& file) {
  fs::path temporary = file;
  temporary += ".part";
  std::ofstream stream(temporary);
  stream << state.epoch << ' ' << state.step << ' ' << state.weight << '\n'
         << state.options << '\n';
  stream.precision(17);
  for (const auto& epoch : state.history) {
    for (const auto& [name, value] : epoch) stream << name << ' ' << value << ' ';
    stream << '\n';
  }
  stream.close();
  if (!stream) throw smear::RunError("cannot write the checkpoint " + file.string());
  fs::rename(temporary, file);
}

State load(const fs::path& file) {
  State state;
  std::ifstream stream(file);
  std::string line;
  if (!(stream >> state.epoch >> state.step >> state.weight))
    throw smear::PluginError("the checkpoint " + file.string() + " is damaged");
  std::getline(stream, line);
  std::getline(stream, state.options);
  while (std::getline(stream, line)) {
    std::istringstream fields(line);
    Measures epoch;
    std::string name;
    std::string value;
    while (fields >> name >> value) epoch.emplace_back(name, std::strtod(value.c_str(), nullptr));
    state.history.push_back(std::move(epoch));
  }
  return state;
}

class CountingModel final : public smear::ModelKind {
 public:
  static constexpr smear::ModelKindInfo info{.name = "counting",
                                             .summary = "Counts.",
                                             .details = "Learns nothing.",
                                             .example = "model: counting\n",
                                             .reference = ""};

  void describe(smear::OptionSpec& spec) override {
    spec.integer("epochs", epochs_).range(1, 10000).help("How many.");
    spec.integer("steps", steps_).range(1, 1000).help("Steps of an epoch.");
    spec.integer("delay", delay_).range(0, 60000).unit("ms").help("What a step takes.");
    spec.integer("fail_after", fail_after_).help("Ends in a RunError after this epoch.");
    spec.integer("nan_after", nan_after_).help("Losses are NaN from the epoch after this one on.");
    spec.integer("stop_after", stop_after_).help("Stops early after this epoch.");
    spec.boolean("reject_data", reject_data_).help("Throws ConfigError before it begins.");
    spec.boolean("write_model", write_model_).help("Without, no model is written.");
  }

  smear::TrainingEnd train(const smear::TrainingJob& job, smear::TrainingObserver& observer,
                           const std::atomic<bool>& stop) override {
    if (reject_data_) throw smear::ConfigError("these images are too small");
    State state = begin(job);
    const auto images = training_images(*job.data);
    observer.started(state.epoch, epochs_, steps_, static_cast<std::int64_t>(images.size()),
                     state.history, {"counts, with " + std::to_string(images.size()) + " images"});
    if (job.device != "cpu") observer.note("device " + job.device);
    for (; state.epoch < epochs_; ++state.epoch, state.step = 0) {
      for (; state.step < steps_; ++state.step) {
        if (stop) {
          save(state, checkpoint(job));
          return smear::TrainingEnd::interrupted;
        }
        do_step(*job.data, images, state, observer);
      }
      finish_epoch(job, state, observer);
      if (state.epoch + 1 == stop_after_) {
        write_model(job, state);
        return smear::TrainingEnd::early_stopped;
      }
    }
    write_model(job, state);
    return smear::TrainingEnd::complete;
  }

  void export_torchscript(const fs::path& model, const fs::path& to) const override {
    std::ofstream(to) << "counting, exported from " << model.filename().string() << '\n';
  }

 private:
  static fs::path checkpoint(const smear::TrainingJob& job) {
    return job.folder / "last.checkpoint";
  }

  static State begin(const smear::TrainingJob& job) {
    const auto options = "steps " + job.options.at("steps");
    if (job.resume && fs::exists(checkpoint(job))) {
      auto state = load(checkpoint(job));
      if (state.options != options)
        throw smear::PluginError("the checkpoint is of other options: " + state.options);
      return state;
    }
    return {0, 0, job.seed, options, {}};
  }

  static std::vector<std::size_t> training_images(const smear::TrainingData& data) {
    std::vector<std::size_t> images;
    for (std::size_t i = 0; i < data.items().size(); ++i)
      if (data.items()[i].part == smear::TrainingData::Part::training) images.push_back(i);
    return images;
  }

  void do_step(const smear::TrainingData& data, const std::vector<std::size_t>& images,
               State& state, smear::TrainingObserver& observer) const {
    const auto turn = static_cast<std::size_t>(state.epoch * steps_ + state.step);
    const auto image = data.read(images[turn % images.size()]);
    state.weight = state.weight * 6364136223846793005ULL + image.pixels().data[0] + 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_));
    observer.step(state.epoch, state.step, {{"loss", loss(state)}});
  }

  static double loss(const State& state) {
    return 100.0 / static_cast<double>(state.epoch + 1) +
           static_cast<double>(state.weight % 1000) * 1e-3;
  }

  void finish_epoch(const smear::TrainingJob& job, State& state,
                    smear::TrainingObserver& observer) const {
    const bool is_nan = nan_after_ > 0 && state.epoch >= nan_after_;
    const double value = is_nan ? std::numeric_limits<double>::quiet_NaN() : loss(state);
    Measures measures{{"epoch", static_cast<double>(state.epoch + 1)},
                      {"training_loss", value},
                      {"validation_loss", value + 1.0}};
    const smear::Image picture(
        cv::Mat(8, 16, CV_8UC3, cv::Scalar(static_cast<int>(state.epoch), 0, 9)));
    observer.picture(state.epoch, "reconstructions", picture);
    auto next = state;
    next.history.push_back(measures);
    next.epoch += 1;
    next.step = 0;
    save(next, checkpoint(job));
    state.history = next.history;
    observer.epoch(measures);
    if (state.epoch + 1 == fail_after_) throw smear::RunError("the loss is not finite in step 7");
  }

  void write_model(const smear::TrainingJob& job, const State& state) const {
    if (!write_model_) return;
    const auto object = [](const std::map<std::string, std::string>& map) {
      std::string text;
      for (const auto& [key, value] : map) {
        text += text.empty() ? "{" : ",";
        text += quoted(key) + ":" + quoted(value);
      }
      return text + "}";
    };
    const std::vector<float> weights{static_cast<float>(state.weight % 65536), 2, 3, 4, 5, 6};
    const std::vector<unsigned char> picture(4 * 6 * 3, 77);
    smear::safetensors::write(
        job.model,
        {{"smearkit.format", "1"},
         {"smearkit.kind", "counting"},
         {"architecture", "{\"size\": 6}"},
         {"preprocessing", "{}"},
         {"options", object(job.options)},
         {"training", "{\"epochs\": " + std::to_string(state.history.size()) + ", \"weight\": \"" +
                          std::to_string(state.weight) + "\"}"},
         {"provenance", object(job.provenance)},
         {"classes", "[\"a\"]"}},
        {{"layer.weight", smear::safetensors::Type::float32, {2, 3}, weights.data()},
         {"preview.reconstructions", smear::safetensors::Type::uint8, {4, 6, 3}, picture.data()}});
  }

  static std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') result += '\\';
      result += c == '\n' ? "\\n" : std::string(1, c);
    }
    return result + "\"";
  }

  std::int64_t epochs_ = 3;
  std::int64_t steps_ = 4;
  std::int64_t delay_ = 0;
  std::int64_t fail_after_ = 0;
  std::int64_t nan_after_ = 0;
  std::int64_t stop_after_ = 0;
  bool reject_data_ = false;
  bool write_model_ = true;
};

void add_kinds(smear::PluginRegistrar& registrar) { registrar.add_model_kind<CountingModel>(); }

}  // namespace

SMEAR_PLUGIN("counting-model", "1.0", "Apache-2.0", add_kinds);
