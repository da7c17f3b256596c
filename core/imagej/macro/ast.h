// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/diagnostics.h"

namespace smear::imagej {

struct Expression;
struct Statement;
using ExpressionPtr = std::unique_ptr<Expression>;
using StatementPtr = std::unique_ptr<Statement>;

/// An expression of a macro. Fields that a kind does not name are empty.
struct Expression {
  enum class Kind {
    number,  ///< number
    string,  ///< text
    name,    ///< text: a variable
    index,   ///< text: an array; arguments: the index
    method,  ///< text: the method, without a dot; arguments: what it is called on, and its own
    call,    ///< text: a function ("run", "File.exists", the macro's own); arguments
    unary,   ///< text: - ! ~; arguments: one
    step,    ///< text: ++ or --; arguments: the variable; bare: written before it
    binary,  ///< text: the operator; arguments: two
  };
  Kind kind = Kind::number;
  Place place;  ///< of its first token; of binary ones, of the operator's left side
  double number = 0.0;
  std::string text;
  std::vector<ExpressionPtr> arguments;
  bool exact = true;     ///< of strings: written without escapes, so that columns can be counted
  bool bare = false;     ///< of calls and methods: written without parentheses; see `step`
  bool grouped = false;  ///< stands in parentheses of its own
  int depth = 1;         ///< of the tree, limited by the parser
};

struct Statement {
  enum class Kind {
    block,       ///< body
    variable,    ///< text: name; value or null: `var`
    assign,      ///< text: = += -= *= /= ++ --; target; value (null for ++ --)
    call,        ///< value: the call
    branch,      ///< value: condition; body[0], and body[1] for else
    loop_for,    ///< init, value: condition or null, step; body[0]
    loop_while,  ///< value; body[0]
    loop_do,     ///< body[0]; value
    leave,       ///< break
    next,        ///< continue
    give,        ///< return; value or null
  };
  Kind kind = Kind::block;
  Place place;
  std::string text;
  ExpressionPtr target;  ///< a name or an index
  ExpressionPtr value;
  std::vector<StatementPtr> init;
  std::vector<StatementPtr> step;
  std::vector<StatementPtr> body;
};

/// A function of the macro's own.
struct Function {
  std::string name;
  Place place;
  std::vector<std::string> parameters;
  StatementPtr body;  ///< a block
};

/// `#@ Type (key="value", ...) name`.
struct ScriptParameter {
  std::string type;
  std::string name;
  std::map<std::string, std::string> attributes;  ///< keys in lower case
  Place place;
};

/// A macro that was read.
struct Program {
  std::string file;  ///< for messages
  std::string text;
  std::vector<StatementPtr> statements;
  std::map<std::string, Function> functions;
  std::vector<ScriptParameter> parameters;
  std::string name;  ///< of `macro "name" {}`; its block is the last of `statements`
};

/// The code of a node again, on one line but for the braces of blocks; it reads as the same tree.
std::string code_of(const Expression& expression);
std::string code_of(const Statement& statement, int indent = 0);
std::string code_of(const Function& function);
/// A copy; variables that `names` has are called as it says.
ExpressionPtr copy_of(const Expression& expression,
                      const std::map<std::string, std::string>& names = {});
StatementPtr copy_of(const Statement& statement,
                     const std::map<std::string, std::string>& names = {});
/// An expression that stands in code as it is given.
ExpressionPtr expression_of_code(std::string code);

/// A string literal that stands for `text`.
std::string string_code(std::string_view text);

}  // namespace smear::imagej
