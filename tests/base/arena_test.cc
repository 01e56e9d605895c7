#include "src/base/arena.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace maskpipe {
namespace {

// The VmFlags of the mapping that holds `p` (proc(5), smaps).
std::string FlagsOf(const void* p) {
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long begin = 0, end = 0;
    char dash = 0;
    std::istringstream range(line);
    if (range >> std::hex >> begin >> dash >> end && dash == '-') {
      const auto at = reinterpret_cast<unsigned long>(p);
      inside = begin <= at && at < end;
    }
    if (inside && line.starts_with("VmFlags:")) return line + " ";
  }
  return "";
}

// Sanitizers let mlock(2) do nothing and say that it worked.
bool LocksForReal() {
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool says_so = ::mlock(page, 4096) == 0;
  const bool is_so = FlagsOf(page).find(" lo ") != std::string::npos;
  ::munmap(page, 4096);
  return says_so == is_so;
}

TEST(Arena, IsLeftOutOfCoreDumpsAndWipedInAForkedChild) {
  Arena arena;
  const std::string_view copy = arena.Copy("some value");
  const std::string flags = FlagsOf(copy.data());
  EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
  EXPECT_NE(flags.find(" wf "), std::string::npos) << flags;
  EXPECT_TRUE(arena.intact());

  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string zeros(copy.size(), '\0');
    ::_exit(copy == zeros && !arena.intact() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(copy, "some value");
}

TEST(Arena, LocksWhatTheLimitAllowsAndSaysSo) {
  if (!LocksForReal()) GTEST_SKIP() << "SKIPPED: built with a sanitizer";
  const Arena::Usage before = Arena::usage();
  {
    Arena arena;
    (void)arena.Copy(std::string(100000, 'x'));
    const Arena::Usage now = Arena::usage();
    EXPECT_GE(now.mapped - before.mapped, 100000u);
    EXPECT_LE(now.locked, now.mapped);
    if (now.locked > before.locked) {
      EXPECT_NE(FlagsOf(arena.Copy("x").data()).find(" lo "),
                std::string::npos);
    }
  }
  EXPECT_EQ(Arena::usage().mapped, before.mapped);
  EXPECT_EQ(Arena::usage().locked, before.locked);
}

TEST(Arena, WorksWhereNothingMayBeLocked) {
  if (!LocksForReal()) GTEST_SKIP() << "SKIPPED: built with a sanitizer";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit none{0, 0};
    (void)::setrlimit(RLIMIT_MEMLOCK, &none);
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(0);  // not root
    Arena arena;
    ::_exit(arena.Copy("value") == "value" && Arena::usage().locked == 0 ? 0
                                                                         : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(Arena, WipesWhatIsDeallocated) {
  Arena arena;
  void* p = arena.allocate(16);
  std::memcpy(p, "0123456789abcde", 16);
  arena.deallocate(p, 16);
  // The arena still maps the page, so it may be looked at.
  EXPECT_EQ(std::string(static_cast<char*>(p), 16), std::string(16, '\0'));
}

TEST(Arena, AlignsAndGrowsBeyondItsLargestChunk) {
  Arena arena;
  for (const size_t alignment : {1u, 2u, 8u, 64u, 4096u}) {
    void* p = arena.allocate(3, alignment);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % alignment, 0u);
  }
  const std::string large(size_t{9} << 20, 'y');
  EXPECT_EQ(arena.Copy(large), large);
}

TEST(Buffer, KeepsItsBytesWhenItGrows) {
  Buffer buffer;
  buffer.Reserve(10);
  std::memcpy(buffer.data(), "0123456789", 10);
  buffer.Reserve(1 << 20);
  EXPECT_EQ(std::string(buffer.data(), 10), "0123456789");
  EXPECT_GE(buffer.capacity(), size_t{1} << 20);
  EXPECT_NE(FlagsOf(buffer.data()).find(" dd "), std::string::npos);
}

}  // namespace
}  // namespace maskpipe
