// SPDX-License-Identifier: Apache-2.0
#include "config/version.h"

#include <fmt/format.h>
#include <itkVersion.h>
#include <sqlite3.h>
#include <tbb/version.h>

#include <boost/program_options/value_semantic.hpp>
#include <boost/version.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <opencv2/core/version.hpp>

#include "cli/program.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;

po::options_description options() {
  po::options_description all;
  all.add_options()("verbose", po::bool_switch(), "also the libraries and where things are");
  return all;
}

int print_version(const Invocation& invocation) {
  std::cout << "smear " << version() << '\n';
  if (!invocation.options["verbose"].as<bool>()) return exit_done;
  const auto line = [](std::string_view name, const std::string& value) {
    std::cout << fmt::format("{:<12} {}\n", name, value);
  };
  line("compiler", __VERSION__);
  line("ITK", itk::Version::GetITKVersion());
  line("OpenCV", CV_VERSION);
  line("Boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                            BOOST_VERSION % 100));
  line("oneTBB", TBB_runtime_version());
  line("SQLite", sqlite3_libversion());
  line("prefix", prefix().string());
  return exit_done;
}

}  // namespace

Command version_command() {
  return {.name = "version",
          .summary = "Prints the version",
          .arguments = "[--verbose]",
          .details = "",
          .options = options,
          .positional_min = 0,
          .positional_max = 0,
          .run = print_version};
}

}  // namespace smear::cli
