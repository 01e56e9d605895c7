// What the matcher looks for.

#pragma once

#include <cstdint>
#include <string_view>

namespace maskpipe {

// How the text may write a needle's bytes.
enum class Writing : uint8_t {
  kPlain,    // as they are
  kSpelled,  // in any spelling of the table, with noise between
             // (spelling_table.h)
  kHex,      // two hexadecimal digits each, in either case, apart or not
};

// Bytes to find, derived from one secret. The bytes must outlive the
// compilation of a Matcher only; the matcher keeps its own.
//
// In a spelled needle a line feed stands for any run of white space, so none
// stands at its ends and no other white space beside it.
struct Needle {
  std::string_view bytes;  // not empty
  uint32_t secret = 0;     // whose it is; the lower number wins a tie of names
  bool alone = false;      // an occurrence has no ASCII letter or digit beside
  Writing writing = Writing::kSpelled;
};

// [begin, end) of a verified occurrence, in bytes from the stream's start.
struct Span {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint32_t secret = 0;
};

// A contiguous piece of a stream.
struct Window {
  std::string_view bytes;
  uint64_t offset = 0;  // of bytes[0] in the stream

  uint64_t end() const { return offset + bytes.size(); }
  char at(uint64_t position) const { return bytes[position - offset]; }
};

}  // namespace maskpipe
