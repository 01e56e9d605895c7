// One output of the command on its way to ours, in a thread of its own, so that
// a reader of one that waits stops neither the other nor signals.
//
//   Relay relay(std::move(read_end), STDOUT_FILENO, "standard output",
//   masking); Status s = relay.Start(done_event); relay.EndBy(deadline); // the
//   command is done relay.Join();                    // after done_event was
//   told
//
// When our output closes, so does the command's: its next write finds the pipe
// closed, as it would find ours. The same after any failure: nothing more is
// read, and nothing unmasked was written.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "src/base/fd.h"
#include "src/base/status.h"
#include "src/run/descriptor.h"
#include "src/run/masked_output.h"

namespace maskpipe {

class Relay {
 public:
  using Clock = std::chrono::steady_clock;

  // `from` is a pipe or the master of a terminal, and ours alone; a null `set`
  // is still to come.
  Relay(Fd from, int to, const std::string& name,
        std::shared_ptr<const CompiledSet> set, AddedSecrets* added,
        Refresher* refresher);
  ~Relay() { Join(); }

  // Adds 1 to the eventfd `done` once it has ended.
  Status Start(int done);

  // Until the end of the input or this time; what is there by then is read.
  void EndBy(Clock::time_point deadline);

  bool running() const { return running_; }
  void Join();

  // After the end.
  const Status& status() const { return status_; }
  bool output_closed() const { return closed_ || writer_.closed(); }
  const MaskedOutput& output() const { return output_; }

 private:
  enum class Wait { kReadable, kOver, kClosed };

  Status Run();
  Wait WaitForInput();
  // Bytes that may still be read; negative: no limit yet.
  void CheckDeadline(int64_t* left);

  Fd from_;
  int to_;
  std::string name_;
  DescriptorWriter writer_;
  MaskedOutput output_;
  bool to_pipe_ = false;
  bool closed_ = false;  // to_ has no reader
  Fd wake_;
  std::atomic<int64_t> deadline_{INT64_MAX};  // of Clock
  std::atomic<bool> running_{false};
  std::thread thread_;
  Status status_;
};

}  // namespace maskpipe
