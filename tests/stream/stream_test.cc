#include "src/stream/stream.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "src/stream/record.h"
#include "tests/support/oracle.h"
#include "tests/support/text_sink.h"
#include "tests/support/worlds.h"

namespace maskpipe {
namespace {

MaskOptions Anywhere(std::string mask = "<{name}>") {
  static const MaskOptions defaults;  // one hash key for all
  MaskOptions options = defaults;
  options.mask = std::move(mask);
  options.rules.short_secrets = ShortSecrets::kAnywhere;
  options.rules.min_length = 1;
  options.truncated = false;
  // Base64 begins with any letter, so more would be held back.
  options.forms = {.base64 = false, .hex = false};
  return options;
}

// Secrets n0, n1, … with these values, masked as they are.
std::shared_ptr<const CompiledSet> SetOf(const std::vector<std::string>& values,
                                         const MaskOptions& options) {
  SecretStore store;
  for (size_t i = 0; i < values.size(); ++i) {
    store.Add({.name = "n" + std::to_string(i), .open = false, .certain = true},
              values[i]);
  }
  auto set = CompiledSet::Compile(store, options);
  EXPECT_TRUE(set.ok()) << set.status().message();
  return set.ok() ? *set : nullptr;
}

std::string MaskedBy(const std::vector<std::string>& values,
                     std::string_view text) {
  std::vector<Needle> needles;
  std::vector<std::string> masks;
  for (uint32_t i = 0; i < values.size(); ++i) {
    needles.push_back({values[i], i});
    masks.push_back("<n" + std::to_string(i) + ">");
  }
  return oracle::Mask(needles, text, masks);
}

// What a stream prints of `text`, cut at `cuts`.
std::string Streamed(const std::shared_ptr<const CompiledSet>& set,
                     std::string_view text, const std::vector<size_t>& cuts) {
  TextSink sink;
  Stream stream(set, &sink);
  size_t begin = 0;
  for (size_t cut : cuts) {
    EXPECT_TRUE(stream.Write(text.substr(begin, cut - begin)).ok());
    begin = cut;
  }
  EXPECT_TRUE(stream.Write(text.substr(begin)).ok());
  EXPECT_TRUE(stream.Finish().ok());
  return sink.text;
}

TEST(Stream, OverlappingAndTouchingSecretsGetOneMaskNamedAfterTheFirst) {
  const auto set = SetOf({"redgreen", "greenblue", "sunny"}, Anywhere());
  EXPECT_EQ(Streamed(set, "xredgreenbluey", {}), "x<n0>y");
  EXPECT_EQ(Streamed(set, "greenbluesunny!", {}), "<n1>!");
  EXPECT_EQ(Streamed(set, "sunny sunny", {}), "<n2> <n2>");
}

TEST(Stream, OfOccurrencesThatBeginTogetherTheLongestNamesTheMask) {
  const auto set = SetOf({"lantern", "lanternfish"}, Anywhere());
  EXPECT_EQ(Streamed(set, "a lanternfish", {}), "a <n1>");
  EXPECT_EQ(Streamed(set, "a lanternfisX", {}), "a <n0>fisX");
}

TEST(Stream, OfEqualSecretsTheFirstByNameNamesTheMask) {
  SecretStore store;
  for (const char* name : {"zebra", "ant", "bee"}) {
    store.Add({.name = name, .open = false, .certain = true}, "same-value");
  }
  auto set = CompiledSet::Compile(store, Anywhere());
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(Streamed(*set, "[same-value]", {}), "[<ant>]");
}

// One stream for many texts, each finished before the next: faster than a
// stream for each, and a test of what Finish() promises.
class Reused {
 public:
  explicit Reused(std::shared_ptr<const CompiledSet> set)
      : stream_(std::move(set), &sink_) {}

  // `cut(i)`: whether the text is cut before its byte i.
  template <typename F>
  const std::string& Masked(std::string_view text, F&& cut) {
    sink_.text.clear();
    size_t begin = 0;
    for (size_t i = 1; i <= text.size(); ++i) {
      if (i < text.size() && !cut(i)) continue;
      EXPECT_TRUE(stream_.Write(text.substr(begin, i - begin)).ok());
      begin = i;
    }
    EXPECT_TRUE(stream_.Finish().ok());
    return sink_.text;
  }

 private:
  TextSink sink_;
  Stream stream_;
};

// Promises P1, P2 and P3 in all worlds that are small: every text up to length
// eight at every cut in two.
TEST(Stream, AgreesWithTheOracleInAllSmallWorldsAtEveryCutInTwo) {
  const std::vector<std::string> texts = AllTexts("ab", 0, 8);
  ForEachSmallSet([&](const std::vector<std::string>& values) {
    Reused stream(SetOf(values, Anywhere()));
    for (const std::string& text : texts) {
      const std::string expected = MaskedBy(values, text);
      for (size_t at = 0; at < std::max<size_t>(1, text.size()); ++at) {
        ASSERT_EQ(stream.Masked(text, [&](size_t i) { return i == at; }),
                  expected)
            << values[0] << ' ' << values[1] << ' ' << values[2] << " in "
            << text << " cut at " << at;
      }
    }
  });
}

TEST(Stream, AgreesWithTheOracleHoweverTheTextIsCut) {
  const std::vector<std::string> texts = AllTexts("ab", 2, 6);
  ForEachSmallSet([&](const std::vector<std::string>& values) {
    Reused stream(SetOf(values, Anywhere()));
    for (const std::string& text : texts) {
      const std::string expected = MaskedBy(values, text);
      for (unsigned cuts = 1; cuts < 1u << (text.size() - 1); ++cuts) {
        ASSERT_EQ(
            stream.Masked(text, [&](size_t i) { return cuts >> (i - 1) & 1; }),
            expected)
            << text;
      }
    }
  });
}

TEST(Stream, AgreesWithTheOracleInRandomWorlds) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int world = 0; world < 1500; ++world) {
    std::vector<std::string> values;
    const std::string_view alphabet =
        std::string_view("abcd-\xc3\n").substr(0, 2 + random.Below(4));
    for (size_t n = 1 + random.Below(10); n > 0; --n) {
      values.push_back(random.Text(alphabet, 1 + random.Below(12)));
    }
    std::erase_if(values, [](const std::string& v) {
      return v.find_first_not_of('-') == std::string::npos;
    });
    const std::string text = random.Text(alphabet, random.Below(600));
    std::vector<size_t> cuts;
    for (size_t c = 0; c < text.size(); ++c) {
      if (random.OneIn(30)) cuts.push_back(c);
    }
    ASSERT_EQ(Streamed(SetOf(values, Anywhere()), text, cuts),
              MaskedBy(values, text));
  }
}

TEST(Stream, ARecordIsMaskedAsAFinishedStream) {
  Random random(3);
  for (int world = 0; world < 300; ++world) {
    const auto set = SetOf({random.Text("ab", 3), random.Text("ab", 5)},
                           MaskOptions(Anywhere()));
    const std::string text = random.Text("abc", 60);
    EXPECT_EQ(Masked(*set, text), Streamed(set, text, {20, 40}));
  }
}

// Lines that are too common to be needles of their own, so that only the whole
// masks them.
TEST(Stream, SeveralLinesAreMaskedBehindAnyWhiteSpaceAndAtEveryCut) {
  SecretStore store;
  store.Add({.name = "n0", .open = false, .certain = true},
            "correct\nhorse\nbattery\nstaple");
  MaskOptions options = Anywhere();
  options.rules = Rules();
  const auto set = *CompiledSet::Compile(store, options);
  for (const char* spelled :
       {"correct\nhorse\nbattery\nstaple",
        "correct\r\nhorse\r\nbattery\r\nstaple",
        "correct\n    horse\n    battery\n    staple",
        "correct horse battery staple", "correcthorsebatterystaple"}) {
    const std::string text = std::string("a correct ") + spelled + "\nstaple";
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      ASSERT_EQ(Streamed(set, text, {cut}), "a correct <n0>\nstaple")
          << spelled << " cut at " << cut;
    }
    EXPECT_EQ(Masked(*set, text), "a correct <n0>\nstaple");
  }
  EXPECT_EQ(Streamed(set, "correct-horse battery staple", {}),
            "correct-horse battery staple");
}

TEST(Stream, HoldsBackOnlyWhatMayStillBeASecret) {
  TextSink sink;
  Stream stream(SetOf({"hunter2 is secret"}, Anywhere()), &sink);
  ASSERT_TRUE(stream.Write("Password: ").ok());
  EXPECT_EQ(sink.text, "Password: ");
  EXPECT_EQ(stream.held(), 0u);
  ASSERT_TRUE(stream.Write("bare hunt").ok());
  EXPECT_EQ(sink.text, "Password: bare ");
  EXPECT_EQ(stream.held(), 4u);
  ASSERT_TRUE(stream.Write("ing").ok());
  EXPECT_EQ(sink.text, "Password: bare hunting");
}

TEST(Stream, EachCallWritesOnceOrNotAtAll) {
  TextSink sink;
  Stream stream(SetOf({"hunter2"}, Anywhere()), &sink);
  ASSERT_TRUE(stream.Write("one hunter2 line with hunter2\n").ok());
  EXPECT_EQ(sink.writes, 1);
  ASSERT_TRUE(stream.Write("hunt").ok());
  EXPECT_EQ(sink.writes, 1);
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(sink.writes, 2);
}

// A byte that is sure to be masked is not kept: the mask is written once and
// the region then goes on for as long as it likes.
TEST(Stream, ASelfOverlappingRunStreamsOnWithBoundedMemory) {
  TextSink sink;
  Stream stream(SetOf({"aaaaaa"}, Anywhere("*")), &sink);
  const std::string run(size_t{1} << 20, 'a');
  for (int i = 0; i < 64; ++i) {
    ASSERT_TRUE(stream.Write(run).ok());
    EXPECT_EQ(sink.text, "*");
    EXPECT_LE(stream.held(), 5u);
  }
  ASSERT_TRUE(stream.Write("b").ok());
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(sink.text, "*b");
  EXPECT_EQ(stream.stats().masks, 1u);
}

TEST(Stream, ASecretThatTouchesAWrittenMaskGetsNone) {
  TextSink sink;
  Stream stream(SetOf({"abc", "xyz"}, Anywhere()), &sink);
  ASSERT_TRUE(stream.Write("abc").ok());
  EXPECT_EQ(sink.text, "<n0>");
  ASSERT_TRUE(stream.Write("xyz").ok());
  ASSERT_TRUE(stream.Write(".xyz").ok());
  EXPECT_EQ(sink.text, "<n0>.<n1>");
}

TEST(Stream, AShortSecretIsMaskedOnlyWhereItStandsAlone) {
  SecretStore store;
  store.Add({.name = "pw", .open = false, .certain = true}, "root");
  auto set = CompiledSet::Compile(store, MaskOptions());
  ASSERT_TRUE(set.ok());
  const std::string text = "root rooted 1root _root_ root\nroot";
  const std::string expected = "*** rooted 1root _***_ ***\n***";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Streamed(*set, text, {cut}), expected) << cut;
  }
}

TEST(Stream, WhatTheEndCutsOffIsMaskedOrShown) {
  MaskOptions options = Anywhere("*");
  options.truncated = true;
  const auto masks = SetOf({"0123456789abcdef"}, options);
  EXPECT_EQ(Streamed(masks, "id 01234567", {5}), "id *");
  EXPECT_EQ(Streamed(masks, "id 0123456", {5}), "id 0123456");
  options.truncated = false;
  const auto shows = SetOf({"0123456789abcdef"}, options);
  EXPECT_EQ(Streamed(shows, "id 01234567", {5}), "id 01234567");
}

TEST(Stream, HoldLineReleasesWholeLinesOfUpTo64KiB) {
  MaskOptions options = Anywhere();
  options.hold_line = true;
  TextSink sink;
  Stream stream(SetOf({"hunter2"}, options), &sink);
  ASSERT_TRUE(stream.Write("first\nsecond hun").ok());
  EXPECT_EQ(sink.text, "first\n");
  ASSERT_TRUE(stream.Write("ter2\nthird").ok());
  EXPECT_EQ(sink.text, "first\nsecond <n0>\n");
  ASSERT_TRUE(stream.Write(std::string(70000, 'x')).ok());
  EXPECT_EQ(sink.text.size(),
            std::string("first\nsecond <n0>\nthird").size() + 70000);
  ASSERT_TRUE(stream.Write("rest").ok());
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_TRUE(sink.text.ends_with("xrest"));
}

// A new set decides from the first byte that was not written, wherever it is
// swapped: the oracle masks what was written by the old set and the rest, as if
// it began there, by the new one.
TEST(Stream, ASwapJudgesHeldBytesAgain) {
  TextSink sink;
  Stream stream(SetOf({"alphabet"}, Anywhere()), &sink);
  ASSERT_TRUE(stream.Write("say alpha").ok());
  EXPECT_EQ(sink.text, "say ");
  (void)stream.SetMasker(SetOf({"alpha-two", "phase"}, Anywhere()));
  ASSERT_TRUE(stream.Write("-two phase alphabet").ok());
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(sink.text, "say <n0> <n1> alphabet");
}

TEST(Stream, ASwapAtEveryPositionMasksAllThatComesAfterIt) {
  const std::string text = "one secret-A two secret-B three secret-A end";
  for (size_t at = 0; at <= text.size(); ++at) {
    TextSink sink;
    Stream stream(SetOf({"secret-A"}, Anywhere("*")), &sink);
    ASSERT_TRUE(stream.Write(text.substr(0, at)).ok());
    const size_t held = stream.held();
    (void)stream.SetMasker(SetOf({"secret-A", "secret-B"}, Anywhere("*")));
    ASSERT_TRUE(stream.Write(text.substr(at)).ok());
    ASSERT_TRUE(stream.Finish().ok());
    EXPECT_EQ(sink.text.find("secret-A"), std::string::npos) << at;
    const bool b_was_written = text.find("secret-B") < at - held;
    if (!b_was_written) {
      EXPECT_EQ(sink.text, "one * two * three * end") << at;
    }
  }
}

TEST(Stream, AMaskThatWasWrittenStaysForItsWholeRegionAfterASwap) {
  TextSink sink;
  Stream stream(SetOf({"aaaa"}, Anywhere("*")), &sink);
  ASSERT_TRUE(stream.Write("xaaaa").ok());
  EXPECT_EQ(sink.text, "x*");
  (void)stream.SetMasker(SetOf({}, Anywhere("*")));
  ASSERT_TRUE(stream.Write("a!").ok());
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(sink.text, "x*a!");
}

TEST(Stream, AddedSetsMaskBesideTheFirst) {
  TextSink sink;
  Stream stream(SetOf({"red"}, Anywhere()), &sink);
  ASSERT_TRUE(stream.Write("red blue bl").ok());
  EXPECT_EQ(sink.text, "<n0> blue bl");
  (void)stream.SetAdded({SetOf({"blue"}, Anywhere("[{name}]")),
                         SetOf({"dgreen"}, Anywhere("({name})"))});
  ASSERT_TRUE(stream.Write(" blue redgreen").ok());
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(sink.text, "<n0> blue bl [n0] <n0>");
  const StreamStats stats = stream.stats();
  EXPECT_EQ(stats.masks, 3u);
  EXPECT_EQ(stats.masks_by_name.at({"", "n0"}), 3u);
}

// Each layer finds its own in the order of the text; put into one list one by
// one they would cost the square of the masks.
TEST(Stream, DenseMasksOfTwoLayersInterleave) {
  std::string text, expected;
  for (int i = 0; i < 100000; ++i) {
    text += "aaaaa.bbbbb.";
    expected += "<n0>.[n0].";
  }
  TextSink sink;
  Stream stream(SetOf({"aaaaa"}, Anywhere()), &sink);
  ASSERT_TRUE(stream.SetAdded({SetOf({"bbbbb"}, Anywhere("[{name}]"))}).ok());
  ASSERT_TRUE(stream.Write(text).ok());
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(sink.text, expected);
}

TEST(Stream, CountsSurviveASwap) {
  TextSink sink;
  Stream stream(SetOf({"red", "blue"}, Anywhere()), &sink);
  ASSERT_TRUE(stream.Write("red blue ").ok());
  (void)stream.SetMasker(SetOf({"blue"}, Anywhere()));
  ASSERT_TRUE(stream.Write("blue ").ok());
  const StreamStats stats = stream.stats();
  EXPECT_EQ(stats.masks_by_name.at({"", "n0"}), 2u);
  EXPECT_EQ(stats.masks_by_name.at({"", "n1"}), 1u);
  EXPECT_EQ(stats.bytes_in, 14u);
  EXPECT_EQ(stats.bytes_out, sink.text.size());
}

TEST(Stream, AFailingSinkKillsTheStream) {
  TextSink sink;
  Stream stream(SetOf({"hunter2"}, Anywhere()), &sink);
  sink.fails = true;
  EXPECT_EQ(stream.Write("text").code(), Code::kIo);
  sink.fails = false;
  const int writes = sink.writes;
  EXPECT_EQ(stream.Write("more").code(), Code::kIo);
  EXPECT_EQ(stream.Finish().code(), Code::kIo);
  EXPECT_EQ(sink.writes, writes);
}

// The tables are zeros in the child; it must not take them for "no secrets".
TEST(Stream, AForkedChildPrintsNothing) {
  TextSink sink;
  Stream stream(SetOf({"hunter2"}, Anywhere()), &sink);
  ASSERT_TRUE(stream.Write("before ").ok());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Not even with a set of its own: the held bytes are zeros here.
    const bool refused =
        stream.SetMasker(SetOf({"x-own"}, Anywhere())).code() ==
            Code::kBroken &&
        stream.Write("").code() == Code::kBroken &&
        stream.Write("hunter2").code() == Code::kBroken &&
        stream.Finish().code() == Code::kBroken;
    ::_exit(refused && sink.text == "before " ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ASSERT_TRUE(stream.Write("hunter2").ok());
  EXPECT_EQ(sink.text, "before <n0>");
}

TEST(Stream, OneSetServesManyThreads) {
  const auto set = SetOf({"secret-one", "secret-two"}, Anywhere("*"));
  std::vector<std::thread> threads;
  std::vector<std::string> printed(8);
  for (std::string& out : printed) {
    threads.emplace_back([&set, &out] {
      for (int i = 0; i < 200; ++i) {
        out = Streamed(set, "a secret-one b secret-two c", {6, 9, 20});
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (const std::string& out : printed) EXPECT_EQ(out, "a * b * c");
}

TEST(Stream, ManyMasksInOneWriteArriveInOrder) {
  std::string text, expected;
  for (int i = 0; i < 20000; ++i) {
    text += "k" + std::to_string(i) + "=secret-one" +
            (i % 50 == 0 ? std::string(600, '.') : "\n");
    expected += "k" + std::to_string(i) + "=*" +
                (i % 50 == 0 ? std::string(600, '.') : "\n");
  }
  const auto set = SetOf({"secret-one"}, Anywhere("*"));
  EXPECT_EQ(Streamed(set, text, {}), expected);
  EXPECT_EQ(Streamed(set, text, {100000, 100001, 500000}), expected);
}

TEST(CompiledSet, RefusesAMaskInWhichASecretOccurs) {
  SecretStore store;
  store.Add({.name = "db", .open = false, .certain = true}, "REDACTED");
  MaskOptions options;
  options.mask = "[REDACTED]";
  const auto set = CompiledSet::Compile(store, options);
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.status().code(), Code::kUsage);
  EXPECT_NE(set.status().message().find("db"), std::string::npos);
  EXPECT_EQ(set.status().message().find("REDACTED"), std::string::npos);
}

TEST(CompiledSet, MasksANameInWhichASecretOccurs) {
  SecretStore store;
  store.Add({.name = "team/hunter2", .open = false, .certain = true},
            "hunter2");
  MaskOptions options;
  options.mask = "[{name}]";
  const auto set = CompiledSet::Compile(store, options);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(Streamed(*set, "hunter2", {}), "[***]");
}

std::shared_ptr<const Detectors> TestDetectors() {
  return *Detectors::Compile(
      {{.name = "tok", .pattern = "tok_[a-z]{3}"},
       {.name = "url", .pattern = R"(\b://\w*:(?P<secret>[^\s@/]+)@)"},
       {.name = "line", .pattern = "[0-9]+ (?P<secret>end)$"}});
}

TEST(Stream, DetectedAndKnownSecretsAreOneUnionHoweverTheTextIsCut) {
  MaskOptions options = Anywhere();
  options.detectors = TestDetectors();
  const auto set = SetOf({"abcd", "xtok", "pw1"}, options);
  const std::string text =
      "xtok_abcd tok_abd\na://u:pw1@h a://u:pw12@h 12 end\nend tok_ab";
  const std::string expected =
      "<n1> <tok>\na://u:<n2>@h a://u:<url>@h 12 <line>\nend tok_ab";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Streamed(set, text, {cut}), expected) << cut;
  }
  std::vector<size_t> all(text.size());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(Streamed(set, text, all), expected);
  EXPECT_EQ(Masked(*set, text), expected);
}

// Detectors know lines, not secrets: a swap forgets neither the line nor what
// was found but is still withheld for a secret.
TEST(Stream, ASwapOfSetsLetsDetectorsGoOn) {
  MaskOptions options = Anywhere();
  options.detectors = TestDetectors();
  const std::string text = "a://u:pw12@h tok_abc@hello 12 end\n";
  for (const char* known : {"nothing", "tok_abc@hello!!", "://u:pw12@h t"}) {
    const auto set = SetOf({known}, options);
    const std::string expected = Streamed(set, text, {});
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      TextSink sink;
      Stream stream(set, &sink);
      ASSERT_TRUE(stream.Write(text.substr(0, cut)).ok());
      ASSERT_TRUE(stream.SetMasker(SetOf({known}, options)).ok());
      ASSERT_TRUE(stream.Write(text.substr(cut)).ok());
      ASSERT_TRUE(stream.Finish().ok());
      EXPECT_EQ(sink.text, expected) << known << " cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace maskpipe
