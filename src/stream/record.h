// Masking of one whole record: a text that begins and ends here.
//
//   Regions regions;
//   FindRegions(set, text, &regions);
//   ForEachPiece(text, regions, [&](std::string_view piece) { ... });
//
// The same result as a Stream gives that is written the text and finished.
// Nothing is copied, and nothing allocated where nothing is found.

#pragma once

#include <string>
#include <string_view>

#include "src/stream/compiled_set.h"
#include "src/stream/region.h"

namespace maskpipe {

// Adds the regions of `text`, in positions from its start.
void FindRegions(const CompiledSet& set, std::string_view text,
                 Regions* regions);

// Whether any secret of the set occurs in `text`.
bool Occurs(const CompiledSet& set, std::string_view text);

// A masked copy, for short texts such as messages.
std::string Masked(const CompiledSet& set, std::string_view text);

// Calls `on_piece` for the text between the regions and for the masks.
template <typename F>
void ForEachPiece(std::string_view text, const Regions& regions, F&& on_piece) {
  size_t at = 0;
  for (const Region& r : regions) {
    if (r.begin > at) on_piece(text.substr(at, r.begin - at));
    on_piece(std::string_view(r.label->mask));
    at = r.end;
  }
  if (at < text.size()) on_piece(text.substr(at));
}

}  // namespace maskpipe
