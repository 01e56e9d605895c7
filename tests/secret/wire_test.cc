#include "src/secret/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace maskpipe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Written(const SecretStore& store, const WireAnswer& answer) {
  Buffer out;
  const size_t size = WriteWire(store, answer, &out);
  return {out.data(), size};
}

SecretStore Store() {
  SecretStore store;
  store.Add({.name = "a/b", .place = "p", .key = "k"}, "first");
  store.Add({.name = "", .open = false, .certain = true},
            std::string("\0\xff\n", 3));
  store.Add({.name = "empty"}, "");
  store.Add({.name = "large"}, std::string(300000, 'x'));
  return store;
}

TEST(Wire, WhatIsWrittenIsRead) {
  const std::string bytes =
      Written(Store(), {Status::Source("why"), {"one", "two"}});
  SecretStore store;
  Result<WireAnswer> answer = ReadWire(bytes, &store);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status.code(), Code::kSource);
  EXPECT_EQ(answer->status.message(), "why");
  EXPECT_THAT(answer->warnings,
              ElementsAre(Warning("one"), Warning("two")));
  const SecretStore expected = Store();
  ASSERT_EQ(store.secrets().size(), expected.secrets().size());
  for (size_t i = 0; i < store.secrets().size(); ++i) {
    const Secret& got = store.secrets()[i];
    const Secret& want = expected.secrets()[i];
    EXPECT_EQ(got.name, want.name);
    EXPECT_EQ(got.place, want.place);
    EXPECT_EQ(got.key, want.key);
    EXPECT_EQ(got.open, want.open);
    EXPECT_EQ(got.certain, want.certain);
    EXPECT_EQ(got.value, want.value);
  }
}

TEST(Wire, EveryStatusIsRead) {
  for (const Status& status :
       {Status::Ok(), Status::Usage("u"), Status::Source("s")}) {
    SecretStore store;
    Result<WireAnswer> answer =
        ReadWire(Written(SecretStore(), {status, {}}), &store);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->status.code(), status.code());
    EXPECT_EQ(answer->status.message(), status.message());
  }
}

// A fetcher that died at any byte said nothing.
TEST(Wire, EveryCutGivesNothing) {
  SecretStore few;
  few.Add({.name = "n"}, "value");
  const std::string bytes = Written(few, {Status::Ok(), {"w"}});
  for (size_t size = 0; size < bytes.size(); ++size) {
    SecretStore store;
    EXPECT_FALSE(ReadWire(bytes.substr(0, size), &store).ok()) << size;
    EXPECT_TRUE(store.empty()) << size;
  }
}

TEST(Wire, MoreBehindTheClosingRecordIsNoAnswer) {
  const std::string bytes = Written(Store(), {});
  for (const std::string& more : {std::string("x"), bytes}) {
    SecretStore store;
    EXPECT_FALSE(ReadWire(bytes + more, &store).ok());
    EXPECT_TRUE(store.empty());
  }
}

// Whatever the bytes are, nothing breaks, and no message repeats them.
TEST(Wire, GarbledBytesAreRefusedQuietly) {
  SecretStore few;
  few.Add({.name = "n"}, "MARKER-value");
  const std::string bytes = Written(few, {Status::Ok(), {}});
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20000; ++round) {
    std::string broken = bytes;
    for (size_t n = 1 + random() % 3; n > 0; --n) {
      broken[random() % broken.size()] = static_cast<char>(random());
    }
    SecretStore store;
    const Result<WireAnswer> answer = ReadWire(broken, &store);
    if (answer.ok()) continue;
    EXPECT_TRUE(store.empty());
    EXPECT_THAT(answer.status().message(), Not(HasSubstr("MARKER")));
  }
}

}  // namespace
}  // namespace maskpipe
