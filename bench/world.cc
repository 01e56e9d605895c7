#include "bench/world.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace maskpipe::bench {
namespace {

constexpr uint64_t kTextSeed = 1;
constexpr uint64_t kNeedleSeed = 2;
constexpr uint64_t kPlantSeed = 3;
constexpr size_t kLongNeedle = 4096;
constexpr std::string_view kShortNeedle = "Zq7xV";
constexpr std::string_view kSymbols = "#$%&()*+,:;<=>?@[]^{|}~!";

// SplitMix64 (Steele, Lea, Flood 2014): the distributions of <random> differ
// between standard libraries.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  size_t Below(size_t n) { return static_cast<size_t>(Next() % n); }
  size_t Between(size_t least, size_t most) {
    return least + Below(most - least + 1);
  }
  std::string Text(size_t length, std::string_view alphabet) {
    std::string text(length, ' ');
    for (char& c : text) c = alphabet[Below(alphabet.size())];
    return text;
  }

 private:
  uint64_t state_;
};

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// No blanks and no quotes, which maskpipe would trim.
constexpr std::string_view kPassword =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    "!#$%&()*+,-./:;<=>?@[]^_{|}~";

std::string MakeNeedle(size_t kind, Random* random) {
  switch (kind) {
    case 0:
      return random->Text(40, kBase64);  // as an AWS secret key
    case 1:
      return random->Text(8 * random->Between(4, 8), kHex);
    case 2:  // JWTs share a long beginning, and many needles share it with them
      return "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." +
             random->Text(random->Between(60, 100), kBase64Url) + "." +
             random->Text(43, kBase64Url);
    default:
      // No symbol at the end, which might be an escape with one that follows:
      // %% is how some write %, also where a line break stands between.
      return random->Text(random->Between(7, 23), kPassword) +
             random->Text(1, kHex);
  }
}

// The first `count` of an endless list of distinct needles.
std::vector<std::string> MakeNeedles(size_t count) {
  Random random(kNeedleSeed);
  std::set<std::string> made;
  std::vector<std::string> needles;
  while (needles.size() < count) {
    // Half are passwords, and the first is, so that one needle is a short one.
    const size_t kind = (needles.size() + 5) % 6;
    std::string needle = MakeNeedle(kind, &random);
    if (made.insert(needle).second) needles.push_back(std::move(needle));
  }
  return needles;
}

// The corpora's lines without end, shuffled anew for each round.
class LineSource {
 public:
  explicit LineSource(const std::vector<std::string>& lines)
      : lines_(lines), order_(lines.size()), random_(kTextSeed) {
    std::iota(order_.begin(), order_.end(), 0);
    next_ = order_.size();
  }

  const std::string& Next() {
    if (next_ == order_.size()) {
      for (size_t i = order_.size(); i > 1; --i) {
        std::swap(order_[i - 1], order_[random_.Below(i)]);
      }
      next_ = 0;
    }
    return lines_[order_[next_++]];
  }

  // Lines side by side, cut where the record ends.
  std::string NextRecord(size_t bytes) {
    std::string record;
    while (record.size() < bytes) record += Next() + ' ';
    record.resize(bytes);
    return record;
  }

 private:
  const std::vector<std::string>& lines_;
  std::vector<size_t> order_;
  size_t next_ = 0;
  Random random_;
};

// Puts the needle between two words; returns where it begins.
size_t Plant(const std::string& needle, Random* random, std::string* line) {
  const size_t blank = line->find(' ', random->Below(line->size() + 1));
  if (blank == line->npos) {
    *line += ' ' + needle;
    return line->size() - needle.size();
  }
  line->insert(blank + 1, needle + ' ');
  return blank + 1;
}

// The same in a record, whose length stays.
size_t PlantInRecord(const std::string& needle, Random* random,
                     std::string* record) {
  const size_t at = random->Below(record->size() - needle.size() + 1);
  record->replace(at, needle.size(), needle);
  return at;
}

// How many lines there are to a needle; 0: no needle at all.
size_t LinesPerNeedle(Stress stress) {
  if (stress == Stress::kRare || stress == Stress::kOneShort ||
      stress == Stress::kOneOfSymbols) {
    return 1000;
  }
  return stress == Stress::kDense ? 5 : 0;
}

// A beginning, a middle or an end, at least half of the needle.
std::string_view AlmostNeedle(std::string_view needle, Random* random) {
  const size_t length = random->Between(needle.size() / 2, needle.size() - 1);
  const size_t spare = needle.size() - length;
  const size_t begins[] = {0, random->Below(spare + 1), spare};
  return needle.substr(begins[random->Below(3)], length);
}

void Judge(const std::vector<Occurrence>& found, World* world) {
  const std::vector<Occurrence> regions = Union(found);
  for (const Occurrence& o : found) world->answer.Add(o.begin, o.end);
  for (const Occurrence& r : regions) world->regions.Add(r.begin, r.end);
  world->masked = MaskedDigest(world->text, regions, kMask);
}

void Spoil(World* world) {
  world->answer.Add(0, 0);
  world->regions.Add(0, 0);
  world->masked.Add(" ");
}

}  // namespace

std::vector<std::string> ReadLines(const std::string& directory) {
  std::error_code error;
  std::set<std::filesystem::path> logs;  // sorted: directories are not
  for (const auto& entry :
       std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".log") logs.insert(entry.path());
  }
  std::vector<std::string> lines;
  for (const std::filesystem::path& path : logs) {
    std::ifstream in(path, std::ios::binary);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
  }
  if (lines.empty()) {
    throw std::runtime_error("no lines of *.log in " + directory);
  }
  return lines;
}

std::string Name(const WorldSpec& spec) {
  const std::string count = std::to_string(spec.needles) + "-needles/";
  switch (spec.stress) {
    case Stress::kNone:
      return count + "none";
    case Stress::kRare:
      return count + "rare";
    case Stress::kDense:
      return count + "dense";
    case Stress::kNearMisses:
      return count + "near-misses";
    case Stress::kBase64:
      return count + "base64";
    case Stress::kEverywhere:
      return count + "everywhere";
    case Stress::kOneShort:
      return count + "rare-one-short";
    case Stress::kOneOfSymbols:
      return count + "rare-one-of-symbols";
    case Stress::kRunOfA:
      return "4KiB-needle-of-a/run-of-a";
    case Stress::kRunOfAForAb:
      return "31-a-and-b/run-of-a";
    case Stress::kRunOfAForRandom:
      return "4KiB-random-needle/run-of-a";
  }
  return count;
}

Worlds::Worlds(WorldOptions options)
    : options_(std::move(options)), lines_(ReadLines(options_.corpora)) {}

bool IsRunOfA(Stress stress) {
  return stress == Stress::kRunOfA || stress == Stress::kRunOfAForRandom ||
         stress == Stress::kRunOfAForAb;
}

void Worlds::Save(const WorldSpec& spec, const std::string& directory) const {
  const World world = Make(spec);
  const auto file = [&directory](const char* name) {
    std::ofstream out(directory + "/" + name, std::ios::binary);
    out.exceptions(std::ios::badbit | std::ios::failbit);
    return out;
  };
  file("text.log") << world.text;
  std::ofstream json = file("needles.json"), lines = file("needles.txt");
  json << '{';
  for (size_t i = 0; i < world.needles.size(); ++i) {
    // Needles hold no quotes and no backslashes.
    json << (i == 0 ? "" : ",\n") << "\"n" << i << "\":\"" << world.needles[i]
         << '"';
    lines << world.needles[i] << '\n';
  }
  json << "}\n";
  file("answer.txt") << world.answer.ToString() << '\n';
  std::ofstream masked = file("masked.log");
  ForEachPiece(world.text, Union(FindByLookup(world.text, world.needles)),
               kMask, [&masked](std::string_view piece) { masked << piece; });
}

const World& Worlds::Get(const WorldSpec& spec) {
  if (kept_spec_ == spec) return kept_;
  kept_spec_.reset();
  kept_ = World();  // before the next one is made, so that two never stand
  kept_ = Make(spec);
  if (options_.spoil) Spoil(&kept_);
  kept_spec_ = spec;
  return kept_;
}

World Worlds::CompileProof(size_t needles) const {
  World proof;
  proof.needles = MakeNeedles(needles);
  for (const std::string& needle : proof.needles) {
    const size_t begin = proof.text.size();
    // What follows keeps a break from joining one to the next.
    proof.text += needle + " ;\n";
    proof.answer.Add(begin, begin + needle.size());
    proof.regions.Add(begin, begin + needle.size());
  }
  if (options_.spoil) Spoil(&proof);
  return proof;
}

World Worlds::Make(const WorldSpec& spec) const {
  switch (spec.stress) {
    case Stress::kNearMisses:
      return MakeNearMisses(spec);
    case Stress::kBase64:
      return MakeBase64(spec);
    case Stress::kEverywhere:
      return MakeEverywhere(spec);
    case Stress::kRunOfA:
    case Stress::kRunOfAForRandom:
    case Stress::kRunOfAForAb:
      return MakeRunOfA(spec);
    default:
      return MakePlanted(spec);
  }
}

World Worlds::MakePlanted(const WorldSpec& spec) const {
  World world;
  world.needles = MakeNeedles(spec.needles);
  LineSource source(lines_);
  Random random(kPlantSeed);
  const size_t rate = LinesPerNeedle(spec.stress);
  std::vector<Occurrence> planted;
  world.text.reserve(options_.text_bytes + (size_t{64} << 10));
  while (world.text.size() < options_.text_bytes) {
    std::string line = spec.record_bytes == 0
                           ? source.Next()
                           : source.NextRecord(spec.record_bytes - 1);
    if (rate != 0 && random.Below(rate) == 0) {
      const std::string& needle = world.needles[random.Below(spec.needles)];
      const size_t at =
          world.text.size() + (spec.record_bytes == 0
                                   ? Plant(needle, &random, &line)
                                   : PlantInRecord(needle, &random, &line));
      planted.push_back({at, at + needle.size()});
    }
    world.text += line;
    world.text += '\n';
  }
  bool clean = planted == FindByLookup(world.text, world.needles);
  // These two are too short to be looked up, and are never planted.
  for (auto [stress, needle] : {std::pair(Stress::kOneShort, kShortNeedle),
                                std::pair(Stress::kOneOfSymbols, kSymbols)}) {
    if (spec.stress != stress) continue;
    clean = clean && world.text.find(needle) == world.text.npos;
    world.needles.emplace_back(needle);
  }
  if (!clean) {
    throw std::runtime_error("needles occur that were not planted in " +
                             Name(spec));
  }
  Judge(planted, &world);
  return world;
}

World Worlds::MakeBase64(const WorldSpec& spec) const {
  constexpr size_t kLine = 76;  // RFC 2045
  World world;
  world.needles = MakeNeedles(spec.needles);
  Random random(kPlantSeed);
  while (world.text.size() < options_.text_bytes) {
    world.text += random.Text(kLine, kBase64) + '\n';
  }
  Judge(FindByLookup(world.text, world.needles), &world);
  return world;
}

World Worlds::MakeEverywhere(const WorldSpec& spec) const {
  constexpr size_t kLine = 180;
  World world;
  world.needles = MakeNeedles(spec.needles);
  Random random(kPlantSeed);
  size_t line = 0;
  while (world.text.size() < options_.text_bytes) {
    world.text += world.needles[random.Below(spec.needles)];
    const bool ends = world.text.size() - line > kLine;
    world.text += ends ? '\n' : ' ';
    if (ends) line = world.text.size();
  }
  Judge(FindByLookup(world.text, world.needles), &world);
  return world;
}

World Worlds::MakeNearMisses(const WorldSpec& spec) const {
  constexpr size_t kLine = 180;  // about the mean of the corpora
  World world;
  world.needles = MakeNeedles(spec.needles);
  Random random(kPlantSeed);
  while (world.text.size() < options_.text_bytes) {
    const size_t begin = world.text.size();
    while (world.text.size() < begin + kLine) {
      const std::string& needle = world.needles[random.Below(spec.needles)];
      world.text += AlmostNeedle(needle, &random);
      if (random.Below(2) == 0) world.text += ' ';
    }
    world.text += '\n';
  }
  // Two pieces may happen to make a whole one.
  Judge(FindByLookup(world.text, world.needles), &world);
  return world;
}

World Worlds::MakeRunOfA(const WorldSpec& spec) const {
  World world;
  // Speed does not depend on its length, and an engine that goes back after
  // each a takes minutes for what others read in milliseconds.
  world.text.assign(std::max(options_.text_bytes / 16, 4 * kLongNeedle), 'a');
  if (spec.stress != Stress::kRunOfA) {
    Random random(kNeedleSeed);
    world.needles.push_back(spec.stress == Stress::kRunOfAForAb
                                ? std::string(31, 'a') + 'b'
                                : random.Text(kLongNeedle, kPassword));
    // What the end cuts off would be masked.
    world.text.back() = '-';
    Judge({}, &world);
    return world;
  }
  // One ends at each byte from the 4096th on: too many to list.
  world.needles.push_back(std::string(kLongNeedle, 'a'));
  for (size_t end = kLongNeedle; end <= world.text.size(); ++end) {
    world.answer.Add(end - kLongNeedle, end);
  }
  world.regions.Add(0, world.text.size());
  world.masked.Add(kMask);
  return world;
}

}  // namespace maskpipe::bench
