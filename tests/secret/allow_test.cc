#include "src/secret/allow.h"

#include <gtest/gtest.h>

namespace maskpipe {
namespace {

TEST(Allow, KnowsValuesAndNamesOfAFile) {
  AllowList allow;
  allow.Add("# comment\nprod-eu\n\nname:db/*/schema\nvalue:# odd\n");
  EXPECT_TRUE(allow.HasValue("prod-eu"));
  EXPECT_TRUE(allow.HasValue("# odd"));
  EXPECT_FALSE(allow.HasValue("prod"));
  EXPECT_FALSE(allow.HasValue("# comment"));
  EXPECT_TRUE(allow.HasName("db/x/schema"));
  EXPECT_FALSE(allow.HasName("db/x/password"));
}

TEST(Allow, StartsWithAFewWordsOfAirflows) {
  const AllowList allow;
  EXPECT_TRUE(allow.HasValue("airflow"));
  EXPECT_TRUE(allow.HasValue("localhost"));
  EXPECT_FALSE(allow.HasValue("password"));
}

}  // namespace
}  // namespace maskpipe
