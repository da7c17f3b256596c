// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/jumps.h"

#include <algorithm>

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
