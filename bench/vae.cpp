// SPDX-License-Identifier: Apache-2.0
// Times the autoencoder on random images and prints one JSON object: what `bench/vae` runs.
#include <fmt/format.h>
#include <sys/resource.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <iostream>

#include "learning/adam.h"
#include "learning/threads.h"
#include "model.h"
#include "training/step.h"

namespace {

namespace po = boost::program_options;
using Clock = std::chrono::steady_clock;

/// z = mu + exp(logvar / 2) eps, as the plugin `standard` has it.
class Standard final : public smear::Reparameterization {
 public:
  void describe(smear::OptionSpec& /*spec*/) override {}
  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    return mu + (0.5 * logvar).exp() * noise_like(mu, generator);
  }
};

/// The median of the seconds that `work` takes, after one turn that does not count.
template <typename Work>
double median_seconds(int turns, Work work) {
  work();
  std::vector<double> seconds;
  for (int turn = 0; turn < turns; ++turn) {
    const auto start = Clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::ranges::nth_element(seconds, seconds.begin() + turns / 2);
  return seconds[static_cast<std::size_t>(turns / 2)];
}

int run(const po::variables_map& options) {
  smear::learning::prepare_process();
  const int turns = options["turns"].as<int>();
  smear::vae::Architecture architecture;
  architecture.image_size = options["size"].as<int>();
  smear::vae::Network network(architecture, torch::kCPU);
  network.initialize(at::detail::createCPUGenerator(1));
  const Standard standard;
  smear::vae::TrainingOptions training;
  if (options.contains("bfloat16")) training.precision = smear::vae::Precision::bfloat16;
  smear::vae::Batch batch;
  const auto noise = at::detail::createCPUGenerator(2);
  for (int i = 0; i < options["batch"].as<int>(); ++i)
    batch.images.push_back(
        torch::rand({1, 3, architecture.image_size, architecture.image_size}, noise)
            .contiguous(torch::MemoryFormat::ChannelsLast));

  const double reconstruction = median_seconds(turns, [&] {
    const torch::NoGradGuard no_gradients;
    const auto posterior = network.encode(batch.images, {}, training.precision);
    const auto z = standard.sample(posterior.mu, posterior.logvar, noise, {});
    (void)network.decode(z, {}, training.precision);
  });
  const smear::vae::Step step(network, standard, training);
  std::vector<torch::Tensor> parameters;
  for (const auto& parameter : step.parameters()) parameters.push_back(parameter.value);
  smear::learning::Adam adam(parameters);
  const double training_step = median_seconds(turns, [&] {
    const auto result = step.run(batch);
    const double norm = smear::learning::norm_of(result.gradients);
    adam.step(result.gradients, 1e-4, norm > 1e12 ? 0.0 : 1.0);
  });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << fmt::format(
      R"({{"step_seconds": {:.4f}, "images_per_second": {:.2f}, "peak_mb": {}}})"
      "\n",
      training_step, static_cast<double>(batch.images.size()) / reconstruction,
      usage.ru_maxrss / 1024);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  po::options_description description("bench_vae");
  description.add_options()("help", "")("threads", po::value<int>()->default_value(2), "")(
      "turns", po::value<int>()->default_value(5), "")("size", po::value<int>()->default_value(256),
                                                       "edge of the images, px")(
      "batch", po::value<int>()->default_value(32), "")("bfloat16", "precision of convolutions");
  po::variables_map options;
  po::store(po::parse_command_line(argc, argv, description), options);
  if (options.contains("help")) {
    std::cout << description;
    return 0;
  }
  const int threads = options["threads"].as<int>();
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  return arena.execute([&] { return run(options); });
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
