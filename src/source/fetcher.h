// Starts maskpipe-fetch and reads its answer. The masking program itself opens
// no network socket and links no client library.

#pragma once

#include <chrono>
#include <string>

#include "src/base/status.h"
#include "src/secret/secret.h"
#include "src/secret/wire.h"

namespace maskpipe {

// What `maskpipe install` makes for images that lack the fetcher's libraries: a
// folder with the fetcher, its libraries, their loader and CA certificates. A
// fetcher beside a loader is started by it.
inline constexpr char kFetcherName[] = "maskpipe-fetch";
inline constexpr char kFetcherFolder[] = "maskpipe-fetch.d";
inline constexpr char kFetcherLoader[] = "ld.so";
inline constexpr char kFetcherCertificates[] = "ca-certificates.crt";

// The program: MASKPIPE_FETCH, else maskpipe-fetch beside the binary or the
// library that we are or in a kFetcherFolder there, else in its
// libexec/maskpipe.
Result<std::string> FindFetcher();

// Runs `program` on a SPEC and adds what it found to `store`. Fails, and adds
// nothing, unless the fetcher ended well and within the time after a clean
// closing record; it is killed where the time is over. What the fetcher itself
// reports is in the answer's status.
//
// The fetcher gets our environment (one with a loader of its own, no
// LD_PRELOAD: the image's libraries belong to another C library) and working
// directory, but no descriptor of ours, and is a process group of its own. Safe
// in a program with threads and children of its own: it waits for this one
// child only.
Result<WireAnswer> RunFetcher(const std::string& program,
                              const std::string& spec,
                              std::chrono::milliseconds timeout,
                              SecretStore* store);

}  // namespace maskpipe
