// Dotenv text: NAME=VALUE a line, `export` before it, '#' comments, single
// quotes (verbatim) and double quotes (backslash escapes), both of which may
// span lines.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/base/arena.h"

namespace maskpipe {

struct DotenvEntry {
  std::string name;
  // As readers of such files understand the value. They differ on comments
  // and escapes behind it, so there may be two; the first is the usual one.
  std::vector<std::string_view> values;
  size_t line = 0;  // from 1
};

struct DotenvError {
  std::string what;  // empty: none. Never holds a byte of the text.
  size_t line = 0;
};

// Views point into `text` or, where escapes were resolved, into the arena.
DotenvError ReadDotenv(std::string_view text, Arena* arena,
                       std::vector<DotenvEntry>* out);

}  // namespace maskpipe
