// SPDX-License-Identifier: Apache-2.0
// Images of several channels shown in colours: what is refused, and what parity cases do not look
// at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <string>

#include "imagej/command.h"
#include "imagej/session.h"
#include "smear/errors.h"

namespace smear::imagej::test {
namespace {

using testing::HasSubstr;

class NoHost final : public Host {
 public:
  void save(const std::string&, const std::function<void(const std::filesystem::path&)>&) override {
  }
  std::filesystem::path locate(const std::string& path) override { return path; }
  void print(const std::string&) override {}
};

std::string error_of(Session& session, const std::string& name, const std::string& options = "") {
  const Command& command = *CommandTable::instance().find(name, Command::Form::run);
  NoHost host;
  try {
    execute(command, session, parse_options(command, options), host);
  } catch (const Error& e) {
    return e.what();
  }
  return "done";
}

/// Two channels of `slices` slices: the planes hold 0, 1, 2, ... in this order.
Session session_of(const std::string& mode, int slices = 1) {
  Session session;
  ImagePlus image("two", cv::Mat(4, 5, CV_16UC1, cv::Scalar(0)));
  for (int plane = 1; plane < 2 * slices; ++plane)
    image.stack.push_back({cv::Mat(4, 5, CV_16UC1, cv::Scalar(plane)), ""});
  image.channels = 2;
  image.slices = slices;
  image.hyperstack = slices > 1;
  image.mode = mode;
  image.range = {0, 7};
  image.channel_ranges = {{0, 7}, {1, 9}};
  session.open(std::move(image));
  return session;
}

TEST(Composites, AreRefusedByCommandsThatDoNotKnowThem) {
  for (const std::string mode : {"composite", "color", "grayscale"})
    for (const std::string name : {"Invert LUT", "Invert", "Fire", "Make Binary", "32-bit"}) {
      Session session = session_of(mode);
      EXPECT_THAT(error_of(session, name), HasSubstr("Split Channels")) << mode << " " << name;
    }
  Session session = session_of("composite");
  EXPECT_THAT(error_of(session, "Add...", "value=1"), HasSubstr("'two' has 2 channels"));
}

TEST(Composites, ShowEachChannelInItsRange) {
  Session session = session_of("composite");
  EXPECT_EQ(error_of(session, "Next Slice [>]"), "done");
  EXPECT_EQ(session.active().range, (DisplayRange{1, 9}));
  EXPECT_EQ(session.active().lut, Lut::of_channel(1));
  EXPECT_EQ(error_of(session, "Previous Slice [<]"), "done");
  EXPECT_EQ(session.active().range, (DisplayRange{0, 7}));
}

TEST(Composites, AreSplitIntoTheirColours) {
  Session session = session_of("composite", 3);
  EXPECT_EQ(error_of(session, "Split Channels"), "done");
  ASSERT_EQ(session.images().size(), 2U);
  const ImagePlus& second = *session.by_title("C2-two");
  EXPECT_EQ(second.lut, Lut::of_channel(1));
  EXPECT_EQ(second.range, (DisplayRange{1, 9}));
  EXPECT_EQ(second.stack.size(), 3U);
  EXPECT_EQ(second.stack[1].pixels.at<std::uint16_t>(0, 0), 3);
  EXPECT_FALSE(second.is_composite());
}

TEST(Composites, DuplicateWhatIsSeen) {
  Session together = session_of("composite", 3);
  EXPECT_EQ(error_of(together, "Duplicate...", "title=x"), "done");
  EXPECT_EQ(together.active().channels, 2);
  EXPECT_EQ(together.active().stack.size(), 2U);
  EXPECT_EQ(together.active().mode, "composite");
  Session alone = session_of("color", 3);
  alone.active().show(3);
  EXPECT_EQ(error_of(alone, "Duplicate...", "title=x"), "done");
  EXPECT_EQ(alone.active().stack.size(), 1U);
  EXPECT_EQ(alone.active().pixels().at<std::uint16_t>(0, 0), 3);
  EXPECT_EQ(alone.active().lut, Lut::of_channel(1));
  EXPECT_FALSE(alone.active().is_composite());
  EXPECT_FALSE(alone.active().properties.contains("UniqueName"));
}

TEST(Composites, OfSlicesNeedToSayWhichBecomeRgb) {
  Session session = session_of("composite", 3);
  EXPECT_THAT(error_of(session, "RGB Color"), HasSubstr("slices frames"));
  EXPECT_EQ(error_of(session, "RGB Color", "slices"), "done");
  EXPECT_EQ(session.active().type, ImageType::rgb);
  EXPECT_EQ(session.active().stack.size(), 3U);
}

}  // namespace
}  // namespace smear::imagej::test
