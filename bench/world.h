// The texts and needles that benchmarks run on, with the right answers.
//
//   Worlds worlds({.corpora = "tests/data/corpora", .text_bytes = 64 << 20});
//   const World& world = worlds.Get({.needles = 1000, .stress =
//   Stress::kRare});
//
// A text is the lines of our corpora, shuffled and repeated. Needles look like
// what people keep secret: passwords, 40-character keys, hex tokens, JWTs, of
// which none occurs in the text unless it was planted. All comes from fixed
// seeds and our own generator, so that every machine sees the same bytes.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/answer.h"

namespace maskpipe::bench {

enum class Stress {
  kNone,             // no needle occurs
  kRare,             // one per 1,000 lines
  kDense,            // one per five lines
  kNearMisses,       // nothing but needles' beginnings, middles and ends
  kBase64,           // lines of random base64, as of an attachment
  kEverywhere,       // nothing but needles, side by side
  kOneShort,         // rare, and one of the needles has five bytes
  kOneOfSymbols,     // rare, and one has neither letter nor digit
  kRunOfA,           // aaaa…, and the needle is 4 KiB of a
  kRunOfAForRandom,  // the same text, and the needle is 4 KiB at random
  kRunOfAForAb,      // the same text, and the needle is 31 a and a b
};

// Whether the text is a run of a, with a needle of its own.
bool IsRunOfA(Stress stress);

struct WorldSpec {
  size_t needles = 1;
  Stress stress = Stress::kNone;
  size_t record_bytes = 0;  // every line has this length, with its newline

  bool operator==(const WorldSpec&) const = default;
};

// "1000-needles/rare"
std::string Name(const WorldSpec& spec);

struct World {
  std::string text;
  std::vector<std::string> needles;
  Tally answer;   // all occurrences
  Tally regions;  // overlapping and touching ones taken together
  Digest masked;  // the text with kMask for each region
};

inline constexpr std::string_view kMask = "***";

// The lines of all *.log of a directory, in the order of their names. Throws
// std::runtime_error where there are none.
std::vector<std::string> ReadLines(const std::string& directory);

struct WorldOptions {
  std::string corpora;  // a directory of *.log
  size_t text_bytes = 0;
  // Makes every world's answer wrong, to see that wrong answers are noticed.
  bool spoil = false;
};

class Worlds {
 public:
  // Throws std::runtime_error where there are no corpora.
  explicit Worlds(WorldOptions options);

  // Good until the next call: worlds are large, so one is kept. Throws
  // std::runtime_error where needles occur that were not planted.
  const World& Get(const WorldSpec& spec);

  // Writes text.log, needles.json, needles.txt (a line each), answer.txt (the
  // tally) and masked.log to a directory that exists. Throws std::ios::failure
  // where it cannot.
  void Save(const WorldSpec& spec, const std::string& directory) const;

  // A text in which the compiled form of needles finds each of them once.
  World CompileProof(size_t needles) const;

 private:
  World Make(const WorldSpec& spec) const;
  World MakePlanted(const WorldSpec& spec) const;
  World MakeBase64(const WorldSpec& spec) const;
  World MakeEverywhere(const WorldSpec& spec) const;
  World MakeNearMisses(const WorldSpec& spec) const;
  World MakeRunOfA(const WorldSpec& spec) const;

  WorldOptions options_;
  std::vector<std::string> lines_;  // of the corpora
  std::optional<WorldSpec> kept_spec_;
  World kept_;
};

}  // namespace maskpipe::bench
