// Whatever stands in a file or a value: every reader takes it or says no, and
// what it found can be compiled.

#include <string>
#include <vector>

#include "src/secret/dotenv.h"
#include "src/secret/json.h"
#include "src/secret/uri.h"
#include "src/source/spec.h"
#include "src/source/yaml.h"
#include "src/stream/compiled_set.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace maskpipe;  // NOLINT: a test of nothing else
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  Arena arena;
  switch (data[0] % 5) {
    case 0: {
      JsonText json;
      (void)ReadJson(text, &arena, &json);
      break;
    }
    case 1: {
      YamlText yaml;
      (void)ReadYaml(text, &arena, &yaml);
      break;
    }
    case 2: {
      std::vector<DotenvEntry> entries;
      (void)ReadDotenv(text, &arena, &entries);
      break;
    }
    case 3:
      (void)SourceSpec::Parse(text);
      break;
    default: {
      static const MaskOptions options;
      SecretStore store;
      store.Add({.name = "s"}, text);
      (void)CompiledSet::Compile(store, options);
    }
  }
  return 0;
}
