// What is to be masked of a store's secrets, and what is not and why: the rules
// of opening, harmlessness, allowance and length.
//
//   Leaves leaves = Judge(store, rules);
//   for (const Leaf& leaf : leaves.list) if (IsMasked(leaf.verdict)) ...
//
// A secret gives its whole value, the value without quotes, its parts (and
// theirs), and the lines of each. Opening adds parts; it exempts the whole
// only where all that it holds is harmless.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/arena.h"
#include "src/secret/allow.h"
#include "src/secret/secret.h"

namespace maskpipe {

// What becomes of values shorter than Rules::min_length.
enum class ShortSecrets {
  kToken,     // masked where they stand alone
  kSkip,      // not masked
  kAnywhere,  // as kToken, and min_length may be as low as 1
};

struct Rules {
  size_t min_length = 5;  // in code points; see Characters()
  ShortSecrets short_secrets = ShortSecrets::kToken;
  bool mask_all = false;  // nothing is harmless
  // Airflow's rules in place of these: a value whose name or key holds one of
  // its sensitive words, and nothing that is short.
  bool airflow = false;
  AllowList allow;
};

enum class Verdict {
  kMasked,     // wherever it occurs
  kAlone,      // where no letter or digit stands beside it
  kHarmless,   // by key or by value
  kAllowed,    // by the allow list
  kTooShort,   // one or two characters would blank the log
  kSkipped,    // short, and --short-secrets=skip
  kOneSymbol,  // one symbol, repeated: a line of dashes
  kEmpty,      // nothing but white space
};

inline bool IsMasked(Verdict v) {
  return v == Verdict::kMasked || v == Verdict::kAlone;
}

enum class LeafKind { kWhole, kPart, kLine };

struct Leaf {
  std::string name;        // a part's: the secret's name, '/', the part's path
  std::string_view value;  // trimmed; in the store's or the leaves' arena
  Verdict verdict = Verdict::kMasked;
  LeafKind kind = LeafKind::kWhole;
  uint32_t secret = 0;  // index in the store
};

struct Leaves {
  std::unique_ptr<Arena> arena = std::make_unique<Arena>();
  std::vector<Leaf> list;  // the secrets in the store's order, wholes first
};

// The store must outlive the leaves.
Leaves Judge(const SecretStore& store, const Rules& rules);

}  // namespace maskpipe
