// SPDX-License-Identifier: Apache-2.0
#include "run/run-file.h"

#include <fmt/format.h>

#include "imagej/results-piece.h"
#include "run/outputs.h"
#include "run/tables.h"
#include "smear/errors.h"

namespace smear {
namespace {

std::string joined_text(const Ledger& ledger, const std::string& name) {
  std::string text;
  std::string foot;
  bool first = true;
  ledger.for_each_rows(name,
                       [&](const SampleId&, const std::string& head, const std::string& piece) {
                         if (first) {
                           const auto end = std::min(head.find('\x1e'), head.size());
                           text += head.substr(0, end);
                           foot = head.substr(std::min(end + 1, head.size()));
                         }
                         first = false;
                         text += piece;
                       });
  return text + foot;
}

std::string joined_results(const Ledger& ledger, const std::string& name) {
  imagej::ResultsJoiner joiner;
  ledger.for_each_rows(name, [&](const SampleId&, const std::string&, const std::string& piece) {
    joiner.add(piece);
  });
  return joiner.text(name.ends_with(".csv") ? ',' : '\t');
}

}  // namespace

void write_run_file(const Ledger& ledger, const std::string& name,
                    const std::filesystem::path& file, const EmptyRunFile& empty) {
  const auto form = ledger.form_of(name);
  const auto remove = [&] {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);  // of an earlier run that had something for it
  };
  if (form.empty() && !ledger.has_rows(name)) {
    if (empty.missing) return remove();
    if (empty.text) return write_whole(file, *empty.text);
  }
  if (form.empty()) return write_table(ledger, name, file);
  if (form == "text") return write_whole(file, joined_text(ledger, name));
  if (form == "imagej-results") {
    const auto text = joined_results(ledger, name);
    return text.empty() ? remove() : write_whole(file, text);
  }
  throw RunError(
      fmt::format("the run's ledger has pieces of {} in form '{}', which this smear does "
                  "not know",
                  name, form));
}

}  // namespace smear
