// SPDX-License-Identifier: Apache-2.0
#include "codec/output-file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "smear/errors.h"

namespace smear::codec {
namespace {

constexpr std::size_t kBufferSize = 256 * 1024;

RunError cannot_write(const std::filesystem::path& path, int error) {
  return RunError("cannot write " + path.string() + ": " + std::generic_category().message(error));
}

}  // namespace

OutputFile::OutputFile(std::filesystem::path path) : path_(std::move(path)), buffer_(kBufferSize) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw cannot_write(path_, errno);
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool OutputFile::flush() noexcept {
  std::size_t done = 0;
  while (done < pending_ && error_ == 0) {
    const ssize_t put = ::pwrite(descriptor_, buffer_.data() + done, pending_ - done,
                                 static_cast<off_t>(position_ + done));
    if (put > 0) done += static_cast<std::size_t>(put);
    // A write of nothing would otherwise be tried for ever.
    if (put == 0) error_ = ENOSPC;
    if (put < 0 && errno != EINTR) error_ = errno;
  }
  position_ += pending_;
  size_ = std::max(size_, position_);
  pending_ = 0;
  return error_ == 0;
}

bool OutputFile::write(const void* bytes, std::size_t count) noexcept {
  const auto* from = static_cast<const unsigned char*>(bytes);
  while (count > 0 && error_ == 0) {
    const std::size_t part = std::min(count, buffer_.size() - pending_);
    std::memcpy(buffer_.data() + pending_, from, part);
    pending_ += part;
    from += part;
    count -= part;
    if (pending_ == buffer_.size()) flush();
  }
  return error_ == 0;
}

std::size_t OutputFile::read(void* to, std::size_t count) noexcept {
  if (!flush()) return 0;
  const ssize_t got = ::pread(descriptor_, to, count, static_cast<off_t>(position_));
  if (got < 0) {
    error_ = errno;
    return 0;
  }
  position_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

void OutputFile::seek(std::uint64_t offset) noexcept {
  if (offset == position()) return;
  flush();
  position_ = offset;
}

std::uint64_t OutputFile::size() noexcept { return std::max(size_, position()); }

void OutputFile::finish() {
  flush();
  const int descriptor = std::exchange(descriptor_, -1);
  // Network file systems report a full disk only now.
  if (::close(descriptor) != 0 && error_ == 0) error_ = errno;
  if (error_ != 0) throw cannot_write(path_, error_);
}

}  // namespace smear::codec
