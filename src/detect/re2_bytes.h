// RE2 over bytes: so invalid UTF-8 neither stops nor changes anything.

#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <string_view>

namespace maskpipe {

inline RE2::Options Re2Bytes() {
  constexpr int64_t kMostMemory = int64_t{4} << 20;  // of one pattern
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  return options;
}

inline re2::StringPiece ToRe2(std::string_view text) {
  return re2::StringPiece(text.data(), text.size());
}

}  // namespace maskpipe
