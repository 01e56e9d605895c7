#include "src/fetch/airflow/near_miss.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace maskpipe {
namespace {

std::string Essence(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '_' || c == '-') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return out;
}

// Letters to insert, remove or replace (Levenshtein, row by row).
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view NearestName(std::string_view name,
                             std::span<const std::string_view> known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return {};
  const std::string essence = Essence(name);
  std::string_view nearest;
  size_t least = 3;
  for (const std::string_view candidate : known) {
    const std::string other = Essence(candidate);
    // Of a short word, two letters are too much of it.
    const size_t most = std::min<size_t>(2, other.size() / 4);
    const size_t distance = Distance(essence, other);
    if (distance <= most && distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace maskpipe
