// SPDX-License-Identifier: Apache-2.0
// report: the page holds what the run did, survives any file name, and its script runs to the end.
#include "report/report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>

#include "smear/errors.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using report::Report;
using report::SampleRow;

class ReportPage : public testing::Test {
 protected:
  ReportPage() {
    std::string pattern = testing::TempDir() + "smear report XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ReportPage() override { fs::remove_all(folder_); }

  std::string written(const Report& report) const {
    const fs::path file = folder_ / "report.html";
    report::write(report, file);
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path folder_;
};

SampleRow done(const std::string& id, std::map<std::string, std::int64_t> counts) {
  SampleRow row;
  row.id = id;
  row.seconds = 0.25;
  row.preview = "overlay/" + id;
  row.counts = std::move(counts);
  return row;
}

SampleRow quarantined(const std::string& id, const std::string& stage, const std::string& reason) {
  SampleRow row;
  row.id = id;
  row.done = false;
  row.stage = stage;
  row.reason = reason;
  return row;
}

Report small_report() {
  Report report;
  report.title = "count-cells & friends";
  report.provenance = {{"pipeline_text", "name: count-cells\nstages:\n  - measure\n"},
                       {"smear_version", "0.1.0"},
                       {"started", "2026-01-02T03:04:05Z"},
                       {"seconds", 2.0},
                       {"stages", {"gaussian-blur", "measure"}}};
  report.samples = {done("a.jpg", {{"red", 20}, {"white", 1}}), done("b.jpg", {{"red", 30}}),
                    quarantined("c.jpg", "read", "the file is empty")};
  report.samples[1].warnings = {"no pixel size"};
  report.series = {{"area_px", "red", {100.0F, 120.0F, 140.0F}}, {"circularity", "red", {0.5F}}};
  return report;
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t start = text.find(from);
  if (start == std::string::npos) return "";
  const std::size_t end = text.find(to, start + from.size());
  return text.substr(start + from.size(), end - start - from.size());
}

json data_of(const std::string& page) {
  return json::parse(between(page, R"(<script type="application/json" id="data">)", "</script>"));
}

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST_F(ReportPage, HoldsWhatTheRunDid) {
  const std::string page = written(small_report());
  const json data = data_of(page);
  EXPECT_EQ(data["title"], "count-cells & friends");
  EXPECT_EQ(data["classes"], json({"red", "white"}));
  EXPECT_EQ(data["samples"]["ids"], json({"a.jpg", "b.jpg", "c.jpg"}));
  EXPECT_EQ(data["samples"]["counts"], json({{20, 30, 0}, {1, 0, 0}}));
  EXPECT_EQ(data["samples"]["previews"], json({"overlay/a.jpg", "overlay/b.jpg", ""}));
  EXPECT_EQ(data["samples"]["failures"], json({{"2", {"read", "the file is empty"}}}));
  EXPECT_EQ(data["samples"]["warnings"]["1"], json::array({"no pixel size"}));
  EXPECT_EQ(data["provenance"], small_report().provenance);
  EXPECT_EQ(data["measures"].size(), 2U);
  EXPECT_EQ(data["measures"][0]["measure"], "area_px");
  EXPECT_EQ(data["measures"][0]["n"], 3);
  EXPECT_EQ(data["per_slide"][0]["n"], 2) << "a quarantined slide is not a slide without cells";
  EXPECT_EQ(data["per_slide"][1]["mean"], 0.5);
  EXPECT_NE(page.find("<title>count-cells &amp; friends</title>"), std::string::npos);
}

TEST_F(ReportPage, NeedsNoNetwork) {
  const std::string page = written(small_report());
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(occurrences(page, "http://"), occurrences(page, "http://www.w3.org/2000/svg"))
      << "only the name space of SVG looks like an address";
  EXPECT_EQ(page.find("<link rel=\"stylesheet\""), std::string::npos);
  EXPECT_EQ(page.find("<script src"), std::string::npos);
}

TEST_F(ReportPage, TellsTheHeadlineWithoutAScript) {
  const std::string table = between(written(small_report()), "<noscript>", "</noscript>");
  EXPECT_NE(table.find("<tr><th scope=\"row\">Slides done</th><td>2</td></tr>"), std::string::npos);
  EXPECT_NE(table.find("<tr><th scope=\"row\">Quarantined</th><td>1</td></tr>"), std::string::npos);
  EXPECT_NE(table.find("<tr><th scope=\"row\">red</th><td>50</td></tr>"), std::string::npos);
  EXPECT_NE(table.find("<td>2.0 s</td>"), std::string::npos);
  EXPECT_NE(table.find("<td>1.5</td>"), std::string::npos) << "three files in two seconds";
}

Report hostile_report() {
  const std::string evil = "</script><script>alert('x')</script><!--report:data--><b>\"&\\";
  Report report = small_report();
  report.title = evil;
  report.provenance["host"] = evil;
  report.provenance[evil] = evil;
  report.provenance["input"] = "/data/caf\xE9";
  report.samples.push_back(done(evil, {{evil, 3}}));
  report.samples.push_back(quarantined(evil, evil, evil));
  report.samples.push_back(done("line\nbreak \xFF\xC3\xA9#?%.jpg", {}));
  report.series.push_back({evil, evil, {1.0F}});
  return report;
}

TEST_F(ReportPage, IsNotOpenedUpByAnyName) {
  const std::string plain = written(small_report());
  const std::string page = written(hostile_report());
  const std::string evil = hostile_report().title;
  for (const char* markup : {"<script", "</script>", "</noscript>", "</title>"})
    EXPECT_EQ(occurrences(page, markup), occurrences(plain, markup)) << markup;
  const std::string block =
      between(page, R"(<script type="application/json" id="data">)", "</script>");
  EXPECT_EQ(block.find('<'), std::string::npos);
  const json data = data_of(page);
  EXPECT_EQ(data["title"], evil);
  EXPECT_EQ(data["samples"]["ids"][3], evil);
  EXPECT_EQ(data["samples"]["failures"]["4"], json({evil, evil}));
  EXPECT_EQ(data["provenance"][evil], evil);
}

TEST_F(ReportPage, ShowsNamesThatAreNotUtf8AndLinksToThem) {
  const json data = data_of(written(hostile_report()));
  EXPECT_EQ(data["samples"]["ids"][5], "line\\x0Abreak \\xFF\xC3\xA9#?%.jpg");
  EXPECT_EQ(data["samples"]["previews"][5], "overlay/line%0Abreak%20%FF%C3%A9%23%3F%25.jpg");
  EXPECT_EQ(data["provenance"]["input"], "/data/caf\\xE9");
}

Report empty_report() {
  Report report;
  report.title = "nothing";
  return report;
}

Report failed_report() {
  Report report;
  report.title = "all failed";
  for (int i = 0; i < 3; ++i)
    report.samples.push_back(quarantined(fmt::format("{}.jpg", i), "read", "not an image"));
  return report;
}

TEST_F(ReportPage, HoldsAnEmptyRunAndOneWhereEverythingFailed) {
  const json nothing = data_of(written(empty_report()));
  EXPECT_TRUE(nothing["samples"]["ids"].empty());
  EXPECT_TRUE(nothing["classes"].empty());
  const json failed = data_of(written(failed_report()));
  EXPECT_EQ(failed["samples"]["failures"].size(), 3U);
  EXPECT_TRUE(failed["measures"].empty());
}

TEST_F(ReportPage, WritesMissingTimesAsNothing) {
  Report report = small_report();
  report.samples[0].seconds = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(data_of(written(report))["samples"]["seconds"], json({nullptr, 0.25, 0.0}));
}

Report large_report(int slides) {
  Report report = small_report();
  report.samples.clear();
  report.series = {{"area_px", "red", {}}, {"circularity", "red", {}}};
  for (int i = 0; i < slides; ++i) {
    report.samples.push_back(done(fmt::format("patient-{:03}/slide-{:05}.jpg", i / 40, i),
                                  {{"red", 100 + i % 37}, {"white", i % 5}}));
    if (i % 500 == 0) report.samples.back() = quarantined("bad", "read", "truncated");
    for (int cell = 0; cell < 100; ++cell) {
      report.series[0].values.push_back(static_cast<float>(1000 + (i * 31 + cell * 17) % 500));
      report.series[1].values.push_back(static_cast<float>((i + cell) % 101) / 101.0F);
    }
  }
  return report;
}

TEST_F(ReportPage, StaysSmallAndQuickAtFiveThousandSlides) {
  const Report report = large_report(5000);
  const auto start = std::chrono::steady_clock::now();
  const std::string page = written(report);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  EXPECT_LT(page.size(), 1'000'000U);
  // A second would do without sanitizers on an idle machine; this is for those and busy ones.
  EXPECT_LT(taken.count(), 15.0);
  RecordProperty("bytes", static_cast<int>(page.size()));
  RecordProperty("milliseconds", static_cast<int>(taken.count() * 1000));
}

TEST_F(ReportPage, ReplacesAnOlderReportAndLeavesNothingElse) {
  written(failed_report());
  written(small_report());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(ReportPage, SaysWhereItCannotBeWritten) {
  try {
    report::write(small_report(), folder_ / "missing" / "report.html");
    FAIL() << "wrote into a folder that is not there";
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("missing/report.html"), std::string::npos);
  }
  fs::create_directory(folder_ / "taken");
  EXPECT_THROW(report::write(small_report(), folder_ / "taken"), RunError);
  EXPECT_FALSE(fs::exists(folder_ / "taken.partial"));
}

/// The page as Chromium sees it after its script ran, "" where there is no Chromium.
class ReportInBrowser : public ReportPage {
 protected:
  std::string dumped(const Report& report) const {
    written(report);
    const std::string quoted = "'" + folder_.string() + "/";
    const std::string command =
        "timeout 120 chromium --headless --no-sandbox --disable-gpu --no-first-run "
        "--disable-background-networking --disable-component-update --disable-sync "
        "--disable-dev-shm-usage --virtual-time-budget=5000 --user-data-dir=" +
        quoted + "profile' --dump-dom " + quoted + "report.html' >" + quoted + "dom' 2>" + quoted +
        "log'";
    EXPECT_EQ(std::system(command.c_str()), 0) << "chromium failed";
    std::ifstream in(folder_ / "dom", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void SetUp() override {
    if (std::system("command -v chromium >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "chromium is not installed: the report's script was not run";
  }
};

void expect_ready(const std::string& dom) {
  const std::string root = between(dom, "<html", ">");
  EXPECT_NE(root.find("data-ready=\"true\""), std::string::npos) << root;
  EXPECT_EQ(root.find("data-error"), std::string::npos) << root;
}

TEST_F(ReportInBrowser, ShowsTheRun) {
  const std::string dom = dumped(small_report());
  expect_ready(dom);
  EXPECT_NE(dom.find("1 file of 3 quarantined."), std::string::npos);
  EXPECT_NE(dom.find("the file is empty"), std::string::npos);
  EXPECT_NE(dom.find("src=\"overlay/b.jpg\""), std::string::npos);
  EXPECT_NE(dom.find("no pixel size"), std::string::npos);
  EXPECT_NE(dom.find("Area (px)"), std::string::npos);
  EXPECT_EQ(occurrences(dom, "class=\"chart panel\""), 4U);
}

TEST_F(ReportInBrowser, TellsOfAnUnfinishedAndResumedRun) {
  Report report = small_report();
  report.provenance["end"] = "interrupted";
  report.provenance["kept_from_earlier_run"] = 1;
  report.provenance["tables"] = {"tables/red cells.csv"};
  const std::string dom = dumped(report);
  expect_ready(dom);
  EXPECT_NE(dom.find("The run is not complete: interrupted."), std::string::npos);
  EXPECT_NE(dom.find("Images per second</dt><dd class=\"figure\">1</dd>"), std::string::npos)
      << "two new files in two seconds";
  EXPECT_NE(dom.find("href=\"tables/red%20cells.csv\""), std::string::npos);
}

TEST_F(ReportInBrowser, TreatsHostileNamesAsText) {
  const std::string dom = dumped(hostile_report());
  expect_ready(dom);
  EXPECT_EQ(dom.find("<script>alert"), std::string::npos);
  EXPECT_NE(dom.find("&lt;script&gt;alert"), std::string::npos);
}

TEST_F(ReportInBrowser, FindsOverlaysOfAnyName) {
  Report report = small_report();
  report.samples.clear();
  fs::create_directory(folder_ / "overlay");
  for (const char* name : {"a b", "it's \"x\"", "line\nbreak", "a#b?c%41&d", "caf\xC3\xA9",
                           "latin \xE9", "back\\slash", "c:olon", "<!--<b>", " lead"}) {
    report.samples.push_back(done(std::string(name) + ".svg", {{"red", 1}}));
    std::ofstream(folder_ / report.samples.back().preview)
        << "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='3'/>";
  }
  const std::string found = dumped(report);
  expect_ready(found);
  EXPECT_EQ(occurrences(found, "class=\"card\""), 10U);
  EXPECT_EQ(occurrences(found, "thumb broken"), 0U);
  fs::remove(folder_ / report.samples[5].preview);
  EXPECT_EQ(occurrences(dumped(report), "thumb broken"), 1U) << "a missing overlay is marked";
}

TEST_F(ReportInBrowser, ShowsRunsWithoutResults) {
  const std::string nothing = dumped(empty_report());
  expect_ready(nothing);
  EXPECT_NE(nothing.find("There are no samples."), std::string::npos);
  const std::string failed = dumped(failed_report());
  expect_ready(failed);
  EXPECT_NE(failed.find("No slide of this run could be finished."), std::string::npos);
}

TEST_F(ReportInBrowser, ShowsManySlidesAPageAtATime) {
  const std::string dom = dumped(large_report(5000));
  expect_ready(dom);
  EXPECT_EQ(occurrences(dom, "class=\"card\""), 48U);
  EXPECT_EQ(occurrences(dom, "<tr role=\"row\">"), 1U + 10U + 1U + 100U)
      << "heads, failures, a page of all";
}

}  // namespace
}  // namespace smear::test
