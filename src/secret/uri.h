// A URI as the parts of it that may be secret (RFC 3986, section 3, read as
// Airflow reads the URI of a connection).

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/base/arena.h"

namespace maskpipe {

struct UriPart {
  std::string name;        // "password", "user", "path", "fragment", or a
                           // query key
  bool is_query = false;   // name is a key that the value's writer chose
  std::string_view value;  // as written, or percent-decoded into the arena
};

// Whether the whole text is scheme://something on one line.
bool IsUri(std::string_view text);

// The password; the user where there is no password; query values; path
// segments that look like tokens (16 characters, or both cases and a digit);
// the fragment. Each as written and, where that differs, percent-decoded; a
// query value also with '+' read as a blank.
std::vector<UriPart> OpenUri(std::string_view uri, Arena* arena);

}  // namespace maskpipe
