#include "src/run/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace maskpipe {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

const History::Clock::time_point kStart{hours(1000)};

SecretStore Store(std::initializer_list<const char*> values,
                  const char* origin = "file:s") {
  SecretStore store;
  for (const char* v : values) store.Add({.name = "n", .origin = origin}, v);
  return store;
}

std::vector<std::string> Values(const History& history) {
  std::vector<std::string> values;
  for (const Secret& s : history.store().secrets()) {
    values.emplace_back(s.value);
  }
  return values;
}

TEST(History, SaysWhetherAnythingHasChanged) {
  History history;
  EXPECT_TRUE(history.Update(Store({"a", "b"}), {}, kStart));
  EXPECT_FALSE(history.Update(Store({"b", "a"}), {}, kStart));
  EXPECT_FALSE(history.Update(Store({"a"}), {}, kStart));  // b is kept
  EXPECT_TRUE(history.Update(Store({"a", "c"}), {}, kStart));
  EXPECT_THAT(Values(history), ElementsAre("a", "c", "b"));
}

TEST(History, OldValuesStayForADayAfterTheyWereLastSeen) {
  History history;
  (void)history.Update(Store({"old"}), {}, kStart);
  (void)history.Update(Store({"old"}), {}, kStart + hours(10));
  EXPECT_TRUE(history.Update(Store({"new"}), {}, kStart + hours(11)));
  EXPECT_FALSE(history.Update(Store({"new"}), {}, kStart + hours(34)));
  EXPECT_THAT(Values(history), ElementsAre("new", "old"));
  EXPECT_TRUE(
      history.Update(Store({"new"}), {}, kStart + hours(34) + minutes(1)));
  EXPECT_THAT(Values(history), ElementsAre("new"));
}

TEST(History, WhatAFailedSourceHeldDoesNotAge) {
  History history;
  (void)history.Update(Store({"kept"}, "file:failed"), {}, kStart);
  for (int day = 1; day < 5; ++day) {
    (void)history.Update(Store({"new"}), {"file:failed"},
                         kStart + hours(23) * day);
  }
  EXPECT_THAT(Values(history), ElementsAre("new", "kept"));
}

TEST(History, AValueThatComesBackIsLiveAgain) {
  History history;
  (void)history.Update(Store({"a"}), {}, kStart);
  (void)history.Update(Store({"b"}), {}, kStart + hours(1));
  EXPECT_FALSE(history.Update(Store({"a"}), {}, kStart + hours(20)));
  EXPECT_FALSE(history.Update(Store({"a"}), {}, kStart + hours(25)));
  EXPECT_THAT(Values(history), UnorderedElementsAre("a", "b"));
  EXPECT_TRUE(history.Update(Store({"a"}), {}, kStart + hours(26)));
  EXPECT_THAT(Values(history), ElementsAre("a"));
}

TEST(History, KeepsAtMostTenTimesTheLiveOnesTheNewest) {
  History history;
  for (int i = 0; i < 25; ++i) {
    const std::string value = "value-" + std::to_string(i);
    (void)history.Update(Store({value.c_str()}), {}, kStart + minutes(i));
  }
  const std::vector<std::string> values = Values(history);
  ASSERT_EQ(values.size(), 10u);
  EXPECT_EQ(values.front(), "value-24");
  EXPECT_EQ(values.back(), "value-15");
}

TEST(History, AnEmptySourceDoesNotUnmaskWhatItHeld) {
  History history;
  (void)history.Update(Store({"a", "b"}), {}, kStart);
  EXPECT_FALSE(history.Update(Store({}), {}, kStart + minutes(5)));
  EXPECT_THAT(Values(history), ElementsAre("a", "b"));
}

TEST(History, TheSameValueUnderAnotherNameIsAnotherSecret) {
  History history;
  (void)history.Update(Store({"a"}), {}, kStart);
  SecretStore renamed;
  renamed.Add({.name = "other", .origin = "file:s"}, "a");
  EXPECT_TRUE(history.Update(renamed, {}, kStart));
  EXPECT_EQ(history.store().secrets().size(), 2u);
}

}  // namespace
}  // namespace maskpipe
