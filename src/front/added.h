// Secrets that become known while a log is masked: values that somebody writes
// to a descriptor, each ended by a NUL byte.
//
//   AddedSecrets added(fd, options);
//   added.Take(&stream);   // after each read of the log, before masking it
//
// Take() never waits. At most 64 KiB a value and 10,000 values a run; more is
// an error that ends the masking, since what is not taken would be printed.

#pragma once

#include <memory>
#include <vector>

#include "src/base/status.h"
#include "src/stream/stream.h"

namespace maskpipe {

class AddedSecrets {
 public:
  // `fd` is lent; -1: there is none, and Take() does nothing.
  AddedSecrets(int fd, MaskOptions options);

  // Whether the descriptor is open for reading.
  Status Check() const;

  // Takes all values that are there, and gives them to the stream.
  Status Take(Stream* stream);

 private:
  Status Read(bool* any);
  Status Split(SecretStore* batch, bool ended);
  Status Compile(const SecretStore& batch);

  // Sets of falling size, each with its values: a new value is compiled with
  // the few that came last, so that n values cost n log n.
  struct Level {
    SecretStore store;
    std::shared_ptr<const CompiledSet> set;
  };

  int fd_;
  MaskOptions options_;
  Buffer buffer_;  // what came since the last NUL
  size_t size_ = 0;
  size_t taken_ = 0;
  std::vector<Level> levels_;
};

}  // namespace maskpipe
