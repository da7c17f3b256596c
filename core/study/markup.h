// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "study/interval-chart.h"
#include "study/outcome.h"

/// Parts of which the report of a study is made, all of them HTML. What is called raw may hold any
/// bytes.
namespace smear::study {

/// Raw text between tags or in a quoted attribute.
std::string text(std::string_view raw);

/// Raw text whose paragraphs have an empty line between them; nothing where there is none.
std::string paragraphs(std::string_view raw);

/// A line an item; nothing where there is none.
std::string list(const std::vector<std::string>& lines);

/// A link to a file relative to the report's folder.
std::string file_link(const std::string& raw_path);

/// A cell of a table whose figures stand below each other.
std::string number_cell(std::string_view html);

/// A cell with an estimate, and its interval in small letters below.
std::string interval_cell(const Interval& interval);

/// A chart with its title, which is a link to the explanation of a measure where `measure` names
/// one, and a remark, which may be empty.
std::string chart_panel(const IntervalChart& chart, std::string_view measure,
                        std::string_view remark);

/// What folds away below a summary.
std::string folded(std::string_view summary_html, std::string_view html);

/// The condition of that id, or nullptr.
const ConditionOutcome* find_condition(const StudyOutcome& outcome, std::string_view id);

/// What real malignant and real benign cells have of a measure, as far as it is known.
std::vector<ReferenceLine> references_of(const StudyOutcome& outcome, std::string_view measure);

}  // namespace smear::study
