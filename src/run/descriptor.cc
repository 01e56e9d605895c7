#include "src/run/descriptor.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace maskpipe {

void WaitFor(int fd, short events) {
  pollfd p{fd, events, 0};
  (void)::poll(&p, 1, -1);
}

void WidenPipe(int fd, size_t bytes) {
  const int size = ::fcntl(fd, F_GETPIPE_SZ);
  if (size > 0 && static_cast<size_t>(size) < bytes) {
    (void)::fcntl(fd, F_SETPIPE_SZ, static_cast<int>(bytes));
  }
}

Status DescriptorWriter::Write(std::span<const std::string_view> pieces) {
  std::vector<iovec>& v = vectors_;
  v.clear();
  for (std::string_view p : pieces) {
    v.push_back({const_cast<char*>(p.data()), p.size()});
  }
  for (size_t first = 0; first < v.size();) {
    const size_t count = std::min<size_t>(v.size() - first, IOV_MAX);
    const ssize_t n = ::writev(fd_, &v[first], static_cast<int>(count));
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) {
        WaitFor(fd_, POLLOUT);
        continue;
      }
      closed_ = errno == EPIPE;
      return Status::Io(name_ + ": " + std::strerror(errno));
    }
    // A short write: what is left of the pieces goes next.
    size_t left = static_cast<size_t>(n);
    while (first < v.size() && left >= v[first].iov_len) {
      left -= v[first++].iov_len;
    }
    if (left > 0) {
      v[first].iov_base = static_cast<char*>(v[first].iov_base) + left;
      v[first].iov_len -= left;
    }
  }
  return Status::Ok();
}

}  // namespace maskpipe
