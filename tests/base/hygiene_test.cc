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

// Leaves a value on the stack; where it stood.
[[gnu::noinline]] uintptr_t LeaveBehind() {
  volatile char left[kSize];
  for (size_t i = 0; i < kSize; ++i) left[i] = static_cast<char>('A' + i % 26);
  return reinterpret_cast<uintptr_t>(left);
}

// What stands at an address that is nobody's any more.
std::string Peek(int memory, uintptr_t at) {
  std::string bytes(kSize, '\0');
  EXPECT_EQ(::pread(memory, bytes.data(), kSize, static_cast<off_t>(at)),
            static_cast<ssize_t>(kSize));
  return bytes;
}

TEST(WipeStack, OverwritesWhatReturnedCallsLeft) {
  const Fd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(memory.valid());
  // The control: without it, the value is found.
  EXPECT_NE(Peek(memory.get(), LeaveBehind()).find("XYZABC"),
            std::string::npos);
  const uintptr_t at = LeaveBehind();
  WipeStack();
  EXPECT_EQ(Peek(memory.get(), at).find("XYZABC"), std::string::npos);
}

}  // namespace
}  // namespace maskpipe
