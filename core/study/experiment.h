// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/training.h"
#include "config/yaml.h"
#include "study/nodes.h"

/// Experiment files: what a study varies, how it is measured, and by which rules its claims are
/// judged, all of it stated before anything is run.
namespace smear::study {

/// How a latent is drawn.
struct Sampling {
  std::string function;  ///< name of a reparameterization
  Options options;       ///< of the function
};

/// One condition of a grid: benign images that were generated anew in one way.
struct Setting {
  std::string id;     ///< "temperature/0.001"
  std::string label;  ///< "0.001"
  Sampling sampling;
  Options training;                  ///< every option of the autoencoder that its model needs
  std::vector<std::string> classes;  ///< that the model is trained on
  std::uint64_t seed = 1;            ///< of the training
  std::string decode_as;             ///< class of a class-conditional model, else empty
  std::optional<double> dropout;     ///< where the grid varies it
  Place place;
};

struct Grid {
  std::string name;
  std::string title;
  std::string description;
  std::string axis;  ///< the one option that varies; empty where it is not one
  std::vector<Setting> settings;
};

/// One comparison, which decides a claim or a part of it. With d = measure(of) - than_measure(than)
/// and its bootstrap interval:
///
/// - `above`: held where all of the interval lies above the margin, not held where all of it lies
///   below minus the margin, else undecided; `below` is the same with the sign changed;
/// - `near`: held where the interval lies within plus and minus the margin, not held where it lies
///   wholly outside, else undecided;
/// - `highest` and `lowest`: held where `above` (`below`) holds against every other condition of
///   `among`, not held where one of them is above (below) `of`, else undecided. In this, a
///   condition in whose images too few cells are found to have a shape is beaten by all that have.
///
/// Without a margin of its own, a rule takes the difference between the largest and the smallest
/// value of the measure over the training seeds: what the seed alone changes is no effect. Where
/// not all seeds have the measure, or there is one seed only, nothing is decided.
struct Rule {
  enum class Is { above, below, near, highest, lowest };
  std::string measure;
  std::string of;
  Is is = Is::above;
  std::string than;                ///< a condition; empty for highest and lowest
  std::string than_measure;        ///< `measure` where it is another
  std::vector<std::string> among;  ///< conditions
  std::optional<double> margin;    ///< in the measure's unit
};

/// "above", ...
std::string_view name_of(Rule::Is is);

/// Held where all its rules hold, not held where one does not, else undecided.
struct Claim {
  std::string name;
  std::string text;
  std::string source;  ///< whose it is, may be empty
  std::vector<Rule> rules;
};

/// A checked experiment file.
struct Experiment {
  std::string name;  ///< the file's stem where it says none
  std::string title;
  std::string question;
  std::string method;
  std::string file;
  std::string text;
  std::vector<std::string> changes;  ///< by the command line: "--set vae.epochs=5", "--grid bias"
  bool whole = true;                 ///< no grid was left out

  std::uint64_t seed = 1;               ///< of split, draws and bootstrap
  std::string malignant;                ///< class
  std::string benign;                   ///< class
  DataSettings data;                    ///< its classes are all that the experiment needs
  std::int64_t images = 100;            ///< held-out ones of a class that a condition takes at most
  std::int64_t reference_images = 200;  ///< training ones of a class that references take at most
  std::int64_t least_cells = 20;        ///< fewer say nothing of shapes
  std::int64_t bootstrap = 1000;        ///< replicates
  double confidence = 0.95;
  std::vector<std::uint64_t> seeds{1};  ///< of the plain model's trainings
  std::vector<double> blur;             ///< sigmas of blurred inputs, in pixels of the model's size
  std::int64_t image_size = 0;          ///< edge of the autoencoder's images, px

  Sampling sampling;    ///< of the plain model
  Options autoencoder;  ///< options of the kind `vae`
  Options classifier;   ///< options of the kind `classifier`
  config::Node cells;   ///< stages that find cells in `image` and measure them, to slot `objects`
  std::vector<Grid> grids;
  std::vector<Claim> claims;
};

/// The ids of the conditions that every experiment has.
namespace control {
inline constexpr std::string_view real_malignant = "control/real-malignant";
inline constexpr std::string_view real_benign = "control/real-benign";
inline constexpr std::string_view reconstructed_malignant = "control/reconstructed-malignant";
inline constexpr std::string_view reconstructed_benign = "control/reconstructed-benign";
inline constexpr std::string_view prior = "control/prior";
/// "control/blurred-malignant-2"
std::string blurred(std::string_view what, double sigma);
/// "seeds/2"
std::string seed(std::uint64_t seed);
}  // namespace control

/// The ids of all conditions, controls first.
std::vector<std::string> condition_ids(const Experiment& experiment);

/// The settings of the plain model, one a training seed.
std::vector<Setting> seed_settings(const Experiment& experiment);

/// A `--set SECTION.OPTION=VALUE` or `--set KEY=VALUE` of an experiment. Throws `ConfigError`.
Override parse_experiment_override(const std::string& text);

/// Reads and checks an experiment file. `only` names the grids to keep; empty keeps all. Throws
/// `ConfigErrors` with everything that is wrong, `PluginError` where a plugin is refused,
/// `ConfigError` where the file cannot be read.
Experiment load_experiment(const std::filesystem::path& file, Registry& registry,
                           const std::vector<Override>& overrides = {},
                           const std::vector<std::string>& only = {});

/// The same for a text; `file` names it in messages and is where relative paths start.
Experiment parse_experiment(const std::string& text, const std::filesystem::path& file,
                            Registry& registry, const std::vector<Override>& overrides = {},
                            const std::vector<std::string>& only = {});

}  // namespace smear::study
