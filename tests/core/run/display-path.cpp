// SPDX-License-Identifier: Apache-2.0
// display: any bytes become valid one-line UTF-8, and what is valid already stays as it is.
#include "run/display-path.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace smear::test {
namespace {

TEST(DisplayPath, KeepsWhatIsValidAndPrintable) {
  for (const char* text :
       {"", "a b/c.jpg", "quote\"'`", "back\\slash", "\\x4", "\xC3\xA9t\xC3\xA9", "\xE6\x9C\xAC",
        "\xF0\x9F\xA9\xB8", "\xC2\xA0", "\xEF\xBF\xBD", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(display(text), text);
}

TEST(DisplayPath, WritesInvalidBytesInHexadecimal) {
  EXPECT_EQ(display("caf\xE9.jpg"), "caf\\xE9.jpg");
  EXPECT_EQ(display("caf\\xE9.jpg"), "caf\\x5CxE9.jpg") << "a name that looks like the one above";
  EXPECT_EQ(display("\xFF\xFE"), "\\xFF\\xFE");
  EXPECT_EQ(display("cut \xE6\x9C"), "cut \\xE6\\x9C");
  EXPECT_EQ(display("\x80"), "\\x80");
  EXPECT_EQ(display("\xC0\xAF"), "\\xC0\\xAF") << "an overlong slash";
  EXPECT_EQ(display("\xE0\x80\xAF"), "\\xE0\\x80\\xAF") << "an overlong slash";
  EXPECT_EQ(display("\xED\xA0\x80"), "\\xED\\xA0\\x80") << "a surrogate";
  EXPECT_EQ(display("\xF4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80") << "above U+10FFFF";
  EXPECT_EQ(display("\xE9\xC3\xA9"), "\\xE9\xC3\xA9") << "a valid character after a bad byte";
}

TEST(DisplayPath, WritesControlCharactersInHexadecimal) {
  EXPECT_EQ(display("a\nb\tc\rd\x1B[31m\x7F"), "a\\x0Ab\\x09c\\x0Dd\\x1B[31m\\x7F");
  EXPECT_EQ(display(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(display("\xC2\x85"), "\\xC2\\x85") << "next line, a C1 control";
}

TEST(DisplayPath, KeepsTheLinesOfAText) {
  EXPECT_EQ(display_text("a:\n\t- b\r\xFF"), "a:\n\t- b\\x0D\\xFF");
}

TEST(DisplayPath, MakesRandomBytesIntoStringsThatAStrictJsonWriterTakes) {
  std::mt19937 generator(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(generator() % 24, ' ');
    for (char& c : bytes) c = static_cast<char>(generator());
    EXPECT_NO_THROW((void)nlohmann::json(display(bytes)).dump());
    EXPECT_NO_THROW((void)nlohmann::json(display_text(bytes)).dump());
  }
}

}  // namespace
}  // namespace smear::test
