#include "src/match/folded.h"

#include <algorithm>

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
    may_skip_ = may_skip_ &&
                n.bytes.substr(0, Automaton::kWindow).find(' ') == n.bytes.npos;
  }
  if (!folded.empty()) {
    automaton_ = std::make_unique<Automaton>(folded, arena_.get());
  }
}

FoldedMatcher::Folded::Folded(std::string_view text) : text_size_(text.size()) {
  if (text.size() > sizeof small_) {
    large_.Reserve(text.size());
    bytes_ = large_.data();
  }
  for (size_t i = 0; i < text.size();) {
    if (!IsWhiteSpace(text[i])) {
      bytes_[size_++] = text[i++];
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && IsWhiteSpace(text[end])) ++end;
    // A line break stands in no folded needle, so it lets nothing go on.
    bytes_[size_++] = end - i <= kLongestRun ? ' ' : '\n';
    if (end - i > 1) jumps_.push_back({size_, end});
    i = end;
  }
}

size_t FoldedMatcher::Folded::Offset(size_t i) const {
  if (i >= size_) return text_size_;
  const auto after = std::upper_bound(
      jumps_.begin(), jumps_.end(), i,
      [](size_t folded, const Jump& j) { return folded < j.folded; });
  if (after == jumps_.begin()) return i;
  const Jump& jump = *std::prev(after);
  return jump.offset + (i - jump.folded);
}

size_t FoldedMatcher::Folded::EndOffset(size_t i) const {
  return Offset(i - 1) + 1;  // needles end in no white space
}

// 1 leave out what begins no needle, 2 fold the rest, 3 find what ends, 4 see
// what may go on, 5 and what would be cut off if the text ended here.
std::vector<FoldedMatcher::End> FoldedMatcher::Find(std::string_view text,
                                                    Cursor* cursor) const {
  const size_t skipped = may_skip_ ? automaton_->SkipDead(text, 0) : 0;  // 1
  text.remove_prefix(skipped);
  cursor->pending_ += skipped;
  const Folded folded(text);  // 2
  const size_t size = folded.text().size();
  std::vector<End> found;
  const Automaton::State last = automaton_->Run(  // 3
      folded.text(), 0, Automaton::kRoot, [&](Automaton::State s, size_t i) {
        const Automaton::End& e = automaton_->end(automaton_->LongestEnd(s));
        found.push_back({skipped + folded.Offset(i - e.length),
                         skipped + folded.EndOffset(i), e.secret});
      });
  const uint32_t live =  // 4
      automaton_->LiveLength(last, [](uint32_t) { return true; });
  const Automaton::End cut =  // 5
      automaton_->Truncated(last, Matcher::kTruncatedBytes);
  cursor->cut_off_ = static_cast<uint32_t>(
      cut.length == 0 ? 0 : text.size() - folded.Offset(size - cut.length));
  cursor->cut_secret_ = cut.secret;
  cursor->pending_ += live == 0 ? text.size() : folded.Offset(size - live);
  return found;
}

}  // namespace maskpipe
