// YAML text as its leaves. Aliases are refused before they expand, so a few
// lines cannot become gigabytes; a key that stands twice in one mapping is an
// error (YAML 1.1, 3.2.1.3).

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/arena.h"

namespace maskpipe {

struct YamlLeaf {
  std::string path;        // keys and indices from the outermost, by '/'
  std::string key;         // the nearest key above
  size_t depth = 0;        // collections around it
  std::string_view value;  // in the arena
};

struct YamlText {
  std::vector<YamlLeaf> leaves;
};

struct YamlError {
  std::string what;  // empty: none. Never holds a byte of the text.
  size_t line = 0;   // from 1
};

YamlError ReadYaml(std::string_view text, Arena* arena, YamlText* out);

}  // namespace maskpipe
