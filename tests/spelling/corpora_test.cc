// Over real logs: what is masked is an occurrence, and how often short secrets
// are; how seldom the end of a line is held back.
//
// Reads the project's own logs, and those of MASKPIPE_CORPORA where it is set.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "src/match/matcher.h"
#include "src/needle/forms.h"
#include "src/stream/stream.h"
#include "tests/support/spelled_oracle.h"
#include "tests/support/worlds.h"

namespace maskpipe {
namespace {

std::string LogsOf(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".log") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::string text;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    text.append(std::istreambuf_iterator<char>(file), {});
    text += '\n';
  }
  return text;
}

class Corpora : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string_view(GetParam()) == "Own") {
      text_ = LogsOf(std::filesystem::path(MASKPIPE_SOURCE_DIR) /
                     "tests/data/corpora");
    } else {
      const char* given = std::getenv("MASKPIPE_CORPORA");
      if (given == nullptr) {
        GTEST_SKIP() << "SKIPPED: MASKPIPE_CORPORA names no folder of logs";
      }
      text_ = LogsOf(given);
    }
    lines_ = static_cast<size_t>(std::count(text_.begin(), text_.end(), '\n'));
    ASSERT_GT(lines_, 10000u);
  }

  std::string text_;
  size_t lines_ = 0;
};

const char* const kWords[] = {
    "admin", "apple",  "backup", "batch",   "blue",    "break",  "bridge",
    "cable", "cache",  "castle", "chain",   "change",  "coffee", "cookie",
    "crypt", "dallas", "data",   "delta",   "dragon",  "eagle",  "east",
    "error", "falcon", "fetch",  "flower",  "forest",  "garden", "ghost",
    "green", "guest",  "hello",  "hunter",  "index",   "info",   "jobs",
    "join",  "kernel", "kitten", "lemon",   "level",   "light",  "login",
    "magic", "master", "mobile", "monkey",  "network", "node",   "north",
    "ocean", "orange", "paper",  "pass",    "pepper",  "piano",  "port",
    "queue", "rabbit", "random", "river",   "root",    "router", "sales",
    "scope", "secret", "server", "shadow",  "silver",  "spark",  "start",
    "stock", "summer", "sunny",  "system",  "table",   "task",   "test",
    "tiger", "time",   "token",  "tower",   "train",   "trust",  "user",
    "value", "warn",   "water",  "welcome", "west",    "winter", "wolf"};

// Two hundred and fifty of each class, of five to eight characters.
std::map<std::string, std::vector<std::string>> ShortSecretClasses(
    Random* random) {
  const auto number = [&](size_t low, size_t high) {
    return std::to_string(low + random->Below(high - low + 1));
  };
  const auto two = [&](size_t high) {
    const std::string n = number(1, high);
    return n.size() < 2 ? "0" + n : n;
  };
  std::map<std::string, std::vector<std::string>> classes;
  const auto add = [&](const char* name, auto&& make) {
    std::set<std::string> some;
    while (some.size() < 250) {
      const std::string s = make();
      if (s.size() >= 5 && s.size() <= 8) some.insert(s);
    }
    classes[name].assign(some.begin(), some.end());
  };
  add("word and digit",
      [&] { return kWords[random->Below(std::size(kWords))] + number(0, 99); });
  add("date", [&] {
    switch (random->Below(3)) {
      case 0:
        return number(1990, 2026) + two(12) + two(28);
      case 1:
        return two(28) + "/" + two(12) + "/" + two(26);
      default:
        return number(1990, 2026) + "-" + two(12);
    }
  });
  add("hexadecimal",
      [&] { return random->Text("0123456789abcdef", 5 + random->Below(4)); });
  add("integer", [&] { return number(10000, 99999999); });
  return classes;
}

// What is counted stands in the README.
constexpr uint64_t kSeed = 4;

TEST_P(Corpora, EveryMaskOfAShortSecretIsAnOccurrence) {
  Random random(kSeed);
  oracle::Spelled oracle;
  for (const auto& [name, values] : ShortSecretClasses(&random)) {
    SecretStore store;
    for (const std::string& v : values) {
      store.Add({.name = "s", .open = false, .certain = true}, v);
    }
    const Leaves leaves = Judge(store, Rules());
    const Needles needles = MakeNeedles(leaves, FormOptions());
    const Matcher matcher(needles.list);
    std::vector<Span> found;
    const auto add = [&](const Span& s) { found.push_back(s); };
    Matcher::Cursor cursor(0);
    const Window all{text_, 0};
    matcher.Scan(all, &cursor, add);
    matcher.Finish(all, &cursor, false, add);

    size_t masks = 0, spelled = 0;
    std::set<std::pair<uint32_t, std::string>> judged;
    uint64_t end = 0;
    std::sort(found.begin(), found.end(), [](const Span& a, const Span& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    for (const Span& s : found) {
      if (s.begin >= end) ++masks;
      end = std::max(end, s.end);
      const std::string value(leaves.list[s.secret].value);
      if (text_.compare(s.begin, s.end - s.begin, value) == 0) continue;
      ++spelled;
      const size_t from = s.begin - std::min<uint64_t>(s.begin, 100);
      const std::string around =
          text_.substr(from, std::min<size_t>(s.end + 60, text_.size()) - from);
      if (!judged.insert({s.secret, around}).second) continue;
      std::vector<Needle> its;
      for (const Needle& n : needles.list) {
        if (n.secret == s.secret) its.push_back(n);
      }
      const std::vector<Span> occurrences = oracle.Occurrences(its, around);
      const bool is_one = std::any_of(
          occurrences.begin(), occurrences.end(), [&](const Span& o) {
            return o.begin + from == s.begin && o.end + from == s.end;
          });
      ASSERT_TRUE(is_one) << value << " at " << s.begin << " to " << s.end
                          << " of\n"
                          << around;
    }
    std::printf("%-8s %-16s %8.2f masks in 10,000 lines, %zu not plain\n",
                GetParam(), name.c_str(),
                1e4 * static_cast<double>(masks) / static_cast<double>(lines_),
                spelled);
  }
}

// Passwords, keys, tokens, URLs, keys of several lines.
std::vector<std::string> RealisticSecrets(Random* random) {
  static const char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const std::string letters = kLetters;
  std::vector<std::string> secrets;
  while (secrets.size() < 1000) {
    const auto word = [&] { return kWords[random->Below(std::size(kWords))]; };
    switch (random->Below(9)) {
      case 0:
        secrets.push_back(random->Text(letters + "!#$%&*+-./:;<=>?@^_~",
                                       12 + random->Below(9)));
        break;
      case 1:
        secrets.push_back(random->Text("0123456789abcdef", 40));
        break;
      case 2:
        secrets.push_back(random->Text(letters + "+/", 40));
        break;
      case 3:
        secrets.push_back("eyJ" + random->Text(letters, 30) + "." +
                          random->Text(letters + "-_", 80) + "." +
                          random->Text(letters + "-_", 43));
        break;
      case 4:
        secrets.push_back("postgresql://etl:" + random->Text(letters, 14) +
                          "@db" + std::to_string(random->Below(99)) +
                          ".internal:5432/sales");
        break;
      case 5:
        secrets.push_back(std::string(word()) + "-" + word() + "-" +
                          std::to_string(random->Below(1000)));
        break;
      case 6: {
        std::string key = "-----BEGIN PRIVATE KEY-----\n";
        for (int i = 0; i < 12; ++i) {
          key += random->Text(letters + "+/", 64) + "\n";
        }
        secrets.push_back(key + "-----END PRIVATE KEY-----");
        break;
      }
      case 7:
        secrets.push_back("{\n  \"user\": \"" + std::string(word()) +
                          "\",\n  \"password\": \"" +
                          random->Text(letters + "!#%&", 16) + "\"\n}");
        break;
      default:
        secrets.push_back(random->Text(letters, 8) + "@" + word());
    }
  }
  return secrets;
}

class NoSink : public Sink {
 public:
  Status Write(std::span<const std::string_view>) override {
    return Status::Ok();
  }
};

TEST_P(Corpora, FewerThanOneLineEndInFiveThousandHoldsAnything) {
  Random random(kSeed);
  SecretStore store;
  for (const std::string& s : RealisticSecrets(&random)) {
    store.Add({.name = "s"}, s);
  }
  const auto set = CompiledSet::Compile(store, MaskOptions());
  ASSERT_TRUE(set.ok());
  NoSink sink;
  Stream stream(*set, &sink);
  size_t held = 0, bytes = 0;
  std::string example;
  for (size_t at = 0; at < text_.size();) {
    const size_t end = text_.find('\n', at) + 1;
    ASSERT_TRUE(
        stream.Write(std::string_view(text_).substr(at, end - at)).ok());
    if (stream.held() > 0) {
      ++held;
      bytes += stream.held();
      example = text_.substr(end - std::min(end, stream.held()), stream.held());
    }
    at = end;
  }
  std::printf("%-8s %zu of %zu line ends hold back %zu bytes\n", GetParam(),
              held, lines_, bytes);
  EXPECT_LT(held * 5000, lines_) << "the last: " << example;
}

INSTANTIATE_TEST_SUITE_P(Logs, Corpora, ::testing::Values("Own", "Given"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

}  // namespace
}  // namespace maskpipe
