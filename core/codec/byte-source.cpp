// SPDX-License-Identifier: Apache-2.0
#include "codec/byte-source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "smear/errors.h"

namespace smear::codec {
namespace {

constexpr std::size_t kHeadSize = 64 * 1024;

std::string reason_of(int error) { return std::generic_category().message(error); }

SampleError cannot_open(const std::filesystem::path& path, int error) {
  std::error_code ignored;
  if (error == ENOENT && std::filesystem::is_symlink(path, ignored))
    return SampleError("the symbolic link points to a file that does not exist: " +
                       std::filesystem::read_symlink(path, ignored).string());
  if (error == EACCES)
    return SampleError("the file cannot be opened: permission denied; check its access rights");
  return SampleError("the file cannot be opened: " + reason_of(error));
}

}  // namespace

ByteSource::ByteSource(const std::filesystem::path& path) {
  // Opening a named pipe would wait for a writer.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw cannot_open(path, errno);
  struct stat status {};
  const int failed = ::fstat(descriptor_, &status);
  std::string problem;
  if (failed != 0)
    problem = "the file cannot be examined: " + reason_of(errno);
  else if (S_ISDIR(status.st_mode))
    problem = "this is a directory, not an image file";
  else if (!S_ISREG(status.st_mode))
    problem = "this is not a regular file";
  else if (status.st_size == 0)
    problem = "the file holds 0 bytes; copy or export it again";
  if (problem.empty()) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    buffer_.resize(std::min<std::uint64_t>(size_, kHeadSize));
    const std::size_t got =
        read_file(0, reinterpret_cast<unsigned char*>(buffer_.data()), buffer_.size());
    buffer_.resize(got);
    head_ = buffer_;
    if (got == 0) problem = "the file cannot be read: " + reason_of(error_ != 0 ? error_ : EIO);
  }
  if (!problem.empty()) {
    ::close(descriptor_);
    throw SampleError(problem);
  }
}

ByteSource::ByteSource(std::span<const std::byte> bytes) : size_(bytes.size()), head_(bytes) {
  if (bytes.empty()) throw SampleError("the file holds 0 bytes; copy or export it again");
}

ByteSource::~ByteSource() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t ByteSource::read(std::uint64_t offset, void* to, std::size_t count) noexcept {
  auto* out = static_cast<unsigned char*>(to);
  std::size_t done = 0;
  if (offset < head_.size()) {
    done = std::min<std::size_t>(count, head_.size() - static_cast<std::size_t>(offset));
    std::memcpy(out, head_.data() + offset, done);
  }
  if (done == count || descriptor_ < 0) return done;
  return done + read_file(offset + done, out + done, count - done);
}

std::size_t ByteSource::read_file(std::uint64_t offset, unsigned char* to,
                                  std::size_t count) noexcept {
  if (offset >= size_) return 0;
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got =
        ::pread(descriptor_, to + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && error_ == 0) error_ = errno;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void refuse(const ByteSource& source, const std::string& reason) {
  if (source.error() != 0)
    throw SampleError("the file cannot be read: " + reason_of(source.error()));
  throw SampleError(reason);
}

}  // namespace smear::codec
