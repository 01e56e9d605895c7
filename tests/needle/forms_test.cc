#include "src/needle/forms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace maskpipe {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> NeedlesOf(const std::string& value) {
  SecretStore store;
  store.Add({.name = "s", .open = false, .certain = true}, value);
  const Leaves leaves = Judge(store, Rules());
  std::vector<std::string> needles;
  const Needles made = MakeNeedles(leaves);
  for (const Needle& n : made.list) needles.emplace_back(n.bytes);
  return needles;
}

TEST(Forms, AValueOnOneLineIsOneNeedle) {
  EXPECT_THAT(NeedlesOf("hunter2"), ElementsAre("hunter2"));
}

TEST(Forms, LinesAreJoinedAndFolded) {
  EXPECT_THAT(NeedlesOf("one 1\r\n  two 2"),
              ElementsAre("one 1\r\n  two 2", "one 1two 2", "one 1 two 2",
                          "one 1", "two 2"));
}

TEST(Forms, WhatIsNotMaskedGivesNone) {
  EXPECT_THAT(NeedlesOf("ab"), ElementsAre());
}

}  // namespace
}  // namespace maskpipe
