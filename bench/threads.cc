// Records of 200 bytes from 1 to 8 threads over one masker, through the C ABI:
// what a service does that logs from all its threads. No lock means that the
// records per second grow with the cores, that a record costs the same CPU time
// with 8 threads as with one, and that no thread ever waits.
//
// usage: maskpipe_threads [SECONDS]

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <maskpipe/maskpipe.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

std::string Text(std::mt19937* dice, size_t size) {
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>('a' + (*dice)() % 26);
  return text;
}

struct Usage {
  double cpu = 0;  // seconds, of all threads
  long waits = 0;
};

Usage Used() {
  rusage r = {};
  (void)getrusage(RUSAGE_SELF, &r);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return {seconds(r.ru_utime) + seconds(r.ru_stime), r.ru_nvcsw};
}

struct Rate {
  double by_clock, by_cpu;  // records per second
  long waits;
};

Rate Measure(const maskpipe::Masker& masker,
             const std::vector<std::string>& records, int threads,
             double seconds) {
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> total = 0;
  std::vector<std::thread> workers;
  const auto begin = Clock::now();
  const Usage before = Used();
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      uint64_t count = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        for (const std::string& r : records) {
          char* out = nullptr;
          size_t size = 0;
          (void)maskpipe_mask(masker.get(), r.data(), r.size(), &out, &size);
          maskpipe_free(out);
        }
        count += records.size();
      }
      total += count;
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread& w : workers) w.join();
  const std::chrono::duration<double> taken = Clock::now() - begin;
  const Usage after = Used();
  const double count = static_cast<double>(total);
  return {count / taken.count(), count / (after.cpu - before.cpu),
          after.waits - before.waits};
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  std::mt19937 dice(7);
  maskpipe::Secrets secrets;
  std::vector<std::string> values;
  for (size_t i = 0; i < 1000; ++i) {
    values.push_back(Text(&dice, 12 + i % 20));
    secrets.add("s" + std::to_string(i), values.back());
  }
  const maskpipe::Masker masker(secrets);
  std::vector<std::string> records;
  for (size_t i = 0; i < 1000; ++i) {
    records.push_back(Text(&dice, 200));
    if (i % 50 == 0) records.back().replace(100, values[i].size(), values[i]);
    // The answer before the time.
    const std::string masked = masker.mask(records.back());
    if ((masked.find("***") != std::string::npos) != (i % 50 == 0)) return 1;
  }
  Rate one = {};
  std::printf("200-byte records, 1,000 secrets, one in 50 hit, %u cores\n",
              std::thread::hardware_concurrency());
  for (const int threads : {1, 2, 4, 8}) {
    const Rate rate = Measure(masker, records, threads, seconds);
    if (threads == 1) one = rate;
    std::printf(
        "%d threads: %.2f million records/s (%.2f times one thread's), %.2f "
        "per CPU second (%.2f), %ld waits\n",
        threads, rate.by_clock / 1e6, rate.by_clock / one.by_clock,
        rate.by_cpu / 1e6, rate.by_cpu / one.by_cpu, rate.waits);
  }
}
