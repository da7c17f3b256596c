// SPDX-License-Identifier: Apache-2.0
// Sets of selections keep their order, names and bytes, and equal sets give equal files.
#include "imagej/files/roi-set.h"

#include <gmock/gmock.h>

#include "core/codec/made-files.h"
#include "imagej/files/roi-file.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class RoiSetTest : public smear::test::CodecTest {};

Roi named(const std::string& name, int x = 1) {
  Roi roi;
  roi.bounds = {x, 2, 3, 4};
  roi.name = name;
  return roi;
}

std::vector<std::string> names_of(const std::vector<Roi>& rois) {
  std::vector<std::string> names;
  for (const auto& roi : rois) names.push_back(roi.name);
  return names;
}

TEST_F(RoiSetTest, KeepsOrderNamesAndBytes) {
  const std::vector<Roi> rois{named("0002-0070", 7), named("0001-0060", 8), named("\xC2\xB5 9", 9)};
  save_roi_set(rois, path("RoiSet.zip"));
  const auto read = load_rois(path("RoiSet.zip"));
  EXPECT_EQ(names_of(read), names_of(rois));
  ASSERT_EQ(read.size(), rois.size());
  for (std::size_t i = 0; i < rois.size(); ++i) EXPECT_EQ(encode_roi(read[i]), encode_roi(rois[i]));
}

TEST_F(RoiSetTest, GivesEqualBytesForEqualSets) {
  const std::vector<Roi> rois{named("a"), named("b", 5)};
  save_roi_set(rois, path("one.zip"));
  save_roi_set(rois, path("two.zip"));
  EXPECT_EQ(test::bytes_of(path("one.zip")), test::bytes_of(path("two.zip")));
}

TEST_F(RoiSetTest, NumbersAllButTheLastOfOneName) {
  save_roi_set({named("a"), named("a"), named("a"), named("b"), named("a-1"), named("x.roi")},
               path("set.zip"));
  EXPECT_THAT(names_of(load_rois(path("set.zip"))),
              ElementsAre("a-2", "a-3", "a", "b", "a-1", "x"));
}

TEST_F(RoiSetTest, OneSelectionMayBeARoi) {
  save_roi_set({named("inner")}, path("outer.roi"));
  EXPECT_THAT(names_of(load_rois(path("outer.roi"))), ElementsAre("outer"));
  EXPECT_THAT(
      [&] {
        save_roi_set({named("a"), named("b")}, path("two.roi"));
      },
      ThrowsMessage<SampleError>(HasSubstr(".zip")));
}

TEST_F(RoiSetTest, RefusesWhatIsNoSet) {
  EXPECT_THAT([&] { save_roi_set({}, path("none.zip")); },
              ThrowsMessage<SampleError>(HasSubstr("no selections")));
  EXPECT_THAT([&] { load_rois(put("text.zip", "hello")); },
              ThrowsMessage<SampleError>(HasSubstr("neither")));
  EXPECT_THAT([&] { load_rois(put("cut.zip", "PK\3\4 and no more")); },
              ThrowsMessage<SampleError>(HasSubstr("cannot be read")));
  save_roi_set({named("a")}, path("set.zip"));
  auto bytes = test::bytes_of(path("set.zip"));
  for (std::size_t i = 40; i < 60; ++i) bytes[i] = 'x';
  EXPECT_THROW(load_rois(put("damaged.zip", bytes)), SampleError);
}

TEST(ShowAllOverlay, MarksTheFirstSelection) {
  const auto overlay = show_all_overlay({named("a"), named("b")});
  EXPECT_EQ(overlay[0].options, 0x28);
  EXPECT_EQ(overlay[0].label_colour, 0xFFFFFFFFU);
  EXPECT_EQ(overlay[1], named("b"));
  EXPECT_EQ(overlay[0].options & ~show_all_overlay({named("a")}, false)[0].options, 8U);
  EXPECT_TRUE(show_all_overlay({}).empty());
}

}  // namespace
}  // namespace smear::imagej
