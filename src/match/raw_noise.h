// Terminal sequences and line breaks that stand in a text as they are, also
// inside an escape; see ignorable.h for those that are spelled.

#pragma once

#include <cstddef>
#include <string_view>

namespace maskpipe {

// Where the terminal sequence ends that begins with the raw ESC at `p`: ESC [
// parameters final, or ESC ( x (ECMA-48, 5.4). 0: none does; text.npos: the
// text ends inside.
size_t EndOfTerminalSequence(std::string_view text, size_t p);
inline constexpr size_t kLongestTerminalSequence = 32;

// Where the line break ends, with the indentation after it, that begins with
// the raw CR or LF at `p`. 0: it is none; text.npos: the text ends inside.
size_t EndOfRawBreak(std::string_view text, size_t p);
inline constexpr size_t kLongestIndentation = 128;

}  // namespace maskpipe
