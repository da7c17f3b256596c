// SPDX-License-Identifier: Apache-2.0
// Tests that arrays come back as they were written, and that a file which is not what its header
// says is refused with the reason.
#include "safetensors/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "smear/errors.h"

namespace smear::safetensors {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Safetensors : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::filesystem::path file() const { return folder_ / "model.safetensors"; }

  /// A file with this header and as many bytes of data.
  void put(const std::string& header, std::size_t data) const {
    std::ofstream stream(file(), std::ios::binary);
    const std::uint64_t length = header.size();
    stream.write(reinterpret_cast<const char*>(&length), sizeof length);
    stream << header << std::string(data, 'x');
  }

  [[nodiscard]] std::string reason() const {
    try {
      const Reader reader(file());
    } catch (const PluginError& error) {
      return error.what();
    }
    return "";
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("safetensors-") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(Safetensors, ComesBackAsWritten) {
  const std::vector<float> weights{1.0F, -2.5F, 3e-38F, 4.0F, 5.0F, 6.0F};
  const std::vector<std::uint8_t> pixels{0, 255};
  const std::int64_t step = -7;
  write(file(), {{"kind", "vae"}, {"text", "a \"quoted\" line\n"}},
        {{"weights", Type::float32, {2, 3}, weights.data()},
         {"pixels", Type::uint8, {2}, pixels.data()},
         {"step", Type::int64, {}, &step},
         {"nothing", Type::float32, {0, 4}, nullptr}});
  Reader reader(file());
  EXPECT_EQ(reader.metadata().at("text"), "a \"quoted\" line\n");
  ASSERT_EQ(reader.entries().size(), 4U);
  const auto* entry = reader.find("weights");
  ASSERT_NE(entry, nullptr);
  EXPECT_THAT(entry->shape, ElementsAre(2, 3));
  EXPECT_EQ(entry->elements(), 6);
  std::vector<float> read(6);
  reader.read(*entry, read.data());
  EXPECT_EQ(read, weights);
  std::int64_t read_step = 0;
  reader.read(*reader.find("step"), &read_step);
  EXPECT_EQ(read_step, -7);
  EXPECT_EQ(reader.find("no such"), nullptr);
}

// Other programs of the format read it in an aligned memory map.
TEST_F(Safetensors, BeginsTheDataAtAMultipleOfEightBytes) {
  const float one = 1.0F;
  for (const auto* name : {"a", "ab", "abc", "abcdefgh"}) {
    write(file(), {{"k", name}}, {{name, Type::float32, {1}, &one}});
    EXPECT_EQ((std::filesystem::file_size(file()) - sizeof one) % 8, 0U) << name;
  }
}

TEST_F(Safetensors, SaysWhereItCannotWriteAndLeavesNothingBeside) {
  EXPECT_THROW(write(folder_ / "no such folder" / "m.safetensors", {}, {}), RunError);
  std::filesystem::create_directory(file());
  EXPECT_THROW(write(file(), {}, {}), RunError);  // the rename fails
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(Safetensors, RefusesWhatIsNoSuchFile) {
  EXPECT_THAT(reason(), HasSubstr("cannot be read"));
  std::ofstream(file()) << "abc";
  EXPECT_THAT(reason(), HasSubstr("shorter than"));
  std::ofstream(file()) << "a text that is no model at all";
  EXPECT_THAT(reason(), HasSubstr("truncated or no safetensors file"));
  put("no json", 0);
  EXPECT_THAT(reason(), HasSubstr("header is damaged"));
  put("[1]", 0);
  EXPECT_THAT(reason(), HasSubstr("no JSON object"));
  put(R"({"__metadata__": {"k": 1}})", 0);
  EXPECT_THAT(reason(), HasSubstr("header is damaged"));
}

TEST_F(Safetensors, RefusesAHeaderThatDoesNotFitTheFile) {
  const std::string good = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  put(good, 8);
  EXPECT_EQ(reason(), "");
  put(good, 7);
  EXPECT_THAT(reason(), HasSubstr("truncated: tensor 'w'"));
  put(good, 9);
  EXPECT_THAT(reason(), HasSubstr("end at byte 8 of the data, which has 9"));
  put(R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8);
  EXPECT_THAT(reason(), HasSubstr("needs 12 bytes"));
  put(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8);
  EXPECT_THAT(reason(), HasSubstr("needs 8 bytes"));
  put(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12);
  EXPECT_THAT(reason(), HasSubstr("gap or an overlap"));
  put(R"({"w":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", 4);
  EXPECT_THAT(reason(), HasSubstr("of type F16"));
  put(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
      8);
  EXPECT_THAT(reason(), HasSubstr("'w' twice"));
  put(R"({"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8);
  EXPECT_THAT(reason(), HasSubstr("impossible shape"));
  put(R"({"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})", 8);
  EXPECT_THAT(reason(), HasSubstr("impossible shape"));
  put(R"({"w":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}})", 0);
  EXPECT_THAT(reason(), HasSubstr("impossible shape"));
}

// 8 EiB of claims, in a file of some bytes: nothing may be allocated for them.
TEST_F(Safetensors, AllocatesNothingForAClaim) {
  std::ofstream stream(file(), std::ios::binary);
  const std::uint64_t length = ~std::uint64_t{0} >> 1U;
  stream.write(reinterpret_cast<const char*>(&length), sizeof length);
  stream << "{}";
  stream.close();
  EXPECT_THAT(reason(), HasSubstr("truncated or no safetensors file"));
}

}  // namespace
}  // namespace smear::safetensors
