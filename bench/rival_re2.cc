// RE2::Set over each line: the usual way to ask which of many patterns occur.
// It tells neither where nor how often, so it does less than we do.

#include <re2/re2.h>
#include <re2/set.h>

#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "bench/job.h"

namespace maskpipe::bench {
namespace {

// More needles need more memory for its automaton than a log filter has.
constexpr size_t kMostNeedles = 100;

std::unique_ptr<re2::RE2::Set> Compile(
    const std::vector<std::string>& needles) {
  re2::RE2::Options options;
  options.set_literal(true);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // any byte
  options.set_max_mem(int64_t{256} << 20);
  auto set = std::make_unique<re2::RE2::Set>(options, re2::RE2::UNANCHORED);
  for (const std::string& needle : needles) {
    if (set->Add(needle, nullptr) < 0) throw std::runtime_error("RE2::Set");
  }
  if (!set->Compile()) throw std::runtime_error("RE2::Set: out of memory");
  return set;
}

// Calls at(line) for each line without its newline.
template <typename F>
void ForEachLine(std::string_view text, F&& at) {
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    at(text.substr(0, newline));
    text.remove_prefix(newline == text.npos ? text.size() : newline + 1);
  }
}

// How many needles occur in how many lines, and where the last such line ends.
Tally MatchLines(const re2::RE2::Set& set, std::string_view text) {
  Tally tally;
  std::vector<int> matched;
  ForEachLine(text, [&](std::string_view line) {
    const re2::StringPiece piece(line.data(), line.size());
    if (!set.Match(piece, &matched)) return;
    const auto end =
        static_cast<uint64_t>(line.data() + line.size() - text.data());
    for (size_t i = 0; i < matched.size(); ++i) tally.Add(0, end);
  });
  return tally;
}

std::string Check(const World& world, const Tally& got) {
  const size_t line_end = world.text.find('\n', world.answer.last_end());
  const bool none = world.answer.count() == 0;
  if (got.count() == world.answer.count() &&
      (none || got.last_end() == line_end)) {
    return "";
  }
  return "got " + got.ToString() + "; right is " + world.answer.ToString();
}

}  // namespace

void RegisterRe2(Bench* bench, const WorldSpec& spec) {
  if (spec.needles > kMostNeedles) return;
  RegisterJob(bench, "re2-set-lines/" + Name(spec), [bench, spec] {
    static LastMade<NeedleSet, re2::RE2::Set> sets;
    const World& world = bench->worlds.Get(spec);
    const auto set =
        sets.Get(NeedlesOf(spec), [&] { return Compile(world.needles); });
    return Job{
        .check = [&world,
                  set] { return Check(world, MatchLines(*set, world.text)); },
        .run =
            [&world, set] {
              return Check(world, MatchLines(*set, world.text)).empty();
            },
        .bytes = world.text.size()};
  });
}

}  // namespace maskpipe::bench
