// Reading and writing of descriptors that others may share: never made
// non-blocking by us, and waited for where others made them so.

#pragma once

#include <poll.h>
#include <sys/uio.h>

#include <vector>

#include "src/stream/stream.h"

namespace maskpipe {

// Waits for poll(2) events, however long it takes.
void WaitFor(int fd, short events);

// Makes a pipe hold `bytes` at least: larger ones mean fewer switches between
// the processes at both ends. What is no pipe, or may not grow, stays as it is.
void WidenPipe(int fd, size_t bytes);

// Writes to a descriptor with writev(2), all of it. A message of failure
// begins with `name`.
class DescriptorWriter : public Sink {
 public:
  DescriptorWriter(int fd, std::string name)
      : fd_(fd), name_(std::move(name)) {}

  Status Write(std::span<const std::string_view> pieces) override;

  // Whether a write failed because nobody reads any more.
  bool closed() const { return closed_; }

 private:
  int fd_;
  std::string name_;
  bool closed_ = false;
  std::vector<iovec> vectors_;
};

}  // namespace maskpipe
