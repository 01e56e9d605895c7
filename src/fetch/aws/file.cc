#include "src/fetch/aws/file.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "src/base/arena.h"

namespace maskpipe::aws {
namespace {

Status Failed(const std::string& path, const std::string& why) {
  return Status::Source(path + ": " + why);
}

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

// The home directory of a user; of ours where the name is empty.
std::optional<std::string> HomeOf(const std::string& user) {
  std::vector<char> buffer(16384);
  passwd entry;
  passwd* found = nullptr;
  const int error = user.empty()
                        ? ::getpwuid_r(::getuid(), &entry, buffer.data(),
                                       buffer.size(), &found)
                        : ::getpwnam_r(user.c_str(), &entry, buffer.data(),
                                       buffer.size(), &found);
  if (error != 0 || found == nullptr) return std::nullopt;
  return std::string(found->pw_dir);
}

}  // namespace

Result<std::optional<SecretString>> ReadFile(const std::string& path) {
  // A FIFO without a writer would block open(2) for ever.
  const Fd fd(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENXIO) {
      return std::optional<SecretString>();
    }
    return Failed(path, std::strerror(errno));
  }
  struct stat st;
  if (::fstat(fd.get(), &st) != 0) return Failed(path, std::strerror(errno));
  if (!S_ISREG(st.st_mode)) return std::optional<SecretString>();

  Buffer buffer;
  size_t size = 0;
  for (;;) {
    buffer.Reserve(size + 4096);
    const ssize_t n =
        ::read(fd.get(), buffer.data() + size, buffer.capacity() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed(path, std::strerror(errno));
    if (n == 0) break;
    size += static_cast<size_t>(n);
    if (size > kLargestFile) return Failed(path, "is larger than 16 MiB");
  }
  return std::optional(SecretString({buffer.data(), size}));
}

std::optional<Replacement> Replacement::Begin(const std::string& path) {
  std::string beside = path + ".XXXXXX";
  // mkostemp(3) makes the file with mode 0600 whatever the umask.
  Fd fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd.valid()) return std::nullopt;
  return Replacement(std::move(fd), path, std::move(beside));
}

Replacement::Replacement(Fd fd, std::string path, std::string beside)
    : fd_(std::move(fd)), path_(std::move(path)), beside_(std::move(beside)) {}

Replacement::Replacement(Replacement&& other) noexcept
    : fd_(std::move(other.fd_)),
      path_(std::move(other.path_)),
      beside_(std::exchange(other.beside_, std::string())) {}

Replacement::~Replacement() {
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

bool Replacement::Commit(std::string_view bytes) {
  if (!WriteAll(fd_.get(), bytes) || ::fsync(fd_.get()) != 0 ||
      std::rename(beside_.c_str(), path_.c_str()) != 0) {
    return false;
  }
  beside_.clear();
  return true;
}

std::string ExpandVariables(std::string_view path) {
  std::string out;
  size_t i = 0;
  while (i < path.size()) {
    const bool braced = path.substr(i).starts_with("${");
    size_t end = i + (braced ? 2 : 1);
    if (path[i] == '$') {
      while (end < path.size() &&
             (braced ? path[end] != '}' : IsWord(path[end])))
        ++end;
    }
    const size_t begin = i + (braced ? 2 : 1);
    const bool closed = !braced || end < path.size();
    const char* value = nullptr;
    if (path[i] == '$' && closed && (braced || end > begin)) {
      const std::string name(path.substr(begin, end - begin));
      value = std::getenv(name.c_str());
    }
    if (value == nullptr) {
      out += path[i++];  // an unknown variable stays as it is written
      continue;
    }
    out += value;
    i = end + (braced ? 1 : 0);
  }
  return out;
}

std::string ExpandUser(std::string_view path) {
  if (!path.starts_with('~')) return std::string(path);
  const size_t slash = std::min(path.find('/'), path.size());
  std::optional<std::string> home;
  if (slash == 1) {
    const char* variable = std::getenv("HOME");
    home = variable != nullptr ? std::optional<std::string>(variable)
                               : HomeOf(std::string());
  } else {
    home = HomeOf(std::string(path.substr(1, slash - 1)));
  }
  if (!home.has_value()) return std::string(path);
  while (home->ends_with('/')) home->pop_back();
  std::string out = *home + std::string(path.substr(slash));
  return out.empty() ? "/" : out;
}

}  // namespace maskpipe::aws
