#include "src/match/matcher.h"

#include <algorithm>

#include "src/match/place_memo.h"

namespace maskpipe {

Matcher::Matcher(std::span<const Needle> needles,
                 std::span<const SpellingRow> rows)
    : arena_(std::make_unique<Arena>()),
      reader_(std::make_unique<SpellingReader>(rows)),
      ignorable_(std::make_unique<IgnorableReader>(reader_.get())) {
  Walker::Indexes indexes;
  for (size_t i = 0; i < indexes_.size(); ++i) {
    indexes_[i] = std::make_unique<NeedleIndex>(
        needles, static_cast<Writing>(i), arena_.get());
    indexes[i] = indexes_[i].get();
    if (indexes[i]->size() == 0) continue;
    shortest_ = std::min<size_t>(shortest_, indexes[i]->shortest());
  }
  // A row may say much in few bytes.
  for (const SpellingRow& row : rows) {
    if (row.unit.size() > row.pattern.size()) shortest_ = 1;
  }
  walker_ = std::make_unique<Walker>(indexes, reader_.get(), ignorable_.get());
  beginnings_ = std::make_unique<Beginnings>(indexes, reader_.get(),
                                             ignorable_.get(), arena_.get());
}

void Matcher::ScanWhole(std::string_view text, bool truncated,
                        const OnSpan& on_span) const {
  if (text.empty()) return;
  const PlaceScope scope;
  const Window window{text, 0};
  static thread_local Offsets places;  // keep their room; hold no secret
  static thread_local std::vector<Path> open;
  open.clear();
  const size_t least =
      truncated ? std::min<size_t>(shortest_, kTruncatedBytes) : shortest_;
  beginnings_->FindLast(text, least, &places);
  walker_->WalkLast(window, places, truncated, &open, on_span);
  for (const Path& path : open) {
    walker_->Finish(window, path, truncated, on_span);
  }
}

// 1 where needles may begin, 2 where they, and those left open, end.
void Matcher::Scan(const Window& window, Cursor* cursor,
                   const OnSpan& on_span) const {
  if (cursor->position_ >= window.end()) return;
  const PlaceScope scope;
  static thread_local Offsets places;  // keeps its room; holds no secret
  const auto from = static_cast<size_t>(cursor->position_ - window.offset);
  beginnings_->Find(window.bytes, from, &places);          // 1
  walker_->Walk(window, places, &cursor->open_, on_span);  // 2
  cursor->position_ = window.end();
}

uint64_t Matcher::Pending(const Cursor& cursor) const {
  uint64_t pending = cursor.position_;
  for (const Path& p : cursor.open_) pending = std::min(pending, p.holds);
  return pending;
}

uint64_t Matcher::Needed(const Cursor& cursor) const {
  uint64_t needed = cursor.position_ -
                    std::min<uint64_t>(cursor.position_, Walker::kLookBehind);
  for (const Path& p : cursor.open_) needed = std::min(needed, p.at);
  return needed;
}

void Matcher::Finish(const Window& window, Cursor* cursor, bool truncated,
                     const OnSpan& on_span) const {
  for (const Path& path : cursor->open_) {
    walker_->Finish(window, path, truncated, on_span);
  }
  cursor->open_.clear();
}

size_t Matcher::needles() const {
  size_t n = 0;
  for (const auto& index : indexes_) n += index->size();
  return n;
}

}  // namespace maskpipe
