// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "smear/sample.h"

namespace smear {

/// Templates of output files: `{id}` is the sample's path with its extension, and `#part` for a
/// part of a file; `{path}` the same without part; `{dir}`, `{name}` (with extension), `{stem}`
/// (without) and `{part}` are its pieces.

/// What is wrong with a template, or nothing: unknown placeholders, an absolute path, `..`.
std::optional<std::string> problem_with_template(std::string_view name_template);

/// What is wrong with its placeholders alone, or nothing.
std::optional<std::string> problem_with_placeholders(std::string_view name_template);

/// What is wrong with the name of an output file, relative to OUT, or nothing: it leaves OUT, or is
/// one that the run itself writes.
std::optional<std::string> problem_with_output(std::string_view name);

/// The file for this sample, relative to OUT.
std::string expand(std::string_view name_template, const SampleId& id);

/// Whether a stage may save what an earlier one of the pipeline saves for the same sample: commands of
/// ImageJ replace the file.
bool replaces_file(std::string_view stage, std::string_view earlier);

/// Whether two samples never share a file, whatever they are called.
bool always_unique(std::string_view name_template);

}  // namespace smear
