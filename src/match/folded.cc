#include "src/match/folded.h"

#include "src/match/matcher.h"

namespace maskpipe {
namespace {

bool IsWhiteSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');  // as Trim() has it
}

}  // namespace

std::string_view Fold(std::string_view text, Arena* arena) {
  char* out = static_cast<char*>(arena->allocate(text.size() + 1, 1));
  size_t n = 0;
  for (char c : text) {
    if (!IsWhiteSpace(c)) {
      out[n++] = c;
    } else if (n != 0 && out[n - 1] != ' ') {
      out[n++] = ' ';
    }
  }
  if (n != 0 && out[n - 1] == ' ') --n;
  return {out, n};
}

FoldedMatcher::FoldedMatcher(std::span<const Needle> needles)
    : arena_(std::make_unique<Arena>()) {
  std::vector<Needle> folded;
  for (const Needle& n : needles) {
    if (!n.folded) continue;
    folded.push_back(n);
    skips_ = skips_ &&
             n.bytes.substr(0, Automaton::kWindow).find(' ') == n.bytes.npos;
  }
  if (folded.empty()) return;
  automaton_ = std::make_unique<Automaton>(folded, arena_.get());
  pairs_.assign(65536 / 64, 0);
  for (const Needle& n : folded) {
    const auto first = static_cast<uint8_t>(n.bytes[0]);
    for (unsigned b = 0; b < 256; ++b) {
      const auto second = static_cast<char>(b);
      if (n.bytes.size() == 1 || n.bytes[1] == second ||
          (n.bytes[1] == ' ' && IsWhiteSpace(second))) {
        MarkPair(first, static_cast<uint8_t>(b));
      }
    }
  }
}

void FoldedMatcher::MarkPair(uint8_t first, uint8_t second) {
  pairs_[(size_t{second} << 8 | first) / 64] |= uint64_t{1} << (first % 64);
}

// As the automaton's: where a needle may begin, or the text's last byte.
size_t FoldedMatcher::SkipDead(std::string_view text, size_t i) const {
  if (skips_) return automaton_->SkipDead(text, i);
  const auto* t = reinterpret_cast<const uint8_t*>(text.data());
  for (; i + 1 < text.size(); ++i) {
    const size_t pair = size_t{t[i + 1]} << 8 | t[i];
    if (pairs_[pair / 64] >> (pair % 64) & 1) break;
  }
  return i;
}

// 1 skip what begins no needle, 2 read a byte or a run of white space, 3 report
// what ends there, 4 see what may go on, 5 and what would be cut off if the
// text ended here.
std::vector<FoldedMatcher::End> FoldedMatcher::Find(std::string_view text,
                                                    Cursor* cursor) const {
  std::vector<End> found;
  // Where the folded bytes come from that were read since the root. A state is
  // as deep as the last bytes it stands for.
  std::vector<size_t> origins;
  const auto begin_of = [&origins](uint32_t length) {
    return origins[origins.size() - length];
  };
  Automaton::State state = Automaton::kRoot;
  for (size_t i = 0; i < text.size();) {
    if (state == Automaton::kRoot) {
      origins.clear();
      i = SkipDead(text, i);  // 1
      if (i == text.size()) break;
    }
    origins.push_back(i);
    char byte = text[i++];  // 2
    if (IsWhiteSpace(byte)) {
      while (i < text.size() && IsWhiteSpace(text[i])) ++i;
      // A line break stands in no folded needle, so it lets nothing go on.
      byte = i - origins.back() <= kLongestRun ? ' ' : '\n';
    }
    state = automaton_->Next(state, static_cast<uint8_t>(byte));
    const Automaton::State ends = automaton_->LongestEnd(state);  // 3
    if (ends == Automaton::kRoot) continue;
    const Automaton::End& e = automaton_->end(ends);
    found.push_back({begin_of(e.length), i, e.secret});
  }
  const uint32_t live =  // 4
      automaton_->LiveLength(state, [](uint32_t) { return true; });
  const Automaton::End cut =  // 5
      automaton_->Truncated(state, Matcher::kTruncatedBytes);
  cursor->cut_off_ = static_cast<uint32_t>(
      cut.length == 0 ? 0 : text.size() - begin_of(cut.length));
  cursor->cut_secret_ = cut.secret;
  cursor->pending_ += live == 0 ? text.size() : begin_of(live);
  return found;
}

}  // namespace maskpipe
