// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/origin.h"

#include <string_view>

#include "imagej/macro/parser.h"

namespace smear::imagej {
namespace {

using Visit = std::function<void(Place&)>;

void visit_places(Expression& e, const Visit& visit) {
  visit(e.place);
  for (auto& one : e.arguments) visit_places(*one, visit);
}

void visit_places(Statement& s, const Visit& visit) {
  visit(s.place);
  if (s.target) visit_places(*s.target, visit);
  if (s.value) visit_places(*s.value, visit);
  for (auto* list : {&s.init, &s.step, &s.body})
    for (auto& one : *list) visit_places(*one, visit);
}

Place known(Place place, Place otherwise) { return place.line > 0 ? place : otherwise; }

// Gives a node of code the place of the node that it was made of, as far as both are alike; what
// was put in its place has the place of what it stands for.
void take_places(Expression& e, const Expression* from, Place around) {
  e.place = from == nullptr ? around : known(from->place, around);
  const bool alike =
      from != nullptr && from->kind == e.kind && from->arguments.size() == e.arguments.size();
  for (std::size_t i = 0; i < e.arguments.size(); ++i)
    take_places(*e.arguments[i], alike ? from->arguments[i].get() : nullptr, e.place);
}

// A block of one statement, where a branch was given braces.
const Statement* without_braces(const Statement& s, const Statement* from) {
  return s.kind == Statement::Kind::block && from != nullptr &&
                 from->kind != Statement::Kind::block && s.body.size() == 1
             ? s.body[0].get()
             : nullptr;
}

void take_places(Statement& s, const Statement* from, Place around) {
  s.place = from == nullptr ? around : known(from->place, around);
  if (without_braces(s, from) != nullptr) return take_places(*s.body[0], from, s.place);
  const bool alike = from != nullptr && from->kind == s.kind;
  if (s.target) take_places(*s.target, alike ? from->target.get() : nullptr, s.place);
  if (s.value) take_places(*s.value, alike ? from->value.get() : nullptr, s.place);
  for (const auto list : {&Statement::init, &Statement::step, &Statement::body}) {
    const bool same = alike && (from->*list).size() == (s.*list).size();
    for (std::size_t i = 0; i < (s.*list).size(); ++i)
      take_places(*(s.*list)[i], same ? (from->*list)[i].get() : nullptr, s.place);
  }
}

// A program of one's own, to give its nodes other places.
Program copy_of(const Program& program) {
  Program copy;
  copy.file = program.file;
  copy.text = program.text;
  copy.parameters = program.parameters;
  copy.name = program.name;
  for (const auto& one : program.statements) copy.statements.push_back(copy_of(*one));
  for (const auto& [name, function] : program.functions) {
    Function& made = copy.functions[name];
    made.name = function.name;
    made.place = function.place;
    made.parameters = function.parameters;
    made.body = copy_of(*function.body);
  }
  return copy;
}

// A text of a pipeline may have got or lost line feeds at its end.
std::string_view without_last_feeds(std::string_view code) {
  while (code.ends_with('\n')) code.remove_suffix(1);
  return code;
}

}  // namespace

void for_each_place(Program& program, const Visit& visit) {
  for (auto& one : program.statements) visit_places(*one, visit);
  for (auto& [name, function] : program.functions) {
    visit(function.place);
    visit_places(*function.body, visit);
  }
}

std::vector<Place> places_of(const std::string& code, const Statement* written,
                             const Program& macro, Place place) {
  auto program = copy_of(*parse_macro(code, macro.file));
  for (auto& one : program.statements)
    take_places(*one, &one == &program.statements.back() ? written : nullptr, place);
  for (auto& [name, function] : program.functions) {
    const auto own = macro.functions.find(name);
    const bool known = own != macro.functions.end();
    function.place = known ? own->second.place : place;
    take_places(*function.body, known ? own->second.body.get() : nullptr, function.place);
  }
  std::vector<Place> places;
  for_each_place(program, [&](const Place& one) { places.push_back(one); });
  return places;
}

std::shared_ptr<const Program> parse_macro_from(const std::string& code, const std::string& file,
                                                const MacroOrigin& origin) {
  if (origin.file.empty() || without_last_feeds(code) != without_last_feeds(origin.code))
    return parse_macro(code, file);
  auto program = std::make_shared<Program>(copy_of(*parse_macro(code, origin.file)));
  auto next = origin.places.begin();
  for_each_place(*program, [&](Place& place) {
    if (next != origin.places.end()) place = *next++;
  });
  return program;
}

}  // namespace smear::imagej
