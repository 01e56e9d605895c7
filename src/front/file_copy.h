// A copy of a file.

#pragma once

#include <sys/types.h>

#include <string>

#include "src/base/status.h"

namespace maskpipe {

// All of `from`, on disk when this returns. `to` is replaced, or gone where it
// failed.
Status CopyFile(const std::string& from, const std::string& to, mode_t mode);

}  // namespace maskpipe
