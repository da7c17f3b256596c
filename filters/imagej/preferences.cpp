// SPDX-License-Identifier: Apache-2.0
#include "imagej/preferences.h"

#include "imagej/session-stage.h"

namespace smear {
namespace {

class Preferences final : public SessionStage {
 public:
  static constexpr StageInfo info{
      .name = "imagej.preferences",
      .summary = "Sets what ImageJ takes from its user's preferences.",
      .category = Category::imagej,
      .details =
          "ImageJ remembers these between sessions, so that a macro can give other results on "
          "another machine. Here they begin at the defaults of an ImageJ that was never used; this "
          "stage at the beginning of a pipeline sets others, and a macro's `setOption` and "
          "`Options...` change them on the way. `smear run MACRO --imagej-pref KEY=VALUE` sets "
          "them "
          "for a macro.",
      .example = R"(name: white-background
input: {imagej: true}
stages:
  - imagej.preferences: {set: ["blackBackground=false"]}
  - imagej.8-bit
  - imagej.make-binary
  - imagej.save-as: {format: Tiff, path: "{id}.tif"}
)",
      .reference = {},
  };

  void describe(OptionSpec& spec) override {
    spec.texts("set", assignments_).help("KEY=VALUE each: " + keys() + ".");
    spec.choice(
            "version", version_,
            {{Version::keep, "keep", "1.53t, unless a stage before says another"},
             {Version::v153, "1.53t", "as Debian 12 packages it"},
             {Version::v154, "1.54", "where its results differ, as its later version has them"}})
        .help("The ImageJ whose results are wanted.");
    use_session(spec);
  }

  void check() const override {
    imagej::Preferences any;
    for (const auto& assignment : assignments_) any.set(assignment);
  }

 private:
  enum class Version { keep, v153, v154 };

  static std::string keys() {
    std::string all;
    for (const auto& assignment : imagej::Preferences().assignments())
      all += (all.empty() ? "" : ", ") + assignment;
    return all;
  }

  void work(imagej::Session& session, Sample&, const RunContext&) const override {
    for (const auto& assignment : assignments_) session.preferences.set(assignment);
    if (version_ == Version::keep) return;
    session.preferences.version_hundredths = version_ == Version::v153 ? 153 : 154;
    session.preferences.version_letter = version_ == Version::v153 ? 't' : 'u';
    session.results.small_scientific = version_ == Version::v153;
  }

  std::vector<std::string> assignments_;
  Version version_ = Version::keep;
};

}  // namespace

void register_preferences(StageRegistrar& registrar) { registrar.add<Preferences>(); }

}  // namespace smear
