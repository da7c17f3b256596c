// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "study/experiment.h"

/// Conditions of a study as pipelines.
namespace smear::study {

/// Which images go into a condition.
enum class InputSet {
  malignant,           ///< held out of the trainings
  benign,              ///< likewise
  malignant_training,  ///< those that the models were trained on: what distances are measured from
  benign_training,
};
std::string_view name_of(InputSet set);

/// Whether its images are there for distances to be measured from them.
bool is_reference(InputSet set);

/// Images that are all treated in the same way.
struct Condition {
  enum class Making {
    real,       ///< as they are, in the models' size
    blurred,    ///< likewise, then blurred
    generated,  ///< encoded, drawn from the posterior and decoded
    prior,      ///< decoded from draws of the prior
  };
  std::string id;
  std::string label;
  std::string description;
  InputSet set = InputSet::benign;
  Making making = Making::real;
  double blur = 0.0;       ///< sigma, px of the models' size
  Sampling sampling;       ///< of what is generated
  std::string training;    ///< the model's name; empty where none is needed
  bool own_model = false;  ///< the model was trained with this very function
  std::string encode_as;   ///< classes of a class-conditional model, else empty
  std::string decode_as;
  bool compare_only = false;  ///< how well the input is reconstructed, and nothing else
};

/// The condition as a pipeline in YAML. It writes the tables that `read_measured` reads, and the
/// images as `generated/{id}.png`. `model` and `classifier` are the models' files as the text names
/// them. Real images that distances are measured from need no model.
std::string pipeline_text(const Condition& condition, const Experiment& experiment,
                          const std::filesystem::path& model,
                          const std::filesystem::path& classifier);

/// The controls that every experiment has; `plain_training` is the plain model's name.
std::vector<Condition> control_conditions(const Experiment& experiment,
                                          const std::string& plain_training);

/// The condition of a grid's setting, with benign images as input.
Condition condition_of(const Setting& setting, const Experiment& experiment,
                       const std::string& training);

/// How well a model reconstructs images of a set, without noise: on training images and on held-out
/// ones, their difference tells overfitting.
Condition fit_condition(InputSet set, const std::string& training);

/// What distances are measured from.
Condition reference_condition(InputSet set);

}  // namespace smear::study
