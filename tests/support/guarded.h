// A text that ends right before a page that must not be read, or begins right
// behind one, so that every load beyond it crashes.

#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

namespace maskpipe {

class GuardedText {
 public:
  explicit GuardedText(size_t capacity) {
    page_ = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    size_ = (capacity + page_ - 1) / page_ * page_ + page_;
    base_ = static_cast<char*>(::mmap(nullptr, size_ + 2 * page_,
                                      PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    (void)::mprotect(base_, page_, PROT_NONE);
    base_ += page_;
    (void)::mprotect(base_ + size_, page_, PROT_NONE);
  }
  ~GuardedText() { ::munmap(base_ - page_, size_ + 2 * page_); }
  GuardedText(const GuardedText&) = delete;
  GuardedText& operator=(const GuardedText&) = delete;

  // Valid until the next call.
  std::string_view Place(std::string_view text) {
    char* at = base_ + size_ - text.size();
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
  }
  // Right behind the page before it.
  std::string_view PlaceFirst(std::string_view text) {
    if (!text.empty()) std::memcpy(base_, text.data(), text.size());
    return {base_, text.size()};
  }

 private:
  size_t page_ = 0;
  size_t size_ = 0;
  char* base_ = nullptr;
};

}  // namespace maskpipe
