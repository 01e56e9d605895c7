#include "src/run/history.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace maskpipe {
namespace {

// Sorted by all that makes a secret what it is. No hash: one of a value would
// stay behind in memory that is not wiped.
std::vector<const Secret*> Sorted(const SecretStore& store) {
  std::vector<const Secret*> sorted;
  for (const Secret& s : store.secrets()) sorted.push_back(&s);
  return sorted;
}

auto Identity(const Secret& s) {
  return std::tie(s.value, s.origin, s.name, s.key, s.open, s.certain);
}

bool Less(const Secret* a, const Secret* b) {
  return Identity(*a) < Identity(*b);
}

}  // namespace

// 1 match old secrets with loaded ones, 2 choose the old ones that stay, 3 let
// the oldest go where there are too many, 4 put live and old ones together.
bool History::Update(const SecretStore& loaded,
                     const std::vector<std::string>& failed,
                     Clock::time_point now) {
  std::vector<const Secret*> live = Sorted(loaded);  // 1
  std::sort(live.begin(), live.end(), Less);
  most_live_ = std::max(most_live_, live.size());

  using Old = std::pair<Clock::time_point, const Secret*>;
  std::vector<Old> old;  // 2
  size_t known = 0;      // of the old ones, those that are live
  for (size_t i = 0; i < store_.secrets().size(); ++i) {
    const Secret& s = store_.secrets()[i];
    if (std::binary_search(live.begin(), live.end(), &s, Less)) {
      seen_[i] = now;
      ++known;
      continue;
    }
    if (std::find(failed.begin(), failed.end(), s.origin) != failed.end()) {
      seen_[i] = now;
    }
    if (now - seen_[i] <= kKept) old.emplace_back(seen_[i], &s);
  }

  const size_t most = kMostPerLive * most_live_;  // 3
  if (live.size() + old.size() > most) {
    std::stable_sort(old.begin(), old.end(), [](const Old& a, const Old& b) {
      return a.first > b.first;
    });
    old.resize(most - live.size());
  }

  if (known == live.size() && known + old.size() == store_.secrets().size()) {
    return false;
  }
  SecretStore store;  // 4
  std::vector<Clock::time_point> seen;
  for (const Secret& s : loaded.secrets()) {
    store.Add(s, s.value);
    seen.push_back(now);
  }
  for (const auto& [time, s] : old) {
    store.Add(*s, s->value);
    seen.push_back(time);
  }
  store_ = std::move(store);
  seen_ = std::move(seen);
  return true;
}

}  // namespace maskpipe
