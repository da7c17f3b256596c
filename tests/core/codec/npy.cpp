// SPDX-License-Identifier: Apache-2.0
// .npy files: what is written is what NumPy's format says, byte for byte; what is read is the array
// that the file means, or a reason why not. (tests/cli/tensors.cpp compares with NumPy itself.)
#include "codec/npy.h"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "core/codec/made-files.h"

namespace smear::test {
namespace {

using codec::read_npy;
using codec::write_npy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A file of this header and these values.
template <typename Value>
std::string npy(const std::string& header, const std::vector<Value>& values,
                const std::string& version = std::string("\x01\x00", 2)) {
  std::string text = header;
  text.resize((10 + text.size() + 1 + 63) / 64 * 64 - 11, ' ');
  text += '\n';
  std::string bytes = "\x93NUMPY" + version;
  bytes += static_cast<char>(text.size() & 0xFFU);
  bytes += static_cast<char>(text.size() >> 8U);
  bytes += text;
  std::string data(values.size() * sizeof(Value), '\0');
  if (!values.empty()) std::memcpy(data.data(), values.data(), data.size());
  return bytes + data;
}

std::string dictionary(const std::string& type, const std::string& shape,
                       const std::string& fortran = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

class Npy : public CodecTest {
 protected:
  template <typename Value>
  Tensor read(const std::string& type, const std::string& shape, const std::vector<Value>& values) {
    return read_npy(put("a.npy", npy(dictionary(type, shape), values)));
  }
  std::string reason(const std::string& bytes) {
    const auto file = put("bad.npy", bytes);
    try {
      read_npy(file);
    } catch (const SampleError& e) {
      return e.what();
    }
    return "";
  }
  template <typename Value>
  std::string reason(const std::string& header, const std::vector<Value>& values) {
    return reason(npy(header, values));
  }
};

TEST_F(Npy, IsWrittenAsTheFormatSays) {
  write_npy(path("a.npy"), {{2, 3}, {0.0F, 1.5F, -2.0F, 3.0F, 4.0F, 1e30F}});
  EXPECT_EQ(bytes_of(path("a.npy")),
            npy<float>(dictionary("<f4", "(2, 3)"), {0.0F, 1.5F, -2.0F, 3.0F, 4.0F, 1e30F}));
  write_npy(path("b.npy"), {{1}, {7.0F}});
  EXPECT_EQ(bytes_of(path("b.npy")), npy<float>(dictionary("<f4", "(1,)"), {7.0F}));
  write_npy(path("c.npy"), {{}, {7.0F}});
  EXPECT_EQ(bytes_of(path("c.npy")), npy<float>(dictionary("<f4", "()"), {7.0F}));
}

TEST_F(Npy, RefusesToWriteWhatItCouldNotReadBack) {
  for (const float wrong :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    EXPECT_THROW(write_npy(path("a.npy"), {{1}, {wrong}}), SampleError);
  EXPECT_THROW(write_npy(path("a.npy"), {{2}, {1.0F}}), SampleError);
  EXPECT_THROW(write_npy(path("no-such-folder/a.npy"), {{1}, {1.0F}}), RunError);
}

TEST_F(Npy, IsReadBackAsItWas) {
  Tensor tensor{{3, 1, 70'000}, {}};
  for (int i = 0; i < 210'000; ++i) tensor.values.push_back(0.25F * static_cast<float>(i));
  write_npy(path("a.npy"), tensor);
  const auto back = read_npy(path("a.npy"));
  EXPECT_EQ(back.shape, tensor.shape);
  EXPECT_EQ(back.values, tensor.values);
  const auto header = codec::peek_npy(path("a.npy"));
  EXPECT_EQ(header.shape, tensor.shape);
  EXPECT_EQ(header.values, 210'000);
  EXPECT_EQ(header.type, "<f4");
  EXPECT_EQ(codec::describe_shape(header.shape), "3 x 1 x 70000");
}

TEST_F(Npy, TakesTheOtherTypesThatNumpyMakes) {
  EXPECT_THAT(read<double>("<f8", "(2,)", {0.1, -1e-300}).values, ElementsAre(0.1F, -0.0F));
  EXPECT_THAT(read<std::uint8_t>("|u1", "(2,)", {0, 255}).values, ElementsAre(0.0F, 255.0F));
  EXPECT_THAT(read<std::int32_t>("<i4", "(2,)", {-5, 1 << 30}).values,
              ElementsAre(-5.0F, 1073741824.0F));
  EXPECT_THAT(read<std::int64_t>("<i8", "(2,)", {-5, std::int64_t{1} << 40}).values,
              ElementsAre(-5.0F, 1099511627776.0F));
  const auto number = read<float>("<f4", "()", {3.0F});
  EXPECT_TRUE(number.shape.empty());
  EXPECT_THAT(number.values, ElementsAre(3.0F));
}

TEST_F(Npy, TakesAnotherOrderOfTheHeaderAndFortranOrderOfOneDimension) {
  EXPECT_THAT(
      read_npy(put("a.npy",
                   npy<float>("{\"shape\":(2,),'descr':'<f4','fortran_order':True}", {1.0F, 2.0F})))
          .values,
      ElementsAre(1.0F, 2.0F));
}

TEST_F(Npy, RefusesOtherTypesAndOrders) {
  for (const std::string type : {"<f2", ">f4", "<u2", "|b1", "|O", "<c8", "|S4", "f4", ""})
    EXPECT_THAT(reason<float>(dictionary(type, "(1,)"), {1.0F}),
                HasSubstr("values of type '" + type + "'"));
  EXPECT_THAT(reason<float>(dictionary("<f4", "(2, 2)", "True"), {1, 2, 3, 4}),
              HasSubstr("Fortran order"));
  EXPECT_THAT(
      reason<float>("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", {1.0F}),
      HasSubstr("several fields"));
  EXPECT_THAT(reason(npy<float>(dictionary("<f4", "(1,)"), {1.0F}, std::string("\x02\x00", 2))),
              HasSubstr("version 2.0"));
}

TEST_F(Npy, RefusesValuesThatFloatsCannotHold) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(reason<float>(dictionary("<f4", "(1,)"), {std::numeric_limits<float>::infinity()}),
              HasSubstr("NaN or infinity"));
  EXPECT_THAT(reason<double>(dictionary("<f8", "(1,)"), {nan}), HasSubstr("NaN or infinity"));
  EXPECT_THAT(reason<double>(dictionary("<f8", "(1,)"), {1e300}), HasSubstr("beyond the range"));
  EXPECT_THAT(reason<std::int32_t>(dictionary("<i4", "(1,)"), {(1 << 24) + 1}),
              HasSubstr("16777217 is not a 32-bit float"));
  EXPECT_THAT(reason<std::int64_t>(dictionary("<i8", "(1,)"), {(std::int64_t{1} << 53) + 1}),
              HasSubstr("is not a 32-bit float"));
}

TEST_F(Npy, RefusesFilesThatAreNotAsLongAsTheyClaim) {
  const auto good = npy<float>(dictionary("<f4", "(3,)"), {1, 2, 3});
  for (std::size_t length = 1; length < good.size(); ++length)
    EXPECT_NE(reason(good.substr(0, length)), "") << length;
  EXPECT_THAT(reason(good.substr(0, good.size() - 1)), HasSubstr("cut off"));
  EXPECT_THAT(reason(good + "x"), HasSubstr("goes on after its array"));
  // Claims that would take all memory, or overflow when they are multiplied.
  for (const std::string shape :
       {"(1000000000000,)", "(4294967296, 4294967296)", "(9223372036854775807, 2)",
        "(3037000500, 3037000500, 3037000500)"})
    EXPECT_THAT(reason<float>(dictionary("<f4", shape), {1, 2, 3}), HasSubstr("header claims"));
  EXPECT_THAT(reason<float>(dictionary("<f4", "(0, 5)"), {}), HasSubstr("holds no values"));
  EXPECT_THAT(reason<float>(dictionary("<f4", "(9223372036854775807, 0)"), {}),
              HasSubstr("holds no values"));
}

TEST_F(Npy, RefusesDamagedHeaders) {
  for (const std::string header :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} more",
        "{'descr: '<f4', 'fortran_order': False, 'shape': (1,)}", "[1]", "garbage"})
    EXPECT_THAT(reason<float>(header, {1.0F}), HasSubstr("is damaged")) << header;
  std::string many;
  for (int i = 0; i < 33; ++i) many += "1, ";
  EXPECT_THAT(reason<float>(dictionary("<f4", "(" + many + ")"), {1.0F}),
              HasSubstr("more than 32 dimensions"));
  EXPECT_THAT(reason("no array at all"), HasSubstr("no .npy file"));
  EXPECT_THROW(read_npy(path("missing.npy")), SampleError);
}

// Whatever one byte of the header is, the file is read or refused, and nothing else happens.
TEST_F(Npy, SurvivesEveryByteOfItsHeader) {
  const auto good = npy<float>(dictionary("<f4", "(3,)"), {1, 2, 3});
  int refused = 0;
  for (std::size_t at = 0; at < 72; ++at)
    for (const int value : {0, 9, 32, 39, 40, 44, 57, 123, 125, 200, 255}) {
      auto bytes = good;
      bytes[at] = static_cast<char>(value);
      if (!reason(bytes).empty()) ++refused;
    }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace smear::test
