// What detectors cost: the same stream with and without them. Prints the
// throughputs and their ratios, and ends with 1 where an output is wrong.
//
//   maskpipe_detect_bench

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/world.h"
#include "src/stream/stream.h"

namespace {

using namespace maskpipe;  // NOLINT: a program of nothing else

constexpr size_t kPiece = size_t{64} << 10;
constexpr size_t kTextBytes = size_t{10} << 20;
constexpr int kRuns = 5;

class CountingSink : public Sink {
 public:
  Status Write(std::span<const std::string_view> pieces) override {
    for (std::string_view p : pieces) {
      bytes += p.size();
      if (kept != nullptr) kept->append(p);
    }
    return Status::Ok();
  }
  size_t bytes = 0;
  std::string* kept = nullptr;
};

std::shared_ptr<const CompiledSet> Compile(const std::vector<Rule>& rules) {
  SecretStore store;
  store.Add({.name = "secret"}, "correct-horse-battery-staple");
  MaskOptions options;
  if (!rules.empty()) options.detectors = *Detectors::Compile(rules);
  return *CompiledSet::Compile(store, options);
}

std::string Masked(const std::shared_ptr<const CompiledSet>& set,
                   std::string_view text, size_t piece) {
  std::string out;
  CountingSink sink;
  sink.kept = &out;
  Stream stream(set, &sink);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    (void)stream.Write(text.substr(0, piece));
  }
  (void)stream.Finish();
  return out;
}

// Bytes per second, the best of some runs.
template <typename F>
double Rate(size_t bytes, F&& run) {
  double best = 0;
  for (int i = 0; i < kRuns; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> took =
        std::chrono::steady_clock::now() - begin;
    best = std::max(best, static_cast<double>(bytes) / took.count());
  }
  return best;
}

double StreamRate(const std::shared_ptr<const CompiledSet>& set,
                  std::string_view text) {
  return Rate(text.size(), [&] {
    CountingSink sink;
    Stream stream(set, &sink);
    for (size_t at = 0; at < text.size(); at += kPiece) {
      (void)stream.Write(text.substr(at, kPiece));
    }
    (void)stream.Finish();
  });
}

// RE2::Set says only whether a line holds something, so it does less.
double Re2SetRate(const std::vector<Rule>& rules, std::string_view text) {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_max_mem(int64_t{256} << 20);
  RE2::Set set(options, RE2::UNANCHORED);
  for (const Rule& rule : rules) (void)set.Add(rule.pattern, nullptr);
  if (!set.Compile()) return 0;
  return Rate(text.size(), [&] {
    std::vector<int> matched;
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      (void)set.Match({line.data(), line.size()}, &matched);
    }
  });
}

std::string Repeated(std::string_view text, size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += text;
  return out;
}

std::string Corpora() {
  std::string text;
  for (const std::string& line : bench::ReadLines(BENCH_CORPORA)) {
    text += line + '\n';
  }
  return text;
}

void Print(const char* what, double rate, double of, double least) {
  std::printf("%-44s %8.1f MB/s  ratio %.2f, at least %.2f: %s\n", what,
              rate / 1e6, rate / of, least, rate / of >= least ? "yes" : "NO");
}

// What the detectors find must not follow from the pieces.
bool Right(const std::shared_ptr<const CompiledSet>& set,
           std::string_view text) {
  const std::string once = Masked(set, text, text.size());
  return Masked(set, text, 1021) == once && Masked(set, text, kPiece) == once;
}

}  // namespace

int main() {
  const std::vector<std::string> names = {"password", "secret", "token",
                                          "api_key", "private_key"};
  const std::vector<Rule> rules = RulePack(names);
  const auto off = Compile({}), on = Compile(rules);

  const std::string plain = Repeated(
      "2026-01-02 03:04:05 INFO worker 17 did step 4 of 9 in 12.5 ms, queue "
      "length 3\n",
      kTextBytes);
  const std::string logs = Repeated(Corpora(), kTextBytes);
  std::string line = logs;
  std::replace(line.begin(), line.end(), '\n', ' ');
  const std::string probe =
      "AKIAQYLPMN5HHHFPZAM2 postgres://u:h6Gd82hs@h/ password=8hd72bX9q\n";
  const std::string masked_probe = "*** postgres://u:***@h/ password=***\n";

  if (Masked(on, probe, probe.size()) != masked_probe ||
      Masked(on, plain, kPiece) != plain || !Right(on, logs + probe) ||
      !Right(on, line + probe)) {
    std::fprintf(stderr, "the output is wrong\n");
    return 1;
  }
  const double plain_off = StreamRate(off, plain);
  std::printf("%-44s %8.1f MB/s\n", "text without atoms, off", plain_off / 1e6);
  Print("text without atoms, all detectors", StreamRate(on, plain), plain_off,
        0.9);
  const double logs_off = StreamRate(off, logs);
  std::printf("%-44s %8.1f MB/s\n", "ordinary logs, off", logs_off / 1e6);
  const double logs_on = StreamRate(on, logs);
  Print("ordinary logs, all detectors", logs_on, logs_off, 0.6);
  Print("the same in one line of 10 MB", StreamRate(on, line), logs_on, 1);
  const double set = Re2SetRate(rules, logs);
  std::printf("%-44s %8.1f MB/s\n", "RE2::Set per line", set / 1e6);
  if (set > 0) Print("all detectors against RE2::Set", logs_on, set, 5);
  return 0;
}
