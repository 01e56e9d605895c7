// Reads the secrets that a SPEC names into a store.
//
//   Result<SourceSpec> spec = SourceSpec::Parse("file:/run/secrets.json");
//   Loaded loaded = LoadSource(*spec, limits, &store);
//
// Kinds: env:GLOB, file:PATH, dir:PATH, and those that maskpipe-fetch reads
// (fetched.cc). A source either loads as a whole or fails; then nothing that it
// read is in the store, unless the limits say so. Messages name file and line
// and never a byte of what stands there.

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "src/base/status.h"
#include "src/secret/secret.h"
#include "src/secret/warning.h"
#include "src/source/spec.h"

namespace maskpipe {

struct SourceLimits {
  std::chrono::milliseconds timeout{30000};
  // What a failing source did give stays in the store (--on-error=warn).
  bool keep_part = false;
  // What of an Airflow's connections and variables is a secret follows
  // Airflow's own rules (--policy=airflow).
  bool airflow_policy = false;
  // Commands that give an option of Airflow's its value may be run.
  bool airflow_commands = false;
};

struct Loaded {
  Status status;
  size_t secrets = 0;
  std::vector<Warning> warnings;  // what works but should be mended
};

Loaded LoadSource(const SourceSpec& spec, const SourceLimits& limits,
                  SecretStore* store);

}  // namespace maskpipe
