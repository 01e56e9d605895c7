// Secrets that become known while a log is masked: values that somebody writes
// to a descriptor, each ended by a NUL byte.
//
//   AddedSecrets added(options);
//   Status s = added.Open(fd);
//   added.Take(&stream, &seen);   // after each read of the log, before masking
//
// Take() never waits, and returns after all that was written before it began is
// known to the stream. At most 64 KiB a value and 10,000 values a run; more is
// an error that ends the masking, since what is not taken would be printed.
//
// A writer that wants an answer sends one end of a socket pair of its own over
// the offered socket, with one byte (which does not count), writes its values
// there and ends its side: then it reads kAddedAnswer once they are masked.
// Values that such a writer may not add are refused by closing; it was told, so
// the masking goes on.
//
// Any thread may take; the lock is held while values are read and compiled, so
// none passes another that is not done.

#pragma once

#include <sys/types.h>

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "src/base/fd.h"
#include "src/base/status.h"
#include "src/stream/stream.h"

namespace maskpipe {

inline constexpr char kAddedAnswer = '+';

class AddedSecrets {
 public:
  // Without `masks` the values are taken and let go, for --no-masking.
  explicit AddedSecrets(MaskOptions options, bool masks = true);

  // Values come from `fd`, which is lent and must be open for reading.
  Status Open(int fd);

  // Values, and the sockets of writers that want an answer, come from a stream
  // socket.
  Status Listen(Fd socket);

  // Readable while there is something to take; -1 before Listen().
  int events() const { return events_.get(); }

  // Takes all values that are there.
  Status Take();

  // The same, and gives the stream those that it does not have yet. `seen`
  // belongs to the stream and begins as 0.
  Status Take(Stream* stream, uint64_t* seen);

 private:
  // Values that came together.
  using Batch = std::optional<SecretStore>;

  // Where values come from.
  struct Channel {
    int fd = -1;
    Fd owned{};            // of `fd`, where it is ours
    bool socket = false;   // offers further channels
    bool answers = false;  // closed with an answer
    Buffer buffer{};       // what came since the last NUL
    size_t size = 0;
    bool ended = false;
    bool refused = false;
  };

  Status TakeLocked();
  Status Drain(Channel* channel, Batch* batch);
  ssize_t Read(Channel* channel);
  ssize_t Receive(Channel* channel);
  void Accept(Fd socket);
  Status Split(Channel* channel, Batch* batch);
  Status Compile(const SecretStore& batch);

  // Sets of falling size, each with its values: a new value is compiled with
  // the few that came last, so that n values cost n log n.
  struct Level {
    SecretStore store;
    std::shared_ptr<const CompiledSet> set;
  };

  MaskOptions options_;
  bool masks_;
  Fd events_;
  std::mutex mutex_;  // of all that follows
  std::list<Channel> channels_;
  size_t taken_ = 0;
  std::vector<Level> levels_;
  uint64_t version_ = 0;  // of levels_
  Status status_;
};

}  // namespace maskpipe
