// The whole way from a write to the sink: copy, match, hold back, mask.

#include <algorithm>
#include <memory>

#include "bench/job.h"
#include "bench/masked_set.h"
#include "src/stream/stream.h"

namespace maskpipe::bench {
namespace {

class DigestSink : public Sink {
 public:
  Status Write(std::span<const std::string_view> pieces) override {
    for (std::string_view piece : pieces) digest_.Add(piece);
    return Status::Ok();
  }
  const Digest& digest() const { return digest_; }

 private:
  Digest digest_;
};

// For the clock: hashing would take longer than masking.
class CountingSink : public Sink {
 public:
  Status Write(std::span<const std::string_view> pieces) override {
    for (std::string_view piece : pieces) bytes_ += piece.size();
    return Status::Ok();
  }
  uint64_t bytes() const { return bytes_; }

 private:
  uint64_t bytes_ = 0;
};

using Writer = void (*)(std::string_view text, Stream* stream);

// A failed write shows in what came out, so its status is not looked at.
void WriteChunks(std::string_view text, Stream* stream) {
  for (size_t at = 0; at < text.size(); at += kChunk) {
    (void)stream->Write(text.substr(at, kChunk));
  }
}

void WriteLines(std::string_view text, Stream* stream) {
  while (!text.empty()) {
    const size_t line = std::min(text.find('\n'), text.size() - 1) + 1;
    (void)stream->Write(text.substr(0, line));
    text.remove_prefix(line);
  }
}

// What a text of near misses holds besides the plain occurrences (a value cut
// in two by a line break, say) was not planted, so only this can be said of the
// answer: other cuts give the same, and no plain occurrence is left.
Job UnknownJob(const World& world, std::shared_ptr<const CompiledSet> set) {
  const auto pass = [&world, set](size_t piece, Sink* sink) {
    Stream stream(set, sink);
    for (size_t at = 0; at < world.text.size(); at += piece) {
      (void)stream.Write(std::string_view(world.text).substr(at, piece));
    }
    return stream.Finish().ok();
  };
  const auto length = std::make_shared<uint64_t>(0);
  const auto check = [&world, pass, length] {
    DigestSink sink, other;
    if (!pass(kChunk, &sink) || !pass(10007, &other)) {
      return std::string("the stream failed");
    }
    *length = sink.digest().length();
    if (*length > world.masked.length()) return std::string("some were missed");
    return Difference(sink.digest(), other.digest());
  };
  const auto run = [pass, length] {
    CountingSink sink;
    return pass(kChunk, &sink) && sink.bytes() == *length;
  };
  return {.check = check, .run = run, .bytes = world.text.size()};
}

Job StreamJob(const World& world, std::shared_ptr<const CompiledSet> set,
              Writer write) {
  const auto pass = [&world, set, write](Sink* sink) {
    Stream stream(set, sink);
    write(world.text, &stream);
    return stream.Finish().ok();
  };
  const auto check = [&world, pass] {
    DigestSink sink;
    if (!pass(&sink)) return std::string("the stream failed");
    return Difference(sink.digest(), world.masked);
  };
  const auto run = [&world, pass] {
    CountingSink sink;
    return pass(&sink) && sink.bytes() == world.masked.length();
  };
  return {.check = check, .run = run, .bytes = world.text.size()};
}

void RegisterWriter(Bench* bench, const WorldSpec& spec,
                    const std::string& name, Writer write, Looked looked) {
  RegisterJob(bench, name + "/" + Name(spec), [bench, spec, write, looked] {
    const World& world = bench->worlds.Get(spec);
    const auto set = MaskedSet(NeedlesOf(spec), world.needles, looked);
    const bool unknown =
        spec.stress == Stress::kNearMisses && looked == Looked::kEverything;
    return unknown ? UnknownJob(world, set) : StreamJob(world, set, write);
  });
}

}  // namespace

void RegisterStream(Bench* bench, const WorldSpec& spec) {
  RegisterWriter(bench, spec, "stream", WriteChunks, Looked::kEverything);
  RegisterWriter(bench, spec, "stream-plain", WriteChunks, Looked::kPlain);
  if (spec.stress == Stress::kRare) {
    RegisterWriter(bench, spec, "stream-lines", WriteLines,
                   Looked::kEverything);
  }
}

}  // namespace maskpipe::bench
