// SPDX-License-Identifier: Apache-2.0
#include "codec/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "codec/byte-source.h"
#include "codec/output-file.h"

namespace smear::codec {
namespace {

using namespace std::string_view_literals;

static_assert(std::endian::native == std::endian::little,
              "values are stored as they are in memory");

constexpr std::string_view magic = "\x93NUMPY"sv;
constexpr std::size_t preamble = 10;  // magic, version, length of the header
constexpr std::size_t alignment = 64;
constexpr std::size_t most_dimensions = 32;  // as NumPy itself

/// A header and where the values begin.
struct Layout {
  NpyHeader header;
  std::uint64_t offset = 0;
};

[[noreturn]] void damaged(std::string_view what) {
  throw SampleError(fmt::format("the .npy file is damaged: {}", what));
}

/// Reads the header's text, which is a Python dictionary: `{'descr': '<f4', 'fortran_order': False,
/// 'shape': (2, 3), }`.
class HeaderText {
 public:
  explicit HeaderText(std::string_view text) : rest_(text) {}

  NpyHeader read() {
    expect('{');
    while (!take('}')) {
      read_entry();
      if (take(',')) continue;
      expect('}');
      break;
    }
    skip_blanks();
    if (!rest_.empty()) damaged("its header goes on after its end");
    if (!type_ || !fortran_order_ || !shape_)
      damaged("its header lacks one of descr, fortran_order and shape");
    // In one dimension, and for a single number, both orders are the same.
    if (*fortran_order_ && shape_->size() > 1)
      throw SampleError(
          "the array is in Fortran order, which is not read; save numpy.ascontiguousarray(x)");
    return {std::move(*shape_), std::move(*type_), 1};
  }

 private:
  void read_entry() {
    const auto key = text();
    expect(':');
    if (key == "descr" && !type_)
      type_ = type();
    else if (key == "fortran_order" && !fortran_order_)
      fortran_order_ = boolean();
    else if (key == "shape" && !shape_)
      shape_ = shape();
    else
      damaged(fmt::format("its header has a '{}' too many", key));
  }

  // A structured type is a list, which is told as what it is.
  std::string type() {
    skip_blanks();
    if (rest_.starts_with('['))
      throw SampleError("the array has several fields a value, which is not read; save one field");
    return text();
  }

  std::string text() {
    skip_blanks();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    if (quote != '\'' && quote != '"') damaged("its header holds no name where one belongs");
    const auto end = rest_.find(quote, 1);
    if (end == std::string_view::npos) damaged("a name in its header does not end");
    std::string result(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    const bool plain = std::ranges::all_of(result, [](char c) { return c >= ' ' && c <= '~'; });
    if (!plain || result.size() > 40) damaged("its header holds a name that is none");
    return result;
  }

  bool boolean() {
    skip_blanks();
    for (const bool value : {true, false})
      if (const auto word = value ? "True"sv : "False"sv; rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return value;
      }
    damaged("its fortran_order is neither True nor False");
  }

  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> result;
    expect('(');
    while (!take(')')) {
      result.push_back(number());
      if (result.size() > most_dimensions) damaged("its shape has more than 32 dimensions");
      if (take(',')) continue;
      expect(')');
      break;
    }
    return result;
  }

  std::int64_t number() {
    skip_blanks();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || value < 0) damaged("its shape holds something that is no length");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  void skip_blanks() {
    const auto at = rest_.find_first_not_of(" \n");
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
  }

  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!take(c)) damaged(fmt::format("its header has no '{}' where one belongs", c));
  }

  std::string_view rest_;
  std::optional<std::string> type_;
  std::optional<bool> fortran_order_;
  std::optional<std::vector<std::int64_t>> shape_;
};

std::uint64_t size_of(const std::string& type) {
  if (type == "<f4" || type == "<i4") return 4;
  if (type == "<f8" || type == "<i8") return 8;
  if (type == "|u1") return 1;
  throw SampleError(
      fmt::format("the array has values of type '{}'; <f4, <f8, |u1, <i4 and <i8 are read: save "
                  "x.astype('float32')",
                  type));
}

/// How many values the shape has; what does not fit into the file is none of its shapes.
std::int64_t count_values(const std::vector<std::int64_t>& shape, std::uint64_t file_size) {
  std::int64_t values = 1;
  if (std::ranges::find(shape, 0) != shape.end())
    throw SampleError(fmt::format("the array ({}) holds no values", describe_shape(shape)));
  for (const auto length : shape) {
    if (length > static_cast<std::int64_t>(file_size) / values)
      throw SampleError(fmt::format("the header claims {} values, but the file has {} bytes only",
                                    describe_shape(shape), file_size));
    values *= length;
  }
  return values;
}

void check_version(std::string_view head) {
  if (!head.starts_with(magic)) throw SampleError("the file is no .npy file of NumPy");
  if (head.size() < preamble) damaged("it ends within its header");
  const auto major = static_cast<unsigned char>(head[6]);
  const auto minor = static_cast<unsigned char>(head[7]);
  if (major != 1 || minor != 0)
    throw SampleError(
        fmt::format("the .npy file has version {}.{} of the format, only 1.0 is read; save it with "
                    "numpy.save, as an array of plain numbers",
                    major, minor));
}

Layout layout_of(ByteSource& source) {
  const std::string_view head(reinterpret_cast<const char*>(source.head().data()),
                              source.head().size());
  check_version(head);
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(head[8])) |
                      static_cast<std::size_t>(static_cast<unsigned char>(head[9])) << 8U;
  std::string text(length, '\0');
  if (source.read(preamble, text.data(), length) != length)
    refuse(source, "the .npy file is damaged: it ends within its header");
  Layout layout{HeaderText(text).read(), preamble + length};
  auto& header = layout.header;
  const auto size = size_of(header.type);
  header.values = count_values(header.shape, source.size());
  const auto expected = layout.offset + static_cast<std::uint64_t>(header.values) * size;
  if (source.size() < expected)
    throw SampleError(fmt::format("the file is cut off: {} bytes belong to it, it has {}", expected,
                                  source.size()));
  if (source.size() > expected)
    throw SampleError(
        fmt::format("the file goes on after its array: {} bytes belong to it, it has "
                    "{}",
                    expected, source.size()));
  return layout;
}

template <typename Value>
float as_float(Value value) {
  const auto result = static_cast<float>(value);
  if constexpr (std::is_floating_point_v<Value>) {
    if (!std::isfinite(value)) throw SampleError("the array holds NaN or infinity");
    if (!std::isfinite(result))
      throw SampleError(fmt::format("{} is beyond the range of 32-bit floats", value));
  } else if (static_cast<long double>(result) != static_cast<long double>(value)) {
    throw SampleError(
        fmt::format("{} is not a 32-bit float; save x.astype('float32') to round", value));
  }
  return result;
}

template <typename Value>
std::vector<float> read_values(ByteSource& source, const Layout& layout) {
  constexpr std::size_t at_once = std::size_t{1} << 16U;
  std::vector<float> result;
  std::vector<Value> stored(at_once);
  auto left = static_cast<std::size_t>(layout.header.values);
  result.reserve(left);
  for (auto offset = layout.offset; left > 0;) {
    const auto count = std::min(left, at_once);
    if (source.read(offset, stored.data(), count * sizeof(Value)) != count * sizeof(Value))
      refuse(source, "the file is cut off");
    for (std::size_t i = 0; i < count; ++i) result.push_back(as_float(stored[i]));
    offset += count * sizeof(Value);
    left -= count;
  }
  return result;
}

std::string header_of(const std::vector<std::int64_t>& shape) {
  auto text = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                          fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  const auto whole = (preamble + text.size() + 1 + alignment - 1) / alignment * alignment;
  text.resize(whole - preamble - 1, ' ');
  text += '\n';
  return text;
}

}  // namespace

std::string describe_shape(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "1" : fmt::format("{}", fmt::join(shape, " x "));
}

NpyHeader peek_npy(const std::filesystem::path& path) {
  ByteSource source(path);
  return layout_of(source).header;
}

Tensor read_npy(const std::filesystem::path& path) {
  ByteSource source(path);
  auto layout = layout_of(source);
  const auto& type = layout.header.type;
  Tensor tensor;
  try {
    tensor.values = type == "<f4"   ? read_values<float>(source, layout)
                    : type == "<f8" ? read_values<double>(source, layout)
                    : type == "|u1" ? read_values<std::uint8_t>(source, layout)
                    : type == "<i4" ? read_values<std::int32_t>(source, layout)
                                    : read_values<std::int64_t>(source, layout);
  } catch (const std::bad_alloc&) {
    throw SampleError("there is not enough memory for the array's values; run fewer jobs");
  }
  tensor.shape = std::move(layout.header.shape);
  return tensor;
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  std::int64_t values = 1;
  for (const auto length : tensor.shape) values *= length;
  if (values != static_cast<std::int64_t>(tensor.values.size()))
    throw SampleError(fmt::format("the tensor has {} values, its shape ({}) asks for {}",
                                  tensor.values.size(), describe_shape(tensor.shape), values));
  if (!std::ranges::all_of(tensor.values, [](float v) { return std::isfinite(v); }))
    throw SampleError("the tensor holds NaN or infinity");
  const auto header = header_of(tensor.shape);
  const std::array<unsigned char, 4> after_magic{1, 0,
                                                 static_cast<unsigned char>(header.size() & 0xFFU),
                                                 static_cast<unsigned char>(header.size() >> 8U)};
  OutputFile file(path);
  file.write(magic.data(), magic.size());
  file.write(after_magic.data(), after_magic.size());
  file.write(header.data(), header.size());
  file.write(tensor.values.data(), tensor.values.size() * sizeof(float));
  file.finish();
}

}  // namespace smear::codec
