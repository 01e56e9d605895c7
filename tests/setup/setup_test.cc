#include "src/setup/setup.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "src/secret/wire.h"

namespace maskpipe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A folder with FIFOs, which whoever reads them must wait at.
class LoadSourcesTest : public testing::Test {
 protected:
  LoadSourcesTest() {
    std::string name = testing::TempDir() + "setup_test_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~LoadSourcesTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) { return folder_ + "/" + name; }

  // A source of one value that nobody has written yet.
  std::string Fifo(const std::string& name) {
    EXPECT_EQ(::mkfifo(Path(name).c_str(), 0600), 0);
    return "file[format=value]:" + Path(name);
  }

  // Waits for a reader, and gives it a value.
  void Write(const std::string& name, const std::string& value) {
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::seconds(20);
    int fd = -1;
    while (fd < 0 && std::chrono::steady_clock::now() < end) {
      fd = ::open(Path(name).c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
      if (fd < 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_GE(fd, 0);
    EXPECT_EQ(::write(fd, value.data(), value.size()),
              static_cast<ssize_t>(value.size()));
    ::close(fd);
  }

  static std::vector<std::string> Values(const SecretStore& store) {
    std::vector<std::string> values;
    for (const Secret& s : store.secrets()) values.emplace_back(s.value);
    return values;
  }

  std::string folder_;
};

TEST_F(LoadSourcesTest, AreReadTogetherAndJoinedInTheirOrder) {
  Options options;
  std::vector<std::string> names, values;
  for (char c = 'a'; c < 'k'; ++c) {
    names.emplace_back(1, c);
    values.push_back("value-of-" + names.back());
    options.sources.push_back(Fifo(names.back()));
  }
  options.source_timeout = std::chrono::seconds(20);
  // The last one first: who reads one after the other waits in vain.
  std::thread writer([&] {
    for (size_t i = names.size(); i-- > 0;) Write(names[i], values[i]);
  });
  SecretStore store;
  const LoadReport report = LoadSources(options, &store);
  writer.join();
  EXPECT_TRUE(report.status().ok()) << report.status().message();
  EXPECT_EQ(Values(store), values);
  ASSERT_EQ(report.sources.size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(report.sources[i].spec, options.sources[i]);
    EXPECT_EQ(report.sources[i].secrets, 1u);
    EXPECT_EQ(store.secrets()[i].origin, options.sources[i]);
  }
}

TEST_F(LoadSourcesTest, MoreThanAreReadAtATimeAreAllRead) {
  Options options;
  std::vector<std::string> values;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "SETUP_TEST_" + std::to_string(i);
    values.push_back("value-of-" + name);
    ::setenv(name.c_str(), values.back().c_str(), 1);
    options.sources.push_back("env:" + name);
  }
  SecretStore store;
  EXPECT_TRUE(LoadSources(options, &store).status().ok());
  EXPECT_EQ(Values(store), values);
}

TEST_F(LoadSourcesTest, TellAllFailuresInTheirOrder) {
  ::setenv("SETUP_TEST_X", "value-of-x", 1);
  Options options;
  options.sources = {"file:" + Path("first"), "env:SETUP_TEST_X",
                     "file:" + Path("second"), "x://u:MARKER@h"};
  SecretStore store;
  const LoadReport report = LoadSources(options, &store);
  ASSERT_EQ(report.sources.size(), 4u);
  EXPECT_THAT(report.sources[0].status.message(), HasSubstr("first"));
  EXPECT_TRUE(report.sources[1].status.ok());
  EXPECT_THAT(report.sources[2].status.message(), HasSubstr("second"));
  EXPECT_EQ(report.status().code(), Code::kUsage);
  EXPECT_EQ(report.sources[3].spec, "(refused)");
  EXPECT_THAT(Values(store), ElementsAre("value-of-x"));
}

TEST_F(LoadSourcesTest, HaveAFetcherEach) {
  SecretStore said;
  said.Add({.name = "n", .place = "somewhere"}, "fetched-value");
  Buffer wire;
  const size_t size = WriteWire(said, {}, &wire);
  std::ofstream(Path("said"), std::ios::binary)
      .write(wire.data(), static_cast<std::streamsize>(size));
  std::ofstream(Path("fetch")) << "#!/bin/sh\ncat '" << Path("said") << "'\n";
  ::chmod(Path("fetch").c_str(), 0700);
  ::setenv("MASKPIPE_FETCH", Path("fetch").c_str(), 1);
  Options options;
  for (int i = 0; i < 12; ++i) {
    options.sources.push_back("aws-ssm:/" + std::to_string(i));
  }
  SecretStore store;
  const LoadReport report = LoadSources(options, &store);
  ::unsetenv("MASKPIPE_FETCH");
  EXPECT_TRUE(report.status().ok()) << report.status().message();
  ASSERT_EQ(store.secrets().size(), options.sources.size());
  for (size_t i = 0; i < options.sources.size(); ++i) {
    EXPECT_EQ(store.secrets()[i].value, "fetched-value");
    EXPECT_EQ(store.secrets()[i].origin, options.sources[i]);
    EXPECT_EQ(store.secrets()[i].place, "somewhere");
  }
}

TEST_F(LoadSourcesTest, OfNothingIsNothing) {
  SecretStore store;
  EXPECT_TRUE(LoadSources({}, &store).sources.empty());
}

}  // namespace
}  // namespace maskpipe
