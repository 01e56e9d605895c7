#include "src/secret/secret.h"

namespace maskpipe {

std::string PrintableName(std::string_view name) {
  std::string out(name.substr(0, kLongestName));
  for (char& c : out) {
    const char lower = static_cast<char>(c | 0x20);
    const bool kept = (lower >= 'a' && lower <= 'z') ||
                      (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                      c == '/' || c == '-';
    if (!kept) c = '_';
  }
  return out;
}

}  // namespace maskpipe
