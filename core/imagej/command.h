// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "imagej/session.h"

namespace smear::imagej {

/// One key of a command's option string, or one argument of a function.
///
/// Option parsing of macros, and the options, help and checks of the stage of the same command, all
/// come from it.
struct Key {
  enum class Kind { flag, number, text, choice };

  std::string name;  ///< as in option strings: "rolling", "feret's"
  Kind kind = Kind::flag;
  std::string help;
  std::string unit;
  double number = 0.0;  ///< ImageJ's first default
  std::string text;     ///< likewise, of texts and choices
  std::vector<std::string> choices;
  std::optional<double> minimum;
  std::optional<double> maximum;
  bool integer = false;
  /// Whether a macro may leave it out: ImageJ then always takes the default above. Where ImageJ
  /// would take the value of an earlier call, it is false, and a macro without it is refused.
  bool optional = false;
  /// Whether the text names a file to write; in a pipeline it is a template inside OUT.
  bool output = false;
  /// Names of older versions, with what their numbers are divided by.
  std::vector<std::pair<std::string, double>> old_names;

  static Key flag(std::string name, std::string help);
  static Key of_number(std::string name, double value, std::string help, std::string unit = "");
  static Key of_text(std::string name, std::string value, std::string help);
  static Key choice(std::string name, std::string value, std::vector<std::string> choices,
                    std::string help);
  Key& range(double low, double high);
  Key& whole();
  Key& may_be_absent();
  Key& names_output();
  Key& was(std::string old_name, double divisor = 1.0);

  /// Its name as an option of the stage: "feret's" is `ferets`, "add row" `add_row`.
  [[nodiscard]] std::string option_name() const;
};

/// The values of a command's keys, checked.
class Values {
 public:
  using Value = std::variant<bool, double, std::string>;

  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] double number(std::string_view key) const;
  [[nodiscard]] const std::string& text(std::string_view key) const;
  /// Whether the caller gave it, rather than the default.
  [[nodiscard]] bool given(std::string_view key) const;

  void set(std::string_view key, Value value, bool given = true);
  /// As a stage's option has it: what an optional key has by default counts as not given.
  void set_option(const Key& key, Value value);
  [[nodiscard]] const std::map<std::string, Value, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, Value, std::less<>> values_;
  std::map<std::string, bool, std::less<>> given_;
};

/// One of ImageJ's commands (`run("Gaussian Blur...", "sigma=2")`), or a function of its macro
/// language that changes something (`setAutoThreshold("Otsu")`). Both are stages.
struct Command {
  enum class Form { run, function };

  std::string name;   ///< ImageJ's: "Gaussian Blur...", "setAutoThreshold"
  std::string stage;  ///< of the stage imagej.NAME: "gaussian-blur"
  Form form = Form::run;
  std::string summary;  ///< one sentence
  std::string details;  ///< what it computes, exactly: Markdown
  std::vector<Key> keys;
  std::vector<std::string> old_names;  ///< of the command
  /// Why ImageJ's command is not here, and what to do instead; empty: it is here.
  std::string not_here;
  /// The same for options that ImageJ has.
  std::map<std::string, std::string, std::less<>> keys_not_here;
  /// Keys of which a macro must give one: ImageJ would take the value of an earlier call.
  std::vector<std::string> one_of;
  /// Whether it works without an image.
  bool needs_image = true;
  /// The types of image that it takes; empty: all.
  std::vector<ImageType> types;
  /// Whether it does with an image of several channels that are shown in colours
  /// (`ImagePlus::mode`) what ImageJ does. Such an image is refused by all other commands that need
  /// one.
  bool takes_composites = false;

  /// What single keys cannot say. Throws `ConfigError`.
  std::function<void(const Values&)> check;
  /// Throws `SampleError` where this image cannot be handled.
  std::function<void(Session&, const Values&, Host&)> run;
};

/// All commands there are.
class CommandTable {
 public:
  /// The table with everything in core/imagej/commands.
  static const CommandTable& instance();

  void add(Command command);
  /// By ImageJ's name, or an old name of it; null where there is none.
  [[nodiscard]] const Command* find(std::string_view name, Command::Form form) const;
  [[nodiscard]] const Command* find_stage(std::string_view stage) const;
  [[nodiscard]] const std::vector<std::unique_ptr<Command>>& all() const { return commands_; }

 private:
  std::vector<std::unique_ptr<Command>> commands_;
};

/// Runs a command on a session, after it has checked that there is an image of a type it takes.
void execute(const Command& command, Session& session, const Values& values, Host& host);

/// Values with every key at its default.
Values defaults_of(const Command& command);

/// What is wrong with an option string, and where in it.
class OptionStringError : public ConfigError {
 public:
  OptionStringError(const std::string& what, std::size_t at) : ConfigError(what), offset(at) {}
  std::size_t offset;  ///< of the key or value in the option string, in bytes
};

/// Reads `key=value key=[a b] flag` as ImageJ does, and refuses what ImageJ would pass over:
/// unknown, misspelt and doubled keys, numbers that are none, and keys left out whose value ImageJ
/// would take from an earlier call. Throws `OptionStringError`.
Values parse_options(const Command& command, std::string_view options);

/// The option string that means `values`, as ImageJ's recorder writes it.
std::string option_string(const Command& command, const Values& values);

}  // namespace smear::imagej
