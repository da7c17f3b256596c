// SPDX-License-Identifier: Apache-2.0
// What is no image is refused with a reason a person can act on, damaged files never crash, and a
// disk that does not take a file is an error of the run.
#include "codec/codec.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "core/codec/made-files.h"

namespace smear::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class CodecFiles : public CodecTest {
 protected:
  static std::string refused(const std::filesystem::path& path) {
    const std::string reason = refusal([&] { codec::read_image(path); });
    EXPECT_EQ(refusal([&] { codec::peek(path); }), reason);
    return reason;
  }
};

/// Another user for a while, since root may read everything.
class UnprivilegedUser {
 public:
  UnprivilegedUser() : before_(::geteuid()) {
    if (before_ == 0) changed_ = ::seteuid(65534) == 0;
  }
  ~UnprivilegedUser() {
    if (changed_ && ::seteuid(before_) != 0) std::abort();
  }
  UnprivilegedUser(const UnprivilegedUser&) = delete;
  UnprivilegedUser& operator=(const UnprivilegedUser&) = delete;

 private:
  uid_t before_;
  bool changed_ = false;
};

TEST_F(CodecFiles, SaysWhatIsWrongWithWhatIsNoImage) {
  EXPECT_THAT(refused(put("empty.jpg", "")), HasSubstr("holds 0 bytes"));
  EXPECT_THAT(refused(put("text.jpg", "hello, this is text")),
              HasSubstr("is not a JPEG, PNG, TIFF or BMP: it starts with \"hello, this \""));
  EXPECT_THAT(refused(put("binary.jpg", std::string("\x00\x01\xFF", 3))),
              HasSubstr("it starts with 00 01 ff"));
  EXPECT_THAT(refused(put("one.jpg", "\xFF")), HasSubstr("it starts with ff"));
  std::filesystem::create_directory(path("x.jpg"));
  EXPECT_THAT(refused(path("x.jpg")), HasSubstr("is a directory"));
  std::filesystem::create_symlink("gone.jpg", path("link.jpg"));
  EXPECT_THAT(refused(path("link.jpg")), HasSubstr("symbolic link"));
  EXPECT_THAT(refused(path("link.jpg")), HasSubstr("gone.jpg"));
  EXPECT_THAT(refused(path("nothing.jpg")), HasSubstr("No such file"));
  ASSERT_EQ(::mkfifo(path("pipe.jpg").c_str(), 0600), 0);
  EXPECT_THAT(refused(path("pipe.jpg")), HasSubstr("not a regular file"));
  EXPECT_THAT(refusal([] { codec::read_image(std::span<const std::byte>()); }),
              HasSubstr("holds 0 bytes"));
}

TEST_F(CodecFiles, SaysThatPermissionIsDenied) {
  const auto file = put("secret.jpg", jpeg(colours(8, 8)));
  ::chmod(path("").c_str(), 0755);
  ::chmod(file.c_str(), 0);
  const UnprivilegedUser user;
  EXPECT_THAT(refused(file), HasSubstr("permission denied"));
}

TEST_F(CodecFiles, RecognisesFormatsByContent) {
  const auto file = put("really-a-jpeg.png", jpeg(colours(8, 8)));
  EXPECT_EQ(codec::peek(file).format, "JPEG");
  EXPECT_EQ(codec::read_image(file).width(), 8);
  EXPECT_THAT(refusal([&] { codec::read_image(file, {.page = 2}); }), HasSubstr("no page 2"));
  EXPECT_THAT(refusal([&] { codec::peek(file, 2); }), HasSubstr("no page 2"));
  EXPECT_EQ(refusal([&] { codec::read_image(file, {.page = 1}); }), "read");
  EXPECT_EQ(codec::peek(file, 1).width, 8);
}

TEST_F(CodecFiles, ReadsFilesLargerThanTheirHead) {
  cv::Mat noise(400, 500, CV_8UC3);
  cv::randu(noise, 0, 256);
  for (const char* name : {"a.png", "a.tif"}) {
    codec::write_image(path(name), Image(noise));
    ASSERT_GT(std::filesystem::file_size(path(name)), 200'000U);
    EXPECT_EQ(difference(codec::read_image(path(name)).pixels(), noise), 0);
  }
  const auto file = put("a.jpg", jpeg(noise));
  EXPECT_EQ(difference(codec::read_image(file).pixels(), read_bytes(bytes_of(file)).pixels()), 0);
}

TEST_F(CodecFiles, SurvivesRandomDamage) {
  const cv::Mat rgb = colours(24, 18);
  std::vector<std::string> files{jpeg(rgb, {.exif = exif_block(6)}),
                                 jpeg(rgb, {.progressive = true})};
  for (const char* name : {"a.png", "a.tif"}) {
    codec::write_image(path(name), Image(rgb, PixelSize{0.2, 0.2}));
    files.push_back(bytes_of(path(name)));
  }
  codec::write_tiff(path("b.tif"), Image(rgb), codec::TiffCompression::none);
  files.push_back(bytes_of(path("b.tif")));
  std::mt19937 random(7);
  int refused = 0;
  for (const std::string& whole : files)
    for (int i = 0; i < 1500; ++i) {
      std::string damaged = whole;
      for (int flips = 1 + i % 4; flips > 0; --flips)
        damaged[random() % damaged.size()] = static_cast<char>(random());
      if (i % 5 == 0) damaged.resize(1 + random() % damaged.size());
      if (refusal_of(damaged, {.max_pixels = 1'000'000}) != "read") ++refused;
    }
  EXPECT_GT(refused, 1000);
}

TEST_F(CodecFiles, ReadsAndWritesFromSeveralThreads) {
  const cv::Mat rgb = colours(64, 48);
  const std::string sound = jpeg(rgb);
  const cv::Mat expected = read_bytes(sound).pixels();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        if (difference(read_bytes(sound).pixels(), expected) != 0) ++wrong;
        if (refusal_of(sound.substr(0, sound.size() / 2)) == "read") ++wrong;
        for (const std::string extension : {".png", ".tif"}) {
          const auto file = path(std::to_string(t) + extension);
          codec::write_image(file, Image(rgb));
          if (difference(codec::read_image(file).pixels(), rgb) != 0) ++wrong;
          std::filesystem::resize_file(file, 100);
          if (refusal([&] { codec::read_image(file); }) == "read") ++wrong;
        }
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(CodecFiles, ReportsADiskThatDoesNotTakeTheFile) {
  cv::Mat noise(300, 300, CV_8UC3);
  cv::randu(noise, 0, 256);
  for (const auto& image : {Image(noise), Image(cv::Mat(4, 4, CV_8UC1, cv::Scalar(1)))})
    for (const auto format :
         {codec::WriteFormat::png, codec::WriteFormat::jpeg, codec::WriteFormat::tiff}) {
      EXPECT_THROW(codec::write_image("/dev/full", image, format), RunError);
      EXPECT_THROW(codec::write_image(path("no/such/folder"), image, format), RunError);
    }
  try {
    codec::write_image("/dev/full", Image(noise), codec::WriteFormat::tiff);
  } catch (const RunError& error) {
    EXPECT_THAT(error.what(), StartsWith("cannot write /dev/full: No space left"));
  }
}

TEST_F(CodecFiles, WritesByExtension) {
  const Image image(cv::Mat(4, 4, CV_8UC1, cv::Scalar(1)));
  for (const auto& [name, format] : std::map<std::string, std::string>{{"a.png", "PNG"},
                                                                       {"a.JPG", "JPEG"},
                                                                       {"a.jpeg", "JPEG"},
                                                                       {"a.tif", "TIFF"},
                                                                       {"a.x.TIFF", "TIFF"}}) {
    codec::write_image(path(name), image);
    EXPECT_EQ(codec::peek(path(name)).format, format);
  }
  EXPECT_THROW(codec::write_image(path("a.bmp"), image), ConfigError);
  EXPECT_THROW(codec::write_image(path("png"), image), ConfigError);
  EXPECT_FALSE(codec::write_format("a.gif"));
}

}  // namespace
}  // namespace smear::test
