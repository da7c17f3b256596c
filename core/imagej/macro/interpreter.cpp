// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/interpreter.h"
#include "imagej/macro/call-code.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <set>

#include "imagej/macro/list-values.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {
namespace {

constexpr int most_calls = 200;
// Of nested evaluations, which bounds the stack.
constexpr int most_depth = 4000;

class Interpreter {
 public:
  Interpreter(const Program& program, Session& session, Host& host, const MacroContext& context,
              const CommandTable& table, long most_statements)
      : program_(program),
        session_(session),
        host_(host),
        context_(context),
        table_(table),
        most_statements_(most_statements) {}

  void run() {
    frames_.emplace_back();
    // What functions keep for themselves is called as no variable can be.
    for (const auto& [name, value] : session_.variables)
      if (name.find_first_of("( ") == std::string::npos) frames_[0].emplace(name, value_of(value));
    // Globals are there before anything else runs.
    if (!program_.functions.empty())
      for (const auto& one : program_.statements) declare_globals(*one);
    for (const auto& one : program_.statements)
      if (execute(*one) != Flow::on) break;
    for (const auto& [name, value] : frames_[0])
      session_.variables.insert_or_assign(name, macro_value_of(value));
  }

 private:
  enum class Flow { on, leave, next, give };
  using Frame = std::map<std::string, Value>;

  [[noreturn]] void fail(Place place, const std::string& message,
                         const std::string& hint = "") const {
    throw SampleError(Diagnostic{program_.file, place, message, hint}.headline());
  }

  // Runs `what`, and gives the place of what goes wrong.
  template <typename F>
  auto placed(Place place, const F& what) -> decltype(what()) {
    try {
      return what();
    } catch (const ValueError& e) {
      fail(place, e.what(), e.hint);
    } catch (const SampleError& e) {
      throw_with_place(place, e.what());
    } catch (const ConfigError& e) {
      throw_with_place(place, e.what());
    }
  }
  [[noreturn]] void throw_with_place(Place place, const std::string& what) const {
    // What comes from within has its place.
    if (what.starts_with(program_.file + ":")) throw SampleError(what);
    fail(place, what);
  }

  struct Deeper {
    Deeper(Interpreter& owner, Place place) : owner_(owner) {
      if (++owner.depth_ > most_depth)
        owner.fail(place, "the macro's functions are nested too deeply");
    }
    ~Deeper() { --owner_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Interpreter& owner_;
  };

  void step(Place place) {
    if (++steps_ > most_statements_)
      fail(place, fmt::format("the macro does not end: {} statements were run", most_statements_));
  }

  void declare_globals(const Statement& statement) {
    if (statement.kind == Statement::Kind::block)
      for (const auto& one : statement.body) declare_globals(*one);
    if (statement.kind == Statement::Kind::variable) declare(statement);
  }
  void declare(const Statement& s) {
    globals_.insert(s.text);
    if (s.value)
      frames_[0].insert_or_assign(s.text, evaluate(*s.value));
    else
      frames_[0].emplace(s.text, Value(0.0));
  }

  Flow execute(const Statement& s) {
    const Deeper deeper(*this, s.place);
    step(s.place);
    switch (s.kind) {
      case Statement::Kind::block: return execute_all(s.body);
      case Statement::Kind::variable: declare(s); return Flow::on;
      case Statement::Kind::assign: assign(s); return Flow::on;
      case Statement::Kind::call: evaluate(*s.value, true); return Flow::on;
      case Statement::Kind::branch:
        if (holds(*s.value)) return execute(*s.body[0]);
        return s.body.size() > 1 ? execute(*s.body[1]) : Flow::on;
      case Statement::Kind::loop_for: execute_all(s.init); return loop(s, false);
      case Statement::Kind::loop_while: return loop(s, false);
      case Statement::Kind::loop_do: return loop(s, true);
      case Statement::Kind::leave: return Flow::leave;
      case Statement::Kind::next: return Flow::next;
      case Statement::Kind::give:
        returned_ = s.value ? std::optional<Value>(evaluate(*s.value)) : std::nullopt;
        return Flow::give;
    }
    return Flow::on;
  }
  Flow execute_all(const std::vector<StatementPtr>& statements) {
    for (const auto& one : statements)
      if (const Flow flow = execute(*one); flow != Flow::on) return flow;
    return Flow::on;
  }
  Flow loop(const Statement& s, bool body_first) {
    for (bool first = true;; first = false) {
      step(s.place);
      if (!(first && body_first) && s.value && !holds(*s.value)) return Flow::on;
      const Flow flow = execute(*s.body[0]);
      if (flow == Flow::leave) return Flow::on;
      if (flow == Flow::give) return flow;
      execute_all(s.step);
    }
  }
  bool holds(const Expression& e) {
    const Value value = evaluate(e);
    return placed(e.place, [&] { return truth_of(value); });
  }

  // ----- variables

  // Null where there is none. Functions see what their callers have.
  Value* find(const std::string& name) {
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame)
      if (const auto found = frame->find(name); found != frame->end()) return &found->second;
    return nullptr;
  }
  // Where an assignment goes: a function's own variable unless `var` made it global.
  Value& slot(const std::string& name) {
    Frame& frame = frames_.size() > 1 && globals_.contains(name) && !frames_.back().contains(name)
                       ? frames_[0]
                       : frames_.back();
    return frame[name];
  }
  [[nodiscard]] bool shadows(const std::string& name) {
    return frames_.size() > 1 && !frames_.back().contains(name) && !globals_.contains(name) &&
           find(name) != nullptr;
  }

  void assign(const Statement& s) {
    if (s.target->kind == Expression::Kind::index) return assign_element(s);
    const std::string& name = s.target->text;
    if (s.text == "=") {
      if (shadows(name) && reads(*s.value, name)) fail_shadowed(s.target->place, name);
      Value value = evaluate(*s.value);
      slot(name) = std::move(value);
      return;
    }
    if (shadows(name)) fail_shadowed(s.target->place, name);
    const Value* old = find(name);
    if (old == nullptr) fail(s.target->place, fmt::format("variable '{}' has no value yet", name));
    Value value = changed(s, *old);
    slot(name) = std::move(value);
  }
  [[noreturn]] void fail_shadowed(Place place, const std::string& name) const {
    fail(place, fmt::format("in a function '{}' is a variable of its own, which begins at 0", name),
         fmt::format("write var {} = ...; at the top of the macro", name));
  }

  Value changed(const Statement& s, const Value& old) {
    const std::optional<Value> by = s.value ? std::optional(evaluate(*s.value)) : std::nullopt;
    return placed(s.target->place, [&]() -> Value {
      if (s.text == "++") return number_of(old) + 1.0;
      if (s.text == "--") return number_of(old) - 1.0;
      if (s.text == "+=") {
        if (old.is_string() && by->is_number())
          throw ValueError("ImageJ makes NaN of a string += a number", "write s = s + ...");
        return sum_of({{'+', old}, {'+', *by}}, false);
      }
      if (s.text == "-=") return number_of(old) - number_of(*by);
      if (s.text == "*=") return number_of(old) * number_of(*by);
      return number_of(old) / number_of(*by);
    });
  }

  void assign_element(const Statement& s) {
    const double at = index_in(*s.target);
    if (session_.expandable_arrays && s.text == "=")
      if (const Value* array = find(s.target->text); array != nullptr && array->is_array())
        placed(s.target->place, [&] { expand(array_of(*array), at); });
    const MacroValue& element = element_of(*s.target, at);
    Value value = s.text == "=" ? evaluate(*s.value) : changed(s, value_of(element));
    if (value.is_array()) fail(s.target->place, "arrays have one dimension");
    // The right side may have changed the array.
    element_of(*s.target, at) = macro_value_of(value);
  }
  double index_in(const Expression& e) {
    return placed(e.place, [&] { return number_of(evaluate(*e.arguments[0])); });
  }
  MacroValue& element_of(const Expression& e) { return element_of(e, index_in(e)); }
  MacroValue& element_of(const Expression& e, double at) {
    const Value* array = find(e.text);
    if (array == nullptr) fail(e.place, fmt::format("array '{}' has no value yet", e.text));
    return placed(e.place, [&]() -> MacroValue& {
      auto& elements = *array_of(*array);
      const auto index = java_int(at);
      if (index < 0 || static_cast<std::size_t>(index) >= elements.size())
        throw ValueError(
            fmt::format("index {} of '{}', which has {} elements", index, e.text, elements.size()));
      return elements[static_cast<std::size_t>(index)];
    });
  }

  // ----- expressions

  /// `mixed`: where a number may come before a string in a sum.
  Value evaluate(const Expression& e, bool statement = false, bool mixed = false) {
    const Deeper deeper(*this, e.place);
    switch (e.kind) {
      case Expression::Kind::number: return e.number;
      case Expression::Kind::string: return e.text;
      case Expression::Kind::name: {
        const Value* value = find(e.text);
        if (value == nullptr)
          fail(e.place, fmt::format("variable '{}' has no value yet", e.text),
               "assign to it first");
        return *value;
      }
      case Expression::Kind::index: return value_of(element_of(e));
      case Expression::Kind::method: return method(e, mixed);
      case Expression::Kind::call: return call(e, statement);
      case Expression::Kind::unary: {
        const Value value = evaluate(*e.arguments[0]);
        return placed(e.place, [&] { return unary_value(e.text, value); });
      }
      case Expression::Kind::step: return stepped(e);
      case Expression::Kind::binary: break;
    }
    if (e.text == "+" || e.text == "-") return sum(e, mixed);
    const Value left = evaluate(*e.arguments[0]);
    const Value right = evaluate(*e.arguments[1]);
    return placed(e.place, [&] { return binary_value(e.text, left, right); });
  }

  // `n++` within an expression.
  Value stepped(const Expression& e) {
    const std::string& name = e.arguments[0]->text;
    if (shadows(name)) fail_shadowed(e.place, name);
    const Value* old = find(name);
    if (old == nullptr) fail(e.place, fmt::format("variable '{}' has no value yet", name));
    const double before = placed(e.place, [&] { return number_of(*old); });
    const double after = e.text == "++" ? before + 1.0 : before - 1.0;
    slot(name) = after;
    return e.bare ? after : before;
  }

  Value sum(const Expression& e, bool mixed) {
    std::vector<Term> terms;
    for (const auto& [op, part] : terms_of(e)) {
      if (is_list_value(*part)) {
        std::vector<Value> key{evaluate(*part->arguments[0])};
        const auto text = session_.list.find(text_of(key.front()));
        terms.push_back({op, call_builtin(*find_builtin(part->text), *part, key), false});
        if (text != session_.list.end()) terms.back().as_text = text->second;
        continue;
      }
      terms.push_back(
          {op, evaluate(*part),
           part->kind == Expression::Kind::call && program_.functions.contains(part->text)});
      Term& term = terms.back();
      term.element = part->kind == Expression::Kind::index;
      if (part->kind != Expression::Kind::method || !term.value.is_number()) continue;
      term.as_text = word_of_method(part->text, term.value);
      term.method = asks_text(part->text) || is_text(*part->arguments[0]);
    }
    return placed(e.place, [&] { return sum_of(terms, mixed); });
  }

  // Of what can be evaluated once more.
  bool is_text(const Expression& e) {
    if (e.kind == Expression::Kind::string) return true;
    const Value* value = e.kind == Expression::Kind::name ? find(e.text) : nullptr;
    return value != nullptr && value->is_string();
  }

  Value method(const Expression& e, bool mixed) {
    const Builtin* function = find_method(e.text);
    if (function == nullptr) fail(e.place, fmt::format("strings and arrays have no '{}'", e.text));
    std::vector<Value> arguments;
    for (const auto& one : e.arguments) arguments.push_back(evaluate(*one, false, true));
    Value result = call_builtin(*function, e, arguments);
    // Where a text is wanted, these give words.
    if (mixed && (e.text == "contains" || e.text == "startsWith" || e.text == "endsWith"))
      return truth_of(result) ? "true" : "false";
    return result;
  }

  Value call_builtin(const Builtin& function, const Expression& e, std::vector<Value>& arguments) {
    if (function.when == Builtin::When::refused)
      fail(e.place, fmt::format("{} cannot be used: {}", function.name, function.why));
    const int count = static_cast<int>(arguments.size());
    if (count < function.least || (function.most >= 0 && count > function.most))
      fail(e.place, wrong_count(function.name, count, function.least, function.most));
    if (!function.run) return 0.0;
    return placed(e.place, [&] {
      BuiltinCall made{function.name, arguments, session_, host_, context_};
      return function.run(made);
    });
  }

  Value call(const Expression& e, bool statement) {
    if (const auto own = program_.functions.find(e.text); own != program_.functions.end())
      return call_own(own->second, e, statement);
    if (e.text == "run") return run_command(e);
    const Builtin* function = find_builtin(e.text);
    const Command* command = table_.find(e.text, Command::Form::function);
    if (command != nullptr && !(function != nullptr && function->when != Builtin::When::refused))
      return run_function(*command, e);
    if (function == nullptr)
      fail(e.place, fmt::format("there is no function '{}'", e.text),
           nearest_function(e.text, table_));
    std::vector<Value> arguments;
    for (std::size_t i = 0; i < e.arguments.size(); ++i)
      arguments.push_back(is_out(*function, e, i) && !function->outs_are_read
                              ? Value(0.0)
                              : evaluate(*e.arguments[i], false, !function->values_only));
    if (takes_text_of(e) && arguments[0].is_number()) arguments[0] = text_of(arguments[0]);
    Value result = call_builtin(*function, e, arguments);
    for (std::size_t i = 0; i < e.arguments.size(); ++i)
      if (is_out(*function, e, i)) assign_out(*e.arguments[i], arguments[i]);
    return result;
  }
  void assign_out(const Expression& target, const Value& value) {
    if (target.kind == Expression::Kind::name)
      slot(target.text) = value;
    else if (target.kind == Expression::Kind::index)
      element_of(target) = macro_value_of(value);
    else
      fail(target.place, "a variable is expected here");
  }

  Value call_own(const Function& function, const Expression& e, bool statement) {
    if (e.arguments.size() != function.parameters.size())
      fail(e.place, wrong_count(function.name, static_cast<int>(e.arguments.size()),
                                static_cast<int>(function.parameters.size()),
                                static_cast<int>(function.parameters.size())));
    if (static_cast<int>(frames_.size()) > most_calls)
      fail(e.place, fmt::format("'{}' calls itself without an end", function.name));
    Frame frame;
    for (std::size_t i = 0; i < e.arguments.size(); ++i)
      frame.insert_or_assign(function.parameters[i], evaluate(*e.arguments[i]));
    frames_.push_back(std::move(frame));
    returned_.reset();
    const Flow flow = execute(*function.body);
    frames_.pop_back();
    auto result = std::exchange(returned_, std::nullopt);
    if (flow == Flow::leave || flow == Flow::next)
      fail(function.place,
           fmt::format("break or continue outside of a loop in '{}'", function.name));
    if (!result && !statement) fail(e.place, fmt::format("'{}' returned no value", function.name));
    return result.value_or(Value(0.0));
  }

  Value run_command(const Expression& e) {
    if (e.arguments.empty() || e.arguments.size() > 2)
      fail(e.place, "run(...) takes a command and its options");
    const std::string name =
        placed(e.place, [&] { return text_of(evaluate(*e.arguments[0], false, true)); });
    const std::string options = e.arguments.size() < 2 ? "" : placed(e.place, [&] {
      return text_of(evaluate(*e.arguments[1], false, true));
    });
    const Command* command = table_.find(name, Command::Form::run);
    if (command == nullptr) fail(e.place, unknown_command(name), nearest_command(name, table_));
    placed(e.place,
           [&] { imagej::execute(*command, session_, parse_options(*command, options), host_); });
    return 0.0;
  }

  Value run_function(const Command& command, const Expression& e) {
    std::vector<Value> arguments;
    for (const auto& one : e.arguments) arguments.push_back(evaluate(*one, false, true));
    if (const auto answer = answer_of_manager(e.text, arguments)) return *answer;
    if (e.text == "open" && arguments.size() == 1 && arguments[0].is_string() &&
        is_input(std::get<std::string>(arguments[0].data)))
      return 0.0;
    placed(e.place, [&] {
      imagej::execute(command, session_, values_of_arguments(command, arguments), host_);
    });
    return 0.0;
  }
  [[nodiscard]] bool is_input(const std::string& path) const {
    return !context_.name.empty() &&
           std::filesystem::path(path).lexically_normal() ==
               std::filesystem::path(context_.input_directory + context_.name).lexically_normal();
  }
  // Where roiManager is asked for a number.
  [[nodiscard]] std::optional<double> answer_of_manager(const std::string& function,
                                                        const std::vector<Value>& arguments) const {
    if (function != "roiManager" || arguments.size() != 1 || !arguments[0].is_string())
      return std::nullopt;
    const std::string what = lower_case(std::get<std::string>(arguments[0].data));
    const auto& manager = session_.roi_manager;
    if (what == "count" || what == "size") return static_cast<double>(manager.rois.size());
    if (what != "index") return std::nullopt;
    return manager.selected.empty() ? -1.0
                                    : static_cast<double>(std::ranges::min(manager.selected));
  }

  const Program& program_;
  Session& session_;
  Host& host_;
  const MacroContext& context_;
  const CommandTable& table_;
  const long most_statements_;
  std::vector<Frame> frames_;
  std::set<std::string> globals_;
  std::optional<Value> returned_;
  long steps_ = 0;
  int depth_ = 0;
};

void set_number(const Command& command, const Key& key, const Value& argument, Values& values) {
  const double number = number_of(argument);
  const bool low = key.minimum && !(number >= *key.minimum);
  const bool high = key.maximum && !(number <= *key.maximum);
  if (low || high || (key.integer && number != std::floor(number)))
    throw ValueError(fmt::format(
        "{}: {} must be {}{}, got {}", command.name, key.name, key.integer ? "a whole number " : "",
        key.minimum && key.maximum ? fmt::format("{}..{}", *key.minimum, *key.maximum)
                                   : std::string(),
        text_of(argument)));
  values.set(key.name, number);
}

void set_choice(const Command& command, const Key& key, const std::string& text, Values& values) {
  auto found = std::ranges::find(key.choices, text);
  if (found == key.choices.end())
    found = std::ranges::find(key.choices, lower_case(text), lower_case);
  if (found == key.choices.end())
    throw ValueError(fmt::format("{}: {} is one of {}, got '{}'", command.name, key.name,
                                 fmt::join(key.choices, ", "), text),
                     did_you_mean(text, key.choices));
  values.set(key.name, *found);
}

std::string text_argument(const Value& argument) {
  if (!argument.is_array()) return text_of(argument);
  std::string list;
  for (const auto& one : *array_of(argument))
    list += (list.empty() ? "" : ",") + text_of(value_of(one));
  return list;
}

}  // namespace

void run_macro(const Program& program, Session& session, Host& host, const MacroContext& context,
               const CommandTable& table, long most_statements) {
  Interpreter(program, session, host, context, table, most_statements).run();
}

Values values_of_arguments(const Command& command, const std::vector<Value>& given) {
  std::vector<Value> arguments = given;
  if (takes_list(command) && arguments.size() > command.keys.size()) {
    std::string list;
    for (auto i = command.keys.size() - 1; i < given.size(); ++i)
      list += (list.empty() ? "" : ",") + text_argument(given[i]);
    arguments.resize(command.keys.size());
    arguments.back() = Value(list);
  }
  Values values = defaults_of(command);
  const auto& keys = command.keys;
  const auto least =
      static_cast<int>(std::ranges::count_if(keys, [](const Key& key) { return !key.optional; }));
  const auto most = most_arguments(command);
  if (arguments.size() > most || static_cast<int>(arguments.size()) < least)
    throw ValueError(wrong_count(command.name, static_cast<int>(arguments.size()), least,
                                 static_cast<int>(most)));
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Key& key = keys[i];
    switch (key.kind) {
      case Key::Kind::flag: values.set(key.name, truth_of(arguments[i])); break;
      case Key::Kind::number: set_number(command, key, arguments[i], values); break;
      case Key::Kind::choice: set_choice(command, key, text_of(arguments[i]), values); break;
      case Key::Kind::text:
        // A number for the Results table keeps all its digits, and a text stays one.
        values.set(key.name, command.name == "setResult" && arguments[i].is_number()
                                 ? fmt::format("{}", number_of(arguments[i]))
                                 : text_argument(arguments[i]));
        if (command.name == "setResult" && key.name == "value" && arguments[i].is_string() &&
            number_in_text(text_of(arguments[i])))
          values.set("as_text", true);
        break;
    }
  }
  if (command.check) command.check(values);
  return values;
}

}  // namespace smear::imagej
