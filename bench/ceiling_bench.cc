// What no filter can beat: copying the text, and only reading it.

#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <vector>

#include "bench/job.h"

namespace maskpipe::bench {
namespace {

constexpr WorldSpec kWorld{.needles = 1, .stress = Stress::kNone};

// The xor of all whole words of eight bytes; compilers make vectors of it.
uint64_t XorWords(std::string_view text) {
  uint64_t all = 0;
  for (size_t i = 0; i + sizeof all <= text.size(); i += sizeof all) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, sizeof word);
    all ^= word;
  }
  return all;
}

// The same, byte by byte.
uint64_t XorBytes(std::string_view text) {
  uint64_t all = 0;
  for (size_t i = 0; i < text.size() / sizeof all * sizeof all; ++i) {
    // Little-endian, as all that we build for.
    all ^= uint64_t{static_cast<uint8_t>(text[i])} << i % sizeof all * 8;
  }
  return all;
}

Job CopyJob(Bench* bench) {
  const std::string_view text = bench->worlds.Get(kWorld).text;
  const auto copy = std::make_shared<std::vector<char>>(text.size());
  const auto run = [text, copy] {
    std::memcpy(copy->data(), text.data(), text.size());
    benchmark::ClobberMemory();
    return true;
  };
  const auto check = [text, copy, run]() -> std::string {
    run();
    const bool same = std::string_view(copy->data(), copy->size()) == text;
    return same ? "" : "the copy differs";
  };
  return {.check = check, .run = run, .bytes = text.size()};
}

Job ReadJob(Bench* bench) {
  const std::string_view text = bench->worlds.Get(kWorld).text;
  const uint64_t want = XorBytes(text);
  const auto run = [text, want] {
    uint64_t got = XorWords(text);
    benchmark::DoNotOptimize(got);
    return got == want;
  };
  const auto check = [run]() -> std::string {
    return run() ? "" : "the xor of all words differs";
  };
  return {.check = check, .run = run, .bytes = text.size()};
}

}  // namespace

void RegisterCeilings(Bench* bench) {
  RegisterJob(bench, "ceiling/memcpy", [bench] { return CopyJob(bench); });
  RegisterJob(bench, "ceiling/read", [bench] { return ReadJob(bench); });
}

}  // namespace maskpipe::bench
