// The benchmarks' program. bench/run.sh builds it, runs it and makes a table.
//
//   maskpipe_bench [--text-mib=N] [--corpora=DIR] [--spoil-answers]
//                  [options of Google Benchmark]
//   maskpipe_bench --save=DIR [--needles=N] [--text-mib=N]   the text, the
//                  needles and the right answer as files, for other programs
//
// Status 1: an answer was wrong, or there was nothing to run.

#include <benchmark/benchmark.h>
#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "bench/job.h"
#include "src/match/kernel.h"

namespace maskpipe::bench {
namespace {

constexpr size_t kCounts[] = {1, 10, 100, 1000, 10000};
constexpr size_t kMebibyte = size_t{1} << 20;

// Subject and rivals side by side, so that a noisy minute meets all of them.
void RegisterWorld(Bench* bench, const WorldSpec& spec) {
  RegisterMatch(bench, spec);
#ifdef BENCH_VECTORSCAN
  RegisterVectorscan(bench, spec);
#endif
  RegisterRe2(bench, spec);
  RegisterStream(bench, spec);
}

void RegisterRecordWorld(Bench* bench, const WorldSpec& spec) {
  RegisterRecords(bench, spec);
#ifdef BENCH_VECTORSCAN
  RegisterVectorscanRecords(bench, spec);
#endif
}

void RegisterCompilers(Bench* bench, size_t needles) {
  RegisterCompile(bench, needles);
#ifdef BENCH_VECTORSCAN
  RegisterVectorscanCompile(bench, needles);
#endif
}

void RegisterRunOfA(Bench* bench) {
  for (Stress stress :
       {Stress::kRunOfA, Stress::kRunOfAForRandom, Stress::kRunOfAForAb}) {
    const WorldSpec spec{.needles = 1, .stress = stress};
    RegisterMatch(bench, spec);
#ifdef BENCH_VECTORSCAN
    if (stress == Stress::kRunOfAForAb) RegisterVectorscan(bench, spec);
#endif
    RegisterStream(bench, spec);
  }
}

void RegisterAll(Bench* bench) {
  RegisterCeilings(bench);
  for (size_t n : kCounts) {
    for (Stress stress : {Stress::kNone, Stress::kRare, Stress::kDense}) {
      RegisterWorld(bench, {.needles = n, .stress = stress});
    }
    if (n == 1000) {
      for (Stress stress :
           {Stress::kNearMisses, Stress::kBase64, Stress::kEverywhere,
            Stress::kOneShort, Stress::kOneOfSymbols}) {
        RegisterWorld(bench, {.needles = n, .stress = stress});
      }
    }
    RegisterRecordWorld(
        bench, {.needles = n, .stress = Stress::kRare, .record_bytes = 200});
    RegisterCompilers(bench, n);
  }
  RegisterRunOfA(bench);
}

std::string CpuModel() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name")) continue;
    const size_t colon = line.find(':');
    if (colon + 2 < line.size()) return line.substr(colon + 2);
  }
  return "unknown";
}

void AddContext(size_t text_mib) {
  utsname system{};
  uname(&system);
  benchmark::AddCustomContext("cpu", CpuModel());
  benchmark::AddCustomContext("kernel", std::string(system.sysname) + " " +
                                            system.release + " " +
                                            system.machine);
  benchmark::AddCustomContext("compiler", BENCH_COMPILER);
  const Kernel* kernel = ChosenKernel();
  benchmark::AddCustomContext("matching_kernel",
                              kernel == nullptr ? "none" : kernel->name);
#ifdef BENCH_VECTORSCAN
  benchmark::AddCustomContext("vectorscan", VectorscanVersion());
#endif
  benchmark::AddCustomContext("text_mib", std::to_string(text_mib));
}

struct Arguments {
  WorldOptions world{.corpora = BENCH_CORPORA};
  size_t text_mib = 64;
  size_t needles = 1000;
  std::string save;
};

bool ParseCount(std::string_view number, size_t* count) {
  const auto end = number.data() + number.size();
  const auto [at, error] = std::from_chars(number.data(), end, *count);
  return error == std::errc() && at == end && *count != 0;
}

bool ParseOne(std::string_view argument, Arguments* arguments) {
  const auto value_of = [argument](std::string_view name) {
    return argument.substr(std::min(name.size(), argument.size()));
  };
  if (argument == "--spoil-answers") {
    arguments->world.spoil = true;
  } else if (argument.starts_with("--corpora=")) {
    arguments->world.corpora = value_of("--corpora=");
  } else if (argument.starts_with("--text-mib=")) {
    return ParseCount(value_of("--text-mib="), &arguments->text_mib);
  } else if (argument.starts_with("--needles=")) {
    return ParseCount(value_of("--needles="), &arguments->needles);
  } else if (argument.starts_with("--save=")) {
    arguments->save = value_of("--save=");
  } else {
    return false;
  }
  return true;
}

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);  // takes what it knows out of argv
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    if (ParseOne(argv[i], &arguments)) continue;
    std::cerr << "maskpipe_bench: bad argument: " << argv[i] << '\n';
    return 2;
  }
  arguments.world.text_bytes = arguments.text_mib * kMebibyte;
  if (!arguments.save.empty()) {
    Worlds(arguments.world)
        .Save({.needles = arguments.needles, .stress = Stress::kRare},
              arguments.save);
    return 0;
  }
  AddContext(arguments.text_mib);
  Bench bench{.worlds = Worlds(arguments.world)};
  RegisterAll(&bench);
  const size_t ran = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return bench.failed || ran == 0 ? 1 : 0;
}

}  // namespace
}  // namespace maskpipe::bench

int main(int argc, char** argv) {
  try {
    return maskpipe::bench::Main(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "maskpipe_bench: " << e.what() << '\n';
    return 1;
  }
}
