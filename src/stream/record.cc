#include "src/stream/record.h"

namespace maskpipe {
namespace {

template <typename F>
void ForEachSpan(const CompiledSet& set, std::string_view text, bool truncated,
                 F&& on_span) {
  Matcher::Cursor cursor(0);
  const Window window{text, 0};
  set.matcher().Scan(window, &cursor, on_span);
  set.matcher().Finish(window, &cursor, truncated, on_span);
}

}  // namespace

void FindRegions(const CompiledSet& set, std::string_view text,
                 Regions* regions) {
  ForEachSpan(set, text, set.options().truncated, [&](const Span& s) {
    regions->Add(s.begin, s.end, &set.label(s.secret));
  });
}

std::string Masked(const CompiledSet& set, std::string_view text) {
  Regions regions;
  FindRegions(set, text, &regions);
  std::string out;
  ForEachPiece(text, regions, [&](std::string_view piece) { out += piece; });
  return out;
}

bool Occurs(const CompiledSet& set, std::string_view text) {
  bool found = false;
  ForEachSpan(set, text, false, [&](const Span&) { found = true; });
  return found;
}

}  // namespace maskpipe
