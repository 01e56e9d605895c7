// What the program frees on the heap is wiped first, so that no library leaves
// a value behind: libyaml's growing strings, a parser's stack, a file buffer.
//
// free() and realloc() here take the place of the C library's for the whole
// process (glibc manual, "Replacing malloc"); its own do the work. Only in the
// program: a library must leave its host's heap alone. Where the C library is
// linked in, nothing can take its place; there the linker leads all callers
// here
// (--wrap).

#include <malloc.h>
#include <string.h>

#include <algorithm>

#if defined(MASKPIPE_STATIC)
#define FREE __wrap_free
#define REALLOC __wrap_realloc
#define REAL_FREE __real_free
#define REAL_MALLOC malloc
#else
#define FREE free
#define REALLOC realloc
#define REAL_FREE __libc_free
#define REAL_MALLOC __libc_malloc
#endif

extern "C" {

// glibc's functions under the names that stay when the others are replaced.
void REAL_FREE(void* p);                  // NOLINT: not our name
void* REAL_MALLOC(size_t size) noexcept;  // NOLINT: not our name
void FREE(void* p) noexcept;              // NOLINT: not our name
void* REALLOC(void* p, size_t) noexcept;  // NOLINT: not our name

__attribute__((visibility("default"))) void FREE(void* p) noexcept {
  if (p == nullptr) return;
  ::explicit_bzero(p, ::malloc_usable_size(p));
  ::REAL_FREE(p);
}

__attribute__((visibility("default"))) void* REALLOC(void* p,
                                                     size_t size) noexcept {
  if (p == nullptr) return ::REAL_MALLOC(size);
  if (size == 0) {
    ::FREE(p);
    return nullptr;
  }
  const size_t had = ::malloc_usable_size(p);
  void* to = ::REAL_MALLOC(size);
  if (to == nullptr) return nullptr;
  ::memcpy(to, p, std::min(had, size));
  ::FREE(p);
  return to;
}

}  // extern "C"
