#include "src/match/head_set.h"

#include <algorithm>

#include "src/match/characters.h"

namespace maskpipe {
namespace {

constexpr size_t kWindow = WindowSet::kWindow;
constexpr uint32_t kBlanksFold = 8;  // from there a break may be a blank

// The bits from `first` to `last`, of those there are.
constexpr HeadSet::Starts Bits(int first, int last) {
  first = std::max(first, 0);
  last = std::min(last, static_cast<int>(Around::kBefore));
  if (first > last) return 0;
  return ((HeadSet::Starts{2} << last) - 1) &
         ~((HeadSet::Starts{1} << first) - 1);
}

}  // namespace

// Where all needles are plain one loop over the text is cheaper than two: at
// every place for one to three heads, which are compared as they are; at every
// fourth for middle heads, unless registers hold their windows. Where there are
// events more windows rule out more.
size_t HeadSet::LongestStride(const Walker::Indexes& indexes, size_t held) {
  constexpr size_t kLongStride = kLongest - kWindow + 1;
  constexpr size_t kMiddleStride = kMiddle - kWindow + 1;
  size_t middles = 0, all = 0;
  for (size_t kind = 0; kind < indexes.size(); ++kind) {
    const NeedleIndex& index = *indexes[kind];
    if (static_cast<Writing>(kind) != Writing::kPlain && index.size() > 0) {
      return kLongStride;
    }
    for (uint32_t i = 0; i < index.size(); ++i) {
      const size_t size = index[i].length;
      middles += size >= kMiddle && size < kLongest;
      all += size >= kWindow;
    }
  }
  constexpr size_t kFewest = 3;
  if (all <= kFewest) return 1;
  return middles * kMiddleStride > held ? kMiddleStride : kLongStride;
}

HeadSet::Lists HeadSet::ListsOf(const Walker::Indexes& indexes, size_t held) {
  Lists lists;
  lists.longest_stride = LongestStride(indexes, held);
  for (size_t kind = 0; kind < indexes.size(); ++kind) {
    const NeedleIndex& index = *indexes[kind];
    const auto writing = static_cast<Writing>(kind);
    std::string_view last;
    for (uint32_t i = 0; i < index.size(); ++i) {
      std::string_view head = index[i].text();
      // In the order of their bytes those with one head stand side by side;
      // forms of a value often differ at the end only.
      if (head.size() >= kLongest &&
          head.substr(0, kLongest) == last.substr(0, kLongest)) {
        continue;
      }
      last = head;
      if (writing == Writing::kHex) {
        AddHex(head, &lists);
        continue;
      }
      head = head.substr(0, kLongest);
      if (writing == Writing::kSpelled) {
        if (head.size() > 2 && head[1] == '\n') {
          AddBeforeBreak(head[0], head.substr(2), &lists);
          continue;
        }
        head = head.substr(0, head.find('\n'));
        head = head.substr(0, head.find(' ', kBlanksFold));
        lists.has_blanks =
            lists.has_blanks || head.find_first_of(" \t") != head.npos;
      }
      Add(head, &lists);
    }
  }
  JoinFew(&lists);
  return lists;
}

// Few windows are compared at every place faster than their table is
// asked at every second.
void HeadSet::JoinFew(Lists* lists) {
  std::vector<uint32_t>& fours = lists->fours.windows;
  const std::vector<uint32_t>& firsts = lists->first_of_shorts;
  if (firsts.empty() || fours.size() + firsts.size() > WindowSet::kMostFew)
    return;
  fours.insert(fours.end(), firsts.begin(), firsts.end());
  lists->shorts.Clear();
}

// A line feed of a needle may be any white space, which ends the head.
void HeadSet::AddBeforeBreak(char c, std::string_view behind, Lists* lists) {
  lists->bytes.Add(static_cast<uint8_t>(c));
  lists->bytes |= kWhite;
  lists->tiny_first.Add(static_cast<uint8_t>(c));
  lists->before_break.Add(static_cast<uint8_t>(c));
  if (IsWhite(behind[0])) {
    lists->behind_break.AddRange(0, 0xff);
  } else {
    lists->behind_break.Add(static_cast<uint8_t>(behind[0]));
  }
}

void HeadSet::Add(std::string_view head, Lists* lists) {
  const auto add = [&](WindowList* windows, size_t n) {
    for (size_t i = 0; i < n; ++i) {
      windows->Add(LoadWindow(head.data() + i));
    }
  };
  for (char c : head) lists->bytes.Add(static_cast<uint8_t>(c));
  if (head.size() >= kWindow) {
    for (size_t i = 0; i < kPairs; ++i) {
      lists->pairs[i].push_back({head[i], head[i + 1]});
    }
  }
  const size_t stride =
      head.size() < kWindow
          ? 0
          : std::min(head.size() - kWindow + 1, lists->longest_stride);
  if (stride >= kLongest - kWindow + 1) {
    add(&lists->longs, kLongest - kWindow + 1);
  } else if (stride >= kMiddle - kWindow + 1) {
    add(&lists->middles, kMiddle - kWindow + 1);
  } else if (stride >= kShort - kWindow + 1) {
    add(&lists->shorts, kShort - kWindow + 1);
    std::vector<uint32_t>& firsts = lists->first_of_shorts;
    const uint32_t first = WindowSet::Folded(LoadWindow(head.data()));
    if (firsts.size() <= WindowSet::kMostFew &&
        std::find(firsts.begin(), firsts.end(), first) == firsts.end()) {
      firsts.push_back(first);
    }
  } else if (stride == 1) {
    add(&lists->fours, 1);
  } else {
    lists->tiny_first.Add(static_cast<uint8_t>(head[0]));
    for (unsigned b = 0; b < 256; ++b) {
      const char second = static_cast<char>(b);
      if (head.size() > 1 && head[1] != second) continue;
      lists->tiny.push_back({head[0], second});
    }
  }
}

// Between pairs of digits stands nothing, or the same each time; a blank and
// the like also between groups of pairs, of which the first may be the rest of
// one that began before.
void HeadSet::AddHex(std::string_view bytes, Lists* lists) {
  static constexpr std::string_view kApart[] = {" ",  ":",   "-",   ",",   ", ",
                                                "0x", " 0x", ",0x", ", 0x"};
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string last;
  const auto add = [&](std::string_view apart, size_t first, size_t group,
                       bool short_digits) {
    std::string head;
    for (size_t i = 0; i < bytes.size() && head.size() < kLongest; ++i) {
      if (i >= first && (i - first) % group == 0) head += apart;
      const auto b = static_cast<uint8_t>(bytes[i]);
      if (b > 15 || i == 0 || !short_digits) head += kDigits[b >> 4];
      head += kDigits[b & 15];
    }
    head.resize(std::min(head.size(), kLongest));
    if (head != last) Add(head, lists);
    last.swap(head);
    Wipe(head.data(), head.size());
  };
  constexpr size_t kPairsInHead = (kLongest + 1) / 2;
  add("", kPairsInHead, kPairsInHead, false);
  for (std::string_view apart : kApart) {
    add(apart, 1, 1, false);
    if (apart.ends_with('x')) add(apart, 1, 1, true);
  }
  for (std::string_view apart : {" ", ":", "-"}) {
    for (size_t first = 1; first < kPairsInHead; ++first) {
      for (size_t group = 2; group < kPairsInHead; ++group) {
        add(apart, first, group, false);
      }
    }
  }
  Wipe(last.data(), last.size());
  for (size_t i = 0; i + 1 < bytes.size() && i + 1 < kPairsInHead; ++i) {
    lists->hex_neighbours.push_back({bytes[i], bytes[i + 1]});
  }
  // Digits come in either case.
  lists->bytes |= ByteSet::Of("ABCDEF");
}

HeadSet::HeadSet(const Lists& lists, Arena* arena)
    : bytes_(lists.bytes),
      tiny_first_(lists.tiny_first),
      before_break_(lists.before_break),
      behind_break_(lists.behind_break),
      pairs_{PairSet(arena), PairSet(arena), PairSet(arena)},
      tiny_(arena),
      raw_tiny_(arena),
      hex_neighbours_(arena),
      has_tiny_(!lists.tiny_first.empty()),
      has_hex_(!lists.hex_neighbours.empty()),
      has_blanks_(lists.has_blanks),
      longs_(lists.longs.windows, arena),
      middles_(lists.middles.windows, arena),
      shorts_(lists.shorts.windows, arena),
      fours_(lists.fours.windows, arena) {
  for (const auto& [a, b] : lists.tiny) {
    raw_tiny_.Add(a, b);
    tiny_.Add(a, b);
  }
  before_break_.ForEach([this](uint8_t c) {
    for (unsigned b = 0; b < 256; ++b) {
      tiny_.Add(static_cast<char>(c), static_cast<char>(b));
    }
  });
  for (const auto& [a, b] : lists.hex_neighbours) hex_neighbours_.Add(a, b);
  for (size_t i = 0; i < kPairs; ++i) {
    for (const auto& [a, b] : lists.pairs[i]) pairs_[i].Add(Fold(a), Fold(b));
  }
  for (const auto& [a, b] : lists.pairs[0]) {
    firsts_.Add(static_cast<uint8_t>(Fold(a)));
  }
}

void HeadSet::WindowList::Clear() {
  for (std::vector<uint32_t>* list : {&windows, &recent}) {
    if (!list->empty()) Wipe(list->data(), list->size() * sizeof(uint32_t));
  }
  windows.clear();
}

HeadSet::Lists::~Lists() {
  const auto wipe = [](auto* list) {
    if (!list->empty()) Wipe(list->data(), list->size() * sizeof list->front());
  };
  for (WindowList* list : {&longs, &middles, &shorts, &fours}) list->Clear();
  wipe(&first_of_shorts);
  for (auto& list : pairs) wipe(&list);
  wipe(&tiny);
  wipe(&hex_neighbours);
}

bool HeadSet::MayBeginSo(std::string_view bytes) const {
  if (bytes.size() < 2) return bytes.empty() || MayBeginWith(bytes[0]);
  if (TinyMayBegin(bytes.data())) return true;
  for (size_t i = 0; i < kPairs && i + 1 < bytes.size(); ++i) {
    const char pair[] = {Fold(bytes[i]), Fold(bytes[i + 1])};
    if (!pairs_[i].Has(pair)) return false;
  }
  return true;
}

bool HeadSet::None(const Near& near, bool begins) const {
  if (near.known() == 0 || (has_tiny_ && !NoTiny(near, begins))) return false;
  return near.known() == Near::kFrom ? NoneByWindows(near, begins)
                                     : NoneByPairs(near, begins);
}

bool HeadSet::NoTiny(const Near& near, bool begins) const {
  const char pairs[] = {near.Byte(1), near.Byte(0), near.Byte(-1)};
  if (tiny_.Has(pairs)) return false;
  if (!begins) return true;
  return near.known() > 1 ? !tiny_.Has(pairs + 1) : !tiny_first_.Has(pairs[1]);
}

// With two windows known that a head of some length must have: the one at the
// place and, where it began before, the one before that; or the two that begin
// three and four bytes before the place. Of a shorter head those that span the
// place tell.
bool HeadSet::NoneByWindows(const Near& near, bool begins) const {
  const auto has = [&near](const WindowSet& set, int before) {
    return set.MayHave(near.Window(before));
  };
  const auto has_two = [&](const WindowSet& set, int before) {
    return has(set, before) && has(set, before + 1);
  };
  for (const WindowSet* set : {&longs_, &middles_}) {
    if (set->empty()) continue;
    if (has(*set, 0) && (begins || has(*set, 1))) return false;
    if (has_two(*set, 3)) return false;
  }
  if (!shorts_.empty() &&
      ((begins && has(shorts_, 0)) || has_two(shorts_, 0) ||
       has_two(shorts_, 1) || has_two(shorts_, 2) || has_two(shorts_, 3))) {
    return false;
  }
  return fours_.empty() || !((begins && has(fours_, 0)) || has(fours_, 1) ||
                             has(fours_, 2) || has(fours_, 3));
}

// Where less is known: what begins up to three bytes before the place has its
// first pairs there, what begins earlier two windows before the last.
bool HeadSet::NoneByPairs(const Near& near, bool begins) const {
  const int known = near.known();
  const auto begins_at = [&](int before) {
    for (int i = 0; i < kPairs && i - before + 1 < known; ++i) {
      const char pair[] = {Fold(near.Byte(before - i)),
                           Fold(near.Byte(before - i - 1))};
      if (!pairs_[static_cast<size_t>(i)].Has(pair)) return false;
    }
    return true;
  };
  for (int before = begins ? 0 : 1; before < Near::kBefore; ++before) {
    if (begins_at(before)) return false;
  }
  for (const WindowSet* set : {&longs_, &middles_, &shorts_}) {
    if (!set->empty() && set->MayHave(near.Window(3)) &&
        set->MayHave(near.Window(4))) {
      return false;
    }
  }
  return true;
}

// Those of `starts` whose first pairs of bytes, as far as they are known and
// hold something from the place on, may be a head's.
HeadSet::Starts HeadSet::StartsByPairs(const Around& around,
                                       Starts starts) const {
  const int before = static_cast<int>(around.before);
  const int known = static_cast<int>(around.size) - before;
  const char* place = around.bytes + before;
  for (int n = 0; n < kPairs && n <= before; ++n) {
    for (int i = std::max(n - 1, 0); i < kPairs && i - n + 1 < known; ++i) {
      const char pair[] = {Fold(place[i - n]), Fold(place[i - n + 1])};
      if (!pairs_[static_cast<size_t>(i)].Has(pair)) {
        starts &= ~Bits(n, n);
        break;
      }
    }
  }
  return starts;
}

// Each window is asked of for all beginnings that need it. Those that span the
// place come first, since all beginnings need some.
HeadSet::Starts HeadSet::StartsOf(const Around& around) const {
  const int before = static_cast<int>(around.before);
  const int known = static_cast<int>(around.size) - before;
  constexpr int kLast = static_cast<int>(kLongest - kWindow);
  constexpr int kSpan = static_cast<int>(kWindow) - 1;
  const char* place = around.bytes + before;
  const auto all = StartsByPairs(around, Bits(0, before));
  // What the probes see of a shorter head stands as it is, where more bytes of
  // it do.
  Starts longs = longs_.empty() ? 0 : all;
  Starts middles = middles_.empty() ? 0 : all & Bits(0, kMiddle - 1);
  Starts shorts = shorts_.empty() ? 0 : all & Bits(0, kShort - 1);
  Starts fours = fours_.empty() ? 0 : all & Bits(0, kSpan);
  const auto ask = [&](int at) {
    if (at < -before || at + static_cast<int>(kWindow) > known) return;
    const uint32_t window = LoadWindow(place + at);
    const Starts of_long = longs & Bits(-at, kLast - at);
    if (of_long != 0 && !longs_.MayHave(window)) longs &= ~of_long;
    const Starts of_middle = middles & Bits(-at, 3 - at);
    if (of_middle != 0 && !middles_.MayHave(window)) middles &= ~of_middle;
    const Starts of_short = shorts & Bits(-at, 1 - at);
    if (of_short != 0 && !shorts_.MayHave(window)) shorts &= ~of_short;
    const Starts of_four = fours & Bits(-at, -at);
    if (of_four != 0 && !fours_.MayHave(window)) fours &= ~of_four;
  };
  for (int at = -kSpan; at <= kSpan && (longs | middles | shorts | fours) != 0;
       ++at) {
    ask(at);
  }
  for (int at = -kSpan - 1; at >= -before && (longs | middles | shorts) != 0;
       --at) {
    ask(at);
  }
  Starts starts = longs | middles | shorts | fours;
  // Of a tiny one that began earlier the probes see two bytes.
  for (int n = 0; has_tiny_ && n <= std::min(before, 1); ++n) {
    const char* begin = place - n;
    if (n + known >= 2 && !tiny_.Has(begin)) continue;
    if (n + known == 1 && !tiny_first_.Has(*begin)) continue;
    starts |= Bits(n, n);
  }
  return starts;
}

}  // namespace maskpipe
