// RE2 over each line from its beginning: what detectors must find.

#pragma once

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/detect/detectors.h"
#include "src/detect/rule.h"

namespace maskpipe::oracle {

// The pieces of a text that patterns see: its lines, and of long ones each
// kWindow bytes from their start.
inline std::vector<std::string_view> Pieces(std::string_view text) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    for (; line.size() > Detectors::kWindow;
         line.remove_prefix(Detectors::kWindow)) {
      pieces.push_back(line.substr(0, Detectors::kWindow));
    }
    pieces.push_back(line);
  }
  return pieces;
}

// Marks what a rule that is no block masks.
inline void Mark(const Rule& rule, std::string_view text,
                 std::vector<bool>* masked) {
  static std::map<std::string, std::unique_ptr<RE2>> compiled;
  std::unique_ptr<RE2>& kept = compiled[rule.pattern];
  if (kept == nullptr) {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    kept = std::make_unique<RE2>(rule.pattern, options);
  }
  const RE2& pattern = *kept;
  const auto& names = pattern.NamedCapturingGroups();
  const auto named = names.find("secret");
  const auto group =
      static_cast<size_t>(named == names.end() ? 0 : named->second);
  std::vector<re2::StringPiece> groups(group + 1);
  for (std::string_view piece : Pieces(text)) {
    for (size_t from = 0;
         from <= piece.size() &&
         pattern.Match({piece.data(), piece.size()}, from, piece.size(),
                       RE2::UNANCHORED, groups.data(),
                       static_cast<int>(groups.size()));) {
      const auto begin = static_cast<size_t>(groups[0].data() - piece.data());
      from = begin + std::max<size_t>(1, groups[0].size());
      const re2::StringPiece& secret = groups[group];
      if (secret.empty()) continue;
      const size_t behind = begin - std::min(begin, kBehind);
      if (!Passes(rule.check, {secret.data(), secret.size()},
                  {groups[0].data(), groups[0].size()},
                  piece.substr(behind, begin - behind))) {
        continue;
      }
      const auto at = static_cast<size_t>(secret.data() - text.data());
      for (size_t i = at; i < at + secret.size(); ++i) (*masked)[i] = true;
    }
  }
}

inline std::vector<bool> Marked(const std::vector<Rule>& rules,
                                std::string_view text) {
  std::vector<bool> masked(text.size());
  for (const Rule& rule : rules) {
    if (!rule.block) Mark(rule, text, &masked);
  }
  return masked;
}

// The text with <*> for each run of what is marked.
inline std::string Show(std::string_view text,
                        const std::vector<bool>& masked) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!masked[i]) {
      out += text[i];
    } else if (i == 0 || !masked[i - 1]) {
      out += "<*>";
    }
  }
  return out;
}

}  // namespace maskpipe::oracle
