// SPDX-License-Identifier: Apache-2.0
#include "harness/run-output.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "harness/program.h"

namespace smear::test {
namespace {

std::vector<std::vector<std::string>> parse_fields(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += c;
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == '\n')) {
      row.push_back(std::exchange(field, {}));
      if (c == '\n') rows.push_back(std::exchange(row, {}));
    } else if (quoted || c != '\r') {
      field += c;
    }
  }
  if (quoted || !row.empty() || !field.empty()) {
    throw std::runtime_error("the CSV ends in the middle of a row");
  }
  return rows;
}

std::string quoted_for_comparison(const std::string& cell) {
  return std::to_string(cell.size()) + ":" + cell + ";";
}

std::string without_times(const std::string& samples) {
  const Csv csv = parse_csv(samples);
  std::string text;
  for (const auto& row : csv.rows) {
    for (const std::string& name : csv.header) {
      if (name != "seconds" && name != "started") text += quoted_for_comparison(row.at(name));
    }
    text += '\n';
  }
  return text;
}

std::uint32_t crc32(const std::string& bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (unsigned shift = 32; shift > 0;) bytes += static_cast<char>(value >> (shift -= 8));
  return bytes;
}

std::string little_endian(std::uint32_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8U * unsigned(i)));
  return bytes;
}

std::string png_chunk(const std::string& type, const std::string& data) {
  return big_endian(static_cast<std::uint32_t>(data.size())) + type + data +
         big_endian(crc32(type + data));
}

}  // namespace

std::vector<std::string> Csv::column(const std::string& name) const {
  std::vector<std::string> cells;
  for (const auto& row : rows) cells.push_back(row.at(name));
  return cells;
}

std::map<std::string, std::string> Csv::row(const std::string& column,
                                            const std::string& value) const {
  std::map<std::string, std::string> found;
  for (const auto& row : rows) {
    if (row.at(column) != value) continue;
    if (!found.empty()) return {};
    found = row;
  }
  return found;
}

Csv parse_csv(const std::string& text) {
  const auto fields = parse_fields(text);
  if (fields.empty()) throw std::runtime_error("the CSV has no header");
  Csv csv;
  csv.header = fields.front();
  for (std::size_t i = 1; i < fields.size(); ++i) {
    if (fields[i].size() != csv.header.size()) {
      throw std::runtime_error("row " + std::to_string(i) + " of the CSV has another length");
    }
    std::map<std::string, std::string> row;
    for (std::size_t j = 0; j < csv.header.size(); ++j) row[csv.header[j]] = fields[i][j];
    csv.rows.push_back(row);
  }
  return csv;
}

Csv samples_of(const std::filesystem::path& out) {
  return parse_csv(read_file(out / "samples.csv"));
}

std::map<std::string, std::string> files_under(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_directory()) continue;
    files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
  }
  return files;
}

std::map<std::string, std::string> lasting_output(const std::filesystem::path& out) {
  auto files = files_under(out);
  std::erase_if(files, [](const auto& file) {
    return file.first.starts_with(".smear/") || file.first == "run.json" ||
           file.first == "report.html";
  });
  if (const auto samples = files.find("samples.csv"); samples != files.end()) {
    samples->second = without_times(samples->second);
  }
  return files;
}

std::string difference(const std::map<std::string, std::string>& expected,
                       const std::map<std::string, std::string>& found) {
  std::string text;
  for (const auto& [name, bytes] : expected) {
    const auto other = found.find(name);
    if (other == found.end()) {
      text += "missing: " + name + "\n";
    } else if (other->second != bytes) {
      text += "different: " + name + " (" + std::to_string(bytes.size()) + " bytes expected, " +
              std::to_string(other->second.size()) + " found)\n";
    }
  }
  for (const auto& [name, bytes] : found) {
    if (!expected.contains(name)) text += "not expected: " + name + "\n";
  }
  return text;
}

std::string small_pipeline() {
  return R"(name: small
input: {include: ["*.jpg", "*.png", "*.tif", "*.bmp"]}
stages:
  - to-grey
  - gaussian-blur: {sigma: 1.5}
  - auto-threshold: {method: otsu, objects: dark}
  - fill-holes
  - watershed
  - measure: {min_area: 30}
  - save-table: {slot: objects, to: cells.csv}
  - overlay: {inputs: {image: source}}
)";
}

void make_smears(const std::filesystem::path& folder, int count, int edge, int seed) {
  const TemporaryFolder made;
  const std::string size = std::to_string(edge) + "x" + std::to_string(edge);
  const Outcome outcome = smear({"synth", (made / "s").string(), "--count", std::to_string(count),
                                 "--size", size, "--seed", std::to_string(seed), "--quiet"});
  if (outcome.exit_code != 0) throw std::runtime_error("smear synth: " + outcome.told());
  std::filesystem::create_directories(folder);
  std::filesystem::copy(made / "s/images", folder, std::filesystem::copy_options::recursive);
}

std::string npy_of(const std::vector<float>& values) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(values.size()) + ",), }";
  header.resize(117, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00\x76\x00", 10);
  bytes += header;
  const auto at = bytes.size();
  bytes.resize(at + values.size() * sizeof(float));
  std::memcpy(bytes.data() + at, values.data(), values.size() * sizeof(float));
  return bytes;
}

std::string png_that_claims(unsigned width, unsigned height) {
  const std::string header =
      big_endian(width) + big_endian(height) + std::string("\x08\x02\0\0\0", 5);
  const std::string data("\x78\x9c\x03\0\0\0\0\x01", 8);  // an empty zlib stream
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("IDAT", data) +
         png_chunk("IEND", "");
}

std::string grey_tiff(unsigned width, unsigned height, const std::vector<int>& levels) {
  std::string bytes = "II" + little_endian(42, 2) + little_endian(8, 4);
  constexpr std::uint32_t fields = 9;
  constexpr std::uint32_t directory_size = 2 + 12 * fields + 4;
  const std::uint32_t pixels = width * height;
  for (std::size_t page = 0; page < levels.size(); ++page) {
    const auto start = static_cast<std::uint32_t>(bytes.size());
    const std::uint32_t data = start + directory_size;
    const bool last = page + 1 == levels.size();
    const auto field = [](std::uint32_t tag, std::uint32_t value) {
      return little_endian(tag, 2) + little_endian(4, 2) + little_endian(1, 4) +
             little_endian(value, 4);  // a LONG; readers take it for a SHORT too
    };
    bytes += little_endian(fields, 2);
    bytes += field(256, width) + field(257, height) + field(258, 8) + field(259, 1);
    bytes += field(262, 1) + field(273, data) + field(277, 1) + field(278, height);
    bytes += field(279, pixels) + little_endian(last ? 0 : data + pixels, 4);
    bytes += std::string(pixels, static_cast<char>(levels[page]));
  }
  return bytes;
}

bool is_utf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80             ? 1
                               : (lead & 0xE0) == 0xC0 ? 2
                               : (lead & 0xF0) == 0xE0 ? 3
                               : (lead & 0xF8) == 0xF0 ? 4
                                                       : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t j = 1; j < length; ++j) {
      if ((static_cast<unsigned char>(text[i + j]) & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace smear::test
