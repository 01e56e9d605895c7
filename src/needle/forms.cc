#include "src/needle/forms.h"

#include <string_view>

#include "src/match/folded.h"
#include "src/secret/text.h"

namespace maskpipe {
namespace {

constexpr std::string_view kBreaks = "\r\n";

// The lines of `text`, side by side.
std::string_view JoinLines(std::string_view text, Arena* arena) {
  char* out = static_cast<char*>(arena->allocate(text.size(), 1));
  size_t n = 0;
  for (std::string_view line : Lines(text))
    n += line.copy(out + n, line.size());
  return {out, n};
}

}  // namespace

Needles MakeNeedles(const Leaves& leaves) {
  Needles needles;
  for (uint32_t i = 0; i < leaves.list.size(); ++i) {
    const Leaf& leaf = leaves.list[i];
    if (!IsMasked(leaf.verdict)) continue;
    const bool alone = leaf.verdict == Verdict::kAlone;
    needles.list.push_back({leaf.value, i, alone});
    if (leaf.value.find_first_of(kBreaks) == leaf.value.npos) continue;
    // Each line of it is a needle too; nobody prints so much in one piece.
    constexpr size_t kLongestJoined = size_t{64} << 10;
    if (leaf.value.size() > kLongestJoined) continue;
    needles.list.push_back(
        {JoinLines(leaf.value, needles.arena.get()), i, alone});
    if (alone) continue;  // so short that any white space would be too much
    needles.list.push_back(
        {Fold(leaf.value, needles.arena.get()), i, false, true});
  }
  return needles;
}

}  // namespace maskpipe
