#include "src/run/offer.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "src/run/added.h"

namespace maskpipe {
namespace {

// Above what shells and scripts number by hand (0 to 9, and 255), so that the
// command's own descriptors get the numbers they would get without us.
constexpr int kLowest[] = {60, 10, 3};
constexpr int kAnswerSeconds = 30;

Status Failed(const char* what) {
  return Status::Io(std::string("adding secrets: ") + what + ": " +
                    std::strerror(errno));
}

std::string IdentityOf(int fd) {
  struct stat st = {};
  if (::fstat(fd, &st) != 0) return {};
  return std::to_string(st.st_dev) + ":" + std::to_string(st.st_ino);
}

// One byte, which no value contains, and a descriptor.
bool SendDescriptor(int socket, int fd) {
  char byte = 0;
  iovec bytes{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message = {};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  ssize_t n;
  do {
    n = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n == 1;
}

// What we wrote may have been refused before it was all read: the answer
// tells.
void SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace

Result<Offer> Offer::Make() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    return Failed("socketpair");
  }
  Offer offer;
  offer.ours_ = Fd(pair[0]);
  const Fd low(pair[1]);
  for (int lowest : kLowest) {
    if (offer.theirs_.valid()) break;
    offer.theirs_ = Fd(::fcntl(low.get(), F_DUPFD_CLOEXEC, lowest));
  }
  if (!offer.theirs_.valid()) return Failed("no free descriptor");
  offer.fd_entry_ =
      std::string(kAddFdVariable) + "=" + std::to_string(offer.theirs());
  offer.id_entry_ =
      std::string(kAddIdVariable) + "=" + IdentityOf(offer.theirs());
  return offer;
}

// 1 find the socket, 2 offer one of our own, 3 write, 4 wait for the answer.
Status AddSecrets(std::string_view values) {
  const char* fd_text = ::getenv(kAddFdVariable);  // 1
  const char* id = ::getenv(kAddIdVariable);
  if (fd_text == nullptr || id == nullptr) {
    return Status::Io(
        "there is no maskpipe run around this command (MASKPIPE_ADD_FD and "
        "MASKPIPE_ADD_ID are not set); nothing was added");
  }
  int fd = -1;
  const char* end = fd_text + std::strlen(fd_text);
  const auto parsed = std::from_chars(fd_text, end, fd);
  if (parsed.ec != std::errc() || parsed.ptr != end || IdentityOf(fd) != id) {
    return Status::Io(
        "the descriptor in MASKPIPE_ADD_FD is closed or is not the run's "
        "socket; let the process that starts this one pass it on (Python: "
        "subprocess.run(..., pass_fds=[int(os.environ['MASKPIPE_ADD_FD'])])); "
        "nothing was added");
  }

  int pair[2];  // 2
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    return Failed("socketpair");
  }
  const Fd ours(pair[0]);
  {
    const Fd theirs(pair[1]);
    if (!SendDescriptor(fd, theirs.get())) return Failed("the run has ended");
  }
  SendAll(ours.get(), values);  // 3
  (void)::shutdown(ours.get(), SHUT_WR);

  pollfd p{ours.get(), POLLIN, 0};  // 4
  int n;
  do {
    n = ::poll(&p, 1, kAnswerSeconds * 1000);
  } while (n < 0 && errno == EINTR);
  char answer = 0;
  if (n == 1 && ::read(ours.get(), &answer, 1) == 1 && answer == kAddedAnswer) {
    return Status::Ok();
  }
  return Status::Io(
      n == 0
          ? "the run did not answer within 30 seconds; do not print the value"
          : "the run refused: at most 64 KiB a value and 10000 values, or it "
            "has ended; do not print the value");
}

}  // namespace maskpipe
