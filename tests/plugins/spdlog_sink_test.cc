// maskpipe::SpdlogSink around sinks of spdlog's own.

#include <gtest/gtest.h>
#include <maskpipe/spdlog_sink.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>
#include <thread>
#include <vector>

namespace {

std::shared_ptr<const maskpipe::Masker> TheMasker() {
  maskpipe::Secrets secrets;
  secrets.add("db", "hunter2!");
  return std::make_shared<maskpipe::Masker>(
      secrets, maskpipe::Options{{"mask", "[{name}]"}});
}

class SpdlogSink : public testing::Test {
 protected:
  SpdlogSink()
      : inner_(std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)),
        logger_("service",
                std::make_shared<maskpipe::SpdlogSink>(TheMasker(), inner_)) {
    logger_.set_pattern("%n %l %v");
    logger_.set_level(spdlog::level::trace);
  }

  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> inner_;
  spdlog::logger logger_;
};

TEST_F(SpdlogSink, ArgumentsAndTextAreMasked) {
  logger_.info("login with {} and hunt{}", "hunter2!", "er2!");
  logger_.warn("nothing here");
  logger_.info("");
  EXPECT_EQ(text_.str(),
            "service info login with [db] and [db]\n"
            "service warning nothing here\nservice info \n");
}

TEST_F(SpdlogSink, TheWrappedSinksLevelCounts) {
  inner_->set_level(spdlog::level::err);
  logger_.info("hunter2!");
  logger_.error("hunter2!");
  EXPECT_EQ(text_.str(), "service error [db]\n");
}

TEST_F(SpdlogSink, ABacktraceIsMasked) {
  logger_.set_level(spdlog::level::err);
  logger_.enable_backtrace(4);
  logger_.info("hunter2! before");
  logger_.dump_backtrace();
  EXPECT_NE(text_.str().find("[db] before"), std::string::npos) << text_.str();
  EXPECT_EQ(text_.str().find("hunter2!"), std::string::npos);
}

TEST_F(SpdlogSink, AForkedChildWithholds) {
  const pid_t child = ::fork();
  if (child == 0) {
    logger_.info("hunter2!");
    const std::string text = text_.str();
    ::_exit(text.find("hunter2!") == std::string::npos &&
                    text.find("info [withheld: ") != std::string::npos
                ? 0
                : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(SpdlogSink, ManyThreadsLogAtATime) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 500; ++i) logger_.info("a {} b", "hunter2!");
    });
  }
  for (std::thread& t : threads) t.join();
  std::string expected;
  for (int i = 0; i < 4000; ++i) expected += "service info a [db] b\n";
  EXPECT_EQ(text_.str(), expected);
}

}  // namespace
