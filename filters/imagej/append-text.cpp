// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/parser.h"
#include "imagej/macro/plan.h"
#include "imagej/session-stage.h"

namespace smear {
namespace {

class AppendText final : public SessionStage {
 public:
  static constexpr StageInfo info{
      .name = "imagej.append-text",
      .summary = "Adds what an expression gives for each image to one text file of the whole run.",
      .category = Category::imagej,
      .details =
          "At the end of the run the file holds `head`, then the expression's value for each image "
          "in "
          "input order, then `foot`: what a macro writes that adds to a string image by image and "
          "saves it when it is through the folder. See `imagej.macro` for what an expression may "
          "use.",
      .example = R"(name: count-list
input: {imagej: true}
stages:
  - imagej.8-bit
  - imagej.measure
  - imagej.append-text:
      to: list.csv
      head: "image,count\n"
      text: 'Input.name + "," + nResults + "\n"'
)",
      .reference = {},
  };

  void describe(OptionSpec& spec) override {
    spec.run_file("to", to_).help("The file of the run inside OUT.");
    spec.text("head", head_).help("What the file begins with.");
    spec.text("text", text_).required().help("The expression, in ImageJ's macro language.");
    spec.text("foot", foot_).help("What the file ends with.");
    use_session(spec);
  }

  void check() const override {
    if (head_.find('\x1e') != std::string::npos || foot_.find('\x1e') != std::string::npos)
      throw ConfigError("head and foot cannot hold an ASCII record separator (0x1e)");
    (void)imagej::parse_macro("smear = " + text_ + ";", "text");
  }

 private:
  void work(imagej::Session& session, Sample& sample, const RunContext& run) const override {
    RunHost host(sample, run, session);
    run.outputs().append_piece(sample, to_, "text", head_ + "\x1e" + foot_,
                               imagej::macro_text_of(text_, session, host, macro_context(sample)));
  }

  std::string to_ = "text.txt";
  std::string head_;
  std::string text_;
  std::string foot_;
};

}  // namespace

void register_append_text(StageRegistrar& registrar) { registrar.add<AppendText>(); }

}  // namespace smear
