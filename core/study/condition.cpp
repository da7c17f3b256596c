// SPDX-License-Identifier: Apache-2.0
#include "study/condition.h"

#include <fmt/format.h>

#include <algorithm>

namespace smear::study {
namespace {

using config::Node;

Node stage(const std::string& name, const Options& options = {}) {
  return options.empty() ? word(name) : map_of({{name, map_of(options)}});
}

Node slots(const std::vector<std::pair<std::string, std::string>>& wiring) {
  Options entries;
  for (const auto& [declared, slot] : wiring) entries.push_back({declared, word(slot)});
  return map_of(entries);
}

Node save_table(const std::string& slot) {
  return stage("save-table", {{"slot", word(slot)}, {"to", word(slot + ".csv")}});
}

/// Builds the list of stages. Slot `input` holds the image in the models' size, `image` what was
/// made of it.
class Writer {
 public:
  Writer(const Condition& condition, const Experiment& experiment,
         const std::filesystem::path& model, const std::filesystem::path& classifier)
      : condition_(condition), experiment_(experiment), model_(model), classifier_(classifier) {}

  Node stages() {
    using Making = Condition::Making;
    resize();
    if (condition_.making == Making::blurred) {
      add(stage("gaussian-blur", {{"sigma", word(fmt::format("{}", condition_.blur))}}));
      compare("input", "comparison");
    }
    if (condition_.making == Making::generated || condition_.making == Making::prior) generate();
    if (!condition_.compare_only) describe();
    return list_of(std::move(stages_));
  }

 private:
  void add(Node stage) { stages_.push_back(std::move(stage)); }

  // What the image looks like, and the cells in it.
  void describe() {
    add(stage("sharpness"));
    add(save_table("sharpness"));
    if (!is_reference(condition_.set)) {
      add(stage("classifier.score", {{"model", text(classifier_.generic_string())},
                                     {"class", text(experiment_.malignant)}}));
      add(save_table("classification"));
    }
    add(stage("save-image", {{"to", text("generated/{id}.png")}}));
    for (const auto& cell_stage : experiment_.cells.items) add(cell_stage);
    add(stage("save-table", {{"slot", word("objects")}, {"to", word("cells.csv")}}));
  }

  // As Pillow's BILINEAR does, which is how the models' images are made.
  Node resized(std::vector<std::pair<std::string, std::string>> outputs) const {
    const auto edge = word(std::to_string(experiment_.image_size));
    Options options{{"width", edge},
                    {"height", edge},
                    {"interpolation", word("bilinear")},
                    {"antialias", word("true")}};
    if (!outputs.empty()) options.push_back({"outputs", slots(std::move(outputs))});
    return stage("resize", options);
  }

  void resize() {
    const bool kept = condition_.making != Condition::Making::real;
    if (!kept) {
      add(resized({}));
      return;
    }
    add(resized({{"image", "input"}}));
    if (condition_.making == Condition::Making::blurred) add(resized({}));
  }

  void compare(const std::string& reference, const std::string& table) {
    add(stage("compare-images", {{"inputs", slots({{"reference", reference}})},
                                 {"outputs", slots({{"comparison", table}})}}));
    add(save_table(table));
  }

  void generate() {
    Options encode = model_options(condition_.encode_as);
    encode.push_back({"inputs", slots({{"image", "input"}})});
    add(stage("vae.encode", encode));
    add(draw("z", "divergence"));
    const bool prior = condition_.making == Condition::Making::prior;
    if (!prior) add(save_table("divergence"));
    add(decode("z", "image"));
    if (!prior) compare("input", "comparison");
    if (condition_.compare_only) return;
    // A second draw of the same input; its noise is another, for it goes by the stage's position.
    add(draw("z2", "divergence2"));
    add(decode("z2", "second"));
    compare("second", "diversity");
  }

  [[nodiscard]] Options model_options(const std::string& class_name) const {
    Options options{{"model", text(model_.generic_string())}};
    if (!class_name.empty()) options.push_back({"class", text(class_name)});
    return options;
  }

  [[nodiscard]] Node draw(const std::string& z, const std::string& divergence) const {
    Options options{{"function", word(condition_.sampling.function)}};
    for (const auto& option : condition_.sampling.options) options.push_back(option);
    if (condition_.making == Condition::Making::prior) options.push_back({"from", word("prior")});
    if (condition_.own_model) options.push_back({"model", text(model_.generic_string())});
    options.push_back({"outputs", slots({{"z", z}, {"divergence", divergence}})});
    return stage("reparameterize", options);
  }

  [[nodiscard]] Node decode(const std::string& z, const std::string& image) const {
    auto options = model_options(condition_.decode_as);
    options.push_back({"inputs", slots({{"z", z}})});
    options.push_back({"outputs", slots({{"image", image}})});
    return stage("vae.decode", options);
  }

  const Condition& condition_;
  const Experiment& experiment_;
  const std::filesystem::path& model_;
  const std::filesystem::path& classifier_;
  std::vector<Node> stages_;
};

Condition real(std::string_view id, InputSet set, std::string label, std::string description) {
  Condition condition;
  condition.id = id;
  condition.label = std::move(label);
  condition.description = std::move(description);
  condition.set = set;
  return condition;
}

Condition reconstructed(std::string_view id, InputSet set, std::string label,
                        const std::string& training) {
  auto condition = real(id, set, std::move(label),
                        "Held-out images, encoded and decoded by the plain model without noise.");
  condition.making = Condition::Making::generated;
  condition.sampling.function = "mean";
  condition.training = training;
  return condition;
}

std::string sampling_words(const Sampling& sampling) {
  std::string text = sampling.function;
  for (const auto& option : sampling.options)
    text += fmt::format(", {} {}", option.name, words(option.value));
  return text;
}

}  // namespace

std::string_view name_of(InputSet set) {
  switch (set) {
    case InputSet::malignant: return "malignant, held out";
    case InputSet::benign: return "benign, held out";
    case InputSet::malignant_training: return "malignant, training";
    case InputSet::benign_training: return "benign, training";
  }
  return "";
}

bool is_reference(InputSet set) {
  return set == InputSet::malignant_training || set == InputSet::benign_training;
}

std::string pipeline_text(const Condition& condition, const Experiment& experiment,
                          const std::filesystem::path& model,
                          const std::filesystem::path& classifier) {
  const auto stages = Writer(condition, experiment, model, classifier).stages();
  return config::to_yaml(map_of({{"name", text(condition.id)},
                                 {"description", text(condition.description)},
                                 {"stages", stages}}));
}

std::vector<Condition> control_conditions(const Experiment& experiment,
                                          const std::string& plain_training) {
  std::vector<Condition> conditions;
  conditions.push_back(real(control::real_malignant, InputSet::malignant, "real malignant",
                            "Real malignant images that were held out, in the models' size: what "
                            "the best generator would reach."));
  conditions.push_back(real(control::real_benign, InputSet::benign, "real benign",
                            "Real benign images that were held out, in the models' size: the "
                            "input itself."));
  conditions.push_back(reconstructed(control::reconstructed_malignant, InputSet::malignant,
                                     "reconstructed malignant", plain_training));
  conditions.push_back(reconstructed(control::reconstructed_benign, InputSet::benign,
                                     "reconstructed benign", plain_training));
  auto prior = real(control::prior, InputSet::benign, "prior draws",
                    "Decoded draws from the plain model's prior, whatever the input.");
  prior.making = Condition::Making::prior;
  prior.sampling = experiment.sampling;
  prior.training = plain_training;
  prior.own_model = true;
  conditions.push_back(std::move(prior));
  for (const auto& [what, set] :
       {std::pair("malignant", InputSet::malignant), std::pair("benign", InputSet::benign)})
    for (const double sigma : experiment.blur) {
      auto blurred =
          real(control::blurred(what, sigma), set, fmt::format("{} blurred, sigma {}", what, sigma),
               fmt::format("Real {} images that were held out, blurred by a Gaussian of "
                           "sigma {} px.",
                           what, sigma));
      blurred.making = Condition::Making::blurred;
      blurred.blur = sigma;
      conditions.push_back(std::move(blurred));
    }
  return conditions;
}

Condition condition_of(const Setting& setting, const Experiment& experiment,
                       const std::string& training) {
  Condition condition;
  condition.id = setting.id;
  condition.label = setting.label;
  condition.making = Condition::Making::generated;
  condition.sampling = setting.sampling;
  condition.training = training;
  const auto trained_with =
      std::ranges::find(setting.training, "reparameterization", &Option::name);
  condition.own_model = trained_with != setting.training.end() &&
                        trained_with->value.text == setting.sampling.function;
  condition.description = fmt::format("Held-out benign images, encoded, drawn by {} and decoded",
                                      sampling_words(setting.sampling));
  if (!setting.decode_as.empty()) {
    condition.encode_as = experiment.benign;
    condition.decode_as = setting.decode_as;
    condition.description += fmt::format(" as {}", setting.decode_as);
  }
  condition.description += fmt::format(" by model {}.", training);
  return condition;
}

Condition fit_condition(InputSet set, const std::string& training) {
  const bool seen = set == InputSet::malignant_training;
  auto condition = reconstructed(fmt::format("fit/{}-{}", training, seen ? "training" : "held-out"),
                                 set, seen ? "training images" : "held-out images", training);
  condition.compare_only = true;
  return condition;
}

Condition reference_condition(InputSet set) {
  const bool malignant = set == InputSet::malignant_training;
  return real(malignant ? "reference/malignant" : "reference/benign", set,
              malignant ? "real malignant, training" : "real benign, training",
              "Real images of the training part, in the models' size.");
}

}  // namespace smear::study
