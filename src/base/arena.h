// Memory for secret values, needles and the tables made of them.
//
//   Arena arena;
//   std::string_view value = arena.Copy(bytes);
//   std::pmr::vector<uint32_t> table(&arena);
//
// Pages of an arena are left out of core dumps (MADV_DONTDUMP), read as zeros
// in a forked child (MADV_WIPEONFORK), are locked in memory as far as
// RLIMIT_MEMLOCK allows (mlock(2), never mlockall) and are wiped when the
// arena goes. What is deallocated is wiped at once and not used again, so an
// arena suits tables that are built once and then stay.
//
// A forked child finds zeros where its tables were. A matcher over zeros finds
// nothing, and that would print secrets; so whoever scans asks intact() first
// and refuses to work where it is false.
//
// Not thread-safe while it allocates; reading what it holds is.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace maskpipe {

class Arena : public std::pmr::memory_resource {
 public:
  // Bytes that all arenas of this process hold, and how many are locked.
  struct Usage {
    size_t mapped = 0;
    size_t locked = 0;
  };

  Arena();
  ~Arena() override;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // A copy of `bytes` that lives as long as the arena.
  std::string_view Copy(std::string_view bytes);

  // False in a child of fork(2), where the contents are gone.
  bool intact() const { return *canary_ == kCanary; }

  static Usage usage();

 private:
  struct Chunk {
    char* begin;
    size_t size;
    size_t used;
    size_t locked;  // bytes at its beginning that mlock(2) took
  };
  static constexpr uint64_t kCanary = 0x6d61736b70697065;  // "maskpipe"

  void* do_allocate(size_t bytes, size_t alignment) override;
  void do_deallocate(void* p, size_t bytes, size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override;
  void AddChunk(size_t at_least);

  std::vector<Chunk> chunks_;
  uint64_t* canary_ = nullptr;
};

// A growing run of bytes for text in transit: the same protection as an
// arena's (but not locked, since it holds log text), wiped when it goes.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  char* data() { return data_; }
  const char* data() const { return data_; }
  size_t capacity() const { return capacity_; }

  // Makes room for `bytes` in all; what is there stays, at a new address.
  // Throws std::bad_alloc where there is no memory.
  void Reserve(size_t bytes);

 private:
  void Release();

  char* data_ = nullptr;
  size_t capacity_ = 0;
};

// Overwrites memory in a way that no compiler leaves out.
void Wipe(void* p, size_t bytes);

}  // namespace maskpipe
