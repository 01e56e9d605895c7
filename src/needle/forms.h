// From leaves to needles: the byte strings under which a value may stand in a
// log.
//
//   Needles needles = MakeNeedles(leaves, options);
//   Matcher matcher(needles.list);
//
// The forms:
//   - the value, in any spelling (src/match/spelling_table.h);
//   - where it has several lines, these joined by nothing (white space between
//     them is a spelling); the first and last ones without a letter or digit,
//     such as a lone brace, are no part of it then;
//   - the value with its escapes resolved, its backslashes or carets eaten, or
//     percent-decoded, where that makes a difference: as if the store or the
//     printer had read it once;
//   - base64 at its three alignments, in either alphabet, and base64 of that;
//   - hexadecimal.
//
// Left out, and why: a value that is wholly spelled in one notation is no form
// of its own, since the matcher reads letters in escapes as well; hex of base64
// and the reverse, base64 with a logger's prefix on each line, dumps with
// columns and decimal byte lists are not written by what prints to logs.
// Base64 needs six determined characters and hexadecimal eight digits: fewer
// would be found everywhere.

#pragma once

#include <memory>
#include <vector>

#include "src/base/arena.h"
#include "src/match/needle.h"
#include "src/secret/leaf.h"

namespace maskpipe {

struct FormOptions {
  bool base64 = true;
  bool hex = true;
  bool spellings = true;  // else the bytes as they are
  // A form that is made by reading the value once more is short below this.
  size_t min_length = 5;
};

struct Needles {
  std::unique_ptr<Arena> arena = std::make_unique<Arena>();
  std::vector<Needle> list;  // Needle::secret is the index of the leaf
};

// The leaves and their store must outlive the needles.
Needles MakeNeedles(const Leaves& leaves, const FormOptions& options);

}  // namespace maskpipe
