// SPDX-License-Identifier: Apache-2.0
#include "harness/program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace smear::test {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void drop_rights() {
  const passwd* nobody = getpwnam("nobody");
  if (nobody == nullptr || setgid(nobody->pw_gid) != 0 || setuid(nobody->pw_uid) != 0) _exit(126);
}

[[noreturn]] void become(const std::vector<std::string>& command, const Conditions& conditions) {
  if (!conditions.folder.empty() && chdir(conditions.folder.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : conditions.environment) {
    setenv(name.c_str(), value.c_str(), 1);
  }
  if (conditions.file_size_limit > 0) {
    const rlimit limit{static_cast<rlim_t>(conditions.file_size_limit),
                       static_cast<rlim_t>(conditions.file_size_limit)};
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);  // so that a write fails, as it does on a full disk
  }
  if (conditions.as_nobody) drop_rights();
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

struct Child {
  pid_t pid = -1;
  std::array<int, 2> streams{-1, -1};  ///< to read its output and its errors from
};

Child start_on_terminal(const std::vector<std::string>& command, const Conditions& conditions) {
  Child child;
  winsize size{};
  size.ws_col = 100;
  size.ws_row = 30;
  child.pid = forkpty(child.streams.data(), nullptr, nullptr, &size);
  if (child.pid < 0) fail("forkpty");
  if (child.pid == 0) become(command, conditions);
  return child;
}

Child start_on_pipes(const std::vector<std::string>& command, const Conditions& conditions) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) fail("pipe");
  Child child;
  child.pid = fork();
  if (child.pid < 0) fail("fork");
  if (child.pid == 0) {
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    become(command, conditions);
  }
  close(out[1]);
  close(err[1]);
  child.streams = {out[0], err[0]};
  return child;
}

/// Reads what is there; closes the stream at its end.
void drain(int& stream, std::string& text) {
  std::array<char, 65536> buffer{};
  const ssize_t count = read(stream, buffer.data(), buffer.size());
  if (count > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || errno != EINTR) {  // a terminal ends with EIO
    close(stream);
    stream = -1;
  }
}

bool exists_now(const std::filesystem::path& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

}  // namespace

std::string Outcome::told() const {
  return "exit code " + std::to_string(exit_code) + ", signal " + std::to_string(signal) +
         (timed_out ? ", timed out" : "") + "\n--- standard output\n" + out +
         "\n--- standard error\n" + err;
}

Outcome run_program(const std::vector<std::string>& command, const Conditions& conditions) {
  const auto start = Clock::now();
  Child child = conditions.terminal ? start_on_terminal(command, conditions)
                                    : start_on_pipes(command, conditions);
  Outcome outcome;
  int status = 0;
  bool ended = false;
  bool killed = false;
  // Streams may outlive the program where it left a child behind: wait for both, then no longer.
  while (!ended || child.streams[0] >= 0 || child.streams[1] >= 0) {
    std::array<pollfd, 2> polled{pollfd{child.streams[0], POLLIN, 0},
                                 pollfd{child.streams[1], POLLIN, 0}};
    poll(polled.data(), polled.size(), 1);
    if (polled[0].revents != 0) drain(child.streams[0], outcome.out);
    if (polled[1].revents != 0) drain(child.streams[1], outcome.err);
    if (!ended && waitpid(child.pid, &status, WNOHANG) == child.pid) ended = true;
    const auto passed = Clock::now() - start;
    if (!ended && conditions.act && !outcome.acted && passed >= conditions.delay &&
        (conditions.awaited.empty() || exists_now(conditions.awaited))) {
      outcome.acted = true;
      conditions.act(child.pid);
    }
    if (passed > conditions.timeout) {
      if (killed) break;
      outcome.timed_out = killed = true;
      kill(child.pid, SIGKILL);
    }
  }
  for (const int stream : child.streams) {
    if (stream >= 0) close(stream);
  }
  if (!ended) waitpid(child.pid, &status, 0);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return outcome;
}

std::filesystem::path smear_path() { return SMEAR_PROGRAM; }

Outcome smear(std::vector<std::string> arguments, const Conditions& conditions) {
  arguments.insert(arguments.begin(), smear_path().string());
  return run_program(arguments, conditions);
}

std::function<void(pid_t)> send(int signal) {
  return [signal](pid_t pid) { kill(pid, signal); };
}

bool is_root() { return geteuid() == 0; }

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "smear-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) fail("mkdtemp");
  path_ = std::filesystem::canonical(name);
  chmod(path_.c_str(), 0755);  // tests of permissions run the program as nobody
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  if (!ignored) return;
  // A test took permissions away: give them back first.
  run_program({"chmod", "-R", "u+rwX", path_.string()});
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& file, const std::string& bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace smear::test
