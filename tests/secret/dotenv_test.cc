#include "src/secret/dotenv.h"

#include <gtest/gtest.h>

namespace maskpipe {
namespace {

struct Read {
  explicit Read(std::string text_) : text(std::move(text_)) {
    error = ReadDotenv(text, &arena, &entries);
    for (const DotenvEntry& e : entries) {
      all += e.name;
      for (std::string_view v : e.values) all += "=" + std::string(v);
      all += "|";
    }
  }
  std::string text;
  Arena arena;
  std::vector<DotenvEntry> entries;
  DotenvError error;
  std::string all;
};

TEST(Dotenv, ReadsNamesAndValues) {
  const Read r("# c\nA=1\r\n\nexport B_2 = two words \nC=\n");
  EXPECT_EQ(r.error.what, "");
  EXPECT_EQ(r.all, "A=1|B_2=two words|C=|");
  EXPECT_EQ(r.entries[1].line, 4u);
}

TEST(Dotenv, ReadsQuotesAlsoOverSeveralLines) {
  const Read r("A='x #y'\nB=\"l1\nl2\\n\\\"q\\\"\" # c\nC=after\n");
  EXPECT_EQ(r.error.what, "");
  EXPECT_EQ(r.all, "A=x #y|B=l1\nl2\n\"q\"=l1\nl2\\n\\\"q\\\"|C=after|");
  EXPECT_EQ(r.entries[2].line, 4u);
}

// Readers differ on comments behind bare values: both readings are secrets.
TEST(Dotenv, GivesBothReadingsWhereReadersDiffer) {
  EXPECT_EQ(Read("A=p#1 # note\n").all, "A=p#1=p#1 # note|");
  EXPECT_EQ(Read("A='it''s'\n").all, "A=it='it''s'|");
}

TEST(Dotenv, SaysOnWhichLineItEnds) {
  EXPECT_EQ(Read("A=1\nno assignment").error.line, 2u);
  EXPECT_EQ(Read("A=1\n2B=1").error.line, 2u);
  EXPECT_EQ(Read("A=\"MARKER\nB=1").error.line, 1u);
  EXPECT_EQ(Read("A=\"MARKER").error.what.find("MARKER"), std::string::npos);
}

}  // namespace
}  // namespace maskpipe
