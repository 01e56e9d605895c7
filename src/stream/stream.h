// Masks secrets in a byte stream.
//
//   Stream stream(set, &sink);
//   stream.Write(chunk);   // any chunking gives the same output
//   stream.Finish();       // end of input
//
// Withholds only bytes that may still belong to an occurrence, so a shell
// prompt is not delayed; there is no timer. Memory is bounded by the longest
// needle and the largest chunk. Each call hands the sink all that is decided,
// at most in pieces of the caller's chunk.
//
// After an error nothing more is written, and every further call returns that
// error. A stream that existed before fork(2) fails in the child: what it holds
// is wiped there, and so are its sets.
//
// Not thread-safe; a CompiledSet is immutable and shared.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/arena.h"
#include "src/base/status.h"
#include "src/stream/compiled_set.h"
#include "src/stream/region.h"

namespace maskpipe {

// Where the masked text goes.
class Sink {
 public:
  virtual ~Sink() = default;
  // Takes all pieces, in order; they are valid during the call only.
  virtual Status Write(std::span<const std::string_view> pieces) = 0;
};

// What a stream has done so far.
struct StreamStats {
  // By source and name: names of several sources may be equal.
  using Masks = std::map<std::pair<std::string, std::string>, uint64_t>;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  uint64_t masks = 0;
  uint64_t held_max = 0;  // most bytes withheld after a write
  Masks masks_by_name;
};

class Stream {
 public:
  // `sink` must outlive the stream.
  Stream(std::shared_ptr<const CompiledSet> set, Sink* sink);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Status Write(std::string_view bytes);

  // Write() without a copy: room for `bytes` bytes, of which the caller fills
  // the first and commits as many as it filled. No other call in between but
  // those that change the set.
  char* Prepare(size_t bytes);
  Status Commit(size_t bytes);

  // From the next byte on another set decides, and over held bytes too. What
  // was written stays, and so does a region whose mask was written.
  Status SetMasker(std::shared_ptr<const CompiledSet> set);

  // Small sets that stand beside the large one, for secrets that become known
  // while the stream runs; they replace those given before. Applies as
  // SetMasker does, which leaves them in place.
  Status SetAdded(std::vector<std::shared_ptr<const CompiledSet>> sets);

  // The text ends: writes all that was held. What is written after it begins
  // another text, which shares nothing with this one but the buffers.
  Status Finish();

  uint64_t held() const { return end_ - printed_; }
  StreamStats stats() const;

 private:
  // A set and how far it has read.
  struct Layer {
    std::shared_ptr<const CompiledSet> set;
    Matcher::Cursor cursor;
    std::vector<uint64_t> masks;  // by label
  };
  class Output;

  Window window() const {
    return {{buffer_.data() + begin_in_buffer_, end_ - begin_}, begin_};
  }
  Status Decide(bool last);
  void Scan(bool last);
  void Detect(bool last);
  uint64_t Decided(bool last) const;
  Status Release(uint64_t decided);
  void CountMask(const Label* label);
  void Replace(size_t first, size_t last,
               std::vector<std::shared_ptr<const CompiledSet>> sets);
  void Restart();
  void RestartDetectors();
  Status CheckUsable();
  static void Count(const Layer& layer, StreamStats::Masks* by_name);

  Sink* sink_;
  Arena canary_;               // wiped in a forked child, as the buffers are
  std::vector<Layer> layers_;  // the set, then the added ones
  Status status_;

  // Positions in the text: the buffer holds [begin_, end_), all before
  // printed_ is decided, and the last mask stands for all up to mask_end_.
  Buffer buffer_;
  size_t begin_in_buffer_ = 0;
  uint64_t begin_ = 0;
  uint64_t printed_ = 0;
  uint64_t end_ = 0;
  uint64_t mask_end_ = 0;
  bool any_mask_ = false;
  Regions regions_;  // those that begin at or after printed_

  // Detectors know lines and no secrets, so a swap of sets lets them go on.
  std::shared_ptr<const Detectors> detectors_;  // null: none
  Detectors::Cursor detect_cursor_{0};
  std::vector<Span> detected_;  // those that end behind printed_

  std::vector<std::string_view> pieces_;
  Buffer small_;  // short pieces side by side, so that few are written
  uint64_t bytes_before_ = 0;  // of texts that have ended
  uint64_t bytes_out_ = 0;
  uint64_t masks_ = 0;
  uint64_t held_max_ = 0;
  StreamStats::Masks dropped_;  // of layers that went
};

}  // namespace maskpipe
