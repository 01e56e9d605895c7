#include "src/base/hygiene.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "src/base/fd.h"

namespace maskpipe {
namespace {

constexpr size_t kSize = 512;

// Leaves a value on the stack, and tells where it stood.
[[gnu::noinline]] void LeaveBehind(uintptr_t* at) {
  volatile char left[kSize];
  for (size_t i = 0; i < kSize; ++i) left[i] = static_cast<char>('A' + i % 26);
  *at = reinterpret_cast<uintptr_t>(left);
}

// What stands at an address that is nobody's any more.
std::string Peek(int memory, uintptr_t at) {
  std::string bytes(kSize, '\0');
  EXPECT_EQ(::pread(memory, bytes.data(), kSize, static_cast<off_t>(at)),
            static_cast<ssize_t>(kSize));
  return bytes;
}

// A sanitizer puts zones around what stands on the stack, which are not wiped.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

TEST(WipeStack, OverwritesWhatReturnedCallsLeft) {
  if (kSanitized) GTEST_SKIP() << "SKIPPED: built with a sanitizer";
  const Fd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(memory.valid());
  uintptr_t at = 0;
  LeaveBehind(&at);
  // The control: without it, the value is found.
  EXPECT_NE(Peek(memory.get(), at).find("XYZABC"), std::string::npos);
  LeaveBehind(&at);
  WipeStack();
  EXPECT_EQ(Peek(memory.get(), at).find("XYZABC"), std::string::npos);
}

}  // namespace
}  // namespace maskpipe
