#include "src/needle/forms.h"

#include <string_view>

#include "src/secret/text.h"

namespace maskpipe {
namespace {

constexpr std::string_view kBreaks = "\r\n";

// `text` with every run of white space that holds a line break replaced.
std::string_view JoinLines(std::string_view text, std::string_view glue,
                           Arena* arena) {
  const std::vector<std::string_view> lines = Lines(text);
  size_t size = 0;
  for (std::string_view line : lines) size += line.size() + glue.size();
  char* out = static_cast<char*>(arena->allocate(size, 1));
  size_t n = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i != 0) n += glue.copy(out + n, glue.size());
    n += lines[i].copy(out + n, lines[i].size());
  }
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
    for (std::string_view glue : {"\n", "\r\n", " ", ""}) {
      needles.list.push_back(
          {JoinLines(leaf.value, glue, needles.arena.get()), i, alone});
    }
  }
  return needles;
}

}  // namespace maskpipe
