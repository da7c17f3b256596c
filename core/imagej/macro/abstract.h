// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "imagej/macro/values.h"

namespace smear::imagej {

/// What is known of a value while a macro is turned into stages.
struct Abstract {
  enum class Kind {
    known,     ///< `value`
    text,      ///< a text of pieces, some of which the image's name gives: `pieces`
    code,      ///< `code` gives it while the image is worked on
    argument,  ///< the macro's argument, whose parts are folders
    parts,     ///< the argument split into parts
    files,     ///< the list of the input folder's files
    count,     ///< how many files that are, plus `offset`
    index,     ///< the position of the image among them
    carried,   ///< what an earlier image left; `value` is that of before the loop, if it was known
    each,      ///< an array with an element of each image: `code` gives that of the image at hand
    gathered,  ///< a text that was added to for each image: before, those, after
  };
  /// Where a piece of a text comes from.
  struct Piece {
    enum class Kind { literal, name, stem, directory };
    Kind kind = Kind::literal;
    std::string text;
    int directory = 0;
    bool operator==(const Piece&) const = default;
  };

  Kind kind = Kind::known;
  Value value;
  std::vector<Piece> pieces;
  std::string code;
  /// Of code: whether it depends on the image's file name alone, so that it is the same at any
  /// time.
  bool stable = false;
  /// Of code that is a sum: the text with '\x01' for each part not known, to check options by.
  std::string outline = "\x01";
  /// What the code is known to be: "dot CODE" is the place of the last dot in the text CODE.
  std::string meaning;
  /// Of code: a row of a table that gathers over the images, counted from its beginning: it has a
  /// meaning as a row only.
  bool row = false;
  std::string table;  ///< of a row: the title of its table
  double offset = 0.0;
  bool was_known = false;  ///< of carried
  std::string before;
  std::string after;

  Abstract() = default;
  Abstract(Value v) : value(std::move(v)) {}  // NOLINT(google-explicit-constructor)
  static Abstract of_pieces(std::vector<Piece> pieces);
  static Abstract of_piece(Piece::Kind kind, int directory = 0);
  static Abstract of_code(std::string code, bool stable);
  static Abstract of(Kind kind);

  [[nodiscard]] bool known() const { return kind == Kind::known; }
  [[nodiscard]] bool is_runtime() const { return kind == Kind::code && !stable; }
  /// Can be written as code for an image: known, text and code.
  [[nodiscard]] bool has_code() const {
    return kind == Kind::known || kind == Kind::text || kind == Kind::code;
  }
  [[nodiscard]] bool is_known_text(std::string_view text) const {
    return known() && value.is_string() && std::get<std::string>(value.data) == text;
  }
};

// Marks for pieces within texts while a macro is turned into stages; none of them can be typed.
inline constexpr char hole_mark = '\x01';
inline constexpr char name_mark = '\x02';
inline constexpr char stem_mark = '\x03';
inline constexpr char directory_mark = '\x04';  ///< followed by '0' + its number and the mark again

/// The pieces with marks for those that are no literals.
std::string marked_text(const std::vector<Abstract::Piece>& pieces);
std::vector<Abstract::Piece> pieces_of(std::string_view marked);
/// Two paths joined: no slash twice behind a folder.
void append(std::vector<Abstract::Piece>& pieces, const std::vector<Abstract::Piece>& more);

/// A path of Windows, C:\\folder, with slashes.
std::string with_slashes(std::string path);

/// Code of a value; `ValueError` where it has none. Directories come as marks.
std::string code_of(const Abstract& value);
std::string code_of(const Value& value);
/// The code without the parentheses around all of it: ImageJ takes what begins with one for a
/// number.
std::string bare_code(const std::string& code);

}  // namespace smear::imagej
