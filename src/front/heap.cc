// What the program frees on the heap is wiped first, so that no library leaves
// a value behind: libyaml's growing strings, a parser's stack, a file buffer.
//
// free() and realloc() here take the place of the C library's for the whole
// process (glibc manual, "Replacing malloc"); its own do the work. Only in the
// program: a library must leave its host's heap alone.

#include <malloc.h>
#include <string.h>

#include <algorithm>

extern "C" {

// glibc's functions under the names that stay when the others are replaced.
void __libc_free(void* p);         // NOLINT: glibc's name
void* __libc_malloc(size_t size);  // NOLINT: glibc's name

__attribute__((visibility("default"))) void free(void* p) noexcept {
  if (p == nullptr) return;
  ::explicit_bzero(p, ::malloc_usable_size(p));
  ::__libc_free(p);
}

__attribute__((visibility("default"))) void* realloc(void* p,
                                                     size_t size) noexcept {
  if (p == nullptr) return ::__libc_malloc(size);
  if (size == 0) {
    ::free(p);
    return nullptr;
  }
  const size_t had = ::malloc_usable_size(p);
  void* to = ::__libc_malloc(size);
  if (to == nullptr) return nullptr;
  ::memcpy(to, p, std::min(had, size));
  ::free(p);
  return to;
}

}  // extern "C"
