#include "src/stream/record.h"

namespace maskpipe {

void FindRegions(const CompiledSet& set, std::string_view text,
                 Regions* regions) {
  set.matcher().ScanWhole(text, set.options().truncated, [&](const Span& s) {
    regions->Add(s.begin, s.end, &set.label(s.secret));
  });
  if (const Detectors* detectors = set.options().detectors.get()) {
    // A list of its own, since Add() is cheap in the text's order only.
    Regions detected;
    static thread_local Detectors::Cursor cursor(0);  // holds no secret
    cursor.Restart(0);
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
  set.matcher().ScanWhole(text, false, [&found](const Span&) { found = true; });
  return found;
}

}  // namespace maskpipe
