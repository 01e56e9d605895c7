#include "src/stream/record.h"

namespace maskpipe {
namespace {

// Calls on_span with what one of the set's matchers finds.
template <typename M, typename F>
void ForEachSpan(const M& matcher, std::string_view text, bool truncated,
                 F&& on_span) {
  const Window window{text, 0};
  typename M::Cursor cursor(0);
  matcher.Scan(window, &cursor, on_span);
  matcher.Finish(window, &cursor, truncated, on_span);
}

}  // namespace

void FindRegions(const CompiledSet& set, std::string_view text,
                 Regions* regions) {
  const bool truncated = set.options().truncated;
  const auto add_to = [&set](Regions* list) {
    return [&set, list](const Span& s) {
      list->Add(s.begin, s.end, &set.label(s.secret));
    };
  };
  // With lists of their own, since Add() is cheap in the text's order only.
  Regions folded;
  ForEachSpan(set.matcher(), text, truncated, add_to(regions));
  ForEachSpan(set.folded(), text, truncated, add_to(&folded));
  regions->Merge(folded);
  if (const Detectors* detectors = set.options().detectors.get()) {
    Regions detected;
    Detectors::Cursor cursor(0);
    detectors->Finish({text, 0}, &cursor, [&](const Span& s) {
      detected.Add(s.begin, s.end, &set.detector_label(s.secret));
    });
    regions->Merge(detected);
  }
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
  const auto on_span = [&found](const Span&) { found = true; };
  ForEachSpan(set.matcher(), text, false, on_span);
  ForEachSpan(set.folded(), text, false, on_span);
  return found;
}

}  // namespace maskpipe
