// Digests that name the files of the AWS tools' caches.

#pragma once

#include <string>
#include <string_view>

namespace maskpipe::aws {

// Lower-case hexadecimal digits.
std::string Sha1Hex(std::string_view text);
std::string Sha256Hex(std::string_view text);

}  // namespace maskpipe::aws
