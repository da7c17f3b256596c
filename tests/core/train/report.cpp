// SPDX-License-Identifier: Apache-2.0
// The page of a training's report: that it shows what there is, at every length of history, and
// that nothing in the data can break it or make it reach for the network.
#include "train/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include "smear/errors.h"

#include "harness/pages.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

TrainingHistory history_of(int epochs) {
  TrainingHistory history;
  for (int i = 1; i <= epochs; ++i) {
    const double falling = 1000.0 * std::exp(-i / 30.0);
    history.push_back({{"epoch", i},
                       {"training_loss", 100.0 + falling},
                       {"training_reconstruction", 80.0 + falling},
                       {"training_kl", 20.0},
                       {"validation_loss", 110.0 + falling + (i > 200 ? (i - 200) * 0.1 : 0.0)},
                       {"validation_reconstruction", 90.0 + falling},
                       {"validation_kl", 20.0},
                       {"learning_rate", i < 50 ? 1e-3 : 1e-4},
                       {"kl_weight", std::min(1.0, i / 10.0)},
                       {"seconds", 2.0}});
  }
  return history;
}

class TrainingReportTest : public test::PageTest {
 protected:
  std::string page(const TrainingReport& report) const {
    write_training_report(report, root_ / "report.html");
    return read_page();
  }

  static TrainingReport usual(int epochs) {
    TrainingReport report;
    report.title = "early-pre-b";
    report.subtitle = "The published model, trained on early Pre-B cells";
    report.state = "complete";
    report.epochs = epochs;
    report.images_per_second = 41.5;
    report.history = history_of(epochs);
    report.pictures = {{1, "reconstructions", "pictures/epoch-0001-reconstructions.png"},
                       {1, "samples", "pictures/epoch-0001-samples.png"},
                       {epochs, "reconstructions", "pictures/epoch-last-reconstructions.png"}};
    report.classes = {{"early-pre-b", 560, 240, 0, 1}, {"benign", 0, 0, 404, 0}};
    report.notes = {"left out: a.jpg: it is empty"};
    report.description = {"4 convolutions, 128 latent dimensions"};
    report.options = {{"epochs", "300"}, {"latent_size", "128"}};
    report.provenance = {{"seed", "1"}, {"config_text", "model: vae\noptions: {}\n"}};
    return report;
  }
};

TEST_F(TrainingReportTest, ShowsEverything) {
  const auto html = page(usual(300));
  for (const char* part :
       {"<title>early-pre-b</title>", "The published model", "<h2>Curves</h2>", ">Loss<",
        ">Reconstruction<", ">KL<", ">Learning rate<", ">KL weight<", ">training</span>",
        ">validation</span>", "best epoch, ", "pictures/epoch-0001-samples.png", "latent_size",
        "4 convolutions", "left out: a.jpg", "<td>benign</td>", "model: vae\n", "41.5"})
    EXPECT_THAT(html, HasSubstr(part));
  EXPECT_LT(html.find("epoch-last-reconstructions"), html.find("epoch-0001-reconstructions"));
}

TEST_F(TrainingReportTest, WorksForEveryLength) {
  for (const int epochs : {1, 2, 3, 1000}) {
    const auto html = page(usual(epochs));
    EXPECT_THAT(html, HasSubstr("<svg viewBox=\"0 0 560 250\""));
    EXPECT_THAT(html, HasSubstr("class=\"best\""));
    EXPECT_LT(html.size(), 600'000U);
  }
  TrainingReport before = usual(1);
  before.history.clear();
  before.pictures.clear();
  EXPECT_THAT(page(before), HasSubstr("No epoch is done yet"));
}

TEST_F(TrainingReportTest, TheBestEpochIsInTheTableThoughLongPast) {
  auto report = usual(30);
  for (auto& [name, value] : report.history[2])
    if (name == "validation_loss") value = 0.125;
  EXPECT_THAT(page(report), HasSubstr("<tr class=\"best\"><td class=\"number\">3</td>"));
}

TEST_F(TrainingReportTest, NotANumberIsShownAsThat) {
  auto report = usual(5);
  report.state = "failed";
  report.trouble = "the loss is not a number after step 12";
  for (auto& [name, value] : report.history.back())
    if (name.ends_with("loss")) value = std::numeric_limits<double>::quiet_NaN();
  const auto html = page(report);
  EXPECT_THAT(html, HasSubstr("<strong>Failed</strong> the loss is not a number"));
  EXPECT_THAT(html, HasSubstr("<td class=\"number\">not a number</td>"));
}

TEST_F(TrainingReportTest, NothingInTheDataBreaksThePage) {
  auto report = usual(2);
  const std::string nasty = "<script>alert(1)</script>\"'&\xff<!--training:data-->";
  report.title = report.subtitle = report.state = report.trouble = nasty;
  report.pictures[0].file = "pictures/" + nasty + ".png";
  report.pictures[0].kind = nasty;
  report.classes[0].class_name = nasty;
  report.notes = report.description = {nasty};
  report.options = report.provenance = {{nasty, nasty}};
  report.history[0].emplace_back(nasty, 1.0);
  const auto html = page(report);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<!--training")));
}

TEST_F(TrainingReportTest, NeedsNoNetwork) {
  const auto html = page(usual(3));
  EXPECT_THAT(html, Not(HasSubstr("src=\"http")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST_F(TrainingReportTest, AFolderThatCannotBeWrittenIsARunError) {
  EXPECT_THROW(write_training_report(usual(1), "/proc/no/report.html"), RunError);
}

}  // namespace
}  // namespace smear
