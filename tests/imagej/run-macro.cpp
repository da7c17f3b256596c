// SPDX-License-Identifier: Apache-2.0
// Runs macros without images and writes what they print, for macro-language.py. Reads one JSON
// object a line from stdin, {"macro": TEXT}; answers with one a line, {"lines": [...], "error":
// TEXT}.
#include <iostream>
#include <nlohmann/json.hpp>

#include "imagej/macro/interpreter.h"
#include "imagej/macro/list-values.h"
#include "imagej/macro/macro-error.h"
#include "imagej/macro/parser.h"

namespace {

using namespace smear;

class Lines final : public imagej::Host {
 public:
  void save(const std::string&, const std::function<void(const std::filesystem::path&)>&) override {
    throw SampleError("nothing is saved here");
  }
  std::filesystem::path locate(const std::string& path) override { return path; }
  void print(const std::string& line) override { lines.push_back(line); }

  nlohmann::json lines = nlohmann::json::array();
};

nlohmann::json run(const std::string& macro) {
  Lines host;
  nlohmann::json answer;
  try {
    const auto program = imagej::parse_macro(macro, "case.ijm");
    std::vector<Diagnostic> problems;
    imagej::check_list_values(*program, problems);
    if (!problems.empty()) throw imagej::MacroError(std::move(problems));
    imagej::Session session;
    imagej::run_macro(*program, session, host, {});
  } catch (const Error& e) {
    answer["error"] = e.what();
  }
  answer["lines"] = std::move(host.lines);
  return answer;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);)
    std::cout << run(nlohmann::json::parse(line)["macro"].get<std::string>())
                     .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
              << std::endl;
}
