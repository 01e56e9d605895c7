#include "src/fetch/aws/shell_words.h"

namespace maskpipe::aws {

std::optional<std::vector<std::string>> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;  // '' is a word, too
    if (c == '\\') {
      if (++i == text.size()) return std::nullopt;
      word += text[i];
    } else if (c == '\'' || c == '"') {
      for (++i; i < text.size() && text[i] != c; ++i) {
        // Within "…" a backslash escapes itself and the quote only.
        if (c == '"' && text[i] == '\\') {
          if (++i == text.size()) return std::nullopt;
          if (text[i] != '"' && text[i] != '\\') word += '\\';
        }
        word += text[i];
      }
      if (i == text.size()) return std::nullopt;
    } else {
      word += c;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace maskpipe::aws
