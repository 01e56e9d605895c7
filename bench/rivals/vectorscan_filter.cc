// A filter of plain literals on vectorscan, written as well as ours: 1 MiB
// pipes, reads of 256 KiB, writev of what stays.
//
//   vectorscan_filter NEEDLES <in >out
//
// vectorscan does not say what may still become an occurrence, so this holds
// back one byte less than the longest needle.

#include <fcntl.h>
#include <hs/hs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr size_t kRead = size_t{256} << 10;
constexpr char kMask[] = "***";

struct Region {
  uint64_t begin;
  uint64_t end;
};

// Matches come in the order of their ends.
int OnMatch(unsigned, unsigned long long from, unsigned long long to, unsigned,
            void* context) {
  auto* regions = static_cast<std::vector<Region>*>(context);
  Region region{from, to};
  while (!regions->empty() && regions->back().end >= region.begin) {
    region.begin = std::min(region.begin, regions->back().begin);
    regions->pop_back();
  }
  regions->push_back(region);
  return 0;
}

bool WriteAll(std::vector<iovec>* pieces) {
  for (size_t first = 0; first < pieces->size();) {
    const size_t count = std::min<size_t>(pieces->size() - first, 1024);
    const ssize_t n = writev(1, &(*pieces)[first], static_cast<int>(count));
    if (n < 0) return false;
    auto left = static_cast<size_t>(n);
    while (first < pieces->size() && left >= (*pieces)[first].iov_len) {
      left -= (*pieces)[first++].iov_len;
    }
    if (left == 0) continue;
    iovec& piece = (*pieces)[first];
    piece.iov_base = static_cast<char*>(piece.iov_base) + left;
    piece.iov_len -= left;
  }
  return true;
}

class Filter {
 public:
  explicit Filter(const char* path) {
    std::ifstream in(path, std::ios::binary);
    std::vector<std::string> needles;
    for (std::string line; std::getline(in, line);) needles.push_back(line);
    std::vector<const char*> texts;
    std::vector<size_t> lengths;
    std::vector<unsigned> ids;
    for (const std::string& n : needles) {
      ids.push_back(static_cast<unsigned>(texts.size()));
      texts.push_back(n.data());
      lengths.push_back(n.size());
      held_ = std::max(held_, n.size() - 1);
    }
    const std::vector<unsigned> flags(texts.size(), HS_FLAG_SOM_LEFTMOST);
    hs_compile_error_t* error = nullptr;
    usable_ = hs_compile_lit_multi(texts.data(), flags.data(), ids.data(),
                                   lengths.data(),
                                   static_cast<unsigned>(texts.size()),
                                   HS_MODE_STREAM | HS_MODE_SOM_HORIZON_LARGE,
                                   nullptr, &database_, &error) == HS_SUCCESS &&
              hs_alloc_scratch(database_, &scratch_) == HS_SUCCESS &&
              hs_open_stream(database_, 0, &stream_) == HS_SUCCESS;
  }

  bool Run() {
    if (!usable_) return false;
    std::vector<char> buffer;
    uint64_t begin = 0;  // of the buffer in the text
    size_t size = 0;
    for (;;) {
      buffer.resize(std::max(buffer.size(), size + kRead));
      const ssize_t n = read(0, buffer.data() + size, kRead);
      if (n < 0) return false;
      if (n > 0 && hs_scan_stream(stream_, buffer.data() + size,
                                  static_cast<unsigned>(n), 0, scratch_,
                                  OnMatch, &regions_) != HS_SUCCESS) {
        return false;
      }
      size += static_cast<size_t>(n);
      const size_t known = n == 0 ? size : size - std::min(size, held_);
      const size_t decided = Decided(buffer.data(), begin, known);
      if (!WriteAll(&pieces_)) return false;
      if (n == 0) return true;
      std::memmove(buffer.data(), buffer.data() + decided, size - decided);
      begin += decided;
      size -= decided;
    }
  }

 private:
  // Makes pieces_ of what is known and will not change; how many bytes of the
  // buffer, which begins at `begin`, they stand for.
  size_t Decided(char* data, uint64_t begin, size_t known) {
    pieces_.clear();
    uint64_t decided = begin + known, at = begin;
    size_t done = 0;
    for (const Region& r : regions_) {
      if (r.begin >= decided) break;
      if (r.end > decided) {  // may still grow
        decided = r.begin;
        break;
      }
      pieces_.push_back({data + (at - begin), r.begin - at});
      pieces_.push_back({const_cast<char*>(kMask), sizeof kMask - 1});
      at = r.end;
      ++done;
    }
    pieces_.push_back({data + (at - begin), decided - at});
    regions_.erase(regions_.begin(),
                   regions_.begin() + static_cast<std::ptrdiff_t>(done));
    return decided - begin;
  }

  hs_database_t* database_ = nullptr;
  hs_scratch_t* scratch_ = nullptr;
  hs_stream_t* stream_ = nullptr;
  size_t held_ = 0;
  bool usable_ = false;
  std::vector<Region> regions_;
  std::vector<iovec> pieces_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  (void)fcntl(0, F_SETPIPE_SZ, 1 << 20);
  (void)fcntl(1, F_SETPIPE_SZ, 1 << 20);
  return Filter(argv[1]).Run() ? 0 : 1;
}
