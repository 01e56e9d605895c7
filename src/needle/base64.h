// Base64 (RFC 4648, 4 and 5) of a value that stands somewhere inside what was
// encoded: three bytes give four characters, so it is written in three ways,
// after where it begins.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maskpipe {

enum class Base64Alphabet { kStandard, kUrl };

struct Base64Core {
  // The characters that the value alone determines, behind `before` unknown
  // bytes (0 to 2). Up to six bits at each end stay with its neighbours.
  std::string core;
  // Where the value ends what was encoded: one more character, padding.
  std::string last;
  std::string padding;

  // Whether the other alphabet writes it otherwise.
  bool DependsOnAlphabet() const {
    constexpr std::string_view kOwn = "+/-_";
    return core.find_first_of(kOwn) != core.npos ||
           last.find_first_of(kOwn) != last.npos;
  }
};

// The strings hold secret bytes: Wipe() them.
Base64Core EncodeBase64(std::string_view value, size_t before,
                        Base64Alphabet alphabet);

}  // namespace maskpipe
