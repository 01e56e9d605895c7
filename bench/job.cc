#include "bench/job.h"

#include <benchmark/benchmark.h>

#include <exception>
#include <stdexcept>

namespace maskpipe::bench {
namespace {

void Time(benchmark::State* state, const Job& job) {
  bool right = true;
  for (auto _ : *state) right = job.run() && right;
  if (!right) throw std::runtime_error("wrong while the clock ran");
  if (job.bytes == 0) return;
  state->SetBytesProcessed(static_cast<int64_t>(state->iterations()) *
                           static_cast<int64_t>(job.bytes));
}

void CheckAndTime(Bench* bench, benchmark::State* state,
                  const std::function<Job()>& make) {
  try {
    const Job job = make();
    const std::string wrong = job.check();
    if (!wrong.empty()) throw std::runtime_error("wrong answer: " + wrong);
    Time(state, job);
  } catch (const std::exception& e) {
    bench->failed = true;
    state->SkipWithError(e.what());
  }
}

}  // namespace

void RegisterJob(Bench* bench, const std::string& name,
                 std::function<Job()> make) {
  benchmark::RegisterBenchmark(name.c_str(), [bench,
                                              make](benchmark::State& state) {
    CheckAndTime(bench, &state, make);
  })->Unit(benchmark::kMillisecond);
}

Job TallyJob(const World& world, const Tally& answer,
             std::function<Tally()> run) {
  return {.check = [&answer, run] { return Difference(run(), answer); },
          .run = [&answer, run] { return run() == answer; },
          .bytes = world.text.size()};
}

NeedleSet NeedlesOf(const WorldSpec& spec) {
  const bool special = IsRunOfA(spec.stress) ||
                       spec.stress == Stress::kOneShort ||
                       spec.stress == Stress::kOneOfSymbols;
  return {spec.needles, special ? spec.stress : Stress::kNone};
}

}  // namespace maskpipe::bench
