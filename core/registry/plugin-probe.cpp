// SPDX-License-Identifier: Apache-2.0
#include "registry/plugin-probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "registry/plugin-library.h"
#include "smear/errors.h"

namespace smear {
namespace {

using Clock = std::chrono::steady_clock;

// What the child writes: one letter as it enters each step, then the result.
constexpr char opening = 'o';
constexpr char registering = 'r';
constexpr char describing = 'd';
constexpr char refused = '!';
constexpr char accepted = '=';

/// A file descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(value_); }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

void write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(to, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(1);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// A plugin that fails must die as plugins do, whatever handlers the program or a sanitizer has
/// installed; it must not write into the program's output, nor leave a core file.
void isolate() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGPIPE})
    std::signal(signal, SIG_DFL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, stream);
}

[[noreturn]] void try_in_child(const std::filesystem::path& path, int to) {
  isolate();
  const auto enter = [to](char step) { write_all(to, {&step, 1}); };
  try {
    enter(opening);
    const PluginLibrary library(path);
    enter(registering);
    const PluginContents contents = library.contents();
    enter(describing);
    const std::string result = to_json(manifest_of(library.descriptor(), contents));
    enter(accepted);
    write_all(to, result);
  } catch (const std::exception& error) {
    enter(refused);
    write_all(to, error.what());
  }
  // Neither the plugin's destructors nor the program's are to run here.
  ::_exit(0);
}

/// All that the child writes; false where it did not end in time.
bool read_all(int from, Clock::time_point deadline, std::string& bytes) {
  std::array<char, 65536> buffer{};
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{from, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return false;
    const ssize_t count = ::read(from, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

/// The child's end, within the same time: one that closed the pipe may still be running.
bool wait_for(pid_t child, Clock::time_point deadline, int& status) {
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) return true;
    if (Clock::now() >= deadline) return false;
    ::usleep(500);
  }
}

std::string_view doing(char step) {
  switch (step) {
    case registering: return "registering";
    case describing: return "describing its options";
    default: return "being opened";
  }
}

std::string signal_name(int signal) {
  std::string name = ::strsignal(signal);
  if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z')
    name[0] = static_cast<char>(name[0] - 'A' + 'a');
  return name;
}

ProbeResult judge(const std::string& bytes, int status) {
  const auto end = bytes.find_first_not_of({opening, registering, describing});
  if (end != std::string::npos && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    const std::string text = bytes.substr(end + 1);
    if (bytes[end] == refused) return {std::nullopt, text};
    try {
      return {manifest_from_json(text), ""};
    } catch (const PluginError& error) {
      return {std::nullopt, fmt::format("cannot be described: {}", error.what())};
    }
  }
  const auto steps = bytes.substr(0, end);
  const auto step = doing(steps.empty() ? opening : steps.back());
  if (WIFSIGNALED(status))
    return {std::nullopt, fmt::format("crashed while {}: {}", step, signal_name(WTERMSIG(status)))};
  return {std::nullopt,
          fmt::format("ended the program while {} (exit code {})", step, WEXITSTATUS(status))};
}

}  // namespace

ProbeResult probe_plugin(const std::filesystem::path& library, std::chrono::milliseconds patience) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw RunError(fmt::format("cannot try plugin {}: {}", library.string(), std::strerror(errno)));
  const Descriptor from(ends[0]);
  pid_t child = 0;
  {
    const Descriptor to(ends[1]);
    // Else what is still buffered would be written twice where the plugin calls exit().
    std::fflush(nullptr);
    child = ::fork();
    if (child == 0) try_in_child(library, to.get());
    if (child < 0)
      throw RunError(
          fmt::format("cannot try plugin {}: {}", library.string(), std::strerror(errno)));
  }
  const auto deadline = Clock::now() + patience;
  std::string bytes;
  int status = 0;
  if (read_all(from.get(), deadline, bytes) && wait_for(child, deadline, status))
    return judge(bytes, status);
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return {std::nullopt, fmt::format("did not finish {} within {} s",
                                    doing(bytes.empty() ? opening : bytes.back()),
                                    static_cast<double>(patience.count()) / 1000.0)};
}

}  // namespace smear
