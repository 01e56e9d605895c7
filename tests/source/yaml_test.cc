#include "src/source/yaml.h"

#include <gtest/gtest.h>

namespace maskpipe {
namespace {

struct Read {
  explicit Read(const std::string& text) {
    error = ReadYaml(text, &arena, &yaml);
    for (const YamlLeaf& leaf : yaml.leaves) {
      all += leaf.path + " " + leaf.key + " " + std::to_string(leaf.depth) +
             " " + std::string(leaf.value) + "|";
    }
  }
  Arena arena;
  YamlText yaml;
  YamlError error;
  std::string all;
};

TEST(Yaml, GivesEveryLeafWithItsPathKeyAndDepth) {
  const Read r("a: x\nb:\n  c: [1, two]\n  d: |\n    l1\n    l2\n--- \ne: f\n");
  EXPECT_EQ(r.error.what, "");
  EXPECT_EQ(r.all,
            "a a 1 x|b/c/0 c 3 1|b/c/1 c 3 two|b/d d 2 l1\nl2\n|e e 1 f|");
}

TEST(Yaml, RefusesAliasesBeforeTheyExpand) {
  std::string bomb = "a0: &a0 [MARKER]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last +
            "," + last + "]\n";
  }
  const Read r(bomb);
  EXPECT_NE(r.error.what.find("alias"), std::string::npos);
  EXPECT_EQ(r.error.line, 2u);
  EXPECT_EQ(r.error.what.find("MARKER"), std::string::npos);
}

TEST(Yaml, RefusesAKeyThatStandsTwiceInOneMapping) {
  const Read r("a: 1\nb: 2\na: 3\n");
  EXPECT_NE(r.error.what.find("twice"), std::string::npos);
  EXPECT_EQ(r.error.line, 3u);
  EXPECT_EQ(Read("x: {a: 1}\ny: {a: 1}\n").error.what, "");
}

TEST(Yaml, SaysOnWhichLineItIsBrokenButNothingOfTheText) {
  const Read r("a: 1\nb: \"MARKER\nc");
  EXPECT_NE(r.error.what, "");
  EXPECT_GE(r.error.line, 2u);
  EXPECT_EQ(r.error.what.find("MARKER"), std::string::npos);
}

TEST(Yaml, RefusesWhatIsNestedTooDeep) {
  EXPECT_NE(Read(std::string(1000, '[')).error.what, "");
}

}  // namespace
}  // namespace maskpipe
