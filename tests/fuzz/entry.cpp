// SPDX-License-Identifier: Apache-2.0
// Gives inputs to a target's fuzz_one: those that libFuzzer makes, or, built without it, those in
// the files and folders named on the command line.
#include "fuzz/fuzz.h"
#include "smear/errors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    fuzz_one(std::as_bytes(std::span(data, size)));
  } catch (const smear::Error&) {
    // Refusing what is damaged is right.
  }
  return 0;
}

#ifndef SMEAR_LIBFUZZER
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

std::vector<char> content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void run(const std::vector<char>& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

/// The file, every beginning of it, and it with every byte changed: what damage mostly is.
void run_damaged(std::vector<char> input) {
  run(input);
  const std::size_t step = std::max<std::size_t>(1, input.size() / 512);
  for (std::size_t i = 0; i < input.size(); i += step) {
    run({input.begin(), input.begin() + static_cast<std::ptrdiff_t>(i)});
    const char before = input[i];
    for (const int value : {0, 0x7F, 0x80, 0xFF}) {
      input[i] = static_cast<char>(value);
      run(input);
    }
    input[i] = before;
  }
}

}  // namespace

int main(int count, char** arguments) {
  int inputs = 0;
  for (int i = 1; i < count; ++i) {
    std::vector<std::filesystem::path> files{arguments[i]};
    if (std::filesystem::is_directory(files[0]))
      files.assign(std::filesystem::directory_iterator(files[0]), {});
    for (const auto& file : files) {
      run_damaged(content_of(file));
      ++inputs;
    }
  }
  std::printf("%d inputs\n", inputs);
  return inputs == 0 ? 1 : 0;
}
#endif
