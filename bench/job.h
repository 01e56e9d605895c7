// How every benchmark here runs: the answer is checked before the clock starts.
//
//   RegisterJob(bench, "match/1000-needles/rare", [=] {
//     const World& world = bench->worlds.Get(spec);
//     return TallyJob(world, [&world] { return ScanAll(world.text); });
//   });
//
// A wrong answer skips the benchmark with an error and makes the program end
// with status 1.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "bench/world.h"

namespace maskpipe::bench {

// Text is scanned and written in pieces as large as a good pipe reader's.
inline constexpr size_t kChunk = size_t{256} << 10;

// What the benchmarks share. Benchmarks run one after the other.
struct Bench {
  Worlds worlds;
  bool failed = false;  // some answer was wrong
};

// One pass over one text.
struct Job {
  // Empty, or what is wrong with the pass's result.
  std::function<std::string()> check;
  // The pass that is timed; false where its result is plainly wrong. It repeats
  // what of the check costs nothing.
  std::function<bool()> run;
  size_t bytes = 0;  // per pass; 0: throughput means nothing here
};

// `make` is called whenever the benchmark starts; the job does not outlive the
// next call.
void RegisterJob(Bench* bench, const std::string& name,
                 std::function<Job()> make);

// A job that finds all occurrences of a world, or its regions.
Job TallyJob(const World& world, const Tally& answer,
             std::function<Tally()> run);

// "" or what `got` is and what it should be.
template <typename Answer>
std::string Difference(const Answer& got, const Answer& want) {
  if (got == want) return "";
  return "got " + got.ToString() + "; right is " + want.ToString();
}

// Keeps the last thing that was made, since neighbours in the order of the
// benchmarks want the same and compiling 10,000 needles takes a while.
template <typename Key, typename Value>
class LastMade {
 public:
  // `make` returns a unique_ptr or a shared_ptr.
  template <typename Make>
  std::shared_ptr<const Value> Get(const Key& key, Make&& make) {
    if (value_ == nullptr || !(key == key_)) {
      value_.reset();
      value_ = make();
      key_ = key;
    }
    return value_;
  }

 private:
  Key key_{};
  std::shared_ptr<const Value> value_;
};

// The needle set of a world: its number and, where the stress has needles of
// its own, which one.
struct NeedleSet {
  size_t needles = 0;
  Stress special = Stress::kNone;

  bool operator==(const NeedleSet&) const = default;
};
NeedleSet NeedlesOf(const WorldSpec& spec);

// What of a secret is looked for.
enum class Looked { kPlain, kEverything };

// The subjects and the rivals; each registers what it has for a world.
void RegisterCeilings(Bench* bench);
void RegisterMatch(Bench* bench, const WorldSpec& spec);
void RegisterRecords(Bench* bench, const WorldSpec& spec);
void RegisterCompile(Bench* bench, size_t needles);
void RegisterStream(Bench* bench, const WorldSpec& spec);
void RegisterRe2(Bench* bench, const WorldSpec& spec);
void RegisterVectorscan(Bench* bench, const WorldSpec& spec);
void RegisterVectorscanRecords(Bench* bench, const WorldSpec& spec);
void RegisterVectorscanCompile(Bench* bench, size_t needles);
std::string VectorscanVersion();

}  // namespace maskpipe::bench
