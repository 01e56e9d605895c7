// What detectors cost: the same stream with and without them. Prints the
// throughputs and their ratios, and ends with 1 where an output is wrong.
//
//   maskpipe_detect_bench [MIB]   (of text; 10)

#include <re2/re2.h>
#include <re2/set.h>

#if defined(BENCH_VECTORSCAN)
#include <hs/hs.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "bench/world.h"
#include "src/stream/stream.h"

namespace {

using namespace maskpipe;  // NOLINT: a program of nothing else

constexpr size_t kPiece = size_t{64} << 10;
constexpr int kRuns = 9;

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

using Work = std::function<void()>;

// Bytes per second of each, the median of some runs, which take turns.
std::vector<double> Rates(size_t bytes, const std::vector<Work>& works) {
  std::vector<std::vector<double>> seconds(works.size());
  for (int i = 0; i < kRuns; ++i) {
    for (size_t w = 0; w < works.size(); ++w) {
      const auto begin = std::chrono::steady_clock::now();
      works[w]();
      const std::chrono::duration<double> took =
          std::chrono::steady_clock::now() - begin;
      seconds[w].push_back(took.count());
    }
  }
  std::vector<double> rates;
  for (std::vector<double>& of : seconds) {
    std::nth_element(of.begin(), of.begin() + kRuns / 2, of.end());
    rates.push_back(static_cast<double>(bytes) / of[kRuns / 2]);
  }
  return rates;
}

double Rate(size_t bytes, const Work& work) {
  return Rates(bytes, {work}).front();
}

void Run(const std::shared_ptr<const CompiledSet>& set, std::string_view text) {
  CountingSink sink;
  Stream stream(set, &sink);
  for (size_t at = 0; at < text.size(); at += kPiece) {
    (void)stream.Write(text.substr(at, kPiece));
  }
  (void)stream.Finish();
}

// RE2::Set says only whether a line holds something, so it does less.
double Re2SetRate(const std::vector<Rule>& rules, std::string_view text) {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_max_mem(int64_t{256} << 20);
  RE2::Set set(options, RE2::UNANCHORED);
  for (const Rule& rule : rules) (void)set.Add(rule.pattern, nullptr);
  if (!set.Compile()) return 0;
  size_t lines = 0;
  const double rate = Rate(text.size(), [&] {
    std::vector<int> matched;
    lines = 0;
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (set.Match({line.data(), line.size()}, &matched)) ++lines;
    }
  });
  return lines == 0 ? 0 : rate;
}

// vectorscan in stream mode, which says where each match begins and ends but
// not where its secret is; rules that it refuses are left out and counted.
double VectorscanRate(const std::vector<Rule>& rules, std::string_view text,
                      size_t* refused) {
  double rate = 0;
  *refused = 0;
#if defined(BENCH_VECTORSCAN)
  std::vector<const char*> patterns;
  constexpr unsigned kFlags = HS_FLAG_SOM_LEFTMOST;
  for (const Rule& rule : rules) {
    hs_database_t* one = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_compile(rule.pattern.c_str(), kFlags, HS_MODE_BLOCK, nullptr, &one,
                   &error) == HS_SUCCESS) {
      patterns.push_back(rule.pattern.c_str());
    } else {
      ++*refused;
      hs_free_compile_error(error);
    }
    hs_free_database(one);
  }
  const std::vector<unsigned> flags(patterns.size(), kFlags);
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  hs_scratch_t* scratch = nullptr;
  hs_stream_t* stream = nullptr;
  if (hs_compile_multi(patterns.data(), flags.data(), nullptr,
                       static_cast<unsigned>(patterns.size()),
                       HS_MODE_STREAM | HS_MODE_SOM_HORIZON_LARGE, nullptr,
                       &database, &error) == HS_SUCCESS &&
      hs_alloc_scratch(database, &scratch) == HS_SUCCESS &&
      hs_open_stream(database, 0, &stream) == HS_SUCCESS) {
    const auto on_match = [](unsigned, unsigned long long, unsigned long long,
                             unsigned, void* matches) {
      ++*static_cast<size_t*>(matches);
      return 0;
    };
    size_t matches = 0;
    rate = Rate(text.size(), [&] {
      matches = 0;
      (void)hs_reset_stream(stream, 0, scratch, on_match, &matches);
      for (size_t at = 0; at < text.size(); at += kPiece) {
        const std::string_view piece = text.substr(at, kPiece);
        (void)hs_scan_stream(stream, piece.data(),
                             static_cast<unsigned>(piece.size()), 0, scratch,
                             on_match, &matches);
      }
    });
    if (matches == 0) rate = 0;
  }
  hs_free_compile_error(error);
  hs_close_stream(stream, nullptr, nullptr, nullptr);
  hs_free_scratch(scratch);
  hs_free_database(database);
#else
  (void)rules, (void)text;
#endif
  return rate;
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

int main(int argc, char** argv) {
  const size_t mib = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10;
  const size_t text_bytes = std::max<size_t>(mib, 1) << 20;
  const std::vector<std::string> names = {"password", "secret", "token",
                                          "api_key", "private_key"};
  const std::vector<Rule> rules = RulePack(names);
  const auto off = Compile({}), on = Compile(rules);

  const std::string plain = Repeated(
      "2026-01-02 03:04:05 INFO worker 17 did step 4 of 9 in 12.5 ms, queue "
      "length 3\n",
      text_bytes);
  const std::string logs = Repeated(Corpora(), text_bytes);
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
  const auto of_plain =
      Rates(plain.size(), {[&] { Run(off, plain); }, [&] { Run(on, plain); }});
  std::printf("%-44s %8.1f MB/s\n", "text without atoms, off",
              of_plain[0] / 1e6);
  Print("text without atoms, all detectors", of_plain[1], of_plain[0], 0.9);
  const auto of_logs =
      Rates(logs.size(), {[&] { Run(off, logs); }, [&] { Run(on, logs); },
                          [&] { Run(on, line); }});
  const double logs_on = of_logs[1];
  std::printf("%-44s %8.1f MB/s\n", "ordinary logs, off", of_logs[0] / 1e6);
  Print("ordinary logs, all detectors", logs_on, of_logs[0], 0.6);
  Print("the same in one line", of_logs[2], logs_on, 1);
  const double set = Re2SetRate(rules, logs);
  std::printf("%-44s %8.1f MB/s\n", "RE2::Set per line", set / 1e6);
  if (set > 0) Print("all detectors against RE2::Set", logs_on, set, 5);
  size_t refused;
  const double vectorscan = VectorscanRate(rules, logs, &refused);
  if (vectorscan > 0) {
    std::printf("%-44s %8.1f MB/s, without %zu rules it refuses\n",
                "vectorscan", vectorscan / 1e6, refused);
    Print("all detectors against vectorscan", logs_on, vectorscan, 1.5);
  } else {
    std::puts("not measured: vectorscan (it was not there, or found nothing)");
  }
  return 0;
}
