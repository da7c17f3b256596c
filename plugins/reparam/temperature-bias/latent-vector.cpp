// SPDX-License-Identifier: Apache-2.0
#include "latent-vector.h"

#include <c10/util/StringUtil.h>
#include <smear/errors.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view npy_magic = "\x93NUMPY";

void check_length(const std::string& file, std::int64_t count, std::int64_t latent) {
  if (count != latent)
    throw smear::ConfigError(c10::str(file, " holds ", count, " numbers, but the model has ",
                                      latent, " latent dimensions; give one number for each"));
}

/// The next `length` bytes.
std::string read(std::istream& stream, std::size_t length, const std::string& file) {
  std::string bytes(length, '\0');
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(length)))
    throw smear::ConfigError(file + " ends too early; write it anew with numpy.save");
  return bytes;
}

/// The header of an `.npy` file, a Python dictionary; the stream stands behind the magic.
std::string read_header(std::istream& stream, const std::string& file) {
  const bool long_length = read(stream, 2, file)[0] > 1;
  std::size_t length = 0;
  std::size_t factor = 1;
  for (const char byte : read(stream, long_length ? 4 : 2, file)) {
    length += factor * static_cast<unsigned char>(byte);
    factor *= 256;
  }
  constexpr std::size_t longest = 1024;  // numpy.save makes 118
  if (length > longest) throw smear::ConfigError(file + " is damaged: its header is too long");
  return read(stream, length, file);
}

template <typename Number>
std::vector<double> numbers_in(const std::string& bytes) {
  static_assert(std::endian::native == std::endian::little);
  std::vector<double> values;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Number)) {
    Number number;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    values.push_back(static_cast<double>(number));
  }
  return values;
}

/// How many numbers the header of an array of one dimension tells of, or nothing.
std::optional<std::int64_t> length_in(std::string_view header) {
  constexpr std::string_view before = "'shape':(";
  const auto shape = header.find(before);
  if (shape == std::string_view::npos) return std::nullopt;
  header.remove_prefix(shape + before.size());
  std::int64_t length = 0;
  const auto [rest, error] = std::from_chars(header.data(), header.data() + header.size(), length);
  header.remove_prefix(static_cast<std::size_t>(rest - header.data()));
  if (error != std::errc() || !header.starts_with(",)")) return std::nullopt;
  return length;
}

std::vector<double> read_npy(std::istream& stream, const std::string& file, std::int64_t latent) {
  std::string header = read_header(stream, file);
  std::erase(header, ' ');
  const bool is_double = header.find("'descr':'<f8'") != std::string::npos;
  const bool is_float = header.find("'descr':'<f4'") != std::string::npos;
  // The order of the elements means nothing where there is one dimension.
  const auto length = length_in(header);
  if (is_double == is_float || !length)
    throw smear::ConfigError(file +
                             " must hold one dimension of float32 or float64, little-endian; write "
                             "it with numpy.save, after .astype('float32')");
  check_length(file, *length, latent);
  const std::string bytes =
      read(stream, static_cast<std::size_t>(latent) * (is_double ? 8 : 4), file);
  if (stream.peek() != std::char_traits<char>::eof())
    throw smear::ConfigError(file + " is damaged: bytes follow its " + std::to_string(latent) +
                             " numbers");
  return is_double ? numbers_in<double>(bytes) : numbers_in<float>(bytes);
}

std::vector<double> read_text(std::istream& stream, const std::string& file, std::int64_t latent) {
  std::vector<double> values;
  std::int64_t count = 0;
  constexpr int longest = 64;
  std::string word;
  for (stream.width(longest); stream >> word; stream.width(longest)) {
    ++count;
    const char* const begin = word.data() + (word.starts_with('+') ? 1 : 0);
    const char* const end = word.data() + word.size();
    double value = 0.0;
    const auto [rest, error] = std::from_chars(begin, end, value);
    if (error != std::errc() || rest != end) {
      std::ranges::replace_if(
          word, [](char c) { return c < ' ' || c > '~'; }, '?');
      throw smear::ConfigError(c10::str(file, ": number ", count, " is '", word,
                                        "', which is none; write numbers with white space between "
                                        "them, or an .npy file"));
    }
    if (count <= latent) values.push_back(value);
  }
  check_length(file, count, latent);
  return values;
}

}  // namespace

std::vector<double> read_latent_vector(const std::string& file, std::int64_t latent) {
  std::error_code failure;
  std::ifstream stream(file, std::ios::binary);
  if (!std::filesystem::is_regular_file(file, failure) || !stream)
    throw smear::ConfigError(file + " is no file that can be read");
  std::string magic(npy_magic.size(), '\0');
  stream.read(magic.data(), static_cast<std::streamsize>(magic.size()));
  const bool is_npy = stream && magic == npy_magic;
  if (!is_npy) {
    stream.clear();
    stream.seekg(0);
  }
  auto values = is_npy ? read_npy(stream, file, latent) : read_text(stream, file, latent);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw smear::ConfigError(c10::str(file, ": number ", i + 1, " is not finite"));
  return values;
}
