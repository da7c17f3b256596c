// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/jumps.h"

#include <algorithm>
#include <utility>

#include "imagej/macro/syntax.h"

namespace smear::imagej {
namespace {

using Kind = Statement::Kind;

bool is_loop(const Statement& s) {
  return s.kind == Kind::loop_for || s.kind == Kind::loop_while || s.kind == Kind::loop_do;
}

StatementPtr make_block() {
  auto made = std::make_unique<Statement>();
  made->kind = Kind::block;
  return made;
}

// Goes through code in the order in which it is run, for one variable.
class UseWalk {
 public:
  explicit UseWalk(const std::string& name) : name_(name) {}

  void walk(const Statement& s) {
    switch (s.kind) {
      case Kind::block:
        for (const auto& one : s.body) walk(*one);
        return;
      case Kind::branch: return walk_branch(s);
      case Kind::loop_for:
      case Kind::loop_while:
      case Kind::loop_do: return walk_loop(s);
      default: break;
    }
    const bool plain = s.target && s.target->kind == Expression::Kind::name;
    if (s.target && !plain) look(*s.target);
    if (s.value) look(*s.value);
    const bool own = (plain && s.target->text == name_) ||
                     (s.kind == Kind::variable && s.text == name_ && s.value);
    if (!own) return;
    if (s.kind == Kind::assign && s.text != "=") read();
    use.always_set = true;
  }

  VariableUse use;

 private:
  void read() { use.reads_old |= !use.always_set; }

  void look(const Expression& e) {
    const Builtin* function = e.kind == Expression::Kind::call ? find_builtin(e.text) : nullptr;
    bool set = false;
    for (std::size_t i = 0; i < e.arguments.size(); ++i) {
      const auto& one = *e.arguments[i];
      const bool out = function != nullptr && !function->outs_are_read && is_out(*function, e, i);
      if (out && one.kind == Expression::Kind::name)
        set |= one.text == name_;
      else
        look(one);
    }
    if ((e.kind == Expression::Kind::name || e.kind == Expression::Kind::index) && e.text == name_)
      read();
    use.always_set |= set;
  }

  void walk_branch(const Statement& s) {
    look(*s.value);
    const bool before = use.always_set;
    walk(*s.body[0]);
    const bool then = std::exchange(use.always_set, before);
    if (s.body.size() > 1) walk(*s.body[1]);
    use.always_set = use.always_set && then;
  }

  void walk_loop(const Statement& s) {
    for (const auto& one : s.init) walk(*one);
    const bool once = s.kind == Kind::loop_do;
    if (!once && s.value) look(*s.value);
    const bool before = use.always_set;
    walk(*s.body[0]);
    // A jump passes by what sets it.
    const Escapes jumps = escapes_of(*s.body[0]);
    if (jumps.any()) use.always_set = before;
    for (const auto& one : s.step) walk(*one);
    if (once && s.value) look(*s.value);
    if (!once) use.always_set = before;
  }

  const std::string& name_;
};

std::vector<const Statement*> contents_of(const Statement& s) {
  std::vector<const Statement*> all;
  if (s.kind != Kind::block) return {&s};
  for (const auto& one : s.body) all.push_back(one.get());
  return all;
}

}  // namespace

Escapes escapes_of(const Statement& s) {
  Escapes result;
  if (s.kind == Kind::give) result.give = true;
  if (s.kind == Kind::next) result.next = true;
  if (s.kind == Kind::leave) result.leave = true;
  for (const auto& one : s.body) {
    const Escapes inner = escapes_of(*one);
    result.give |= inner.give;
    // A loop takes the jumps that are its own.
    result.next |= inner.next && !is_loop(s);
    result.leave |= inner.leave && !is_loop(s);
  }
  return result;
}

bool always_jumps(const Statement& s) {
  switch (s.kind) {
    case Kind::give:
    case Kind::next:
    case Kind::leave: return true;
    case Kind::block:
      return std::ranges::any_of(s.body, [](const auto& one) { return always_jumps(*one); });
    case Kind::branch:
      return s.body.size() > 1 && always_jumps(*s.body[0]) && always_jumps(*s.body[1]);
    default: return false;
  }
}

VariableUse use_of(const Statement& statement, const std::string& variable) {
  UseWalk walk(variable);
  walk.walk(statement);
  return walk.use;
}

StatementPtr without_jumps(const std::vector<const Statement*>& statements,
                           const std::string& result) {
  auto made = make_block();
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const Statement& s = *statements[i];
    if (!escapes_of(s).any()) {
      made->body.push_back(copy_of(s));
      continue;
    }
    if (s.kind == Kind::next) return made;
    if (s.kind == Kind::give) {
      if (s.value) {
        auto assign = std::make_unique<Statement>();
        assign->kind = Kind::assign;
        assign->place = s.place;
        assign->text = std::string(1, '=');
        assign->target = expression_of_code(result);
        assign->value = copy_of(*s.value);
        made->body.push_back(std::move(assign));
      }
      return made;
    }
    const std::vector<const Statement*> rest(
        statements.begin() + static_cast<std::ptrdiff_t>(i) + 1, statements.end());
    auto then = s.kind == Kind::branch || s.kind == Kind::block
                    ? contents_of(s.kind == Kind::block ? s : *s.body[0])
                    : std::vector<const Statement*>();
    if (s.kind == Kind::block) {
      then.insert(then.end(), rest.begin(), rest.end());
      auto inner = without_jumps(then, result);
      if (!inner) return nullptr;
      made->body.push_back(std::move(inner));
      return made;
    }
    if (s.kind != Kind::branch) return nullptr;
    auto other = s.body.size() > 1 ? contents_of(*s.body[1]) : std::vector<const Statement*>();
    // The rest belongs to the side that goes on; to both would be to write it twice.
    const bool then_ends = always_jumps(*s.body[0]);
    const bool other_ends = s.body.size() > 1 && always_jumps(*s.body[1]);
    if (!then_ends && !other_ends && !rest.empty()) return nullptr;
    if (!then_ends) then.insert(then.end(), rest.begin(), rest.end());
    if (then_ends && !other_ends) other.insert(other.end(), rest.begin(), rest.end());
    auto branch = std::make_unique<Statement>();
    branch->kind = Kind::branch;
    branch->place = s.place;
    branch->value = copy_of(*s.value);
    for (const auto& side : {then, other}) {
      auto inner = without_jumps(side, result);
      if (!inner) return nullptr;
      branch->body.push_back(std::move(inner));
    }
    made->body.push_back(std::move(branch));
    return made;
  }
  return made;
}

}  // namespace smear::imagej
