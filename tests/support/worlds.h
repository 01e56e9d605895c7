// Small worlds, exhaustively and at random.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace maskpipe {

// All texts over `alphabet` from `shortest` to `longest` characters.
inline std::vector<std::string> AllTexts(std::string_view alphabet,
                                         size_t shortest, size_t longest) {
  std::vector<std::string> all, layer{""};
  if (shortest == 0) all.push_back("");
  for (size_t length = 1; length <= longest; ++length) {
    std::vector<std::string> next;
    for (const std::string& text : layer) {
      for (char c : alphabet) next.push_back(text + c);
    }
    layer = std::move(next);
    if (length >= shortest) all.insert(all.end(), layer.begin(), layer.end());
  }
  return all;
}

// Calls f with every set of one to three words of length one to three over
// {a, b}; ends early after a fatal failure.
template <typename F>
void ForEachSmallSet(F&& f) {
  const std::vector<std::string> words = AllTexts("ab", 1, 3);
  for (size_t i = 0; i < words.size(); ++i) {
    for (size_t j = i; j < words.size(); ++j) {
      for (size_t k = j; k < words.size(); ++k) {
        f(std::vector<std::string>{words[i], words[j], words[k]});
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

// A seed to print: MASKPIPE_SEED repeats a failure.
inline uint64_t Seed() {
  if (const char* given = std::getenv("MASKPIPE_SEED")) {
    return std::strtoull(given, nullptr, 10);
  }
  return std::random_device{}();
}

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  // From 0 to n - 1.
  size_t Below(size_t n) { return static_cast<size_t>(engine_() % n); }
  bool OneIn(size_t n) { return Below(n) == 0; }
  std::string Text(std::string_view alphabet, size_t length) {
    std::string text;
    while (text.size() < length) text += alphabet[Below(alphabet.size())];
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace maskpipe
