#include "src/run/added.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "src/report/log.h"
#include "src/run/load.h"

namespace maskpipe {
namespace {

constexpr size_t kLargestValue = size_t{64} << 10;
constexpr size_t kMostValues = 10000;
constexpr size_t kMostChannels = 64;
constexpr size_t kMostDescriptors = 8;  // in one message

bool IsSocket(int fd) {
  struct stat st = {};
  return ::fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

// The descriptors that came with a message.
std::vector<Fd> DescriptorsOf(msghdr* message) {
  std::vector<Fd> found;
  for (cmsghdr* c = CMSG_FIRSTHDR(message); c != nullptr;
       c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      found.emplace_back(fd);
    }
  }
  return found;
}

}  // namespace

AddedSecrets::AddedSecrets(MaskOptions options, bool masks)
    : options_(std::move(options)), masks_(masks) {
  options_.detectors = nullptr;  // the large set's see the same text
}

Status AddedSecrets::Open(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) {
    return Status::Usage("option add-fd: descriptor " + std::to_string(fd) +
                         " is not open for reading");
  }
  channels_.push_back({.fd = fd});
  return Status::Ok();
}

Status AddedSecrets::Listen(Fd socket) {
  events_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{EPOLLIN, {}};
  if (!events_.valid() ||
      ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, socket.get(), &event) != 0) {
    return Status::Io(std::string("the socket for added secrets: ") +
                      std::strerror(errno));
  }
  const int fd = socket.get();
  channels_.push_back({.fd = fd, .owned = std::move(socket), .socket = true});
  return Status::Ok();
}

Status AddedSecrets::Take() {
  const std::lock_guard lock(mutex_);
  return TakeLocked();
}

Status AddedSecrets::Take(Stream* stream, uint64_t* seen) {
  const std::lock_guard lock(mutex_);
  if (Status s = TakeLocked(); !s.ok()) return s;
  if (version_ == *seen) return Status::Ok();
  *seen = version_;
  std::vector<std::shared_ptr<const CompiledSet>> sets;
  for (const Level& level : levels_) sets.push_back(level.set);
  return stream->SetAdded(std::move(sets));
}

// 1 read and split what is there, 2 compile what is new, 3 answer.
Status AddedSecrets::TakeLocked() {
  if (!status_.ok()) return status_;  // what was lost stays lost
  // Made for the first value: a store has an arena, and this runs for every
  // piece of the log.
  Batch batch;
  // Accept() puts new ones at the end, where this loop meets them.
  for (Channel& channel : channels_) {  // 1
    status_ = Drain(&channel, &batch);
    if (!status_.ok()) return status_;
  }
  if (masks_ && batch.has_value()) status_ = Compile(*batch);  // 2
  if (!status_.ok()) return status_;
  channels_.remove_if([this](const Channel& c) {  // 3
    if (!c.ended) return false;
    if (c.answers && !c.refused) {
      (void)::send(c.fd, &kAddedAnswer, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    // Closing is not enough where the other side has a copy.
    if (c.owned.valid()) {
      (void)::epoll_ctl(events_.get(), EPOLL_CTL_DEL, c.fd, nullptr);
    }
    return true;
  });
  return Status::Ok();
}

// All that a channel holds now.
Status AddedSecrets::Drain(Channel* channel, Batch* batch) {
  while (!channel->ended) {
    channel->buffer.Reserve(channel->size + kLargestValue);
    const ssize_t n =
        channel->socket || channel->answers ? Receive(channel) : Read(channel);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return Status::Ok();
    if (n < 0 && !channel->answers && errno != ECONNRESET) {
      return Status::Io(std::string("the descriptor of added secrets: ") +
                        std::strerror(errno));
    }
    if (n > 0) channel->size += static_cast<size_t>(n);
    channel->ended = n <= 0;  // nobody is left who could write
    Status s = Split(channel, batch);
    if (s.ok()) continue;
    if (!channel->answers) return s;
    Log::Warn(s.message() + " (refused)");
    channel->ended = channel->refused = true;
  }
  return Status::Ok();
}

// A lent descriptor may be anything, and blocking.
ssize_t AddedSecrets::Read(Channel* c) {
  pollfd p{c->fd, POLLIN, 0};
  const int ready = ::poll(&p, 1, 0);
  if (ready < 0) return -1;
  if (ready == 0) {
    errno = EAGAIN;
    return -1;
  }
  return ::read(c->fd, c->buffer.data() + c->size,
                c->buffer.capacity() - c->size);
}

ssize_t AddedSecrets::Receive(Channel* c) {
  iovec bytes{c->buffer.data() + c->size, c->buffer.capacity() - c->size};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptors * sizeof(int))];
  msghdr message = {};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t n = ::recvmsg(c->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n <= 0) return n;
  std::vector<Fd> descriptors = DescriptorsOf(&message);
  if (descriptors.empty()) return n;
  // The kernel ends a read behind bytes that carry descriptors: the last byte
  // came with them and belongs to no value.
  for (Fd& fd : descriptors) {
    if (c->socket) Accept(std::move(fd));
  }
  if (n > 1) return n - 1;
  errno = EINTR;  // nothing of a value came, and more may
  return -1;
}

void AddedSecrets::Accept(Fd socket) {
  epoll_event event{EPOLLIN, {}};
  if (!IsSocket(socket.get()) || channels_.size() >= kMostChannels ||
      ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, socket.get(), &event) != 0) {
    return;  // closed, so its writer knows that nothing was added
  }
  const int fd = socket.get();
  channels_.push_back({.fd = fd, .owned = std::move(socket), .answers = true});
}

// Moves whole values out of the buffer; at the end, the last one needs no NUL.
Status AddedSecrets::Split(Channel* channel, Batch* batch) {
  char* const data = channel->buffer.data();
  size_t begin = 0;
  while (begin < channel->size) {
    const char* at = data + begin;
    const void* nul = std::memchr(at, 0, channel->size - begin);
    const size_t length =
        nul != nullptr ? static_cast<size_t>(static_cast<const char*>(nul) - at)
                       : channel->size - begin;
    if (length > kLargestValue) {
      return Status::Io(
          "an added secret is larger than 64 KiB; what cannot be masked is "
          "not printed");
    }
    if (nul == nullptr && !channel->ended) break;
    if (++taken_ > kMostValues) {  // empty ones count: a flood must end
      return Status::Io(
          "more than 10000 secrets were added; what cannot be masked is not "
          "printed");
    }
    if (length > 0) {
      if (!batch->has_value()) batch->emplace();
      (*batch)->Add({.name = "added/" + std::to_string(taken_),
                     .origin = "add-fd",
                     .open = false,
                     .certain = true},
                    {at, length});
    }
    begin += length + (nul != nullptr ? 1 : 0);
  }
  std::memmove(data, data + begin, channel->size - begin);
  Wipe(data + channel->size - begin, begin);
  channel->size -= begin;
  return Status::Ok();
}

Status AddedSecrets::Compile(const SecretStore& batch) {
  Level level;
  for (const Secret& s : batch.secrets()) level.store.Add(s, s.value);
  while (!levels_.empty() && levels_.back().store.secrets().size() <=
                                 level.store.secrets().size()) {
    for (const Secret& s : levels_.back().store.secrets()) {
      level.store.Add(s, s.value);
    }
    levels_.pop_back();
  }
  auto set = CompileLater(level.store, options_);
  if (!set.ok()) return Status::Io(set.status().message());
  // Of a level that took in older values only the new ones, which stand first,
  // are worth a word.
  for (const std::string& c : Concerns(**set, batch.secrets().size())) {
    Log::Warn(c);
  }
  level.set = *set;
  levels_.push_back(std::move(level));
  ++version_;
  return Status::Ok();
}

}  // namespace maskpipe
