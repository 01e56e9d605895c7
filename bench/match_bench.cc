// The matching loop alone: the matcher over a text in pieces of 256 KiB, over
// records of 200 bytes, and its compilation. Plain needles, as the rivals have
// them, and everything that a stream looks for.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bench/job.h"
#include "bench/masked_set.h"
#include "src/match/matcher.h"
#include "src/stream/record.h"

namespace maskpipe::bench {
namespace {

std::unique_ptr<Matcher> Compile(const std::vector<std::string>& needles) {
  std::vector<Needle> list;
  for (uint32_t i = 0; i < needles.size(); ++i) {
    list.push_back(
        {.bytes = needles[i], .secret = i, .writing = Writing::kPlain});
  }
  return std::make_unique<Matcher>(list);
}

std::shared_ptr<const Matcher> CompiledOnce(const NeedleSet& key,
                                            const World& world) {
  static LastMade<NeedleSet, Matcher> matcher;
  return matcher.Get(key, [&] { return Compile(world.needles); });
}

// Windows begin where a stream's would, at what is pending.
template <typename OnSpan>
void Scan(const Matcher& matcher, std::string_view text, OnSpan&& add) {
  Matcher::Cursor cursor(0);
  size_t keep = 0;
  for (size_t end = 0; end < text.size();) {
    end = std::min(end + kChunk, text.size());
    const Window window{text.substr(keep, end - keep), keep};
    matcher.Scan(window, &cursor, add);
    keep = std::min(matcher.Pending(cursor), matcher.Needed(cursor));
  }
  const Window rest{text.substr(keep), keep};
  matcher.Finish(rest, &cursor, /*truncated=*/false, add);
}

Tally ScanAll(const Matcher& matcher, std::string_view text) {
  Tally tally;
  Scan(matcher, text, [&tally](const Span& s) { tally.Add(s.begin, s.end); });
  return tally;
}

// An occurrence in several readings may be reported more than once, so regions
// are what can be compared.
Tally ScanRegions(const CompiledSet& set, std::string_view text) {
  Regions regions;
  Scan(set.matcher(), text, [&](const Span& s) {
    regions.Add(s.begin, s.end, &set.label(s.secret));
  });
  Tally tally;
  for (const Region& r : regions) tally.Add(r.begin, r.end);
  return tally;
}

Tally ScanRecords(const CompiledSet& set, std::string_view text,
                  size_t record_bytes) {
  Tally tally;
  Regions regions;
  for (size_t at = 0; at < text.size(); at += record_bytes) {
    regions.Clear();
    FindRegions(set, text.substr(at, record_bytes), &regions);
    for (const Region& r : regions) tally.Add(at + r.begin, at + r.end);
  }
  return tally;
}

void RegisterEverythingCompile(Bench* bench, size_t needles) {
  const std::string name =
      "compile-everything/" + std::to_string(needles) + "-needles";
  RegisterJob(bench, name, [bench, needles] {
    const auto proof =
        std::make_shared<const World>(bench->worlds.CompileProof(needles));
    const auto check = [proof] {
      const auto set = CompileSet(proof->needles, Looked::kEverything);
      return Difference(ScanRegions(*set, proof->text), proof->regions);
    };
    const auto run = [proof] {
      return CompileSet(proof->needles, Looked::kEverything)->intact();
    };
    return Job{.check = check, .run = run};
  });
}

}  // namespace

void RegisterMatch(Bench* bench, const WorldSpec& spec) {
  RegisterJob(bench, "match/" + Name(spec), [bench, spec] {
    const World& world = bench->worlds.Get(spec);
    const auto matcher = CompiledOnce(NeedlesOf(spec), world);
    return TallyJob(world, world.answer, [&world, matcher] {
      return ScanAll(*matcher, world.text);
    });
  });
}

void RegisterRecords(Bench* bench, const WorldSpec& spec) {
  RegisterJob(bench, "records-200B/" + Name(spec), [bench, spec] {
    const World& world = bench->worlds.Get(spec);
    const auto set = MaskedSet(NeedlesOf(spec), world.needles);
    return TallyJob(world, world.regions,
                    [&world, set, bytes = spec.record_bytes] {
                      return ScanRecords(*set, world.text, bytes);
                    });
  });
}

void RegisterCompile(Bench* bench, size_t needles) {
  const std::string name = "compile/" + std::to_string(needles) + "-needles";
  RegisterJob(bench, name, [bench, needles] {
    const auto proof =
        std::make_shared<const World>(bench->worlds.CompileProof(needles));
    const auto check = [proof] {
      const std::unique_ptr<Matcher> matcher = Compile(proof->needles);
      return Difference(ScanAll(*matcher, proof->text), proof->answer);
    };
    const auto run = [proof] { return Compile(proof->needles)->intact(); };
    return Job{.check = check, .run = run};
  });
  RegisterEverythingCompile(bench, needles);
}

}  // namespace maskpipe::bench
