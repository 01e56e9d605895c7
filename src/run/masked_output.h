// One stream of a run: what is read goes in, what may be seen comes out.
//
//   MaskedOutput out(set, &sink, &added, &refresher);
//   ssize_t n = read(fd, out.Prepare(size), size);
//   Status s = out.Commit(n);
//   ...
//   s = out.Finish();
//
// Before each piece is masked, all added secrets are taken and the newest set
// is put in force. Without a set so far every line is withheld: a marker stands
// for it, and masking begins with the first line that begins after the set has
// come.
//
// Not thread-safe; `added` and `refresher` are shared by several.

#pragma once

#include <memory>
#include <string_view>

#include "src/base/arena.h"
#include "src/run/added.h"
#include "src/run/refresh.h"
#include "src/stream/stream.h"

namespace maskpipe {

class MaskedOutput {
 public:
  static constexpr std::string_view kMarker =
      "[maskpipe: line withheld, secrets not loaded]";

  // Lends all of them; a null set is still to come.
  MaskedOutput(std::shared_ptr<const CompiledSet> set, Sink* sink,
               AddedSecrets* added, Refresher* refresher);

  char* Prepare(size_t bytes);
  Status Commit(size_t bytes);
  Status Finish();

  StreamStats stats() const;
  uint64_t withheld() const { return withheld_; }  // lines

 private:
  Status Renew();
  Status Withhold(std::string_view bytes, size_t* used);
  Status Marker(std::string_view line_end);

  Sink* sink_;
  AddedSecrets* added_;
  Refresher* refresher_;
  Stream stream_;
  uint64_t added_seen_ = 0;
  uint64_t set_seen_ = 0;

  bool withholding_;  // until a line begins with a set
  bool has_set_;
  bool in_line_ = false;  // of which something was withheld
  Buffer room_;           // what is read while lines are withheld
  uint64_t withheld_ = 0;
  uint64_t bytes_withheld_ = 0;
  uint64_t marker_bytes_ = 0;
};

}  // namespace maskpipe
