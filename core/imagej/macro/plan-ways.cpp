// SPDX-License-Identifier: Apache-2.0
// What only computes with the file's name before its image is opened: a function that tells whether
// it is an image, a loop over the endings of names. It is done for each way that its conditions can
// go, and what it found is put together as an expression.
#include <fmt/format.h>

#include <algorithm>

#include "imagej/macro/parser.h"
#include "imagej/macro/planner.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {

namespace {

constexpr std::size_t most_ways = 64;

bool same_value(const Value& a, const Value& b) {
  if (a.data.index() != b.data.index()) return false;
  if (a.is_array()) return code_of(a) == code_of(b);
  return a.data == b.data;
}

bool same(const Abstract& a, const Abstract& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Abstract::Kind::known: return same_value(a.value, b.value);
    case Abstract::Kind::text: return a.pieces == b.pieces;
    case Abstract::Kind::code: return a.code == b.code && a.stable == b.stable && a.row == b.row;
    case Abstract::Kind::count: return a.offset == b.offset;
    default: return a.meaning == b.meaning && a.was_known == b.was_known;
  }
}

// Whether code is true or false, and no other number.
bool is_condition(const Expression& e) {
  static const std::set<std::string, std::less<>> functions = {"endsWith", "startsWith", "matches",
                                                               "String.contains"};
  switch (e.kind) {
    case Expression::Kind::unary: return e.text == "!";
    case Expression::Kind::binary:
      return e.text == "==" || e.text == "!=" || e.text[0] == '<' || e.text[0] == '>'
                 ? e.text != "<<" && e.text != ">>"
                 : e.text == "&&" || e.text == "||";
    case Expression::Kind::call: return functions.contains(e.text);
    default: return false;
  }
}

bool is_condition(const std::string& code) {
  const auto program = parse_macro("x = (" + code + ");", "code");
  return is_condition(*program->statements[0]->value);
}

// Whether what is behind a condition may stop the macro where the condition is not as it should
// be: both sides of && and || are looked at.
bool may_stop(const std::string& code, const std::string& condition) {
  for (const char* word : {"substring(", "charAt(", "["})
    if (code.find(word) != std::string::npos && condition.find(word) == std::string::npos)
      return true;
  return false;
}

std::string opposite(const std::string& code) {
  return code.starts_with("(!") ? code.substr(2, code.size() - 3) : "(!" + code + ")";
}

// What is `yes` where the condition holds, and else `no`; nothing where that is no condition again.
std::optional<Abstract> either(const std::string& condition, const Abstract& yes,
                               const Abstract& no) {
  if (same(yes, no)) return yes;
  const auto truth = [](const Abstract& a) -> std::optional<bool> {
    if (!a.known() || !a.value.is_number()) return std::nullopt;
    const double number = number_of(a.value);
    if (number != 0.0 && number != 1.0) return std::nullopt;
    return number == 1.0;
  };
  const auto usable = [&](const Abstract& a) {
    return truth(a) || (a.kind == Abstract::Kind::code && a.stable && is_condition(a.code) &&
                        !may_stop(a.code, condition));
  };
  if (!usable(yes) || !usable(no)) return std::nullopt;
  const auto made = [](const std::string& code) { return Abstract::of_code(code, true); };
  const auto first = truth(yes);
  const auto second = truth(no);
  if (first && second) return made(*first ? condition : opposite(condition));
  if (first)
    return *first ? made("(" + condition + " || " + no.code + ")")
                  : made("(" + opposite(condition) + " && " + no.code + ")");
  if (second)
    return *second ? made("(" + opposite(condition) + " || " + yes.code + ")")
                   : made("(" + condition + " && " + yes.code + ")");
  return made("((" + condition + " && " + yes.code + ") || (" + opposite(condition) + " && " +
              no.code + "))");
}

}  // namespace

// Whether a condition is to be true on one way and false on another.
bool Planner::decides(const Abstract& condition) const {
  return choices_ != nullptr && condition.kind == Abstract::Kind::code && condition.stable;
}

bool Planner::chosen(const std::string& condition) {
  auto& taken = choices_->taken;
  const auto end = taken.begin() + static_cast<std::ptrdiff_t>(choices_->next);
  const auto before =
      std::find_if(taken.begin(), end, [&](const auto& one) { return one.first == condition; });
  if (before != end) return before->second;
  if (choices_->next == taken.size()) taken.emplace_back(condition, true);
  return taken[choices_->next++].second;
}

std::vector<Planner::EachWay> Planner::all_ways(const std::function<void()>& run,
                                                const State& before) {
  Choices choices;
  struct Chosen {
    Choices*& of;
    ~Chosen() { of = nullptr; }
  } restore{choices_};
  choices_ = &choices;
  std::vector<EachWay> ways;
  for (;;) {
    state_ = before;
    state_ = snapshot();
    choices.next = 0;
    run();
    choices.taken.resize(choices.next);
    ways.push_back({choices.taken, state_});
    if (ways.size() > most_ways) throw Undone{};
    while (!choices.taken.empty() && !choices.taken.back().second) choices.taken.pop_back();
    if (choices.taken.empty()) return ways;
    choices.taken.back().second = false;
  }
}

std::optional<Planner::State> Planner::put_together(const std::vector<EachWay>& ways,
                                                    const Forgotten& forgotten) {
  using Get = std::function<const Abstract*(const State&)>;
  // Of ways that agree in their first `depth` choices.
  const std::function<std::optional<Abstract>(std::size_t, std::size_t, std::size_t, const Get&)>
      value = [&](std::size_t first, std::size_t last, std::size_t depth,
                  const Get& get) -> std::optional<Abstract> {
    if (last - first == 1) {
      const Abstract* one = get(ways[first].behind);
      return one == nullptr ? std::nullopt : std::optional(*one);
    }
    std::size_t middle = first;
    while (middle < last && ways[middle].choices[depth].second) ++middle;
    const auto yes = value(first, middle, depth + 1, get);
    const auto no = value(middle, last, depth + 1, get);
    if (!yes || !no) return std::nullopt;
    return either(ways[first].choices[depth].first, *yes, *no);
  };
  State result = ways[0].behind;
  for (std::size_t i = 0; i < result.frames.size(); ++i) {
    std::set<std::string> names;
    for (const auto& way : ways)
      for (const auto& [name, one] : way.behind.frames[i].variables) names.insert(name);
    for (const auto& name : names) {
      auto made = value(0, ways.size(), 0, [&](const State& state) -> const Abstract* {
        const auto& variables = state.frames[i].variables;
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : &found->second;
      });
      if (!made && !forgotten(i, name)) return std::nullopt;
      if (!made) {
        made = Abstract::of(Abstract::Kind::carried);
        made->meaning = of_several_ways;
      }
      if (made->code.size() > 10'000) return std::nullopt;
      result.frames[i].variables[name] = std::move(*made);
    }
  }
  return result;
}

// Runs what computes with the file's name before its image is opened. Whether that could be done;
// otherwise nothing has changed.
bool Planner::goes_each_way(const std::function<void()>& run, const Forgotten& forgotten) {
  if (choices_ != nullptr || phase_ != Phase::within || state_.opened ||
      form_ != MacroPlan::Form::folder)
    return false;
  const State before = snapshot();
  const auto steps = steps_;
  const int directories = directories_;
  try {
    const auto ways = all_ways(run, before);
    if (auto result = put_together(ways, forgotten)) {
      state_ = std::move(*result);
      return true;
    }
  } catch (const Undone&) {
  } catch (const Whole&) {
  } catch (const MacroError&) {
    // It is found again, where it is not for nothing.
  }
  state_ = before;
  steps_ = steps;
  directories_ = directories;
  return false;
}

}  // namespace smear::imagej
