// Secrets, a text and cuts from the fuzzer: a stream, swapped once to the same
// set, must print what the oracle prints. With spellings the oracle is slow, so
// only short texts are judged.
//
// Input: options, then up to four secrets (a length byte each), then the text;
// the cuts follow from the first byte.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "src/needle/forms.h"
#include "src/stream/stream.h"
#include "tests/support/oracle.h"
#include "tests/support/spelled_oracle.h"
#include "tests/support/text_sink.h"

namespace {

using namespace maskpipe;  // NOLINT: a test of nothing else

void Differ(const char* what, const std::string& got,
            const std::string& expected) {
  std::fprintf(stderr, "%s differ\n got %zu: %s\nwant %zu: %s\n", what,
               got.size(), got.c_str(), expected.size(), expected.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const uint8_t seed = *data++, flags = *data++, count = *data++;
  size -= 3;
  static const MaskOptions defaults;
  MaskOptions options = defaults;
  options.mask = "<*>";
  options.truncated = false;
  if (flags & 1) {
    options.rules.short_secrets = ShortSecrets::kAnywhere;
    options.rules.min_length = 1 + flags / 64;
  }
  options.hold_line = (flags & 2) != 0;
  // 0: all forms, 1 and 2: spellings only, 3: as they are.
  const int forms = flags >> 4 & 3;
  const bool spelled = forms != 3;
  options.forms = {
      .base64 = forms == 0, .hex = forms == 0, .spellings = spelled};
  const bool swaps = seed % 4 == 0;

  SecretStore store;
  for (int i = 0; i < count % 4 + 1 && size > 0; ++i) {
    const size_t length = std::min<size_t>(1 + data[0] % 24, size - 1);
    store.Add({.name = "s" + std::to_string(i),
               .open = (flags & 4) != 0,
               .certain = (flags & 8) != 0},
              {reinterpret_cast<const char*>(data + 1), length});
    data += 1 + length;
    size -= 1 + length;
  }
  const auto compiled = CompiledSet::Compile(store, options);
  if (!compiled.ok()) return 0;  // a secret occurs in the mask
  std::string text(reinterpret_cast<const char*>(data), size);
  // Of characters that read in many ways there are fewer.
  constexpr size_t kMostSpelled = 40, kMostAmbiguous = 16;
  if (spelled && text.size() > kMostSpelled) text.resize(kMostSpelled);
  if (spelled && std::count_if(text.begin(), text.end(), [](char c) {
                   constexpr std::string_view kMany = "'\"\\\r\n %&^`+$=";
                   return kMany.find(c) != kMany.npos;
                 }) > static_cast<std::ptrdiff_t>(kMostAmbiguous)) {
    return 0;
  }

  const Leaves leaves = Judge(store, options.rules);
  const Needles needles = MakeNeedles(leaves, options.forms);
  const std::vector<std::string> masks(leaves.list.size(), "<*>");
  oracle::Spelled oracle;
  const std::string expected = spelled
                                   ? oracle.Mask(needles.list, text, masks)
                                   : oracle::Mask(needles.list, text, masks);

  TextSink sink;
  Stream stream(*compiled, &sink);
  uint32_t random = seed;
  for (size_t at = 0; at < text.size();) {
    random = random * 1664525u + 1013904223u;
    const size_t n = std::min<size_t>(1 + (random >> 24) % (seed % 16 + 1),
                                      text.size() - at);
    if (!stream.Write({text.data() + at, n}).ok()) std::abort();
    at += n;
    if (!options.hold_line && !swaps && !spelled) {
      const uint64_t pending =
          oracle::Pending(needles.list, std::string_view(text).substr(0, at));
      if (stream.held() != at - pending) {
        Differ("held back", std::to_string(stream.held()),
               std::to_string(at - pending));
      }
    }
    // The same set again: held bytes are judged anew, with the same result.
    if (swaps && random % 7 == 0) (void)stream.SetMasker(*compiled);
  }
  if (!stream.Finish().ok()) std::abort();
  // What was printed before a swap is not looked at again, so an occurrence
  // that a line break parted from its beginning may be missed there.
  if (swaps && spelled) return 0;
  if (sink.text != expected) Differ("texts", sink.text, expected);
  return 0;
}
