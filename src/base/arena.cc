#include "src/base/arena.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <utility>

namespace maskpipe {
namespace {

constexpr size_t kFirstChunk = size_t{16} << 10;
constexpr size_t kLargestChunk = size_t{1} << 20;

std::atomic<size_t> mapped_bytes{0};
std::atomic<size_t> locked_bytes{0};

size_t RoundUp(size_t n, size_t to) { return (n + to - 1) / to * to; }

size_t PageSize() {
  static const size_t size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

// Private pages that neither a core dump nor a forked child sees.
char* MapPages(size_t size) {
  void* p = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  // Best effort: a kernel without these is older than Linux 4.14, or a sandbox.
  (void)::madvise(p, size, MADV_DONTDUMP);
  (void)::madvise(p, size, MADV_WIPEONFORK);
  return static_cast<char*>(p);
}

// Locks as much of the run's beginning as the limit still allows; how much.
size_t Lock(char* begin, size_t size) {
  while (size >= PageSize()) {
    if (::mlock(begin, size) == 0) return size;
    size = size / 2 / PageSize() * PageSize();
  }
  return 0;
}

}  // namespace

void Wipe(void* p, size_t bytes) {
  if (bytes != 0) ::explicit_bzero(p, bytes);
}

Arena::Arena() {
  AddChunk(kFirstChunk);
  canary_ = static_cast<uint64_t*>(allocate(sizeof(uint64_t)));
  *canary_ = kCanary;
}

Arena::~Arena() {
  for (const Chunk& c : chunks_) {
    Wipe(c.begin, c.used);
    ::munmap(c.begin, c.size);
    mapped_bytes -= c.size;
    locked_bytes -= c.locked;
  }
}

std::string_view Arena::Copy(std::string_view bytes) {
  if (bytes.empty()) return {};
  char* p = static_cast<char*>(allocate(bytes.size(), 1));
  std::memcpy(p, bytes.data(), bytes.size());
  return {p, bytes.size()};
}

Arena::Usage Arena::usage() { return {mapped_bytes, locked_bytes}; }

void* Arena::do_allocate(size_t bytes, size_t alignment) {
  Chunk* c = &chunks_.back();
  size_t at = RoundUp(c->used, alignment);
  if (at > c->size || c->size - at < bytes) {
    AddChunk(bytes);
    c = &chunks_.back();
    at = 0;
  }
  c->used = at + bytes;
  return c->begin + at;
}

void Arena::do_deallocate(void* p, size_t bytes, size_t) { Wipe(p, bytes); }

bool Arena::do_is_equal(const memory_resource& other) const noexcept {
  return this == &other;
}

void Arena::AddChunk(size_t at_least) {
  size_t size = chunks_.empty()
                    ? kFirstChunk
                    : std::min(kLargestChunk, chunks_.back().size * 2);
  size = RoundUp(std::max(size, at_least), PageSize());
  chunks_.reserve(chunks_.size() + 1);
  char* begin = MapPages(size);
  const size_t locked = Lock(begin, size);
  chunks_.push_back({begin, size, 0, locked});
  mapped_bytes += size;
  locked_bytes += locked;
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

Buffer::~Buffer() { Release(); }

void Buffer::Release() {
  if (data_ == nullptr) return;
  Wipe(data_, capacity_);
  ::munmap(data_, capacity_);
}

void Buffer::Reserve(size_t bytes) {
  if (bytes <= capacity_) return;
  const size_t size = RoundUp(std::max(bytes, capacity_ * 2), PageSize());
  char* grown = MapPages(size);
  if (data_ != nullptr) std::memcpy(grown, data_, capacity_);
  Release();
  data_ = grown;
  capacity_ = size;
}

}  // namespace maskpipe
