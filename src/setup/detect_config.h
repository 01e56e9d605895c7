// --detect-config: rules for detectors as YAML, with the names that gitleaks
// gives them.
//
//   rules:
//     - id: acme-token
//       description: tokens of ACME
//       regex: '\bacme_(?P<secret>[0-9a-f]{32})\b'
//       entropy: 3
//       allowlist:
//         regexes: ["^0000"]
//         stopwords: [example]
//   allowlist:            # of all rules, ours too
//     stopwords: [fixture]
//   sensitive-names: [kennwort]
//   disable: [jwt]
//
// secretGroup: N names the group that is masked by its number instead of
// (?P<secret>...). keywords and tags may stand there and mean nothing: the
// literals are taken from the regex.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"
#include "src/detect/rule.h"

namespace maskpipe {

struct DetectConfig {
  std::vector<Rule> rules;
  std::vector<std::string> allow, stop_words;  // of all rules
  std::vector<std::string> names;              // sensitive ones
  std::vector<std::string> disabled;           // detectors

  // A key that is not known is an error, since a typing error must not quietly
  // let something through.
  static Result<DetectConfig> Parse(std::string_view text);
};

}  // namespace maskpipe
