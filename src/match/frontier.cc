#include "src/match/frontier.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace maskpipe {
namespace {

// Whether all that comes of `b` comes of `a` too: the same needles go on at the
// same place, and `a` masks as much, counts as short ones, skips as much noise
// and has not looked at more.
bool Covers(const Path& a, const Path& b) {
  return a.depth == b.depth && a.range == b.range && a.from <= b.from &&
         a.least <= b.least && a.noises <= b.noises && a.seen <= b.seen &&
         a.writing == b.writing && a.apart == b.apart;
}

}  // namespace

void MergePaths(std::vector<Path>* left, std::vector<Path>* open) {
  // In a text that repeats itself there are thousands, in order and all
  // different.
  const auto first_out_of_order = std::adjacent_find(
      left->begin(), left->end(), [](const Path& a, const Path& b) {
        return a.at != b.at || a.from >= b.from || a.depth <= b.depth;
      });
  if (first_out_of_order == left->end()) {
    open->assign(left->begin(), left->end());
    return;
  }
  const auto state = [](const Path& p) {
    return std::tuple(p.at, p.depth, p.range.begin, p.range.end, p.writing,
                      p.from, p.least, p.noises);
  };
  std::sort(left->begin(), left->end(),
            [&](const Path& a, const Path& b) { return state(a) < state(b); });
  open->clear();
  for (const Path& path : *left) {
    bool covered = false;
    for (auto p = open->rbegin(); p != open->rend() && !covered; ++p) {
      if (p->at != path.at || p->depth != path.depth) break;
      if (!Covers(*p, path)) continue;
      covered = true;
      p->holds = std::min(p->holds, path.holds);
      p->last = std::max(p->last, path.last);
      p->waits = p->waits || path.waits;
    }
    if (!covered) open->push_back(path);
  }
  // Those that began first find what repeats, see Walker.
  std::sort(open->begin(), open->end(), [](const Path& a, const Path& b) {
    return std::tuple(a.from, a.at) < std::tuple(b.from, b.at);
  });
}

void Frontier::Clear() {
  while (!places_.empty()) GiveBack(TakeNext());
}

void Frontier::Add(const Path& path) {
  std::vector<Path>& paths = At(path.at);
  for (const Path& p : paths) {
    if (Covers(p, path)) return;
  }
  std::erase_if(paths, [&](const Path& p) { return Covers(path, p); });
  paths.push_back(path);
}

std::vector<Path> Frontier::TakeNext() {
  std::vector<Path> paths = std::move(places_.back().paths);
  places_.pop_back();
  return paths;
}

void Frontier::GiveBack(std::vector<Path> room) {
  room.clear();
  rooms_.push_back(std::move(room));
}

std::vector<Path>& Frontier::At(uint64_t at) {
  auto place = std::partition_point(places_.begin(), places_.end(),
                                    [&](const Place& p) { return p.at > at; });
  if (place == places_.end() || place->at != at) {
    place = places_.insert(place, {at, NewRoom()});
  }
  return place->paths;
}

std::vector<Path> Frontier::NewRoom() {
  if (rooms_.empty()) return {};
  std::vector<Path> room = std::move(rooms_.back());
  rooms_.pop_back();
  return room;
}

}  // namespace maskpipe
