// The folder in which maskpipe-fetch runs in any image: itself, its libraries,
// the loader of these, and CA certificates.
//
//   Status s = CopyFetcher("/usr/libexec/maskpipe/maskpipe-fetch", "/mask");
//
// makes /mask/maskpipe-fetch.d, whole or not at all; an older one is replaced.

#pragma once

#include <string>

#include "src/base/status.h"

namespace maskpipe {

// The interpreter that the kernel starts a program with: the loader of its
// shared libraries. "" where it needs none.
Result<std::string> InterpreterOf(const std::string& program);

// `program` may stand in such a folder, which is then copied as it is; else its
// loader lists what it needs. `no_certificates` tells that there are none here.
Status CopyFetcher(const std::string& program, const std::string& into,
                   bool* no_certificates);

}  // namespace maskpipe
