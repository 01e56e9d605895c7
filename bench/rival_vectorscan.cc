// vectorscan, the fastest multi-literal engine that reports every overlapping
// occurrence with its start, over the same bytes in the same pieces.

#include <hs/hs.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/job.h"

namespace maskpipe::bench {
namespace {

void Must(hs_error_t error, const char* what) {
  if (error == HS_SUCCESS) return;
  throw std::runtime_error(std::string(what) + ": error " +
                           std::to_string(error));
}

// Compiled literals with the memory that scanning takes.
class Vectorscan {
 public:
  enum class Mode { kStream, kBlock };

  Vectorscan(const std::vector<std::string>& needles, Mode mode) {
    Compile(needles, mode);
    Must(hs_alloc_scratch(db_, &scratch_), "hs_alloc_scratch");
    if (mode == Mode::kStream) {
      Must(hs_open_stream(db_, 0, &stream_), "hs_open_stream");
    }
  }
  Vectorscan(const Vectorscan&) = delete;
  Vectorscan& operator=(const Vectorscan&) = delete;
  ~Vectorscan() {
    if (stream_ != nullptr) hs_close_stream(stream_, nullptr, nullptr, nullptr);
    hs_free_scratch(scratch_);
    hs_free_database(db_);
  }

  Tally ScanStream(std::string_view text) const {
    Found found;
    Must(hs_reset_stream(stream_, 0, scratch_, OnMatch, &found), "reset");
    for (size_t at = 0; at < text.size(); at += kChunk) {
      const std::string_view piece = text.substr(at, kChunk);
      Must(hs_scan_stream(stream_, piece.data(), Length(piece), 0, scratch_,
                          OnMatch, &found),
           "hs_scan_stream");
    }
    return found.tally;
  }

  Tally ScanRecords(std::string_view text, size_t record_bytes) const {
    Found found;
    for (; found.offset < text.size(); found.offset += record_bytes) {
      const std::string_view record = text.substr(found.offset, record_bytes);
      Must(hs_scan(db_, record.data(), Length(record), 0, scratch_, OnMatch,
                   &found),
           "hs_scan");
    }
    return found.tally;
  }

 private:
  struct Found {
    Tally tally;
    size_t offset = 0;  // of the record in the text
  };

  static int OnMatch(unsigned, unsigned long long from, unsigned long long to,
                     unsigned, void* context) {
    auto* found = static_cast<Found*>(context);
    found->tally.Add(found->offset + from, found->offset + to);
    return 0;
  }

  static unsigned Length(std::string_view piece) {
    return static_cast<unsigned>(piece.size());
  }

  void Compile(const std::vector<std::string>& needles, Mode mode) {
    std::vector<const char*> expressions;
    std::vector<size_t> lengths;
    std::vector<unsigned> ids;
    for (const std::string& needle : needles) {
      ids.push_back(static_cast<unsigned>(expressions.size()));
      expressions.push_back(needle.data());
      lengths.push_back(needle.size());
    }
    const std::vector<unsigned> flags(needles.size(), HS_FLAG_SOM_LEFTMOST);
    const unsigned hs_mode = mode == Mode::kStream
                                 ? HS_MODE_STREAM | HS_MODE_SOM_HORIZON_LARGE
                                 : HS_MODE_BLOCK;
    hs_compile_error_t* error = nullptr;
    if (hs_compile_lit_multi(expressions.data(), flags.data(), ids.data(),
                             lengths.data(),
                             static_cast<unsigned>(needles.size()), hs_mode,
                             nullptr, &db_, &error) != HS_SUCCESS) {
      const std::string message = error->message;
      hs_free_compile_error(error);
      throw std::runtime_error("vectorscan: " + message);
    }
  }

  hs_database_t* db_ = nullptr;
  hs_scratch_t* scratch_ = nullptr;
  hs_stream_t* stream_ = nullptr;
};

using Mode = Vectorscan::Mode;

std::shared_ptr<const Vectorscan> CompiledOnce(const NeedleSet& key,
                                               const World& world, Mode mode) {
  static LastMade<NeedleSet, Vectorscan> of_mode[2];
  return of_mode[mode == Mode::kStream].Get(
      key, [&] { return std::make_unique<Vectorscan>(world.needles, mode); });
}

}  // namespace

void RegisterVectorscan(Bench* bench, const WorldSpec& spec) {
  RegisterJob(bench, "vectorscan/" + Name(spec), [bench, spec] {
    const World& world = bench->worlds.Get(spec);
    const auto engine = CompiledOnce(NeedlesOf(spec), world, Mode::kStream);
    return TallyJob(world, world.answer, [&world, engine] {
      return engine->ScanStream(world.text);
    });
  });
}

void RegisterVectorscanRecords(Bench* bench, const WorldSpec& spec) {
  RegisterJob(bench, "vectorscan-records-200B/" + Name(spec), [bench, spec] {
    const World& world = bench->worlds.Get(spec);
    const auto engine = CompiledOnce(NeedlesOf(spec), world, Mode::kBlock);
    return TallyJob(world, world.answer,
                    [&world, engine, bytes = spec.record_bytes] {
                      return engine->ScanRecords(world.text, bytes);
                    });
  });
}

void RegisterVectorscanCompile(Bench* bench, size_t needles) {
  const std::string name =
      "vectorscan-compile/" + std::to_string(needles) + "-needles";
  RegisterJob(bench, name, [bench, needles] {
    const auto proof =
        std::make_shared<const World>(bench->worlds.CompileProof(needles));
    const auto check = [proof] {
      const Vectorscan engine(proof->needles, Mode::kStream);
      return Difference(engine.ScanStream(proof->text), proof->answer);
    };
    const auto run = [proof] {
      const Vectorscan engine(proof->needles, Mode::kStream);
      return true;
    };
    return Job{.check = check, .run = run};
  });
}

std::string VectorscanVersion() { return hs_version(); }

}  // namespace maskpipe::bench
