// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

/// For tests of what is written as HTML or SVG.
namespace smear::test {

/// How often a part stands in a text.
inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// Has a folder of its own for a page.
class PageTest : public testing::Test {
 protected:
  void SetUp() override {
    // SMEAR_KEEP_REPORTS names a folder in which the pages stay, to be looked at.
    if (const char* keep = std::getenv("SMEAR_KEEP_REPORTS")) {
      root_ = std::filesystem::path(keep) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
      std::filesystem::create_directories(root_);
      kept_ = true;
      return;
    }
    std::string name = (std::filesystem::temp_directory_path() / "smear-report-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override {
    if (!kept_) std::filesystem::remove_all(root_);
  }

  /// The page's text.
  [[nodiscard]] std::string read_page() const {
    std::ostringstream text;
    text << std::ifstream(root_ / "report.html", std::ios::binary).rdbuf();
    return text.str();
  }

  std::filesystem::path root_;

 private:
  bool kept_ = false;
};

}  // namespace smear::test
