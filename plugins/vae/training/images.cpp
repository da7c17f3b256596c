// SPDX-License-Identifier: Apache-2.0
#include "training/images.h"

#include <fmt/format.h>

#include <mutex>
#include <random>

#include "smear/errors.h"
#include "threads.h"

namespace smear::vae {
namespace {

using Part = TrainingData::Part;

/// In [0, 1), the same on every standard library.
double uniform(std::mt19937_64& generator) {
  return static_cast<double>(generator() >> 11U) * 0x1.0p-53;
}

double factor(std::mt19937_64& generator, double spread) {
  return 1.0 + spread * (2.0 * uniform(generator) - 1.0);
}

}  // namespace

std::uint64_t seed_of(std::uint64_t seed, const std::vector<std::uint64_t>& path) {
  // SplitMix64's finalizer (Steele, Lea and Flood 2014) over each step of the path.
  const auto mixed = [](std::uint64_t x) {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
  };
  auto result = mixed(seed);
  for (const auto step : path) result = mixed(result ^ step);
  return result;
}

Images::Images(const TrainingData& data, const Preprocessing& preprocessing,
               TrainingObserver& observer)
    : images_(data.items().size()) {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < data.items().size(); ++i) {
    if (data.items()[i].part == Part::reference) continue;
    wanted.push_back(i);
    (data.items()[i].part == Part::training ? training_ : validation_).push_back(i);
  }
  if (training_.empty()) throw ConfigError("there is no image to train on");
  std::mutex mutex;
  std::int64_t done = 0;
  const auto all = static_cast<std::int64_t>(wanted.size());
  for_each_in_parallel(all, [&](std::int64_t i) {
    const auto item = wanted[static_cast<std::size_t>(i)];
    try {
      images_[item] = fitted(data.read(item), preprocessing);
    } catch (const SampleError& error) {
      throw ConfigError(fmt::format("{}: {}; convert it, or take it out of the folder",
                                    data.items()[item].path, error.what()));
    }
    const std::lock_guard lock(mutex);
    observer.reading(++done, all);
  });
}

torch::Tensor augmented(const torch::Tensor& image, const TrainingOptions& options,
                        std::uint64_t seed) {
  const torch::NoGradGuard no_gradients;
  std::mt19937_64 generator(seed);
  auto result = image;
  if (options.flip) {
    if (uniform(generator) < 0.5) result = result.flip(2);
    if (uniform(generator) < 0.5) result = result.flip(3);
  }
  if (options.rotate)
    result = at::rot90(result, static_cast<std::int64_t>(4.0 * uniform(generator)), {2, 3});
  if (options.brightness > 0.0)
    result = (result * factor(generator, options.brightness)).clamp(0.0, 1.0);
  if (options.stain > 0.0) {
    const auto density = at::empty({1, 3, 1, 1}, torch::kFloat32);
    for (int channel = 0; channel < 3; ++channel)
      density[0][channel][0][0] = factor(generator, options.stain);
    // Optical density is -log of the transmitted share, so its factor is a power of that share.
    result = result.clamp_min(1.0 / 512.0).pow(density).clamp(0.0, 1.0);
  }
  return result.contiguous(torch::MemoryFormat::ChannelsLast);
}

}  // namespace smear::vae
