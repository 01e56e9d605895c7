// Text as the inside of a JSON string (RFC 8259, section 7).

#pragma once

#include <string>
#include <string_view>

namespace maskpipe {

// Quotes, backslashes and control characters escaped; bytes that are no ASCII
// become '?', since what is not known to be UTF-8 would break the line.
std::string JsonEscaped(std::string_view text);

}  // namespace maskpipe
