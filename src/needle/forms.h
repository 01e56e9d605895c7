// From leaves to needles: the byte strings under which a value may stand in a
// log.
//
//   Needles needles = MakeNeedles(leaves);
//   Matcher matcher(needles.list);
//
// Forms so far: the value as it is; and, where it has several lines, these
// joined by nothing, and folded, so that any white space may stand where white
// space stood (src/match/folded.h).

#pragma once

#include <memory>
#include <vector>

#include "src/base/arena.h"
#include "src/match/needle.h"
#include "src/secret/leaf.h"

namespace maskpipe {

struct Needles {
  std::unique_ptr<Arena> arena = std::make_unique<Arena>();
  std::vector<Needle> list;  // Needle::secret is the index of the leaf
};

// The leaves and their store must outlive the needles.
Needles MakeNeedles(const Leaves& leaves);

}  // namespace maskpipe
