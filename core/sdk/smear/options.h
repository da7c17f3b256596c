// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "smear/export.h"

namespace smear {

class Configurable;

/// The kinds of pipeline data that a slot can hold, as a set.
///
/// `mask` and `grey8` are both 8-bit images; a mask holds 0 and 255 only. What accepts grey8
/// accepts a mask, not the other way round.
enum class SlotType : unsigned {
  none = 0,
  grey8 = 1U << 0U,
  rgb8 = 1U << 1U,
  grey16 = 1U << 2U,
  float32 = 1U << 3U,
  label32 = 1U << 4U,
  mask = 1U << 5U,
  table = 1U << 6U,
  tensor = 1U << 7U,
  state = 1U << 8U,  ///< what a family of stages hands on among itself (state.h)

  grey = grey8 | grey16 | float32 | mask,
  any_image = grey | rgb8,
  every_image = any_image | label32,
};
constexpr SlotType operator|(SlotType a, SlotType b) {
  return static_cast<SlotType>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr SlotType operator&(SlotType a, SlotType b) {
  return static_cast<SlotType>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
constexpr SlotType without(SlotType set, SlotType removed) {
  return static_cast<SlotType>(static_cast<unsigned>(set) & ~static_cast<unsigned>(removed));
}

/// "grey8 | rgb8": the members of a set, in declaration order.
SMEAR_SDK_API std::string name_of(SlotType types);

/// A value that an option can take, as the config layer hands it over.
using OptionValue = std::variant<bool, std::int64_t, double, std::string, std::vector<double>,
                                 std::vector<std::string>>;

enum class OptionKind {
  boolean,
  integer,
  real,
  text,
  choice,    ///< one of `choices`
  reals,     ///< a list of numbers
  texts,     ///< a list of names
  file,      ///< an existing file; relative to the pipeline's folder
  output,    ///< a template of a file inside OUT, one a sample: "overlays/{id}.jpg"
  run_file,  ///< a file inside OUT, one a run: "cells.csv"
  slot,      ///< the name of a slot
  model,     ///< an existing model file; relative to the pipeline's folder, or else to the current
  /// The name of a reparameterization, whose own options stand beside this one.
  reparameterization,
};

/// One option: everything that help, schema, completion, the reference pages and validation show.
struct OptionInfo {
  struct Choice {
    std::string name;
    std::string help;
  };

  std::string name;
  OptionKind kind = OptionKind::text;
  std::string help;
  std::string unit;
  std::optional<double> minimum;  ///< of the number, or of each number of a list
  std::optional<double> maximum;
  bool minimum_excluded = false;
  std::optional<std::pair<std::size_t, std::size_t>> length;  ///< of a list
  std::vector<Choice> choices;
  bool required = false;
  OptionValue default_value;

  std::function<void(const OptionValue&)> assign;  ///< writes the bound member
  /// Of a reparameterization: takes the object of that name, its options set and checked.
  std::function<void(std::shared_ptr<Configurable>)> install;
};

/// A reparameterization that an option names.
struct ReparameterizationChoice {
  std::string name = "standard";
  /// A `Reparameterization` (reparameterization.h), its options set and checked.
  std::shared_ptr<Configurable> object;
};

/// One slot that a stage reads or writes.
struct SlotInfo {
  std::string name;
  SlotType types = SlotType::none;
  std::string help;
  bool optional = false;  ///< an input that may be empty
  /// An output that has the type of this input; `types` is then what it may be at most.
  std::string same_as;
  /// An output like its input whose values between 0 and 255 make of a mask an ordinary grey8.
  bool greys_masks = false;
};

/// Refines the option just declared; every call returns itself.
class SMEAR_SDK_API OptionRef {
 public:
  explicit OptionRef(OptionInfo& info) : info_(&info) {}
  OptionRef& range(double minimum, double maximum);
  OptionRef& at_least(double minimum);
  OptionRef& above(double minimum);
  OptionRef& unit(std::string_view unit);
  OptionRef& help(std::string_view help);
  /// No default: a pipeline must give it.
  OptionRef& required();
  OptionRef& length(std::size_t minimum, std::size_t maximum);

 private:
  OptionInfo* info_;
};

class SMEAR_SDK_API SlotRef {
 public:
  explicit SlotRef(SlotInfo& info) : info_(&info) {}
  SlotRef& help(std::string_view help);
  SlotRef& optional();
  /// Of an output like an input: a mask comes out as grey8, such as after smoothing.
  SlotRef& greys_masks();

 private:
  SlotInfo* info_;
};

/// A stage's declaration of its options and slots, bound to its members.
///
/// Parsing, validation, defaults, help, schema, completion and the reference pages all come from
/// it. A default is the bound member's value when `describe` runs, and stands nowhere else.
class SMEAR_SDK_API OptionSpec {
 public:
  OptionRef real(std::string_view name, double& member);
  OptionRef integer(std::string_view name, int& member);
  OptionRef integer(std::string_view name, std::int64_t& member);
  OptionRef boolean(std::string_view name, bool& member);
  OptionRef text(std::string_view name, std::string& member);
  OptionRef reals(std::string_view name, std::vector<double>& member);
  OptionRef file(std::string_view name, std::string& member);
  OptionRef output(std::string_view name, std::string& member);
  OptionRef run_file(std::string_view name, std::string& member);
  OptionRef slot(std::string_view name, std::string& member);
  OptionRef texts(std::string_view name, std::vector<std::string>& member);
  OptionRef model(std::string_view name, std::string& member);

  /// A choice among the reparameterizations of all plugins. The options of the chosen one are
  /// given beside this one, as if they were the declaring object's own. `member` is complete before
  /// `check` is called.
  OptionRef reparameterization(std::string_view name, ReparameterizationChoice& member);

  /// One of an enumeration's values: `{{Method::otsu, "otsu", "maximises ..."}, ...}`.
  template <typename Enum>
  struct Alternative {
    Enum value;
    std::string_view name;
    std::string_view help;
  };
  template <typename Enum>
  OptionRef choice(std::string_view name, Enum& member,
                   std::vector<Alternative<Enum>> alternatives) {
    std::vector<OptionInfo::Choice> choices;
    std::vector<Enum> values;
    std::size_t current = 0;
    for (const auto& a : alternatives) {
      if (a.value == member) current = choices.size();
      choices.push_back({std::string(a.name), std::string(a.help)});
      values.push_back(a.value);
    }
    return add_choice(name, std::move(choices), current,
                      [&member, values = std::move(values)](std::size_t i) { member = values[i]; });
  }

  SlotRef input(std::string_view name, SlotType types);
  SlotRef output(std::string_view name, SlotType types);
  /// An output of the same type as input `like`; `types` restricts what it may be.
  SlotRef output_like(std::string_view name, std::string_view like);

  [[nodiscard]] const std::vector<OptionInfo>& options() const { return options_; }
  [[nodiscard]] const std::vector<SlotInfo>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<SlotInfo>& outputs() const { return outputs_; }
  [[nodiscard]] const OptionInfo* find(std::string_view name) const;

 private:
  OptionInfo& add(std::string_view name, OptionKind kind, OptionValue current,
                  std::function<void(const OptionValue&)> assign);
  OptionRef add_choice(std::string_view name, std::vector<OptionInfo::Choice> choices,
                       std::size_t current, std::function<void(std::size_t)> assign);

  std::vector<OptionInfo> options_;
  std::vector<SlotInfo> inputs_;
  std::vector<SlotInfo> outputs_;
};

/// What is wrong with `value` for this option, or nothing: range, choice, list length, kind.
/// The message reads after "stage 'x': " and does not repeat where it stands.
SMEAR_SDK_API std::optional<std::string> problem_with(const OptionInfo& option,
                                                      const OptionValue& value);

/// A value as a user would write it in YAML: `1.5`, `otsu`, `[1, 2]`.
SMEAR_SDK_API std::string to_string(const OptionValue& value);

}  // namespace smear
