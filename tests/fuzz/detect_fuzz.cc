// A text from the fuzzer, read with all detectors: a stream must mask what RE2
// finds in each line, in whatever pieces the text comes. Of blocks, which RE2
// alone does not tell, the pieces must not matter.
//
// Input: a byte from which the pieces follow, then the text.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "src/stream/record.h"
#include "src/stream/stream.h"
#include "tests/detect/detect_oracle.h"
#include "tests/support/text_sink.h"

namespace {

using namespace maskpipe;  // NOLINT: a test of nothing else

// Of shorter texts, every cut in two is tried.
constexpr size_t kShort = 96;

std::vector<Rule> PackRules(bool blocks) {
  const std::vector<std::string> names = {"password", "secret", "token",
                                          "api_key", "private_key"};
  std::vector<Rule> rules = RulePack(names);
  std::erase_if(rules, [&](const Rule& r) { return r.block && !blocks; });
  return rules;
}

std::shared_ptr<const CompiledSet> Compile(const std::vector<Rule>& rules) {
  MaskOptions options;
  options.mask = "<*>";
  auto detectors = Detectors::Compile(rules);
  if (!detectors.ok()) std::abort();
  options.detectors = *detectors;
  auto set = CompiledSet::Compile(SecretStore(), options);
  if (!set.ok()) std::abort();
  return *set;
}

// Reads `text` in pieces: `next` is called with where one begins and tells its
// length.
template <typename F>
void Expect(const std::shared_ptr<const CompiledSet>& set,
            std::string_view text, const std::string& expected, F&& next) {
  TextSink sink;
  Stream stream(set, &sink);
  std::string cuts;
  for (size_t at = 0; at < text.size();) {
    const size_t n = std::min<size_t>(next(at), text.size() - at);
    if (!stream.Write(text.substr(at, n)).ok()) std::abort();
    at += n;
    cuts += " " + std::to_string(at);
  }
  if (!stream.Finish().ok()) std::abort();
  if (sink.text == expected) return;
  std::fprintf(stderr, "cut at%s\n got %s\nwant %s\n", cuts.c_str(),
               sink.text.c_str(), expected.c_str());
  std::abort();
}

void ExpectHowever(const std::shared_ptr<const CompiledSet>& set,
                   std::string_view text, const std::string& expected,
                   uint32_t seed) {
  Expect(set, text, expected, [&](size_t) { return text.size(); });
  Expect(set, text, expected, [](size_t) { return size_t{1}; });
  Expect(set, text, expected, [&](size_t) {
    seed = seed * 1664525u + 1013904223u;
    return 1 + (seed >> 24) % 24;
  });
  if (text.size() > kShort) return;
  for (size_t cut = 1; cut < text.size(); ++cut) {
    Expect(set, text, expected,
           [&](size_t at) { return at == 0 ? cut : text.size(); });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1),
                              size - 1);
  static const std::vector<Rule> rules = PackRules(false);
  static const auto of_lines = Compile(rules),
                    of_all = Compile(PackRules(true));
  ExpectHowever(of_lines, text, oracle::Show(text, oracle::Marked(rules, text)),
                data[0]);
  ExpectHowever(of_all, text, Masked(*of_all, text), data[0]);
  return 0;
}
