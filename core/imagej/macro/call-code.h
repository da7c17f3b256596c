// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "imagej/command.h"

namespace smear::imagej {

/// Whether the key's text is the path of a file to write. `values` (may be null) tell where that
/// depends on what the command does: roiManager("Save", path).
bool names_file(const Command& command, const Key& key, const Values* values);

/// Whether the last key is a list of numbers, each of which is an argument of its own in a call:
/// makePolygon(x1, y1, x2, y2, ...).
bool takes_list(const Command& command);

/// How many arguments a call of the function takes; those of a list count as one.
std::size_t most_arguments(const Command& command);

/// What code calls the folder of outputs, the image's file name with and without extension, and the
/// folder that it lies in, as a path within the input with a slash at its end.
struct PathNames {
  std::string folder;
  std::string name;
  std::string stem;
  std::string directory;  ///< empty: part of `folder`, or there are no folders within the input
};

/// A call of the command as macro code. Paths of files to write are templates, and become sums:
/// `output + stem + "_mask.tif"`. Throws `ConfigError` for a template with other placeholders than
/// {dir}, {name}, {stem}, {id} and {path}.
std::string call_code(const Command& command, const Values& values, const PathNames& names);

/// The path that a template means, as macro code.
std::string path_code(const std::string& name_template, const PathNames& names);

}  // namespace smear::imagej
