// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <boost/program_options/value_semantic.hpp>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "smear/errors.h"
#include "synth/dataset.h"

namespace smear::cli {

Command synth_command();

namespace {

namespace po = boost::program_options;

po::options_description options() {
  const synth::DatasetOptions defaults;
  const synth::SmearSettings smear;
  po::options_description description;
  auto add = description.add_options();
  add("count", po::value<int>()->default_value(defaults.count)->value_name("N"), "how many smears");
  add("size",
      po::value<std::string>()
          ->default_value(fmt::format("{}x{}", smear.width, smear.height))
          ->value_name("WxH"),
      "width and height in pixels, 32..8192 each");
  add("seed", po::value<std::string>()->default_value(std::to_string(smear.seed))->value_name("S"),
      "another seed gives other smears; the same one always the same");
  add("abnormal",
      po::value<double>()
          ->default_value(smear.abnormal, fmt::format("{}", smear.abnormal))
          ->value_name("FRACTION"),
      "probability that a white cell is a blast, 0..1");
  add("red-radius", po::value<double>()->value_name("PX"),
      "mean radius of red cells, 3..400 px; 9 px unless given, and beyond a longer edge of "
      "1024 px as much more as that edge");
  add("density",
      po::value<double>()
          ->default_value(smear.density, fmt::format("{}", smear.density))
          ->value_name("FACTOR"),
      "cells per area over the ordinary, 0..3");
  add("irregularity",
      po::value<double>()
          ->default_value(smear.irregularity, fmt::format("{}", smear.irregularity))
          ->value_name("FACTOR"),
      "how far white cells and their nuclei are from ellipses, over the ordinary, 0..5; 0 makes "
      "them smooth");
  add("jobs", po::value<int>()->default_value(defaults.jobs)->value_name("N"),
      "smears painted at a time; 0 for one a processor");
  add("overwrite", po::bool_switch(), "replace the synthetic smears that OUT holds");
  add("quiet", po::bool_switch(), "no progress and no summary");
  return description;
}

// The whole text as a number without sign.
template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && !text.starts_with('-');
}

void parse_size(const std::string& text, synth::SmearSettings& smear) {
  const std::size_t x = text.find_first_of("xX");
  const std::string_view all = text;
  if (x == std::string::npos || !parse_whole(all.substr(0, x), smear.width) ||
      !parse_whole(all.substr(x + 1), smear.height))
    throw ConfigError(fmt::format("--size must be WIDTHxHEIGHT, such as 224x224, got '{}'", text));
}

synth::DatasetOptions dataset_options(const Invocation& invocation) {
  const po::variables_map& given = invocation.options;
  synth::DatasetOptions dataset;
  dataset.directory = invocation.positional.at(0);
  dataset.count = given["count"].as<int>();
  parse_size(given["size"].as<std::string>(), dataset.smear);
  const auto& seed = given["seed"].as<std::string>();
  if (!parse_whole(std::string_view(seed), dataset.smear.seed))
    throw ConfigError(
        fmt::format("--seed must be a whole number from 0 to 2^64 - 1, got '{}'", seed));
  dataset.smear.abnormal = given["abnormal"].as<double>();
  dataset.smear.density = given["density"].as<double>();
  dataset.smear.irregularity = given["irregularity"].as<double>();
  if (given.count("red-radius") != 0) {
    dataset.smear.red_radius = given["red-radius"].as<double>();
    // 0 would mean the default to the library.
    if (dataset.smear.red_radius == 0.0) throw ConfigError("--red-radius must be 3..400 px, got 0");
  }
  dataset.jobs = given["jobs"].as<int>();
  dataset.overwrite = given["overwrite"].as<bool>();
  return dataset;
}

// A line on a terminal that is gone when the work is done, or has failed.
class ProgressLine {
 public:
  explicit ProgressLine(int count) : count_(count) {}
  ~ProgressLine() { fmt::print(stderr, "\r\033[K"); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(int done) {
    const auto percent = static_cast<int>(std::int64_t{100} * done / count_);
    if (percent == shown_) return;
    shown_ = percent;
    fmt::print(stderr, "\r{}/{} smears ({}%)", done, count_, percent);
    std::fflush(stderr);
  }

 private:
  int count_;
  int shown_ = -1;
};

synth::DatasetSummary write_showing_progress(synth::DatasetOptions dataset) {
  ProgressLine line(dataset.count);
  dataset.progress = [&line](int done) { line.show(done); };
  return synth::write_dataset(dataset);
}

int run(const Invocation& invocation) {
  const synth::DatasetOptions dataset = dataset_options(invocation);
  const bool quiet = invocation.options["quiet"].as<bool>();
  const bool live = !quiet && isatty(STDERR_FILENO) != 0;
  const synth::DatasetSummary made =
      live ? write_showing_progress(dataset) : synth::write_dataset(dataset);
  if (quiet) return 0;
  const std::string root = dataset.directory.string();
  fmt::print(
      "{} synthetic smears in {}/images, what is in them in {}/truth: {} red cells, {} white cells "
      "({} abnormal), {} platelets\n",
      dataset.count, root, root, made.red, made.white, made.abnormal, made.platelets);
  return 0;
}

}  // namespace

Command synth_command() {
  return {
      .name = "synth",
      .summary = "Paints synthetic smears with exact ground truth",
      .arguments = "OUT [--count N] [--size WxH] [--seed S] [--abnormal FRACTION] [options]",
      .details =
          "Paints blood smears as a microscope would show them: red cells that overlap, white "
          "cells "
          "of four kinds and blasts, platelets, uneven light, blur, noise and JPEG. They are "
          "drawn, "
          "not real, and good for trying pipelines, for tests and for benchmarks; conclusions "
          "about "
          "patients cannot be drawn from them.\n"
          "\n"
          "  OUT/images/smear-0001.jpg ...        the smears\n"
          "  OUT/truth/labels/smear-0001.png ...  16-bit labels; the topmost cell has the pixel\n"
          "  OUT/truth/nuclei/smear-0001.png ...  255 in the nuclei of white cells, else 0\n"
          "  OUT/truth/cells.csv                  one row a cell: class, subtype, place, areas, "
          "...\n"
          "\n"
          "The same seed and size give the same files, and --count 10 gives the first ten of "
          "--count "
          "20.\n"
          "\n"
          "Example:\n"
          "  smear synth demo --count 20 --abnormal 0.2\n"
          "  smear run pipelines/count-cells.yaml demo/images -o demo/out",
      .options = options,
      .positional_min = 1,
      .positional_max = 1,
      .run = run,
  };
}

}  // namespace smear::cli
