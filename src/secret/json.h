// JSON text as what it holds: every leaf with its key, duplicates included and
// numbers as they are written (RFC 8259).
//
//   JsonText json;
//   JsonError error = ReadJson(text, &arena, &json);
//   if (error.what.empty()) for (const JsonLeaf& leaf : json.leaves) ...
//
// Decoded strings go into the arena; nothing else keeps a byte of them.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/arena.h"

namespace maskpipe {

struct JsonLeaf {
  std::string path;        // keys and indices from the outermost, by '/', each
                           // cut off after kJsonStep bytes
  std::string key;         // the nearest key above; an element has its array's
  std::string_view value;  // decoded string, or a number's or literal's text
};

// A member of the outermost object, or an element of the outermost array.
struct JsonMember {
  std::string name;        // the key, or the index
  std::string_view value;  // as a leaf's; the raw text of an object or array
  size_t line = 0;         // on which it ends
};

struct JsonText {
  bool is_object = false;
  bool is_collection = false;  // an object or an array
  std::vector<JsonLeaf> leaves;
  std::vector<JsonMember> members;
};

struct JsonError {
  std::string what;  // empty: none. Never holds a byte of the text.
  size_t line = 0;   // from 1
};

inline constexpr size_t kJsonDepth = 64;
inline constexpr size_t kJsonStep = 128;

// Accepts what Python's json.loads accepts, too: NaN, Infinity, and escapes of
// half a surrogate pair, which decode to U+FFFD. A byte order mark is skipped.
JsonError ReadJson(std::string_view text, Arena* arena, JsonText* out);

}  // namespace maskpipe
