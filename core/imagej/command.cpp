// SPDX-License-Identifier: Apache-2.0
#include "imagej/command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "config/diagnostics.h"
#include "imagej/commands/commands.h"
#include "imagej/number-format.h"

namespace smear::imagej {

Key Key::flag(std::string name, std::string help) {
  Key key;
  key.name = std::move(name);
  key.help = std::move(help);
  key.optional = true;
  return key;
}

Key Key::of_number(std::string name, double value, std::string help, std::string unit) {
  Key key;
  key.name = std::move(name);
  key.kind = Kind::number;
  key.number = value;
  key.help = std::move(help);
  key.unit = std::move(unit);
  return key;
}

Key Key::of_text(std::string name, std::string value, std::string help) {
  Key key;
  key.name = std::move(name);
  key.kind = Kind::text;
  key.text = std::move(value);
  key.help = std::move(help);
  return key;
}

Key Key::choice(std::string name, std::string value, std::vector<std::string> choices,
                std::string help) {
  Key key = of_text(std::move(name), std::move(value), std::move(help));
  key.kind = Kind::choice;
  key.choices = std::move(choices);
  return key;
}

Key& Key::range(double low, double high) {
  minimum = low;
  maximum = high;
  return *this;
}

Key& Key::whole() {
  integer = true;
  return *this;
}

Key& Key::may_be_absent() {
  optional = true;
  return *this;
}

Key& Key::names_output() {
  output = true;
  return *this;
}

Key& Key::was(std::string old_name, double factor) {
  old_names.emplace_back(std::move(old_name), factor);
  return *this;
}

std::string Key::option_name() const {
  std::string result;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (c == '_' || c == ' ' || c == '-')
      result += '_';
  }
  return result;
}

bool Values::flag(std::string_view key) const { return std::get<bool>(values_.find(key)->second); }
double Values::number(std::string_view key) const {
  return std::get<double>(values_.find(key)->second);
}
const std::string& Values::text(std::string_view key) const {
  return std::get<std::string>(values_.find(key)->second);
}
bool Values::given(std::string_view key) const {
  const auto found = given_.find(key);
  return found != given_.end() && found->second;
}
void Values::set(std::string_view key, Value value, bool given) {
  values_.insert_or_assign(std::string(key), std::move(value));
  given_.insert_or_assign(std::string(key), given);
}

void Values::set_option(const Key& key, Value value) {
  using Kind = Key::Kind;
  const Value usual = key.kind == Kind::flag     ? Value(false)
                      : key.kind == Kind::number ? Value(key.number)
                                                 : Value(key.text);
  const bool given = !key.optional || value != usual;
  set(key.name, std::move(value), given);
}

namespace {

// Stages of commands that leave pixels, colours and display range alone, or do with every plane the
// same: they need not know of channels.
constexpr std::array<std::string_view, 52> same_for_composites{"add-selection",
                                                               "add-to-manager",
                                                               "canvas-size",
                                                               "close",
                                                               "close-all",
                                                               "close-image",
                                                               "convex-hull",
                                                               "crop",
                                                               "enlarge",
                                                               "fit-circle",
                                                               "fit-ellipse",
                                                               "from-roi-manager",
                                                               "hide-overlay",
                                                               "make-band",
                                                               "make-inverse",
                                                               "make-line",
                                                               "make-oval",
                                                               "make-point",
                                                               "make-polygon",
                                                               "make-rectangle",
                                                               "measure",
                                                               "next-slice",
                                                               "previous-slice",
                                                               "remove-overlay",
                                                               "rename",
                                                               "restore-selection",
                                                               "roi-manager",
                                                               "rotate-left",
                                                               "rotate-right",
                                                               "rotate-selection",
                                                               "save",
                                                               "save-as",
                                                               "save-jpeg",
                                                               "save-png",
                                                               "save-results",
                                                               "save-selection",
                                                               "save-tiff",
                                                               "scale-selection",
                                                               "select-all",
                                                               "select-image",
                                                               "select-none",
                                                               "select-window",
                                                               "set-scale",
                                                               "set-slice",
                                                               "show-overlay",
                                                               "specify",
                                                               "to-bounding-box",
                                                               "to-roi-manager",
                                                               "translate-selection",
                                                               "update-results",
                                                               "size",
                                                               "summarize"};

}  // namespace

const CommandTable& CommandTable::instance() {
  static const CommandTable table = [] {
    CommandTable all;
    add_type_commands(all);
    add_arithmetic_commands(all);
    add_geometry_commands(all);
    add_selection_commands(all);
    add_selection_shape_commands(all);
    add_overlay_commands(all);
    add_stack_commands(all);
    add_arrangement_commands(all);
    add_expression_commands(all);
    add_window_commands(all);
    add_smoothing_commands(all);
    add_contrast_commands(all);
    add_convolution_commands(all);
    add_background_commands(all);
    add_threshold_commands(all);
    add_binary_commands(all);
    add_distance_commands(all);
    add_measurement_commands(all);
    add_particle_commands(all);
    add_roi_manager_commands(all);
    add_file_commands(all);
    add_option_commands(all);
    for (const auto& command : all.commands_)
      if (std::ranges::count(same_for_composites, command->stage) > 0)
        command->takes_composites = true;
    return all;
  }();
  return table;
}

void CommandTable::add(Command command) {
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(command.keys, [&](const Key& key) {
      return key.name == name && key.kind == Key::Kind::flag;
    });
  };
  // ImageJ's recorder writes it for any command that asks whether to process all slices.
  if (command.needs_image && has("stack") && !has("slice"))
    command.keys.push_back(Key::flag("slice", "of a stack, its current slice only, as without it"));
  commands_.push_back(std::make_unique<Command>(std::move(command)));
}

const Command* CommandTable::find(std::string_view name, Command::Form form) const {
  for (const auto& command : commands_)
    if (command->form == form &&
        (command->name == name || std::ranges::count(command->old_names, name) > 0))
      return command.get();
  return nullptr;
}

const Command* CommandTable::find_stage(std::string_view stage) const {
  const auto found = std::ranges::find(commands_, stage, [](const auto& c) { return c->stage; });
  return found == commands_.end() ? nullptr : found->get();
}

namespace {

void check_active(const Command& command, const Session& session) {
  if (!session.has_image())
    throw SampleError(fmt::format("{}: there are no images open", command.name));
  const ImagePlus& image = session.active();
  if (!command.types.empty() && std::ranges::count(command.types, image.type) == 0) {
    std::vector<std::string_view> names;
    for (const auto accepted : command.types) names.push_back(name_of(accepted));
    throw SampleError(fmt::format("{} takes {} images, '{}' is {}", command.name,
                                  fmt::join(names, ", "), image.title, name_of(image.type)));
  }
  if (image.is_composite() && !command.takes_composites)
    throw SampleError(fmt::format(
        "{}: '{}' has {} channels shown in colours (a composite), which is not supported here; use "
        "\"Split Channels\" or \"Duplicate...\" for single channels, or \"RGB Color\", first",
        command.name, image.title, image.channels));
}

}  // namespace

void execute(const Command& command, Session& session, const Values& values, Host& host) {
  if (command.needs_image) check_active(command, session);
  const int active = session.has_image() ? session.active().id : 0;
  const cv::Rect area = active != 0 ? session.active().area() : cv::Rect();
  std::optional<Roi> selected = active != 0 ? session.active().roi : std::nullopt;
  command.run(session, values, host);
  // A table that was in front stays there in batch mode alone.
  const bool other_image = active != (session.has_image() ? session.active().id : 0);
  if ((other_image || command.form == Command::Form::run) && session.drawing.forgotten)
    session.drawing = {
        .value = {}, .colour = {}, .forgotten = false, .width = session.drawing.width, .image = 0};
  if (other_image && !session.front.empty() && session.front != "Results")
    session.front_unclear = true;
  // A selection that is removed can be restored, but not from an image that has another size then.
  const ImagePlus* image = active != 0 ? session.by_id(active) : nullptr;
  if (selected && image != nullptr && !image->roi && image->area() == area)
    session.previous_roi = std::move(selected);
}

Values defaults_of(const Command& command) {
  Values values;
  for (const auto& key : command.keys) {
    switch (key.kind) {
      case Key::Kind::flag: values.set(key.name, false, false); break;
      case Key::Kind::number: values.set(key.name, key.number, false); break;
      default: values.set(key.name, key.text, false);
    }
  }
  return values;
}

namespace {

// One word of an option string, and where it stands.
struct Word {
  std::string key;
  std::optional<std::string> value;
  std::size_t offset = 0;
  std::size_t value_offset = 0;
};

// As ImageJ ends values: at the next blank, or at the bracket that closes the one it begins with.
std::vector<Word> words_of(std::string_view options) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (true) {
    while (at < options.size() && options[at] == ' ') ++at;
    if (at >= options.size()) return words;
    Word word;
    word.offset = at;
    while (at < options.size() && options[at] != ' ' && options[at] != '=')
      word.key += options[at++];
    if (at < options.size() && options[at] == '=') {
      word.value_offset = ++at;
      word.value.emplace();
      if (at < options.size() && (options[at] == '[' || options[at] == '\'')) {
        const char open = options[at];
        int depth = 0;
        std::size_t end = at;
        for (; end < options.size(); ++end) {
          if (open == '[') {
            depth += options[end] == '[' ? 1 : options[end] == ']' ? -1 : 0;
            if (depth == 0) break;
          } else if (end > at && options[end] == '\'') {
            break;
          }
        }
        if (end >= options.size())
          throw OptionStringError(
              fmt::format("the value of '{}' begins with {} that is not closed", word.key, open),
              word.value_offset);
        *word.value = options.substr(at + 1, end - at - 1);
        at = end + 1;
        if (at < options.size() && options[at] != ' ')
          throw OptionStringError(fmt::format("a blank must follow the value of '{}'", word.key),
                                  at);
      } else {
        while (at < options.size() && options[at] != ' ') *word.value += options[at++];
      }
    }
    if (word.key.empty()) throw OptionStringError("a key is missing before '='", word.offset);
    words.push_back(std::move(word));
  }
}

std::string keys_of(const Command& command) {
  std::vector<std::string> names;
  for (const auto& key : command.keys)
    names.push_back(key.kind == Key::Kind::flag ? key.name : key.name + "=");
  return names.empty() ? "it has no options" : fmt::format("it has {}", fmt::join(names, " "));
}

[[noreturn]] void refuse_key(const Command& command, const Word& word) {
  if (const auto known = command.keys_not_here.find(word.key); known != command.keys_not_here.end())
    throw OptionStringError(fmt::format("{}: {}", command.name, known->second), word.offset);
  std::vector<std::string> names;
  for (const auto& key : command.keys) names.push_back(key.name);
  auto hint = did_you_mean(word.key, names);
  if (!hint.empty()) hint = "; " + hint;
  throw OptionStringError(
      fmt::format("{} has no option '{}'{}; {}", command.name, word.key, hint, keys_of(command)),
      word.offset);
}

std::optional<double> number_of(const std::string& text) {
  // What Java's Double.valueOf reads; the words differ from C++'s.
  if (text == "Infinity" || text == "+Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text.empty()) return std::nullopt;
  const char* first = text.data() + (text.front() == '+' ? 1 : 0);
  const char* last = text.data() + text.size();
  if (first != last &&
      (*first == '-'
           ? !(first + 1 != last &&
               (std::isdigit(static_cast<unsigned char>(first[1])) != 0 || first[1] == '.'))
           : std::isdigit(static_cast<unsigned char>(*first)) == 0 && *first != '.'))
    return std::nullopt;
  double value = 0.0;
  const auto [end, error] = std::from_chars(first, last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

void assign(const Command& command, const Key& key, double factor, const Word& word,
            Values& values) {
  if (key.kind == Key::Kind::flag) {
    if (word.value)
      throw OptionStringError(
          fmt::format("{}: '{}' is a flag and takes no value", command.name, key.name),
          word.offset);
    values.set(key.name, true);
    return;
  }
  if (!word.value)
    throw OptionStringError(
        fmt::format("{}: '{}' needs a value: {}=...", command.name, key.name, key.name),
        word.offset);
  if (key.kind == Key::Kind::choice) {
    if (std::ranges::count(key.choices, *word.value) == 0)
      throw OptionStringError(fmt::format("{}: {} is one of {}, got '{}'", command.name, key.name,
                                          fmt::join(key.choices, ", "), *word.value),
                              word.value_offset);
    values.set(key.name, *word.value);
    return;
  }
  if (key.kind == Key::Kind::text) {
    values.set(key.name, *word.value);
    return;
  }
  auto number = number_of(*word.value);
  if (!number)
    throw OptionStringError(
        fmt::format("{}: {} is a number, got '{}'", command.name, key.name, *word.value),
        word.value_offset);
  *number /= factor;
  const bool low = key.minimum && *number < *key.minimum;
  const bool high = key.maximum && *number > *key.maximum;
  if (low || high || (key.integer && *number != std::floor(*number)) ||
      (std::isnan(*number) && key.minimum))
    throw OptionStringError(
        fmt::format("{}: {} must be {}{}{}, got {}", command.name, key.name,
                    key.integer ? "a whole number " : "",
                    key.minimum ? fmt::format("{}..{}", *key.minimum, *key.maximum) : "",
                    key.unit.empty() ? "" : " " + key.unit, *word.value),
        word.value_offset);
  values.set(key.name, *number);
}

}  // namespace

Values parse_options(const Command& command, std::string_view options) {
  if (!command.not_here.empty()) throw ConfigError(command.not_here);
  Values values = defaults_of(command);
  for (const auto& word : words_of(options)) {
    const Key* key = nullptr;
    double factor = 1.0;
    for (const auto& candidate : command.keys) {
      // ImageJ makes lower case of the first word of a dialog's label.
      if (candidate.name == word.key) key = &candidate;
      for (const auto& [old_name, old_factor] : candidate.old_names)
        if (old_name == word.key) {
          key = &candidate;
          factor = old_factor;
        }
      if (key != nullptr) break;
    }
    if (key == nullptr) refuse_key(command, word);
    if (values.given(key->name))
      throw OptionStringError(
          fmt::format("{}: '{}' is given twice; ImageJ takes the first", command.name, key->name),
          word.offset);
    assign(command, *key, factor, word, values);
  }
  for (const auto& key : command.keys)
    if (!key.optional && !values.given(key.name))
      throw OptionStringError(
          fmt::format("{} needs '{}=...': without it ImageJ takes the value of an earlier call",
                      command.name, key.name),
          options.size());
  const auto given = [&](const std::string& key) { return values.given(key); };
  if (!command.one_of.empty() && std::ranges::none_of(command.one_of, given))
    throw OptionStringError(
        fmt::format("{} needs '{}=...': without it ImageJ takes the value of an earlier call",
                    command.name, fmt::join(command.one_of, "=...' or '")),
        options.size());
  if (command.check) command.check(values);
  return values;
}

std::string option_string(const Command& command, const Values& values) {
  std::string result;
  const auto add = [&](const std::string& word) { result += (result.empty() ? "" : " ") + word; };
  for (const auto& key : command.keys) {
    if (key.kind == Key::Kind::flag) {
      if (values.flag(key.name)) add(key.name);
    } else if (key.kind == Key::Kind::number) {
      add(fmt::format("{}={}", key.name, values.number(key.name)));
    } else {
      const auto& text = values.text(key.name);
      if (text.empty() && key.optional) continue;
      const bool bare = !text.empty() && text.find_first_of(" []") == std::string::npos;
      add(bare ? fmt::format("{}={}", key.name, text) : fmt::format("{}=[{}]", key.name, text));
    }
  }
  return result;
}

}  // namespace smear::imagej
