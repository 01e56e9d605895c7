// What a pattern's text tells about its matches, where RE2's interface is
// silent: how they may begin, and which texts may still become one.
//
//   std::optional<Shape> shape = ReadShape("tok_(?P<secret>[a-z]{20})");
//   shape->heads    // {"tok_"}: every match begins with one of them
//   shape->alive    // matches "", "t", "tok_", "tok_ab" …: all beginnings
//   shape->context  // "tok_": what stands before the secret
//
// Reads the syntax of RE2 over bytes (Latin-1), as far as patterns for
// credentials use it. Where a pattern has more than that (\Q, \p, flags in the
// middle) there is no shape, and its owner must assume that any text may
// become a match.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maskpipe {

struct Shape {
  // Each match begins with one of them, but for assertions such as \b; in
  // lower case and standing for any case where `any_case`. Empty: there are
  // none of kLeastHead bytes.
  std::vector<std::string> heads;
  bool any_case = false;
  size_t choices = 1;  // alternatives outside all groups
  // A pattern that matches, as a whole, every beginning of every match, and
  // more where an assertion such as \b stands at its end.
  std::string alive;
  // Where the group `secret` stands outside all other groups: what comes before
  // it, whether a text may still become the secret and what follows it.
  bool has_context = false;
  std::string context;
  std::string alive_from_secret;
  std::vector<std::string> context_heads;  // of the context alone
};

// Shorter literals occur all over a log.
inline constexpr size_t kLeastHead = 3;

// `pattern` is one that RE2 accepts.
std::optional<Shape> ReadShape(std::string_view pattern);

// Flags such as (?i) at the very beginning; they hold for all of it.
std::string_view LeadingFlags(std::string_view pattern);

}  // namespace maskpipe
