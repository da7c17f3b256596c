// SPDX-License-Identifier: Apache-2.0
#include "smear/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "smear/errors.h"

namespace smear {
namespace {

constexpr std::array<std::pair<SlotType, std::string_view>, 9> slot_names{{
    {SlotType::grey8, "grey8"},
    {SlotType::rgb8, "rgb8"},
    {SlotType::grey16, "grey16"},
    {SlotType::float32, "float32"},
    {SlotType::label32, "label32"},
    {SlotType::mask, "mask"},
    {SlotType::table, "table"},
    {SlotType::tensor, "tensor"},
    {SlotType::state, "state"},
}};

std::string allowed_range(const OptionInfo& option) {
  std::string text;
  if (option.minimum && option.maximum && !option.minimum_excluded)
    text = fmt::format("{}..{}", *option.minimum, *option.maximum);
  else if (option.minimum && option.maximum)
    text = fmt::format("above {} and at most {}", *option.minimum, *option.maximum);
  else if (option.minimum)
    text = fmt::format("{} {}", option.minimum_excluded ? "above" : "at least", *option.minimum);
  else if (option.maximum)
    text = fmt::format("at most {}", *option.maximum);
  if (!option.unit.empty()) text += " " + option.unit;
  return text;
}

std::optional<std::string> problem_with_number(const OptionInfo& option, double value) {
  const bool low = option.minimum &&
                   (option.minimum_excluded ? value <= *option.minimum : value < *option.minimum);
  const bool high = option.maximum && value > *option.maximum;
  if (!std::isfinite(value))
    return fmt::format("{} must be a finite number, got {}", option.name, value);
  if (low || high)
    return fmt::format("{} must be {}, got {}", option.name, allowed_range(option), value);
  return std::nullopt;
}

std::optional<std::string> problem_with_length(const OptionInfo& option, std::string_view items,
                                               std::size_t length) {
  if (!option.length) return std::nullopt;
  const auto [least, most] = *option.length;
  if (length >= least && length <= most) return std::nullopt;
  const auto wanted =
      least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
  return fmt::format("{} must hold {} {}, got {}", option.name, wanted, items, length);
}

}  // namespace

std::string name_of(SlotType types) {
  std::string result;
  for (const auto& [type, name] : slot_names) {
    if ((types & type) == SlotType::none) continue;
    if (!result.empty()) result += " | ";
    result += name;
  }
  return result;
}

OptionRef& OptionRef::range(double minimum, double maximum) {
  info_->minimum = minimum;
  info_->maximum = maximum;
  return *this;
}
OptionRef& OptionRef::at_least(double minimum) {
  info_->minimum = minimum;
  return *this;
}
OptionRef& OptionRef::above(double minimum) {
  info_->minimum = minimum;
  info_->minimum_excluded = true;
  return *this;
}
OptionRef& OptionRef::unit(std::string_view unit) {
  info_->unit = unit;
  return *this;
}
OptionRef& OptionRef::help(std::string_view help) {
  info_->help = help;
  return *this;
}
OptionRef& OptionRef::required() {
  info_->required = true;
  return *this;
}
OptionRef& OptionRef::length(std::size_t minimum, std::size_t maximum) {
  info_->length = {minimum, maximum};
  return *this;
}

SlotRef& SlotRef::help(std::string_view help) {
  info_->help = help;
  return *this;
}
SlotRef& SlotRef::greys_masks() {
  info_->greys_masks = true;
  return *this;
}
SlotRef& SlotRef::optional() {
  info_->optional = true;
  return *this;
}

OptionInfo& OptionSpec::add(std::string_view name, OptionKind kind, OptionValue current,
                            std::function<void(const OptionValue&)> assign) {
  // References to earlier options stay valid only while the chain that uses them runs: one line.
  OptionInfo& info = options_.emplace_back();
  info.name = name;
  info.kind = kind;
  info.default_value = std::move(current);
  info.assign = std::move(assign);
  return info;
}

OptionRef OptionSpec::real(std::string_view name, double& member) {
  return OptionRef(add(name, OptionKind::real, member,
                       [&member](const OptionValue& v) { member = std::get<double>(v); }));
}
OptionRef OptionSpec::integer(std::string_view name, int& member) {
  auto& info = add(
      name, OptionKind::integer, std::int64_t{member},
      [&member](const OptionValue& v) { member = static_cast<int>(std::get<std::int64_t>(v)); });
  info.minimum = std::numeric_limits<int>::min();
  info.maximum = std::numeric_limits<int>::max();
  return OptionRef(info);
}
OptionRef OptionSpec::integer(std::string_view name, std::int64_t& member) {
  return OptionRef(add(name, OptionKind::integer, member,
                       [&member](const OptionValue& v) { member = std::get<std::int64_t>(v); }));
}
OptionRef OptionSpec::boolean(std::string_view name, bool& member) {
  return OptionRef(add(name, OptionKind::boolean, member,
                       [&member](const OptionValue& v) { member = std::get<bool>(v); }));
}
OptionRef OptionSpec::reals(std::string_view name, std::vector<double>& member) {
  return OptionRef(add(name, OptionKind::reals, member, [&member](const OptionValue& v) {
    member = std::get<std::vector<double>>(v);
  }));
}

namespace {
auto text_assignment(std::string& member) {
  return [&member](const OptionValue& v) { member = std::get<std::string>(v); };
}
}  // namespace

OptionRef OptionSpec::text(std::string_view name, std::string& member) {
  return OptionRef(add(name, OptionKind::text, member, text_assignment(member)));
}
OptionRef OptionSpec::file(std::string_view name, std::string& member) {
  return OptionRef(add(name, OptionKind::file, member, text_assignment(member)));
}
OptionRef OptionSpec::output(std::string_view name, std::string& member) {
  return OptionRef(add(name, OptionKind::output, member, text_assignment(member)));
}
OptionRef OptionSpec::run_file(std::string_view name, std::string& member) {
  return OptionRef(add(name, OptionKind::run_file, member, text_assignment(member)));
}
OptionRef OptionSpec::slot(std::string_view name, std::string& member) {
  return OptionRef(add(name, OptionKind::slot, member, text_assignment(member)));
}
OptionRef OptionSpec::texts(std::string_view name, std::vector<std::string>& member) {
  return OptionRef(add(name, OptionKind::texts, member, [&member](const OptionValue& v) {
    member = std::get<std::vector<std::string>>(v);
  }));
}
OptionRef OptionSpec::model(std::string_view name, std::string& member) {
  return OptionRef(add(name, OptionKind::model, member,
                       [&member](const OptionValue& v) { member = std::get<std::string>(v); }));
}
OptionRef OptionSpec::reparameterization(std::string_view name, ReparameterizationChoice& member) {
  auto& info =
      add(name, OptionKind::reparameterization, member.name,
          [&member](const OptionValue& v) { member.name = std::get<std::string>(v); });
  info.install = [&member](std::shared_ptr<Configurable> made) { member.object = std::move(made); };
  return OptionRef(info);
}

OptionRef OptionSpec::add_choice(std::string_view name, std::vector<OptionInfo::Choice> choices,
                                 std::size_t current, std::function<void(std::size_t)> assign) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.name);
  auto& info = add(name, OptionKind::choice, names.at(current),
                   [names, assign = std::move(assign)](const OptionValue& v) {
                     const auto it = std::ranges::find(names, std::get<std::string>(v));
                     if (it != names.end()) assign(static_cast<std::size_t>(it - names.begin()));
                   });
  info.choices = std::move(choices);
  return OptionRef(info);
}

SlotRef OptionSpec::input(std::string_view name, SlotType types) {
  auto& info = inputs_.emplace_back();
  info.name = name;
  info.types = types;
  return SlotRef(info);
}
SlotRef OptionSpec::output(std::string_view name, SlotType types) {
  auto& info = outputs_.emplace_back();
  info.name = name;
  info.types = types;
  return SlotRef(info);
}
SlotRef OptionSpec::output_like(std::string_view name, std::string_view like) {
  auto& info = outputs_.emplace_back();
  info.name = name;
  info.same_as = like;
  const auto it = std::ranges::find(inputs_, like, &SlotInfo::name);
  if (it == inputs_.end())
    throw ConfigError(fmt::format("output '{}' is like '{}', which is no input", name, like));
  info.types = it->types;
  return SlotRef(info);
}

const OptionInfo* OptionSpec::find(std::string_view name) const {
  const auto it = std::ranges::find(options_, name, &OptionInfo::name);
  return it == options_.end() ? nullptr : &*it;
}

std::optional<std::string> problem_with(const OptionInfo& option, const OptionValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return problem_with_number(option, *real);
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return problem_with_number(option, static_cast<double>(*integer));
  if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    if (auto problem = problem_with_length(option, "numbers", list->size())) return problem;
    for (const double number : *list)
      if (auto problem = problem_with_number(option, number)) return problem;
  }
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    if (auto problem = problem_with_length(option, "names", list->size())) return problem;
    if (std::ranges::find(*list, "") != list->end())
      return fmt::format("{} holds an empty name", option.name);
  }
  if (option.kind == OptionKind::choice) {
    const auto& name = std::get<std::string>(value);
    if (std::ranges::find(option.choices, name, &OptionInfo::Choice::name) ==
        option.choices.end()) {
      std::vector<std::string> names;
      for (const auto& choice : option.choices) names.push_back(choice.name);
      return fmt::format("{} must be one of {}, got '{}'", option.name, fmt::join(names, ", "),
                         name);
    }
  }
  return std::nullopt;
}

std::string to_string(const OptionValue& value) {
  struct Printer {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return fmt::format("{}", i); }
    std::string operator()(double d) const { return fmt::format("{}", d); }
    std::string operator()(const std::string& s) const { return s; }
    std::string operator()(const std::vector<double>& l) const {
      return fmt::format("[{}]", fmt::join(l, ", "));
    }
    std::string operator()(const std::vector<std::string>& l) const {
      return fmt::format("[{}]", fmt::join(l, ", "));
    }
  };
  return std::visit(Printer{}, value);
}

}  // namespace smear
