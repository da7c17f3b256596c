// SPDX-License-Identifier: Apache-2.0
// TIFFs keep everything that an image is, are laid out as ImageJ's, and damaged ones are refused.
#include "imagej/files/tiff.h"

#include <gmock/gmock.h>

#include <bit>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "core/codec/made-files.h"
#include "imagej/files/bytes.h"
#include "imagej/files/tiff-description.h"
#include "imagej/files/tiff-metadata.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

cv::Mat ramp(int type, double factor = 1.0) {
  cv::Mat pixels(4, 5, CV_32FC1);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 5; ++x) pixels.at<float>(y, x) = static_cast<float>(factor * (10 * y + x));
  if (type == CV_8UC3) cv::merge(std::vector<cv::Mat>{pixels, pixels + 1, pixels + 2}, pixels);
  pixels.convertTo(pixels, CV_MAT_DEPTH(type));
  return pixels;
}

bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() &&
         cv::norm(a.reshape(1), b.reshape(1), cv::NORM_INF) == 0.0;
}

ImagePlus again(const ImagePlus& image) { return read_tiff(tiff_bytes(image)); }

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(ImageJTiff, IsLaidOutAsImageJs) {
  const auto bytes = tiff_bytes(ImagePlus("x", ramp(CV_8UC1)));
  const ByteReader in(bytes, "it");
  EXPECT_EQ(in.u32(0), 0x4D4D002AU);
  EXPECT_EQ(in.u32(4), 8U);
  EXPECT_EQ(in.u16(8), 11);
  EXPECT_EQ(in.size(), 8 + 2 + 11 * 12 + 4 + 14 + 20U);
  EXPECT_EQ(text_of(bytes).substr(146, 14), std::string("ImageJ=1.53t\n\0", 14));
}

TEST(ImageJTiff, KeepsPixelsOfEveryType) {
  for (const int type : {CV_8UC1, CV_16UC1, CV_32FC1, CV_8UC3}) {
    const ImagePlus image("x", ramp(type, type == CV_16UC1 ? 700 : 1.5));
    const ImagePlus read = again(image);
    EXPECT_TRUE(same(read.pixels(), image.pixels())) << type;
    EXPECT_EQ(read.type, image.type);
    EXPECT_EQ(read.range, image.range);
  }
}

ImagePlus with_everything() {
  ImagePlus image("x", ramp(CV_16UC1));
  image.stack.push_back({ramp(CV_16UC1, 2), "two\nlines \xC2\xB5"});
  image.slices = 2;
  image.range = {3, 30.25};
  image.calibration.pixel_width = 0.25;
  image.calibration.pixel_height = 0.5;
  image.calibration.pixel_depth = 2;
  image.calibration.unit = "\xC2\xB5m";
  image.calibration.function = 1;
  image.calibration.coefficients = {1.2098981989596078, -0.01682703788764109,
                                    1.7821702440167246e-4};
  image.calibration.value_unit = "foo bar";
  image.calibration.zero_clip = true;
  image.calibration.frame_interval = 5;
  image.calibration.time_unit = "min";
  image.calibration.x_origin = 3.5;
  image.info = "made\nfor tests";
  image.properties = {{"alpha", "1"}, {"Beta gamma", "2"}, {"zeta", "3"}, {"k", "4"}};
  image.roi = Roi{};
  image.roi->bounds = {1, 1, 2, 2};
  image.overlay = {*image.roi, *image.roi};
  image.overlay[1].name = "cell";
  image.lut.red.fill(7);
  return image;
}

TEST(ImageJTiff, KeepsAllElse) {
  const ImagePlus image = with_everything();
  const ImagePlus read = again(image);
  EXPECT_EQ(read.calibration, image.calibration);
  EXPECT_EQ(read.range, image.range);
  EXPECT_EQ(read.lut, image.lut);
  EXPECT_EQ(read.info, image.info);
  EXPECT_EQ(read.properties, image.properties);
  EXPECT_EQ(read.slices, 2);
  ASSERT_EQ(read.stack.size(), 2U);
  EXPECT_EQ(read.stack[1].label, image.stack[1].label);
  EXPECT_TRUE(same(read.stack[1].pixels, image.stack[1].pixels));
  ASSERT_TRUE(read.roi);
  EXPECT_EQ(read.roi->bounds, image.roi->bounds);
  ASSERT_EQ(read.overlay.size(), 2U);
  EXPECT_EQ(read.overlay[1].name, "cell");
  EXPECT_EQ(tiff_bytes(read), tiff_bytes(image));
}

TEST(ImageJTiff, DescribesAsImageJDoes) {
  EXPECT_EQ(description_of(with_everything(), "1.53t"),
            "ImageJ=1.53t\nimages=2\nslices=2\nunit=\\u00B5m\ncf=1\nc0=1.2098981989596078\n"
            "c1=-0.01682703788764109\nc2=1.7821702440167246E-4\nvunit=foo bar\nzeroclip=true\n"
            "finterval=5\ntunit=min\nspacing=2.0\nloop=false\nmin=3.0\nmax=30.25\nxorigin=3.5\n");
}

TEST(ImageJTiff, KeepsWhatIsNotUnderstood) {
  ImagePlus image("x", ramp(CV_8UC1));
  image.unknown_description = {"foo=bar"};
  image.unknown_metadata = {{77U, {1, 2, 3}}, {77U, {}}, {0x706C6F74U, {9}}};
  const ImagePlus read = again(image);
  EXPECT_THAT(read.unknown_description, ElementsAre("foo=bar"));
  EXPECT_EQ(tiff_bytes(read), tiff_bytes(image));
}

// ImageJ opens an image with a colour table as 8-bit, whatever it or another program says of it.
TEST(ImageJTiff, WithAPaletteIsAnEightBitImage) {
  ImagePlus image("x", ramp(CV_8UC1));
  for (std::size_t i = 0; i < 256; ++i) image.lut.blue[i] = static_cast<std::uint8_t>(255 - i);
  image.unknown_description = {"8bitcolor=true"};
  const ImagePlus read = again(image);
  EXPECT_EQ(read.type, ImageType::grey8);
  EXPECT_EQ(read.lut, image.lut);
  EXPECT_TRUE(same(read.pixels(), image.pixels()));
  EXPECT_THAT(read.unknown_description, IsEmpty());
}

TEST(ImageJTiff, KeepsComposites) {
  ImagePlus image("x", ramp(CV_8UC1));
  image.stack.push_back({ramp(CV_8UC1, 2), ""});
  image.channels = 2;
  image.mode = "composite";
  image.channel_ranges = {{1, 2}, {3, 4.5}};
  image.channel_luts = {Lut::of_channel(1), Lut::of_channel(0)};
  const ImagePlus read = again(image);
  EXPECT_EQ(read.channels, 2);
  EXPECT_EQ(read.mode, "composite");
  EXPECT_EQ(read.channel_ranges, image.channel_ranges);
  EXPECT_EQ(read.channel_luts, image.channel_luts);
}

// What it is now, not what its description said when it was read.
TEST(ImageJTiff, SaysHowManySlicesAreLeft) {
  ImagePlus image("x", ramp(CV_8UC1));
  image.stack.resize(3, image.stack.front());
  image.slices = 3;
  ImagePlus read = again(image);
  read.stack.pop_back();
  read.slices = 2;
  EXPECT_EQ(again(read).stack.size(), 2U);
  read.stack.resize(4, read.stack.front());
  read.slices = 4;
  EXPECT_EQ(again(read).stack.size(), 4U);
}

// Channels of a hyperstack have colours, in whichever mode its description does not say.
TEST(ImageJTiff, OfChannelsIsAComposite) {
  const auto mode_of = [](int channels, int slices, bool hyperstack, const std::string& mode) {
    ImagePlus image("x", ramp(CV_8UC1));
    image.stack.resize(static_cast<std::size_t>(channels * slices), image.stack.front());
    image.channels = channels;
    image.slices = slices;
    image.hyperstack = hyperstack;
    image.mode = mode;
    return again(image).mode;
  };
  EXPECT_EQ(mode_of(2, 3, true, ""), "color");
  EXPECT_EQ(mode_of(2, 1, true, ""), "color");
  EXPECT_EQ(mode_of(2, 1, false, ""), "");
  EXPECT_EQ(mode_of(1, 3, true, ""), "");
  EXPECT_EQ(mode_of(2, 1, false, "other"), "color");
  EXPECT_EQ(mode_of(2, 1, false, "grayscale"), "grayscale");
}

// x86 gives NaN a sign, other processors do not, and Java writes none.
TEST(ImageJTiff, WritesOneKindOfNan) {
  cv::Mat pixels(1, 2, CV_32FC1, cv::Scalar(1.0));
  ImagePlus plain("x", pixels.clone());
  pixels.at<float>(0, 0) = std::bit_cast<float>(0xffc00001U);
  ImagePlus image("x", pixels);
  image.range = plain.range;
  const auto bytes = tiff_bytes(image);
  const std::vector<std::byte> last(bytes.end() - 8, bytes.end() - 4);
  EXPECT_THAT(last, ElementsAre(std::byte{0x7f}, std::byte{0xc0}, std::byte{0}, std::byte{0}));
}

TEST(ImageJTiff, WritesPropertiesInJavasOrder) {
  ImagePlus image("x", ramp(CV_8UC1));
  for (const char* key : {"zeta", "alpha", "Beta gamma", "k", "list", "_hid"})
    image.properties.emplace(key, "1");
  const std::string text = text_of(tiff_bytes(image));
  const auto at = [&](const char* key) {
    std::string wide;
    for (const char* c = key; *c != '\0'; ++c) {
      wide += '\0';
      wide += *c;
    }
    return text.find(wide);
  };
  EXPECT_LT(at("zeta"), at("alpha"));
  EXPECT_LT(at("alpha"), at("_hid"));
  EXPECT_LT(at("_hid"), at("k\0"));
  EXPECT_LT(at("list"), at("Beta gamma"));
}

TEST(ImageJTiff, SpellsNumbersAsJava) {
  EXPECT_EQ(java_text(0), "0.0");
  EXPECT_EQ(java_text(10), "10.0");
  EXPECT_EQ(java_text(-1.5), "-1.5");
  EXPECT_EQ(java_text(0.001), "0.001");
  EXPECT_EQ(java_text(0.00099), "9.9E-4");
  EXPECT_EQ(java_text(9999999), "9999999.0");
  EXPECT_EQ(java_text(1e7), "1.0E7");
  EXPECT_EQ(java_text(3.25e7), "3.25E7");
  EXPECT_EQ(java_text(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(ImageJTiff, TakesOnePage) {
  ImagePlus image("x", ramp(CV_8UC1));
  image.stack.push_back({ramp(CV_8UC1, 2), ""});
  image.slices = 2;
  codec::ReadOptions options;
  options.page = 2;
  const ImagePlus read = read_tiff(tiff_bytes(image), options);
  ASSERT_EQ(read.stack.size(), 1U);
  EXPECT_TRUE(same(read.pixels(), image.stack[1].pixels));
  options.page = 3;
  EXPECT_THAT([&] { read_tiff(tiff_bytes(image), options); },
              ThrowsMessage<SampleError>(HasSubstr("page 3")));
}

TEST(ImageJTiff, RefusesDamage) {
  const std::string good = text_of(tiff_bytes(with_everything()));
  for (std::size_t size = 0; size < good.size() - 400; size += 7)
    EXPECT_THROW(read_tiff(bytes_of(good.substr(0, size))), SampleError) << size;
  std::string circle = good;
  const ByteReader in(std::as_bytes(std::span(good)), "it");
  const std::size_t next = 8 + 2 + 12 * std::size_t{in.u16(8)};
  circle.replace(next, 4, std::string("\0\0\0\x08", 4));
  EXPECT_NO_THROW(read_tiff(bytes_of(good)));
  EXPECT_THAT([&] { read_tiff(bytes_of(circle)); },
              ThrowsMessage<SampleError>(HasSubstr("circle")));
  EXPECT_THAT([&] { read_tiff(bytes_of("GIF89a......")); },
              ThrowsMessage<SampleError>(HasSubstr("no TIFF")));
}

TEST(ImageJTiff, TakesNoMoreMemoryThanItMay) {
  std::string bytes = text_of(tiff_bytes(ImagePlus("x", ramp(CV_8UC1))));
  bytes.replace(8 + 2 + 12 + 8, 4, std::string("\x7F\0\0\0", 4));  // the width
  EXPECT_THAT([&] { read_tiff(bytes_of(bytes)); },
              ThrowsMessage<SampleError>(HasSubstr("max_pixels")));
}

}  // namespace
}  // namespace smear::imagej
