#include "src/base/hygiene.h"

#include <string.h>
#include <sys/prctl.h>

#include <algorithm>

namespace maskpipe {

namespace {

rlimit core_limit_at_start{RLIM_INFINITY, RLIM_INFINITY};

}  // namespace

void ForbidDumps(bool soft_only) {
  (void)::getrlimit(RLIMIT_CORE, &core_limit_at_start);
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // Only root could raise a hard limit again.
  const rlimit none{0, soft_only ? core_limit_at_start.rlim_max : 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
}

rlimit CoreLimitAtStart() { return core_limit_at_start; }

[[gnu::noinline]] void WipeStack() {
  size_t bytes = size_t{128} << 10;
  // The limit holds for the first thread, and threads are given as much.
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) == 0) {
    bytes = std::min<size_t>(bytes, limit.rlim_cur / 2);
  }
  ::explicit_bzero(__builtin_alloca(bytes), bytes);
}

#if defined(__x86_64__)

void WipeRegisters() {
  // The C library chooses by the CPU, not by what we were compiled for.
  if (__builtin_cpu_supports("avx512f")) {
    asm volatile(
        "vpxorq %%zmm16, %%zmm16, %%zmm16\n\tvpxorq %%zmm17, %%zmm17, "
        "%%zmm17\n\t"
        "vpxorq %%zmm18, %%zmm18, %%zmm18\n\tvpxorq %%zmm19, %%zmm19, "
        "%%zmm19\n\t"
        "vpxorq %%zmm20, %%zmm20, %%zmm20\n\tvpxorq %%zmm21, %%zmm21, "
        "%%zmm21\n\t"
        "vpxorq %%zmm22, %%zmm22, %%zmm22\n\tvpxorq %%zmm23, %%zmm23, "
        "%%zmm23\n\t"
        "vpxorq %%zmm24, %%zmm24, %%zmm24\n\tvpxorq %%zmm25, %%zmm25, "
        "%%zmm25\n\t"
        "vpxorq %%zmm26, %%zmm26, %%zmm26\n\tvpxorq %%zmm27, %%zmm27, "
        "%%zmm27\n\t"
        "vpxorq %%zmm28, %%zmm28, %%zmm28\n\tvpxorq %%zmm29, %%zmm29, "
        "%%zmm29\n\t"
        "vpxorq %%zmm30, %%zmm30, %%zmm30\n\tvpxorq %%zmm31, %%zmm31, "
        "%%zmm31" ::
            : "memory");
  }
  if (__builtin_cpu_supports("avx")) {
    asm volatile("vzeroall" ::
                     : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                       "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                       "xmm12", "xmm13", "xmm14", "xmm15");
    return;
  }
  asm volatile(
      "pxor %%xmm0, %%xmm0\n\tpxor %%xmm1, %%xmm1\n\tpxor %%xmm2, %%xmm2\n\t"
      "pxor %%xmm3, %%xmm3\n\tpxor %%xmm4, %%xmm4\n\tpxor %%xmm5, %%xmm5\n\t"
      "pxor %%xmm6, %%xmm6\n\tpxor %%xmm7, %%xmm7\n\tpxor %%xmm8, %%xmm8\n\t"
      "pxor %%xmm9, %%xmm9\n\tpxor %%xmm10, %%xmm10\n\tpxor %%xmm11, "
      "%%xmm11\n\t"
      "pxor %%xmm12, %%xmm12\n\tpxor %%xmm13, %%xmm13\n\t"
      "pxor %%xmm14, %%xmm14\n\tpxor %%xmm15, %%xmm15" ::
          : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
            "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
            "xmm15");
}

#elif defined(__aarch64__)

void WipeRegisters() {
  // v8 to v15 are kept across calls, so memcpy(3) does not use them.
  asm volatile(
      "movi v0.16b, #0\n\tmovi v1.16b, #0\n\tmovi v2.16b, #0\n\t"
      "movi v3.16b, #0\n\tmovi v4.16b, #0\n\tmovi v5.16b, #0\n\t"
      "movi v6.16b, #0\n\tmovi v7.16b, #0\n\tmovi v16.16b, #0\n\t"
      "movi v17.16b, #0\n\tmovi v18.16b, #0\n\tmovi v19.16b, #0\n\t"
      "movi v20.16b, #0\n\tmovi v21.16b, #0\n\tmovi v22.16b, #0\n\t"
      "movi v23.16b, #0\n\tmovi v24.16b, #0\n\tmovi v25.16b, #0\n\t"
      "movi v26.16b, #0\n\tmovi v27.16b, #0\n\tmovi v28.16b, #0\n\t"
      "movi v29.16b, #0\n\tmovi v30.16b, #0\n\tmovi v31.16b, #0" ::
          : "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16",
            "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25",
            "v26", "v27", "v28", "v29", "v30", "v31");
}

#else

void WipeRegisters() {}

#endif

}  // namespace maskpipe
