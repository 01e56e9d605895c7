#include "src/secret/harmless.h"

#include <gtest/gtest.h>

namespace maskpipe {
namespace {

TEST(Harmless, KeysAreWholeAndFolded) {
  for (const char* key : {"host", "HOST", "Remote-Host", "user_name", "port",
                          "region_name", "PROJECT-ID"}) {
    EXPECT_TRUE(IsHarmlessKey(key)) << key;
  }
  for (const char* key : {"", "hosts", "db_host", "password", "x"}) {
    EXPECT_FALSE(IsHarmlessKey(key)) << key;
  }
}

TEST(Harmless, ValuesAreBooleansSmallIntegersDatesAndRegions) {
  for (const char* value :
       {"true", "False", "null", "None", "0", "5432", "999999", "-1",
        "2026-11-20", "2026-11-20T10:11:12Z", "2026-11-20 10:11:12.345+0100",
        "us-east-1", "eu-central-2", "us-gov-west-1", "ap-southeast-4",
        "cn-northwest-1"}) {
    EXPECT_TRUE(IsHarmlessValue(value)) << value;
  }
  for (const char* value :
       {"", "1000000", "1e3", "12.5", "20261120", "2026-11-20-secret",
        "us-east-1a", "truely", "us-secret-1", "10.0.0.1"}) {
    EXPECT_FALSE(IsHarmlessValue(value)) << value;
  }
}

TEST(Harmless, SensitiveNamesHoldOneOfAirflowsWords) {
  for (const char* name : {"db_password", "MY-API-KEY-2", "oauth_token_url",
                           "aws_secret_access_key"}) {
    EXPECT_TRUE(IsSensitiveName(name)) << name;
  }
  EXPECT_FALSE(IsSensitiveName("region"));
}

TEST(Harmless, ACredentialsKeyEndsInSuchAWord) {
  EXPECT_TRUE(NamesCredential("db_password"));
  EXPECT_TRUE(NamesCredential("Api-Key"));
  EXPECT_TRUE(NamesCredential("pass"));
  EXPECT_FALSE(NamesCredential("token_ttl"));
  EXPECT_FALSE(NamesCredential("secret_rotated_at"));
}

}  // namespace
}  // namespace maskpipe
