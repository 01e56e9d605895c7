// What a detector looks for.
//
//   for (const Rule& rule : RulePack({})) ...
//
// A rule is an RE2 pattern over the bytes of one line. The group `secret`
// limits what is masked. Rules of one name are one detector.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace maskpipe {

// What a match must pass besides its pattern.
enum class Check {
  kNone,
  kToken,      // no placeholder: none of EXAMPLE, xxxxxx, 000000 in it
  kCrc32,      // ends in the checksum of GitHub's and npm's tokens
  kValue,      // as a whole no placeholder such as ***, <password> or ${NAME}
  kParameter,  // a kValue that looks random unless it is called a password
  kRandom,     // a kValue that no word of prose is
  kPair,       // what stands behind a sensitive name: see IsPairValue
  kPairWord,   // the same, unquoted
  kArgument,   // a kPair whose name is no matter
  kOption,     // a kArgument behind an option that begins with --
};

struct Rule {
  std::string name = {};
  std::string pattern = {};
  Check check = Check::kNone;
  bool by_default = false;
  // A PEM block: what matched at the end of a line goes on in the next lines.
  bool block = false;
  // A pattern that each match begins with, for many rules of the same words:
  // where it does not match, they need not be tried.
  std::string gate = {};
  // gitleaks' `allowlist` and `entropy`.
  std::vector<std::string> allow = {};  // patterns, somewhere in the secret
  std::vector<std::string> stop_words = {};  // in the secret, in any case
  double least_entropy = 0;                  // bits a byte

  std::string about = {};   // one line
  std::string source = {};  // where the format is described
};

// Our own rules. `names` are words by which a key is known to be sensitive, as
// Airflow's list has them: they drive the detector `sensitive-pair`.
std::vector<Rule> RulePack(std::span<const std::string> names);

// Whether `secret`, found by a rule with `check`, is one. `before` is what of
// the line stands before the match, at least kBehind bytes of it where there
// are as many; `match` is all that matched.
bool Passes(Check check, std::string_view secret, std::string_view match,
            std::string_view before);
inline constexpr size_t kBehind = 64;

// Bits a byte (Shannon).
double Entropy(std::string_view text);

}  // namespace maskpipe
