// maskpipe-fetch: reads one source that lies behind a network or a parser of
// other people's, and hands what it found to maskpipe.
//
//   maskpipe-fetch TIMEOUT_MS SPEC >records
//
// maskpipe starts it; the records (src/secret/wire.h) are for it alone. It says
// nothing on standard error, which libraries might use to show what they read,
// and it ends, taking every heap that a secret went through with it.

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include "src/base/arena.h"
#include "src/base/hygiene.h"
#include "src/fetch/source/providers.h"
#include "src/secret/wire.h"

namespace maskpipe {
namespace {

constexpr std::string_view kUsage =
    "maskpipe-fetch is started by maskpipe, which reads what it writes: "
    "secrets. Use maskpipe --source, or maskpipe check to see names.\n";

WireAnswer Fetch(std::string_view text, std::chrono::milliseconds timeout,
                 SecretStore* store) {
  WireAnswer answer;
  Result<SourceSpec> spec = SourceSpec::Parse(text);
  if (!spec.ok()) return {spec.status(), {}};
  for (const FetchKind& kind : FetchKinds()) {
    if (kind.name != spec->kind) continue;
    answer.status = kind.load(*spec, {timeout}, store, &answer.warnings);
    return answer;
  }
  answer.status =
      Status::Usage("this maskpipe-fetch knows no source kind " + spec->kind +
                    "; is it of another version than maskpipe?");
  return answer;
}

// Why a source failed, as a word for machines, by what our own messages say.
struct Reason {
  std::string_view phrase, word;
};

constexpr Reason kReasons[] = {
    {"no region is known", "no-region"},
    {"run aws sso login", "sso-expired"},
    {"needs the IAM action", "denied"},
    {"hold typographic quotes", "typographic-quotes"},
    {"cannot be decrypted", "not-decrypted"},
};

Status WithReason(Status status) {
  for (const Reason& reason : kReasons) {
    if (status.message().find(reason.phrase) == std::string::npos) continue;
    return std::move(status).WithReason(std::string(reason.word));
  }
  return status;
}

bool WriteAll(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

int Run(int argc, char** argv) {
  ForbidDumps(false);
  uint32_t milliseconds = 0;
  const std::string_view time = argc == 3 ? argv[1] : "";
  if (std::from_chars(time.data(), time.data() + time.size(), milliseconds)
              .ptr != time.data() + time.size() ||
      milliseconds == 0 || ::isatty(STDOUT_FILENO) == 1) {
    const ssize_t told = ::write(STDERR_FILENO, kUsage.data(), kUsage.size());
    return told < 0 ? 1 : 2;
  }
  // Nobody is left to read the answer of a fetcher whose parent died; and
  // whatever hangs ends, also where nobody is left to kill it.
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(milliseconds / 1000 + 5);
  SecretStore store;
  WireAnswer answer =
      Fetch(argv[2], std::chrono::milliseconds(milliseconds), &store);
  answer.status = WithReason(std::move(answer.status));
  Buffer out;
  const size_t size = WriteWire(store, answer, &out);
  return WriteAll({out.data(), size}) ? 0 : 1;
}

}  // namespace
}  // namespace maskpipe

int main(int argc, char** argv) {
  try {
    return maskpipe::Run(argc, argv);
  } catch (const std::exception&) {
    return 1;  // out of memory; without a closing record nothing counts
  }
}
