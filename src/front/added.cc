#include "src/front/added.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "src/front/front.h"
#include "src/report/log.h"

namespace maskpipe {
namespace {

constexpr size_t kLargestValue = size_t{64} << 10;
constexpr size_t kMostValues = 10000;

}  // namespace

AddedSecrets::AddedSecrets(int fd, MaskOptions options)
    : fd_(fd), options_(std::move(options)) {
  options_.detectors = nullptr;  // the large set's see the same text
}

Status AddedSecrets::Check() const {
  if (fd_ < 0) return Status::Ok();
  const int flags = ::fcntl(fd_, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) {
    return Status::Usage("option add-fd: descriptor " + std::to_string(fd_) +
                         " is not open for reading");
  }
  return Status::Ok();
}

// 1 read and split what is there, 2 compile what is new, 3 hand it over.
Status AddedSecrets::Take(Stream* stream) {
  SecretStore batch;
  while (fd_ >= 0) {  // 1
    pollfd p{fd_, POLLIN, 0};
    const int n = ::poll(&p, 1, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    bool more = false;
    if (Status s = Read(&more); !s.ok()) return s;
    if (Status s = Split(&batch, !more); !s.ok()) return s;
    if (!more) fd_ = -1;  // nobody is left who could write
  }
  if (batch.empty()) return Status::Ok();
  if (Status s = Compile(batch); !s.ok()) return s;      // 2
  std::vector<std::shared_ptr<const CompiledSet>> sets;  // 3
  for (const Level& level : levels_) sets.push_back(level.set);
  return stream->SetAdded(std::move(sets));
}

// One read; *any is false at the end of the descriptor.
Status AddedSecrets::Read(bool* any) {
  buffer_.Reserve(size_ + kLargestValue);
  const ssize_t n =
      ::read(fd_, buffer_.data() + size_, buffer_.capacity() - size_);
  *any = n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
  if (n < 0 && !*any) {
    return Status::Io(std::string("option add-fd: ") + std::strerror(errno));
  }
  if (n > 0) size_ += static_cast<size_t>(n);
  return Status::Ok();
}

// Moves whole values out of the buffer; at the end, the last one needs no NUL.
Status AddedSecrets::Split(SecretStore* batch, bool ended) {
  size_t begin = 0;
  while (begin < size_) {
    const char* at = buffer_.data() + begin;
    const void* nul = std::memchr(at, 0, size_ - begin);
    const size_t length =
        nul != nullptr ? static_cast<size_t>(static_cast<const char*>(nul) - at)
                       : size_ - begin;
    if (length > kLargestValue) {
      return Status::Io(
          "an added secret is larger than 64 KiB; nothing more "
          "is printed, since it could not be masked");
    }
    if (nul == nullptr && !ended) break;
    if (++taken_ > kMostValues) {  // empty ones count: a flood must end
      return Status::Io(
          "more than 10000 secrets were added; nothing more is "
          "printed, since they could not be masked");
    }
    if (length > 0) {
      batch->Add({.name = "added/" + std::to_string(taken_),
                  .origin = "add-fd",
                  .open = false,
                  .certain = true},
                 {at, length});
    }
    begin += length + (nul != nullptr ? 1 : 0);
  }
  std::memmove(buffer_.data(), buffer_.data() + begin, size_ - begin);
  Wipe(buffer_.data() + size_ - begin, begin);
  size_ -= begin;
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
  // The mask was chosen before this secret was known: one that would print it
  // gives way to another.
  Status status;
  for (const char* mask :
       {options_.mask.c_str(), "***", "[masked]", "######"}) {
    MaskOptions options = options_;
    options.mask = mask;
    auto set = CompiledSet::Compile(level.store, options);
    if (set.ok()) {
      // Of a level that took in older values only the new ones, which stand
      // first, are worth a word.
      for (const std::string& c : Concerns(**set, batch.secrets().size())) {
        Log::Warn(c);
      }
      level.set = *set;
      levels_.push_back(std::move(level));
      return Status::Ok();
    }
    status = set.status();
  }
  return Status::Io(status.message());
}

}  // namespace maskpipe
