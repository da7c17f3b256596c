// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/interpreter.h"
#include "imagej/macro/parser.h"
#include "imagej/macro/plan.h"
#include "imagej/session-stage.h"

namespace smear {
namespace {

class Macro final : public SessionStage {
 public:
  static constexpr StageInfo info{
      .name = "imagej.macro",
      .summary = "Runs statements of ImageJ's macro language.",
      .category = Category::imagej,
      .details =
          "For what depends on the image at hand, such as `if (nResults > 0) ...`: `smear convert` "
          "makes such stages of the parts of a macro that are known only while an image is worked "
          "on. "
          "Variables live on from one such stage of a pipeline to the next. `Input.name`, "
          "`Input.stem` (without extension) and `Input.directory` tell the image's file, "
          "`Input.index` and `Input.count` its position (from 0) in the list that getFileList "
          "gives of its folder, and that list's length, and what is "
          "saved goes to `Output.directory`, the image's folder inside OUT. Lines of `print` go to "
          "the file of the run that `log` names, those of all images in input order; there is none "
          "where nothing was printed. Everything that a "
          "macro "
          "run by `smear run` may not do is refused here too, before the run.",
      .example = R"(name: mean-of-the-rest
input: {imagej: true}
stages:
  - imagej.8-bit
  - imagej.measure
  - imagej.macro: {code: 'if (getResult("Mean", 0) > 100) run("Invert");'}
  - imagej.save-as: {format: Tiff, path: "{id}.tif"}
)",
      .reference = "ImageJ Macro Language, https://imagej.net/ij/developer/macro/macros.html",
  };

  void describe(OptionSpec& spec) override {
    spec.text("code", code_).required().help("The statements.");
    spec.run_file("log", log_)
        .help(
            "The file inside OUT that takes lines of `print`; to be given where the code prints.");
    spec.text("log_head", log_head_).help("What that file begins with.");
    spec.text("log_foot", log_foot_).help("What it ends with.");
    use_session(spec);
  }

  void check() const override {
    if ((log_head_ + log_foot_).find('\x1e') != std::string::npos)
      throw ConfigError("log_head and log_foot cannot hold an ASCII record separator (0x1e)");
    (void)imagej::parse_macro(code_, "code");
    if (log_.empty() && imagej::prints(code_))
      throw ConfigError("the code prints lines: say where they go, such as log: macro-log.txt");
  }
  void open() override { program_ = imagej::parse_macro_from(code_, "code", origin()); }

 private:
  void work(imagej::Session& session, Sample& sample, const RunContext& run) const override {
    RunHost host(sample, run, session, log_, log_head_ + "\x1e" + log_foot_);
    imagej::run_macro(*program_, session, host, macro_context(sample));
  }

  std::string code_;
  std::string log_;
  std::string log_head_;
  std::string log_foot_;
  std::shared_ptr<const imagej::Program> program_;
};

}  // namespace

void register_macro(StageRegistrar& registrar) { registrar.add<Macro>(); }

}  // namespace smear
