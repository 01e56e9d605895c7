// What may stand inside an occurrence and means nothing: terminal sequences,
// and line breaks where a printer wrapped a value; and the white space that may
// stand for a newline of the secret.
//
//   IgnorableReader ignorable(&reader);
//   for (const IgnorableEnd& e : ignorable.Read(text, p, false).ends) ...
//
// A break is, each character raw or spelled,
//   [quote] [blank] [+ \ =] CR* LF (blank | TAB)* [[b] quote]
// as base64, xxd and fold write it, quoted-printable, YAML's and C's backslash,
// Python's pprint and node's `' +`. Of terminal sequences up to six stand in a
// row (ECMA-48, 5.4), with at most one break among them.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "src/match/byte_set.h"
#include "src/match/spelling_reader.h"

namespace maskpipe {

struct IgnorableEnd {
  size_t end;
  size_t after_break;  // 0: there was none
};

struct Ignorable {
  std::vector<IgnorableEnd> ends;
  bool cut = false;        // the text ends inside a terminal sequence
  bool cut_break = false;  // the text ends inside a break, before its LF
  bool cut_after = false;  // the text ends in what may follow the LF
};

struct WhiteSpace {
  std::vector<size_t> ends;  // where a run may end
  bool cut = false;          // the text ends inside the run
};

class IgnorableReader {
 public:
  explicit IgnorableReader(const SpellingReader* reader);

  // What can be skipped at `p`, at least one thing. `blanks` asks for the ends
  // inside the indentation after a break too, where blanks mean something. It
  // lasts until more is read.
  const Ignorable& Read(std::string_view text, size_t p, bool blanks) const;

  // Where a run of white space and breaks that begins at `p` may end: one to
  // kLongestWhiteSpace bytes of it. It lasts until more is read.
  const WhiteSpace& ReadWhiteSpace(std::string_view text, size_t p) const;

  // Whether something to skip, or white space, may begin with this byte.
  bool Begins(char c) const { return begins_.Has(c); }

  // Of two bytes of a text: at the first one, nothing but itself is read or
  // skipped. It may be white space.
  bool Quiet(const char* two) const {
    return quiet_pairs_[static_cast<uint8_t>(two[0])].Has(two[1]);
  }

  // What may stand raw before the line feed of a break, and how much of it.
  bool IsGlue(char c) const { return c != '\n' && break_bytes_.Has(c); }
  static constexpr size_t kLongestGlue = 11;  // three, and carriage returns

  // Whether Read() may find something at `p`, told quickly.
  bool MayReadAt(std::string_view text, size_t p) const;

  // Whether a break may begin at `p`, told quickly: quotes and blanks seldom
  // do.
  bool MayBreakAt(std::string_view text, size_t p) const {
    constexpr int kGlueCharacters = 3;  // quote, blank, + or the like
    return MayBreakAt(text, p, kGlueCharacters);
  }
  const ByteSet& break_bytes() const { return break_bytes_; }

  static constexpr size_t kLongestWhiteSpace = 512;

 private:
  bool MayBreakAt(std::string_view text, size_t p, int characters) const;
  void Skip(std::string_view text, size_t p, bool blanks, Ignorable* out) const;
  void Spread(std::string_view text, size_t p, WhiteSpace* out) const;
  void Break(std::string_view text, size_t p, bool blanks,
             Ignorable* out) const;
  void Indentation(std::string_view text, size_t p, bool blanks,
                   Ignorable* out) const;
  size_t SpelledTerminalSequence(std::string_view text, size_t begin,
                                 size_t after_escape) const;

  const SpellingReader* reader_;
  ByteSet begins_;
  ByteSet break_bytes_;
  // By the first byte.
  std::array<ByteSet, 256> quiet_pairs_;
};

}  // namespace maskpipe
