// Room that a thread keeps for what is too large for a small stack: coroutines
// of hosts have some tens of KB.
//
//   Lent<Places> places;   // as whoever had it before left it
//   places->Clear();
//
// Given back at the end of the scope, to the thread that took it. What is left
// in it must be no secret.

#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace maskpipe {

template <typename T>
class Lent {
 public:
  Lent() : room_(Take()) {}
  ~Lent() { Free().push_back(std::move(room_)); }  // has been reserved
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;

  T* operator->() const { return room_.get(); }
  T& operator*() const { return *room_; }
  void Swap(Lent* other) { room_.swap(other->room_); }

 private:
  using Rooms = std::vector<std::unique_ptr<T>>;

  static Rooms& Free() {
    static thread_local Rooms rooms;
    return rooms;
  }
  static std::unique_ptr<T> Take() {
    static thread_local size_t made = 0;
    Rooms& free = Free();
    if (free.empty()) {
      auto room = std::make_unique<T>();
      free.reserve(made + 1);
      ++made;
      return room;
    }
    auto room = std::move(free.back());
    free.pop_back();
    return room;
  }

  std::unique_ptr<T> room_;
};

}  // namespace maskpipe
