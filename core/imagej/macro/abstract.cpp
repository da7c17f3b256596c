// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/abstract.h"

#include <algorithm>
#include <cmath>

#include "imagej/macro/ast.h"

namespace smear::imagej {

using Piece = Abstract::Piece;

Abstract Abstract::of_pieces(std::vector<Piece> pieces) {
  Abstract made;
  made.kind = Kind::text;
  made.pieces = std::move(pieces);
  return made;
}
Abstract Abstract::of_piece(Piece::Kind kind, int directory) {
  return of_pieces({{kind, "", directory}});
}
Abstract Abstract::of_code(std::string code, bool stable) {
  Abstract made;
  made.kind = Kind::code;
  made.code = std::move(code);
  made.stable = stable;
  return made;
}
Abstract Abstract::of(Kind kind) {
  Abstract made;
  made.kind = kind;
  return made;
}

std::string marked_text(const std::vector<Piece>& pieces) {
  std::string text;
  for (const auto& piece : pieces) switch (piece.kind) {
      case Piece::Kind::literal: text += piece.text; break;
      case Piece::Kind::name: text += name_mark; break;
      case Piece::Kind::stem: text += stem_mark; break;
      case Piece::Kind::directory:
        text += directory_mark;
        text += static_cast<char>('0' + piece.directory);
        text += directory_mark;
    }
  return text;
}

std::vector<Piece> pieces_of(std::string_view marked) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < marked.size(); ++i) {
    const char c = marked[i];
    if (c == name_mark) {
      pieces.push_back({Piece::Kind::name, "", 0});
    } else if (c == stem_mark) {
      pieces.push_back({Piece::Kind::stem, "", 0});
    } else if (c == directory_mark && i + 2 < marked.size()) {
      pieces.push_back({Piece::Kind::directory, "", marked[i + 1] - '0'});
      i += 2;
    } else {
      if (pieces.empty() || pieces.back().kind != Piece::Kind::literal)
        pieces.push_back({Piece::Kind::literal, "", 0});
      pieces.back().text += c;
    }
  }
  return pieces;
}

std::string with_slashes(std::string path) {
  if (path.size() > 2 && path[1] == ':') std::ranges::replace(path, '\\', '/');
  return path;
}

void append(std::vector<Piece>& pieces, const std::vector<Piece>& more) {
  for (auto piece : more) {
    if (piece.kind == Piece::Kind::literal) {
      // A folder's name ends with a slash here, whether the macro adds one or not.
      if (!pieces.empty() && pieces.back().kind == Piece::Kind::directory &&
          (piece.text.starts_with('/') || piece.text.starts_with('\\')))
        piece.text.erase(0, 1);
      if (piece.text.empty()) continue;
      if (!pieces.empty() && pieces.back().kind == Piece::Kind::literal) {
        pieces.back().text += piece.text;
        continue;
      }
    }
    pieces.push_back(std::move(piece));
  }
}

std::string bare_code(const std::string& code) {
  if (!code.starts_with('(') || !code.ends_with(')')) return code;
  int depth = 0;
  bool text = false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (text && code[i] == '\\') {
      ++i;
      continue;
    }
    if (code[i] == '"') text = !text;
    if (text) continue;
    depth += code[i] == '(' ? 1 : code[i] == ')' ? -1 : 0;
    if (depth == 0 && i + 1 < code.size()) return code;
  }
  return code.substr(1, code.size() - 2);
}

std::string code_of(const Value& value) {
  Expression literal;
  if (value.is_number()) {
    literal.number = number_of(value);
    return code_of(literal);
  }
  if (value.is_string()) return string_code(text_of(value));
  std::string list;
  for (const auto& one : *array_of(value))
    list += (list.empty() ? "" : ", ") + code_of(value_of(one));
  // newArray(3) is an array of three.
  if (array_of(value)->size() == 1) return "Array.concat(newArray(0), " + list + ")";
  return list.empty() ? "newArray(0)" : "newArray(" + list + ")";
}

std::string code_of(const Abstract& value) {
  switch (value.kind) {
    case Abstract::Kind::known: return code_of(value.value);
    case Abstract::Kind::code: return value.code;
    case Abstract::Kind::text: break;
    default: throw ValueError("this value is not known while an image is worked on");
  }
  std::string code;
  for (const auto& piece : value.pieces) {
    if (!code.empty()) code += " + ";
    switch (piece.kind) {
      case Piece::Kind::literal: code += string_code(piece.text); break;
      case Piece::Kind::name: code += "Input.name"; break;
      case Piece::Kind::stem: code += "Input.stem"; break;
      case Piece::Kind::directory:
        code += directory_mark;
        code += static_cast<char>('0' + piece.directory);
        code += directory_mark;
    }
  }
  return code;
}

}  // namespace smear::imagej
