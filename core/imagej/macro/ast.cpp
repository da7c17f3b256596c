// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/ast.h"

#include "imagej/macro/list-values.h"

#include <fmt/format.h>

#include <cmath>

namespace smear::imagej {
namespace {

std::string number_code(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "(1 / 0)" : "(-1 / 0)";
  if (value < 0) return "(-" + number_code(-value) + ")";
  // fmt writes the shortest text that reads as the same number.
  return fmt::format("{}", value);
}

std::string list_of(const std::vector<ExpressionPtr>& arguments, std::size_t first = 0) {
  std::string list;
  for (std::size_t i = first; i < arguments.size(); ++i)
    list += (i == first ? "" : ", ") + code_of(*arguments[i]);
  return list;
}

std::string bare_code(const Expression& e) {
  switch (e.kind) {
    case Expression::Kind::number: return number_code(e.number);
    case Expression::Kind::string: return string_code(e.text);
    case Expression::Kind::name: return e.text;
    case Expression::Kind::index: return e.text + "[" + list_of(e.arguments) + "]";
    case Expression::Kind::method:
      return code_of(*e.arguments[0]) + "." + e.text +
             (e.bare ? "" : "(" + list_of(e.arguments, 1) + ")");
    case Expression::Kind::call: {
      const std::string name = e.text == list_text_function ? "List.getValue" : e.text;
      return e.bare ? name : name + "(" + list_of(e.arguments) + ")";
    }
    case Expression::Kind::unary: return e.text + code_of(*e.arguments[0]);
    case Expression::Kind::step:
      return e.bare ? e.text + code_of(*e.arguments[0]) : code_of(*e.arguments[0]) + e.text;
    case Expression::Kind::binary:
      return code_of(*e.arguments[0]) + " " + e.text + " " + code_of(*e.arguments[1]);
  }
  return "";
}

std::string list_of(const std::vector<StatementPtr>& statements) {
  std::string list;
  for (const auto& one : statements) {
    std::string code = code_of(*one);
    if (!code.empty() && code.back() == ';') code.pop_back();
    list += (list.empty() ? "" : ", ") + code;
  }
  return list;
}

std::string nested(const Statement& body, int indent) {
  if (body.kind == Statement::Kind::block) return " " + code_of(body, indent);
  return "\n" + std::string(static_cast<std::size_t>(indent + 1) * 2, ' ') +
         code_of(body, indent + 1);
}

std::string branch_code(const Statement& s, int indent) {
  std::string code = "if (" + code_of(*s.value) + ")";
  if (s.body.size() < 2) return code + nested(*s.body[0], indent);
  // Braces, lest an `if` within takes the `else`.
  const bool braces = s.body[0]->kind != Statement::Kind::block;
  const std::string margin(static_cast<std::size_t>(indent) * 2, ' ');
  code += braces ? " {\n" + margin + "  " + code_of(*s.body[0], indent + 1) + "\n" + margin + "}"
                 : nested(*s.body[0], indent);
  return code + " else" + nested(*s.body[1], indent);
}

std::string assignment_code(const Statement& s) {
  const std::string target = code_of(*s.target);
  return s.value ? target + " " + s.text + " " + code_of(*s.value) + ";" : target + s.text + ";";
}

}  // namespace

std::string string_code(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    switch (c) {
      case '\n': result += "\\n"; break;
      case '\t': result += "\\t"; break;
      case '\r': result += "\\r"; break;
      case '\b': result += "\\b"; break;
      case '\f': result += "\\f"; break;
      case '"': result += "\\\""; break;
      case '\\': result += "\\\\"; break;
      default:
        if (static_cast<unsigned char>(c) < ' ')
          result += fmt::format("\\{:03o}", static_cast<int>(c));
        else
          result += c;
    }
  }
  return result + "\"";
}

std::string code_of(const Expression& expression) {
  return expression.grouped ? "(" + bare_code(expression) + ")" : bare_code(expression);
}

std::string code_of(const Statement& s, int indent) {
  const std::string margin(static_cast<std::size_t>(indent) * 2, ' ');
  switch (s.kind) {
    case Statement::Kind::block: {
      std::string code = "{\n";
      for (const auto& one : s.body) code += margin + "  " + code_of(*one, indent + 1) + "\n";
      return code + margin + "}";
    }
    case Statement::Kind::variable:
      return "var " + s.text + (s.value ? " = " + code_of(*s.value) : "") + ";";
    case Statement::Kind::assign: return assignment_code(s);
    case Statement::Kind::call: return code_of(*s.value) + ";";
    case Statement::Kind::branch: return branch_code(s, indent);
    case Statement::Kind::loop_for:
      return "for (" + list_of(s.init) + "; " + (s.value ? code_of(*s.value) : "") + "; " +
             list_of(s.step) + ")" + nested(*s.body[0], indent);
    case Statement::Kind::loop_while:
      return "while (" + code_of(*s.value) + ")" + nested(*s.body[0], indent);
    case Statement::Kind::loop_do:
      return "do" + nested(*s.body[0], indent) + " while (" + code_of(*s.value) + ");";
    case Statement::Kind::leave: return "break;";
    case Statement::Kind::next: return "continue;";
    case Statement::Kind::give: return s.value ? "return " + code_of(*s.value) + ";" : "return;";
  }
  return "";
}

ExpressionPtr copy_of(const Expression& e, const std::map<std::string, std::string>& names) {
  auto made = std::make_unique<Expression>();
  made->kind = e.kind;
  made->place = e.place;
  made->number = e.number;
  made->text = e.text;
  made->exact = e.exact;
  made->bare = e.bare;
  made->grouped = e.grouped;
  made->depth = e.depth;
  if (e.kind == Expression::Kind::name || e.kind == Expression::Kind::index)
    if (const auto found = names.find(e.text); found != names.end()) made->text = found->second;
  for (const auto& one : e.arguments) made->arguments.push_back(copy_of(*one, names));
  return made;
}

StatementPtr copy_of(const Statement& s, const std::map<std::string, std::string>& names) {
  auto made = std::make_unique<Statement>();
  made->kind = s.kind;
  made->place = s.place;
  made->text = s.text;
  if (s.target) made->target = copy_of(*s.target, names);
  if (s.value) made->value = copy_of(*s.value, names);
  for (const auto& one : s.init) made->init.push_back(copy_of(*one, names));
  for (const auto& one : s.step) made->step.push_back(copy_of(*one, names));
  for (const auto& one : s.body) made->body.push_back(copy_of(*one, names));
  return made;
}

ExpressionPtr expression_of_code(std::string code) {
  auto made = std::make_unique<Expression>();
  made->kind = Expression::Kind::name;
  made->text = std::move(code);
  return made;
}

std::string code_of(const Function& function) {
  std::string list;
  for (const auto& parameter : function.parameters) list += (list.empty() ? "" : ", ") + parameter;
  return "function " + function.name + "(" + list + ") " + code_of(*function.body) + "\n";
}

}  // namespace smear::imagej
