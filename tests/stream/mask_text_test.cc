#include "src/stream/mask_text.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace maskpipe {
namespace {

std::string Rendered(const std::string& text, std::string_view value,
                     std::string_view key = "key") {
  auto mask = MaskTemplate::Parse(text);
  EXPECT_TRUE(mask.ok());
  return mask->Render("db/pass_word", value, *HashKey::FromBytes(key));
}

TEST(MaskText, KnowsNameAndHashAndLeavesTheRest) {
  EXPECT_EQ(Rendered("***", "v"), "***");
  EXPECT_EQ(Rendered("[{name}]", "v"), "[db/pass_word]");
  EXPECT_EQ(Rendered("{other} {", "v"), "{other} {");
}

// HMAC-SHA-256, RFC 4231 test case 2: key "Jefe", data "what do ya want for
// nothing?" gives 5bdcc146…
TEST(MaskText, HashIsHmacSha256) {
  EXPECT_EQ(Rendered("{hash}", "what do ya want for nothing?", "Jefe"),
            "5bdcc146");
}

TEST(MaskText, ShortValuesAreNotHashed) {
  EXPECT_EQ(Rendered("{hash}", "elevenchars"), "********");
  EXPECT_NE(Rendered("{hash}", "twelve-chars"), "********");
}

TEST(MaskText, AProcessHasOneKeyAndAForkedChildAnother) {
  const std::string hash = HashKey::OfThisProcess()->Hash("some value");
  EXPECT_EQ(hash, HashKey::OfThisProcess()->Hash("some value"));
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(HashKey::OfThisProcess()->Hash("some value") != hash ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(MaskText, EmptyOnesAndLineBreaksAreRefused) {
  for (const char* text : {"", "a\nb", "\r"}) {
    EXPECT_EQ(MaskTemplate::Parse(text).status().code(), Code::kUsage);
  }
}

}  // namespace
}  // namespace maskpipe
