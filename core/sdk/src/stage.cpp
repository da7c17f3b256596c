// SPDX-License-Identifier: Apache-2.0
#include "smear/stage.h"

namespace smear {
namespace {

// FNV-1a, then splitmix64's finalizer: ids that differ in one bit give unrelated seeds.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

std::uint64_t hash(std::string_view bytes) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace

std::string_view name_of(Category category) {
  switch (category) {
    case Category::input_output: return "input and output";
    case Category::preprocessing: return "preprocessing";
    case Category::segmentation: return "segmentation";
    case Category::measurement: return "measurement";
    case Category::model: return "model";
    case Category::imagej: return "ImageJ";
    case Category::other: return "other";
  }
  return "other";
}

Outputs::~Outputs() = default;

void Outputs::append_piece(const Sample&, std::string_view run_file, std::string_view form,
                           std::string, std::string) {
  throw RunError("nothing here makes " + std::string(run_file) + " of pieces in form " +
                 std::string(form));
}

Stage::~Stage() = default;
StageRegistrar::~StageRegistrar() = default;

void Stage::process_batch(std::span<Sample*> samples, const RunContext& run) const {
  for (Sample* sample : samples) process(*sample, run);
}

std::mt19937_64 RunContext::generator(const SampleId& sample, std::uint64_t draw) const {
  std::uint64_t seed = mix(seed_);
  seed = mix(seed ^ hash(sample.path));
  seed = mix(seed ^ static_cast<std::uint64_t>(sample.part));
  seed = mix(seed ^ stage_position_);
  seed = mix(seed ^ draw);
  return std::mt19937_64(seed);
}

}  // namespace smear
