// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numbers>
#include <optional>
#include <set>

#include "imagej/letters.h"
#include "imagej/macro/functions.h"
#include "imagej/macro/lexer.h"
#include "imagej/macro/list-values.h"
#include "imagej/macro/other-languages.h"

namespace smear::imagej {
namespace {

constexpr std::size_t most_problems = 20;
constexpr int most_nesting = 200;
// Of an expression's tree, whose left side a chain of additions makes deep.
constexpr int most_depth = 600;

const std::set<std::string, std::less<>> keywords = {
    "var",    "if",       "else",  "for",  "while", "do", "break", "continue",
    "return", "function", "macro", "true", "false", "PI", "NaN"};

// Unwinds to the statement list, which goes on behind the statement at fault.
struct Stop {};

class Parser {
 public:
  explicit Parser(Program& program) : program_(program) {
    tokens_ = tokens_of(program.text, program.file, problems_);
  }

  void run() {
    while (peek().kind != Token::Kind::end && problems_.size() < most_problems) top_level();
    if (problems_.size() > most_problems) problems_.resize(most_problems);
    if (problems_.empty()) return;
    // One sentence says more than what its lines are not.
    if (const auto language = language_of(program_.text))
      throw MacroError(program_.file, problems_.front().place,
                       fmt::format("this seems to be {}", *language),
                       "macros are written in ImageJ's own macro language: see "
                       "https://imagej.net/ij/developer/macro/macros.html");
    throw MacroError(std::move(problems_));
  }

 private:
  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  [[nodiscard]] bool is(std::string_view symbol, std::size_t ahead = 0) const {
    return peek(ahead).kind == Token::Kind::symbol && peek(ahead).text == symbol;
  }
  [[nodiscard]] bool is_word(std::string_view word) const {
    return peek().kind == Token::Kind::word && peek().text == word;
  }
  const Token& take() {
    const Token& token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool skip(std::string_view symbol) {
    if (!is(symbol)) return false;
    take();
    return true;
  }
  [[nodiscard]] std::string shown(const Token& token) const {
    switch (token.kind) {
      case Token::Kind::end: return "the end of the macro";
      case Token::Kind::string: return fmt::format("the string {}", string_code(token.text));
      case Token::Kind::parameter: return "a #@ line";
      default: return fmt::format("'{}'", token.text);
    }
  }

  void note(Place place, std::string message, std::string hint = "") {
    problems_.push_back({program_.file, place, std::move(message), std::move(hint)});
  }
  [[noreturn]] void fail(Place place, std::string message, std::string hint = "") {
    note(place, std::move(message), std::move(hint));
    throw Stop{};
  }
  void expect(std::string_view symbol, std::string_view why) {
    if (skip(symbol)) return;
    fail(peek().place, fmt::format("'{}' is missing {}, before {}", symbol, why, shown(peek())));
  }
  [[nodiscard]] std::string own_word() const {
    return peek().kind == Token::Kind::word ? own_word_for(peek().text) : std::string();
  }
  // What closes the bracket at `open`.
  void close(std::string_view symbol, const Token& open) {
    if (skip(symbol)) return;
    // What looks like an operator of another language, or a parameter list's comma.
    if (const auto own = own_word(); !own.empty())
      fail(peek().place, fmt::format("{} is no operator here", shown(peek())),
           fmt::format("write {}", own));
    fail(peek().place, fmt::format("'{}' is missing before {}", symbol, shown(peek())),
         fmt::format("it closes the '{}' of line {}, column {}", open.text, open.place.line,
                     open.place.column));
  }

  // Goes on behind the statement in which something is wrong.
  void recover() {
    int depth = 0;
    while (peek().kind != Token::Kind::end) {
      if (is("{")) ++depth;
      if (is("}")) {
        if (depth == 0) return;
        if (--depth == 0) {
          take();
          return;
        }
      }
      if (depth == 0 && is(";")) {
        take();
        return;
      }
      take();
    }
  }

  void top_level() {
    const std::size_t before = at_;
    try {
      if (peek().kind == Token::Kind::parameter) return parameter();
      if (is_word("function")) return function();
      if (is_word("macro") && peek(1).kind == Token::Kind::string) return macro();
      if (is("}")) {
        note(take().place, "'}' closes nothing", "remove it, or look for a '{' that is missing");
        return;
      }
      auto one = statement();
      if (one) program_.statements.push_back(std::move(one));
    } catch (const Stop&) {
      if (at_ == before) take();
      recover();
      if (is("}")) take();
    }
  }

  void parameter();
  void function() {
    take();
    Function made;
    made.place = peek().place;
    if (peek().kind != Token::Kind::word)
      fail(peek().place, fmt::format("a function needs a name, got {}", shown(peek())));
    made.name = take().text;
    if (keywords.contains(made.name) || find_builtin(made.name) != nullptr)
      note(made.place, fmt::format("'{}' is a name of the language's own", made.name),
           "call the function otherwise");
    const Token& open = peek();
    expect("(", "behind the function's name");
    while (!is(")")) {
      if (peek().kind != Token::Kind::word)
        fail(peek().place, fmt::format("a parameter's name is expected, got {}", shown(peek())));
      made.parameters.push_back(take().text);
      if (!skip(",")) break;
    }
    close(")", open);
    if (!is("{")) fail(peek().place, "the function's body must begin with '{'");
    const bool outer = std::exchange(in_function_, true);
    try {
      made.body = statement();
    } catch (const Stop&) {
      in_function_ = outer;
      throw;
    }
    in_function_ = outer;
    const std::string name = made.name;
    const Place place = made.place;
    if (!program_.functions.emplace(name, std::move(made)).second)
      note(place, fmt::format("there are two functions '{}'", name), "rename one of them");
  }

  void macro() {
    const Place place = take().place;
    const std::string name = take().text;
    if (has_macro_)
      note(place,
           fmt::format("the file has more than one macro, '{}' and '{}'", program_.name, name),
           "put each into a file of its own");
    has_macro_ = true;
    program_.name = name;
    if (!is("{")) fail(peek().place, "the macro's body must begin with '{'");
    program_.statements.push_back(statement());
  }

  StatementPtr make(Statement::Kind kind) const {
    auto made = std::make_unique<Statement>();
    made->kind = kind;
    made->place = peek().place;
    return made;
  }

  // A statement's end. ImageJ asks for semicolons only from the first if, for or while on.
  void semicolon() {
    if (skip(";")) return;
    const Token& last = tokens_[at_ == 0 ? 0 : at_ - 1];
    if (is("?"))
      fail(peek().place, "'?:' is not part of ImageJ 1.53t's language", "use if ... else");
    const bool ends =
        is("}") || peek().kind == Token::Kind::end || peek().place.line > last.stop.line;
    if (!strict_ && ends) return;
    note(last.stop, fmt::format("';' is missing before {}", shown(peek())));
    if (!ends) throw Stop{};
  }

  struct Nesting {
    explicit Nesting(Parser& parser) : parser_(parser) {
      if (++parser.nesting_ > most_nesting)
        parser.fail(parser.peek().place, "the macro is nested too deeply");
    }
    ~Nesting() { --parser_.nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    Parser& parser_;
  };

  // Null for an empty one.
  StatementPtr statement() {
    if (++nesting_ > most_nesting) {
      --nesting_;
      fail(peek().place, "the macro is nested too deeply");
    }
    struct Leave {
      int& nesting;
      ~Leave() { --nesting; }
    } leave{nesting_};
    if (skip(";")) return nullptr;
    if (is("{")) return block();
    if (peek().kind == Token::Kind::parameter)
      fail(peek().place, "a #@ line must stand outside of blocks");
    if (peek().kind != Token::Kind::word)
      fail(peek().place, fmt::format("a statement is expected, got {}", shown(peek())));
    const std::string& word = peek().text;
    if (word == "var") return variables();
    if (word == "if") return branch();
    if (word == "for") return loop_for();
    if (word == "while") return loop_while();
    if (word == "do") return loop_do();
    if (word == "break" || word == "continue") return jump();
    if (word == "return") return give();
    if (word == "else")
      fail(peek().place, "'else' belongs to no 'if'", "look for a '{' or '}' too many before it");
    if (word == "function")
      fail(peek().place, "a function within a function or block",
           "move it out, to the end of the macro");
    if (word == "macro" && peek(1).kind == Token::Kind::string)
      fail(peek().place, "a macro within a block");
    auto made = simple();
    semicolon();
    return made;
  }

  // Never null: an empty one is an empty block.
  StatementPtr body() {
    auto made = make(Statement::Kind::block);
    if (auto one = statement()) return one;
    return made;
  }

  StatementPtr block() {
    auto made = make(Statement::Kind::block);
    const Token open = take();
    while (!is("}")) {
      if (peek().kind == Token::Kind::end) {
        note(open.place, "this '{' is not closed", "add a '}' where the block ends");
        return made;
      }
      if (problems_.size() >= most_problems) throw Stop{};
      const std::size_t before = at_;
      try {
        if (auto one = statement()) made->body.push_back(std::move(one));
      } catch (const Stop&) {
        if (at_ == before && !is("}")) take();
        recover();
      }
    }
    take();
    return made;
  }

  StatementPtr variables() {
    const Place place = take().place;
    auto all = make(Statement::Kind::block);
    do {
      auto made = make(Statement::Kind::variable);
      made->place = place;
      made->text = variable_name();
      if (skip("=")) made->value = condition();
      all->body.push_back(std::move(made));
    } while (skip(","));
    semicolon();
    if (all->body.size() == 1) return std::move(all->body[0]);
    return all;
  }

  std::string variable_name() {
    const Token& token = peek();
    if (token.kind != Token::Kind::word)
      fail(token.place, fmt::format("a variable's name is expected, got {}", shown(token)));
    check_variable(token);
    return take().text;
  }
  void check_variable(const Token& token) {
    if (keywords.contains(token.text) || find_builtin(token.text) != nullptr)
      fail(token.place, fmt::format("'{}' is a name of the language's own, it cannot be a variable",
                                    token.text));
  }

  ExpressionPtr in_parentheses(std::string_view after) {
    const Token open = peek();
    expect("(", fmt::format("behind '{}'", after));
    auto value = condition();
    if (is("=")) fail(peek().place, "'=' assigns", "compare with '=='");
    close(")", open);
    return value;
  }

  StatementPtr branch() {
    auto made = make(Statement::Kind::branch);
    take();
    strict_ = true;
    made->value = in_parentheses("if");
    made->body.push_back(body());
    if (is_word("else")) {
      take();
      made->body.push_back(body());
    }
    return made;
  }

  StatementPtr loop_for() {
    auto made = make(Statement::Kind::loop_for);
    take();
    strict_ = true;
    const Token open = peek();
    expect("(", "behind 'for'");
    assignments(made->init, ";");
    expect(";", "in 'for (...; ...; ...)'");
    if (!is(";")) made->value = condition();
    expect(";", "in 'for (...; ...; ...)'");
    assignments(made->step, ")");
    close(")", open);
    made->body.push_back(body());
    return made;
  }
  void assignments(std::vector<StatementPtr>& into, std::string_view end) {
    while (!is(end)) {
      if (is_word("var")) take();
      const bool compares =
          peek().kind == Token::Kind::word &&
          (is("<", 1) || is(">", 1) || is("<=", 1) || is(">=", 1) || is("==", 1) || is("!=", 1));
      if (compares)
        fail(peek().place, "the parts of 'for' are separated by ';'", "for (i = 0; i < n; i++)");
      into.push_back(simple());
      if (!skip(",")) return;
    }
  }

  StatementPtr loop_while() {
    auto made = make(Statement::Kind::loop_while);
    take();
    strict_ = true;
    made->value = in_parentheses("while");
    made->body.push_back(body());
    return made;
  }

  StatementPtr loop_do() {
    auto made = make(Statement::Kind::loop_do);
    take();
    strict_ = true;
    made->body.push_back(body());
    if (!is_word("while"))
      fail(peek().place, fmt::format("'while (...)' is missing behind the body of 'do', before {}",
                                     shown(peek())));
    take();
    made->value = in_parentheses("while");
    semicolon();
    refuse_jumps(*made->body[0]);
    return made;
  }
  // ImageJ goes on with the statement behind such a jump, as if it were not there.
  void refuse_jumps(const Statement& s) {
    const bool next = s.kind == Statement::Kind::next;
    if (next || s.kind == Statement::Kind::leave)
      note(s.place,
           fmt::format("ImageJ passes over '{}' in a loop do ... while",
                       next ? "continue" : "break"),
           next ? "write the loop with while, or the rest of it as if ... else"
                : "write the loop with while");
    if (s.kind == Statement::Kind::block || s.kind == Statement::Kind::branch)
      for (const auto& one : s.body) refuse_jumps(*one);
  }

  StatementPtr jump() {
    auto made = make(peek().text == "break" ? Statement::Kind::leave : Statement::Kind::next);
    take();
    semicolon();
    return made;
  }

  StatementPtr give() {
    auto made = make(Statement::Kind::give);
    take();
    if (!is(";") && !is("}") && peek().kind != Token::Kind::end) made->value = condition();
    semicolon();
    return made;
  }

  // An assignment or a call.
  StatementPtr simple() {
    auto made = make(Statement::Kind::call);
    const Token first = peek();
    if (first.kind != Token::Kind::word)
      fail(first.place, fmt::format("a statement is expected, got {}", shown(first)));
    if (peek(1).kind == Token::Kind::word && is_type_name(first.text) && !is(";", 1))
      fail(first.place, fmt::format("'{}': variables have no types here", first.text),
           fmt::format("write {} = ...", peek(1).text));
    const bool before_word = peek(1).kind == Token::Kind::word ||
                             peek(1).kind == Token::Kind::number ||
                             peek(1).kind == Token::Kind::string;
    const bool like_if = own_word_for(first.text) == "else if" && is("(", 1);
    if (const auto own = own_word_for(first.text);
        !own.empty() && find_builtin(first.text) == nullptr && (before_word || like_if))
      fail(first.place, fmt::format("'{}' is no word of ImageJ's macro language", first.text),
           fmt::format("write {}", own));
    const bool plain = (is("=", 1) || is("+=", 1) || is("-=", 1) || is("*=", 1) || is("/=", 1) ||
                        is("++", 1) || is("--", 1));
    if (plain) {
      check_variable(first);
      made->target = make_expression(Expression::Kind::name);
      made->target->text = take().text;
      return assignment(std::move(made));
    }
    auto value = factor();
    if (value->kind == Expression::Kind::index &&
        (is("=") || is("+=") || is("-=") || is("*=") || is("/=") || is("++") || is("--"))) {
      made->target = std::move(value);
      return assignment(std::move(made));
    }
    if (value->kind != Expression::Kind::call && value->kind != Expression::Kind::method)
      fail(first.place, fmt::format("'{}' does nothing", code_of(*value)),
           "assign to it with '=' or call it with '(...)'");
    made->value = std::move(value);
    return made;
  }

  StatementPtr assignment(StatementPtr made) {
    made->kind = Statement::Kind::assign;
    made->text = take().text;
    if (made->text != "++" && made->text != "--") made->value = condition();
    return made;
  }

  // ----- expressions

  ExpressionPtr make_expression(Expression::Kind kind) const {
    auto made = std::make_unique<Expression>();
    made->kind = kind;
    made->place = peek().place;
    return made;
  }
  void deepen(Expression& made) {
    for (const auto& one : made.arguments) made.depth = std::max(made.depth, one->depth + 1);
    if (made.depth > most_depth) fail(made.place, "this expression is too long");
  }
  ExpressionPtr binary(ExpressionPtr left, std::string op, ExpressionPtr right) {
    auto made = std::make_unique<Expression>();
    made->kind = Expression::Kind::binary;
    made->place = left->place;
    made->text = std::move(op);
    made->arguments.push_back(std::move(left));
    made->arguments.push_back(std::move(right));
    deepen(*made);
    return made;
  }

  ExpressionPtr condition() {
    const Nesting nesting(*this);
    auto left = relation();
    if (!is("&&") && !is("||")) return left;
    std::string op = take().text;
    return binary(std::move(left), std::move(op), condition());
  }

  static bool relational(const Token& token) {
    static const std::set<std::string, std::less<>> all = {"==", "!=", "<", "<=", ">", ">="};
    return token.kind == Token::Kind::symbol && all.contains(token.text);
  }

  ExpressionPtr relation() {
    auto left = sum();
    if (!relational(peek())) return left;
    std::string op = take().text;
    auto made = binary(std::move(left), std::move(op), sum());
    if (relational(peek()))
      fail(peek().place, "two comparisons in a row", "join them with '&&' or put parentheses");
    return made;
  }

  ExpressionPtr sum() {
    auto left = product();
    while (is("+") || is("-")) {
      std::string op = take().text;
      if (is("-") && op == "-")
        fail(peek().place, fmt::format("'-' behind '{}'", op), "put parentheses: 3 - (-2)");
      left = binary(std::move(left), std::move(op), product());
    }
    return left;
  }

  ExpressionPtr product() {
    static const std::set<std::string, std::less<>> all = {"*", "/", "%",  "&",
                                                           "|", "^", "<<", ">>"};
    auto left = factor();
    while (peek().kind == Token::Kind::symbol && all.contains(peek().text)) {
      std::string op = take().text;
      left = binary(std::move(left), std::move(op), factor());
    }
    return left;
  }

  ExpressionPtr factor() {
    const Nesting nesting(*this);
    const Token& token = peek();
    switch (token.kind) {
      case Token::Kind::number: return literal_number(take().number);
      case Token::Kind::string: {
        auto made = make_expression(Expression::Kind::string);
        made->exact = token.exact;
        made->text = take().text;
        return made;
      }
      case Token::Kind::word: return word();
      case Token::Kind::symbol: break;
      default: fail(token.place, fmt::format("a value is expected, got {}", shown(token)));
    }
    if (token.text == "(") {
      const Token open = take();
      auto value = condition();
      close(")", open);
      value->grouped = true;
      return value;
    }
    if (token.text == "-" || token.text == "!" || token.text == "~") {
      auto made = make_expression(Expression::Kind::unary);
      made->text = take().text;
      made->arguments.push_back(factor());
      deepen(*made);
      return made;
    }
    if ((token.text == "++" || token.text == "--") && peek(1).kind == Token::Kind::word) {
      auto made = make_expression(Expression::Kind::step);
      made->text = take().text;
      made->bare = true;
      check_variable(peek());
      made->arguments.push_back(make_expression(Expression::Kind::name));
      made->arguments[0]->text = take().text;
      return made;
    }
    if (token.text == "." && peek(1).kind == Token::Kind::number)
      fail(token.place, "a number cannot begin with a point",
           fmt::format("write 0.{}", peek(1).text));
    if (token.text == "?" || token.text == ":")
      fail(token.place, "'?:' is not part of ImageJ 1.53t's language", "use if ... else");
    fail(token.place, fmt::format("a value is expected, got {}", shown(token)));
  }

  ExpressionPtr literal_number(double value) {
    auto made = std::make_unique<Expression>();
    made->place = tokens_[at_ - 1].place;
    made->number = value;
    return made;
  }

  ExpressionPtr word() {
    const Token first = take();
    if (first.text == "true") return literal_number(1.0);
    if (first.text == "false") return literal_number(0.0);
    if (first.text == "PI") return literal_number(std::numbers::pi);
    if (first.text == "NaN") return literal_number(std::nan(""));
    if (keywords.contains(first.text))
      fail(first.place, fmt::format("a value is expected, got '{}'", first.text));
    auto made = make_expression(Expression::Kind::name);
    made->place = first.place;
    made->text = first.text;
    if (is(".") && peek(1).kind == Token::Kind::word && is_namespace(first.text)) {
      take();
      made->text += "." + take().text;
      call(*made);
      return made;
    }
    if (is("(") || find_builtin(first.text) != nullptr) {
      call(*made);
      return made;
    }
    if (is("[")) {
      const Token open = take();
      made->kind = Expression::Kind::index;
      made->arguments.push_back(sum());
      deepen(*made);
      close("]", open);
      if (is("[")) fail(peek().place, "arrays have one dimension");
    }
    if (made->kind == Expression::Kind::name && (is("++") || is("--"))) {
      check_variable(first);
      auto step = make_expression(Expression::Kind::step);
      step->place = first.place;
      step->text = take().text;
      step->arguments.push_back(std::move(made));
      return step;
    }
    if (is(".") && peek(1).kind == Token::Kind::word) return method(std::move(made));
    return made;
  }

  void call(Expression& made) {
    made.kind = Expression::Kind::call;
    if (is("("))
      arguments(made);
    else
      made.bare = true;
  }

  void arguments(Expression& made) {
    const Token open = take();
    while (!is(")")) {
      made.arguments.push_back(sum());
      if (relational(peek()) || is("&&") || is("||"))
        fail(peek().place, "a comparison as an argument needs parentheses of its own",
             "write f((a == b))");
      if (!skip(",")) break;
    }
    deepen(made);
    close(")", open);
  }

  ExpressionPtr method(ExpressionPtr object) {
    take();
    auto made = make_expression(Expression::Kind::method);
    made->text = take().text;
    made->place = object->place;
    made->arguments.push_back(std::move(object));
    if (is("("))
      arguments(*made);
    else
      made->bare = true;
    deepen(*made);
    return made;
  }

  Program& program_;
  std::vector<Token> tokens_;
  std::vector<Diagnostic> problems_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  bool strict_ = false;
  bool has_macro_ = false;
  bool in_function_ = false;
};

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") + 1 - first));
}

// `label="a, b", style = directory` into its parts; false where it cannot be read.
bool read_attributes(std::string_view text, std::map<std::string, std::string>& into) {
  std::size_t at = 0;
  const auto skip = [&] {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == ',')) ++at;
  };
  for (skip(); at < text.size(); skip()) {
    const auto equals = text.find('=', at);
    if (equals == std::string_view::npos) return false;
    const std::string key = lower_case(trimmed(text.substr(at, equals - at)));
    at = text.find_first_not_of(" \t", equals + 1);
    if (key.empty() || at == std::string_view::npos) return false;
    std::string value;
    if (text[at] == '"' || text[at] == '\'' || text[at] == '{') {
      const auto end = text.find(text[at] == '{' ? '}' : text[at], at + 1);
      if (end == std::string_view::npos) return false;
      value = text.substr(at + 1, end - at - 1);
      at = end + 1;
    } else {
      const auto end = std::min(text.find(',', at), text.size());
      value = trimmed(text.substr(at, end - at));
      at = end;
    }
    into.insert_or_assign(key, value);
  }
  return true;
}

void Parser::parameter() {
  const Token token = take();
  ScriptParameter made;
  made.place = token.place;
  std::string text = trimmed(token.text);
  if (!text.empty() && text.back() == ';') text.pop_back();
  const auto open = text.find('(');
  std::string behind = text;
  if (open != std::string::npos) {
    const auto end = text.rfind(')');
    if (end == std::string::npos || end < open ||
        !read_attributes(std::string_view(text).substr(open + 1, end - open - 1), made.attributes))
      fail(token.place, "the attributes of this parameter cannot be read",
           "write #@ Type (key=\"value\", ...) name");
    behind = text.substr(0, open) + " " + text.substr(end + 1);
  }
  const std::string both = trimmed(behind);
  const auto gap = both.find_first_of(" \t");
  if (gap == std::string::npos)
    fail(token.place, "a parameter needs a type and a name", "write #@ String name");
  made.type = both.substr(0, gap);
  made.name = trimmed(std::string_view(both).substr(gap));
  if (made.name.find_first_of(" \t\"=") != std::string::npos || made.name.empty())
    fail(token.place, fmt::format("'{}' is no name for a parameter", made.name),
         "write #@ Type (key=\"value\", ...) name");
  program_.parameters.push_back(std::move(made));
}

}  // namespace

std::shared_ptr<const Program> parse_macro(std::string text, std::string file) {
  auto program = std::make_shared<Program>();
  program->file = std::move(file);
  // Some editors begin a file by a mark of its encoding.
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  program->text = std::move(text);
  Parser(*program).run();
  take_list_values_as_text(*program);
  return program;
}

}  // namespace smear::imagej
