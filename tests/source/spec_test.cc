#include "src/source/spec.h"

#include <gtest/gtest.h>

namespace maskpipe {
namespace {

TEST(SourceSpec, HasAKindOptionsAndAVerbatimArgument) {
  const auto spec = SourceSpec::Parse("file[format=json,x=a=b]:/run/s:]x,y");
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->kind, "file");
  EXPECT_EQ(spec->options.at("format"), "json");
  EXPECT_EQ(spec->options.at("x"), "a=b");
  EXPECT_EQ(spec->argument, "/run/s:]x,y");
  EXPECT_EQ(SourceSpec::Parse("env:DB_*")->argument, "DB_*");
  EXPECT_EQ(SourceSpec::Parse("metastore:")->argument, "");
  EXPECT_EQ(SourceSpec::Parse("airflow")->kind, "airflow");
}

TEST(SourceSpec, RefusesWhatIsNone) {
  for (const char* text :
       {"", "file", "airflow-x", "airflow[x=1]", "/path", ":x", "file[x=1:/p",
        "file[novalue]:/p", "file[=1]:/p"}) {
    EXPECT_EQ(SourceSpec::Parse(text).status().code(), Code::kUsage) << text;
  }
}

TEST(SourceSpec, RefusesCredentialsWithoutRepeatingThem) {
  for (const char* text :
       {"metastore:postgres://u:MARKER@h/db", "vault[token=MARKER]:x",
        "aws[aws_secret_access_key=MARKER]:x", "x[password=MARKER]:y"}) {
    const auto spec = SourceSpec::Parse(text);
    ASSERT_FALSE(spec.ok()) << text;
    EXPECT_EQ(spec.status().message().find("MARKER"), std::string::npos);
  }
  EXPECT_TRUE(SourceSpec::Parse("vault:https://vault.example.com/x@y").ok());
}

}  // namespace
}  // namespace maskpipe
