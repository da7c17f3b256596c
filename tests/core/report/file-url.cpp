// SPDX-License-Identifier: Apache-2.0
// file_url: every byte that a link cannot hold as itself is percent-encoded.
#include "report/file-url.h"

#include <gtest/gtest.h>

namespace smear::test {
namespace {

using report::file_url;

TEST(FileUrl, KeepsFoldersAndPlainNames) {
  EXPECT_EQ(file_url(""), "");
  EXPECT_EQ(file_url("overlays/a-b_c~1.jpg"), "overlays/a-b_c~1.jpg");
  EXPECT_EQ(file_url("../x/y.png"), "../x/y.png");
}

TEST(FileUrl, EncodesWhatHasAMeaningInALink) {
  EXPECT_EQ(file_url("a b#c?d%e&f.jpg"), "a%20b%23c%3Fd%25e%26f.jpg");
  EXPECT_EQ(file_url("it's \"x\"\n.jpg"), "it%27s%20%22x%22%0A.jpg");
  EXPECT_EQ(file_url("back\\slash"), "back%5Cslash");
  EXPECT_EQ(file_url("javascript:alert(1)"), "javascript%3Aalert%281%29");
}

TEST(FileUrl, EncodesBytesWhateverTheirEncoding) {
  EXPECT_EQ(file_url("\xC3\xA9"), "%C3%A9");
  EXPECT_EQ(file_url("\xE9"), "%E9");
  EXPECT_EQ(file_url(std::string_view("\0", 1)), "%00");
}

TEST(FileUrl, TakesAnAbsolutePathForAFileAndNotForAHost) {
  EXPECT_EQ(file_url("/data/a.jpg"), "file:///data/a.jpg");
  EXPECT_EQ(file_url("//data/a.jpg"), "file:////data/a.jpg");
}

}  // namespace
}  // namespace smear::test
