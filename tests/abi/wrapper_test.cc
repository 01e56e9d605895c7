// The C++ wrapper over the C ABI, against the shared library alone.

#include <gtest/gtest.h>

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

}  // namespace
