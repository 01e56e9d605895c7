#include "src/match/matcher.h"

#include <algorithm>
#include <vector>

namespace maskpipe {

Matcher::Matcher(std::span<const Needle> needles)
    : arena_(std::make_unique<Arena>()) {
  std::vector<Needle> as_written;
  as_written.reserve(needles.size());
  for (const Needle& n : needles) {
    if (!n.folded) as_written.push_back(n);
  }
  automaton_ = std::make_unique<Automaton>(as_written, arena_.get());
}

uint64_t Matcher::Pending(const Window& window, const Cursor& cursor) const {
  const auto may_stand_alone = [&](uint32_t length) {
    return !LetterBefore(window, cursor.position_ - length);
  };
  uint64_t length = automaton_->LiveLength(cursor.state_, may_stand_alone);
  // What ends here but must stand alone waits for the next byte.
  for (State s = automaton_->LongestEnd(cursor.state_); s != Automaton::kRoot;
       s = automaton_->Shorter(s)) {
    const Automaton::End& e = automaton_->end(s);
    if (e.alone && may_stand_alone(e.length)) {
      length = std::max<uint64_t>(length, e.length);
    }
  }
  return cursor.position_ - length;
}

}  // namespace maskpipe
