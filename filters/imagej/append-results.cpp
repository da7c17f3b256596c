// SPDX-License-Identifier: Apache-2.0
#include "imagej/results-piece.h"
#include "imagej/session-stage.h"

namespace smear {
namespace {

class AppendResults final : public SessionStage {
 public:
  static constexpr StageInfo info{
      .name = "imagej.append-results",
      .summary = "Adds the Results table to one table of the whole run.",
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
    use_session(spec);
  }

 private:
  void work(imagej::Session& session, Sample& sample, const RunContext& run) const override {
    run.outputs().append_piece(sample, to_, "imagej-results", "",
                               results_piece(session.results, session.preferences));
  }

  std::string to_ = "Results.csv";
};

}  // namespace

void register_append_results(StageRegistrar& registrar) { registrar.add<AppendResults>(); }

}  // namespace smear
