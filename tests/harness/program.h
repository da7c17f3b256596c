// SPDX-License-Identifier: Apache-2.0
// Runs the built program `smear`, or another one, in a child process, as a user's shell would.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace smear::test {

struct Outcome {
  int exit_code = -1;  ///< -1 where a signal ended the program
  int signal = 0;      ///< the signal that ended it, or 0
  bool timed_out = false;
  bool acted = false;  ///< whether Conditions::act was called before the end
  std::string out;     ///< on a terminal: everything, standard error too
  std::string err;
  double seconds = 0;

  /// Everything, for the message of a failed expectation.
  std::string told() const;
};

struct Conditions {
  std::filesystem::path folder = {};                    ///< working folder; the test's unless given
  std::map<std::string, std::string> environment = {};  ///< beside the test's own
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
  bool terminal = false;     ///< standard streams are a pseudo-terminal of 100 columns
  bool as_nobody = false;    ///< drop root's rights first
  long file_size_limit = 0;  ///< bytes; writes beyond it fail as on a full disk

  /// Called once, `delay` after the start and after `awaited` (if given) exists.
  std::function<void(pid_t)> act = {};
  std::chrono::milliseconds delay{0};
  std::filesystem::path awaited = {};
};

/// Runs `command[0]` with the rest as arguments, without a shell.
Outcome run_program(const std::vector<std::string>& command, const Conditions& conditions = {});

/// Runs `smear` with these arguments.
Outcome smear(std::vector<std::string> arguments, const Conditions& conditions = {});

std::filesystem::path smear_path();

/// For Conditions::act.
std::function<void(pid_t)> send(int signal);

bool is_root();

/// A folder that goes away, with everything in it, at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& file);
/// Makes the folders above it as well; replaces a file that is there.
void write_file(const std::filesystem::path& file, const std::string& bytes);

}  // namespace smear::test
