// maskpipe install DIR: copies this program to DIR/maskpipe, and maskpipe-fetch
// with all that it needs to DIR/maskpipe-fetch.d, for an init container whose
// image has no cp.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "src/base/fd.h"
#include "src/front/fetcher_folder.h"
#include "src/front/file_copy.h"
#include "src/front/front.h"
#include "src/report/log.h"
#include "src/source/fetcher.h"

namespace maskpipe {
namespace {

constexpr char kSelf[] = "/proc/self/exe";

// By a temporary file and rename(2): whoever starts it meanwhile gets the old
// one or the new one, whole.
Status CopySelf(const std::string& target) {
  std::string temporary = target + ".XXXXXX";
  const auto failed = [&] {
    return Status::Io(target + ": " + std::strerror(errno));
  };
  if (!Fd(::mkostemp(temporary.data(), O_CLOEXEC)).valid()) return failed();
  constexpr mode_t kProgram = 0755;
  Status s = CopyFile(kSelf, temporary, kProgram);
  if (s.ok() && ::rename(temporary.c_str(), target.c_str()) != 0) s = failed();
  if (!s.ok()) ::unlink(temporary.c_str());
  return s;
}

}  // namespace

int RunInstall(const CommandLine& line) {
  if (line.operands.size() != 1) {
    Log::Error("install takes one folder: maskpipe install DIR");
    return kExitUsage;
  }
  const std::string& folder = line.operands[0];
  const auto fail = [](const Status& status) {
    Log::Error(status.message());
    return kExitIo;
  };

  // The fetcher first: who finds the program finds that, too.
  if (Result<std::string> fetcher = FindFetcher(); fetcher.ok()) {
    bool no_certificates = false;
    Status s = CopyFetcher(*fetcher, folder, &no_certificates);
    if (!s.ok()) return fail(s);
    if (no_certificates) {
      Log::Warn(
          "there are no CA certificates here to copy (Debian: install "
          "ca-certificates); in an image without any, maskpipe-fetch needs "
          "AWS_CA_BUNDLE");
    }
  } else {
    Log::Warn("only maskpipe is copied, which reads env:, file: and dir: (" +
              fetcher.status().message() + ")");
  }
  if (Status s = CopySelf(folder + "/maskpipe"); !s.ok()) return fail(s);
  if (Result<std::string> loader = InterpreterOf(kSelf);
      loader.ok() && !loader->empty()) {
    Log::Warn("this maskpipe needs " + *loader +
              " and a C library that is not older than its own; built with "
              "-DMASKPIPE_STATIC=ON it runs in any image");
  }
  return kExitOk;
}

}  // namespace maskpipe
