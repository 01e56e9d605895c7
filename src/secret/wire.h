// How the fetcher hands secrets to the masking program: records on a pipe.
//
//   WireAnswer answer;                     Result<WireAnswer> answer =
//   Buffer out;                                ReadWire(bytes, &store);
//   size_t size = WriteWire(store, answer, &out);
//
// A record is a type byte and a fixed number of fields, each as its length
// (4 bytes, little endian) and its bytes:
//
//   'S'  flags, name, key, place, value       a secret
//   'W'  text                                 what works but should be mended
//   'E'  code, message, number of secrets     the closing record, always last
//
// What ends otherwise (cut off, bytes after it, another number of secrets, an
// unknown type) is no answer at all: whoever died half way said nothing.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/base/arena.h"
#include "src/base/status.h"
#include "src/secret/secret.h"
#include "src/secret/warning.h"

namespace maskpipe {

// No answer is larger.
inline constexpr size_t kLargestWire = size_t{512} << 20;

// What is said beside the secrets. They count even where the status is no Ok:
// the caller decides whether a part is better than nothing.
struct WireAnswer {
  Status status;
  std::vector<Warning> warnings;
};

// The whole answer; its size in `out`.
size_t WriteWire(const SecretStore& store, const WireAnswer& answer,
                 Buffer* out);

// Adds the secrets of a whole answer to `store`, none where it is no clean one;
// the message then says what is wrong and shows no byte of it.
Result<WireAnswer> ReadWire(std::string_view bytes, SecretStore* store);

}  // namespace maskpipe
