// Small files of the AWS tools: configuration, tokens, caches.

#pragma once

#include <optional>
#include <string>

#include "src/base/secret_string.h"
#include "src/base/status.h"

namespace maskpipe::aws {

inline constexpr size_t kLargestFile = size_t{16} << 20;

// The bytes of a regular file; none where there is no such file, or something
// that is no regular file. Messages name the path.
Result<std::optional<SecretString>> ReadFile(const std::string& path);

// Replaces the file: written beside it with mode 0600, synced, renamed over
// it. False where that is not possible (a read-only directory), and then
// nothing has changed.
bool ReplaceFile(const std::string& path, std::string_view bytes);

// os.path.expandvars and os.path.expanduser as Python's posixpath has them.
std::string ExpandVariables(std::string_view path);
std::string ExpandUser(std::string_view path);

}  // namespace maskpipe::aws
