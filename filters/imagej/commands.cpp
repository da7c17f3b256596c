// SPDX-License-Identifier: Apache-2.0
// Every command of ImageJ as a stage: its options are the command's keys.
#include <cmath>
#include <deque>

#include "imagej/command.h"
#include "imagej/examples.h"
#include "imagej/macro/call-code.h"
#include "imagej/session-stage.h"
#include "run/name-template.h"

namespace smear {
namespace {

class CommandStage final : public SessionStage {
 public:
  explicit CommandStage(const imagej::Command& command) : command_(command) {
    for (const auto& key : command.keys) {
      Value value;
      value.number = key.number;
      value.text = key.text;
      for (std::size_t i = 0; i < key.choices.size(); ++i)
        if (key.choices[i] == key.text) value.chosen = i;
      values_.push_back(std::move(value));
    }
  }

  void describe(OptionSpec& spec) override {
    for (std::size_t i = 0; i < values_.size(); ++i) declare(spec, command_.keys[i], values_[i]);
    use_session(spec);
  }

  void check() const override {
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (command_.keys[i].integer && values_[i].number != std::floor(values_[i].number))
        throw ConfigError(fmt::format("{} must be a whole number, got {}",
                                      command_.keys[i].option_name(), values_[i].number));
    const auto given = values();
    if (command_.check) command_.check(given);
    for (const auto& key : command_.keys)
      if (!key.output && names_file(command_, key, &given))
        if (const auto problem = problem_with_template(given.text(key.name)))
          throw ConfigError(fmt::format("{} {}", key.option_name(), *problem));
  }

 private:
  struct Value {
    bool flag = false;
    double number = 0.0;
    std::string text;
    std::size_t chosen = 0;
  };

  static void declare(OptionSpec& spec, const imagej::Key& key, Value& value) {
    const auto name = key.option_name();
    using Kind = imagej::Key::Kind;
    switch (key.kind) {
      case Kind::flag: spec.boolean(name, value.flag).help(key.help); break;
      case Kind::number: {
        auto option = spec.real(name, value.number).help(key.help).unit(key.unit);
        if (key.minimum && key.maximum) option.range(*key.minimum, *key.maximum);
        break;
      }
      case Kind::choice: {
        std::vector<OptionSpec::Alternative<std::size_t>> alternatives;
        for (std::size_t i = 0; i < key.choices.size(); ++i)
          alternatives.push_back({i, key.choices[i], ""});
        spec.choice(name, value.chosen, std::move(alternatives)).help(key.help);
        break;
      }
      case Kind::text:
        (key.output ? spec.output(name, value.text) : spec.text(name, value.text)).help(key.help);
        break;
    }
  }

  [[nodiscard]] imagej::Values values() const {
    imagej::Values result;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const auto& key = command_.keys[i];
      using Kind = imagej::Key::Kind;
      const Value& value = values_[i];
      if (key.kind == Kind::flag)
        result.set_option(key, value.flag);
      else if (key.kind == Kind::number)
        result.set_option(key, value.number);
      else
        result.set_option(key, key.kind == Kind::choice ? key.choices[value.chosen] : value.text);
    }
    return result;
  }

  void work(imagej::Session& session, Sample& sample, const RunContext& run) const override {
    RunHost host(sample, run, session);
    auto given = values();
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (names_file(command_, command_.keys[i], &given) && !values_[i].text.empty())
        given.set(command_.keys[i].name, host.place(values_[i].text));
    execute(command_, session, given, host);
  }

  const imagej::Command& command_;
  std::deque<Value> values_;
};

// What the reference page of a command's stage says.
struct Page {
  std::string name;
  std::string summary;
  std::string details;
  std::string example;
};

std::string details_of(const imagej::Command& command) {
  const auto call = command.form == imagej::Command::Form::run
                        ? fmt::format("`run(\"{}\")`", command.name)
                        : fmt::format("`{}(...)`", command.name);
  return fmt::format(
      "ImageJ's {}, with ImageJ 1.53t's result.{}{} It works on ImageJ's state in slot `imagej` "
      "(`input: {{imagej: true}}`).",
      call, command.details.empty() ? "" : " ", command.details);
}

// Whether it is there to say why ImageJ's command is not, or opens files that a pipeline has not.
bool is_no_stage(const imagej::Command& command) {
  return command.name == "open" || !command.not_here.empty();
}

const std::vector<const imagej::Command*>& stage_commands() {
  static const std::vector<const imagej::Command*> commands = [] {
    std::vector<const imagej::Command*> all;
    for (const auto& command : imagej::CommandTable::instance().all())
      if (!is_no_stage(*command)) all.push_back(command.get());
    return all;
  }();
  return commands;
}

}  // namespace

void register_commands(StageRegistrar& registrar) {
  static const std::deque<Page> pages = [] {
    std::deque<Page> all;
    for (const auto* command : stage_commands())
      all.push_back({"imagej." + command->stage, command->summary, details_of(*command),
                     example_of(*command)});
    return all;
  }();
  std::size_t i = 0;
  for (const auto* command : stage_commands()) {
    const auto& page = pages[i++];
    const StageInfo info{.name = page.name,
                         .summary = page.summary,
                         .category = Category::imagej,
                         .details = page.details,
                         .example = page.example,
                         .reference = "ImageJ 1.53t, https://imagej.net/ij/docs/guide"};
    registrar.add(info, [&command = *command] { return std::make_unique<CommandStage>(command); });
  }
}

}  // namespace smear
