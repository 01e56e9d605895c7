// The C++ wrapper over the C ABI, against the shared library alone.

#include <gtest/gtest.h>
#include <limits.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <maskpipe/maskpipe.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace {

maskpipe::Secrets TwoSecrets() {
  maskpipe::Secrets secrets;
  secrets.add("a", "secret-one");
  secrets.add("b", "secret-two");
  return secrets;
}

TEST(Wrapper, MasksRecordsAndStreams) {
  const maskpipe::Masker masker(TwoSecrets(), {{"mask", "[{name}]"}});
  EXPECT_EQ(masker.mask("x secret-one y"), "x [a] y");
  EXPECT_EQ(masker.mask("nothing"), "nothing");
  std::string out;
  maskpipe::Stream stream(masker, [&](std::string_view s) {
    out += s;
    return true;
  });
  stream.write("secret-");
  EXPECT_EQ(out, "");
  stream.write("two.");
  stream.finish();
  EXPECT_EQ(out, "[b].");
}

TEST(Wrapper, FailuresThrowWithACode) {
  try {
    maskpipe::Options options;
    options.set("nosuch", "x");
    FAIL();
  } catch (const maskpipe::Error& e) {
    EXPECT_EQ(e.code(), MASKPIPE_E_USAGE);
    EXPECT_NE(std::string(e.what()).find("nosuch"), std::string::npos);
  }
  maskpipe::Secrets secrets;
  EXPECT_THROW(secrets.load("file:/nowhere"), maskpipe::Error);
  EXPECT_THROW(maskpipe::Masker(secrets, {{"mask", ""}}), maskpipe::Error);
}

TEST(Wrapper, ASinksExceptionReachesTheWriter) {
  const maskpipe::Masker masker(TwoSecrets());
  maskpipe::Stream stream(
      masker, [](std::string_view) -> bool { throw std::logic_error("mine"); });
  EXPECT_THROW(stream.write("text"), std::logic_error);
  EXPECT_THROW(stream.write("text"), maskpipe::Error);
}

TEST(Wrapper, AStreamCanBeMoved) {
  std::string out;
  maskpipe::Stream first(maskpipe::Masker(TwoSecrets()),
                         [&](std::string_view s) {
                           out += s;
                           return true;
                         });
  first.write("secret-");
  maskpipe::Stream second = std::move(first);
  second.write("one");
  second.finish();
  EXPECT_EQ(out, "***");
}

// One masker, many threads: records, and streams of their own, while another
// thread swaps maskers for its stream.
TEST(Wrapper, OneMaskerServesManyThreads) {
  const maskpipe::Masker masker(TwoSecrets(), {{"mask", "*"}});
  const maskpipe::Masker other(TwoSecrets(), {{"mask", "#"}});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        if (masker.mask("a secret-one b") != "a * b") ++wrong;
        std::string out;
        maskpipe::Stream stream(masker, [&](std::string_view s) {
          out += s;
          return true;
        });
        stream.write("x secret");
        if (t % 2 == 0) stream.set_masker(other);
        stream.write("-two y");
        stream.finish();
        if (out != (t % 2 == 0 ? "x # y" : "x * y")) ++wrong;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

// As on a coroutine of a host. The text reads in as many ways as any that was
// found: escapes of three levels, broken lines, sequences and credentials.
TEST(Wrapper, SixtyFourKilobytesOfStackSuffice) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr size_t kStack = 1 << 20;  // their frames are larger
#else
  constexpr size_t kStack = 64 << 10;
#endif
  struct Job {
    maskpipe::Masker masker;
    std::string text, masked, streamed;
  };
  maskpipe::Secrets secrets;
  secrets.add("quotes", "4vD%''QlJ.NHy,k/yL");
  secrets.add("lines", "{\n  a: \"b'c\"\n  d: e\\f\n}");
  secrets.add("short", "\"'");
  Job job{.masker = maskpipe::Masker(secrets, {{"detect", "all"}}),
          .text = {},
          .masked = {},
          .streamed = {}};
  for (const char* piece :
       {R"(<4vD%`\047=22\042'''$'\047''\134''`''$'\047''\u{025}u0027%60""\046')"
        R"($'\043''X000027\u{0003b}QlJ.NHy,k/yL>)",
        "\\\"\\\\\\\"\\n\\\\n",
        "{\x1b[1m\\n\\x1b[0m  \"\n\"  a: %255c%2522b&amp;#39;c\\\\\\\"",
        "password='\\u0027%2527' https://u:p%40w@h/?token=%252F%2F\n",
        "-----BEGIN PRIVATE KEY-----\\nMIIE\\n"}) {
    for (int i = 0; i < 40; ++i) job.text += piece;
  }
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  // aarch64 makes no thread with less than 128 KiB.
  const auto least = static_cast<size_t>(PTHREAD_STACK_MIN);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, std::max(kStack, least)), 0);
  pthread_t thread;
  const auto run = [](void* of) -> void* {
    Job& j = *static_cast<Job*>(of);
    j.masked = j.masker.mask(j.text);
    maskpipe::Stream stream(j.masker, [&](std::string_view s) {
      j.streamed += s;
      return true;
    });
    stream.write(j.text);
    stream.finish();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &job), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&attributes);
  EXPECT_EQ(job.masked, job.streamed);
  EXPECT_EQ(job.masked.find("QlJ.NHy"), job.masked.npos);
  EXPECT_NE(job.masked.find("***"), job.masked.npos);
}

}  // namespace
