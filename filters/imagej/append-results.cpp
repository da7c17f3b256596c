// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "imagej/results-piece.h"
#include "imagej/session-stage.h"

namespace smear {
namespace {

enum class Which { results, summary };

class AppendResults final : public SessionStage {
 public:
  static constexpr StageInfo info{
      .name = "imagej.append-results",
      .summary = "Adds the Results or Summary table to one table of the whole run.",
      .category = Category::imagej,
      .details =
          "At the end of the run the file holds the rows of all images in input order, with "
          "ImageJ's "
          "columns, row numbers and number format: what ImageJ's table holds after a macro that "
          "measures image after image without clearing it. No file is written where there is no "
          "row, "
          "as ImageJ writes none.",
      .example = R"(name: areas
input: {imagej: true}
stages:
  - imagej.8-bit
  - imagej.measure
  - imagej.append-results: {to: Results.csv}
)",
      .reference = {},
  };

  void describe(OptionSpec& spec) override {
    spec.run_file("to", to_).help(
        "The table of the run inside OUT; .csv has commas, other names tabs.");
    spec.choice("table", which_, {{Which::results, "Results", ""}, {Which::summary, "Summary", ""}})
        .help("Which table: Summary is what Analyze Particles with summarize fills.");
    spec.text("title", title_)
        .help("Another table than these two, by the title that Table.create gave it.");
    spec.boolean("numbered", numbered_)
        .help("Whether Summary's rows have numbers: as a table that was renamed to Results.");
    use_session(spec);
  }

 private:
  void work(imagej::Session& session, Sample& sample, const RunContext& run) const override {
    if (title_.empty() && which_ == Which::results &&
        session.results.rows() > session.results_lines && session.results_shown)
      throw SampleError(
          "the next image's Measure drops the rows that setResult added to the Results table, as "
          "they are not shown yet; write updateResults(); behind setResult");
    auto table = which_ == Which::summary ? session.summary : session.results;
    if (which_ == Which::summary) table.numbered = numbered_;
    if (!title_.empty()) {
      const auto* other = session.table_of(title_);
      if (other == nullptr) throw SampleError(fmt::format("there is no table '{}'", title_));
      table = *other;
    }
    run.outputs().append_piece(sample, to_, "imagej-results", "",
                               results_piece(table, session.preferences));
  }

  std::string to_ = "Results.csv";
  Which which_ = Which::results;
  std::string title_;
  bool numbered_ = false;
};

}  // namespace

void register_append_results(StageRegistrar& registrar) { registrar.add<AppendResults>(); }

}  // namespace smear
