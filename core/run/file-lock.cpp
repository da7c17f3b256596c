// SPDX-License-Identifier: Apache-2.0
#include "run/file-lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "smear/errors.h"

namespace smear {

FileLock::FileLock(const std::filesystem::path& file, const std::string& busy)
    : descriptor_(::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0)
    throw RunError(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
  if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    throw ConfigError(busy);
  }
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace smear
