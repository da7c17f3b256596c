// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/syntax.h"
#include "imagej/macro/call-code.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "imagej/macro/interpreter.h"
#include "imagej/macro/list-values.h"
#include "imagej/macro/other-languages.h"

namespace smear::imagej {

std::vector<std::pair<char, const Expression*>> terms_of(const Expression& sum) {
  std::vector<std::pair<char, const Expression*>> terms;
  const Expression* rest = &sum;
  const auto is_sum = [&](const Expression& e) {
    return e.kind == Expression::Kind::binary && (e.text == "+" || e.text == "-") &&
           (!e.grouped || &e == &sum);
  };
  while (is_sum(*rest)) {
    terms.emplace_back(rest->text[0], rest->arguments[1].get());
    rest = rest->arguments[0].get();
  }
  terms.emplace_back('+', rest);
  std::ranges::reverse(terms);
  return terms;
}

bool is_out(const Builtin& function, const Expression& call, std::size_t i) {
  // getHistogram(0, counts, 256): the values are not wanted.
  if (function.name == "getHistogram" && i == 0 &&
      call.arguments[0]->kind == Expression::Kind::number)
    return false;
  return i < 32 && ((function.outs >> i) & 1U) != 0;
}

bool takes_text_of(const Expression& call) {
  if (call.text != "toString" || call.arguments.size() != 2) return false;
  const Expression& number = *call.arguments[0];
  return number.grouped ||
         (number.kind != Expression::Kind::name && number.kind != Expression::Kind::number);
}

bool changes(const Builtin& function, std::size_t i) {
  return function.changes_first && (i == 0 || function.name == "Array.sort");
}

void for_each(const Expression& expression, const std::function<void(const Expression&)>& visit) {
  if (visit) visit(expression);
  for (const auto& one : expression.arguments) for_each(*one, visit);
}

void for_each(const Statement& statement, const std::function<void(const Expression&)>& visit,
              const std::function<void(const Statement&)>& enter) {
  if (enter) enter(statement);
  for (const auto& one : statement.init) for_each(*one, visit, enter);
  if (statement.target) for_each(*statement.target, visit);
  if (statement.value) for_each(*statement.value, visit);
  for (const auto& one : statement.step) for_each(*one, visit, enter);
  for (const auto& one : statement.body) for_each(*one, visit, enter);
}

bool has_step(const Expression& expression) {
  bool found = false;
  for_each(expression, [&](const Expression& e) { found |= e.kind == Expression::Kind::step; });
  return found;
}

bool reads(const Expression& expression, std::string_view variable) {
  bool found = false;
  for_each(expression, [&](const Expression& e) {
    found |= (e.kind == Expression::Kind::name || e.kind == Expression::Kind::index) &&
             e.text == variable;
  });
  return found;
}

std::set<std::string> functions_called(const Program& program, const Statement& statement) {
  std::set<std::string> called;
  std::vector<const Statement*> left{&statement};
  while (!left.empty()) {
    const Statement* one = left.back();
    left.pop_back();
    for_each(*one, [&](const Expression& e) {
      if (e.kind != Expression::Kind::call) return;
      const auto own = program.functions.find(e.text);
      if (own != program.functions.end() && called.insert(e.text).second)
        left.push_back(own->second.body.get());
    });
  }
  return called;
}

void for_each(const Program& program, const std::function<void(const Expression&)>& visit,
              const std::function<void(const Statement&)>& enter) {
  for (const auto& one : program.statements) for_each(*one, visit, enter);
  for (const auto& [name, function] : program.functions) for_each(*function.body, visit, enter);
}

void for_each_reached(const Program& program, const Statement& statement,
                      const std::function<void(const Expression&)>& visit,
                      const std::function<void(const Statement&)>& enter) {
  for_each(statement, visit, enter);
  for (const auto& name : functions_called(program, statement))
    for_each(*program.functions.at(name).body, visit, enter);
}

std::string wrong_count(std::string_view function, int count, int least, int most) {
  const std::string expected = most == least ? fmt::format("{}", least)
                               : most < 0    ? fmt::format("at least {}", least)
                                             : fmt::format("{} to {}", least, most);
  return fmt::format("{} takes {} argument{}, got {}", function, expected,
                     expected == "1" ? "" : "s", count);
}

namespace {

bool has_command_in_other_letters(std::string_view name) {
  const auto& all = CommandTable::instance().all();
  return std::ranges::any_of(all, [&](const auto& one) {
    return one->form == Command::Form::run && one->name != name && same_letters(one->name, name);
  });
}

}  // namespace

std::string unknown_command(std::string_view name) {
  if (has_command_in_other_letters(name))
    return fmt::format("there is no command \"{}\": ImageJ tells small letters from capitals",
                       name);
  if (const auto why = why_no_command(name); !why.empty())
    return fmt::format("run(\"{}\") cannot be used: {}", name, why);
  if (is_menu_command(name))
    return fmt::format("run(\"{}\") cannot be used: ImageJ has this command, Smearkit does not yet",
                       name);
  return fmt::format("there is no command \"{}\": it may belong to Fiji or a plugin", name);
}

std::string nearest_command(std::string_view name, const CommandTable& table) {
  if (!has_command_in_other_letters(name) &&
      (!why_no_command(name).empty() || is_menu_command(name)))
    return "";
  std::vector<std::string> names;
  const auto bare = [](std::string_view text) {
    while (text.ends_with('.')) text.remove_suffix(1);
    return lower_case(text);
  };
  for (const auto& command : table.all()) {
    if (command->form != Command::Form::run) continue;
    if (bare(command->name) == bare(name)) return fmt::format("did you mean '{}'?", command->name);
    names.push_back(command->name);
  }
  return did_you_mean(name, names);
}

std::string nearest_function(std::string_view name, const CommandTable& table,
                             const Program* program) {
  if (const auto own = own_function_for(name); !own.empty()) return "ImageJ has " + own;
  std::vector<std::string> names = builtin_names();
  for (const auto& command : table.all())
    if (command->form == Command::Form::function) names.push_back(command->name);
  if (program != nullptr)
    for (const auto& [own, function] : program->functions) names.push_back(own);
  for (const auto& one : names)
    if (lower_case(one) == lower_case(name)) return fmt::format("did you mean '{}'?", one);
  return did_you_mean(name, names);
}

Place place_within(const Expression& expression, std::size_t offset) {
  for (const auto& [op, part] : terms_of(expression)) {
    if (part->kind != Expression::Kind::string) return expression.place;
    if (offset <= part->text.size()) {
      if (!part->exact) return part->place;
      return {part->place.line, part->place.column + 1 + static_cast<int>(offset)};
    }
    offset -= part->text.size();
  }
  return expression.place;
}

namespace {

constexpr char hole = '\x01';

std::optional<std::string> filled(const Command& command, const std::string& text);

}  // namespace

void check_outline(const Command& command, const std::string& outline) {
  const auto text = filled(command, outline);
  if (!text)
    throw ConfigError(
        fmt::format("{}: the names of its options must be written out", command.name));
  if (outline == *text) {
    parse_options(command, *text);
    return;
  }
  // How values go with each other is seen when they are known.
  Command alone = command;
  alone.check = {};
  parse_options(alone, *text);
}

namespace {

// A text with a hole for each part that is not written out; empty where nothing is.
struct Outline {
  std::string text;
  bool holes = false;
};
Outline outline_of(const Expression& expression) {
  Outline outline;
  for (const auto& [op, part] : terms_of(expression)) {
    if (part->kind == Expression::Kind::string) {
      outline.text += part->text;
    } else if (part->kind == Expression::Kind::number) {
      outline.text += text_of(part->number);
    } else {
      outline.text += hole;
      outline.holes = true;
    }
  }
  return outline;
}

const Key* key_of(const Command& command, std::string_view name) {
  for (const auto& key : command.keys) {
    if (key.name == name) return &key;
    for (const auto& [old, factor] : key.old_names)
      if (old == name) return &key;
  }
  return nullptr;
}

// A value that the key takes.
std::string any_text(const Key& key) {
  if (key.kind != Key::Kind::number) return key.text;
  const bool taken =
      !(key.minimum && key.number < *key.minimum) && !(key.maximum && key.number > *key.maximum);
  return fmt::format("{}", taken ? key.number : *key.minimum);
}

// The option string with the defaults of the keys whose values have holes in their place; nothing
// where a key itself has one.
std::optional<std::string> filled(const Command& command, const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      result += text[at++];
      continue;
    }
    const auto end_of_key = std::min(text.find_first_of("= ", at), text.size());
    const std::string name = text.substr(at, end_of_key - at);
    if (name.find(hole) != std::string::npos) return std::nullopt;
    result += name;
    at = end_of_key;
    if (at >= text.size() || text[at] != '=') continue;
    std::size_t end = ++at;
    int depth = 0;
    for (; end < text.size() && (depth > 0 || text[end] != ' '); ++end)
      depth += text[end] == '[' ? 1 : text[end] == ']' ? -1 : 0;
    const std::string value = text.substr(at, end - at);
    const Key* key = key_of(command, name);
    result += '=';
    if (value.find(hole) != std::string::npos)
      result += key == nullptr                   ? "x"
                : key->kind == Key::Kind::number ? any_text(*key)
                                                 : "[" + any_text(*key) + "]";
    else
      result += value;
    at = end;
  }
  return result;
}

class Checker {
 public:
  Checker(const Program& program, const CommandTable& table, std::vector<Diagnostic>& problems)
      : program_(program), table_(table), problems_(problems) {}

  void run() {
    const auto visit = [this](const Expression& e) { check(e); };
    for_each(program_, visit);
  }

 private:
  void error(Place place, std::string message, std::string hint = "") {
    problems_.push_back({program_.file, place, std::move(message), std::move(hint)});
  }

  void check(const Expression& e) {
    if (e.kind == Expression::Kind::call) check_call(e);
    if (e.kind == Expression::Kind::method) check_method(e);
    if (e.kind == Expression::Kind::binary && (e.text == "&&" || e.text == "||") &&
        has_effects(*e.arguments[1]))
      error(e.arguments[1]->place,
            fmt::format("the right side of '{}' does something, and is always evaluated in ImageJ "
                        "1.53t but not in later versions",
                        e.text),
            "call it before, into a variable");
  }

  void check_method(const Expression& e) {
    const Builtin* function = find_method(e.text);
    if (function == nullptr)
      return error(e.place, fmt::format("strings and arrays have no '{}'", e.text));
    // What it is called on is its first argument.
    const int count = static_cast<int>(e.arguments.size());
    if (count < function->least || (function->most >= 0 && count > function->most))
      error(e.place, wrong_count(e.text, count - 1, function->least - 1, function->most - 1));
  }

  bool has_effects(const Expression& e) {
    bool found = false;
    const auto visit = [&](const Expression& one) {
      found |= one.kind == Expression::Kind::step;
      if (one.kind != Expression::Kind::call) return;
      const Builtin* function = find_builtin(one.text);
      found |= table_.find(one.text, Command::Form::function) != nullptr && !is_question(one);
      found |= function != nullptr && function->when == Builtin::When::effect;
    };
    for_each(e, visit);
    for_each(e, [&](const Expression& one) {
      const auto own = program_.functions.find(one.text);
      if (one.kind != Expression::Kind::call || own == program_.functions.end()) return;
      for_each(*own->second.body, visit);
      for (const auto& name : functions_called(program_, *own->second.body))
        for_each(*program_.functions.at(name).body, visit);
    });
    return found;
  }

  static bool is_question(const Expression& e) {
    return e.text == "roiManager" && e.arguments.size() == 1 &&
           e.arguments[0]->kind == Expression::Kind::string &&
           (lower_case(e.arguments[0]->text) == "count" ||
            lower_case(e.arguments[0]->text) == "size" ||
            lower_case(e.arguments[0]->text) == "index");
  }

  // ImageJ's open takes more than images.
  void check_opened(const Expression& e) {
    if (e.arguments.size() != 1 || e.arguments[0]->kind != Expression::Kind::string) return;
    const std::string path = lower_case(e.arguments[0]->text);
    if (path.ends_with(".roi") || path.ends_with(".zip"))
      error(e.arguments[0]->place, "this opens selections, not an image",
            "roiManager(\"Open\", path) reads a set that lies beside the image");
    for (const char* end : {".lut", ".csv", ".txt", ".xls", ".ijm"})
      if (path.ends_with(end))
        error(e.arguments[0]->place, fmt::format("open of a {} file is not supported", end));
  }

  void check_call(const Expression& e) {
    const int count = static_cast<int>(e.arguments.size());
    if (const auto own = program_.functions.find(e.text); own != program_.functions.end()) {
      const auto expected = static_cast<int>(own->second.parameters.size());
      if (count != expected) error(e.place, wrong_count(e.text, count, expected, expected));
      return;
    }
    if (e.text == "run") return check_run(e);
    if (e.text == "open") check_opened(e);
    const Builtin* function = find_builtin(e.text);
    const Command* command = table_.find(e.text, Command::Form::function);
    if (command != nullptr && !(function != nullptr && function->when != Builtin::When::refused))
      return check_function(*command, e);
    if (function == nullptr)
      return error(e.place, fmt::format("there is no function '{}'", e.text),
                   nearest_function(e.text, table_, &program_));
    if (function->when == Builtin::When::refused)
      return error(e.place, fmt::format("{} cannot be used: {}", e.text, function->why));
    for (const auto& one : e.arguments) check_text(e, *one);
    if (e.text == "getInfo" && count == 1 && e.arguments[0]->kind == Expression::Kind::string &&
        e.arguments[0]->text == "window.contents")
      error(e.place, "getInfo(\"window.contents\") asks for a window, and there is none",
            "getResult and Table.get read tables");
    if (e.text == "getLocationAndSize" &&
        std::ranges::any_of(e.arguments, [&](const auto& one) { return is_read(one->text); }))
      error(e.place, "getLocationAndSize asks where a window is, and there is none",
            "getDimensions and getVoxelSize tell about the image");
    if (count < function->least || (function->most >= 0 && count > function->most))
      return error(e.place, wrong_count(e.text, count, function->least, function->most));
    for (std::size_t i = 0; i < e.arguments.size(); ++i)
      if (is_out(*function, e, i) && e.arguments[i]->kind != Expression::Kind::name &&
          e.arguments[i]->kind != Expression::Kind::index)
        error(e.arguments[i]->place,
              fmt::format("{} assigns to its arguments: a variable is expected here", e.text));
  }

  // Whether the variable stands anywhere but as an argument of getLocationAndSize.
  bool is_read(const std::string& variable) {
    int mentions = 0;
    const auto visit = [&](const Expression& e) {
      mentions += e.kind == Expression::Kind::name && e.text == variable ? 1 : 0;
      if (e.kind == Expression::Kind::call && e.text == "getLocationAndSize")
        for (const auto& one : e.arguments) mentions -= one->text == variable ? 1 : 0;
    };
    for_each(program_, visit);
    return mentions > 0;
  }

  // Whether it is a text whatever the names in it are: "0" + n.
  static bool is_text(const Expression& e) {
    const auto& first = *terms_of(e).front().second;
    return first.kind == Expression::Kind::string;
  }

  // Whether a function gives a text for sure: return "0" + n, or a variable that begins as one.
  static bool returns_text(const Function& function) {
    const auto& body = function.body->body;
    const bool begins = !body.empty() && body[0]->kind == Statement::Kind::assign &&
                        body[0]->text == "=" && body[0]->target->kind == Expression::Kind::name &&
                        is_text(*body[0]->value);
    const std::string variable = begins ? body[0]->target->text : "";
    bool text = true;
    bool returns = false;
    for_each(*function.body, {}, [&](const Statement& one) {
      const bool sets =
          begins && one.kind == Statement::Kind::assign && one.target->text == variable;
      if (sets && one.text != "+=") {
        const auto* first = one.text == "=" ? terms_of(*one.value).front().second : nullptr;
        text &= first != nullptr && (is_text(*one.value) ||
                                     (first->kind == Expression::Kind::name &&
                                      first->text == variable && terms_of(*one.value).size() > 1));
      }
      if (one.kind != Statement::Kind::give) return;
      returns = true;
      text &= one.value != nullptr &&
              (is_text(*one.value) || (begins && one.value->kind == Expression::Kind::name &&
                                       one.value->text == variable));
    });
    return text && returns;
  }

  // `print(f() + 1)`: ImageJ takes what begins with a function of the macro for a text.
  void check_text(const Expression& call, const Expression& argument) {
    static const std::set<std::string, std::less<>> texts = {"print", "IJ.log", "toString",
                                                             "lengthOf"};
    if (!texts.contains(call.text) || (call.arguments.size() > 1 && call.text != "print") ||
        argument.kind != Expression::Kind::binary || argument.grouped)
      return;
    const Expression* first = &argument;
    bool joined = false;
    while (first->kind == Expression::Kind::binary && (first == &argument || !first->grouped)) {
      joined |= first->arguments[1]->kind == Expression::Kind::string;
      first = first->arguments[0].get();
    }
    if (!joined && first->kind == Expression::Kind::call &&
        program_.functions.contains(first->text) &&
        !returns_text(program_.functions.at(first->text)))
      error(argument.place,
            fmt::format("ImageJ takes what '{}' gives for a text here, and joins it with what "
                        "follows",
                        first->text),
            "put the value into a variable first");
  }

  void check_run(const Expression& e) {
    if (e.arguments.empty() || e.arguments.size() > 2)
      return error(e.place, wrong_count("run", static_cast<int>(e.arguments.size()), 1, 2));
    const Expression& name = *e.arguments[0];
    if (name.kind != Expression::Kind::string) return;
    const Command* command = table_.find(name.text, Command::Form::run);
    if (command == nullptr)
      return error(name.place, unknown_command(name.text), nearest_command(name.text, table_));
    if (e.arguments.size() < 2) return check_without_options(*command, e);
    const Outline outline = outline_of(*e.arguments[1]);
    // What is known only when it is run, or when the macro is made into stages.
    if (outline.holes && !filled(*command, outline.text)) return;
    try {
      check_outline(*command, outline.text);
    } catch (const OptionStringError& wrong) {
      error(outline.holes ? e.arguments[1]->place : place_within(*e.arguments[1], wrong.offset),
            wrong.what());
    } catch (const ConfigError& wrong) {
      error(e.arguments[1]->place, wrong.what());
    }
  }

  void check_without_options(const Command& command, const Expression& e) {
    try {
      parse_options(command, "");
    } catch (const ConfigError& wrong) {
      if (!command.not_here.empty()) return error(e.place, wrong.what());
      error(e.place, wrong.what(),
            fmt::format("without options ImageJ opens a dialog: write run(\"{}\", {})",
                        command.name, string_code(option_string(command, defaults_of(command)))));
    }
  }

  void check_function(const Command& command, const Expression& e) {
    if (is_question(e)) return;
    if (e.text == "setResult" && e.arguments.size() == 3) check_result_value(*e.arguments[2]);
    std::vector<Value> arguments;
    const auto literal = [](const Expression& one) {
      return one.kind == Expression::Kind::string || one.kind == Expression::Kind::number;
    };
    const bool known =
        std::ranges::all_of(e.arguments, [&](const auto& one) { return literal(*one); });
    if (!known) {
      const auto least = static_cast<int>(
          std::ranges::count_if(command.keys, [](const Key& key) { return !key.optional; }));
      const int count = static_cast<int>(e.arguments.size());
      const auto most = most_arguments(command);
      if (count < least || (e.arguments.size() > most && !takes_list(command)))
        error(e.place, wrong_count(command.name, count, least, static_cast<int>(most)));
      else if (e.text == "saveAs" && e.arguments[0]->kind == Expression::Kind::string)
        check_format(command, *e.arguments[0]);
      return;
    }
    for (const auto& one : e.arguments)
      arguments.push_back(one->kind == Expression::Kind::string ? Value(one->text)
                                                                : Value(one->number));
    try {
      values_of_arguments(command, arguments);
    } catch (const ValueError& wrong) {
      error(e.place, wrong.what(), wrong.hint);
    } catch (const ConfigError& wrong) {
      error(e.place, wrong.what());
    }
  }

  // The path is not known yet, the format is.
  void check_format(const Command& save, const Expression& format) {
    try {
      values_of_arguments(save, {Value(format.text), Value("image")});
    } catch (const ValueError& wrong) {
      error(format.place, wrong.what(), wrong.hint);
    } catch (const ConfigError& wrong) {
      error(format.place, wrong.what());
    }
  }

  // ImageJ takes whatever begins with List. for a text, with all its digits.
  void check_result_value(const Expression& value) {
    const Expression* first = &value;
    while (first->kind == Expression::Kind::binary && !first->grouped)
      first = first->arguments[0].get();
    if (first->kind == Expression::Kind::call && first->text.starts_with("List."))
      error(value.place, "setResult: ImageJ puts a value of List into the table as a text",
            "put it into a variable first: x = List.getValue(...);");
  }

  const Program& program_;
  const CommandTable& table_;
  std::vector<Diagnostic>& problems_;
};

}  // namespace

void check_macro(const Program& program, const CommandTable& table,
                 std::vector<Diagnostic>& problems) {
  Checker(program, table, problems).run();
  check_list_values(program, problems);
}

}  // namespace smear::imagej
