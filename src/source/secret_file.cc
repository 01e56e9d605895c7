#include "src/source/secret_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace maskpipe {
namespace {

using Clock = std::chrono::steady_clock;

Status Failed(const std::string& path, const std::string& why) {
  return Status::Source(path + ": " + why);
}

// N of /dev/fd/N and its other names; -1 where the path is none.
int DescriptorOf(std::string_view path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  for (std::string_view prefix : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(prefix)) continue;
    path.remove_prefix(prefix.size());
    int fd = -1;
    const auto [end, error] =
        std::from_chars(path.data(), path.data() + path.size(), fd);
    if (error == std::errc() && end == path.data() + path.size()) return fd;
  }
  return -1;
}

Status CheckMode(const std::string& path, const struct stat& st,
                 std::vector<Warning>* warnings) {
  if (S_ISDIR(st.st_mode)) {
    return Failed(path, "is a directory; dir:" + path + " reads its files");
  }
  if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode)) {
    return Failed(path, "is neither a regular file nor a FIFO");
  }
  if (!S_ISREG(st.st_mode)) return Status::Ok();
  if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Failed(path,
                  "others than its owner can write it; chmod go-w mends that");
  }
  if ((st.st_mode & S_IROTH) != 0) {
    warnings->emplace_back("readable-by-all", path + ": everybody can read it",
                           "chmod o-r mends that");
  }
  return Status::Ok();
}

// Waits until something can be read or the time is over.
bool WaitReadable(int fd, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd p{fd, POLLIN, 0};
    const int n = ::poll(&p, 1, static_cast<int>(left.count()));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return true;  // read(2) will tell
  }
}

}  // namespace

Result<Fd> OpenForReading(const std::string& path) {
  const int given = DescriptorOf(path);
  // A FIFO without a writer would block open(2) for ever.
  const int fd =
      given >= 0
          ? ::fcntl(given, F_DUPFD_CLOEXEC, 3)
          : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return Failed(path, std::strerror(errno));
  return Fd(fd);
}

Result<SecretFile> SecretFile::Read(const std::string& path,
                                    const SourceLimits& limits,
                                    std::vector<Warning>* warnings) {
  const auto deadline = Clock::now() + limits.timeout;
  Result<Fd> fd = OpenForReading(path);
  if (!fd.ok()) return fd.status();
  struct stat st;
  if (::fstat(fd->get(), &st) != 0) return Failed(path, std::strerror(errno));
  if (Status s = CheckMode(path, st, warnings); !s.ok()) return s;
  const std::string too_large = "is larger than " +
                                std::to_string(kLargestSecretFile >> 20) +
                                " MiB, which is no file of secrets";
  if (S_ISREG(st.st_mode) &&
      static_cast<uint64_t>(st.st_size) > kLargestSecretFile) {
    return Failed(path, too_large);
  }

  Buffer buffer;
  size_t size = 0;
  for (;;) {
    buffer.Reserve(size + 4096);
    if (!S_ISREG(st.st_mode) && !WaitReadable(fd->get(), deadline)) {
      return Failed(path, "nothing came within --source-timeout");
    }
    const ssize_t n =
        ::read(fd->get(), buffer.data() + size, buffer.capacity() - size);
    if (n < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      return Failed(path, std::strerror(errno));
    }
    if (n == 0) break;
    size += static_cast<size_t>(n);
    if (size > kLargestSecretFile) return Failed(path, too_large);
  }
  if (size == 0) return Failed(path, "is empty (0 bytes)");
  // The byte order mark that editors put before UTF-8 is no part of a secret.
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  std::string_view text(buffer.data(), size);
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  SecretFile file;
  file.text_ = file.arena_->Copy(text);
  return file;
}

}  // namespace maskpipe
